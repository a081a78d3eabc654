//! Where ways meet: known from records, by their lines, by where their records come nearest.

use std::collections::HashSet;

use super::Estimate;
use super::chain::Chain;
use super::scope::Scope;
use crate::address::{HouseNumber, Spot, Way};
use crate::answer::{Doubt, MatchedBy, WhyNot};
use crate::index::areas::NONE;
use crate::index::{Evidence, Sample, WayKey, WayRow, What};
use crate::plane::{Plane, Point, medoid, nearest_pair, spread_m};

/// Known crossings of the same two ways so near to each other are one junction.
const ONE_JUNCTION_M: f64 = 150.0;

/// How far a crossing may be when it is known only with a section that was not said.
const OTHER_SECTION_M: f64 = 60.0;

/// Lines meet when they come so near.
const MEET_M: f64 = 30.0;

/// Lines end before the junction in some files, and streets pass over each other on ramps.
const ALMOST_MEET_M: f64 = 120.0;

/// Two streets whose records stay farther apart than this do not meet for all that is known.
const APPROACH_MAX_M: f64 = 800.0;

impl Scope<'_> {
    pub(super) fn crossing(&self, ways: &[Way], why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        for (at, a) in ways.iter().enumerate() {
            for b in ways.iter().skip(at + 1) {
                let mut found = self.pair(a, b);
                for estimate in &mut found {
                    if matches!(estimate.spot, Spot::Area) {
                        estimate.spot = Spot::Crossing { ways: vec![a.clone(), b.clone()] };
                    }
                }
                if !found.is_empty() {
                    return found;
                }
            }
        }
        why_not.push(WhyNot::CrossingUnknown { ways: ways.to_vec() });
        self.one_of(ways, why_not)
    }

    fn pair(&self, a: &Way, b: &Way) -> Vec<Estimate> {
        if b.parent().as_ref() == Some(a) {
            return self.mouth(a, b);
        }
        let as_said = self.pair_of(a, b);
        if !as_said.is_empty() {
            return as_said;
        }
        let whole = |way: &Way| Way { section: None, ..way.clone() };
        if a.section.is_some() || b.section.is_some() {
            let mut found = self.pair_of(&whole(a), &whole(b));
            for estimate in &mut found {
                let asked = if a.section.is_some() { a } else { b };
                estimate.doubts.push(Doubt::SectionIgnored { asked: asked.clone() });
            }
            if !found.is_empty() {
                return found;
            }
        }
        let guessed = self.guessed_pair(a, b);
        if !guessed.is_empty() || (a.lane.is_none() && b.lane.is_none()) {
            return guessed;
        }
        // Nothing is known of a lane: its street crosses the other street, or the lane leaves it, not far away.
        let (street, other) = (a.street(), b.street());
        let lane = if a.lane.is_some() { a } else { b };
        let mut found = if street == other { self.mouth(&street, lane) } else { self.pair_of(&street, &other) };
        for estimate in &mut found {
            estimate.doubts.push(Doubt::WayUnknown { way: lane.clone() });
            estimate.spread_m += 150.0;
            if estimate.by == MatchedBy::KnownCrossing || estimate.by == MatchedBy::CrossingOfLines {
                estimate.by = MatchedBy::CrossingOfRecords;
            }
        }
        found
    }

    /// One of the two names is a slip.
    fn guessed_pair(&self, a: &Way, b: &Way) -> Vec<Estimate> {
        for (slip, other) in [(a, b), (b, a)] {
            if self.geocoder.names.number(&slip.name).is_some_and(|_| self.is_here(slip)) {
                continue;
            }
            for (taken, doubt) in self.substitutes(slip) {
                let mut found = self.pair_of(&taken, other);
                for estimate in &mut found {
                    estimate.doubts.push(doubt.clone());
                    estimate.spot = Spot::Crossing { ways: vec![taken.clone(), other.clone()] };
                }
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    fn is_here(&self, way: &Way) -> bool {
        !self.somewhere(way).is_empty()
    }

    fn pair_of(&self, a: &Way, b: &Way) -> Vec<Estimate> {
        let (Some(a), Some(b)) = (self.geocoder.key(a), self.geocoder.key(b)) else { return Vec::new() };
        let known = self.known_crossings(a, b);
        if !known.is_empty() {
            return known;
        }
        for within_m in [MEET_M, ALMOST_MEET_M] {
            let by_lines = self.lines_meet(a, b, within_m);
            if !by_lines.is_empty() {
                return by_lines;
            }
        }
        self.records_approach(a, b)
    }

    fn known_crossings(&self, a: WayKey, b: WayKey) -> Vec<Estimate> {
        let others: HashSet<u32> =
            self.geocoder.family(b).iter().filter_map(|row| self.geocoder.by_key.get(&row.key)).copied().collect();
        let rows = self.geocoder.family(a);
        let is_with = |sample: &&Sample| matches!(sample.what, What::Crossing { with } if others.contains(&with));
        let all: Vec<Sample> = rows.iter().flat_map(|row| self.samples(row)).filter(is_with).copied().collect();
        let here: Vec<Sample> = all.iter().filter(|sample| self.is_in(sample.town)).copied().collect();
        let mut found = junctions(if here.is_empty() { self.across_the_border(all) } else { here });
        // With sections that were not said, it may be another crossing of the same two names.
        if self.geocoder.row_of(a).is_none_or(|row| self.samples(row).all(|sample| !is_with(&sample))) {
            for estimate in &mut found {
                estimate.spread_m = estimate.spread_m.max(OTHER_SECTION_M);
            }
        }
        found
    }

    /// Two districts that share a road name its crossings after either of them.
    fn across_the_border(&self, samples: Vec<Sample>) -> Vec<Sample> {
        samples.into_iter().filter(|sample| self.is_near_border(sample.at)).collect()
    }

    fn lines_meet(&self, a: WayKey, b: WayKey, within_m: f64) -> Vec<Estimate> {
        let (rows, others) = (self.geocoder.family(a), self.geocoder.family(b));
        let mut meets: Vec<Sample> = Vec::new();
        for (p, q) in others.iter().flat_map(|row| row.segments()) {
            let plane = Plane::around(p);
            let theirs = (plane.xy(p), plane.xy(q));
            let reach = theirs.1.length() + within_m;
            for (r, s) in rows.iter().flat_map(|row| row.segments()) {
                let mine = (plane.xy(r), plane.xy(s));
                if mine.0.length() > reach + mine.0.distance(mine.1) {
                    continue;
                }
                let (u, v) = nearest_pair(mine, theirs);
                if u.distance(v) < within_m {
                    let at = plane.point(u.plus(v).times(0.5));
                    let what = What::Somewhere;
                    meets.push(Sample { what, at, town: NONE, village: NONE, record: crate::index::NO_RECORD });
                }
            }
        }
        let mut found = junctions(meets);
        for estimate in &mut found {
            estimate.town = self.geocoder.town_at(estimate.at);
            estimate.by = MatchedBy::CrossingOfLines;
            estimate.spread_m = estimate.spread_m.max(if within_m > MEET_M { 100.0 } else { 25.0 });
        }
        let here: Vec<Estimate> = found.iter().filter(|estimate| self.is_in(estimate.town)).cloned().collect();
        if here.is_empty() { found } else { here }
    }

    fn records_approach(&self, a: WayKey, b: WayKey) -> Vec<Estimate> {
        let (rows, others) = (self.geocoder.family(a), self.geocoder.family(b));
        let towns_of = |rows: &[&WayRow]| self.towns_of(rows.iter().flat_map(|row| self.samples(row)));
        let mut towns = towns_of(&rows);
        let of_other = towns_of(&others);
        towns.retain(|town| of_other.contains(town) && *town != NONE);
        let in_town = |town: u16| {
            let (mine, theirs) = (self.course(&rows, town), self.course(&others, town));
            let plane = Plane::around(*mine.first()?);
            let (chain, other) = (Chain::of(&mine, plane), Chain::of(&theirs, plane));
            let approach = chain.approach(&other).filter(|approach| approach.apart_m < APPROACH_MAX_M)?;
            Some(Estimate {
                at: plane.point(approach.at),
                spread_m: 25.0 + approach.apart_m * 0.5 + approach.reach_m * 0.35,
                by: MatchedBy::CrossingOfRecords,
                town,
                support: chain.places.len().min(other.places.len()),
                spot: Spot::Area,
                doubts: Vec::new(),
            })
        };
        towns.into_iter().filter_map(in_town).collect()
    }

    /// All that is known of a way's course in a town: records and lines, not what lies in its lanes.
    fn course(&self, rows: &[&WayRow], town: u16) -> Vec<Point> {
        let is_on =
            |sample: &&Sample| sample.town == town && !matches!(sample.what, What::Door { evidence: Evidence::InLane, .. });
        let samples = rows.iter().flat_map(|row| self.samples(row)).filter(is_on).map(|sample| sample.at);
        let lines = rows.iter().flat_map(|row| &row.lines).filter(|line| line.town == town);
        samples.chain(lines.flat_map(|line| line.points.iter().copied())).collect()
    }

    /// Where a lane leaves its street.
    fn mouth(&self, street: &Way, lane: &Way) -> Vec<Estimate> {
        let (Some(a), Some(b)) = (self.geocoder.key(street), self.geocoder.key(lane)) else {
            return self.lane_by_number(lane);
        };
        let mut known = self.known_crossings(a, b);
        for estimate in &mut known {
            estimate.by = MatchedBy::KnownMouth;
        }
        if !known.is_empty() {
            return known;
        }
        let mut by_lines = self.lines_meet(a, b, MEET_M);
        if !by_lines.is_empty() {
            // A lane may come back to its street elsewhere; its number tells which end is meant.
            by_lines.truncate(2);
            return by_lines;
        }
        let crossing = Spot::Crossing { ways: vec![street.clone(), lane.clone()] };
        let mut found = match lane.lane.filter(|_| lane.alley.is_none()) {
            Some(number) => self.door(street, HouseNumber::plain(number), &mut Vec::new()),
            None => Vec::new(),
        };
        found.retain(|estimate| matches!(estimate.spot, Spot::Door { .. }));
        for estimate in &mut found {
            estimate.by = MatchedBy::MouthByNumber;
            estimate.spread_m += 10.0;
            estimate.spot = crossing.clone();
        }
        if found.is_empty() {
            found = self.on_way(lane);
        }
        found
    }

    /// When it is unknown where the ways meet: somewhere on the one that is known best.
    fn one_of(&self, ways: &[Way], why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let mut best: Vec<Estimate> = Vec::new();
        for way in ways {
            let found = self.resolved(way, why_not, |scope, way, _| scope.on_way(way));
            let is_finer = |a: &Estimate, b: &Estimate| {
                a.doubts.len() < b.doubts.len() || (a.doubts.len() == b.doubts.len() && a.spread_m < b.spread_m)
            };
            if let Some(first) = found.first()
                && best.first().is_none_or(|before| is_finer(first, before))
            {
                best = found;
            }
        }
        for estimate in &mut best {
            for way in ways.iter().filter(|way| estimate.spot != Spot::Road { way: (*way).clone() }) {
                estimate.doubts.push(Doubt::WayUnknown { way: way.clone() });
            }
        }
        best
    }
}

/// Samples that lie together as one place each.
fn junctions(samples: Vec<Sample>) -> Vec<Estimate> {
    let mut clusters: Vec<(Point, Vec<Sample>)> = Vec::new();
    for sample in samples {
        match clusters.iter_mut().find(|(first, _)| first.distance_m(sample.at) < ONE_JUNCTION_M) {
            Some((_, cluster)) => cluster.push(sample),
            None => clusters.push((sample.at, vec![sample])),
        }
    }
    let estimate = |(_, cluster): (Point, Vec<Sample>)| {
        let points: Vec<Point> = cluster.iter().map(|sample| sample.at).collect();
        let at = medoid(&points)?;
        Some(Estimate {
            at,
            spread_m: spread_m(&points, at, 0.8).max(15.0),
            by: MatchedBy::KnownCrossing,
            town: cluster.first()?.town,
            support: points.len(),
            spot: Spot::Area,
            doubts: Vec::new(),
        })
    };
    clusters.into_iter().filter_map(estimate).collect()
}
