//! What is left of a published plan when one crew is called away: the stops not yet made, the other crews, the time that remains.
//!
//! A crew begins where its tour has it now, not where its phone is: the same plan, job and moment then give the same proposal. What a
//! crew stands at now stays its own; a place that somebody was at waits out its two hours.

use std::collections::BTreeMap;

use shouhu_env::Env;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::RoadTimes;
use shouhu_tours::patrol::Dwell;

use super::model::{PlaceKind, Planned, StopState, TourPlan, TourStop, UnitTour};
use super::question::{Crew, Ground, Question, REVISIT_GAP_S, SIGNING, Site};
use super::terms::TourError;

/// A person looks at a proposal for some minutes; no crew is sent anywhere before that.
pub const LEAD_S: i64 = 5 * 60;
/// With less time than this left, a new order is worth less than the trouble.
pub const LEFT_MIN_S: i64 = 45 * 60;

fn seconds(from: Micros, to: Micros) -> i64 {
    to.since(from) / Micros::SECOND
}

/// Nobody has said or signed anything of it, and the shift is not what ended it.
fn is_open(stop: &TourStop) -> bool {
    stop.progress.at_us.is_none()
}

/// The crew stands there now, by its plan and its delays.
fn is_under_way(stop: &TourStop, now: Micros) -> bool {
    let at = &stop.progress;
    at.state == StopState::Planned && at.expected_arrive_us <= now && now < at.expected_leave_us
}

/// Should have been made by now and was not marked: nobody knows, so it is neither made nor asked for again.
fn is_past(stop: &TourStop, now: Micros) -> bool {
    stop.progress.state == StopState::Planned && stop.progress.expected_leave_us <= now
}

/// When somebody left, or will have left, a place.
fn left_at(stop: &TourStop, now: Micros) -> Option<Micros> {
    let was_there = stop.progress.state == StopState::Done || is_under_way(stop, now) || is_past(stop, now);
    // A word or a signature is given on the spot; the visit ends no later than planned from there.
    was_there.then(|| stop.progress.at_us.map_or(stop.progress.expected_leave_us, |at| at.max(stop.leave_us).min(now)))
}

/// A place that still waits for somebody.
struct Open<'a> {
    stop: &'a TourStop,
    visits: u32,
}

fn open(tours: &[UnitTour], now: Micros) -> BTreeMap<&str, Open<'_>> {
    let mut places: BTreeMap<&str, Open<'_>> = BTreeMap::new();
    let waiting = |stop: &&TourStop| is_open(stop) && !is_under_way(stop, now) && !is_past(stop, now);
    for stop in tours.iter().flat_map(|tour| &tour.stops).filter(waiting) {
        places.entry(&stop.place.key).or_insert(Open { stop, visits: 0 }).visits += 1;
    }
    places
}

/// What one visit is worth: the share of expected reports; a box as much as a middling hot spot, up to twice that when it is late.
fn worth(stop: &TourStop, middling: f64) -> f64 {
    match (&stop.place.expected, &stop.place.due) {
        (_, Some(due)) => middling * (1.0 + (due.overdue_h as f64 / due.every_h.max(1) as f64).min(1.0)),
        (Some(expected), None) if stop.place.kind == PlaceKind::HotSpot => expected.share,
        _ => middling,
    }
}

fn sites(tours: &[UnitTour], now: Micros) -> Vec<Site> {
    let places = open(tours, now);
    let shares: Vec<f64> = places.values().filter_map(|open| open.stop.place.expected).map(|expected| expected.share).collect();
    let middling = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    let middling = if middling > 0.0 { middling } else { 1.0 };
    let last_left = |key: &str| {
        let visits = tours.iter().flat_map(|tour| &tour.stops).filter(|stop| stop.place.key == key);
        visits.filter_map(|stop| left_at(stop, now)).max()
    };
    let site = |(key, open): (&&str, &Open<'_>)| Site {
        place: open.stop.place.clone(),
        worth: worth(open.stop, middling),
        dwell: if open.stop.place.kind == PlaceKind::Box { SIGNING } else { Dwell::KOPER },
        visits_max: open.visits,
        not_before_s: last_left(key).map_or(0, |left| seconds(now, left) + REVISIT_GAP_S).max(0),
    };
    places.iter().map(site).collect()
}

/// Where the tour has the crew now, when it is free, and how much it may still stand.
fn crew(tour: &UnitTour, cap_s: i64, now: Micros) -> Crew {
    let seen = |stop: &&TourStop| left_at(stop, now).is_some();
    let stood_s: i64 = tour.stops.iter().filter(seen).map(|stop| seconds(stop.arrive_us, stop.leave_us)).sum();
    let under_way = tour.stops.iter().find(|stop| is_under_way(stop, now));
    let busy_s = under_way.map_or(0, |stop| seconds(now, stop.progress.expected_leave_us));
    let last = under_way.or_else(|| tour.stops.iter().filter(seen).max_by_key(|stop| left_at(stop, now)));
    Crew { from: last.map(|stop| stop.place.position), free_s: LEAD_S.max(busy_s), cap_s: (cap_s - stood_s).max(0) }
}

/// The stop that the crew stands at stays its first one.
fn with_under_way(mut new: UnitTour, old: &UnitTour, (now, to): (Micros, Micros)) -> UnitTour {
    if let Some(stop) = old.stops.iter().find(|stop| is_under_way(stop, now)) {
        let at = stop.progress.clone();
        let kept = TourStop { seq: 1, arrive_us: at.expected_arrive_us, leave_us: at.expected_leave_us, drive_s: 0, progress: at, ..stop.clone() };
        new.standing_s += seconds(now, kept.leave_us);
        for later in &mut new.stops {
            later.seq += 1;
        }
        new.stops.insert(0, kept);
    }
    new.spare_s = (seconds(now, to) - new.standing_s - new.driving_s - new.waiting_s).max(0);
    new
}

/// A crew that is away: its row stays, so that it is told what became of its stops.
fn away(old: &UnitTour, (now, to): (Micros, Micros)) -> UnitTour {
    UnitTour {
        unit: old.unit,
        call_sign: old.call_sign.clone(),
        stops: Vec::new(),
        back_at_us: now,
        standing_s: 0,
        driving_s: 0,
        waiting_s: 0,
        spare_s: seconds(now, to),
        standing_share: 0.0,
    }
}

/// The rest of the plan without the crews that are away; none where there is nothing to share out, or nobody to share it among.
///
/// # Errors
/// When no road leads from a crew to any of it, or home in time.
pub fn solved(plan: &TourPlan, away_now: &[UnitId], now: Micros, roads: Option<&dyn RoadTimes>, env: &Env) -> Result<Option<Planned>, TourError> {
    let (left_s, answer) = (seconds(now, plan.to_us), &plan.answer);
    let (gone, here): (Vec<&UnitTour>, Vec<&UnitTour>) = answer.tours.iter().partition(|tour| away_now.contains(&tour.unit));
    let sites = sites(&answer.tours, now);
    if here.is_empty() || sites.is_empty() || left_s < LEFT_MIN_S {
        return Ok(None);
    }
    let question = Question {
        terms: answer.terms.clone(),
        from: now,
        to: plan.to_us,
        units: here.iter().map(|tour| (tour.unit, tour.call_sign.clone())).collect(),
        base: Some(answer.base),
        is_station: !plan.station.is_empty(),
        boxes: Vec::new(),
        reports: Vec::new(),
    };
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    let boxes_due = sites.iter().filter(|site| site.place.kind == PlaceKind::Box).count();
    let ground = Ground {
        sites,
        base: answer.base,
        crews: here.iter().map(|tour| crew(tour, answer.standing_cap_s, now)).collect(),
        boxes_due,
        counted: count(answer.reports.counted),
        left_out: count(answer.reports.left_out),
    };
    let mut planned = question.arranged(ground, env.now(), roads, env)?;
    let visited = |key: &str| {
        let stops = answer.tours.iter().flat_map(|tour| &tour.stops).filter(|stop| stop.place.key == key);
        i64::try_from(stops.filter(|stop| left_at(stop, now).is_some()).count()).unwrap_or_default()
    };
    for stop in planned.tours.iter_mut().flat_map(|tour| &mut tour.stops) {
        stop.visit += visited(&stop.place.key);
    }
    let span = (now, plan.to_us);
    let fresh = std::mem::take(&mut planned.tours).into_iter().zip(&here).map(|(new, old)| with_under_way(new, old, span));
    planned.tours = fresh.chain(gone.into_iter().map(|old| away(old, span))).collect();
    // What the surface was learned from is as old as the plan.
    planned.reports = answer.reports.clone();
    Ok(Some(planned))
}
