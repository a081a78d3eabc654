//! Which sequences the server has, kept in one small file that is replaced as a whole.
//!
//! Losing it is harmless: everything still in the log is sent again and the server answers "duplicate".

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::disk::Disk;

const FILE: &str = "cursor";
const FILE_NEW: &str = "cursor.new";

/// Delivered sequences as ranges `start..end`, and the next number to give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    pub next_sequence: u64,
    ranges: BTreeMap<u64, u64>,
    /// Counts that must not start again from nothing: what was refused or lost is said until an operator has seen it.
    pub counts: Counts,
}

/// What the queue had to leave out since the agent was enrolled. All zero on a healthy device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Sightings refused because the queue had its full size.
    pub refused_full: u64,
    /// Times that frame pictures were given up for room.
    pub frames_given_up: u64,
    /// Records that failed their checksum.
    pub damaged: u64,
}

#[derive(Serialize, Deserialize)]
struct Body {
    next_sequence: u64,
    delivered: Vec<(u64, u64)>,
    #[serde(default)]
    counts: Counts,
}

impl Cursor {
    #[must_use]
    pub fn contains(&self, sequence: u64) -> bool {
        self.ranges.range(..=sequence).next_back().is_some_and(|(_, end)| sequence < *end)
    }

    /// False: it was there already.
    pub fn insert(&mut self, sequence: u64) -> bool {
        if self.contains(sequence) {
            return false;
        }
        let mut start = sequence;
        let mut end = sequence + 1;
        if let Some((before, before_end)) = self.ranges.range(..sequence).next_back().map(|(s, e)| (*s, *e))
            && before_end == sequence
        {
            start = before;
        }
        if let Some(after_end) = self.ranges.remove(&end) {
            end = after_end;
        }
        self.ranges.insert(start, end);
        true
    }

    /// Forgets ranges that end at or below `sequence`: those records have left the log.
    pub fn forget_below(&mut self, sequence: u64) {
        while let Some(entry) = self.ranges.first_entry().filter(|entry| *entry.get() <= sequence) {
            entry.remove();
        }
    }

    /// `None` where there is no intact cursor.
    pub(super) fn load(disk: &dyn Disk) -> io::Result<Option<Self>> {
        let len = match disk.len(FILE) {
            Ok(len) => len,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        let got = disk.read_at(FILE, 0, &mut bytes)?;
        bytes.truncate(got);
        Ok(Self::parse(&bytes))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (crc, json) = bytes.split_at_checked(4)?;
        if crc32c::crc32c(json).to_le_bytes() != crc {
            return None;
        }
        let body: Body = serde_json::from_slice(json).ok()?;
        Some(Self { next_sequence: body.next_sequence, ranges: body.delivered.into_iter().collect(), counts: body.counts })
    }

    pub(super) fn save(&self, disk: &dyn Disk) -> io::Result<()> {
        let body = Body {
            next_sequence: self.next_sequence,
            delivered: self.ranges.iter().map(|(s, e)| (*s, *e)).collect(),
            counts: self.counts,
        };
        let json = serde_json::to_vec(&body).map_err(io::Error::other)?;
        let mut bytes = crc32c::crc32c(&json).to_le_bytes().to_vec();
        bytes.extend_from_slice(&json);
        disk.create(FILE_NEW)?;
        disk.write_at(FILE_NEW, 0, &bytes)?;
        disk.sync(FILE_NEW)?;
        disk.rename(FILE_NEW, FILE)?;
        disk.sync_names()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_exactly_what_was_put_in(sequences in proptest::collection::vec(1_u64..40, 0..60), below in 0_u64..40) {
            let mut cursor = Cursor::default();
            let mut model = BTreeSet::new();
            for sequence in sequences {
                prop_assert_eq!(cursor.insert(sequence), model.insert(sequence));
            }
            for sequence in 0..42 {
                prop_assert_eq!(cursor.contains(sequence), model.contains(&sequence));
            }
            cursor.forget_below(below);
            for sequence in below..42 {
                prop_assert_eq!(cursor.contains(sequence), model.contains(&sequence));
            }
            let ends: Vec<u64> = cursor.ranges.values().copied().collect();
            let starts: Vec<u64> = cursor.ranges.keys().copied().skip(1).collect();
            prop_assert!(ends.iter().zip(&starts).all(|(end, start)| end < start), "neighbouring ranges are one range");
        }
    }
}
