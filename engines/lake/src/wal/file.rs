//! One file of the log: its header, its groups, and what can be read of it after a crash.

use super::codec::CodecError;
use super::{codec, log::GROUP_BYTES_MAX};
use crate::row::Batch;

pub const HEADER_BYTES: usize = 64;
pub(super) const GROUP_HEADER_BYTES: usize = 24;
const MAGIC: &[u8; 8] = b"SHOUHUWL";
const VERSION: u32 = 1;
/// Byte 0xFF is in no text: what a batch carries as text cannot look like a group.
const GROUP_MARK: [u8; 4] = [0xff, b'G', b'R', 0x00];

/// `wal/` and sixteen hexadecimal digits.
#[must_use]
pub fn name_of(number: u64) -> String {
    format!("wal/{number:016x}.wal")
}

#[must_use]
pub fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("wal/")?.strip_suffix(".wal")?;
    u64::from_str_radix(digits, 16).ok().filter(|number| name_of(*number) == name)
}

/// The first 64 bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHeader {
    pub node: u32,
    pub number: u64,
    /// The file before this one; 0: there is none.
    pub previous: u64,
    /// Where the file before this one ends; nothing behind it counts.
    pub previous_end: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("write-ahead log {file:?} is damaged at byte {offset}: {detail}")]
    Damaged { file: String, offset: u64, detail: &'static str },
    #[error("write-ahead log {file:?}, group at byte {offset}: {error}")]
    Group { file: String, offset: u64, error: CodecError },
    #[error("write-ahead log {file:?} is of version {version}; this program reads {VERSION}")]
    Version { file: String, version: u32 },
    #[error("write-ahead log {file:?} is of node {node}, not of {wanted}")]
    Node { file: String, node: u32, wanted: u32 },
    #[error("write-ahead log {file:?} is missing: {after:?} follows it")]
    Gap { file: String, after: String },
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl FileHeader {
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.node.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.previous.to_le_bytes());
        bytes.extend_from_slice(&self.previous_end.to_le_bytes());
        bytes.resize(HEADER_BYTES - 4, 0);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes.first_chunk().copied().unwrap_or([0; HEADER_BYTES])
    }

    /// `None`: the bytes are no header, or not a whole one.
    fn decode(file: &str, bytes: &[u8]) -> Result<Option<Self>, ScanError> {
        let parsed = (|| {
            let bytes = bytes.get(..HEADER_BYTES)?;
            let (body, crc) = bytes.split_last_chunk::<4>()?;
            if !bytes.starts_with(MAGIC) || crc32fast::hash(body) != u32::from_le_bytes(*crc) {
                return None;
            }
            let header = Self {
                node: u32_at(bytes, 12)?,
                number: u64_at(bytes, 16)?,
                previous: u64_at(bytes, 24)?,
                previous_end: u64_at(bytes, 32)?,
            };
            // A file that came after itself would be read for ever.
            (header.previous < header.number).then_some((u32_at(bytes, 8)?, header))
        })();
        match parsed {
            Some((version, _)) if version != VERSION => Err(ScanError::Version { file: file.to_owned(), version }),
            parsed => Ok(parsed.map(|(_, header)| header)),
        }
    }
}

/// CRC of a group's header: it also covers where the group stands, so that a group of another place is none.
fn group_crc(file_number: u64, offset: u64, head: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&file_number.to_le_bytes());
    crc.update(&offset.to_le_bytes());
    crc.update(head);
    crc.finalize()
}

/// Fills in the header of a group: `bytes` begin with room for it.
pub(super) fn seal_group(bytes: &mut [u8], file_number: u64, offset: u64, number: u32, is_flushed: bool) {
    let Some((head, payload)) = bytes.split_at_mut_checked(GROUP_HEADER_BYTES) else { return };
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut fields = Vec::with_capacity(GROUP_HEADER_BYTES);
    fields.extend_from_slice(&GROUP_MARK);
    fields.extend_from_slice(&len.to_le_bytes());
    fields.extend_from_slice(&number.to_le_bytes());
    fields.extend_from_slice(&u32::from(is_flushed).to_le_bytes());
    fields.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    fields.extend_from_slice(&group_crc(file_number, offset, &fields).to_le_bytes());
    head.copy_from_slice(&fields);
}

/// Where one group lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub number: u32,
    /// Its rows are in segments already: it is here only because it may not be settled.
    pub is_flushed: bool,
    /// Of its header.
    pub offset: u64,
    /// Behind its last byte.
    pub end: u64,
    payload_crc: u32,
}

impl Group {
    /// `None`: no group stands at `offset`.
    fn at(bytes: &[u8], file_number: u64, offset: usize) -> Option<Self> {
        let head = bytes.get(offset..)?.get(..GROUP_HEADER_BYTES)?;
        if !head.starts_with(&GROUP_MARK) {
            return None;
        }
        let len = u32_at(head, 4)? as usize;
        if len > GROUP_BYTES_MAX || u32_at(head, 20)? != group_crc(file_number, offset as u64, head.get(..20)?) {
            return None;
        }
        let end = (offset + GROUP_HEADER_BYTES + len) as u64;
        let is_flushed = u32_at(head, 12)? & 1 != 0;
        Some(Self { number: u32_at(head, 8)?, is_flushed, offset: offset as u64, end, payload_crc: u32_at(head, 16)? })
    }

    /// `None` where the file ends before the group, or its checksum says that it is not what was written.
    #[must_use]
    pub fn payload<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let from = usize::try_from(self.offset).ok()? + GROUP_HEADER_BYTES;
        let payload = bytes.get(from..usize::try_from(self.end).ok()?)?;
        (crc32fast::hash(payload) == self.payload_crc).then_some(payload)
    }
}

/// What a whole file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// `None`: it is damaged and was read around, or the file is unfinished.
    pub header: Option<FileHeader>,
    /// The file was being made when the writer died: nothing in it had been acknowledged, and nothing in it counts.
    pub is_unfinished: bool,
    /// In order, whole.
    pub groups: Vec<Group>,
    /// Behind the last whole group.
    pub end: u64,
    /// Where something stands that is no whole group and was never acknowledged; zeros do not count.
    pub torn_at: Option<u64>,
    /// Damage that was read around: from byte, to byte.
    pub damaged: Vec<(u64, u64)>,
}

/// How to read a file.
#[derive(Debug, Clone, Copy)]
pub struct Scan {
    pub node: u32,
    pub number: u64,
    /// What the header of the next file says of this one's end; `None`: this is the last.
    pub known_end: Option<u64>,
    /// Read around damage instead of stopping at it.
    pub reads_around: bool,
}

impl Scan {
    /// # Errors
    /// When the file is damaged where it had been acknowledged, unless it is to be read around.
    pub fn run(&self, bytes: &[u8]) -> Result<Scanned, ScanError> {
        let file = name_of(self.number);
        let header = FileHeader::decode(&file, bytes)?;
        if let Some(header) = header.filter(|header| header.node != self.node) {
            return Err(ScanError::Node { file, node: header.node, wanted: self.node });
        }
        let mut scanned = Scanned {
            header: header.filter(|header| header.number == self.number),
            is_unfinished: false,
            groups: Vec::new(),
            end: HEADER_BYTES as u64,
            torn_at: None,
            damaged: Vec::new(),
        };
        // The header and the first group are made durable by one sync: a second group proves both, and so does a next file.
        let is_started = self.known_end.is_some() || self.next_group(bytes, HEADER_BYTES, 2).is_some();
        let first = Group::at(bytes, self.number, HEADER_BYTES).filter(|first| first.payload(bytes).is_some());
        if !is_started && (scanned.header.is_none() || first.is_none()) {
            scanned.header = None;
            scanned.is_unfinished = true;
            scanned.torn_at = bytes.iter().any(|byte| *byte != 0).then_some(0);
            return Ok(scanned);
        }
        if scanned.header.is_none() {
            self.damage(&mut scanned, 0, HEADER_BYTES as u64, "its header is not what was written")?;
        }
        self.scan_groups(bytes, &mut scanned)?;
        Ok(scanned)
    }

    fn damage(&self, scanned: &mut Scanned, from: u64, until: u64, detail: &'static str) -> Result<(), ScanError> {
        if !self.reads_around {
            return Err(ScanError::Damaged { file: name_of(self.number), offset: from, detail });
        }
        scanned.damaged.push((from, until));
        Ok(())
    }

    fn scan_groups(&self, bytes: &[u8], scanned: &mut Scanned) -> Result<(), ScanError> {
        let known_end = self.known_end.map_or(usize::MAX, |end| usize::try_from(end).unwrap_or(usize::MAX));
        let until = bytes.len().min(known_end);
        let within = bytes.get(..until).unwrap_or(bytes);
        let mut at = HEADER_BYTES;
        let mut number = 1;
        while at < until {
            let group = Group::at(within, self.number, at).filter(|group| group.number == number);
            if let Some(group) = group.filter(|group| group.payload(within).is_some()) {
                at = usize::try_from(group.end).unwrap_or(usize::MAX);
                number += 1;
                scanned.groups.push(group);
                scanned.end = group.end;
                continue;
            }
            match self.next_group(within, at + 1, number + 1) {
                Some(next) => {
                    self.damage(scanned, at as u64, next.offset, "a group is not what was written, and one follows it")?;
                    at = usize::try_from(next.offset).unwrap_or(usize::MAX);
                    number = next.number;
                }
                None if self.known_end.is_some() => {
                    self.damage(scanned, at as u64, known_end as u64, "a group is not what was written, and a file follows it")?;
                    return Ok(());
                }
                None => {
                    let is_zero = within.get(at..).is_none_or(|tail| tail.iter().all(|byte| *byte == 0));
                    scanned.torn_at = (!is_zero).then_some(at as u64);
                    return Ok(());
                }
            }
        }
        if until < known_end && self.known_end.is_some() {
            self.damage(scanned, until as u64, known_end as u64, "it is shorter than it was")?;
        }
        Ok(())
    }

    /// The next header of a group with at least this number: its payload need not be whole to prove that what is before it had
    /// been synced.
    fn next_group(&self, bytes: &[u8], from: usize, number_min: u32) -> Option<Group> {
        let mut at = from;
        loop {
            let rest = bytes.get(at..)?;
            at += rest.iter().position(|byte| *byte == GROUP_MARK[0])?;
            if let Some(group) = Group::at(bytes, self.number, at).filter(|group| group.number >= number_min) {
                return Some(group);
            }
            at += 1;
        }
    }
}

/// Every batch of the whole groups, in order.
///
/// # Errors
/// When a group whose checksum holds cannot be read, or `found` says so.
pub(crate) fn each_batch<E: From<ScanError>>(
    bytes: &[u8],
    number: u64,
    groups: &[Group],
    found: &mut dyn FnMut(Batch) -> Result<(), E>,
) -> Result<(), E> {
    for group in groups {
        let mut payload = group.payload(bytes).unwrap_or_default();
        while !payload.is_empty() {
            let (batch, rest) = codec::decode_batch(payload).map_err(|error| ScanError::Group {
                file: name_of(number),
                offset: group.offset,
                error,
            })?;
            payload = rest;
            found(batch)?;
        }
    }
    Ok(())
}
