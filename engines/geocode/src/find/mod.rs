//! From an address to candidates.

mod area;
mod chain;
mod crossing;
mod door;
mod mark;
mod rank;
pub(crate) mod scope;
mod street;
#[cfg(test)]
mod tests;

use crate::address::{Spot, Way};
use crate::answer::{Answer, Doubt, Hint, MatchedBy, WhyNot};
use crate::index::{Geocoder, Skip};
use crate::parse::{Parsed, parse};
use crate::plane::Point;
use scope::Scope;

/// An answer holds at most so many candidates.
pub const CANDIDATES_MAX: usize = 10;

/// A place with what speaks for it, before its uncertainty is calibrated.
#[derive(Debug, Clone)]
pub(crate) struct Estimate {
    pub at: Point,
    /// How far the truth may be by the geometry of the evidence alone; calibration makes a radius of it.
    pub spread_m: f64,
    pub by: MatchedBy,
    pub town: u16,
    /// How many places speak for it.
    pub support: usize,
    /// What was found, for display.
    pub spot: Spot,
    pub doubts: Vec<Doubt>,
}

impl Geocoder {
    /// Finds an address. Never fails: what could not be found stands in `why_not`, what was not understood in `parsed.unread`.
    #[must_use]
    pub fn find(&self, text: &str, hint: &Hint) -> Answer {
        self.locate(parse(text, &self.lexicon), hint, Skip::default())
    }

    pub(crate) fn locate(&self, parsed: Parsed, hint: &Hint, skip: Skip) -> Answer {
        let mut why_not = Vec::new();
        let scope = Scope::of(self, &parsed, skip, &mut why_not);
        let mut found = scope.spot(&parsed.address.spot, &mut why_not);
        if found.is_empty() {
            found = scope.beside(&parsed, &mut why_not);
        }
        let is_elsewhere = |doubt: &Doubt| matches!(doubt, Doubt::OtherTown { is_near: false, .. });
        if found.iter().all(|estimate| estimate.doubts.iter().any(is_elsewhere)) {
            found.extend(scope.areas(&parsed, &mut why_not));
        }
        if found.is_empty() && why_not.is_empty() {
            why_not.push(WhyNot::NothingSaid);
        }
        let (candidates, is_ambiguous) = rank::ranked(self, &parsed, found, hint);
        Answer { parsed, candidates, is_ambiguous, why_not }
    }
}

impl Scope<'_> {
    pub(crate) fn spot(&self, spot: &Spot, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        match spot {
            Spot::Area => Vec::new(),
            Spot::Road { way } => self.resolved(way, why_not, |scope, way, _| scope.on_way(way)),
            Spot::Door { way: Some(way), number } => {
                self.resolved(way, why_not, |scope, way, why_not| scope.door(way, *number, why_not))
            }
            Spot::Door { way: None, number } => self.village_door(*number, why_not),
            Spot::Crossing { ways } => self.crossing(ways, why_not),
            Spot::Mark { way, at_m } => self.mark(way, *at_m, why_not),
            Spot::Landmark { name } => self.landmark(name, why_not),
            Spot::Pole { code } => self.pole(code, why_not),
        }
    }

    /// What else the text names, when its main spot is nowhere: the pole, the other ways.
    fn beside(&self, parsed: &Parsed, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let mut quiet = Vec::new();
        if let Some(code) = &parsed.pole {
            let found = self.pole(code, &mut quiet);
            if !found.is_empty() {
                return found;
            }
        }
        for way in &parsed.also {
            let mut found = self.resolved(way, why_not, |scope, way, _| scope.on_way(way));
            for estimate in &mut found {
                estimate.doubts.push(Doubt::OnlyArea);
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Asks with the way as it was said, then by the nearest names, then without the section.
    pub(super) fn resolved(
        &self,
        way: &Way,
        why_not: &mut Vec<WhyNot>,
        ask: impl Fn(&Self, &Way, &mut Vec<WhyNot>) -> Vec<Estimate>,
    ) -> Vec<Estimate> {
        let found = ask(self, way, why_not);
        if !found.is_empty() {
            return found;
        }
        let mut guessed = Vec::new();
        for (other, doubt) in self.substitutes(way) {
            let mut found = ask(self, &other, &mut Vec::new());
            for estimate in &mut found {
                estimate.doubts.push(doubt.clone());
            }
            if !found.is_empty() && matches!(doubt, Doubt::SectionIgnored { .. }) {
                return found;
            }
            guessed.extend(found);
        }
        if !guessed.is_empty() {
            return guessed;
        }
        if self.geocoder.key(&way.street()).is_none() {
            why_not.push(WhyNot::UnknownWay { way: way.clone() });
        }
        if let Some(elsewhere) = self.anywhere() {
            let mut found = ask(&elsewhere, way, &mut Vec::new());
            for estimate in &mut found {
                let taken = self.geocoder.towns.get(estimate.town).map(|area| area.town.clone()).unwrap_or_default();
                let asked = self.town_said.clone().unwrap_or_default();
                estimate.doubts.push(Doubt::OtherTown { asked, taken, is_near: self.is_near_border(estimate.at) });
            }
            if !found.is_empty() {
                let town = self.town_said.clone().unwrap_or_default();
                why_not.push(WhyNot::NotInTown { way: way.clone(), town });
            }
            return found;
        }
        Vec::new()
    }

    /// Ways that may have been meant, nearest first.
    fn substitutes(&self, way: &Way) -> Vec<(Way, Doubt)> {
        let mut ways = Vec::new();
        if way.section.is_some() {
            ways.push((Way { section: None, ..way.clone() }, Doubt::SectionIgnored { asked: way.clone() }));
        }
        if way.is_highway() {
            return ways;
        }
        let names = &self.geocoder.names;
        for number in names.alike(&way.name) {
            let taken = names.get(number).to_owned();
            let has_digit = |name: &str| name.chars().any(|ch| "一二三四五六七八九十0123456789".contains(ch));
            // 大灣二街 is no slip for 大灣三街: both exist or the number is right.
            if (has_digit(&taken) && has_digit(&way.name)) || !may_be_slip(&way.name, &taken) {
                continue;
            }
            let doubt = Doubt::NameGuessed { asked: way.name.clone(), taken: taken.clone() };
            ways.push((Way { name: taken, ..way.clone() }, doubt));
        }
        ways
    }
}

/// 下寮 is no slip for 菁寮, nor 太子路 for 太子宮; 忠孝 may be 忠孝路.
fn may_be_slip(asked: &str, taken: &str) -> bool {
    const ENDS: [char; 4] = ['路', '街', '道', '橋'];
    let end = |name: &str| name.chars().last().filter(|last| ENDS.contains(last));
    let is_long = |name: &str| name.chars().count() >= 3;
    taken.starts_with(asked) || (is_long(asked) && is_long(taken) && end(asked).is_some() == end(taken).is_some())
}
