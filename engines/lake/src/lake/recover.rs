//! The lake opens: segments from the catalogue, and from the log what no segment has.
//!
//! The rule: log files are read from the newest to the oldest, each one's header saying where the one before it ends. Up to that end every
//! byte must be as it was written; behind it nothing counts. Only the newest has no such end: its last group may be torn, and
//! was then never acknowledged. A file that no header leads to was abandoned before anything in it was acknowledged.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

use shouhu_files::{Files, FilesError};

use super::append::{Intake, Ticket};
use super::exchange::Exchanging;
use super::receipts::{Receipts, ReceiptsError};
use super::settle::Settling;
use super::{Lake, LakeConfig, OnDamage, Shown, Writer};
use crate::catalogue::{Catalogue, CatalogueError, Listing, Order, SegmentId};
use crate::memtable::Memtable;
use crate::row::Batch;
use crate::wal::{Carry, Group, HEADER_BYTES, Log, LogError, Scan, ScanError, Scanned, each_batch, name_of, new_group, number_of};

/// Who has the lake writes this file's lock, in the folder of the log.
const HOLD: &str = "lake.lock";
/// Where the first group of a file stands.
const HEADER_END: u64 = HEADER_BYTES as u64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("another process has this lake open: {0}")]
    Held(FilesError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Log(#[from] ScanError),
    #[error(transparent)]
    Receipts(#[from] ReceiptsError),
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// A place in a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    pub file: String,
    pub from: u64,
    /// `None`: to the end of the file.
    pub until: Option<u64>,
}

/// What was found on opening.
#[derive(Debug)]
pub struct OpenReport {
    /// Rows that were in the log alone and are in memory now.
    pub rows: u64,
    /// What a crash left half written: nothing of it had been acknowledged, unless the disk is bad.
    pub torn: Vec<LogPlace>,
    /// Damage that was read around because the operator wanted it so; the files are kept under `damaged/`.
    pub damaged: Vec<LogPlace>,
    /// Files of segments that this node wrote and nobody published: removed.
    pub orphans: usize,
    /// Files of segments that are newer than the catalogue: it was brought back from an old copy. They are left where they are.
    pub strangers: Vec<String>,
    /// What the last start may not have followed up.
    pub replay: Replay,
}

/// Batches that are still in the log: some may not have been settled. What follows from them has to be done again, idempotently.
pub struct Replay {
    files: Arc<dyn Files>,
    found: Vec<(u64, Vec<Group>)>,
    ticket: Ticket,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("files", &self.found.len()).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Log(#[from] ScanError),
    #[error(transparent)]
    Files(#[from] FilesError),
}

impl Replay {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Reads them from the log, oldest first, a file at a time.
    ///
    /// # Errors
    /// When a file cannot be read any more.
    pub fn each_batch(&self, found: &mut dyn FnMut(Batch)) -> Result<(), ReplayError> {
        for (number, groups) in &self.found {
            let bytes = self.files.read(&name_of(*number))?;
            each_batch::<ReplayError>(&bytes, *number, groups, &mut |batch| {
                found(batch);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// To be settled when what follows from every batch is durable.
    pub fn done(self) -> Ticket {
        self.ticket
    }
}

/// What the log holds.
#[derive(Default)]
struct Recovered {
    /// Oldest first.
    files: Vec<(u64, Scanned)>,
    /// Files in which nothing counts.
    leftovers: Vec<u64>,
    /// Files behind which another one counts, and where they end.
    ended: Vec<(u64, u64)>,
    torn: Vec<LogPlace>,
    damaged: Vec<LogPlace>,
    next: u64,
}

impl Lake {
    /// Opens the lake of this node: `local` has its log, `store` the segments.
    ///
    /// # Errors
    /// `Held` when another process has it; `Log` when the log is damaged, with file and byte.
    pub fn open(
        config: LakeConfig,
        local: Arc<dyn Files>,
        store: Arc<dyn Files>,
        catalogue: Arc<dyn Catalogue>,
    ) -> Result<(Self, OpenReport), OpenError> {
        let hold = local.hold(HOLD).map_err(|error| match error {
            FilesError::Held { .. } => OpenError::Held(error),
            other => other.into(),
        })?;
        let listing = catalogue.load()?;
        let mut receipts = Receipts::default();
        for (device, bytes) in &listing.receipts {
            receipts.learn(*device, bytes)?;
        }
        let mut recovered = recover(&config, local.as_ref(), listing.wal_until)?;
        let (memory, carry) = read_rows(local.as_ref(), &mut recovered, listing.wal_until, &mut receipts)?;
        for leftover in &recovered.leftovers {
            local.remove(&name_of(*leftover))?;
        }
        // Each start goes on in a new file, for which space was asked ahead: a house that starts again and again would fill its disk with what none of them used.
        for (number, end) in &recovered.ended {
            local.trim(&name_of(*number), *end);
        }
        let horizon = catalogue.next_id()?;
        let (orphans, strangers) = remove_orphans(store.as_ref(), horizon, &listing)?;
        let last = recovered.files.last().map_or((0, 0), |(number, scanned)| match (&carry, scanned.header) {
            // The header came with the first group, by the same sync: both are as doubtful.
            (Some((HEADER_END, _)), Some(header)) => (header.previous, header.previous_end),
            (Some((offset, _)), _) => (*number, *offset),
            (None, _) => (*number, scanned.end),
        });
        let mut settling = Settling::flushed(listing.wal_until);
        let found: Vec<_> = recovered.files.into_iter().map(|(number, scanned)| (number, scanned.groups)).collect();
        found.iter().for_each(|(number, _)| settling.add(*number, 1));
        let ticket = Ticket { files: found.iter().map(|(number, _)| *number).collect(), is_replay: true };
        let carry = carry.and_then(|(_, carry)| carry);
        let log = Log::new(Arc::clone(&local), config.node, config.wal_file_bytes_max, last, recovered.next, carry);
        let report = OpenReport {
            rows: memory.rows(),
            torn: recovered.torn,
            damaged: recovered.damaged,
            orphans,
            strangers,
            replay: Replay { files: Arc::clone(&local), found, ticket },
        };
        let lake = Self {
            memory_rows: AtomicU64::new(memory.rows()),
            has_to_carry: AtomicBool::new(log.has_to_carry()),
            intake: Intake::new(receipts),
            writer: Mutex::new(Writer { log }),
            settling: Mutex::new(settling),
            sorting: Mutex::default(),
            flushing: Mutex::default(),
            exchanging: Mutex::new(Exchanging::default()),
            shown: RwLock::new(Shown { active: memory, ..Shown::default() }),
            config,
            local,
            store,
            catalogue,
            _hold: hold,
        };
        // Reading the log took its time, in which other nodes went on.
        lake.adopt_newest(&mut lake.exchanging(), listing)?;
        lake.carry_over();
        Ok((lake, report))
    }
}

impl Lake {
    /// A full disk is no reason not to open: the first append then tries again, and nothing is acknowledged before it succeeds.
    fn carry_over(&self) {
        let mut writer = self.writer();
        if let Err(LogError::Broken(error)) = writer.log.carry_over() {
            self.intake.queue().stopped = Some(error.to_string());
        }
        self.note_carried(&writer);
    }
}

/// Reads the headers and checks the groups.
fn recover(config: &LakeConfig, local: &dyn Files, wal_until: u64) -> Result<Recovered, OpenError> {
    let numbers: BTreeSet<u64> = local.list("wal")?.iter().filter_map(|name| number_of(name)).collect();
    let mut recovered = Recovered { next: numbers.last().copied().unwrap_or(0).max(wal_until) + 1, ..Recovered::default() };
    let reads_around = config.on_damage == OnDamage::SetAside;
    let mut at = numbers.last().copied();
    let mut known_end = None;
    while let Some(number) = at {
        let bytes = local.read(&name_of(number))?;
        let scanned = Scan { node: config.node, number, known_end, reads_around }.run(&bytes)?;
        recovered.note(local, number, &scanned, &bytes)?;
        let below = numbers.range(..number).next_back().copied();
        if scanned.is_unfinished {
            recovered.leftovers.push(number);
            at = below;
            continue;
        }
        // A header that cannot be read leads nowhere: what is below it is read as far as it goes.
        let (previous, end) =
            scanned.header.map_or((below.unwrap_or(0), None), |header| (header.previous, Some(header.previous_end)));
        recovered.files.push((number, scanned));
        recovered.ended.extend(known_end.map(|end| (number, end)));
        if numbers.contains(&previous) {
            recovered.leftovers.extend(numbers.range(previous + 1..number));
            (at, known_end) = (Some(previous), end);
        } else if previous > wal_until {
            let gap = ScanError::Gap { file: name_of(previous), after: name_of(number) };
            if !reads_around {
                return Err(gap.into());
            }
            recovered.damaged.push(LogPlace { file: name_of(previous), from: 0, until: None });
            (at, known_end) = (below, None);
        } else {
            // It was in segments and settled, and is gone; older ones may still wait to be settled.
            recovered.leftovers.extend(numbers.range(..number).filter(|other| **other > wal_until));
            (at, known_end) = (numbers.range(..=wal_until.min(number - 1)).next_back().copied(), None);
        }
    }
    recovered.files.reverse();
    Ok(recovered)
}

impl Recovered {
    fn note(&mut self, local: &dyn Files, number: u64, scanned: &Scanned, bytes: &[u8]) -> Result<(), FilesError> {
        let file = name_of(number);
        if let Some(from) = scanned.torn_at {
            self.torn.push(LogPlace { file: file.clone(), from, until: None });
        }
        if !scanned.damaged.is_empty() {
            local.put(&format!("damaged/{file}"), bytes)?;
        }
        let places =
            scanned.damaged.iter().map(|(from, until)| LogPlace { file: file.clone(), from: *from, until: Some(*until) });
        self.damaged.extend(places);
        Ok(())
    }
}

/// Where the newest group stands, and the group if it has to be written again.
type Carrying = Option<(u64, Option<Carry>)>;

/// Brings the rows that no segment has to memory, and every number to the receipts.
fn read_rows(
    local: &dyn Files,
    recovered: &mut Recovered,
    wal_until: u64,
    receipts: &mut Receipts,
) -> Result<(Memtable, Carrying), OpenError> {
    let mut memory = Memtable::default();
    let mut carry = None;
    let newest = recovered.files.last().map_or(0, |(number, _)| *number);
    for (number, scanned) in &recovered.files {
        let is_flushed = *number <= wal_until;
        if is_flushed && *number != newest {
            continue;
        }
        let bytes = local.read(&name_of(*number))?;
        // What was flushed is in the catalogue's receipts, as far as it was acknowledged.
        let fresh: Vec<Group> = scanned.groups.iter().filter(|group| !is_flushed && !group.is_flushed).copied().collect();
        each_batch::<OpenError>(&bytes, *number, &fresh, &mut |batch| {
            let ranges = receipts.of(batch.device);
            batch.rows.iter().for_each(|row| _ = ranges.insert(row.sequence));
            memory.take_in(batch);
            Ok(())
        })?;
        // The newest file's last group was written, but perhaps its writer died before the sync: it can be read from the machine's
        // memory now and be gone after a power cut. An empty one is only a mark, and is left out.
        let last = scanned.groups.last().filter(|_| *number == newest);
        if let Some((last, payload)) = last.and_then(|last| Some((last, last.payload(&bytes)?))) {
            let mut group = Vec::new();
            new_group(&mut group);
            group.extend_from_slice(payload);
            let again = Carry { group, is_flushed: is_flushed || last.is_flushed };
            carry = Some((last.offset, Some(again).filter(|_| !payload.is_empty())));
        }
    }
    Ok((memory, carry))
}

/// Files of segments that this node wrote and that no catalogue names: it died between writing and publishing, or between taking
/// them out of the catalogue and removing them. A number that the catalogue has not given yet says that the catalogue is
/// an old copy: what it does not know may be all there is, and is not touched.
fn remove_orphans(store: &dyn Files, horizon: SegmentId, listing: &Listing) -> Result<(usize, Vec<String>), FilesError> {
    let known: BTreeSet<String> = listing.segments.iter().flat_map(|meta| Order::ALL.map(|order| meta.name(order))).collect();
    let (mut removed, mut strangers) = (0, Vec::new());
    for folder in ["by_plate", "by_source", "index"] {
        for name in store.list(folder)? {
            let id = segment_of(&name).filter(|id| id.node() == horizon.node() && !known.contains(&name));
            match id {
                Some(id) if id.counter() < horizon.counter() => {
                    store.remove(&name)?;
                    removed += 1;
                }
                Some(_) => strangers.push(name),
                None => {}
            }
        }
    }
    Ok((removed, strangers))
}

/// `None`: it is no file of a segment.
fn segment_of(name: &str) -> Option<SegmentId> {
    let (_, own) = name.rsplit_once('/')?;
    let id = own.get(..16).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    own.get(16..)?.starts_with('.').then_some(())?;
    u64::from_str_radix(id, 16).ok().map(SegmentId)
}
