//! The rule itself, without a database: whether one more row may leave.

use std::collections::{HashMap, HashSet};

use super::fold::Target;

/// What may be shown of one plate for one case, and to one asker over all cases, before somebody else must consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub days_max: usize,
    pub points_max: usize,
}

impl Bound {
    #[must_use]
    pub const fn less(self, days: usize, points: usize) -> Self {
        Self { days_max: self.days_max.saturating_sub(days), points_max: self.points_max.saturating_sub(points) }
    }
}

/// What was shown of one plate, to one case or lately to one asker, without a consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub points: HashSet<i64>,
    pub days: HashSet<i64>,
}

impl Account {
    fn has_room(&self, entry: &Entry, bound: Bound) -> bool {
        if self.points.contains(&entry.point) {
            return true;
        }
        self.points.len() < bound.points_max && (self.days.contains(&entry.day) || self.days.len() < bound.days_max)
    }

    /// Something may still be shown on days that were shown already; a bound is used up all the same.
    #[must_use]
    pub fn is_full(&self, bound: Bound) -> bool {
        self.points.len() >= bound.points_max || self.days.len() >= bound.days_max
    }

    fn take(&mut self, entry: &Entry) -> Taken {
        Taken { point: self.points.insert(entry.point), day: self.days.insert(entry.day) }
    }

    fn give_back(&mut self, entry: &Entry, taken: Taken) {
        if taken.point {
            self.points.remove(&entry.point);
        }
        if taken.day {
            self.days.remove(&entry.day);
        }
    }
}

#[derive(Clone, Copy)]
struct Taken {
    point: bool,
    day: bool,
}

/// Both accounts that a row about a plate is charged to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    pub case: Account,
    pub own: Account,
}

impl Pair {
    #[must_use]
    pub fn is_full(&self, bound: Bound) -> bool {
        self.case.is_full(bound) || self.own.is_full(bound)
    }

    /// Whether anything may be shown on one of the days `from..=until`. It follows from what was shown before and from the days that
    /// are asked for, not from what there is.
    #[must_use]
    pub fn may_show(&self, from: i64, until: i64, bound: Bound) -> bool {
        let full: Vec<&Account> = [&self.case, &self.own].into_iter().filter(|account| account.is_full(bound)).collect();
        let Some(first) = full.first() else { return true };
        first.days.iter().any(|day| (from..=until).contains(day) && full.iter().all(|account| account.days.contains(day)))
    }
}

/// One thing that a row tells, as the ledger counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    pub target: Target,
    pub point: i64,
    pub day: i64,
    /// Under a consent or an opening, or it was shown to this asker for this case before: it needs no room.
    pub is_granted: bool,
}

/// Takes a row whole into the accounts, or leaves them as they were.
pub fn admit(pairs: &mut HashMap<Target, Pair>, row: &[Entry], bound: Bound) -> bool {
    let mut taken: Vec<(&Entry, Taken, Taken)> = Vec::with_capacity(row.len());
    for entry in row.iter().filter(|entry| !entry.is_granted) {
        let pair = pairs.entry(entry.target).or_default();
        if pair.case.has_room(entry, bound) && pair.own.has_room(entry, bound) {
            taken.push((entry, pair.case.take(entry), pair.own.take(entry)));
            continue;
        }
        for (entry, case, own) in taken.into_iter().rev() {
            let pair = pairs.entry(entry.target).or_default();
            pair.case.give_back(entry, case);
            pair.own.give_back(entry, own);
        }
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUND: Bound = Bound { days_max: 2, points_max: 4 };

    fn entry(plate: u8, point: i64, day: i64) -> Entry {
        Entry { target: Target([plate; 16]), point, day, is_granted: false }
    }

    #[test]
    fn a_point_that_was_shown_is_shown_again_when_everything_is_used_up() {
        let mut pairs = HashMap::new();
        for point in 0..4 {
            assert!(admit(&mut pairs, &[entry(1, point, 7)], BOUND));
        }
        assert!(!admit(&mut pairs, &[entry(1, 4, 7)], BOUND) && admit(&mut pairs, &[entry(1, 3, 7)], BOUND));
        assert!(admit(&mut pairs, &[entry(2, 4, 7)], BOUND), "another plate");
        assert!(admit(&mut pairs, &[Entry { is_granted: true, ..entry(1, 5, 9) }], BOUND), "under a consent");
    }

    #[test]
    fn a_row_about_two_plates_leaves_whole_or_not_at_all() {
        let mut pairs = HashMap::new();
        assert!(admit(&mut pairs, &[entry(1, 1, 1)], BOUND) && admit(&mut pairs, &[entry(1, 2, 2)], BOUND));
        let before = pairs.clone();
        assert!(!admit(&mut pairs, &[entry(2, 1, 3), entry(1, 3, 3)], BOUND), "a third day of the first plate");
        assert_eq!(pairs.get(&Target([2; 16])).cloned().unwrap_or_default(), Pair::default());
        assert_eq!(pairs.get(&Target([1; 16])), before.get(&Target([1; 16])));
    }

    #[test]
    fn a_day_that_was_not_shown_opens_no_question_once_the_days_are_used_up() {
        let mut pairs = HashMap::new();
        assert!(admit(&mut pairs, &[entry(1, 1, 1)], BOUND) && admit(&mut pairs, &[entry(1, 2, 5)], BOUND));
        let pair = pairs.get(&Target([1; 16])).cloned().unwrap_or_default();
        assert!(pair.may_show(5, 9, BOUND) && !pair.may_show(2, 4, BOUND) && Pair::default().may_show(2, 4, BOUND));
    }

    proptest! {
        #[test]
        fn no_sequence_of_rows_takes_an_account_over_its_bound(
            rows in proptest::collection::vec(proptest::collection::vec((0_u8..3, 0_i64..12, 0_i64..5), 1..4), 0..60),
            days_max in 0_usize..4, points_max in 0_usize..8,
        ) {
            let bound = Bound { days_max, points_max };
            let mut pairs = HashMap::new();
            let mut shown: HashMap<u8, HashSet<(i64, i64)>> = HashMap::new();
            for row in rows {
                // A moment lies on one day.
                let row: Vec<_> = row.into_iter().map(|(plate, point, day)| (plate, point + 100 * day, day)).collect();
                let entries: Vec<Entry> = row.iter().map(|(plate, point, day)| entry(*plate, *point, *day)).collect();
                if admit(&mut pairs, &entries, bound) {
                    for (plate, point, day) in row {
                        shown.entry(plate).or_default().insert((point, day));
                    }
                }
            }
            for points in shown.values() {
                let days: HashSet<i64> = points.iter().map(|(_, day)| *day).collect();
                prop_assert!(points.len() <= points_max && days.len() <= days_max);
            }
        }
    }
}
