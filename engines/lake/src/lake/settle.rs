//! When a log file may go: its rows are in segments, and what follows from each of its batches is durable elsewhere.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use shouhu_files::FilesError;

use super::{Lake, Writer};
use super::append::Ticket;
use crate::wal::{LogError, name_of};

/// Log files that there are.
#[derive(Debug, Default)]
pub(super) struct Settling {
    /// Number of the file, batches that are not settled.
    files: BTreeMap<u64, u64>,
    /// Batches of the start before are also at the beginning of this file.
    pub carried_to: Option<u64>,
    /// What is carried over is not settled.
    is_carry_unsettled: bool,
    /// Every file up to this one is in segments.
    pub flushed_until: u64,
}

impl Settling {
    pub fn flushed(until: u64) -> Self {
        Self { flushed_until: until, is_carry_unsettled: true, ..Self::default() }
    }

    pub fn add(&mut self, file: u64, batches: u64) {
        *self.files.entry(file).or_default() += batches;
    }

    fn removable(&self) -> Vec<u64> {
        let is_carry = |file: &u64| self.is_carry_unsettled && self.carried_to == Some(*file);
        let done = self.files.range(..=self.flushed_until).filter(|(file, batches)| **batches == 0 && !is_carry(file));
        done.map(|(file, _)| *file).collect()
    }
}

impl Lake {
    pub(super) fn settling(&self) -> MutexGuard<'_, Settling> {
        self.settling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that what follows from a batch (its matches with the watchlist) is durable: its log file goes once it is in segments
    /// too.
    pub fn settle(&self, ticket: Ticket) {
        let mut settling = self.settling();
        settling.is_carry_unsettled &= !ticket.is_replay;
        for file in ticket.files {
            if let Some(batches) = settling.files.get_mut(&file) {
                *batches = batches.saturating_sub(1);
            }
        }
    }

    /// Work that nobody has to wait for: sorts what came in, makes the next log file ahead, marks the end of the log as durable, and
    /// removes log files that are done with. To be called every second or so, and before the lake is dropped. After a sync that failed it
    /// tries a new log file, and when that is on the disk the lake takes in again.
    ///
    /// # Errors
    /// When the disk refuses; the next call tries again.
    pub fn tidy(&self) -> Result<(), FilesError> {
        while self.sort_one() {}
        let tended = self.tend_log();
        // Also while the log cannot be written: it may want just that room.
        self.remove_settled()?;
        tended
    }

    fn tend_log(&self) -> Result<(), FilesError> {
        let mut writer = self.writer();
        let is_stopped = self.intake.queue().stopped.is_some();
        if is_stopped {
            let begun = writer.log.begin_anew();
            self.note_carried(&writer);
            let number = begun.map_err(|(LogError::Refused(error) | LogError::Broken(error))| error)?;
            self.settling().add(number, 0);
            self.intake.queue().stopped = None;
        } else {
            if writer.log.is_filling_up() {
                writer.log.prepare()?;
            }
            let proven = writer.log.prove();
            self.note_carried(&writer);
            match proven {
                Ok(None) => {}
                // Known even if no batch follows: a flush may come first, and the file would lie there until the next start.
                Ok(Some(number)) => self.settling().add(number, 0),
                Err(LogError::Refused(error)) => return Err(error),
                Err(LogError::Broken(error)) => {
                    self.intake.queue().stopped = Some(error.to_string());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// To be called with the log still held, after anything that may have written to it.
    pub(super) fn note_carried(&self, writer: &Writer) {
        self.has_to_carry.store(writer.log.has_to_carry(), Ordering::Relaxed);
        if let Some(file) = writer.log.carried_to() {
            let mut settling = self.settling();
            settling.carried_to = Some(file);
            settling.files.entry(file).or_default();
        }
    }

    pub(super) fn remove_settled(&self) -> Result<(), FilesError> {
        let removable = self.settling().removable();
        for file in removable {
            self.local.remove(&name_of(file))?;
            self.settling().files.remove(&file);
        }
        Ok(())
    }

    /// Sorts one full tail, unless somebody does. True when there may be another.
    pub(super) fn sort_one(&self) -> bool {
        let Ok(_sorting) = self.sorting.try_lock() else { return false };
        let shown = self.shown();
        let active = shown.active.unsorted();
        drop(shown);
        let Some(unsorted) = active else { return false };
        let runs = unsorted.sort();
        // Sealed in the meantime: a flush sorts anyway.
        self.shown_mut().active.put_sorted(&unsorted, runs);
        true
    }

    /// Files of the log, and batches in them that are not settled.
    pub(super) fn unsettled(&self) -> (usize, u64) {
        let settling = self.settling();
        (settling.files.len(), settling.files.values().sum())
    }
}
