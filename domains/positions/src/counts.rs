//! What trackers did since it was last written down: one row per tracker and half minute instead of one per fix.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shouhu_ids::{Micros, TrackerId};

/// Characters of an error that are kept.
const DETAIL_MAX: usize = 200;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Count {
    pub seen_at: Option<Micros>,
    pub fix_at: Option<Micros>,
    pub battery: Option<u8>,
    pub taken: i64,
    /// By day and key.
    pub refused: BTreeMap<(i64, &'static str), i64>,
    pub last_error: Option<(Micros, &'static str, String)>,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.seen_at = self.seen_at.max(other.seen_at);
        self.fix_at = self.fix_at.max(other.fix_at);
        self.battery = other.battery.or(self.battery);
        self.taken += other.taken;
        for (reason, n) in other.refused {
            *self.refused.entry(reason).or_default() += n;
        }
        let at = |error: &Option<(Micros, &'static str, String)>| error.as_ref().map(|(at, ..)| *at);
        if at(&other.last_error) > at(&self.last_error) {
            self.last_error = other.last_error;
        }
    }
}

#[derive(Default)]
pub struct Counts(Mutex<HashMap<TrackerId, Count>>);

impl Counts {
    fn all(&self) -> MutexGuard<'_, HashMap<TrackerId, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, tracker: TrackerId, count: Count) {
        self.all().entry(tracker).or_default().add(count);
    }

    pub fn seen(&self, tracker: TrackerId, at: Micros) {
        self.add(tracker, Count { seen_at: Some(at), ..Count::default() });
    }

    pub fn refused(&self, tracker: TrackerId, at: Micros, key: &'static str, detail: &str) {
        let detail = detail.chars().take(DETAIL_MAX).collect();
        let refused = BTreeMap::from([((at.day(), key), 1)]);
        self.add(tracker, Count { seen_at: Some(at), refused, last_error: Some((at, key, detail)), ..Count::default() });
    }

    /// Everything that waits; whoever cannot write it gives it back with [`Counts::add`].
    #[must_use]
    pub fn drain(&self) -> Vec<(TrackerId, Count)> {
        self.all().drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_adds_up_with_what_came_since() {
        let (counts, tracker) = (Counts::default(), TrackerId::new(Micros(1), [1; 16]));
        counts.refused(tracker, Micros(5), "a.b.c", "first");
        let drained = counts.drain();
        counts.refused(tracker, Micros(9), "a.b.c", "second");
        counts.add(tracker, Count { taken: 2, fix_at: Some(Micros(7)), ..Count::default() });
        for (tracker, count) in drained {
            counts.add(tracker, count);
        }
        let all = counts.drain();
        let count = all.first().map(|(_, count)| count.clone()).unwrap_or_default();
        assert_eq!((count.taken, count.seen_at, count.fix_at), (2, Some(Micros(9)), Some(Micros(7))));
        assert_eq!(count.refused.get(&(0, "a.b.c")), Some(&2));
        assert_eq!(count.last_error, Some((Micros(9), "a.b.c", "second".into())));
        assert!(counts.drain().is_empty());
    }
}
