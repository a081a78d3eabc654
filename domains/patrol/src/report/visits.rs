//! Signatures of one box against its interval, and against somebody who watches it.
//!
//! A box is due one interval after the last signature. A signature within it is *on time*, one after it is *late*; each whole
//! further interval in which nobody came is a *miss*. A box that nobody signed for three and a half intervals has two misses and
//! one late signature once somebody comes. The interval is that of now: earlier ones are not kept.

use shouhu_calendar::TAIPEI_US;
use shouhu_ids::Micros;

use super::periods::Period;

/// Fewer hours than this say nothing about a habit.
pub const HOURS_MIN: usize = 5;
/// A watcher guesses after so many visits.
const SEEN_BEFORE: usize = 3;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    pub on_time: i64,
    pub late: i64,
    pub missed: i64,
}

impl Kept {
    pub const fn add(&mut self, other: Self) {
        self.on_time += other.on_time;
        self.late += other.late;
        self.missed += other.missed;
    }

    /// What was due: a visit each, or a miss.
    #[must_use]
    pub const fn due(self) -> i64 {
        self.on_time + self.late + self.missed
    }
}

fn slot(periods: &[Period], at: Micros) -> Option<usize> {
    periods.iter().position(|period| (period.from()..period.until()).contains(&at))
}

/// Two people of one crew sign one after the other: that is one visit.
const ONE_VISIT_US: i64 = 10 * Micros::MINUTE;

/// Signatures in order → visits: those within ten minutes of the first are it once more.
#[must_use]
pub fn visits(signatures: &[Micros]) -> Vec<Micros> {
    let mut visits: Vec<Micros> = Vec::new();
    for at in signatures {
        if visits.last().is_none_or(|first| at.since(*first) > ONE_VISIT_US) {
            visits.push(*at);
        }
    }
    visits
}

/// What was kept of the interval in each period. `since` is the signature before the first of `visits`, or when the box was
/// made; `visits` are in order.
#[must_use]
pub fn kept(since: Micros, visits: &[Micros], every_us: i64, periods: &[Period], now: Micros) -> Vec<Kept> {
    let every_us = every_us.max(1);
    let mut all = vec![Kept::default(); periods.len()];
    let mut put = |at: Micros, one: Kept| {
        if let Some(sum) = slot(periods, at).and_then(|slot| all.get_mut(slot)) {
            sum.add(one);
        }
    };
    let mut before = since;
    // The end is no visit, but what was missed until then is missed.
    for (at, is_visit) in visits.iter().map(|visit| (*visit, true)).chain([(now, false)]) {
        let mut miss = before.plus(2 * every_us);
        // A box that nobody came to for years has no more misses than the periods have room for.
        if let Some(first) = periods.first().map(|period| period.from()).filter(|first| miss < *first) {
            miss = miss.plus((first.since(miss) / every_us).saturating_mul(every_us));
        }
        while miss <= at {
            put(miss, Kept { missed: 1, ..Kept::default() });
            miss = miss.plus(every_us);
        }
        let is_late = at.since(before) > every_us;
        if is_visit {
            put(at, Kept { on_time: i64::from(!is_late), late: i64::from(is_late), missed: 0 });
        }
        before = at;
    }
    all
}

/// The hour of the day in Taipei.
#[must_use]
pub const fn hour(at: Micros) -> usize {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 23")]
    let hour = at.plus(TAIPEI_US).0.div_euclid(Micros::HOUR).rem_euclid(24) as usize;
    hour
}

/// How often somebody who saw all visits before, and names the hour that came most often, is right about the next: so many of so
/// many. Of hours that came equally often, the earliest of the day is named.
#[must_use]
pub fn guessed(visits: &[Micros]) -> (i64, i64) {
    let mut counts = [0_u32; 24];
    let (mut right, mut all) = (0, 0);
    for (seen, visit) in visits.iter().enumerate() {
        let next = hour(*visit);
        if seen >= SEEN_BEFORE {
            let most = counts.iter().max().copied().unwrap_or(0);
            all += 1;
            right += i64::from(counts.iter().position(|count| *count == most) == Some(next));
        }
        if let Some(count) = counts.get_mut(next) {
            *count += 1;
        }
    }
    (right, all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const H: i64 = Micros::HOUR;
    const WEEK: Period = Period { from_day: 0, until_day: 7 };

    fn week(since_h: i64, visits_h: &[i64], every_h: i64, now_h: i64) -> Kept {
        let at = |hour: i64| WEEK.from().plus(hour * H);
        let visits: Vec<Micros> = visits_h.iter().map(|hour| at(*hour)).collect();
        kept(at(since_h), &visits, every_h * H, &[WEEK], at(now_h)).first().copied().unwrap_or_default()
    }

    #[test]
    fn a_signature_is_on_time_or_late_and_each_whole_interval_without_one_is_a_miss() {
        assert_eq!(week(0, &[12, 24, 40], 12, 41), Kept { on_time: 2, late: 1, missed: 0 });
        assert_eq!(week(0, &[42], 12, 43), Kept { on_time: 0, late: 1, missed: 2 });
        assert_eq!(week(0, &[], 12, 11), Kept::default(), "not due yet");
        assert_eq!(week(0, &[], 12, 23), Kept::default(), "overdue, and nobody knows yet whether it becomes a miss");
        assert_eq!(week(0, &[], 12, 36), Kept { missed: 2, ..Kept::default() });
        assert_eq!(week(-30, &[1], 12, 2), Kept { late: 1, ..Kept::default() }, "what was missed before the week belongs to the week before");
    }

    #[test]
    fn a_box_that_nobody_came_to_for_ages_is_told_at_once() {
        assert_eq!(week(-2_000_000_000, &[], 1, 24), Kept { missed: 25, ..Kept::default() });
    }

    #[test]
    fn two_signatures_of_one_visit_count_once() {
        let at = |minutes: &[i64]| minutes.iter().map(|minute| Micros(minute * Micros::MINUTE)).collect::<Vec<_>>();
        assert_eq!(visits(&at(&[0, 1, 10, 11, 21, 60])), at(&[0, 11, 60]));
    }

    #[test]
    fn a_watcher_is_right_where_the_hour_never_changes_and_wrong_where_it_always_does() {
        let daily = |hours: &[i64]| -> Vec<Micros> { (0..).zip(hours).map(|(day, hour)| Micros(day * 24 * H + hour * H)).collect() };
        assert_eq!(guessed(&daily(&[9, 9, 9, 9, 9])), (2, 2));
        assert_eq!(guessed(&daily(&[1, 4, 7, 10, 13, 16])), (0, 3));
        assert_eq!(guessed(&daily(&[9, 9])), (0, 0));
        assert_eq!(hour(Micros(0)), 8);
    }

    proptest! {
        #[test]
        fn every_visit_within_a_period_is_counted_once(
            mut hours in proptest::collection::vec(0_i64..7 * 24, 0..40), every_h in 1_i64..48, since_h in -100_i64..0,
        ) {
            hours.sort_unstable();
            let told = week(since_h, &hours, every_h, 7 * 24 - 1);
            prop_assert_eq!(told.on_time + told.late, i64::try_from(hours.len()).unwrap_or(-1));
            prop_assert!(told.missed >= 0 && told.missed <= 7 * 24 / every_h + 1);
        }
    }
}
