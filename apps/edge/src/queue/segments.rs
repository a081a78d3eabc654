//! An append-only log in segment files: what `append` has returned survives a kill and, but for a log that is [`SegmentLog::unsynced`], a power cut.
//!
//! A record is `SHQ1 | length u32 | sequence u64 | flags u8, 3 zero bytes | CRC-32C u32 | payload`, little-endian; the
//! checksum covers everything from the length to the end of the payload. A segment is named by the first sequence that
//! it may hold, so that the next sequence is known even when every record has been delivered and removed: the newest
//! segment always stays.
//!
//! An incomplete record at the end of the newest segment was never acknowledged and is cut. Damage anywhere else is no
//! torn write: intact records behind it are found again by their mark, and the file is set aside when it is done with.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::disk::Disk;

const MARK: [u8; 4] = *b"SHQ1";
const HEADER_BYTES: usize = 24;
/// More in one record is damage: the largest is a frame picture of 3 MiB.
const PAYLOAD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// First sequence of the segment: its name.
    pub segment: u64,
    pub offset: u64,
    /// Bytes of the payload.
    pub len: u32,
}

/// A record found when the log was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub sequence: u64,
    pub flags: u8,
    pub place: Place,
}

/// What opening the log found.
#[derive(Debug, Default)]
pub struct Opened {
    pub records: Vec<Found>,
    /// Bytes of an unacknowledged record that were cut from the end.
    pub cut_bytes: u64,
    /// Bytes that are damaged without being a torn end.
    pub damaged_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the record's file is gone")]
    Gone,
    #[error("the record fails its checksum")]
    Damaged,
    #[error("the record cannot be read: {0}")]
    Io(#[from] io::Error),
}

#[derive(Debug, Clone, Copy, Default)]
struct Segment {
    len: u64,
    is_damaged: bool,
}

pub struct SegmentLog {
    disk: Arc<dyn Disk>,
    prefix: &'static str,
    segment_bytes: u64,
    segments: BTreeMap<u64, Segment>,
    /// The newest segment must not be written to: a write or sync on it failed, or damage was found in it.
    is_closed: bool,
    is_synced: bool,
}

fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(header.get(4..20).unwrap_or_default()), payload)
}

fn encode(sequence: u64, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(&[flags, 0, 0, 0]);
    let crc = checksum(&bytes, payload);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

struct Header {
    len: u32,
    sequence: u64,
    flags: u8,
    crc: u32,
}

fn header(bytes: &[u8]) -> Option<Header> {
    let bytes: &[u8; HEADER_BYTES] = bytes.get(..HEADER_BYTES)?.try_into().ok()?;
    let [m0, m1, m2, m3, l0, l1, l2, l3, s0, s1, s2, s3, s4, s5, s6, s7, flags, 0, 0, 0, c0, c1, c2, c3] = *bytes else {
        return None;
    };
    let len = u32::from_le_bytes([l0, l1, l2, l3]);
    ([m0, m1, m2, m3] == MARK && len as usize <= PAYLOAD_BYTES_MAX).then_some(Header {
        len,
        sequence: u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
        flags,
        crc: u32::from_le_bytes([c0, c1, c2, c3]),
    })
}

/// The header of a record that is whole and passes its checksum.
fn whole(bytes: &[u8]) -> Option<Header> {
    let head = header(bytes)?;
    let payload = bytes.get(HEADER_BYTES..HEADER_BYTES + head.len as usize)?;
    (checksum(bytes, payload) == head.crc).then_some(head)
}

struct Scan {
    records: Vec<Found>,
    /// Where the last intact record ends.
    end: usize,
    damaged_bytes: u64,
}

/// Every intact record of a segment's bytes, found again behind damage by its mark.
fn scan(segment: u64, bytes: &[u8]) -> Scan {
    let mut found = Scan { records: Vec::new(), end: 0, damaged_bytes: 0 };
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= HEADER_BYTES) {
        if let Some(head) = whole(rest) {
            found.damaged_bytes += (at - found.end) as u64;
            found.records.push(Found {
                sequence: head.sequence,
                flags: head.flags,
                place: Place { segment, offset: at as u64, len: head.len },
            });
            at += HEADER_BYTES + head.len as usize;
            found.end = at;
        } else {
            match rest.get(1..).and_then(|tail| tail.windows(4).position(|window| window == MARK)) {
                Some(skip) => at += 1 + skip,
                None => break,
            }
        }
    }
    found
}

impl SegmentLog {
    /// Finds what is there and cuts a torn end.
    ///
    /// # Errors
    /// When the folder cannot be listed or a segment not be read.
    pub fn open(disk: Arc<dyn Disk>, prefix: &'static str, segment_bytes: u64) -> io::Result<(Self, Opened)> {
        let mut log = Self { disk, prefix, segment_bytes, segments: BTreeMap::new(), is_closed: false, is_synced: true };
        for name in log.disk.names()? {
            let first =
                name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).and_then(|rest| rest.strip_suffix(".log"));
            if let Some(first) = first.and_then(|digits| digits.parse().ok()) {
                let len = log.disk.len(&name)?;
                log.segments.insert(first, Segment { len, is_damaged: false });
            }
        }
        let mut opened = Opened::default();
        let firsts: Vec<u64> = log.segments.keys().copied().collect();
        let newest = firsts.last().copied();
        for (index, first) in firsts.iter().copied().enumerate() {
            let walked = if Some(first) == newest { None } else { log.walk(first)? };
            let records = match walked {
                Some(records) => records,
                None => log.examine(first, Some(first) == newest, &mut opened)?,
            };
            // A record whose sync failed may come back after a power cut; its number was given to the next segment.
            let limit = firsts.get(index + 1).copied().unwrap_or(u64::MAX);
            let mut last = opened.records.last().map(|r| r.sequence);
            for record in records {
                if record.sequence < limit && last.is_none_or(|known| known < record.sequence) {
                    last = Some(record.sequence);
                    opened.records.push(record);
                }
            }
        }
        Ok((log, opened))
    }

    /// For records that may be lost: none is synced. What a power cut leaves of them is no damage, and is removed as if it were whole.
    #[must_use]
    pub fn unsynced(self) -> Self {
        Self { is_synced: false, ..self }
    }

    /// The records of an older segment by their headers alone; `None` where they do not fit the file's length.
    fn walk(&self, first: u64) -> io::Result<Option<Vec<Found>>> {
        let name = self.name(first);
        let total = self.segments.get(&first).map_or(0, |s| s.len);
        let mut records = Vec::new();
        let mut at = 0_u64;
        while at < total {
            let mut bytes = [0; HEADER_BYTES];
            self.disk.read_at(&name, at, &mut bytes)?;
            let Some(head) = header(&bytes) else { return Ok(None) };
            records.push(Found {
                sequence: head.sequence,
                flags: head.flags,
                place: Place { segment: first, offset: at, len: head.len },
            });
            at += (HEADER_BYTES as u64) + u64::from(head.len);
        }
        Ok((at == total).then_some(records))
    }

    /// Reads a segment in full: the newest, whose end may be torn, or one whose headers do not add up.
    fn examine(&mut self, first: u64, is_newest: bool, opened: &mut Opened) -> io::Result<Vec<Found>> {
        let name = self.name(first);
        let bytes = self.read_all(&name)?;
        let found = scan(first, &bytes);
        let torn = (bytes.len() - found.end) as u64;
        opened.damaged_bytes += found.damaged_bytes;
        let mut is_damaged = found.damaged_bytes > 0;
        if is_newest {
            self.is_closed = is_damaged;
            if torn > 0 {
                self.disk.truncate(&name, found.end as u64)?;
                self.disk.sync(&name)?;
                opened.cut_bytes += torn;
            }
        } else if torn > 0 {
            opened.damaged_bytes += torn;
            is_damaged = true;
        }
        if let Some(segment) = self.segments.get_mut(&first) {
            segment.is_damaged = is_damaged;
            segment.len = if is_newest { found.end as u64 } else { bytes.len() as u64 };
        }
        Ok(found.records)
    }

    fn read_all(&self, name: &str) -> io::Result<Vec<u8>> {
        let len = usize::try_from(self.disk.len(name)?).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut bytes = vec![0; len];
        let got = self.disk.read_at(name, 0, &mut bytes)?;
        bytes.truncate(got);
        Ok(bytes)
    }

    fn name(&self, first: u64) -> String {
        format!("{}-{first:020}.log", self.prefix)
    }

    /// The first sequence that the newest segment may hold.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.segments.keys().next_back().copied()
    }

    #[must_use]
    pub fn oldest(&self) -> Option<u64> {
        self.segments.keys().next().copied()
    }

    /// The two newest segments, where the records of an interrupted input are.
    #[must_use]
    pub fn newest_two(&self) -> Vec<u64> {
        self.segments.keys().rev().take(2).copied().collect()
    }

    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.values().map(|s| s.len).sum()
    }

    /// Writes one record and syncs it, but where the log is [`Self::unsynced`]. Sequences must rise.
    ///
    /// # Errors
    /// When the record is not written or not durable; nothing of it will be read back unless the power fails before the disk has
    /// forgotten it, and then it is read back whole.
    pub fn append(&mut self, sequence: u64, flags: u8, payload: &[u8]) -> io::Result<Place> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a queue record of more than 8 MiB"));
        }
        let newest = self.segments.last_key_value().filter(|(_, s)| !self.is_closed && s.len < self.segment_bytes);
        let (first, start) = match newest {
            Some((first, segment)) => (*first, segment.len),
            None => {
                self.disk.create(&self.name(sequence))?;
                if self.is_synced {
                    self.disk.sync_names()?;
                }
                self.segments.insert(sequence, Segment::default());
                self.is_closed = false;
                (sequence, 0)
            }
        };
        let name = self.name(first);
        let bytes = encode(sequence, flags, payload);
        if let Err(e) = self.disk.write_at(&name, start, &bytes) {
            self.is_closed = self.disk.truncate(&name, start).is_err();
            return Err(e);
        }
        if self.is_synced
            && let Err(e) = self.disk.sync(&name)
        {
            // After a failed sync nobody knows what the disk holds: never write to this file again.
            let _ = self.disk.truncate(&name, start);
            self.is_closed = true;
            return Err(e);
        }
        if let Some(segment) = self.segments.get_mut(&first) {
            segment.len = start + bytes.len() as u64;
        }
        Ok(Place { segment: first, offset: start, len: u32::try_from(payload.len()).unwrap_or(u32::MAX) })
    }

    /// # Errors
    /// When the record is gone, damaged or unreadable.
    pub fn read(&self, place: Place) -> Result<Vec<u8>, ReadError> {
        if !self.segments.contains_key(&place.segment) {
            return Err(ReadError::Gone);
        }
        let mut bytes = vec![0; HEADER_BYTES + place.len as usize];
        let got = self.disk.read_at(&self.name(place.segment), place.offset, &mut bytes).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => ReadError::Gone,
            _ => ReadError::Io(e),
        })?;
        if got < bytes.len() || whole(&bytes).is_none_or(|head| head.len != place.len) {
            return Err(ReadError::Damaged);
        }
        bytes.drain(..HEADER_BYTES);
        Ok(bytes)
    }

    /// The segment is set aside instead of removed when it is done with.
    pub fn mark_damaged(&mut self, first: u64) {
        if let Some(segment) = self.segments.get_mut(&first) {
            segment.is_damaged = true;
        }
    }

    /// Removes every segment but the newest that holds only sequences below `sequence`.
    ///
    /// # Errors
    /// When the disk refuses; what is left is tried again next time.
    pub fn remove_below(&mut self, sequence: u64) -> io::Result<()> {
        loop {
            let mut firsts = self.segments.keys().copied();
            match (firsts.next(), firsts.next()) {
                (Some(first), Some(next)) if next <= sequence => self.remove(first)?,
                _ => return Ok(()),
            }
        }
    }

    /// Removes the oldest segment whatever it holds, and tells how many bytes that freed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove_oldest(&mut self) -> io::Result<u64> {
        let Some((first, segment)) = self.segments.first_key_value().map(|(f, s)| (*f, *s)) else { return Ok(0) };
        self.remove(first)?;
        Ok(segment.len)
    }

    fn remove(&mut self, first: u64) -> io::Result<()> {
        let name = self.name(first);
        let is_damaged = self.is_synced && self.segments.get(&first).is_some_and(|s| s.is_damaged);
        let done = if is_damaged { self.disk.rename(&name, &format!("damaged-{name}")) } else { self.disk.remove(&name) };
        match done {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => {
                self.segments.remove(&first);
                Ok(())
            }
        }
    }
}
