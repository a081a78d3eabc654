//! How fast somebody asks: sixty buckets of a minute.

use shouhu_ids::Micros;

const BUCKETS: usize = 60;
/// Hours that say what is usual; fewer are no habit.
const HABIT_HOURS_MIN: u32 = 5;
/// After so many, older hours weigh half: people change their work.
const HABIT_HOURS_MAX: u32 = 200;

/// Questions of one session since its last verification.
#[derive(Debug, Clone)]
pub struct Pace {
    /// By minute of the epoch, modulo their number.
    buckets: [u16; BUCKETS],
    newest_minute: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { buckets: [0; BUCKETS], newest_minute: i64::MIN }
    }
}

fn slot(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(60)).unwrap_or(0)
}

impl Pace {
    /// Empties what is an hour old. A clock that was set back empties nothing and counts into its newest minute.
    fn turn(&mut self, now: Micros) {
        let minute = now.0.div_euclid(Micros::MINUTE);
        if minute <= self.newest_minute {
            return;
        }
        let passed = minute.saturating_sub(self.newest_minute).min(60);
        for back in 0..passed {
            if let Some(bucket) = self.buckets.get_mut(slot(minute - back)) {
                *bucket = 0;
            }
        }
        self.newest_minute = minute;
    }

    pub fn count(&mut self, now: Micros) {
        self.turn(now);
        if let Some(bucket) = self.buckets.get_mut(slot(self.newest_minute)) {
            *bucket = bucket.saturating_add(1);
        }
    }

    fn at(&self, minute: i64) -> u32 {
        self.buckets.get(slot(minute)).copied().map_or(0, u32::from)
    }

    /// In the last minute: this one's, and of the one before the share that is less than a minute ago.
    pub fn in_minute(&mut self, now: Micros) -> u32 {
        self.turn(now);
        let rest_us = Micros::MINUTE - now.0.rem_euclid(Micros::MINUTE);
        let before = i64::from(self.at(self.newest_minute.saturating_sub(1)));
        let share = before * rest_us / Micros::MINUTE;
        self.at(self.newest_minute).saturating_add(u32::try_from(share).unwrap_or(0))
    }

    pub fn in_hour(&mut self, now: Micros) -> u32 {
        self.turn(now);
        self.buckets.iter().map(|bucket| u32::from(*bucket)).sum()
    }
}

/// What one person usually asks in an hour in which he asks at all.
#[derive(Debug, Clone, Default)]
pub struct Habit {
    hour: i64,
    in_hour: u32,
    hours: u32,
    reads: u64,
}

impl Habit {
    pub fn count(&mut self, now: Micros) {
        let hour = now.0.div_euclid(Micros::HOUR);
        if hour != self.hour {
            self.close();
            self.hour = hour;
        }
        self.in_hour = self.in_hour.saturating_add(1);
    }

    fn close(&mut self) {
        if self.in_hour == 0 {
            return;
        }
        if self.hours >= HABIT_HOURS_MAX {
            (self.hours, self.reads) = (self.hours / 2, self.reads / 2);
        }
        self.hours += 1;
        self.reads += u64::from(self.in_hour);
        self.in_hour = 0;
    }

    /// `None` until enough hours are over. The one that lasts is not part of it.
    pub fn usual(&self) -> Option<u32> {
        (self.hours >= HABIT_HOURS_MIN).then(|| u32::try_from(self.reads.div_ceil(u64::from(self.hours))).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Micros {
        Micros(1_800_000_000_000_000 / Micros::MINUTE * Micros::MINUTE + seconds * Micros::SECOND)
    }

    #[test]
    fn a_burst_over_the_turn_of_a_minute_is_still_a_burst() {
        let mut pace = Pace::default();
        (50..70).for_each(|second| pace.count(at(second)));
        assert!(pace.in_minute(at(70)) >= 18, "{}", pace.in_minute(at(70)));
        assert_eq!((pace.in_minute(at(200)), pace.in_hour(at(200))), (0, 20));
        assert_eq!(pace.in_hour(at(2 * 3_600)), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let mut pace = Pace::default();
        (0..40).for_each(|_| pace.count(at(600)));
        pace.count(at(0));
        assert_eq!(pace.in_hour(at(0)), 41);
    }

    #[test]
    fn a_habit_is_known_after_five_hours_in_which_somebody_asked() {
        let mut habit = Habit::default();
        for hour in 0..6 {
            assert_eq!(habit.usual(), None, "{hour}");
            (0..10).for_each(|_| habit.count(at(hour * 2 * 3_600)));
        }
        assert_eq!(habit.usual(), Some(10));
    }

    proptest! {
        #[test]
        fn an_hour_is_never_less_than_its_last_minute_nor_more_than_all(steps in proptest::collection::vec(0_i64..200, 0..300)) {
            let (mut pace, mut now, mut all) = (Pace::default(), 0, 0);
            for step in steps {
                now += step;
                pace.count(at(now));
                all += 1;
                prop_assert!(pace.in_minute(at(now)) >= 1);
                prop_assert!(pace.in_minute(at(now)) <= pace.in_hour(at(now)) && pace.in_hour(at(now)) <= all);
            }
        }
    }
}
