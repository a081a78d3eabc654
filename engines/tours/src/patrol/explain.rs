//! Turns the finished draft into a plan with its shares and its reasons.

#![expect(
    clippy::indexing_slicing,
    reason = "stops and units are counted when the patrol is checked; the search indexes by them"
)]

use super::draft::{Block, Draft};
use super::model::{Kind, StopNo, UnitNo, Village};
use super::plan::{LeftOut, Obstacle, Plan, UnitShare, UnitTour, VillageShare, Visit, WhyHere, WhyThen};

pub(super) fn finish(draft: &Draft<'_>, seed: u64) -> Plan {
    let ranks = ranks(draft);
    let mut tours: Vec<UnitTour> = (0..draft.routes.len()).map(|unit| tour(draft, unit, &ranks)).collect();
    let dwell_s: i64 = tours.iter().map(|tour| tour.share.dwell_s).sum();
    for tour in &mut tours {
        tour.share.dwell_share = share_of(tour.share.dwell_s as f64, dwell_s as f64);
    }
    let risk_covered = tours.iter().map(|tour| tour.share.risk_covered).sum();
    let risk_known = draft.patrol.stops().iter().map(|stop| stop.risk).sum();
    let villages = villages(draft, &tours, dwell_s, risk_known);
    Plan { tours, left_out: left_out(draft), villages, risk_covered, risk_known, seed }
}

fn share_of(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Each stop's rank by risk, from 1.
fn ranks(draft: &Draft<'_>) -> Vec<u32> {
    let stops = draft.patrol.stops();
    let mut by_risk: Vec<usize> = (0..stops.len()).collect();
    by_risk.sort_by(|&a, &b| stops[b].risk.total_cmp(&stops[a].risk));
    let mut ranks = vec![0; stops.len()];
    for (rank, stop) in (1..).zip(by_risk) {
        ranks[stop] = rank;
    }
    ranks
}

fn tour(draft: &Draft<'_>, unit: usize, ranks: &[u32]) -> UnitTour {
    let (patrol, route) = (draft.patrol, &draft.routes[unit]);
    let whose = &patrol.units()[unit];
    let travel = |from, to| patrol.travel().between(from, to);
    let place = |i: usize| route.legs.get(i).map_or(whose.end, |leg| patrol.stops()[leg.stop as usize].place);
    let mut share = UnitShare { dwell_s: route.dwell_s, ..UnitShare::default() };
    let (mut from, mut free_s) = (whose.start, whose.shift.from_s);
    let mut visits = Vec::with_capacity(route.legs.len());
    for (i, leg) in route.legs.iter().enumerate() {
        let stop = &patrol.stops()[leg.stop as usize];
        let way_s = travel(from, stop.place);
        let waited_s = leg.arrive_s - free_s - way_s;
        share.travel_s += way_s;
        share.wait_s += waited_s;
        let detour_s = way_s + travel(stop.place, place(i + 1)) - travel(from, place(i + 1));
        // A dwell takes a second at least, so a stop's visits stand in one order.
        let earlier = draft.visits[leg.stop as usize].iter().map(|visit| visit.2).filter(|&left_s| left_s <= leg.arrive_s);
        let number = earlier.clone().count();
        let before = earlier.max();
        let risk_covered = draft.risk(leg.stop, number);
        let (why_here, why_then) = match (stop.kind, before) {
            (Kind::Box { window }, _) => {
                let why_then = if waited_s > 0 {
                    WhyThen::WindowOpens { waited_s }
                } else {
                    WhyThen::WithinWindow { left_s: window.until_s - leg.arrive_s }
                };
                (WhyHere::Box { window }, why_then)
            }
            (Kind::HotSpot { .. }, None) => {
                (WhyHere::Risk { risk: stop.risk, rank: ranks[leg.stop as usize] }, WhyThen::OnTheWay { detour_s })
            }
            (Kind::HotSpot { .. }, Some(left_s)) => {
                let since_s = leg.arrive_s - left_s;
                let since_allowed_s = since_s - patrol.rules().revisit_gap_s;
                (WhyHere::Repeat { visit: number as u32 + 1, since_s }, WhyThen::GapOver { since_allowed_s, detour_s })
            }
        };
        share.risk_covered += risk_covered;
        visits.push(Visit {
            stop: StopNo(leg.stop),
            arrive_s: leg.arrive_s,
            leave_s: leg.leave_s,
            risk_covered,
            why_here,
            why_then,
        });
        (from, free_s) = (stop.place, leg.leave_s);
    }
    share.travel_s += travel(from, whose.end);
    share.spare_s = whose.shift.until_s - route.end_s;
    UnitTour { unit: UnitNo(unit as u32), visits, left_start_s: whose.shift.from_s, at_end_s: route.end_s, share }
}

fn villages(draft: &Draft<'_>, tours: &[UnitTour], dwell_s: i64, risk_known: f64) -> Vec<VillageShare> {
    let stops = draft.patrol.stops();
    let mut names: Vec<Village> = stops.iter().map(|stop| stop.village).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|village| {
            let known: f64 = stops.iter().filter(|stop| stop.village == village).map(|stop| stop.risk).sum();
            let here = tours.iter().flat_map(|tour| &tour.visits).filter(|visit| stops[visit.stop.0 as usize].village == village);
            let mut share = VillageShare {
                village,
                visits: 0,
                dwell_s: 0,
                risk_covered: 0.0,
                dwell_share: 0.0,
                risk_share: share_of(known, risk_known),
            };
            for visit in here {
                share.visits += 1;
                share.dwell_s += visit.leave_s - visit.arrive_s;
                share.risk_covered += visit.risk_covered;
            }
            share.dwell_share = share_of(share.dwell_s as f64, dwell_s as f64);
            share
        })
        .collect()
}

fn left_out(draft: &Draft<'_>) -> Vec<LeftOut> {
    let stops = 0..draft.visits.len() as u32;
    let mut left: Vec<LeftOut> = stops
        .filter(|&stop| draft.visits[stop as usize].len() < draft.visits_max(stop))
        .map(|stop| {
            let visits_made = draft.visits[stop as usize].len();
            let risk_left = draft.risk(stop, visits_made);
            LeftOut { stop: StopNo(stop), visits_made: visits_made as u32, risk_left, why: obstacle(draft, stop) }
        })
        .collect();
    left.sort_by(|a, b| b.risk_left.total_cmp(&a.risk_left).then(a.stop.cmp(&b.stop)));
    left
}

/// Of all that keeps `stop` from every turn, what comes closest to letting it in.
fn obstacle(draft: &Draft<'_>, stop: u32) -> Obstacle {
    let visits_made = draft.visits[stop as usize].len() as u32;
    let (mut free, mut is_gap, mut unit_cap, mut short) = (None, false, None, None);
    for unit in 0..draft.routes.len() {
        let unit_no = UnitNo(unit as u32);
        for at in 0..=draft.routes[unit].legs.len() {
            match draft.fits(unit, at, stop) {
                Ok(turn) => free = free.into_iter().chain([(turn.detour_s, unit_no)]).min(),
                Err(Block::VillageCap { left_s }) => return Obstacle::VillageCap { left_s },
                Err(Block::UnitCap { left_s }) => unit_cap = unit_cap.into_iter().chain([(left_s, unit_no)]).max(),
                Err(Block::Gap) => is_gap = true,
                Err(Block::Window { short_s } | Block::Shift { short_s }) => {
                    short = short.into_iter().chain([(short_s, unit_no)]).min()
                }
            }
        }
    }
    match (free, is_gap, unit_cap, short) {
        (Some((detour_s, unit)), ..) => Obstacle::Chance { unit, detour_s },
        (None, true, ..) => Obstacle::RevisitGap { visits_made },
        (None, false, _, Some((short_s, unit))) => Obstacle::NoTime { unit, short_s },
        (None, false, Some((left_s, unit)), None) => Obstacle::UnitCap { unit, left_s },
        (None, false, None, None) => Obstacle::VillageCap { left_s: 0 },
    }
}
