//! The simulation itself: a heap of events, and a room that decides.

mod decide;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::calls::Call;
use super::city::City;
use super::dice::Dice;
use super::fleet::{Motion, Phase, Unit};
use super::outcome::{Ended, Outcome, Span, Status};
use super::world::PlaceNo;
use crate::candidate::Priority;
use crate::choose::ChoiceError;
use crate::handover::Handover;
use crate::moveup::MoveUp;
use crate::policy::Settings;
use crate::queue::Order;

/// How often the room looks for moves, and how many it orders at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoveUpPlan {
    pub rule: MoveUp,
    pub every_s: f64,
    pub moves_max: usize,
}

/// A way of working the room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    pub settings: Settings,
    pub order: Order,
    /// How often units report where they are, beside every change of status; none: live.
    pub report_every_s: Option<f64>,
    pub move_up: Option<MoveUpPlan>,
    /// Whether a unit that comes free while nobody waits may take over a call from one that is still on its way.
    pub handover: Option<Handover>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    DutyStarts { unit: usize },
    DutyEnds { unit: usize },
    Arrives { unit: usize, epoch: u32 },
    Clears { unit: usize, epoch: u32 },
    GivesUp { call: usize },
    Handled { call: usize },
    DrivesOn { unit: usize, epoch: u32 },
    Reports { unit: usize },
    Review,
}

#[derive(Debug, Clone)]
struct Progress {
    phase: CallPhase,
    /// Set once it has been handled.
    is_known: bool,
    has_waited: bool,
    arrived_s: Option<f64>,
    times_preempted: u8,
    /// When the unit on its way is expected, by the room's estimate.
    expected_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallPhase {
    Waiting,
    EnRoute,
    Arrived,
    GaveUp,
}

struct Simulation<'a> {
    city: &'a City,
    room: &'a Room,
    seed: u64,
    calls: &'a [Call],
    progress: Vec<Progress>,
    units: Vec<Unit>,
    queue: Vec<usize>,
    /// Milliseconds, then the order in which events were planned.
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    planned: u64,
    now_s: f64,
    end_s: f64,
    open_spans: Vec<Option<(usize, f64)>>,
    spans: Vec<Span>,
    duty_s: f64,
    moves: u32,
    preemptions: u32,
}

/// Lets one room work these calls from midnight until `end_s`.
///
/// # Errors
/// As [`crate::choose`]; no room whose policy fits its city meets one.
pub fn run(city: &City, room: &Room, calls: &[Call], seed: u64, end_s: f64) -> Result<Outcome, ChoiceError> {
    let mut simulation = Simulation::new(city, room, calls, seed, end_s);
    while let Some(Reverse((at_ms, _, event))) = simulation.events.pop() {
        let at_s = at_ms as f64 / 1_000.0;
        if at_s > end_s {
            break;
        }
        simulation.now_s = at_s;
        simulation.happens(event)?;
    }
    Ok(simulation.close())
}

impl<'a> Simulation<'a> {
    fn new(city: &'a City, room: &'a Room, calls: &'a [Call], seed: u64, end_s: f64) -> Self {
        let stations = &city.plan.stations;
        let crews = city.plan.roster.iter().enumerate();
        let units: Vec<Unit> = crews.clone().map(|(number, crew)| Unit::new(number, stations[crew.station])).collect();
        let progress = Progress {
            phase: CallPhase::Waiting,
            is_known: false,
            has_waited: false,
            arrived_s: None,
            times_preempted: 0,
            expected_s: 0.0,
        };
        let mut simulation = Self {
            city,
            room,
            seed,
            calls,
            progress: vec![progress; calls.len()],
            open_spans: vec![None; units.len()],
            units,
            queue: Vec::new(),
            events: BinaryHeap::new(),
            planned: 0,
            now_s: 0.0,
            end_s,
            spans: Vec::new(),
            duty_s: 0.0,
            moves: 0,
            preemptions: 0,
        };
        for (unit, crew) in crews {
            simulation.plan_duties(unit, crew.on_at_s, crew.duty_s);
        }
        for (call, asked) in calls.iter().enumerate() {
            simulation.plan(asked.called_s + asked.handling_s, Event::Handled { call });
        }
        if let Some(plan) = room.move_up {
            simulation.plan(plan.every_s, Event::Review);
        }
        simulation
    }

    /// All duties that overlap the simulation, the one from the day before among them.
    fn plan_duties(&mut self, unit: usize, on_at_s: f64, duty_s: f64) {
        const DAY_S: f64 = 86_400.0;
        let mut from_s = on_at_s - DAY_S;
        while from_s < self.end_s {
            let until_s = from_s + duty_s;
            if until_s > 0.0 {
                self.plan(from_s.max(0.0), Event::DutyStarts { unit });
                self.plan(until_s, Event::DutyEnds { unit });
                self.duty_s += until_s.min(self.end_s) - from_s.max(0.0);
            }
            from_s += DAY_S;
        }
        if let Some(every_s) = self.room.report_every_s {
            self.plan(every_s * Dice::keyed(&[self.seed, 3, unit as u64]).unit(), Event::Reports { unit });
        }
    }

    fn plan(&mut self, at_s: f64, event: Event) {
        self.planned += 1;
        self.events.push(Reverse(((at_s * 1_000.0).ceil() as i64, self.planned, event)));
    }

    fn happens(&mut self, event: Event) -> Result<(), ChoiceError> {
        match event {
            Event::DutyStarts { unit } => self.duty_starts(unit),
            Event::DutyEnds { unit } => self.duty_ends(unit),
            Event::Arrives { unit, epoch } if self.units[unit].epoch == epoch => self.arrives(unit),
            Event::Clears { unit, epoch } if self.units[unit].epoch == epoch => self.clears(unit),
            Event::DrivesOn { unit, epoch } if self.units[unit].epoch == epoch => self.drives_on(unit),
            Event::Arrives { .. } | Event::Clears { .. } | Event::DrivesOn { .. } => {}
            Event::GivesUp { call } => self.gives_up(call),
            Event::Handled { call } => {
                self.progress[call].is_known = true;
                if let Some(patience_s) = self.calls[call].patience_s {
                    self.plan(self.now_s + patience_s, Event::GivesUp { call });
                }
                self.dispatch(call)?;
            }
            Event::Reports { unit } => {
                self.units[unit].report(self.now_s);
                if let Some(every_s) = self.room.report_every_s {
                    self.plan(self.now_s + every_s.max(1.0), Event::Reports { unit });
                }
            }
            Event::Review => self.review(),
        }
        Ok(())
    }

    fn duty_starts(&mut self, unit: usize) {
        let crew = self.city.plan.roster[unit];
        let (station, now_s) = (self.city.plan.stations[crew.station], self.now_s);
        let own = &mut self.units[unit];
        if own.phase != Phase::Off {
            return;
        }
        (own.phase, own.place, own.anchor) = (Phase::Idle, station, station);
        (own.on_since_s, own.off_at_s, own.clear_since_s) = (now_s, now_s + crew.duty_s, None);
        own.report(now_s);
        self.is_free(unit);
    }

    fn duty_ends(&mut self, unit: usize) {
        let own = &mut self.units[unit];
        own.off_at_s = self.now_s;
        if own.phase == Phase::Idle {
            self.goes_off(unit);
        }
    }

    fn goes_off(&mut self, unit: usize) {
        let own = &mut self.units[unit];
        own.stop(self.now_s);
        own.phase = Phase::Off;
        own.epoch += 1;
    }

    fn arrives(&mut self, unit: usize) {
        let Phase::EnRoute { call } = self.units[unit].phase else { return };
        self.units[unit].stop(self.now_s);
        self.units[unit].phase = Phase::OnScene { call };
        self.units[unit].report(self.now_s);
        self.progress[call].phase = CallPhase::Arrived;
        self.progress[call].arrived_s = Some(self.now_s);
        let epoch = self.units[unit].epoch;
        self.plan(self.now_s + self.calls[call].on_scene_s, Event::Clears { unit, epoch });
    }

    fn clears(&mut self, unit: usize) {
        self.end_span(unit);
        let own = &mut self.units[unit];
        own.phase = Phase::Idle;
        own.clear_since_s = Some(self.now_s);
        own.report(self.now_s);
        self.is_free(unit);
    }

    /// To the next stop of the patrol.
    fn drives_on(&mut self, unit: usize) {
        let own = &mut self.units[unit];
        own.stop(self.now_s);
        own.legs += 1;
        let near = self.city.near(own.anchor);
        let draw = Dice::keyed(&[self.seed, 4, unit as u64, own.legs]).below(near.len());
        let to = near.get(draw).copied().unwrap_or(own.anchor);
        self.drive_idle(unit, to);
    }

    fn drive_idle(&mut self, unit: usize, to: PlaceNo) {
        let world = &self.city.plan.world;
        let from = self.units[unit].place;
        let foreseen_s = world.seconds(from, to).unwrap_or(0.0) * world.pace.at(self.now_s, false);
        // A patrol leg takes what it takes on average: nobody waits for it, and its luck would only be noise.
        let drive_s = self.city.drive([from, to], self.now_s, false, foreseen_s).mean_s;
        let own = &mut self.units[unit];
        own.motion = Some(Motion::new(world, from, to, self.now_s, drive_s));
        own.epoch += 1;
        let epoch = own.epoch;
        self.plan(self.now_s + drive_s + self.city.plan.patrol.dwell_s, Event::DrivesOn { unit, epoch });
    }

    fn gives_up(&mut self, call: usize) {
        if self.progress[call].phase == CallPhase::Waiting {
            self.progress[call].phase = CallPhase::GaveUp;
            self.queue.retain(|waiting| *waiting != call);
        }
    }

    fn end_span(&mut self, unit: usize) {
        if let Some((call, from_s)) = self.open_spans[unit].take() {
            self.spans.push(Span { unit, call, from_s, until_s: self.now_s });
        }
    }

    /// Lights and siren are for what is pressing.
    fn with_siren(&self, call: usize) -> bool {
        self.calls[call].priority <= Priority::High
    }

    fn close(mut self) -> Outcome {
        self.now_s = self.end_s;
        for unit in 0..self.units.len() {
            self.end_span(unit);
            self.units[unit].stop(self.end_s);
        }
        let ended = |(call, progress): (&Call, &Progress)| Ended {
            status: match progress.phase {
                CallPhase::Arrived => Status::Served,
                CallPhase::GaveUp => Status::GaveUp,
                CallPhase::Waiting | CallPhase::EnRoute => Status::Open,
            },
            called_s: call.called_s,
            priority: call.priority,
            area: call.area,
            arrived_s: progress.arrived_s,
            has_waited: progress.has_waited,
            times_preempted: progress.times_preempted,
        };
        let busy_s: f64 = self.spans.iter().map(|span| span.until_s - span.from_s).sum();
        Outcome {
            calls: self.calls.iter().zip(&self.progress).map(ended).collect(),
            metres: self.units.iter().map(|unit| unit.metres).sum(),
            spans: self.spans,
            moves: self.moves,
            preemptions: self.preemptions,
            busy_share: if self.duty_s > 0.0 { busy_s / self.duty_s } else { 0.0 },
        }
    }
}
