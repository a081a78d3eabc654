//! What chance draws for one plan, and a first tour for every unit from the orienteering solver.

#![expect(
    clippy::indexing_slicing,
    reason = "stops and units are counted when the patrol is checked; the search indexes by them"
)]

use super::draft::{Draft, Drawn};
use super::model::{Kind, Patrol};
use crate::budget::Iterations;
use crate::costs::{COST_MAX, Costs};
use crate::op;
use crate::rng::Rng;

/// Steps of the orienteering solver per unit: a start, not the answer.
const STEPS_PER_UNIT: u64 = 500;
/// The solver's table grows with the square of the stops; beyond this many the first tours are left to the search.
const STOPS_MAX: usize = 1_500;

/// Draws the plan's dwells, tastes and liked times. At an unpredictability of 0 nothing is left to chance.
///
/// A taste is e to the power of unpredictability times a Gumbel number, so that which of two stops comes first follows a logit
/// model of choice (Luce 1959; McFadden 1974) whose spread the parameter sets.
pub(super) fn draw(patrol: &Patrol, rng: &mut Rng) -> Drawn {
    let loose = patrol.rules().unpredictability;
    let from_s = patrol.units().iter().map(|unit| unit.shift.from_s).min().unwrap_or(0);
    let until_s = patrol.units().iter().map(|unit| unit.shift.until_s).max().unwrap_or(0);
    let horizon_s = (until_s - from_s).max(1) as f64;
    let dwell = |rng: &mut Rng, i: usize| {
        let (stop, chance) = (&patrol.stops()[i], rng.unit());
        // A box's dwell is kept at its least, on which the checks of what is possible rest.
        let span_s = if matches!(stop.kind, Kind::Box { .. }) { 0 } else { stop.dwell.max_s - stop.dwell.min_s };
        stop.dwell.min_s + if loose > 0.0 { (span_s as f64 * chance).round() as i64 } else { 0 }
    };
    let stops = patrol.stops().len();
    Drawn {
        dwell_s: (0..stops).map(|i| dwell(rng, i)).collect(),
        taste: (0..stops * patrol.units().len()).map(|_| (loose * gumbel(rng)).exp()).collect(),
        liked_time_s: (0..stops).map(|_| from_s + (horizon_s * rng.unit()) as i64).collect(),
        time_weight: 0.5 * loose,
        horizon_s,
    }
}

/// Cut at ±4: one stop in fifty keeps its whole luck less, and no stop drowns all others.
fn gumbel(rng: &mut Rng) -> f64 {
    let u = rng.unit().clamp(1e-9, 1.0 - 1e-9);
    (-(-u.ln()).ln()).clamp(-4.0, 4.0)
}

/// Gives each unit in turn the stops of the best single tour over those still free: an orienteering problem whose edge costs are the
/// travel there and back plus both dwells, so that a walk costs twice its time.
pub(super) fn first_tours(draft: &mut Draft<'_>, rng: &mut Rng) {
    if draft.patrol.stops().len() > STOPS_MAX {
        return;
    }
    for unit in 0..draft.routes.len() {
        let seed = rng.next_u64();
        let Some((instance, stops)) = single_tour(draft, unit) else { continue };
        let walk = op::solve(&instance, &op::Settings::default(), seed, &mut Iterations(STEPS_PER_UNIT));
        for &node in &walk.nodes {
            let Some(&stop) = stops.get(node as usize) else { continue };
            let end = draft.routes[unit].legs.len();
            let place = (0..=end).rev().find(|&at| draft.fits(unit, at, stop).is_ok());
            if let Some(at) = place {
                draft.insert(unit, at, stop);
            }
        }
    }
}

/// The unit's orienteering problem and the stops behind its nodes; the last two nodes are the unit's start and end.
fn single_tour(draft: &Draft<'_>, unit: usize) -> Option<(op::Instance, Vec<u32>)> {
    let patrol = draft.patrol;
    let (shift, travel) = (patrol.units()[unit].shift, patrol.travel());
    let free = |stop: &u32| draft.visits[*stop as usize].is_empty() && draft.visits_max(*stop) > 0;
    let stops: Vec<u32> = (0..patrol.stops().len() as u32).filter(free).collect();
    let (start, end) = (stops.len() as u32, stops.len() as u32 + 1);
    let place_dwell = |node: usize| match stops.get(node) {
        Some(&stop) => (patrol.stops()[stop as usize].place, draft.drawn.dwell_s[stop as usize]),
        None if node == start as usize => (patrol.units()[unit].start, 0),
        None => (patrol.units()[unit].end, 0),
    };
    let nodes = stops.len() + 2;
    let mut table = vec![0; nodes * nodes];
    for from in 0..nodes {
        for to in 0..nodes {
            let ((here, dwell_s), (there, next_s)) = (place_dwell(from), place_dwell(to));
            let cost = travel.between(here, there) + travel.between(there, here) + dwell_s + next_s;
            table[from * nodes + to] = if from == to { 0 } else { cost.min(COST_MAX) };
        }
    }
    // Boxes come first: a prize beyond all risks together would swamp them, ten times the largest does not.
    let worth = |stop: u32| draft.worth(unit, stop, draft.drawn.liked_time_s[stop as usize], 0);
    let most = stops.iter().map(|&stop| worth(stop)).fold(1e-12, f64::max);
    let prize = |stop: u32| match patrol.stops()[stop as usize].kind {
        Kind::Box { .. } => 10_000,
        Kind::HotSpot { .. } => (1_000.0 * worth(stop) / most).round() as u32,
    };
    let prizes = stops.iter().map(|&stop| prize(stop)).chain([0, 0]).collect();
    let costs = Costs::from_table(nodes, &table).ok()?;
    let limit = (2 * (shift.until_s - shift.from_s)).min(COST_MAX);
    Some((op::Instance::new(costs, prizes, start, end, limit).ok()?, stops))
}
