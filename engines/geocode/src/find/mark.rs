//! Kilometre marks: between the two nearest that are known.

use super::Estimate;
use super::scope::Scope;
use crate::address::{Spot, Way};
use crate::answer::{Doubt, MatchedBy, WhyNot};
use crate::index::What;
use crate::plane::{Plane, Point, medoid};

/// A mark is this very mark within so many metres of the road.
const SAME_M: u32 = 50;

/// A road is never shorter than the straight line; what two marks allow beyond it is for their coarseness.
const SLACK_M: f64 = 400.0;

/// A mark beyond the last known one is looked for at most so far.
const BEYOND_MAX_M: u32 = 8_000;

/// Between marks farther apart than this nothing is interpolated.
const STRETCH_MAX_M: u32 = 30_000;

/// Marks compared when one is judged, on each side.
const JUDGES: usize = 6;

#[derive(Debug, Clone, Copy)]
struct Known {
    at_m: u32,
    at: Point,
    town: u16,
}

impl Scope<'_> {
    pub(super) fn mark(&self, way: &Way, at_m: u32, why_not: &mut Vec<WhyNot>) -> Vec<Estimate> {
        let known = believable(self.marks(way));
        if let Some(found) = by_marks(&known, at_m) {
            let found = vec![Estimate { spot: Spot::Mark { way: way.clone(), at_m }, ..found }];
            if self.may_be_in_town(&found) {
                return found;
            }
            // Town and mark contradict each other; the town was said in words and is the likelier.
            let mut in_town = self.somewhere(way);
            for estimate in &mut in_town {
                estimate.doubts.push(Doubt::MarkElsewhere { at_m });
            }
            in_town
                .extend(found.into_iter().map(|estimate| Estimate { doubts: vec![Doubt::MarkElsewhere { at_m }], ..estimate }));
            return in_town;
        }
        why_not.push(WhyNot::NoMarkKnown { way: way.clone() });
        self.resolved(way, why_not, |scope, way, _| scope.somewhere(way))
    }

    /// Whether the place lies in the towns that were said, or not much farther from them than it is unsure.
    fn may_be_in_town(&self, found: &[Estimate]) -> bool {
        const NEAR_M: f64 = 1_500.0;
        let towns = &self.geocoder.towns;
        let is_in = |estimate: &Estimate| {
            self.towns.iter().filter_map(|town| towns.get(*town)?.middle.map(|middle| (*town, middle))).any(
                |(town, (middle, radius))| {
                    self.geocoder.town_at(estimate.at) == town
                        || self.is_near_border(estimate.at)
                        || middle.distance_m(estimate.at) < radius * 1.3 + NEAR_M
                },
            )
        };
        self.towns.is_empty() || found.iter().any(is_in)
    }

    /// All marks of the highway, whatever the town: it is one road.
    fn marks(&self, way: &Way) -> Vec<Known> {
        let Some(row) = self.geocoder.key(way).and_then(|key| self.geocoder.row_of(key)) else { return Vec::new() };
        let known = |sample: &crate::index::Sample| match sample.what {
            What::Mark { at_m } => Some(Known { at_m, at: sample.at, town: sample.town }),
            _ => None,
        };
        let mut marks: Vec<Known> = self.samples(row).filter_map(known).collect();
        marks.sort_by_key(|mark| (mark.at_m, mark.at));
        marks
    }
}

/// Without those that most of their neighbours contradict: a straight line longer than the road between two marks.
fn believable(marks: Vec<Known>) -> Vec<Known> {
    let contradicts = |a: &Known, b: &Known| a.at.distance_m(b.at) > f64::from(a.at_m.abs_diff(b.at_m)) * 1.05 + SLACK_M;
    // One place for marks a kilometre apart is the place of an office or a junction, put in by hand.
    let is_stand_in =
        |mark: &Known| marks.iter().any(|other| other.at_m.abs_diff(mark.at_m) > 900 && other.at.distance_m(mark.at) < 10.0);
    let keep = |(at, mark): (usize, &Known)| {
        let around = marks.get(at.saturating_sub(JUDGES)..(at + JUDGES + 1).min(marks.len())).unwrap_or_default();
        let against = around.iter().filter(|other| contradicts(mark, other)).count();
        (against * 2 < around.len() && !is_stand_in(mark)).then_some(*mark)
    };
    marks.iter().enumerate().filter_map(keep).collect()
}

fn by_marks(known: &[Known], at_m: u32) -> Option<Estimate> {
    let make = |at: Point, spread_m: f64, by: MatchedBy, town: u16, support: usize| Estimate {
        at,
        spread_m,
        by,
        town,
        support,
        spot: Spot::Area,
        doubts: Vec::new(),
    };
    let same: Vec<&Known> = known.iter().filter(|mark| mark.at_m.abs_diff(at_m) <= SAME_M).collect();
    if let Some(first) = same.first() {
        let nearest = same.iter().map(|mark| mark.at_m.abs_diff(at_m)).min().unwrap_or(0);
        let points: Vec<Point> = same.iter().filter(|mark| mark.at_m.abs_diff(at_m) == nearest).map(|mark| mark.at).collect();
        return Some(make(medoid(&points)?, 40.0 + f64::from(nearest), MatchedBy::KnownMark, first.town, points.len()));
    }
    let below = known.iter().rev().find(|mark| mark.at_m < at_m);
    let above = known.iter().find(|mark| mark.at_m > at_m);
    match (below, above) {
        // Over such a stretch the nearer end says more than the middle.
        (Some(below), Some(above)) if above.at_m - below.at_m <= STRETCH_MAX_M => {
            let plane = Plane::around(below.at);
            let gap = plane.xy(above.at);
            let road_m = f64::from(above.at_m - below.at_m);
            let share = f64::from(at_m - below.at_m) / road_m;
            // A road of this length between two places bulges at most so far from the straight line, and errs as far along it.
            let bulge = (road_m * road_m - gap.length() * gap.length()).max(0.0).sqrt() / 2.0;
            let spread = 40.0 + (share * (1.0 - share)).sqrt() * (bulge + road_m * 0.05);
            let town = if share < 0.5 { below.town } else { above.town };
            Some(make(plane.point(gap.times(share)), spread, MatchedBy::BetweenMarks, town, 2))
        }
        (Some(below), Some(above)) => {
            let nearer = if at_m - below.at_m <= above.at_m - at_m { below } else { above };
            let away = nearer.at_m.abs_diff(at_m);
            (away <= BEYOND_MAX_M).then(|| make(nearer.at, 80.0 + f64::from(away), MatchedBy::BetweenMarks, nearer.town, 1))
        }
        (Some(last), None) | (None, Some(last)) => beyond(known, last, at_m).map(|(at, spread)| {
            let mut found = make(at, spread, MatchedBy::BetweenMarks, last.town, 1);
            found.doubts.push(Doubt::MarkBeyond { last_known_m: last.at_m });
            found
        }),
        (None, None) => None,
    }
}

/// Straight on from the last two marks.
fn beyond(known: &[Known], last: &Known, at_m: u32) -> Option<(Point, f64)> {
    let ahead = last.at_m.abs_diff(at_m);
    if ahead > BEYOND_MAX_M {
        return None;
    }
    let plane = Plane::around(last.at);
    let before = known
        .iter()
        .filter(|mark| (300..=5_000).contains(&mark.at_m.abs_diff(last.at_m)))
        .min_by_key(|mark| mark.at_m.abs_diff(last.at_m));
    let ahead_m = f64::from(ahead);
    let Some(before) = before else { return Some((last.at, ahead_m)) };
    let pace = plane.xy(before.at).times(-1.0 / f64::from(before.at_m.abs_diff(last.at_m)));
    Some((plane.point(pace.times(ahead_m)), 80.0 + ahead_m * 0.4))
}
