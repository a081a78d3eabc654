//! When an urgent incident may take a unit from a lesser one.

use serde::{Deserialize, Serialize};

use crate::candidate::{Candidate, Incident, Job, Priority, State};
use crate::reason::Reason;

/// The limits. A unit in panic, or on a scene in danger, is never taken, and no setting can change that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Preemption {
    /// Incidents of this priority, or a more pressing one, may take units.
    pub from: Priority,
    /// The lesser incident is at least so many levels below; zero is read as one.
    pub levels_min: u8,
    /// Seconds that it must save over the best free unit; where no unit is free, any gain counts.
    pub saves_min_s: f64,
    /// An incident loses its unit at most so often.
    pub times_max: u8,
}

impl Default for Preemption {
    fn default() -> Self {
        Self { from: Priority::Urgent, levels_min: 2, saves_min_s: 60.0, times_max: 1 }
    }
}

impl Preemption {
    /// Whether the unit could be taken; otherwise what forbids it, where that is more than being busy.
    pub(crate) fn may_take(&self, incident: &Incident, unit: &Candidate) -> Result<Job, Option<Reason>> {
        let job = match unit.state {
            State::EnRoute { job } => job,
            State::OnScene { job, is_in_danger: false, may_leave: true } => job,
            _ => return Err(None),
        };
        let levels = job.priority.level().saturating_sub(incident.priority.level());
        if incident.priority > self.from || levels < self.levels_min.max(1) {
            return Err(None);
        }
        if job.times_preempted >= self.times_max {
            return Err(Some(Reason::PreemptedTooOften { times: job.times_preempted }));
        }
        Ok(job)
    }
}
