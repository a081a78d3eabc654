//! Rows in memory become segments.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use shouhu_files::FilesError;

use super::exchange::{Exchanging, merged};
use super::{Lake, Listed};
use crate::catalogue::{CatalogueError, Change, SegmentMeta};
use crate::memtable::{MemoryPart, Memtable};
use crate::part::{Part, PartError};
use crate::row::{Extra, Row};
use crate::segment::{self, Effort, Haste, WriteError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Part(#[from] PartError),
    /// The rows are in segments; a log file could not be removed.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// What a flush did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flushed {
    pub rows: u64,
    pub segments: usize,
}

/// Rows that take no more, on their way to segments.
pub(super) struct Sealed {
    pub memory: Arc<Memtable>,
    wal_until: u64,
    receipts: Vec<(u32, Vec<u8>)>,
}

/// Segments that are written and may or may not have been published.
pub(super) struct Pending {
    change: Change,
    pub opened: Vec<Listed>,
    rows: u64,
    /// A publication failed, or its answer was lost.
    is_unsure: bool,
}

impl Lake {
    fn flushing(&self) -> MutexGuard<'_, ()> {
        self.flushing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when enough rows are in memory to be worth a flush.
    #[must_use]
    pub fn is_flush_due(&self) -> bool {
        self.memory_rows() >= self.config.flush_rows
    }

    /// Writes what is in memory to segments, publishes them, frees the memory and removes log files that nobody needs any more.
    /// Appends and questions go on meanwhile. A flush that failed is taken up again by the next one.
    ///
    /// # Errors
    /// When the disk or the catalogue refuses: the rows stay in memory and in the log.
    pub fn flush(&self) -> Result<Flushed, FlushError> {
        self.flush_with(Haste::Leisure)
    }

    /// The same, on more cores if there is haste.
    ///
    /// # Errors
    /// As [`Lake::flush`].
    pub fn flush_with(&self, haste: Haste) -> Result<Flushed, FlushError> {
        let _flushing = self.flushing();
        let mut flushed = Flushed::default();
        // What an earlier flush left undone, and then what came in since.
        for _ in 0..2 {
            if self.exchanging().pending.is_none() {
                let Some(sealed) = self.seal()? else { break };
                let pending = self.write_segments(&sealed, haste)?;
                self.exchanging().pending = Some(pending);
            }
            let published = self.publish_pending()?;
            flushed.rows += published.rows;
            flushed.segments += published.segments;
        }
        self.remove_settled()?;
        Ok(flushed)
    }

    /// What is to be flushed; `None` when nothing is in memory.
    fn seal(&self) -> Result<Option<Arc<Sealed>>, FlushError> {
        if let Some(sealed) = &self.shown().sealed {
            return Ok(Some(Arc::clone(sealed)));
        }
        // With the log held, no group is in flight: what is in memory is what is in the log so far.
        let mut writer = self.writer();
        if self.shown().active.rows() == 0 {
            return Ok(None);
        }
        let sealed = writer.log.seal();
        self.note_carried(&writer);
        let wal_until = sealed.map_err(|error| {
            self.intake.queue().stopped = Some(error.to_string());
            error
        })?;
        let queue = self.intake.queue();
        let mut shown = self.shown_mut();
        let memory = std::mem::take(&mut shown.active);
        let receipts = memory.devices().iter().map(|device| (*device, queue.durable_receipts(*device))).collect();
        let sealed = Arc::new(Sealed { memory: Arc::new(memory), wal_until, receipts });
        shown.sealed = Some(Arc::clone(&sealed));
        Ok(Some(sealed))
    }

    /// One segment for each class and day, more where a day has more rows than a segment may.
    fn write_segments(&self, sealed: &Sealed, haste: Haste) -> Result<Pending, FlushError> {
        let mut metas = Vec::new();
        let written = sealed.memory.parts().try_for_each(|part| self.write_part(&part, haste, &mut metas));
        let opened = written.and_then(|()| Ok(self.open_all(&metas)?));
        if opened.is_err() {
            for meta in &metas {
                // Best effort: the next start of this node removes what no catalogue names.
                let _ = self.remove_files(meta);
            }
        }
        let change =
            Change { add: metas, wal_until: Some(sealed.wal_until), receipts: sealed.receipts.clone(), ..Change::default() };
        Ok(Pending { change, opened: opened?, rows: sealed.memory.rows(), is_unsure: false })
    }

    fn write_part(&self, part: &MemoryPart, haste: Haste, metas: &mut Vec<SegmentMeta>) -> Result<(), FlushError> {
        let mut days: BTreeMap<i64, (Vec<Row>, Vec<Extra>)> = BTreeMap::new();
        let rows_max = usize::try_from(self.config.segment_rows_max).unwrap_or(usize::MAX).max(1);
        let mut last_day = i64::MIN;
        let mut failed = Ok(());
        let mut write = |rows: &mut Vec<Row>, extras: &[Extra]| -> Result<(), FlushError> {
            let id = self.catalogue.next_id()?;
            metas.push(segment::write(self.store.as_ref(), id, part.class(), rows, extras, Effort::Quick, haste)?);
            Ok(())
        };
        // Most rows are of one day: space for all of them is asked for once.
        let expected = usize::try_from(part.rows()).unwrap_or(0).min(rows_max);
        part.each_row(&mut |row, extra| {
            if failed.is_err() {
                return;
            }
            let day = row.day();
            let reserve = if last_day == i64::MIN { expected } else { 0 };
            last_day = day;
            let (rows, extras) = days.entry(day).or_insert_with(|| (Vec::with_capacity(reserve), Vec::new()));
            let mut row = *row;
            row.extra = 0;
            if let Some(extra) = extra {
                extras.push(extra.clone());
                row.extra = u32::try_from(extras.len()).unwrap_or(0);
            }
            rows.push(row);
            if rows.len() == rows_max {
                failed = write(rows, extras);
                rows.clear();
                extras.clear();
            }
        });
        failed?;
        for (mut rows, extras) in days.into_values().filter(|(rows, _)| !rows.is_empty()) {
            write(&mut rows, &extras)?;
        }
        Ok(())
    }

    fn publish_pending(&self) -> Result<Flushed, FlushError> {
        let mut exchanging = self.exchanging();
        let Some(pending) = &exchanging.pending else { return Ok(Flushed::default()) };
        let flushed = Flushed { rows: pending.rows, segments: pending.opened.len() };
        if pending.is_unsure {
            let listing = self.catalogue.load()?;
            self.adopt(&mut exchanging, listing);
            if exchanging.pending.is_none() {
                return Ok(flushed);
            }
        }
        let Some(pending) = &mut exchanging.pending else { return Ok(flushed) };
        match self.catalogue.publish(&pending.change) {
            Ok(version) => {
                exchanging.advance_to(version);
                self.finish_flush(&mut exchanging);
                Ok(flushed)
            }
            Err(error) => {
                // Perhaps only the answer was lost: the catalogue will say.
                pending.is_unsure = true;
                Err(error.into())
            }
        }
    }

    /// Shows the published segments in the place of the memory that they were written from, in one step.
    fn finish_flush(&self, exchanging: &mut Exchanging) {
        let Some(pending) = exchanging.pending.take() else { return };
        let mut shown = self.shown_mut();
        shown.segments = Arc::new(merged(&shown.segments, pending.opened));
        let sealed = shown.sealed.take();
        drop(shown);
        self.release(sealed);
    }

    /// The sealed rows are shown as segments: their memory and, once settled, their log can go. The caller holds `exchanging`.
    pub(super) fn release(&self, sealed: Option<Arc<Sealed>>) {
        let Some(sealed) = sealed else { return };
        self.memory_rows.fetch_sub(sealed.memory.rows(), Ordering::Relaxed);
        self.writer().log.unseal();
        let mut settling = self.settling();
        settling.flushed_until = settling.flushed_until.max(sealed.wal_until);
    }
}

impl Pending {
    /// A listing that has this node's log up to there has the segments, or what has become of them since.
    pub fn is_in(&self, wal_until: u64) -> bool {
        self.change.wal_until.is_some_and(|until| until <= wal_until)
    }
}
