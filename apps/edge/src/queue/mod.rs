//! Store and forward: every sighting is on disk before anyone is told that it is kept, and leaves only on a receipt.
//!
//! **Invariant:** a sequence number is given once. With the device's id it identifies the sighting for ever; a second
//! sighting under the same number would be taken for a repetition and lost.
//!
//! When room runs out the oldest frame pictures go first (the plate and its crop stay), then sightings that match no
//! entry are refused and counted; hits may use a reserve. Nothing leaves silently.

mod cursor;
mod described;
mod disk;
mod record;
mod segments;
#[cfg(test)]
mod simdisk;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Instant;

use shouhu_plate::SeenVehicle;
use tracing::{error, warn};

pub use cursor::Counts;
use cursor::Cursor;
use described::Described;
pub use disk::{Disk, RealDisk};
use record::Stored;
pub use record::{NewSighting, Origin, Queued};
use segments::{Place, ReadError, SegmentLog};

use crate::files::is_disk_full;

const IS_HIT: u8 = 1;
const RESERVE_FILE: &str = "reserve";
/// A torn end means that the power failed. A disk that lied about its sync may have lost whole records before it, some
/// of them sent; numbers are cheap, so that many are left out rather than one given twice.
const SKIPPED_AFTER_TORN_END: u64 = 1024;
/// Room that one record and its bookkeeping may take before it is written.
const RECORD_OVERHEAD_BYTES: u64 = 2048;

#[derive(Debug, Clone, Copy)]
pub struct QueueConfig {
    /// Sightings and frames together; hits may go a tenth beyond.
    pub max_bytes: u64,
    pub segment_bytes: u64,
    /// Held back from the file system for hits when other programs have filled the disk.
    pub reserve_bytes: u64,
}

impl Default for QueueConfig {
    /// 20 GiB is 72 hours of five plates a second with crops of 15 kB.
    fn default() -> Self {
        Self { max_bytes: 20 << 30, segment_bytes: 8 << 20, reserve_bytes: 16 << 20 }
    }
}

/// The two ways out: a backlog never stands before a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Hits,
    Rest,
}

#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error("the queue holds {bytes} bytes, its limit; it empties when the server can be reached")]
    Full { bytes: u64 },
    #[error("the disk of the data folder is full; free some space, nothing that is queued is lost")]
    DiskFull,
    #[error("the data folder cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// What opening found that an operator should know.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Recovery {
    pub pending: usize,
    /// Bytes of a record that was never acknowledged.
    pub cut_bytes: u64,
    pub damaged_bytes: u64,
    /// Origins of the newest records, to finish an input that was interrupted half-way without sending it twice.
    pub recent_origins: HashSet<Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    place: Place,
    is_hit: bool,
    /// What its picture showed, where that was found out after it was kept.
    seen: Option<SeenVehicle>,
}

pub struct Queue {
    disk: Arc<dyn Disk>,
    config: QueueConfig,
    sightings: SegmentLog,
    frames: SegmentLog,
    described: Described,
    pending: BTreeMap<u64, Slot>,
    hits: BTreeSet<u64>,
    /// Kept, and not given out before their pictures were looked at, or so late. Few, and forgotten at a restart.
    held_back: BTreeMap<u64, Instant>,
    cursor: Cursor,
    has_reserve: bool,
}

impl Queue {
    /// # Errors
    /// When the folder cannot be read, or a torn end cannot be cut.
    pub fn open(disk: Arc<dyn Disk>, config: QueueConfig) -> io::Result<(Self, Recovery)> {
        let mut cursor = Cursor::load(disk.as_ref())?.unwrap_or_default();
        let (sightings, found) = SegmentLog::open(Arc::clone(&disk), "sightings", config.segment_bytes)?;
        let (frames, _) = SegmentLog::open(Arc::clone(&disk), "frames", config.segment_bytes)?;
        let after_last = found.records.last().map_or(1, |r| r.sequence.saturating_add(1));
        cursor.next_sequence = cursor.next_sequence.max(after_last).max(sightings.newest().unwrap_or(1));
        if found.cut_bytes > 0 {
            cursor.next_sequence += SKIPPED_AFTER_TORN_END;
            cursor.save(disk.as_ref())?;
        }
        let mut recovery = Recovery { cut_bytes: found.cut_bytes, damaged_bytes: found.damaged_bytes, ..Recovery::default() };
        let newest = sightings.newest_two();
        let mut pending = BTreeMap::new();
        for record in found.records {
            if newest.contains(&record.place.segment)
                && let Ok(payload) = sightings.read(record.place)
            {
                recovery.recent_origins.extend(record::origin(&payload));
            }
            if !cursor.contains(record.sequence) {
                pending.insert(record.sequence, Slot { place: record.place, is_hit: record.flags & IS_HIT != 0, seen: None });
            }
        }
        let (described, seen) = Described::open(Arc::clone(&disk), config.segment_bytes, lowest(&pending, &cursor))?;
        for (sequence, seen) in seen {
            if let Some(slot) = pending.get_mut(&sequence) {
                slot.seen = Some(seen);
            }
        }
        let hits = pending.iter().filter(|(_, slot)| slot.is_hit).map(|(sequence, _)| *sequence).collect();
        recovery.pending = pending.len();
        let has_reserve = disk.len(RESERVE_FILE).is_ok_and(|len| len == config.reserve_bytes);
        let held_back = BTreeMap::new();
        let mut queue = Self { disk, config, sightings, frames, described, pending, hits, held_back, cursor, has_reserve };
        queue.restore_reserve();
        Ok((queue, recovery))
    }

    #[must_use]
    pub fn depth(&self) -> usize {
        self.pending.len()
    }

    #[must_use]
    pub fn hits_pending(&self) -> usize {
        self.hits.len()
    }

    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.cursor.next_sequence
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        self.cursor.counts
    }

    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sightings.bytes() + self.frames.bytes() + self.described.bytes()
    }

    #[must_use]
    pub fn is_waiting(&self, lane: Lane) -> bool {
        let now = Instant::now();
        match lane {
            Lane::Hits => self.hits.iter().any(|sequence| !self.is_held_back(*sequence, now)),
            Lane::Rest => {
                let is_kept = |sequence: &&u64| !self.hits.contains(*sequence) && self.is_held_back(**sequence, now);
                self.pending.len() > self.hits.len() + self.held_back.keys().filter(is_kept).count()
            }
        }
    }

    /// Gives a kept sighting to nobody until [`Self::describe`] is called for it, or that time has come: its picture is about to be looked at.
    /// Without an end one picture that hangs would hold up all that lies behind its sighting on disk, and fill the queue beside a server that answers.
    pub fn hold_back(&mut self, sequence: u64, until: Instant) {
        if self.pending.contains_key(&sequence) {
            self.held_back.insert(sequence, until);
        }
    }

    fn is_held_back(&self, sequence: u64, now: Instant) -> bool {
        self.held_back.get(&sequence).is_some_and(|until| now < *until)
    }

    /// What the picture of a kept sighting shows; `None` when nobody will look at it. From here on it is given out. It survives a kill; a power
    /// cut may cost it, never the sighting.
    ///
    /// # Errors
    /// When that could not be written down: it is known until the agent ends.
    pub fn describe(&mut self, sequence: u64, seen: Option<SeenVehicle>) -> io::Result<()> {
        self.held_back.remove(&sequence);
        let Some(slot) = self.pending.get_mut(&sequence) else { return Ok(()) };
        match seen {
            // Nothing to see is nothing to write down.
            Some(seen) if seen != SeenVehicle::default() => {
                slot.seen = Some(seen);
                self.described.append(sequence, seen)
            }
            _ => Ok(()),
        }
    }

    /// Keeps a sighting and gives it its number. When this returns, the sighting survives a power cut.
    ///
    /// # Errors
    /// When there is no room for it, or the disk fails. The number is then given to the next one.
    pub fn keep(&mut self, new: &NewSighting) -> Result<u64, KeepError> {
        let is_hit = !new.sighting.local_hits.is_empty();
        let size = (new.crop_jpeg.len() + new.frame_jpeg.as_ref().map_or(0, Vec::len)) as u64 + RECORD_OVERHEAD_BYTES;
        let limit = if is_hit { self.config.max_bytes + self.config.max_bytes / 10 } else { self.config.max_bytes };
        while self.bytes() + size > limit {
            if !self.give_up_oldest_frames()? {
                return Err(KeepError::Full { bytes: self.bytes() });
            }
        }
        let mut frame = new.frame_jpeg.as_deref();
        loop {
            match self.write(new, frame, is_hit) {
                Ok(sequence) => return Ok(sequence),
                Err(e) if is_disk_full(&e) => {
                    // Its own frame must not be what is written and given up in turn for ever.
                    let had_frame = frame.take().is_some();
                    let has_room = self.give_up_oldest_frames()? || had_frame || (is_hit && self.release_reserve());
                    if !has_room {
                        return Err(KeepError::DiskFull);
                    }
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn write(&mut self, new: &NewSighting, frame_jpeg: Option<&[u8]>, is_hit: bool) -> io::Result<u64> {
        let sequence = self.cursor.next_sequence;
        let frame = match frame_jpeg {
            Some(jpeg) => Some(self.frames.append(sequence, 0, jpeg)),
            None => None,
        };
        let frame = match frame {
            Some(Err(e)) if is_disk_full(&e) => {
                // The picture is worth less than the sighting: keep that without it.
                self.cursor.counts.frames_given_up += 1;
                None
            }
            Some(done) => Some(done?),
            None => None,
        };
        let mut sighting = new.sighting.clone();
        sighting.sequence = sequence;
        let payload = record::encode(&new.origin, &Stored { sighting, frame, model: new.model.clone() }, &new.crop_jpeg)?;
        let place = self.sightings.append(sequence, if is_hit { IS_HIT } else { 0 }, &payload)?;
        self.cursor.next_sequence = sequence + 1;
        self.pending.insert(sequence, Slot { place, is_hit, seen: None });
        if is_hit {
            self.hits.insert(sequence);
        }
        Ok(sequence)
    }

    /// Says that a sighting was refused for good, so that it is counted where an operator sees it.
    pub fn count_refused(&mut self) {
        self.cursor.counts.refused_full += 1;
    }

    /// False: there are none left.
    fn give_up_oldest_frames(&mut self) -> io::Result<bool> {
        let freed = self.frames.remove_oldest()?;
        if freed > 0 {
            self.cursor.counts.frames_given_up += 1;
            warn!(freed_bytes = freed, "no room: the oldest frame pictures are given up, their plates and crops are kept");
        }
        Ok(freed > 0)
    }

    fn release_reserve(&mut self) -> bool {
        let released = std::mem::take(&mut self.has_reserve) && self.disk.remove(RESERVE_FILE).is_ok();
        if released {
            error!(bytes = self.config.reserve_bytes, "the disk is full: the reserve is used for hits; free some space");
        }
        released
    }

    /// Takes the reserve back once there is room for it. Called now and then.
    pub fn restore_reserve(&mut self) {
        if self.has_reserve || self.config.reserve_bytes == 0 {
            return;
        }
        let zeros = vec![0; usize::try_from(self.config.reserve_bytes).unwrap_or(0)];
        let written = self
            .disk
            .create(RESERVE_FILE)
            .and_then(|()| self.disk.write_at(RESERVE_FILE, 0, &zeros))
            .and_then(|()| self.disk.sync(RESERVE_FILE));
        self.has_reserve = written.is_ok();
        if !self.has_reserve {
            let _ = self.disk.remove(RESERVE_FILE);
        }
    }

    /// The oldest waiting sightings of a lane, at most `max_count` of them and about `max_bytes` as base64; one at
    /// least, and all read by the same model.
    pub fn waiting(&mut self, lane: Lane, max_count: usize, max_bytes: usize) -> Vec<Queued> {
        let now = Instant::now();
        let may_go = |sequence: &u64| !self.is_held_back(*sequence, now);
        let sequences: Vec<u64> = match lane {
            Lane::Hits => self.hits.iter().copied().filter(may_go).take(max_count).collect(),
            Lane::Rest => {
                let rest = self.pending.iter().filter(|(_, slot)| !slot.is_hit).map(|(sequence, _)| *sequence);
                rest.filter(may_go).take(max_count).collect()
            }
        };
        let mut taken: Vec<Queued> = Vec::new();
        let mut bytes = 0;
        for sequence in sequences {
            match self.load(sequence) {
                Ok(queued) => {
                    bytes += queued.wire_bytes();
                    let fits = taken.first().is_none_or(|first| bytes <= max_bytes && first.model == queued.model);
                    if !fits {
                        break;
                    }
                    taken.push(queued);
                }
                Err(ReadError::Io(e)) => {
                    error!(error = %e, "the queue cannot be read; what follows waits");
                    break;
                }
                Err(e) => self.set_aside(sequence, &e),
            }
        }
        taken
    }

    fn load(&self, sequence: u64) -> Result<Queued, ReadError> {
        let slot = self.pending.get(&sequence).ok_or(ReadError::Gone)?;
        let payload = self.sightings.read(slot.place)?;
        let (mut stored, crop_jpeg) = record::decode(&payload).ok_or(ReadError::Damaged)?;
        stored.sighting.seen = slot.seen.unwrap_or(stored.sighting.seen);
        let frame_jpeg = stored.frame.and_then(|place| self.frames.read(place).ok());
        Ok(Queued { model: stored.model, sighting: stored.sighting, crop_jpeg, frame_jpeg })
    }

    fn set_aside(&mut self, sequence: u64, why: &ReadError) {
        if let Some(slot) = self.pending.remove(&sequence) {
            self.hits.remove(&sequence);
            self.held_back.remove(&sequence);
            self.cursor.insert(sequence);
            self.cursor.counts.damaged += 1;
            self.sightings.mark_damaged(slot.place.segment);
            error!(sequence, error = %why, "a queued sighting is damaged; its file stays in the queue folder as damaged-*");
        }
    }

    /// The server has these. Any order, any repetition. Tells how many were new.
    ///
    /// # Errors
    /// When that could not be written down: they may be sent again after a restart, which is harmless.
    pub fn delivered(&mut self, sequences: &[u64]) -> io::Result<usize> {
        let mut fresh = 0;
        for sequence in sequences {
            if self.pending.remove(sequence).is_some() {
                self.hits.remove(sequence);
                self.held_back.remove(sequence);
                self.cursor.insert(*sequence);
                fresh += 1;
            }
        }
        if fresh > 0 {
            self.save()?;
        }
        Ok(fresh)
    }

    /// Writes the cursor down and removes what nobody needs any more.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&mut self) -> io::Result<()> {
        self.cursor.save(self.disk.as_ref())?;
        let low = lowest(&self.pending, &self.cursor);
        self.sightings.remove_below(low)?;
        self.frames.remove_below(low)?;
        self.described.remove_below(low)?;
        if let Some(oldest) = self.sightings.oldest() {
            self.cursor.forget_below(oldest);
        }
        Ok(())
    }
}

/// No sighting below it is waiting.
fn lowest(pending: &BTreeMap<u64, Slot>, cursor: &Cursor) -> u64 {
    pending.first_key_value().map_or(cursor.next_sequence, |(sequence, _)| *sequence)
}

impl Queued {
    /// About how many bytes it takes in a batch.
    #[must_use]
    pub fn wire_bytes(&self) -> usize {
        let base64 = |len: usize| len.div_ceil(3) * 4;
        RECORD_OVERHEAD_BYTES as usize
            + base64(self.crop_jpeg.len())
            + self.frame_jpeg.as_ref().map_or(0, |jpeg| base64(jpeg.len()))
    }
}
