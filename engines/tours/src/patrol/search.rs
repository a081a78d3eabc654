//! Ruin and recreate over all units' tours (Schrimpf et al. 2000; Pisinger & Ropke 2007), under simulated annealing.

#![expect(
    clippy::indexing_slicing,
    reason = "stops and units are counted when the patrol is checked; the search indexes by them"
)]

use thiserror::Error;

use super::draft::Draft;
use super::explain;
use super::model::{Kind, Patrol, StopNo};
use super::plan::Plan;
use super::seeding;
use crate::budget::Budget;
use crate::rng::Rng;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Each box can be signed alone, or [`Patrol::new`] would have said so; together the search found no way. Another hour, another
    /// unit or a larger budget may help; this is no proof that there is none.
    #[error("no plan was found that signs every box in its window; the nearest leaves out {boxes:?}")]
    BoxesDoNotFit { boxes: Vec<StopNo> },
}

/// The stops tried in one refill; a whole city's are tried over many.
const TRIED_MAX: usize = 60;
/// What a box that is not signed weighs, in total risks.
const BOX_WEIGHT: f64 = 10.0;

/// Plans the patrol. With [`crate::Iterations`] the same seed gives the same plan.
///
/// # Errors
/// Boxes that could not be signed together.
pub fn plan(patrol: &Patrol, seed: u64, budget: &mut dyn Budget) -> Result<Plan, PlanError> {
    // Without chance the seed has no say: every day the same plan.
    let mut rng = Rng::seeded(if patrol.rules().unpredictability > 0.0 { seed } else { 0 });
    let drawn = seeding::draw(patrol, &mut rng);
    let mut draft = Draft::empty(patrol, &drawn);
    seeding::first_tours(&mut draft, &mut rng);
    let mut search = Search::new(patrol, rng);
    search.refill(&mut draft);
    let best = search.run(draft, budget);
    let boxes: Vec<StopNo> = best.missing_boxes().map(StopNo).collect();
    if boxes.is_empty() { Ok(explain::finish(&best, seed)) } else { Err(PlanError::BoxesDoNotFit { boxes }) }
}

struct Search<'a> {
    patrol: &'a Patrol,
    rng: Rng,
    total_risk: f64,
    mean_risk: f64,
    /// What a second of a shift earns, about.
    second_worth: f64,
}

impl<'a> Search<'a> {
    fn new(patrol: &'a Patrol, rng: Rng) -> Self {
        let total_risk: f64 = patrol.stops().iter().map(|stop| stop.risk).sum();
        let shifts_s: i64 = patrol.units().iter().map(|unit| unit.shift.until_s - unit.shift.from_s).sum();
        Self {
            patrol,
            rng,
            total_risk: total_risk.max(1e-9),
            mean_risk: (total_risk / patrol.stops().len().max(1) as f64).max(1e-12),
            second_worth: total_risk / shifts_s.max(1) as f64,
        }
    }

    /// Worth, less unsigned boxes, less a trifle for every second away from base, so that of two equal plans the shorter wins.
    fn value(&self, draft: &Draft<'_>) -> f64 {
        let ends_s: i64 = draft.routes.iter().zip(self.patrol.units()).map(|(route, unit)| route.end_s - unit.shift.from_s).sum();
        draft.total_worth()
            - BOX_WEIGHT * self.total_risk * draft.missing_boxes().count() as f64
            - 0.02 * self.second_worth * ends_s as f64
    }

    fn run(&mut self, draft: Draft<'a>, budget: &mut dyn Budget) -> Draft<'a> {
        let mut now_value = self.value(&draft);
        let (mut best, mut best_value) = (draft.clone(), now_value);
        let mut now = draft;
        let mut heat = 0.0;
        for iteration in 0_u64.. {
            if iteration % 16 == 0 {
                let spent = budget.spent(iteration);
                if spent >= 1.0 || self.patrol.stops().is_empty() {
                    break;
                }
                heat = self.mean_risk * 0.5 * 0.01_f64.powf(spent);
            }
            let mut next = now.clone();
            self.ruin(&mut next);
            self.refill(&mut next);
            let value = self.value(&next);
            let gain = value - now_value;
            if gain >= 0.0 || self.rng.unit() < (gain / heat).exp() {
                (now, now_value) = (next, value);
                if now_value > best_value {
                    best_value = now_value;
                    best = now.clone();
                }
            }
        }
        best
    }

    /// Takes some visits off: at random, one piece of a tour, or all round a stop; then whatever has moved up into another's gap.
    fn ruin(&mut self, draft: &mut Draft<'_>) {
        let visits: usize = draft.routes.iter().map(|route| route.legs.len()).sum();
        let size = 1 + self.rng.below((visits / 3).clamp(1, 12));
        let unit = self.rng.below(draft.routes.len());
        match self.rng.below(3) {
            0 => {
                let share = size as f64 / visits.max(1) as f64;
                for unit in 0..draft.routes.len() {
                    let rng = &mut self.rng;
                    draft.remove(unit, |_, _| rng.unit() < share);
                }
            }
            1 => {
                let first = self.rng.below(draft.routes[unit].legs.len() + 1);
                draft.remove(unit, |i, _| (first..first + size).contains(&i));
            }
            _ => {
                let centre = self.patrol.stops()[self.rng.below(self.patrol.stops().len())].place;
                let mut near: Vec<(i64, u32)> = (0..draft.visits.len() as u32)
                    .filter(|&stop| !draft.visits[stop as usize].is_empty())
                    .map(|stop| (self.patrol.travel().between(centre, self.patrol.stops()[stop as usize].place), stop))
                    .collect();
                near.sort_unstable();
                near.truncate(size);
                for unit in 0..draft.routes.len() {
                    draft.remove(unit, |_, stop| near.iter().any(|&(_, gone)| gone == stop));
                }
            }
        }
        draft.mend_gaps();
    }

    /// Puts visits in, boxes first, each where it costs least for what it is worth, until nothing that is tried fits.
    fn refill(&mut self, draft: &mut Draft<'_>) {
        let boxes: Vec<u32> = draft.missing_boxes().collect();
        let has_turn_left = |stop: &u32| draft.visits[*stop as usize].len() < draft.visits_max(*stop);
        let is_box = |stop: u32| matches!(self.patrol.stops()[stop as usize].kind, Kind::Box { .. });
        let mut spots: Vec<u32> = (0..draft.visits.len() as u32).filter(|&stop| !is_box(stop)).filter(has_turn_left).collect();
        self.rng.shuffle(&mut spots);
        if self.rng.below(3) > 0 {
            let worth: Vec<f64> = (0..draft.visits.len() as u32)
                .map(|stop| draft.risk(stop, draft.visits[stop as usize].len()) * (0.5 + self.rng.unit()))
                .collect();
            spots.sort_by(|&a, &b| worth[b as usize].total_cmp(&worth[a as usize]));
        }
        spots.truncate(TRIED_MAX);
        for stop in boxes.into_iter().chain(spots) {
            if let Some((unit, at)) = self.best_turn(draft, stop) {
                draft.insert(unit, at, stop);
            }
        }
    }

    fn best_turn(&mut self, draft: &Draft<'_>, stop: u32) -> Option<(usize, usize)> {
        let earlier = draft.visits[stop as usize].len();
        let mut best: Option<(f64, usize, usize)> = None;
        for unit in 0..draft.routes.len() {
            for at in 0..=draft.routes[unit].legs.len() {
                // Chance passes one turn in twenty over, or the same greedy order would come back each time.
                if self.rng.below(20) == 0 {
                    continue;
                }
                let Ok(turn) = draft.fits(unit, at, stop) else { continue };
                let value = draft.worth(unit, stop, turn.arrive_s, earlier) - self.second_worth * turn.detour_s as f64;
                if best.is_none_or(|(most, ..)| value > most) {
                    best = Some((value, unit, at));
                }
            }
        }
        best.map(|(_, unit, at)| (unit, at))
    }
}
