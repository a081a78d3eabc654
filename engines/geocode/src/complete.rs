//! What a call taker may be typing: streets, their known numbers, their known crossings.

use std::collections::BTreeSet;

use serde::Serialize;
use shouhu_place::Wgs84;

use crate::address::{Address, HouseNumber, Spot, Way};
use crate::answer::{Hint, MatchedBy};
use crate::find::{Estimate, scope::Scope};
use crate::index::{Evidence, Geocoder, Skip, What};
use crate::parse::{Parsed, parse, usual_name};
use crate::plane::Point;

/// A list that one glance takes in.
pub const SUGGESTIONS_MAX: usize = 8;

/// Streets looked at for one beginning, before they are ranked.
const LOOKED_AT: usize = 64;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The whole address, to be put in place of what was typed.
    pub text: String,
    pub place: Wgs84,
    pub matched_by: MatchedBy,
}

impl Geocoder {
    /// What begins as the text does, likeliest first. It suggests only what is known; `find` also estimates.
    #[must_use]
    pub fn complete(&self, text: &str, hint: &Hint) -> Vec<Suggestion> {
        let parsed = parse(text, self.lexicon());
        let scope = Scope::of(self, &parsed, Skip::default(), &mut Vec::new());
        let mut found = match &parsed.address.spot {
            Spot::Door { way: Some(way), number } => scope.numbers_from(way, *number, text),
            Spot::Road { way } if !parsed.unread.is_empty() => scope.crossings_from(way, &last_unread(&parsed)),
            Spot::Road { way } => scope.streets_from(&way.to_string()),
            Spot::Landmark { name } => scope.streets_from(&usual_name(name)),
            Spot::Crossing { .. } | Spot::Mark { .. } | Spot::Pole { .. } => scope.spot(&parsed.address.spot, &mut Vec::new()),
            Spot::Door { way: None, .. } | Spot::Area => Vec::new(),
        };
        if found.is_empty() {
            found = scope.alike(&parsed);
        }
        self.suggestions(&parsed, found, hint)
    }

    fn suggestions(&self, parsed: &Parsed, mut found: Vec<Estimate>, hint: &Hint) -> Vec<Suggestion> {
        let near = hint.near.and_then(Point::of);
        let town = hint.town.as_ref().map(|town| town.replace('臺', "台"));
        // A stable sort: without a hint the order of finding stays.
        found.sort_by(|a, b| {
            let is_hinted =
                |estimate: &Estimate| town.is_some() && self.towns.get(estimate.town).map(|area| &area.town) == town.as_ref();
            let away = |estimate: &Estimate| near.map_or(0.0, |near| near.distance_m(estimate.at));
            is_hinted(b).cmp(&is_hinted(a)).then(away(a).total_cmp(&away(b)))
        });
        let mut suggestions: Vec<Suggestion> = Vec::new();
        for estimate in found {
            let area = self.towns.get(estimate.town);
            let address = Address {
                county: area.map(|area| area.county.clone()).filter(|county| !county.is_empty()),
                town: area.map(|area| area.town.clone()),
                village: parsed.address.village.clone(),
                spot: estimate.spot,
                ..Address::default()
            };
            let suggestion = Suggestion { text: address.to_string(), place: estimate.at.place(), matched_by: estimate.by };
            if suggestions.iter().all(|other| other.text != suggestion.text) {
                suggestions.push(suggestion);
            }
            if suggestions.len() == SUGGESTIONS_MAX {
                break;
            }
        }
        suggestions
    }
}

fn last_unread(parsed: &Parsed) -> String {
    parsed.unread.last().map(|unread| usual_name(&unread.text)).unwrap_or_default()
}

impl Scope<'_> {
    /// Known numbers that begin with the digits typed; the number itself first.
    fn numbers_from(&self, way: &Way, number: HouseNumber, text: &str) -> Vec<Estimate> {
        let mut found = self.door(way, number, &mut Vec::new());
        found.retain(|estimate| matches!(estimate.spot, Spot::Door { .. }));
        if text.trim_end().ends_with(['號', '号']) || number.sub.is_some() {
            return found;
        }
        let Some(key) = self.geocoder.key(way) else { return found };
        let digits = number.main.to_string();
        let mut seen = BTreeSet::new();
        for row in self.geocoder.family(key) {
            for sample in self.samples(row).filter(|sample| self.is_in(sample.town)) {
                let What::Door { main, sub: 0, evidence: Evidence::House } = sample.what else { continue };
                if seen.len() > LOOKED_AT {
                    return found;
                }
                if main != number.main && main.to_string().starts_with(&digits) && seen.insert((sample.town, row.key, main)) {
                    let spot = Spot::Door { way: Some(self.geocoder.way_of(row.key)), number: HouseNumber::plain(main) };
                    found.push(known(sample.at, sample.town, MatchedBy::ExactNumber, spot));
                }
            }
        }
        found
    }

    /// Streets whose name begins so, those with most records first.
    pub(crate) fn streets_from(&self, beginning: &str) -> Vec<Estimate> {
        let typed = &self.geocoder.typed;
        let start = typed.partition_point(|(text, _)| text.as_str() < beginning);
        let mut ways: Vec<(usize, &str, u32)> = typed
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(|(text, _)| text.starts_with(beginning))
            .take(LOOKED_AT * 4)
            .map(|(text, way)| {
                (self.geocoder.row(*way).map_or(0, |row| row.samples.len() + row.lines.len()), text.as_str(), *way)
            })
            .collect();
        ways.sort_by(|a, b| (b.1 == beginning).cmp(&(a.1 == beginning)).then(b.0.cmp(&a.0)).then(a.1.cmp(b.1)));
        let mut found = Vec::new();
        for (_, _, way) in ways {
            if let Some(row) = self.geocoder.row(way) {
                found.extend(self.somewhere_known(&self.geocoder.way_of(row.key)));
            }
            if found.len() >= SUGGESTIONS_MAX {
                break;
            }
        }
        found
    }

    /// One known place of the way per town: quicker than its middle, and good enough for a list.
    fn somewhere_known(&self, way: &Way) -> Vec<Estimate> {
        let Some(row) = self.geocoder.key(way).and_then(|key| self.geocoder.row_of(key)) else { return Vec::new() };
        let mut found: Vec<Estimate> = Vec::new();
        let samples = self.samples(row).map(|sample| (sample.town, sample.at));
        let lines = row.lines.iter().filter_map(|line| Some((line.town, *line.points.get(line.points.len() / 2)?)));
        for (town, at) in samples.chain(lines).filter(|(town, _)| self.is_in(*town)) {
            if found.iter().all(|other| other.town != town) {
                found.push(known(at, town, MatchedBy::Street, Spot::Road { way: way.clone() }));
            }
        }
        found
    }

    /// Known crossings of the way with streets whose name begins so.
    fn crossings_from(&self, way: &Way, beginning: &str) -> Vec<Estimate> {
        let Some(key) = self.geocoder.key(way) else { return Vec::new() };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for row in self.geocoder.family(key) {
            for sample in self.samples(row).filter(|sample| self.is_in(sample.town)) {
                let What::Crossing { with } = sample.what else { continue };
                let Some(other) = self.geocoder.row(with).map(|row| self.geocoder.way_of(row.key)) else { continue };
                if other.name.starts_with(beginning) && seen.insert((sample.town, other.clone())) {
                    let spot = Spot::Crossing { ways: vec![way.clone(), other] };
                    found.push(known(sample.at, sample.town, MatchedBy::KnownCrossing, spot));
                }
            }
        }
        found
    }

    /// Streets one character away from what was typed.
    fn alike(&self, parsed: &Parsed) -> Vec<Estimate> {
        let name = match &parsed.address.spot {
            Spot::Road { way } | Spot::Door { way: Some(way), .. } => way.name.clone(),
            Spot::Landmark { name } => name.clone(),
            _ => return Vec::new(),
        };
        let names = &self.geocoder.names;
        names
            .alike(&name)
            .into_iter()
            .take(SUGGESTIONS_MAX)
            .flat_map(|number| self.somewhere_known(&Way::named(names.get(number))))
            .collect()
    }
}

fn known(at: Point, town: u16, by: MatchedBy, spot: Spot) -> Estimate {
    Estimate { at, spread_m: 0.0, by, town, support: 1, spot, doubts: Vec::new() }
}
