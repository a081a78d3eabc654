//! Batches come in, many at once, and are acknowledged when one sync has made them durable.
//!
//! Whoever finds nobody writing leads: it takes all that is queued, writes and syncs it as one group, puts the rows in memory and wakes
//! the others. While it does, the next group forms.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use shouhu_files::FilesError;

use super::Lake;
use super::receipts::Receipts;
use crate::part::{Moment, PartError, Want, Window};
use crate::row::{Batch, Class, Key, Row};
use crate::wal::{BATCH_ROWS_MAX, LogError, encode_batch, new_group};

/// How long a caller that was told to come back should wait: about what a flush of a full memtable takes to make room.
pub const RETRY_AFTER_MS: u64 = 200;
/// A group that has grown so far takes no more batches: its turn comes first.
const FORMING_BYTES_MAX: usize = 64 << 20;
/// One batch, as it is in the log.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Kept, durable.
    Fresh,
    /// Received before, and there.
    Duplicate,
    /// Its number was received before with another passage, or with one that was forgotten since: not kept. The device's queue was
    /// reset, or two devices use one number.
    Conflict,
}

/// What a caller gets for a batch.
#[derive(Debug)]
pub struct Receipt {
    /// One for each row, in their order.
    pub outcomes: Vec<Outcome>,
    pub ticket: Ticket,
}

/// To be given to [`Lake::settle`] when what follows from the batch is durable. One that is dropped keeps its log file: after the next
/// start the batch is replayed.
#[must_use = "a ticket that is not settled keeps its log file for ever"]
#[derive(Debug)]
pub struct Ticket {
    /// Log files that wait for it.
    pub(super) files: Vec<u64>,
    /// It stands for all that was found in the log on opening.
    pub(super) is_replay: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("too much waits to be written: come back in {retry_after_ms} ms")]
    Busy { retry_after_ms: u64 },
    #[error("disk of the write-ahead log is full: {0}")]
    Full(FilesError),
    /// Nothing of the batch is kept; the next may go well.
    #[error("write-ahead log cannot be written: {0}")]
    Refused(FilesError),
    /// Nobody knows what the disk kept: nothing is taken in until [`Lake::tidy`] has made a new log file durable. Questions are answered.
    #[error("a sync of the write-ahead log failed and nothing is taken in until a new log file is on the disk: {reason}")]
    Stopped { reason: String },
    #[error("batch of {rows} rows; at most {BATCH_ROWS_MAX} can be")]
    Rows { rows: usize },
    #[error("batch of {bytes} bytes; at most {BATCH_BYTES_MAX} can be")]
    Bytes { bytes: usize },
    #[error("class {0:?} is none that the lake knows")]
    Class(Class),
    #[error("row {row} has no plate, or points to an extra that is not there")]
    Row { row: usize },
    /// The new rows are kept; whether the others are there cannot be said.
    #[error("cannot look for rows that were sent before: {0}")]
    Lookup(#[from] PartError),
}

/// Known once, to all who wait: the number of the log file, or why not.
type GroupOutcome = Arc<OnceLock<Result<u64, AppendError>>>;

/// What goes to the log next.
struct Forming {
    bytes: Vec<u8>,
    batches: Vec<Batch>,
    rows: u64,
    outcome: GroupOutcome,
}

impl Forming {
    fn new(mut bytes: Vec<u8>) -> Self {
        new_group(&mut bytes);
        Self { bytes, batches: Vec::new(), rows: 0, outcome: GroupOutcome::default() }
    }
}

/// Where batches queue.
pub(super) struct Intake {
    state: Mutex<Queue>,
    /// A group is durable, or is not and never will be.
    done: Condvar,
}

pub(super) struct Queue {
    /// Numbers of queued rows are in it already.
    pub receipts: Receipts,
    forming: Forming,
    /// The group that is being written.
    in_flight: Option<GroupOutcome>,
    in_flight_rows: u64,
    is_led: bool,
    pub stopped: Option<String>,
    spare: Vec<u8>,
}

impl Intake {
    pub fn new(receipts: Receipts) -> Self {
        let state = Queue {
            receipts,
            forming: Forming::new(Vec::new()),
            in_flight: None,
            in_flight_rows: 0,
            is_led: false,
            stopped: None,
            spare: Vec::new(),
        };
        Self { state: Mutex::new(state), done: Condvar::new() }
    }

    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Received numbers of the device that are durable: without those that only wait to be. Nothing may be in flight.
    pub fn durable_receipts(&self, device: u32) -> Vec<u8> {
        let mut ranges = self.receipts.get(device).cloned().unwrap_or_default();
        for batch in self.forming.batches.iter().filter(|batch| batch.device == device) {
            batch.rows.iter().for_each(|row| ranges.remove(row.sequence));
        }
        ranges.encode()
    }

    fn forget(&mut self, batches: &[Batch]) {
        for batch in batches {
            let ranges = self.receipts.of(batch.device);
            batch.rows.iter().for_each(|row| ranges.remove(row.sequence));
        }
    }
}

/// What a batch waits for.
struct Queued {
    /// The group that has its new rows; `None`: it has none.
    fresh_in: Option<GroupOutcome>,
    /// Groups that may have the rows it repeats.
    repeats_in: Vec<GroupOutcome>,
    /// Which rows were received before.
    repeated: Vec<(usize, Key)>,
    rows: usize,
}

impl Lake {
    /// Takes a batch in. Returns when its new rows are durable and every question sees them, and when what it repeats is durable too.
    /// Many threads may call at once; those that do share syncs.
    ///
    /// # Errors
    /// `Busy`, `Full` and `Refused` keep nothing of the batch and may be tried again.
    pub fn append(&self, batch: Batch) -> Result<Receipt, AppendError> {
        checked(&batch)?;
        let queued = self.queue(batch)?;
        let mut files = Vec::new();
        if let Some(group) = &queued.fresh_in {
            files.push(self.wait_for(group)?);
        }
        for group in &queued.repeats_in {
            self.wait_for(group)?;
        }
        let mut outcomes = vec![Outcome::Fresh; queued.rows];
        if !queued.repeated.is_empty() {
            let are_there = self.hold_keys(queued.repeated.iter().map(|(_, key)| *key))?;
            for ((row, _), is_there) in queued.repeated.iter().zip(are_there) {
                if let Some(outcome) = outcomes.get_mut(*row) {
                    *outcome = if is_there { Outcome::Duplicate } else { Outcome::Conflict };
                }
            }
        }
        self.sort_one();
        Ok(Receipt { outcomes, ticket: Ticket { files, is_replay: false } })
    }

    fn queue(&self, mut batch: Batch) -> Result<Queued, AppendError> {
        let rows = batch.rows.len();
        let mut queue = self.intake.queue();
        if let Some(reason) = &queue.stopped {
            return Err(AppendError::Stopped { reason: reason.clone() });
        }
        let waiting = self.memory_rows() + queue.in_flight_rows + queue.forming.rows;
        let is_too_much = waiting > 0 && waiting + rows as u64 > self.config.memtable_rows_max;
        if is_too_much || queue.forming.bytes.len() > FORMING_BYTES_MAX {
            return Err(AppendError::Busy { retry_after_ms: RETRY_AFTER_MS });
        }
        let ranges = queue.receipts.of(batch.device);
        let mut repeated = Vec::new();
        for (place, row) in batch.rows.iter().enumerate() {
            if !ranges.insert(row.sequence) {
                repeated.push((place, row.key()));
            }
        }
        let mut repeats_in = Vec::new();
        if !repeated.is_empty() {
            batch = without(batch, &repeated);
            repeats_in.extend(queue.in_flight.clone());
            if !queue.forming.batches.is_empty() || self.has_to_carry.load(Ordering::Relaxed) {
                repeats_in.push(Arc::clone(&queue.forming.outcome));
            }
        }
        if batch.rows.is_empty() {
            return Ok(Queued { fresh_in: None, repeats_in, repeated, rows });
        }
        let before = queue.forming.bytes.len();
        encode_batch(&batch, &mut queue.forming.bytes);
        let bytes = queue.forming.bytes.len() - before;
        if bytes > BATCH_BYTES_MAX {
            queue.forming.bytes.truncate(before);
            queue.forget(&[batch]);
            return Err(AppendError::Bytes { bytes });
        }
        queue.forming.rows += batch.rows.len() as u64;
        queue.forming.batches.push(batch);
        Ok(Queued { fresh_in: Some(Arc::clone(&queue.forming.outcome)), repeats_in, repeated, rows })
    }

    fn wait_for(&self, group: &GroupOutcome) -> Result<u64, AppendError> {
        let mut queue = self.intake.queue();
        loop {
            if let Some(outcome) = group.get() {
                return outcome.clone();
            }
            if queue.is_led {
                queue = self.intake.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.is_led = true;
            drop(queue);
            self.lead();
            queue = self.intake.queue();
        }
    }

    /// Writes what is queued.
    fn lead(&self) {
        // The log first: from when a group is taken until its rows are in memory nobody else may look.
        let mut writer = self.writer();
        let mut queue = self.intake.queue();
        let spare = std::mem::take(&mut queue.spare);
        let Forming { mut bytes, mut batches, rows, outcome } = std::mem::replace(&mut queue.forming, Forming::new(spare));
        queue.in_flight = Some(Arc::clone(&outcome));
        queue.in_flight_rows = rows;
        let stopped = queue.stopped.clone();
        drop(queue);
        let is_empty = batches.is_empty();
        let written = match (&stopped, is_empty) {
            (Some(_), _) => Ok(0),
            (None, true) => writer.log.carry_over().map(|()| 0),
            (None, false) => writer.log.write(&mut bytes),
        };
        self.note_carried(&writer);
        if let Ok(number) = written
            && stopped.is_none()
            && !is_empty
        {
            self.settling().add(number, batches.len() as u64);
            self.remember(batches.drain(..));
        }
        // The queue before the log is let go: a flush that begins in between would publish numbers of rows that were refused.
        let mut queue = self.intake.queue();
        drop(writer);
        queue.in_flight = None;
        queue.in_flight_rows = 0;
        queue.is_led = false;
        // What is left of them was not kept.
        queue.forget(&batches);
        let written = written.map_err(|error| match error {
            LogError::Refused(error @ FilesError::Full { .. }) => AppendError::Full(error),
            LogError::Refused(error) => AppendError::Refused(error),
            LogError::Broken(error) => {
                let reason = error.to_string();
                queue.stopped = Some(reason.clone());
                AppendError::Stopped { reason }
            }
        });
        // Set once, by the one who leads the group.
        let _ = outcome.set(stopped.map_or(written, |reason| Err(AppendError::Stopped { reason })));
        if bytes.capacity() <= FORMING_BYTES_MAX {
            queue.spare = bytes;
        }
        self.intake.done.notify_all();
    }

    /// Durable rows: from now on every question sees them.
    fn remember(&self, batches: impl Iterator<Item = Batch>) {
        let mut shown = self.shown_mut();
        let before = shown.active.rows();
        batches.for_each(|batch| shown.active.take_in(batch));
        self.memory_rows.fetch_add(shown.active.rows() - before, Ordering::Relaxed);
    }

    /// Whether each passage is in memory or in a segment.
    fn hold_keys(&self, keys: impl Iterator<Item = Key>) -> Result<Vec<bool>, PartError> {
        let keys: Vec<Key> = keys.collect();
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by_key(|place| keys.get(*place));
        let moment = |place: &usize| {
            let key = keys.get(*place)?;
            let window = Window { from_ms: key.at_ms, until_ms: key.at_ms.saturating_add(1) };
            Some(Moment { source: key.source, window })
        };
        let mut are_there = vec![false; keys.len()];
        // Those not found yet, in order: what was sent just now is in memory, and no segment is read for it.
        for part in self.parts_memory_first() {
            order.retain(|place| !are_there.get(*place).copied().unwrap_or(true));
            let moments: Vec<Moment> = order.iter().filter_map(moment).collect();
            if moments.is_empty() {
                break;
            }
            let span = part.span();
            if !moments.iter().any(|moment| moment.window.meets(&span)) {
                continue;
            }
            part.at_moments(&moments, Want::Bare, &mut |found, seen| {
                let place = order.get(found).copied().unwrap_or(usize::MAX);
                if let Some(is_there) = are_there.get_mut(place).filter(|_| keys.get(place) == Some(&seen.key())) {
                    *is_there = true;
                }
            })?;
        }
        Ok(are_there)
    }
}

fn checked(batch: &Batch) -> Result<(), AppendError> {
    if batch.rows.len() > BATCH_ROWS_MAX {
        return Err(AppendError::Rows { rows: batch.rows.len() });
    }
    if !Class::ALL.contains(&batch.class) {
        return Err(AppendError::Class(batch.class));
    }
    let is_bad = |row: &Row| row.plate.0 == 0 || row.extra as usize > batch.extras.len();
    batch.rows.iter().position(is_bad).map_or(Ok(()), |row| Err(AppendError::Row { row }))
}

/// The batch without the rows at these places, and without the extras that only they had.
fn without(batch: Batch, places: &[(usize, Key)]) -> Batch {
    let mut gone = places.iter().map(|(place, _)| *place).peekable();
    let mut kept = Batch { rows: Vec::new(), extras: Vec::new(), ..batch };
    for (place, row) in batch.rows.into_iter().enumerate() {
        if gone.next_if_eq(&place).is_some() {
            continue;
        }
        let mut row = row;
        if let Some(extra) = (row.extra as usize).checked_sub(1).and_then(|extra| batch.extras.get(extra)) {
            kept.extras.push(extra.clone());
            row.extra = u32::try_from(kept.extras.len()).unwrap_or(0);
        }
        kept.rows.push(row);
    }
    kept
}
