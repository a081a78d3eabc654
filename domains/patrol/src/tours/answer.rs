//! The engine's plan in the words of the house: clock times, names, and reasons with their numbers.

use std::collections::BTreeMap;

use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_tours::patrol::{LeftOut as EngineLeftOut, Obstacle, StopNo, UnitNo, UnitTour as EngineTour, Visit, WhyHere, WhyThen};

use super::model::{
    AreaShare, LeftOut, PlaceKind, Planned, Progress, ReportsUsed, StopState, TourPlace, TourStop, UnitTour, Why,
};
use super::question::{Site, Solved};

const LEFT_OUT_SHOWN_MAX: usize = 200;

fn why<const N: usize>(key: &str, params: [(&str, f64); N]) -> Why {
    Why { key: key.to_owned(), params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>() }
}

fn minutes(seconds: i64) -> f64 {
    (seconds as f64 / 60.0).round()
}

fn per_cent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

/// Why this place at all.
fn why_place(place: &TourPlace) -> Why {
    match (place.kind, &place.expected, &place.due) {
        (PlaceKind::Box, _, Some(due)) => {
            let key = if due.is_never { "box_never" } else { "box_due" };
            why(key, [("overdue_h", due.overdue_h as f64), ("every_h", due.every_h as f64)])
        }
        (PlaceKind::HotSpot, Some(expected), _) => why(
            if expected.is_thin { "expected_thin" } else { "expected" },
            [
                ("share_pct", per_cent(expected.share)),
                ("low_pct", per_cent(expected.low)),
                ("high_pct", per_cent(expected.high)),
                ("reports", expected.reports as f64),
            ],
        ),
        _ => why("explore", []),
    }
}

/// Row of the travel table.
const BASE: u32 = 0;

const fn place_of(stop: StopNo) -> u32 {
    stop.0 + 1
}

impl Solved {
    fn site(&self, stop: StopNo) -> Option<&Site> {
        self.sites.get(stop.0 as usize)
    }

    fn clock(&self, seconds: i64) -> Micros {
        self.question.from.plus(seconds * Micros::SECOND)
    }

    /// Seconds on the way; places are the base, then the stops, then where crews begin.
    fn way_s(&self, from: u32, to: u32) -> i64 {
        self.patrol.travel().between(from, to)
    }

    /// The so-manieth visit of any crew there.
    fn visit_no(&self, visit: &Visit) -> i64 {
        let there = self.plan.tours.iter().flat_map(|tour| &tour.visits).filter(|other| other.stop == visit.stop);
        let before = there.filter(|other| other.arrive_s < visit.arrive_s).count();
        i64::try_from(before).unwrap_or_default() + 1
    }

    fn stop(&self, seq: i64, before: u32, visit: &Visit) -> Option<TourStop> {
        let site = self.site(visit.stop)?;
        let mut reasons = vec![why_place(&site.place)];
        if let WhyHere::Repeat { visit, since_s } = visit.why_here {
            reasons.push(why("repeat", [("visit", f64::from(visit)), ("since_min", minutes(since_s))]));
        }
        if let WhyThen::OnTheWay { detour_s } | WhyThen::GapOver { detour_s, .. } = visit.why_then {
            reasons.push(why("detour", [("detour_min", minutes(detour_s))]));
        }
        let (arrive_us, leave_us) = (self.clock(visit.arrive_s), self.clock(visit.leave_s));
        Some(TourStop {
            seq,
            place: site.place.clone(),
            visit: self.visit_no(visit),
            arrive_us,
            leave_us,
            drive_s: self.way_s(before, place_of(visit.stop)),
            home_s: self.way_s(place_of(visit.stop), BASE),
            why: reasons,
            progress: Progress {
                state: StopState::Planned,
                reason: None,
                at_us: None,
                by_name: None,
                expected_arrive_us: arrive_us,
                expected_leave_us: leave_us,
            },
        })
    }

    fn tour(&self, tour: &EngineTour) -> Option<UnitTour> {
        let (unit, call_sign) = self.question.units.get(tour.unit.0 as usize)?.clone();
        let start = self.patrol.units().get(tour.unit.0 as usize)?.start;
        let before = [start].into_iter().chain(tour.visits.iter().map(|visit| place_of(visit.stop)));
        let stops = (1..).zip(before.zip(&tour.visits)).filter_map(|(seq, (before, visit))| self.stop(seq, before, visit));
        let share = tour.share;
        Some(UnitTour {
            unit,
            call_sign,
            stops: stops.collect(),
            back_at_us: self.clock(tour.at_end_s),
            standing_s: share.dwell_s,
            driving_s: share.travel_s,
            waiting_s: share.wait_s,
            spare_s: share.spare_s,
            standing_share: share.dwell_share,
        })
    }

    fn left_out(&self, left: &EngineLeftOut) -> Option<LeftOut> {
        let unit = |no: UnitNo| self.question.units.get(no.0 as usize).map(|(unit, _)| *unit);
        let (reason, unit) = match left.why {
            Obstacle::Chance { unit: no, detour_s } => (why("chance", [("detour_min", minutes(detour_s))]), unit(no)),
            Obstacle::VillageCap { left_s } => (why("area_cap", [("left_min", minutes(left_s))]), None),
            Obstacle::UnitCap { unit: no, left_s } => (why("unit_cap", [("left_min", minutes(left_s))]), unit(no)),
            Obstacle::RevisitGap { .. } => (why("revisit_gap", []), None),
            Obstacle::NoTime { unit: no, short_s } => (why("no_time", [("short_min", minutes(short_s))]), unit(no)),
        };
        Some(LeftOut { place: self.site(left.stop)?.place.clone(), why: reason, unit })
    }

    fn areas(&self) -> Vec<AreaShare> {
        let shares = self.plan.villages.iter().filter_map(|share| {
            let area = self.areas.get(share.village.0 as usize)?.clone();
            let expected = self.sites.iter().filter(|site| site.place.area == area).map(expected_share).sum();
            Some(AreaShare {
                area,
                visits: i64::from(share.visits),
                standing_s: share.dwell_s,
                standing_share: share.dwell_share,
                expected_share: expected,
            })
        });
        shares.collect()
    }
}

fn expected_share(site: &Site) -> f64 {
    site.place.expected.map_or(0.0, |expected| expected.share)
}

pub fn told(solved: &Solved, env: &Env) -> Planned {
    let visited: Vec<StopNo> = solved.plan.tours.iter().flat_map(|tour| &tour.visits).map(|visit| visit.stop).collect();
    let is_visited = |no: usize| visited.iter().any(|stop| stop.0 as usize == no);
    let covered = solved.sites.iter().enumerate().filter(|(no, _)| is_visited(*no)).map(|(_, site)| expected_share(site)).sum();
    // A place that was visited once and could have been twice is not left out.
    let never = solved.plan.left_out.iter().filter(|left| left.visits_made == 0);
    let mut left_out: Vec<LeftOut> = never.filter_map(|left| solved.left_out(left)).collect();
    let no_road = |site: &Site| LeftOut { place: site.place.clone(), why: why("no_road", []), unit: None };
    left_out.extend(solved.unreachable.iter().map(no_road));
    let left_out_count = left_out.len();
    left_out.truncate(LEFT_OUT_SHOWN_MAX);
    let tours: Vec<UnitTour> = solved.plan.tours.iter().filter_map(|tour| solved.tour(tour)).collect();
    let boxes_planned = tours.iter().flat_map(|tour| &tour.stops).filter(|stop| stop.place.kind == PlaceKind::Box).count();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Planned {
        terms: solved.question.terms.clone(),
        base: solved.base,
        is_by_road: solved.is_by_road,
        is_cut: solved.is_cut,
        took_ms: env.now().since(solved.began) / 1_000,
        reports: ReportsUsed { counted: count(solved.counted), left_out: count(solved.left_out), as_of_us: solved.began },
        standing_cap_s: solved.cap_s,
        boxes_due: count(solved.boxes_due),
        boxes_planned: count(boxes_planned),
        share_covered: covered,
        share_known: solved.sites.iter().map(expected_share).sum(),
        left_out,
        left_out_count: count(left_out_count),
        areas: solved.areas(),
        tours,
    }
}
