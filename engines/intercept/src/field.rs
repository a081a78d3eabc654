//! One question laid out: his earliest arrivals, the units' closing times, and who is in time where.
#![allow(clippy::indexing_slicing, reason = "every index is a junction of the streets or a row of `units`")]

use std::sync::Arc;

use crate::cut::Side;
use crate::model::{Outside, Settings, UNITS_COMPARED_MAX, UnitId};
use crate::race::{NEVER, Race, race};
use crate::streets::{Streets, micros};

/// A set of compared units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Units([u64; UNITS_COMPARED_MAX / 64]);

impl Units {
    fn add(&mut self, unit: usize) {
        self.0[unit / 64] |= 1 << (unit % 64);
    }

    pub fn list(self) -> Vec<usize> {
        (0..UNITS_COMPARED_MAX).filter(|unit| self.0[unit / 64] & 1 << (unit % 64) != 0).collect()
    }

    pub fn with(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub fn are_within(self, other: Self) -> bool {
        self.with(other) == other
    }
}

/// A unit that may be ordered, with its driving times.
#[derive(Debug)]
pub(crate) struct Runner {
    pub id: UnitId,
    pub free_us: i64,
    /// The junction that it stands at, and since when.
    pub post: Option<(u32, i64)>,
    /// Where its last order sent it.
    pub heading: Option<u32>,
    pub row: Arc<Vec<i64>>,
}

impl Runner {
    /// Driving alone; [`NEVER`] where no way leads.
    pub fn drive_us(&self, junction: u32) -> i64 {
        self.row[junction as usize]
    }

    pub fn stands_at(&self, junction: u32) -> bool {
        self.post.is_some_and(|(post, _)| post == junction)
    }
}

/// A place where he was seen, as starts of his race.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub junctions: Vec<(u32, i64)>,
    /// Junctions that he was seen *at*: he is past them, and closing them now does not hold him.
    pub past: Vec<u32>,
    pub weight: f64,
}

#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub streets: &'a Streets,
    pub runners: &'a [Runner],
    pub starts: Vec<(u32, i64)>,
    pub horizon_us: i64,
    /// What he may not be given less of: set-up and margin.
    setup_us: i64,
    margin_us: i64,
    speed_ratio: f64,
    pub suspect: Race,
    /// Whether what he does not reach within the horizon is outside.
    ends_at_horizon: bool,
    is_exit: Vec<bool>,
    is_past: Vec<bool>,
    /// By junction: the units that close it in time.
    in_time: Vec<Units>,
    is_heading: Vec<bool>,
}

impl<'a> Field<'a> {
    /// `settings` and `exits` have been checked.
    pub fn new(streets: &'a Streets, runners: &'a [Runner], starts: &[&Start], settings: &Settings, exits: &[u32]) -> Self {
        let count = streets.junction_count();
        let horizon_us = micros(settings.horizon_s);
        let ends_at_horizon = !matches!(settings.outside, Outside::Exits(_));
        let mut is_exit = vec![false; count];
        exits.iter().for_each(|exit| is_exit[*exit as usize] = true);
        let mut is_past = vec![false; count];
        starts.iter().flat_map(|start| &start.past).for_each(|junction| is_past[*junction as usize] = true);
        let starts: Vec<(u32, i64)> = starts.iter().flat_map(|start| start.junctions.iter().copied()).collect();
        let limit_us = if ends_at_horizon { horizon_us } else { NEVER };
        let ratio = settings.speed_ratio;
        let suspect = race(&streets.suspect, &starts, limit_us, |cost_us| scaled(cost_us, ratio), |_, _| true);
        let mut field = Self {
            streets,
            runners,
            starts,
            horizon_us,
            setup_us: micros(settings.setup_s),
            margin_us: micros(settings.margin_s),
            speed_ratio: ratio,
            suspect,
            ends_at_horizon,
            is_exit,
            is_past,
            in_time: vec![Units::default(); count],
            is_heading: vec![false; count],
        };
        for (index, runner) in runners.iter().enumerate() {
            for junction in 0..count as u32 {
                if field.is_in_time(index, junction) {
                    field.in_time[junction as usize].add(index);
                }
            }
            if let Some(heading) = runner.heading {
                field.is_heading[heading as usize] = true;
            }
        }
        field
    }

    /// His time on a lane.
    pub fn suspect_us(&self, cost_us: i64) -> i64 {
        scaled(cost_us, self.speed_ratio)
    }

    pub fn side(&self, junction: u32) -> Side {
        // The race ended at the horizon, so what it did not reach lies behind it or is no way for him at all.
        if self.ends_at_horizon && self.suspect.at_us[junction as usize] == NEVER {
            Side::Beyond
        } else if self.is_exit[junction as usize] {
            Side::Exit
        } else {
            Side::Inside
        }
    }

    /// When a unit has closed a junction.
    pub fn closed_us(&self, runner: usize, junction: u32) -> i64 {
        let runner = &self.runners[runner];
        match runner.post {
            Some((post, since_us)) if post == junction => since_us,
            _ if runner.drive_us(junction) == NEVER => NEVER,
            _ => runner.free_us.saturating_add(runner.drive_us(junction)).saturating_add(self.setup_us),
        }
    }

    pub fn arrives_us(&self, junction: u32) -> i64 {
        self.suspect.at_us[junction as usize]
    }

    /// Positive when too late, the margin counted in.
    pub fn late_us(&self, runner: usize, junction: u32) -> i64 {
        let closed_us = self.closed_us(runner, junction);
        if closed_us == NEVER {
            NEVER
        } else {
            closed_us.saturating_add(self.margin_us).saturating_sub(self.arrives_us(junction))
        }
    }

    pub fn is_in_time(&self, runner: usize, junction: u32) -> bool {
        self.is_ring_place(junction) && self.late_us(runner, junction) <= 0
    }

    /// The units that close a junction before he comes.
    pub fn in_time(&self, junction: u32) -> Units {
        self.in_time[junction as usize]
    }

    pub fn is_closable(&self, junction: u32) -> bool {
        self.in_time[junction as usize] != Units::default()
    }

    /// Whether closing it in time would hold him: he is not past it, and comes to it within the horizon.
    pub fn is_ring_place(&self, junction: u32) -> bool {
        !self.is_past[junction as usize] && self.arrives_us(junction) <= self.horizon_us
    }

    /// Whether a unit was sent there before.
    pub fn is_heading(&self, junction: u32) -> bool {
        self.is_heading[junction as usize]
    }
}

/// His time for what takes `cost_us` at ratio 1; rounded down, against us.
pub(crate) fn scaled(cost_us: i64, ratio: f64) -> i64 {
    // Equal speeds take no detour over floating point: ties between him and a unit stay ties.
    if ratio == 1.0 { cost_us } else { (cost_us as f64 / ratio).floor() as i64 }
}
