//! A house by its number: known, between two that are known, beside one.

use super::Estimate;
use super::scope::Scope;
use crate::address::{HouseNumber, Spot, Way};
use crate::answer::{Doubt, MatchedBy, WhyNot};
use crate::index::areas::NONE;
use crate::index::{Evidence, WayRow, What};
use crate::plane::{Plane, Point, Xy, medoid, nearest_on, spread_m};

/// A way is believed to lie so near to the place computed from its numbers, and the place is moved onto it.
const ONTO_LINE_M: f64 = 60.0;

/// A street's numbers grow by one at least every so many metres; neighbours farther apart belong to different streets.
const PER_NUMBER_MAX_M: f64 = 40.0;

/// The usual distance from one number to the next: a front of 5 m on each side, two numbers.
const PER_NUMBER_M: f64 = 3.0;

/// What a number of the other side of the street, or of a lane's mouth, is worth in numbers.
const OTHER_SIDE: f64 = 6.0;
const MOUTH: f64 = 4.0;
const IN_LANE: f64 = 15.0;

/// Metres into a lane per number, and the highest number that is believed to go on like that.
const DEEPER_M: f64 = 1.5;
const DEEP_MAX: u32 = 200;

/// One known number of the way.
#[derive(Debug, Clone, Copy)]
struct Known {
    main: u32,
    sub: u32,
    evidence: Evidence,
    at: Point,
}

impl Scope<'_> {
    /// One place per town that has the way; a street without known numbers gives its middle.
    pub(crate) fn door(&self, way: &Way, number: HouseNumber, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let mut found = self.numbered(way, number);
        for estimate in &mut found {
            let is_found = matches!(estimate.spot, Spot::Road { .. });
            if !is_found {
                estimate.spot = Spot::Door { way: Some(way.clone()), number };
            }
        }
        if !found.is_empty() {
            return found;
        }
        let mut found = self.on_way(way);
        for estimate in found.iter_mut().filter(|_| way.lane.is_some()) {
            // The higher its number, the deeper in the lane stands the house.
            estimate.spread_m += f64::from(number.main.min(DEEP_MAX)) * DEEPER_M;
        }
        if !found.is_empty() {
            why_not.push(WhyNot::NoNumberKnown { way: way.clone() });
        }
        found
    }

    fn numbered(&self, way: &Way, number: HouseNumber) -> Vec<Estimate> {
        let Some(key) = self.geocoder.key(way) else { return Vec::new() };
        let rows = self.geocoder.family(key);
        let mut towns = self.towns_of(rows.iter().flat_map(|row| self.samples(row)));
        if towns.len() > 1 {
            towns.retain(|town| *town != NONE);
        }
        let is_street = way.lane.is_some() || way.name.ends_with(['路', '街', '道']);
        let mut found = Vec::new();
        for town in towns {
            // Sections number their houses apart, so without a section each is a street of its own.
            for row in &rows {
                let known = self.known(row, town);
                let estimate = if is_street { on_street(row, &known, number) } else { in_settlement(&known, number) };
                if let Some(estimate) = estimate {
                    let spot = Spot::Door { way: Some(self.geocoder.way_of(row.key)), number };
                    found.push(Estimate { town, spot, ..estimate });
                }
            }
        }
        found
    }

    fn known(&self, row: &WayRow, town: u16) -> Vec<Known> {
        let known = |sample: &crate::index::Sample| match sample.what {
            What::Door { main, sub, evidence } if sample.town == town || sample.town == NONE => {
                Some(Known { main, sub, evidence, at: sample.at })
            }
            _ => None,
        };
        self.samples(row).filter_map(known).collect()
    }

    /// A house that is numbered within its village.
    pub(super) fn village_door(&self, number: HouseNumber, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let names: Vec<String> = self
            .villages
            .iter()
            .filter_map(|number| self.geocoder.villages.get(*number))
            .map(|area| area.village.clone())
            .collect();
        let mut found: Vec<Estimate> = names.iter().flat_map(|name| self.numbered(&Way::named(name), number)).collect();
        for estimate in &mut found {
            estimate.spot = Spot::Door { way: None, number };
        }
        if found.is_empty()
            && let Some(name) = names.first()
        {
            why_not.push(WhyNot::NoNumberKnown { way: Way::named(name) });
        }
        found
    }

    /// A lane of which nothing is known but that it is numbered like the houses of its street.
    pub(super) fn lane_by_number(&self, lane: &Way) -> Vec<Estimate> {
        let Some(number) = lane.lane else { return Vec::new() };
        let mut found = self.numbered(&lane.street(), HouseNumber::plain(number));
        for estimate in &mut found {
            let is_known = estimate.by == MatchedBy::ExactNumber;
            estimate.by = if is_known { MatchedBy::Lane } else { MatchedBy::MouthByNumber };
            estimate.spread_m = if is_known { 40.0 } else { estimate.spread_m + 15.0 };
            estimate.spot = Spot::Road { way: lane.clone() };
            estimate.doubts.push(Doubt::WayUnknown { way: lane.clone() });
        }
        found
    }
}

fn estimate(at: Point, spread_m: f64, by: MatchedBy, support: usize) -> Estimate {
    Estimate { at, spread_m, by, town: NONE, support, spot: Spot::Area, doubts: Vec::new() }
}

/// The very number, or the number without its 之.
fn exact(known: &[Known], number: HouseNumber) -> Option<Estimate> {
    /// 12之3 stands behind or beside 12, sometimes far behind.
    const OTHER_SUB_M: f64 = 60.0;
    let sub = number.sub.unwrap_or(0);
    let mut best: Vec<&Known> = known.iter().filter(|house| house.main == number.main && house.sub == sub).collect();
    if best.is_empty() {
        best = known.iter().filter(|house| house.main == number.main && house.evidence == Evidence::House).collect();
        let points: Vec<Point> = best.iter().map(|house| house.at).collect();
        if let Some(at) = medoid(&points) {
            return Some(estimate(at, spread_m(&points, at, 0.8).max(OTHER_SUB_M), MatchedBy::BetweenNumbers, points.len()));
        }
        best = known.iter().filter(|house| house.main == number.main).collect();
    }
    let evidence = best.iter().map(|house| house.evidence).min()?;
    let points: Vec<Point> = best.iter().filter(|house| house.evidence == evidence).map(|house| house.at).collect();
    let at = medoid(&points)?;
    let spread = spread_m(&points, at, 0.8);
    Some(match evidence {
        Evidence::House => estimate(at, spread.max(15.0), MatchedBy::ExactNumber, points.len()),
        Evidence::Mouth => estimate(at, spread.max(25.0), MatchedBy::BetweenNumbers, points.len()),
        Evidence::InLane => estimate(at, spread.max(50.0), MatchedBy::BetweenNumbers, points.len()),
    })
}

fn on_street(row: &WayRow, known: &[Known], number: HouseNumber) -> Option<Estimate> {
    if let Some(found) = exact(known, number) {
        return Some(found);
    }
    let below = nearest(known.iter().filter(|house| house.main < number.main), number);
    let above = nearest(known.iter().filter(|house| house.main > number.main), number);
    let found = match (below, above) {
        (Some(below), Some(above)) => between(below, above, number, known),
        (Some(one), None) | (None, Some(one)) => beside(one, known, number),
        (None, None) => return None,
    };
    Some(onto_line(row, found))
}

/// How far a known number is from the one asked, counted in numbers.
fn apart(house: &Known, number: HouseNumber) -> f64 {
    let side = if house.main % 2 == number.main % 2 { 0.0 } else { OTHER_SIDE };
    let evidence = match house.evidence {
        Evidence::House => 0.0,
        Evidence::Mouth => MOUTH,
        Evidence::InLane => IN_LANE,
    };
    f64::from(house.main.abs_diff(number.main)) + side + evidence
}

fn nearest<'a>(known: impl Iterator<Item = &'a Known>, number: HouseNumber) -> Option<&'a Known> {
    known.min_by(|a, b| apart(a, number).total_cmp(&apart(b, number)).then(a.main.cmp(&b.main)))
}

fn between(below: &Known, above: &Known, number: HouseNumber, known: &[Known]) -> Estimate {
    let plane = Plane::around(below.at);
    let gap = plane.xy(above.at);
    let numbers = f64::from(above.main.abs_diff(below.main)).max(1.0);
    if gap.length() > numbers * PER_NUMBER_MAX_M + 150.0 {
        // One of the two is wrong or another street of the same name: the nearer number decides, with doubt.
        let one = if apart(below, number) <= apart(above, number) { below } else { above };
        let mut found = beside(one, known, number);
        found.spread_m += 100.0;
        return found;
    }
    let share = f64::from(number.main.abs_diff(below.main)) / numbers;
    let at = plane.point(gap.times(share));
    let spread = 12.0 + gap.length() * (share * (1.0 - share)).sqrt() * 0.6 + evidence_m(below).max(evidence_m(above));
    estimate(at, spread, MatchedBy::BetweenNumbers, 2)
}

const fn evidence_m(house: &Known) -> f64 {
    match house.evidence {
        Evidence::House => 0.0,
        Evidence::Mouth => 5.0,
        Evidence::InLane => 30.0,
    }
}

/// Beyond the last known number the street is followed as far as its numbers so far suggest, for a short way.
fn beside(one: &Known, known: &[Known], number: HouseNumber) -> Estimate {
    const FOLLOWED_MAX_M: f64 = 250.0;
    let plane = Plane::around(one.at);
    let numbers = f64::from(number.main.abs_diff(one.main));
    let pace = known
        .iter()
        .filter(|house| house.main.abs_diff(one.main) >= 8 && (house.main > one.main) != (number.main > one.main))
        .map(|house| plane.xy(house.at).times(-1.0 / f64::from(house.main.abs_diff(one.main))))
        .filter(|pace| pace.length() < PER_NUMBER_MAX_M / 2.0)
        .min_by(|a, b| a.length().total_cmp(&b.length()));
    let way = pace.map_or(Xy { x: 0.0, y: 0.0 }, |pace| pace.times(numbers));
    let kept = if way.length() > FOLLOWED_MAX_M { way.times(FOLLOWED_MAX_M / way.length()) } else { way };
    let spread = 25.0 + numbers * PER_NUMBER_M * if pace.is_some() { 0.7 } else { 1.0 } + evidence_m(one);
    let mut found = estimate(plane.point(kept), spread.min(2_500.0), MatchedBy::BesideNumber, 1);
    found.doubts.push(Doubt::NumberBeyond { last_known: one.main });
    found
}

fn onto_line(row: &WayRow, mut found: Estimate) -> Estimate {
    let plane = Plane::around(found.at);
    let origin = Xy { x: 0.0, y: 0.0 };
    let nearest = row
        .segments()
        .map(|(a, b)| nearest_on(origin, plane.xy(a), plane.xy(b)))
        .min_by(|a, b| a.length().total_cmp(&b.length()));
    if let Some(near) = nearest.filter(|near| near.length() < ONTO_LINE_M) {
        found.at = plane.point(near);
    }
    found
}

/// Houses of a settlement are numbered by age as much as by place: those with near numbers only suggest where.
fn in_settlement(known: &[Known], number: HouseNumber) -> Option<Estimate> {
    const NEIGHBOURS: usize = 3;
    if let Some(found) = exact(known, number).filter(|found| found.by == MatchedBy::ExactNumber) {
        return Some(found);
    }
    let mut near: Vec<&Known> = known.iter().collect();
    near.sort_by_key(|house| (house.main.abs_diff(number.main), house.main));
    let points: Vec<Point> = near.iter().take(NEIGHBOURS).map(|house| house.at).collect();
    let all: Vec<Point> = known.iter().map(|house| house.at).collect();
    let at = medoid(&points)?;
    let spread = if all.len() > 1 { spread_m(&all, at, 0.8).max(80.0) } else { 250.0 };
    Some(estimate(at, spread, MatchedBy::Settlement, known.len()))
}
