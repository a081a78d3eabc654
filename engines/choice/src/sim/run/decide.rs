//! What the room decides, by the same functions that the product asks.

use super::{CallPhase, Event, Simulation};
use crate::candidate::{Candidate, District, Incident, Job, State};
use crate::choose::{ChoiceError, CoverView, choose};
use crate::cover::Reach;
use crate::handover::Underway;
use crate::moveup::{Site, Standing, move_up};
use crate::policy::Policy;
use crate::queue::Waiting;
use crate::sim::dice::Dice;
use crate::sim::fleet::{Motion, Phase};
use crate::sim::world::PlaceNo;

/// How old a live position is when the room looks at it.
const LIVE_AGE_S: f64 = 5.0;

impl Simulation<'_> {
    /// Where the room believes a unit to be, and how old that is.
    fn believed(&self, unit: usize) -> (PlaceNo, f64) {
        let own = &self.units[unit];
        match self.room.report_every_s {
            None => (own.place_at(self.now_s), LIVE_AGE_S),
            Some(_) => (own.reported.0, self.now_s - own.reported.1),
        }
    }

    /// The room's estimate, at this hour and in this call's manner of driving.
    fn estimate_s(&self, from: PlaceNo, call: usize) -> Option<f64> {
        let world = &self.city.plan.world;
        Some(world.seconds(from, self.calls[call].place)? * world.pace.at(self.now_s, self.with_siren(call)))
    }

    fn candidate(&self, unit: usize, call: usize, believed: (PlaceNo, f64)) -> Candidate {
        let (own, crew) = (&self.units[unit], &self.city.plan.roster[unit]);
        let (place, age_s) = believed;
        let job = |call: usize| Job { priority: self.calls[call].priority, times_preempted: self.progress[call].times_preempted };
        Candidate {
            id: own.id,
            state: match own.phase {
                Phase::Off => State::OffDuty,
                Phase::Idle => State::Idle,
                Phase::EnRoute { call } => State::EnRoute { job: job(call) },
                // Nobody says here that a scene could be left, so none is.
                Phase::OnScene { call } => State::OnScene { job: job(call), is_in_danger: false, may_leave: false },
            },
            district: Some(District(crew.station as u32)),
            skills: crew.skills,
            position_age_s: Some(age_s),
            on_duty_s: self.now_s - own.on_since_s,
            since_last_job_s: own.clear_since_s.map(|clear_s| self.now_s - clear_s),
            air_m: self.city.plan.world.air_m(place, self.calls[call].place),
            travel_s: self.estimate_s(place, call),
        }
    }

    /// Sends a unit, or puts the call into the queue.
    pub(super) fn dispatch(&mut self, call: usize) -> Result<(), ChoiceError> {
        let asked = &self.calls[call];
        let incident =
            Incident { priority: asked.priority, needs: asked.needs, district: Some(District(self.city.district(asked.place))) };
        let on_duty: Vec<usize> = (0..self.units.len()).filter(|unit| self.units[*unit].phase != Phase::Off).collect();
        let believed: Vec<(PlaceNo, f64)> = on_duty.iter().map(|unit| self.believed(*unit)).collect();
        let rows = on_duty.iter().zip(&believed);
        let candidates: Vec<Candidate> = rows.map(|(unit, believed)| self.candidate(*unit, call, *believed)).collect();
        let reaches: Vec<Option<&Reach>> = believed.iter().map(|(place, _)| Some(self.city.reach(*place, self.now_s))).collect();
        let is_weighed = matches!(self.room.settings.policy, Policy::CoverageAware(_));
        let view = is_weighed.then_some(CoverView { cover: &self.city.cover, reaches: &reaches });
        let choice = choose(&incident, &candidates, &self.room.settings, view)?;
        let chosen = choice.chosen.and_then(|id| on_duty.iter().copied().find(|unit| self.units[*unit].id == id));
        let Some(unit) = chosen else {
            self.progress[call].has_waited = true;
            self.queue.push(call);
            return Ok(());
        };
        let loser = match self.units[unit].phase {
            Phase::EnRoute { call } => Some(call),
            _ => None,
        };
        if loser.is_some() {
            self.preemptions += 1;
        }
        self.takes(unit, call);
        if let Some(loser) = loser {
            self.progress[loser].times_preempted += 1;
            self.dispatch(loser)?;
        }
        Ok(())
    }

    /// Gives a unit an order; what it did before ends. A call that it was on its way to waits again.
    fn takes(&mut self, unit: usize, call: usize) {
        self.end_span(unit);
        if let Phase::EnRoute { call: before } = self.units[unit].phase {
            self.progress[before].phase = CallPhase::Waiting;
        }
        self.units[unit].stop(self.now_s);
        let (world, from, to) = (&self.city.plan.world, self.units[unit].place, self.calls[call].place);
        let foreseen_s = self.estimate_s(from, call).unwrap_or(0.0);
        let start_s = self.now_s + self.calls[call].turnout_s;
        let drive = self.city.drive([from, to], start_s, self.with_siren(call), foreseen_s);
        let luck = Dice::keyed(&[self.seed, 5, call as u64, unit as u64]).normal() * drive.sigma - drive.sigma.powi(2) / 2.0;
        let drive_s = drive.mean_s * luck.exp();
        let own = &mut self.units[unit];
        own.motion = Some(Motion::new(world, from, to, start_s, drive_s));
        own.phase = Phase::EnRoute { call };
        own.epoch += 1;
        own.report(self.now_s);
        let epoch = own.epoch;
        self.open_spans[unit] = Some((call, self.now_s));
        self.progress[call].phase = CallPhase::EnRoute;
        self.progress[call].expected_s = start_s + foreseen_s;
        self.plan(start_s + drive_s, Event::Arrives { unit, epoch });
    }

    /// A unit that has nothing to do takes the next waiting call, goes off duty, or patrols.
    pub(super) fn is_free(&mut self, unit: usize) {
        if self.now_s >= self.units[unit].off_at_s {
            self.goes_off(unit);
            return;
        }
        let skills = self.city.plan.roster[unit].skills;
        let (place, _) = self.believed(unit);
        let row = |call: &usize| Waiting {
            number: *call as u64,
            priority: self.calls[*call].priority,
            waited_s: self.now_s - self.calls[*call].called_s,
            travel_s: self.estimate_s(place, *call).filter(|_| skills.has_all(self.calls[*call].needs)),
        };
        let rows: Vec<Waiting> = self.queue.iter().map(row).collect();
        if let Some(next) = self.room.order.next(&rows) {
            let call = self.queue.remove(next);
            self.takes(unit, call);
            return;
        }
        if let Some((other, call)) = self.handover(unit) {
            self.end_span(other);
            self.units[other].stop(self.now_s);
            self.units[other].phase = Phase::Idle;
            self.units[other].report(self.now_s);
            self.takes(unit, call);
            // Each handover leaves a unit that is farther from what is left: the chain is short.
            self.is_free(other);
            return;
        }
        self.drives_on(unit);
    }

    /// The unit and call whose handover to `unit` saves most, if it saves enough.
    fn handover(&self, unit: usize) -> Option<(usize, usize)> {
        let rule = self.room.handover?;
        let skills = self.city.plan.roster[unit].skills;
        let (place, _) = self.believed(unit);
        let on_the_way: Vec<(usize, usize)> = (0..self.units.len())
            .filter_map(|other| match self.units[other].phase {
                Phase::EnRoute { call } => Some((other, call)),
                _ => None,
            })
            .collect();
        let row = |(_, call): &(usize, usize)| {
            let asked = &self.calls[*call];
            let travel_s = self.estimate_s(place, *call).filter(|_| skills.has_all(asked.needs));
            Underway {
                number: *call as u64,
                remaining_s: self.progress[*call].expected_s - self.now_s,
                arrives_in_s: travel_s.map(|travel_s| asked.turnout_s + travel_s),
            }
        };
        let rows: Vec<Underway> = on_the_way.iter().map(row).collect();
        rule.best(&rows).and_then(|found| on_the_way.get(found.index).copied())
    }

    /// Looks for moves that raise the cover.
    pub(super) fn review(&mut self) {
        let Some(plan) = self.room.move_up else { return };
        self.plan(self.now_s + plan.every_s.max(1.0), Event::Review);
        if !self.queue.is_empty() {
            return;
        }
        let city = self.city;
        let pace = city.plan.world.pace.at(self.now_s, false);
        let sites: Vec<Site<'_>> =
            city.plan.stations.iter().map(|place| Site { reach: city.reach(*place, self.now_s) }).collect();
        for _ in 0..plan.moves_max {
            let idle = || (0..self.units.len()).filter(|unit| self.units[*unit].phase == Phase::Idle);
            let movable: Vec<usize> = idle().filter(|unit| !self.units[*unit].is_moving_up).collect();
            // A patrol is never far from its anchor, and soon elsewhere: the anchor says where the unit will be.
            let anchored = |unit: usize| city.reach(self.units[unit].anchor, self.now_s);
            let standing: Vec<Standing<'_>> =
                movable.iter().map(|unit| Standing { unit: self.units[*unit].id, reach: anchored(*unit) }).collect();
            let moving = idle().filter(|unit| self.units[*unit].is_moving_up).map(anchored);
            let drive_s = |from: usize, to: usize| {
                let (place, _) = self.believed(movable[from]);
                city.plan.world.seconds(place, city.plan.stations[to]).map(|s| s * pace)
            };
            let Some(advised) = move_up(&city.cover, &standing, moving, &sites, plan.rule, drive_s) else { return };
            let Some(unit) = movable.iter().copied().find(|unit| self.units[*unit].id == advised.unit) else { return };
            let site = city.plan.stations[advised.site];
            self.units[unit].stop(self.now_s);
            self.units[unit].anchor = site;
            self.drive_idle(unit, site);
            self.units[unit].is_moving_up = true;
            self.moves += 1;
        }
    }
}
