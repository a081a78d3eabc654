//! Plans as they held: each from when it was valid until it ended, with what was made of it and how long jobs held its crews.
//!
//! What was left of a plan and then shared out anew is counted where it went: of the plan before, only what a person has said or signed.

use shouhu_ids::Micros;
use shouhu_module::ports::UnitTask;

use super::model::{PlanState, StopState, TourPlan};

/// How long jobs held one crew within a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnJobs {
    pub jobs: i64,
    pub seconds: i64,
}

/// One plan of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldPlan {
    pub plan: TourPlan,
    /// It held from here …
    pub from: Micros,
    /// … to here, or holds still.
    pub until: Micros,
    /// In the order of its tours.
    pub on_jobs: Vec<OnJobs>,
}

/// Jobs that overlap hold a crew once; one that began before this time was counted in the time before.
fn on_jobs(tasks: &[UnitTask], (from, until): (Micros, Micros), is_rest: bool) -> OnJobs {
    let mut told = OnJobs::default();
    let mut free = from;
    for task in tasks {
        let (begin, end) = (task.from.max(from), task.until.unwrap_or(until).min(until));
        if end <= begin {
            continue;
        }
        told.jobs += i64::from(!is_rest || task.from >= from);
        told.seconds += end.since(begin.max(free)).max(0) / Micros::SECOND;
        free = free.max(end);
    }
    told
}

impl HeldPlan {
    /// A plan whose progress is known, with each crew's jobs, the earliest first.
    #[must_use]
    pub fn of(mut plan: TourPlan, tasks: &[Vec<UnitTask>], now: Micros) -> Self {
        let decided = plan.decided_at_us;
        let from = decided.filter(|_| plan.retask.is_some() && plan.state == PlanState::Published).map_or(plan.from_us, |at| at.max(plan.from_us));
        let ended = decided.filter(|_| plan.state != PlanState::Published);
        let until = ended.unwrap_or(plan.to_us).min(plan.to_us).max(from);
        let is_rest = plan.retask.is_some();
        let on_jobs = tasks.iter().map(|tasks| on_jobs(tasks, (from, until.min(now).max(from)), is_rest)).collect();
        if ended.is_some() {
            for tour in &mut plan.answer.tours {
                tour.stops.retain(|stop| stop.progress.at_us.is_some());
                tour.standing_s = tour.stops.iter().map(|stop| stop.leave_us.since(stop.arrive_us) / Micros::SECOND).sum();
                tour.driving_s = tour.stops.iter().map(|stop| stop.drive_s).sum();
            }
        }
        Self { plan, from, until, on_jobs }
    }

    /// Not the rest of a shift that was counted already.
    #[must_use]
    pub const fn is_shift(&self) -> bool {
        self.plan.retask.is_none()
    }
}

/// Seconds of standing, as planned, at stops that were made.
#[must_use]
pub fn stood_s(stops: &[super::model::TourStop]) -> i64 {
    let made = stops.iter().filter(|stop| stop.progress.state == StopState::Done);
    made.map(|stop| stop.leave_us.since(stop.arrive_us) / Micros::SECOND).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(from: i64, until: Option<i64>) -> UnitTask {
        let at = |minutes: i64| Micros(minutes * Micros::MINUTE);
        UnitTask { incident_number: "115-1".into(), from: at(from), until: until.map(at) }
    }

    #[test]
    fn jobs_are_counted_once_and_only_as_long_as_the_plan_held() {
        let span = (Micros(100 * Micros::MINUTE), Micros(200 * Micros::MINUTE));
        let of = |tasks: &[UnitTask], is_rest| {
            let told = on_jobs(tasks, span, is_rest);
            (told.jobs, told.seconds / 60)
        };
        assert_eq!(of(&[job(90, Some(110)), job(150, Some(160))], false), (2, 20), "from the shift's beginning");
        assert_eq!(of(&[job(90, Some(110)), job(150, Some(160))], true), (1, 20), "the first was counted in the plan before");
        assert_eq!(of(&[job(110, Some(130)), job(120, Some(140))], false), (2, 30), "two at once hold a crew once");
        assert_eq!(of(&[job(190, None), job(300, None)], false), (1, 10), "one goes on, the other is of later");
        assert_eq!(of(&[job(10, Some(90))], false), (0, 0));
    }
}
