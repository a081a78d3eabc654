//! The lake itself: what is shown, what is being written, and how the one becomes the other.
//!
//! One file per act: [`append`](Lake::append), [`settle`](Lake::settle), [`flush`](Lake::flush), [`refresh`](Lake::refresh),
//! [`exchange`](Lake::exchange). Whoever owns the lake calls `flush` and `tidy` from threads of its own.
//!
//! **Invariant:** `shown` changes in one step: a question sees each passage in memory or in a segment, never in neither.
//! **Invariant:** locks are taken in the order `flushing`, `exchanging`, `writer`, `intake`, `shown`, `settling`; none
//! of the last four is held while rows are sorted or segments written.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use shouhu_files::{Files, Hold};

use crate::catalogue::{Catalogue, SegmentId, SegmentMeta};
use crate::memtable::Memtable;
use crate::part::{Part, PartError};
use crate::plates::PlateBook;
use crate::questions::{Partial, View};
use crate::segment::Segment;
use crate::sources::Sources;
use crate::wal::Log;

mod append;
mod book;
mod compact;
mod exchange;
mod flush;
mod forget;
mod mend;
mod receipts;
mod recover;
mod settle;

pub use append::{AppendError, Outcome, RETRY_AFTER_MS, Receipt, Ticket};
pub use book::{BookKeeper, KeepError};
pub use compact::{CompactError, Compacted, CompactionPolicy, Compactor, Merge};
pub use exchange::ExchangeError;
pub use crate::segment::Haste;
pub use flush::{FlushError, Flushed};
pub use forget::{Certificate, ForgetError, GoneFile, GoneSegment, Keep};
pub use mend::{MendError, Mended};
pub use receipts::{RANGES_MAX, ReceiptsError};
pub use recover::{LogPlace, OpenError, OpenReport, Replay, ReplayError};

/// How it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeConfig {
    /// This node's number: in the names of its segments and in its log. Below 2²³.
    pub node: u32,
    /// Rows in memory, those being flushed included, beyond which appends are told to come back.
    pub memtable_rows_max: u64,
    /// Rows in memory from which on a flush is due.
    pub flush_rows: u64,
    /// A segment holds no more.
    pub segment_rows_max: u64,
    /// The log goes on in a new file from here on.
    pub wal_file_bytes_max: u64,
    /// What to do about a log file that is damaged where it had been acknowledged.
    pub on_damage: OnDamage,
}

impl LakeConfig {
    /// 2²¹ rows: 100 MiB in memory, some seconds of a city at its busiest; large enough that a segment's pages fill.
    pub const FLUSH_ROWS: u64 = 2 << 20;
    /// 400 MiB of rows, and several flushes of slack for a slow disk.
    pub const MEMTABLE_ROWS_MAX: u64 = 8 << 20;
    /// A class's whole day in a city is four million rows; compaction writes one segment of it.
    pub const SEGMENT_ROWS_MAX: u64 = 16 << 20;
    pub const WAL_FILE_BYTES_MAX: u64 = 64 << 20;

    #[must_use]
    pub const fn of_node(node: u32) -> Self {
        Self {
            node,
            memtable_rows_max: Self::MEMTABLE_ROWS_MAX,
            flush_rows: Self::FLUSH_ROWS,
            segment_rows_max: Self::SEGMENT_ROWS_MAX,
            wal_file_bytes_max: Self::WAL_FILE_BYTES_MAX,
            on_damage: OnDamage::Refuse,
        }
    }
}

/// What an operator wants done about a log that cannot be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDamage {
    /// Do not open, and say which file and byte.
    Refuse,
    /// Keep the damaged file aside under `damaged/`, read around the damage, and say what may be missing.
    SetAside,
}

/// The engine. Shared by all threads that append, ask, flush and tidy up.
pub struct Lake {
    pub(crate) config: LakeConfig,
    /// The write-ahead log lives here: a disk of this machine.
    pub(crate) local: Arc<dyn Files>,
    /// Segments live here: this disk or object storage.
    pub(crate) store: Arc<dyn Files>,
    pub(crate) catalogue: Arc<dyn Catalogue>,
    intake: append::Intake,
    writer: Mutex<Writer>,
    settling: Mutex<settle::Settling>,
    /// Rows in `shown`.
    memory_rows: AtomicU64,
    has_to_carry: AtomicBool,
    /// Held by whoever sorts: one is enough.
    sorting: Mutex<()>,
    /// Held during a whole flush.
    flushing: Mutex<()>,
    /// Held while the catalogue and `shown` change together.
    exchanging: Mutex<exchange::Exchanging>,
    shown: RwLock<Shown>,
    _hold: Hold,
}

/// A segment in the catalogue.
#[derive(Clone)]
pub struct Listed {
    pub meta: SegmentMeta,
    /// The reason where it could not be opened.
    pub segment: Result<Arc<Segment>, PartError>,
}

/// Whoever holds it has the log's end for itself.
struct Writer {
    log: Log,
}

/// Figures for whoever runs the lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeStats {
    /// Acknowledged, in no segment yet.
    pub memory_rows: u64,
    /// Time of the oldest passage in memory.
    pub memory_oldest_ms: Option<i64>,
    pub segments: usize,
    pub segment_rows: u64,
    /// All three files of every segment.
    pub segment_bytes: u64,
    pub log_files: usize,
    /// Batches in the log whose consequences nobody has called durable.
    pub unsettled_batches: u64,
    /// Why nothing is taken in any more.
    pub stopped: Option<String>,
}

/// What a question sees.
#[derive(Default)]
struct Shown {
    active: Memtable,
    /// On its way to segments.
    sealed: Option<Arc<flush::Sealed>>,
    /// Sorted by id.
    segments: Arc<Vec<Listed>>,
    sources: Arc<Sources>,
    plates: Arc<PlateBook>,
    /// Rows of other nodes that are not published.
    behind: Vec<Partial>,
}

impl Shown {
    /// Memory, then segments that could be opened.
    fn parts(&self) -> Vec<Arc<dyn Part>> {
        let sealed = self.sealed.iter().flat_map(|sealed| sealed.memory.parts());
        let memory = self.active.parts().chain(sealed).map(|part| Arc::new(part) as Arc<dyn Part>);
        let segments = self.segments.iter().filter_map(|listed| Some(Arc::clone(listed.segment.as_ref().ok()?) as Arc<dyn Part>));
        memory.chain(segments).collect()
    }
}

impl Lake {
    fn shown(&self) -> RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown_mut(&self) -> RwLockWriteGuard<'_, Shown> {
        self.shown.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory_rows(&self) -> u64 {
        self.memory_rows.load(Ordering::Relaxed)
    }

    fn exchanging(&self) -> MutexGuard<'_, exchange::Exchanging> {
        self.exchanging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[must_use]
    pub const fn config(&self) -> &LakeConfig {
        &self.config
    }

    /// The lake at this moment: every row acknowledged so far is in it once.
    #[must_use]
    pub fn view(&self) -> View {
        let shown = self.shown();
        let mut behind = shown.behind.clone();
        behind.extend(shown.segments.iter().filter_map(|listed| Some(Partial::Damaged(listed.segment.as_ref().err()?.clone()))));
        View { parts: shown.parts(), plates: Arc::clone(&shown.plates), sources: Arc::clone(&shown.sources), behind, hidden: Arc::default() }
    }

    /// Memory first: what was sent again was mostly sent just now.
    fn parts_memory_first(&self) -> Vec<Arc<dyn Part>> {
        self.shown().parts()
    }

    #[must_use]
    pub fn stats(&self) -> LakeStats {
        let (log_files, unsettled_batches) = self.unsettled();
        let stopped = self.intake.queue().stopped.clone();
        let shown = self.shown();
        let sealed = shown.sealed.as_ref().and_then(|sealed| sealed.memory.oldest_ms());
        LakeStats {
            memory_rows: self.memory_rows(),
            memory_oldest_ms: shown.active.oldest_ms().into_iter().chain(sealed).min(),
            segments: shown.segments.len(),
            segment_rows: shown.segments.iter().map(|listed| listed.meta.rows).sum(),
            segment_bytes: shown.segments.iter().flat_map(|listed| listed.meta.bytes).sum(),
            log_files,
            unsettled_batches,
            stopped,
        }
    }

    /// Every segment that is shown, by id.
    #[must_use]
    pub fn segments(&self) -> Arc<Vec<Listed>> {
        Arc::clone(&self.shown().segments)
    }

    pub fn set_sources(&self, sources: Sources) {
        self.shown_mut().sources = Arc::new(sources);
    }

    /// What every answer has to say about rows of other nodes.
    pub fn set_behind(&self, behind: Vec<Partial>) {
        self.shown_mut().behind = behind;
    }

    /// A number for a segment that is about to be written with [`crate::segment::write`].
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub fn next_id(&self) -> Result<SegmentId, crate::CatalogueError> {
        self.catalogue.next_id()
    }
}
