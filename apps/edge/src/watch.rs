//! The device's own copy of the watchlist, so that it alerts with no network.
//!
//! Deltas are idempotent: a copy on disk that is older than the one in memory costs only a longer delta after a
//! restart. So a large list is written now and then, a small one at once, and always as a whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shouhu_ids::{EntryId, Micros};
use shouhu_plate::{MatchKind, Pattern, Plate, WatchIndex};
use shouhu_wire::{DeltaEntry, WatchlistDelta};
use tracing::{info, warn};

/// Larger lists are written at most every [`SAVE_PAUSE`].
const SMALL_LIST: usize = 20_000;
const SAVE_PAUSE: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchHit {
    pub entry: EntryId,
    pub kind: MatchKind,
}

/// Entries by id, arranged for look-up.
#[derive(Default)]
pub struct WatchCopy {
    version: i64,
    entries: HashMap<EntryId, (Pattern, i64)>,
    index: WatchIndex<EntryId>,
}

impl WatchCopy {
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes one entry of a delta; any order, any repetition. One that is over is known by its id alone: its pattern is not told.
    pub fn apply(&mut self, entry: DeltaEntry) {
        if let Some((pattern, _)) = self.entries.remove(&entry.id) {
            self.index.remove(&pattern, entry.id);
        }
        if entry.is_active {
            self.index.insert(&entry.pattern, entry.id);
            self.entries.insert(entry.id, (entry.pattern, entry.expires_at_us.0));
        }
    }

    /// Strongest first. An entry whose expiry has passed is no match, whether or not the server has said so yet.
    #[must_use]
    pub fn find(&self, read: &Plate, alternatives: &[Plate], now_us: i64) -> Vec<WatchHit> {
        let mut found = self.index.find(read, alternatives);
        found.retain(|m| self.entries.get(&m.key).is_some_and(|(_, expires_at_us)| *expires_at_us > now_us));
        found.into_iter().map(|m| WatchHit { entry: m.key, kind: m.kind }).collect()
    }
}

/// First line of the file; the lines after it are `id pattern expires_at_us`.
#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    version: i64,
    entries: usize,
    crc32c: u32,
}

const FORMAT: u32 = 1;

/// The copy in memory and on disk, shared by all cameras of this agent.
pub struct Watchlist {
    path: PathBuf,
    copy: RwLock<WatchCopy>,
}

/// What [`Watchlist::sync`] keeps between calls.
#[derive(Default)]
pub struct SyncState {
    /// A full list that is arriving page by page; the old one alerts until it is complete.
    staging: Option<WatchCopy>,
    is_dirty: bool,
    saved_at: Option<Instant>,
}

impl Watchlist {
    /// A missing or damaged copy starts empty: the next contact brings the whole list.
    #[must_use]
    pub fn open(path: PathBuf) -> Self {
        let copy = match load(&path) {
            Ok(copy) => copy,
            Err(e) if e.kind() == io::ErrorKind::NotFound => WatchCopy::default(),
            Err(e) => {
                warn!(error = %e, "the copy of the watchlist is damaged; there are no local alerts until the server has sent it again");
                WatchCopy::default()
            }
        };
        Self { path, copy: RwLock::new(copy) }
    }

    #[must_use]
    pub fn version(&self) -> i64 {
        self.read().version
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    #[must_use]
    pub fn find(&self, read: &Plate, alternatives: &[Plate], now_us: i64) -> Vec<WatchHit> {
        self.read().find(read, alternatives, now_us)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, WatchCopy> {
        self.copy.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, WatchCopy> {
        self.copy.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for pages until there are no more.
    ///
    /// # Errors
    /// As `fetch` fails. A full list of which a page is missing is dropped and begun again; the old one stays in use.
    pub fn sync<E>(&self, state: &mut SyncState, mut fetch: impl FnMut(i64) -> Result<WatchlistDelta, E>) -> Result<(), E> {
        state.staging = None;
        loop {
            let since = state.staging.as_ref().map_or_else(|| self.version(), |copy| copy.version);
            let page = fetch(since)?;
            let (has_more, is_ahead) = (page.has_more, page.version != since);
            self.take(state, page);
            if has_more && !is_ahead {
                // There is more, and not now: a list that lacks it must not take the place of one that has it.
                state.staging = None;
            }
            if !has_more || !is_ahead {
                break;
            }
        }
        if let Some(staged) = state.staging.take() {
            info!(entries = staged.len(), version = staged.version, "the whole watchlist has been received");
            *self.write() = staged;
            state.is_dirty = true;
        }
        if state.is_dirty && (self.len() < SMALL_LIST || state.saved_at.is_none_or(|at| at.elapsed() > SAVE_PAUSE)) {
            self.save(state);
        }
        Ok(())
    }

    fn take(&self, state: &mut SyncState, page: WatchlistDelta) {
        if page.is_full && state.staging.is_none() {
            state.staging = Some(WatchCopy::default());
        }
        if let Some(staged) = &mut state.staging {
            page.entries.into_iter().for_each(|entry| staged.apply(entry));
            staged.version = page.version;
        } else if page.version != self.version() || !page.entries.is_empty() {
            let mut copy = self.write();
            page.entries.into_iter().for_each(|entry| copy.apply(entry));
            copy.version = page.version;
            state.is_dirty = true;
        }
    }

    /// Writes the copy if it changed since it was last written; a failure is said and tried again.
    pub fn save(&self, state: &mut SyncState) {
        if !state.is_dirty {
            return;
        }
        match save(&self.read(), &self.path) {
            Ok(()) => {
                state.is_dirty = false;
                state.saved_at = Some(Instant::now());
            }
            Err(e) => warn!(error = %e, "the copy of the watchlist cannot be written; after a restart it is older"),
        }
    }
}

fn save(copy: &WatchCopy, path: &std::path::Path) -> io::Result<()> {
    let mut crc32c = 0;
    let line = |id: &EntryId, entry: &(Pattern, i64)| format!("{id} {} {}\n", entry.0.as_str(), entry.1);
    for (id, entry) in &copy.entries {
        crc32c = crc32c::crc32c_append(crc32c, line(id, entry).as_bytes());
    }
    let head = Head { format: FORMAT, version: copy.version, entries: copy.entries.len(), crc32c };
    crate::files::replace(path, |out| {
        serde_json::to_writer(&mut *out, &head)?;
        out.write_all(b"\n")?;
        // The order of an unchanged HashMap is the same each time it is walked.
        copy.entries.iter().try_for_each(|(id, entry)| out.write_all(line(id, entry).as_bytes()))
    })
}

fn load(path: &std::path::Path) -> io::Result<WatchCopy> {
    let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut reader = BufReader::new(File::open(path)?);
    let mut text = String::new();
    reader.read_line(&mut text)?;
    let head: Head = serde_json::from_str(&text).map_err(|e| damaged(&e.to_string()))?;
    if head.format != FORMAT {
        return Err(damaged("it is of another format"));
    }
    let mut copy = WatchCopy { version: head.version, ..WatchCopy::default() };
    let mut crc32c = 0;
    loop {
        text.clear();
        if reader.read_line(&mut text)? == 0 {
            break;
        }
        crc32c = crc32c::crc32c_append(crc32c, text.as_bytes());
        let mut fields = text.split_whitespace();
        let (Some(id), Some(pattern), Some(expires)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(damaged("a line is incomplete"));
        };
        copy.apply(DeltaEntry {
            id: id.parse().map_err(|_| damaged("a line has no id"))?,
            pattern: Pattern::parse(pattern).map_err(|_| damaged("a line has no pattern"))?,
            expires_at_us: Micros(expires.parse().map_err(|_| damaged("a line has no expiry"))?),
            is_active: true,
        });
    }
    if crc32c != head.crc32c || copy.len() != head.entries {
        return Err(damaged("it fails its checksum"));
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn entry(n: u8, pattern: &str, expires_at_us: i64, is_active: bool) -> DeltaEntry {
        DeltaEntry {
            id: EntryId::new(Micros(1_000), [n; 16]),
            pattern: Pattern::parse(pattern).unwrap(),
            expires_at_us: Micros(expires_at_us),
            is_active,
        }
    }

    fn page(version: i64, is_full: bool, has_more: bool, entries: Vec<DeltaEntry>) -> WatchlistDelta {
        WatchlistDelta { version, is_full, has_more, entries }
    }

    fn sync_pages(list: &Watchlist, state: &mut SyncState, pages: Vec<Result<WatchlistDelta, ()>>) -> (Result<(), ()>, Vec<i64>) {
        let mut asked = Vec::new();
        let mut pages = pages.into_iter();
        let done = list.sync(state, |since| {
            asked.push(since);
            pages.next().unwrap_or(Err(()))
        });
        (done, asked)
    }

    fn matches(list: &Watchlist, plate: &str, now_us: i64) -> usize {
        list.find(&Plate::parse(plate).unwrap(), &[], now_us).len()
    }

    #[test]
    fn an_expired_or_withdrawn_entry_never_alerts() {
        let folder = tempfile::tempdir().unwrap();
        let list = Watchlist::open(folder.path().join("watchlist"));
        let mut state = SyncState::default();
        sync_pages(
            &list,
            &mut state,
            vec![Ok(page(1, true, false, vec![entry(1, "ABC-1234", 500, true), entry(2, "XYZ-99??", 900, true)]))],
        )
        .0
        .unwrap();
        assert_eq!(matches(&list, "ABC1234", 499), 1);
        assert_eq!(matches(&list, "ABC1234", 500), 0);
        sync_pages(&list, &mut state, vec![Ok(page(2, false, false, vec![entry(2, Pattern::untold().as_str(), 900, false)]))]).0.unwrap();
        assert_eq!(matches(&list, "XYZ9911", 1), 0);
    }

    #[test]
    fn a_full_list_in_pages_replaces_the_old_one_only_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchlist");
        let list = Watchlist::open(path.clone());
        let mut state = SyncState::default();
        sync_pages(&list, &mut state, vec![Ok(page(5, true, false, vec![entry(1, "OLD-1111", 900, true)]))]).0.unwrap();
        let broken = vec![Ok(page(8, true, true, vec![entry(2, "NEW-2222", 900, true)])), Err(())];
        let (done, asked) = sync_pages(&list, &mut state, broken);
        assert!(done.is_err());
        assert_eq!(asked, vec![5, 8]);
        assert_eq!((matches(&list, "OLD1111", 1), list.version()), (1, 5));
        // A seal has cut the second page at its first entry: what is behind it comes with the next contact.
        let cut = vec![Ok(page(8, true, true, vec![entry(2, "NEW-2222", 900, true)])), Ok(page(8, false, true, vec![]))];
        let (done, asked) = sync_pages(&list, &mut state, cut);
        assert!(done.is_ok());
        assert_eq!((asked, matches(&list, "OLD1111", 1), matches(&list, "NEW2222", 1), list.version()), (vec![5, 8], 1, 0, 5));
        let whole = vec![
            Ok(page(8, true, true, vec![entry(2, "NEW-2222", 900, true)])),
            Ok(page(9, false, false, vec![entry(3, "NEW-3333", 900, true)])),
        ];
        sync_pages(&list, &mut state, whole).0.unwrap();
        assert_eq!((matches(&list, "OLD1111", 1), matches(&list, "NEW2222", 1), matches(&list, "NEW3333", 1)), (0, 1, 1));
        let again = Watchlist::open(path);
        assert_eq!((again.version(), again.len(), matches(&again, "NEW3333", 1)), (9, 2, 1));
    }

    #[test]
    fn a_damaged_copy_starts_empty_from_version_nought() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchlist");
        let list = Watchlist::open(path.clone());
        sync_pages(&list, &mut SyncState::default(), vec![Ok(page(5, true, false, vec![entry(1, "OLD-1111", 900, true)]))])
            .0
            .unwrap();
        let text = std::fs::read_to_string(&path).unwrap().replace("OLD1111", "OLD1112");
        std::fs::write(&path, text).unwrap();
        assert_eq!((Watchlist::open(path.clone()).version(), Watchlist::open(path).len()), (0, 0));
    }
}
