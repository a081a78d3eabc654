//! What became of each stop: derived from signatures, the crew's words, its jobs and the clock; nothing of it is written down.
//!
//! A job shifts what was not made before it began by as long as it lasts; one that goes on lasts until now. What then no longer fits
//! into the shift, or comes too close to another crew's visit, is skipped with that reason. The order is never changed, and the time
//! that a skipped stop frees is not given to others: times only come later, so nobody waits for a crew that was said to come sooner.

use std::collections::BTreeMap;

use shouhu_ids::{BoxId, Micros};
use shouhu_module::ports::UnitTask;

use super::model::{MarkOutcome, Progress, SkipReason, StopState, TourStop, UnitTour};
use super::question::REVISIT_GAP_S;

/// What a crew said of a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub outcome: MarkOutcome,
    pub reason: Option<SkipReason>,
    pub at: Micros,
    pub by_name: String,
}

/// The first signature at a box within the shift.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    pub at: Micros,
    pub by_name: String,
}

/// What is known of one crew's shift.
pub struct Facts<'a> {
    pub now: Micros,
    pub from: Micros,
    pub to: Micros,
    /// By the number of the stop.
    pub marks: &'a BTreeMap<i64, Mark>,
    pub signed: &'a BTreeMap<BoxId, Signed>,
    /// The crew's jobs, the earliest first.
    pub tasks: &'a [UnitTask],
    /// Other crews' visits: place, arrival and leave.
    pub others: &'a [(String, Micros, Micros)],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retimed {
    /// Number of the incident that holds the crew now.
    pub paused_for: Option<String>,
    pub delay_us: i64,
}

/// The visits of every crew but one.
#[must_use]
pub fn others(tours: &[UnitTour], but: usize) -> Vec<(String, Micros, Micros)> {
    let rest = tours.iter().enumerate().filter(|(no, _)| *no != but).flat_map(|(_, tour)| &tour.stops);
    rest.map(|stop| (stop.place.key.clone(), stop.arrive_us, stop.leave_us)).collect()
}

impl Facts<'_> {
    /// How long a job has held the crew within its shift.
    fn held_us(&self, task: &UnitTask) -> i64 {
        let until = task.until.unwrap_or(self.now).min(self.to);
        until.since(task.from.max(self.from)).max(0)
    }

    /// What was said or signed, if anything.
    fn word(&self, stop: &TourStop) -> Option<(StopState, Option<SkipReason>, Micros, String)> {
        if let Some(signed) = stop.place.patrol_box.and_then(|id| self.signed.get(&id)) {
            return Some((StopState::Done, None, signed.at, signed.by_name.clone()));
        }
        let mark = self.marks.get(&stop.seq)?;
        let state = match mark.outcome {
            MarkOutcome::Done => StopState::Done,
            MarkOutcome::Skipped => StopState::Skipped,
            MarkOutcome::Planned => return None,
        };
        Some((state, mark.reason, mark.at, mark.by_name.clone()))
    }

    fn is_too_soon(&self, key: &str, arrive: Micros, leave: Micros) -> bool {
        let gap_us = REVISIT_GAP_S * Micros::SECOND;
        let is_near = |(other, came, left): &(String, Micros, Micros)| {
            other == key && arrive.since(*left) < gap_us && came.since(leave) < gap_us
        };
        self.others.iter().any(is_near)
    }

    /// Why a stop that nobody said a word of will not be made.
    fn obstacle(&self, stop: &TourStop, delay_us: i64) -> Option<SkipReason> {
        let (arrive, leave) = (stop.arrive_us.plus(delay_us), stop.leave_us.plus(delay_us));
        if delay_us > 0 && leave.plus(stop.home_s * Micros::SECOND) > self.to {
            return Some(SkipReason::TaskNoTime);
        }
        if delay_us > 0 && self.is_too_soon(&stop.place.key, arrive, leave) {
            return Some(SkipReason::TaskTooSoon);
        }
        (self.now > self.to).then_some(SkipReason::ShiftOver)
    }
}

/// Writes each stop's progress and says what holds the crew.
pub fn derive(stops: &mut [TourStop], facts: &Facts<'_>) -> Retimed {
    let mut tasks = facts.tasks.iter().peekable();
    let mut delay_us = 0;
    for stop in stops.iter_mut() {
        let word = facts.word(stop);
        if word.is_none() {
            while let Some(task) = tasks.next_if(|task| task.from < stop.leave_us.plus(delay_us)) {
                delay_us += facts.held_us(task);
            }
        }
        let (state, reason, at_us, by_name) = match word {
            Some((state, reason, at, by_name)) => (state, reason, Some(at), Some(by_name)),
            None => match facts.obstacle(stop, delay_us) {
                Some(reason) => (StopState::Skipped, Some(reason), None, None),
                None => (StopState::Planned, None, None, None),
            },
        };
        stop.progress = Progress {
            state,
            reason,
            at_us,
            by_name,
            expected_arrive_us: stop.arrive_us.plus(delay_us),
            expected_leave_us: stop.leave_us.plus(delay_us),
        };
    }
    let is_shift = (facts.from..facts.to).contains(&facts.now);
    let held = facts.tasks.iter().rev().find(|task| is_shift && task.until.is_none() && task.from <= facts.now);
    Retimed { paused_for: held.map(|task| task.incident_number.clone()), delay_us }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_ids::uuid_v7;
    use shouhu_place::Wgs84;

    use super::*;
    use crate::tours::model::{PlaceKind, TourPlace};

    const FROM: Micros = Micros(1_800_000_000_000_000);
    const TO: Micros = FROM.plus(4 * Micros::HOUR);

    fn min(minutes: i64) -> Micros {
        FROM.plus(minutes * Micros::MINUTE)
    }

    /// Ten minutes at minute 20, 50, 80 …; five on the way home. Every third is a box.
    fn stops(count: i64) -> Vec<TourStop> {
        let stop = |seq: i64| {
            let arrive_us = min(30 * seq - 10);
            let leave_us = arrive_us.plus(10 * Micros::MINUTE);
            let is_box = seq % 3 == 0;
            let place = TourPlace {
                key: format!("c:{seq}"),
                kind: if is_box { PlaceKind::Box } else { PlaceKind::HotSpot },
                patrol_box: is_box.then(|| BoxId(uuid_v7(FROM, [seq as u8; 16]))),
                number: String::new(),
                name: String::new(),
                area: String::new(),
                position: Wgs84 { lon: 120.2, lat: 23.0 },
                expected: None,
                due: None,
            };
            let progress = Progress {
                state: StopState::Planned,
                reason: None,
                at_us: None,
                by_name: None,
                expected_arrive_us: arrive_us,
                expected_leave_us: leave_us,
            };
            TourStop { seq, place, visit: 1, arrive_us, leave_us, drive_s: 300, home_s: 300, why: Vec::new(), progress }
        };
        (1..=count).map(stop).collect()
    }

    fn job(from: i64, until: Option<i64>) -> UnitTask {
        UnitTask { incident_number: format!("115-{from}"), from: min(from), until: until.map(min) }
    }

    fn mark(outcome: MarkOutcome, reason: Option<SkipReason>) -> Mark {
        Mark { outcome, reason, at: min(33), by_name: "王警員".into() }
    }

    struct Scene {
        marks: BTreeMap<i64, Mark>,
        signed: BTreeMap<BoxId, Signed>,
        tasks: Vec<UnitTask>,
        others: Vec<(String, Micros, Micros)>,
    }

    impl Scene {
        fn with(tasks: Vec<UnitTask>) -> Self {
            Self { marks: BTreeMap::new(), signed: BTreeMap::new(), tasks, others: Vec::new() }
        }

        fn at(&self, now: i64, stops: &mut [TourStop]) -> Retimed {
            let Self { marks, signed, tasks, others } = self;
            derive(stops, &Facts { now: min(now), from: FROM, to: TO, marks, signed, tasks, others })
        }
    }

    fn states(stops: &[TourStop]) -> Vec<(StopState, Option<SkipReason>)> {
        stops.iter().map(|stop| (stop.progress.state, stop.progress.reason)).collect()
    }

    #[test]
    fn words_and_signatures_hold_and_the_rest_is_planned_until_the_shift_is_over() {
        let mut all = stops(4);
        let mut scene = Scene::with(Vec::new());
        scene.marks.insert(1, mark(MarkOutcome::Done, None));
        scene.marks.insert(2, mark(MarkOutcome::Skipped, Some(SkipReason::RoadClosed)));
        scene.marks.insert(3, mark(MarkOutcome::Skipped, Some(SkipReason::Busy)));
        scene.marks.insert(4, mark(MarkOutcome::Planned, None));
        scene.signed.insert(all[2].place.patrol_box.unwrap(), Signed { at: min(82), by_name: "李警員".into() });
        assert_eq!(scene.at(90, &mut all), Retimed::default());
        let told = [
            (StopState::Done, None),
            (StopState::Skipped, Some(SkipReason::RoadClosed)),
            (StopState::Done, None),
            (StopState::Planned, None),
        ];
        assert_eq!(states(&all), told, "a signature is worth more than a word");
        assert_eq!(all[2].progress.at_us, Some(min(82)));
        scene.at(241, &mut all);
        assert_eq!(states(&all)[3], (StopState::Skipped, Some(SkipReason::ShiftOver)));
    }

    #[test]
    fn a_job_shifts_what_was_still_to_come_and_drops_what_no_longer_fits() {
        let mut all = stops(7);
        let mut scene = Scene::with(vec![job(45, None)]);
        scene.marks.insert(1, mark(MarkOutcome::Done, None));
        // It goes on at minute 75, half an hour so far.
        let told = scene.at(75, &mut all);
        assert_eq!(told, Retimed { paused_for: Some("115-45".into()), delay_us: 30 * Micros::MINUTE });
        assert_eq!(all[0].progress.expected_arrive_us, min(20), "made before it");
        assert_eq!(all[1].progress.expected_arrive_us, min(80));
        // The last one was planned from 200 to 210 and five minutes home; the shift ends at 240.
        assert_eq!(states(&all)[6], (StopState::Skipped, Some(SkipReason::TaskNoTime)));
        assert_eq!(states(&all)[5], (StopState::Planned, None));
        scene.tasks = vec![job(45, Some(60))];
        assert_eq!(scene.at(75, &mut all), Retimed { paused_for: None, delay_us: 15 * Micros::MINUTE });
        assert_eq!(states(&all)[6], (StopState::Planned, None));
    }

    #[test]
    fn a_shifted_visit_keeps_two_hours_from_another_crew_s() {
        let mut all = stops(4);
        let mut scene = Scene::with(vec![job(5, Some(25))]);
        // The second stop would end at minute 80 instead of 60, and the other crew comes at 190.
        scene.others = vec![("c:2".into(), min(190), min(200)), ("c:4".into(), min(500), min(510))];
        scene.at(30, &mut all);
        assert_eq!(states(&all)[1], (StopState::Skipped, Some(SkipReason::TaskTooSoon)));
        assert_eq!(states(&all)[3], (StopState::Planned, None));
        scene.tasks.clear();
        scene.at(30, &mut all);
        assert_eq!(states(&all)[1], (StopState::Planned, None), "what the plan itself allowed stays");
    }

    #[test]
    fn a_job_from_before_the_shift_counts_from_its_beginning() {
        let mut all = stops(2);
        let scene = Scene::with(vec![job(-60, Some(12))]);
        assert_eq!(scene.at(15, &mut all).delay_us, 12 * Micros::MINUTE);
        assert_eq!(Scene::with(vec![job(-60, Some(-30))]).at(15, &mut all).delay_us, 0);
    }

    proptest! {
        #[test]
        fn times_only_come_later_and_in_order_whatever_jobs_there_were(
            jobs in prop::collection::vec((-100_i64..300, prop::option::of(0_i64..120)), 0..6), now in -30_i64..400, count in 0_i64..8,
        ) {
            let mut tasks: Vec<UnitTask> = jobs.into_iter().map(|(from, lasts)| job(from, lasts.map(|lasts| from + lasts))).collect();
            tasks.sort_by_key(|task| task.from);
            let mut all = stops(count);
            let told = Scene::with(tasks).at(now, &mut all);
            prop_assert!(told.delay_us >= 0);
            for stop in &all {
                prop_assert!(stop.progress.expected_arrive_us >= stop.arrive_us);
                prop_assert_eq!(stop.progress.expected_leave_us.since(stop.progress.expected_arrive_us), 10 * Micros::MINUTE);
                if stop.progress.state == StopState::Planned {
                    prop_assert!(stop.progress.expected_leave_us.plus(300 * Micros::SECOND) <= TO);
                }
            }
            prop_assert!(all.windows(2).all(|pair| pair[0].progress.expected_leave_us <= pair[1].progress.expected_arrive_us));
        }
    }
}
