//! What pictures showed, for sightings that were on disk before anybody had looked: a log of its own beside theirs.
//!
//! A sighting must not wait on memory alone for its picture to be looked at, and a record is never changed. So the description is a record
//! of its own, and joins its sighting when that is taken out. Losing one is harmless: its sighting goes without. So nothing here is synced: all that
//! keep and send sightings stand behind one lock, and would wait for each sync.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shouhu_plate::SeenVehicle;

use super::disk::Disk;
use super::segments::SegmentLog;

#[derive(Serialize, Deserialize)]
struct Line {
    sequence: u64,
    seen: SeenVehicle,
}

pub struct Described {
    log: SegmentLog,
    /// Number of the newest record. Pictures are not looked at in the order in which they were kept, and numbers in a log rise: a record's is
    /// its sighting's or higher, so that whatever is below a number speaks of sightings below it.
    newest: u64,
}

impl Described {
    /// Opens the log, and tells which sightings it describes, for those from this number on: what speaks of others only, long delivered, is not read.
    ///
    /// # Errors
    /// When the folder cannot be listed or a segment not be read.
    pub fn open(disk: Arc<dyn Disk>, segment_bytes: u64, from: u64) -> io::Result<(Self, Vec<(u64, SeenVehicle)>)> {
        let (log, found) = SegmentLog::open(disk, "described", segment_bytes)?;
        let log = log.unsynced();
        let newest = found.records.last().map(|record| record.sequence).max(log.newest()).unwrap_or(0);
        // What cannot be read describes nothing: a newer agent's words, or a damaged record.
        let known = |place| serde_json::from_slice::<Line>(&log.read(place).ok()?).ok();
        let wanted = found.records.iter().filter(|record| record.sequence >= from);
        let lines = wanted.filter_map(|record| known(record.place)).map(|line| (line.sequence, line.seen)).collect();
        Ok((Self { log, newest }, lines))
    }

    /// # Errors
    /// When it is not written.
    pub fn append(&mut self, sequence: u64, seen: SeenVehicle) -> io::Result<()> {
        let number = sequence.max(self.newest.saturating_add(1));
        self.log.append(number, 0, &serde_json::to_vec(&Line { sequence, seen })?)?;
        self.newest = number;
        Ok(())
    }

    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.log.bytes()
    }

    /// # Errors
    /// When the disk refuses; what is left is tried again next time.
    pub fn remove_below(&mut self, sequence: u64) -> io::Result<()> {
        self.log.remove_below(sequence)
    }
}
