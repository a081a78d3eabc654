//! Plans against what was done: per crew, per place, and what citizens then reported. Crews are units; nobody is named.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_calendar::TAIPEI_US;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::CitizenReport;
use shouhu_place::Wgs84;

use super::held::{HeldPlan, stood_s};
use super::model::{PlaceKind, SkipReason, StopState, TourPlace, TourPlan, TourStop};

/// A report so near to a stop happened where the plan had looked.
const HIT_M: f64 = 200.0;
/// A report so near to any place that a plan looked at happened on its ground.
const GROUND_M: f64 = 1_000.0;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tally {
    pub stops: i64,
    pub done: i64,
    pub skipped: i64,
    /// Nobody has said a word yet.
    pub planned: i64,
}

/// What one unit was asked and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TourUnitWork")]
pub struct UnitWork {
    pub unit: UnitId,
    pub call_sign: String,
    pub shifts: i64,
    #[serde(flatten)]
    pub tally: Tally,
    /// As planned.
    pub standing_s: i64,
    pub driving_s: i64,
    /// Of the planned standing, that at stops which were made: signed, or said to be done.
    pub stood_s: i64,
    /// Jobs from dispatch that touched its shifts, and how long they held it within them.
    pub jobs: i64,
    pub on_jobs_s: i64,
    /// How often it was called away from a tour whose rest was then shared out among others.
    pub called_away: i64,
}

/// A plan whose rest was shared out anew: what a person accepted, and why it was proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TourRetasked")]
pub struct Retasked {
    /// When it was accepted.
    pub at_us: Micros,
    pub call_sign: String,
    pub incident_number: String,
    /// Stops that this crew had not made.
    pub open_stops: i64,
    /// Stops of the new plan, of all crews.
    pub stops: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "TourPlaceWork")]
pub struct PlaceWork {
    pub key: String,
    pub kind: PlaceKind,
    pub number: String,
    pub name: String,
    pub area: String,
    pub position: Wgs84,
    #[serde(flatten)]
    pub tally: Tally,
    /// Shannon entropy of the planned arrivals' hours in Taipei, of the most that as many visits could have over the hours that were
    /// planned at all: 0 when a watcher can set the clock by it. Null for a place of one shift only, whose visits lie hours apart anyway.
    pub hour_entropy: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TourSkipCount")]
pub struct SkipCount {
    pub reason: SkipReason,
    pub count: i64,
}

/// Where citizens' reports of the shifts came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "TourHits")]
pub struct Hits {
    /// Within 1,000 m of a place that the plan of that shift had looked at.
    pub reports: i64,
    /// Of those within 200 m of one of its stops.
    pub hits: i64,
    /// What the plans had expected of `reports` at their stops.
    pub expected: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TourReport {
    pub from_us: Micros,
    pub to_us: Micros,
    pub plans: i64,
    /// There are more plans than one report counts.
    pub is_cut: bool,
    #[serde(flatten)]
    pub tally: Tally,
    pub units: Vec<UnitWork>,
    pub places: Vec<PlaceWork>,
    pub skipped_for: Vec<SkipCount>,
    /// The earliest first.
    pub retasked: Vec<Retasked>,
    pub hits: Hits,
    /// Mean over the places that have one.
    pub hour_entropy: Option<f64>,
}

impl Tally {
    const fn add(&mut self, state: StopState) {
        self.stops += 1;
        match state {
            StopState::Done => self.done += 1,
            StopState::Skipped => self.skipped += 1,
            StopState::Planned => self.planned += 1,
        }
    }
}

fn hour(at: Micros) -> i64 {
    at.plus(TAIPEI_US).0.div_euclid(Micros::HOUR).rem_euclid(24)
}

/// Shannon entropy of hours, of the most that as many visits could have over so many hours; none where nothing could vary. As
/// `engines/tours` measures it over several days of one plan.
pub fn entropy(hours: &[i64], hours_in_all: usize) -> Option<f64> {
    let at_most = hours.len().min(hours_in_all);
    if at_most < 2 {
        return None;
    }
    let mut counts: BTreeMap<i64, f64> = BTreeMap::new();
    for hour in hours {
        *counts.entry(*hour).or_default() += 1.0;
    }
    let total = hours.len() as f64;
    let entropy: f64 = counts.values().map(|count| count / total).map(|share| -share * share.ln()).sum();
    Some((entropy / (at_most as f64).ln()).max(0.0))
}

fn stops(plan: &TourPlan) -> impl Iterator<Item = &TourStop> {
    plan.answer.tours.iter().flat_map(|tour| &tour.stops)
}

fn hits(plans: &[HeldPlan], reports: &[CitizenReport]) -> Hits {
    let mut sum = Hits::default();
    for HeldPlan { plan, from, until, .. } in plans {
        let left_out = plan.answer.left_out.iter().map(|left| left.place.position);
        let looked_at: Vec<Wgs84> = stops(plan).map(|stop| stop.place.position).chain(left_out).collect();
        let in_shift = reports.iter().filter(|report| (*from..*until).contains(&report.at));
        for report in in_shift.filter(|report| looked_at.iter().any(|place| place.distance_m(report.position) <= GROUND_M)) {
            sum.reports += 1;
            sum.hits += i64::from(stops(plan).any(|stop| stop.place.position.distance_m(report.position) <= HIT_M));
            sum.expected += plan.answer.share_covered;
        }
    }
    sum
}

/// All visits to one place.
struct Visits<'a> {
    place: &'a TourPlace,
    tally: Tally,
    hours: Vec<i64>,
    /// Which plans they are of.
    plans: BTreeSet<usize>,
}

fn places(held: &[HeldPlan]) -> Vec<PlaceWork> {
    let plans: Vec<&TourPlan> = held.iter().map(|held| &held.plan).collect();
    let hours_in_all = plans.iter().copied().flat_map(stops).map(|stop| hour(stop.arrive_us)).collect::<BTreeSet<_>>().len();
    let mut by_key: BTreeMap<&str, Visits<'_>> = BTreeMap::new();
    for (no, stop) in plans.iter().copied().enumerate().flat_map(|(no, plan)| stops(plan).map(move |stop| (no, stop))) {
        let new = || Visits { place: &stop.place, tally: Tally::default(), hours: Vec::new(), plans: BTreeSet::new() };
        let visits = by_key.entry(&stop.place.key).or_insert_with(new);
        visits.tally.add(stop.progress.state);
        visits.hours.push(hour(stop.arrive_us));
        visits.plans.insert(no);
    }
    let mut places: Vec<PlaceWork> = by_key
        .into_values()
        .map(|Visits { place, tally, hours, plans }| PlaceWork {
            key: place.key.clone(),
            kind: place.kind,
            number: place.number.clone(),
            name: place.name.clone(),
            area: place.area.clone(),
            position: place.position,
            tally,
            hour_entropy: entropy(&hours, hours_in_all).filter(|_| plans.len() > 1),
        })
        .collect();
    places.sort_by(|a, b| b.tally.stops.cmp(&a.tally.stops).then_with(|| a.key.cmp(&b.key)));
    places
}

fn units(plans: &[HeldPlan]) -> Vec<UnitWork> {
    let mut by_unit: BTreeMap<UnitId, UnitWork> = BTreeMap::new();
    let tours = plans.iter().flat_map(|held| held.plan.answer.tours.iter().zip(&held.on_jobs).map(move |(tour, jobs)| (held, tour, jobs)));
    for (held, tour, on_jobs) in tours {
        let work = by_unit.entry(tour.unit).or_insert_with(|| UnitWork {
            unit: tour.unit,
            call_sign: tour.call_sign.clone(),
            shifts: 0,
            tally: Tally::default(),
            standing_s: 0,
            driving_s: 0,
            stood_s: 0,
            jobs: 0,
            on_jobs_s: 0,
            called_away: 0,
        });
        work.shifts += i64::from(held.is_shift());
        work.stood_s += stood_s(&tour.stops);
        work.jobs += on_jobs.jobs;
        work.on_jobs_s += on_jobs.seconds;
        work.called_away += i64::from(held.plan.retask.as_ref().is_some_and(|retask| retask.unit == tour.unit));
        work.standing_s += tour.standing_s;
        work.driving_s += tour.driving_s;
        for stop in &tour.stops {
            work.tally.add(stop.progress.state);
        }
    }
    let mut units: Vec<UnitWork> = by_unit.into_values().collect();
    units.sort_by(|a, b| a.call_sign.cmp(&b.call_sign));
    units
}

fn retasked(plans: &[HeldPlan]) -> Vec<Retasked> {
    let told = plans.iter().filter_map(|held| {
        let retask = held.plan.retask.as_ref()?;
        Some(Retasked {
            at_us: held.from,
            call_sign: retask.call_sign.clone(),
            incident_number: retask.incident_number.clone(),
            open_stops: retask.open_stops,
            stops: i64::try_from(stops(&held.plan).count()).unwrap_or(i64::MAX),
        })
    });
    told.collect()
}

/// Counts plans whose progress is known.
#[must_use]
pub fn report(plans: &[HeldPlan], reports: &[CitizenReport], (from_us, to_us): (Micros, Micros), is_cut: bool) -> TourReport {
    let mut tally = Tally::default();
    let mut skipped: BTreeMap<SkipReason, i64> = BTreeMap::new();
    for stop in plans.iter().flat_map(|held| stops(&held.plan)) {
        tally.add(stop.progress.state);
        if let Some(reason) = stop.progress.reason {
            *skipped.entry(reason).or_default() += 1;
        }
    }
    let places = places(plans);
    let known: Vec<f64> = places.iter().filter_map(|place| place.hour_entropy).collect();
    TourReport {
        from_us,
        to_us,
        plans: i64::try_from(plans.iter().filter(|held| held.is_shift()).count()).unwrap_or(i64::MAX),
        retasked: retasked(plans),
        is_cut,
        tally,
        units: units(plans),
        hits: hits(plans, reports),
        skipped_for: skipped.into_iter().map(|(reason, count)| SkipCount { reason, count }).collect(),
        hour_entropy: (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64),
        places,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_that_never_changes_has_no_entropy_and_one_that_always_does_has_all() {
        assert_eq!(entropy(&[9, 9, 9], 5), Some(0.0));
        assert_eq!(entropy(&[9], 5), None);
        assert_eq!(entropy(&[9, 9], 1), None, "all was planned in one hour: nothing could vary");
        assert!(entropy(&[9, 10, 11], 5).is_some_and(|full| (full - 1.0).abs() < 1e-12));
        // Two hours of five visits each, where three hours were planned: ln 2 of ln 3.
        let halves: Vec<i64> = [9, 10].repeat(5);
        assert!(entropy(&halves, 3).is_some_and(|part| (part - 2_f64.ln() / 3_f64.ln()).abs() < 1e-12));
    }

    #[test]
    fn hours_are_those_of_taipei() {
        assert_eq!(hour(Micros(0)), 8);
        assert_eq!(hour(Micros(17 * Micros::HOUR)), 1);
    }
}
