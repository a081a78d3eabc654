//! The index file: what is known of a segment without reading its pages. `docs/reference/lake-format.md` has it byte by byte.
//!
//! Its head is read whole and kept; behind it lie the roll of plates and the counts by source and hour, read as asked.

use crc32fast::hash as crc32;

use super::filter::Filter;
use super::pack::{Malformed, put_varint, varint};
use super::roll::BLOCK;
use crate::row::DAY_MS;

pub const MAGIC: &[u8; 8] = b"SHLIDX\r\n";
pub const VERSION: u32 = 1;
pub const HOURS: usize = 24;

/// Pages of one column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Where its first page begins.
    pub start: u64,
    /// Length and checksum of the dictionary page, which ends where the first page begins; length 0: there is none.
    pub dictionary: (u32, u32),
    pub page_rows: u32,
    /// Where each page ends, from `start`.
    pub ends: Box<[u32]>,
    pub crcs: Box<[u32]>,
}

/// One of the two Parquet files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileNote {
    pub len: u64,
    pub tail: u64,
    pub tail_crc: u32,
    pub columns: Vec<Column>,
}

/// Counts of one hour of the day, one plane of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourNote {
    pub rows: u32,
    /// Where its plane ends, from the planes' beginning; and the plane's checksum.
    pub end: u32,
    pub crc: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    pub class: u8,
    pub day: i64,
    pub id: u64,
    pub rows: u32,
    pub plates: u32,
    pub first_ms: i64,
    pub last_ms: i64,
    /// By plate, by source.
    pub files: [FileNote; 2],
    /// Sorted; and where each one's rows begin in the file in source order, with the number of all rows at the end.
    pub sources: Box<[u32]>,
    pub first_rows: Box<[u32]>,
    /// Places in `sources` of those whose rows have places of their own.
    pub moving: Box<[u32]>,
    pub confidences: Box<[u32]>,
    pub directions: Box<[u32]>,
    pub pictures: Box<[u32]>,
    /// Milliseconds of the day of the first row of each page of times in source order.
    pub page_times: Box<[u32]>,
    /// Per block of the roll: first plate, first row in plate order, and where it ends, from the roll's beginning. A block's
    /// last four bytes are its checksum.
    pub block_plates: Box<[u64]>,
    pub block_rows: Box<[u32]>,
    pub block_ends: Box<[u32]>,
    pub hours: [HourNote; HOURS],
    pub filter: Filter,
}

impl Index {
    /// The head, with its length and checksum.
    #[must_use]
    pub fn write(&self) -> (Vec<u8>, u32) {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        put_u32(&mut out, VERSION);
        put_u32(&mut out, 0);
        put_u32(&mut out, u32::from(self.class));
        put_u64(&mut out, self.day as u64);
        put_u64(&mut out, self.id);
        put_u32(&mut out, self.rows);
        put_u32(&mut out, self.plates);
        put_u64(&mut out, self.first_ms as u64);
        put_u64(&mut out, self.last_ms as u64);
        for file in &self.files {
            put_file(&mut out, file);
        }
        self.put_sources(&mut out);
        for words in [&self.confidences, &self.directions, &self.pictures] {
            put_rising(&mut out, words);
        }
        put_u32s(&mut out, &self.page_times);
        self.put_blocks(&mut out);
        for hour in &self.hours {
            put_u32(&mut out, hour.rows);
            put_u32(&mut out, hour.end);
            put_u32(&mut out, hour.crc);
        }
        self.filter.write(&mut out);
        let len = out.len() as u32 + 4;
        if let Some(slot) = out.get_mut(12..16) {
            slot.copy_from_slice(&len.to_le_bytes());
        }
        let crc = crc32(&out);
        put_u32(&mut out, crc);
        (out, crc)
    }

    fn put_sources(&self, out: &mut Vec<u8>) {
        put_u32(out, self.sources.len() as u32);
        let mut before = 0;
        for (source, rows) in self.sources.iter().zip(self.first_rows.windows(2)) {
            put_varint(out, u64::from(source - before));
            put_varint(out, if let [from, until] = rows { u64::from(until - from) } else { 0 });
            before = *source;
        }
        put_rising(out, &self.moving);
    }

    fn put_blocks(&self, out: &mut Vec<u8>) {
        let (mut plate, mut row, mut end) = (0, 0, 0);
        for ((first, rows), ends) in self.block_plates.iter().zip(&self.block_rows).zip(&self.block_ends) {
            put_varint(out, first - plate);
            put_varint(out, u64::from(rows - row));
            put_varint(out, u64::from(ends - end));
            (plate, row, end) = (*first, *rows, *ends);
        }
    }

    /// Length of the head, from a file's first sixteen bytes.
    pub fn head_len(first: &[u8]) -> Result<u32, Malformed> {
        let mut from = Reader { bytes: first, at: 0 };
        if from.take(8)? != MAGIC {
            return Err(Malformed("no index file: its first bytes are others"));
        }
        if from.u32()? != VERSION {
            return Err(Malformed("an index of another version"));
        }
        from.u32()
    }

    /// Reads the whole head and checks its checksum, which must be `crc`.
    pub fn read(head: &[u8], crc: u32) -> Result<Self, Malformed> {
        let (body, own) = head.split_last_chunk::<4>().ok_or(Malformed("no room for a checksum"))?;
        if u32::from_le_bytes(*own) != crc || crc32(body) != crc {
            return Err(Malformed("the index's checksum is not the catalogue's"));
        }
        if Self::head_len(body)? as usize != head.len() {
            return Err(Malformed("an index of another length"));
        }
        let mut from = Reader { bytes: body, at: 16 };
        let mut index = Self { class: from.u32()? as u8, day: from.u64()? as i64, id: from.u64()?, ..Self::default() };
        index.rows = from.u32()?;
        index.plates = from.u32()?;
        index.first_ms = from.u64()? as i64;
        index.last_ms = from.u64()? as i64;
        for file in &mut index.files {
            *file = from.file(index.rows)?;
        }
        index.read_sources(&mut from)?;
        index.confidences = from.rising()?;
        index.directions = from.rising()?;
        index.pictures = from.rising()?;
        index.page_times = from.u32s()?;
        index.read_blocks(&mut from)?;
        for hour in &mut index.hours {
            *hour = HourNote { rows: from.u32()?, end: from.u32()?, crc: from.u32()? };
        }
        let (seed, segment_len, prints) = (from.u64()?, from.u32()?, from.u32()?);
        index.filter = Filter::from_parts(seed, segment_len, from.take(prints as usize)?).ok_or(Malformed("an odd filter"))?;
        if from.at != body.len() || !index.is_sound() {
            return Err(Malformed("the index contradicts itself"));
        }
        Ok(index)
    }

    fn read_sources(&mut self, from: &mut Reader<'_>) -> Result<(), Malformed> {
        let count = from.count(2)?;
        let (mut sources, mut first_rows) = (Vec::with_capacity(count), Vec::with_capacity(count + 1));
        let (mut source, mut row) = (0_u32, 0_u32);
        first_rows.push(0);
        for _ in 0..count {
            source = source.checked_add(from.varint32()?).ok_or(Malformed("a source's number"))?;
            row = row.checked_add(from.varint32()?).ok_or(Malformed("a source's rows"))?;
            sources.push(source);
            first_rows.push(row);
        }
        self.sources = sources.into();
        self.first_rows = first_rows.into();
        self.moving = from.rising()?;
        Ok(())
    }

    fn read_blocks(&mut self, from: &mut Reader<'_>) -> Result<(), Malformed> {
        let count = (self.plates as usize).div_ceil(BLOCK);
        if count > from.bytes.len() {
            return Err(Malformed("more blocks of plates than bytes"));
        }
        let (mut plates, mut rows, mut ends) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut plate, mut row, mut end) = (0_u64, 0_u32, 0_u32);
        for _ in 0..count {
            plate = plate.checked_add(varint(from.bytes, &mut from.at)?).ok_or(Malformed("a plate's number"))?;
            row = row.checked_add(from.varint32()?).ok_or(Malformed("a plate's rows"))?;
            end = end.checked_add(from.varint32()?).ok_or(Malformed("a block's end"))?;
            plates.push(plate);
            rows.push(row);
            ends.push(end);
        }
        self.block_plates = plates.into();
        self.block_rows = rows.into();
        self.block_ends = ends.into();
        Ok(())
    }

    /// What the readers rely on without asking again.
    fn is_sound(&self) -> bool {
        let day = self.day.checked_mul(DAY_MS).is_some_and(|from| from <= self.first_ms && self.last_ms < from + DAY_MS);
        let pages = |column: &Column| {
            column.page_rows > 0
                && column.ends.len() == self.rows.div_ceil(column.page_rows) as usize
                && column.crcs.len() == column.ends.len()
        };
        day && self.rows > 0
            && self.first_rows.last() == Some(&self.rows)
            && self.first_rows.is_sorted()
            && self.sources.is_sorted()
            && self.moving.last().is_none_or(|last| (*last as usize) < self.sources.len())
            && self.block_rows.last().is_none_or(|row| *row < self.rows)
            && !self.block_plates.is_empty()
            && self.files.iter().all(|file| file.columns.iter().all(pages))
            && self.files.iter().map(|file| file.columns.len()).eq([7, 13])
    }

    /// Bytes that this keeps in memory, about.
    #[must_use]
    pub fn memory(&self) -> usize {
        let columns = self.files.iter().flat_map(|file| &file.columns);
        let pages: usize = columns.map(|column| 8 * column.ends.len() + size_of::<Column>()).sum();
        let sources = 4 * (self.sources.len() + self.first_rows.len() + self.moving.len());
        pages + sources + 4 * self.page_times.len() + 16 * self.block_plates.len() + self.filter.bytes() + size_of::<Self>()
    }
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_u32s(out: &mut Vec<u8>, values: &[u32]) {
    put_u32(out, values.len() as u32);
    for value in values {
        put_u32(out, *value);
    }
}

/// Sorted numbers, as their differences.
fn put_rising(out: &mut Vec<u8>, values: &[u32]) {
    put_u32(out, values.len() as u32);
    let mut before = 0;
    for value in values {
        put_varint(out, u64::from(value - before));
        before = *value;
    }
}

fn put_file(out: &mut Vec<u8>, file: &FileNote) {
    put_u64(out, file.len);
    put_u64(out, file.tail);
    put_u32(out, file.tail_crc);
    put_u32(out, file.columns.len() as u32);
    for column in &file.columns {
        put_u64(out, column.start);
        put_u32(out, column.dictionary.0);
        put_u32(out, column.dictionary.1);
        put_u32(out, column.page_rows);
        let mut before = 0;
        for (end, crc) in column.ends.iter().zip(&column.crcs) {
            put_varint(out, u64::from(end - before));
            put_u32(out, *crc);
            before = *end;
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let until = self.at.checked_add(len).ok_or(Malformed("a length"))?;
        let taken = self.bytes.get(self.at..until).ok_or(Malformed("the index is cut off"))?;
        self.at = until;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(self.take(4)?.try_into().map_or(0, u32::from_le_bytes))
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(self.take(8)?.try_into().map_or(0, u64::from_le_bytes))
    }

    fn varint32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(varint(self.bytes, &mut self.at)?).map_err(|_| Malformed("a number of more than 32 bits"))
    }

    /// A number of things of at least `size` bytes each, which cannot be more than there are bytes for.
    fn count(&mut self, size: usize) -> Result<usize, Malformed> {
        let count = self.u32()? as usize;
        if count > (self.bytes.len() - self.at) / size { Err(Malformed("more entries than bytes")) } else { Ok(count) }
    }

    fn u32s(&mut self) -> Result<Box<[u32]>, Malformed> {
        let count = self.count(4)?;
        Ok(self.take(4 * count)?.chunks_exact(4).map(|four| four.try_into().map_or(0, u32::from_le_bytes)).collect())
    }

    fn rising(&mut self) -> Result<Box<[u32]>, Malformed> {
        let count = self.count(1)?;
        let mut value = 0_u32;
        (0..count)
            .map(|_| {
                value = value.checked_add(self.varint32()?).ok_or(Malformed("a number of more than 32 bits"))?;
                Ok(value)
            })
            .collect()
    }

    fn file(&mut self, rows: u32) -> Result<FileNote, Malformed> {
        let mut file = FileNote { len: self.u64()?, tail: self.u64()?, tail_crc: self.u32()?, columns: Vec::new() };
        for _ in 0..self.count(20)? {
            let start = self.u64()?;
            let dictionary = (self.u32()?, self.u32()?);
            let page_rows = self.u32()?;
            let pages = if page_rows == 0 { 0 } else { rows.div_ceil(page_rows) as usize };
            if pages > (self.bytes.len() - self.at) / 5 {
                return Err(Malformed("more pages than bytes"));
            }
            let (mut ends, mut crcs) = (Vec::with_capacity(pages), Vec::with_capacity(pages));
            let mut end = 0_u32;
            for _ in 0..pages {
                end = end.checked_add(self.varint32()?).ok_or(Malformed("a page's end"))?;
                ends.push(end);
                crcs.push(self.u32()?);
            }
            if start.checked_add(u64::from(end)).is_none_or(|until| until > file.tail) || file.tail > file.len {
                return Err(Malformed("a page behind its file's end"));
            }
            file.columns.push(Column { start, dictionary, page_rows, ends: ends.into(), crcs: crcs.into() });
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// With a sound checksum, so that what lies behind it is reached.
        #[test]
        fn arbitrary_bytes_are_refused(body in prop::collection::vec(any::<u8>(), 0..600), is_begun in any::<bool>()) {
            let mut head = Vec::new();
            if is_begun {
                head.extend_from_slice(MAGIC);
                put_u32(&mut head, VERSION);
                put_u32(&mut head, body.len() as u32 + 20);
            }
            head.extend(body);
            let crc = crc32(&head);
            put_u32(&mut head, crc);
            prop_assert!(Index::read(&head, crc).is_err());
        }
    }
}
