//! The entries in force, in memory, as every sighting is compared with them.
//!
//! **Invariant:** the index only finds candidates. Whether an entry is in force is asked of the database in the transaction
//! that raises the hit, so an index that is behind can miss nothing that `refresh` has seen and can invent nothing.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use shouhu_ids::{EntryId, Micros};
use shouhu_module::ports::Reading;
use shouhu_plate::{Pattern, Plate, WatchIndex, WatchMatch};
use shouhu_store::{Store, StoreError};

use crate::sieve::Sieve;
use crate::store::{self, Change};

/// Changes read from the database at once.
const REFRESH_PAGE: i64 = 20_000;

#[derive(Debug, Default)]
struct Inner {
    version: i64,
    index: WatchIndex<EntryId>,
    sieve: Sieve,
    entries: HashMap<EntryId, (Pattern, Micros)>,
}

/// On the shelf.
#[derive(Debug, Default)]
pub struct ActiveList(RwLock<Inner>);

impl ActiveList {
    /// Reads what has changed since the last time. Cheap when nothing has.
    ///
    /// # Errors
    /// When the database fails; the list stays as it was, or as far as it got.
    pub async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let until = store::list_version(store).await?;
        let mut since = self.version();
        while since < until {
            let page = store::changes(store, since, until, REFRESH_PAGE).await?;
            let is_last = page.len() < usize::try_from(REFRESH_PAGE).unwrap_or(usize::MAX);
            since = if is_last { until } else { page.last().map_or(until, |change| change.version) };
            self.apply(page, since);
        }
        Ok(())
    }

    /// Two refreshes at once read the same rows; the one that is behind must not undo the other.
    fn apply(&self, changes: Vec<Change>, version: i64) {
        let mut guard = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *guard;
        let known = inner.version;
        for change in changes.into_iter().filter(|change| change.version > known) {
            inner.forget(change.id);
            if change.is_active {
                inner.learn(change.id, change.pattern, change.expires_at);
            }
        }
        inner.version = inner.version.max(version);
    }

    /// Puts entries there without a database: for measuring.
    pub fn preload(&self, entries: impl Iterator<Item = (EntryId, Pattern, Micros)>) {
        let mut guard = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (id, pattern, expires_at) in entries {
            guard.learn(id, pattern, expires_at);
        }
    }

    #[must_use]
    pub fn version(&self) -> i64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).version
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries whose pattern this reading matches and whose time is not over, strongest first.
    #[must_use]
    pub fn find(&self, read: &Plate, alternatives: &[Plate], now: Micros) -> Vec<WatchMatch<EntryId>> {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = inner.index.find(read, alternatives);
        found.retain(|m| inner.entries.get(&m.key).is_some_and(|(_, expires_at)| *expires_at > now));
        found
    }

    /// Indexes of the readings that may match an entry: never too few.
    #[must_use]
    pub fn may_match(&self, readings: &mut dyn Iterator<Item = Reading<'_>>) -> Vec<usize> {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        readings.enumerate().filter(|(_, reading)| inner.sieve.lets_through(reading)).map(|(index, _)| index).collect()
    }

    /// The pattern of an entry that is in force at `now`.
    #[must_use]
    pub fn pattern(&self, id: EntryId, now: Micros) -> Option<Pattern> {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        inner.entries.get(&id).filter(|(_, expires_at)| *expires_at > now).map(|(pattern, _)| pattern.clone())
    }
}

impl Inner {
    fn learn(&mut self, id: EntryId, pattern: Pattern, expires_at: Micros) {
        self.index.insert(&pattern, id);
        self.sieve.add(&pattern);
        self.entries.insert(id, (pattern, expires_at));
    }

    fn forget(&mut self, id: EntryId) {
        if let Some((pattern, _)) = self.entries.remove(&id) {
            self.index.remove(&pattern, id);
            self.sieve.take(&pattern);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(n: u8, text: &str, is_active: bool, version: i64) -> Change {
        Change {
            id: EntryId::new(Micros(0), [n; 16]),
            pattern: Pattern::parse(text).unwrap_or_else(|e| panic!("{e}")),
            expires_at: Micros(1_000),
            is_active,
            version,
        }
    }

    #[test]
    fn an_entry_is_found_until_the_very_microsecond_of_its_expiry() {
        let list = ActiveList::default();
        list.apply(vec![change(1, "ABC1234", true, 1)], 1);
        let plate = Plate::parse("ABC1234").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(list.find(&plate, &[], Micros(999)).len(), 1);
        assert!(list.find(&plate, &[], Micros(1_000)).is_empty());
    }

    #[test]
    fn a_refresh_that_is_behind_does_not_bring_a_withdrawn_entry_back() {
        let list = ActiveList::default();
        list.apply(vec![change(1, "ABC1234", true, 1)], 1);
        list.apply(vec![change(1, "ABC1234", false, 2)], 2);
        list.apply(vec![change(1, "ABC1234", true, 1)], 1);
        assert!(list.is_empty());
        assert_eq!(list.version(), 2);
    }
}
