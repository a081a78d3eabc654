//! An open segment: its index is in memory, its pages are read as they are asked for.

use std::sync::Arc;

use shouhu_files::{Files, ReadAt};

use super::cursor::{At, Scratch, read_slack};
use super::file::MAGIC;
use super::index::Index;
use super::pack::{Malformed, Slack};
use super::roll::{BLOCK, Entry, block, plates};
use super::shape::{Shape, by_plate, by_source};
use crate::catalogue::{Order, SegmentMeta};
use crate::code::PlateCode;
use crate::part::PartError;

pub(super) struct Opened {
    pub name: String,
    pub file: Arc<dyn ReadAt>,
}

/// What of a block of the roll is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Plates and their rows.
    All,
    Plates,
    /// Plates up to and with this place in the block.
    PlatesTo(usize),
}

/// One segment that is open.
pub struct Segment {
    pub(super) meta: SegmentMeta,
    pub(super) index: Index,
    pub(super) by_plate: Opened,
    pub(super) by_source: Opened,
    pub(super) beside: Opened,
    /// Where the roll of plates begins in the index file.
    pub(super) roll_at: u64,
}

/// Longest head of an index: 2 GiB would be some 20 billion rows.
const HEAD_BYTES_MAX: u64 = 1 << 31;

impl Segment {
    /// Reads and checks the index file's head.
    ///
    /// # Errors
    /// When a file is missing, of another length than the index says, or the index's checksum is not the catalogue's.
    pub fn open(files: &Arc<dyn Files>, meta: &SegmentMeta) -> Result<Self, PartError> {
        let [by_plate, by_source, beside] = Order::ALL.map(|order| open_one(files, meta, order));
        let (by_plate, by_source, beside) = (by_plate?, by_source?, beside?);
        let index = read_head(&beside, meta)?;
        let segment = Self { roll_at: index.1, index: index.0, meta: meta.clone(), by_plate, by_source, beside };
        segment.check_lengths()?;
        Ok(segment)
    }

    fn check_lengths(&self) -> Result<(), PartError> {
        let [by_plate, by_source] = self.index.files.each_ref().map(|file| file.len);
        let planes = self.planes_at() + self.index.hours.last().map_or(0, |hour| u64::from(hour.end));
        for (opened, len) in [(&self.by_plate, by_plate), (&self.by_source, by_source), (&self.beside, planes)] {
            if opened.file.len() != len {
                let detail = format!("has {} bytes; {len} were written", opened.file.len());
                return Err(PartError::Damaged { file: opened.name.clone(), offset: opened.file.len().min(len), detail });
            }
        }
        Ok(())
    }

    /// Where the counts by hour begin in the index file.
    pub(super) fn planes_at(&self) -> u64 {
        self.roll_at + self.index.block_ends.last().map_or(0, |end| u64::from(*end))
    }

    /// Bytes that this keeps in memory, about.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.index.memory() + size_of::<Self>()
    }

    pub(super) fn plate_column(&self, column: usize) -> At<'_> {
        self.at(&self.by_plate, 0, column, &by_plate::SHAPES)
    }

    pub(super) fn source_column(&self, column: usize) -> At<'_> {
        self.at(&self.by_source, 1, column, &by_source::SHAPES)
    }

    #[allow(clippy::indexing_slicing, reason = "the index was checked to have as many columns as there are shapes")]
    fn at<'a>(&'a self, opened: &'a Opened, file: usize, column: usize, shapes: &'static [Shape]) -> At<'a> {
        At {
            file: &*opened.file,
            name: &opened.name,
            column: &self.index.files[file].columns[column],
            shape: &shapes[column],
            rows: self.index.rows,
        }
    }

    pub(super) fn index_damaged(&self, offset: u64, wrong: Malformed) -> PartError {
        PartError::Damaged { file: self.beside.name.clone(), offset, detail: wrong.0.into() }
    }

    /// First byte and length of a block of the roll, with its checksum.
    pub(super) fn block_span(&self, number: usize) -> Option<(u64, usize)> {
        let until = *self.index.block_ends.get(number)?;
        let from = if number == 0 { 0 } else { *self.index.block_ends.get(number - 1)? };
        Some((self.roll_at + u64::from(from), until.checked_sub(from)? as usize))
    }

    /// Reads one block of the roll into the scratch's entries.
    pub(super) fn read_block<'s>(&self, number: usize, what: Wanted, scratch: &'s mut Scratch) -> Result<&'s [Entry], PartError> {
        let (offset, len) =
            self.block_span(number).ok_or_else(|| self.index_damaged(self.roll_at, Malformed("no such block")))?;
        read_slack(&*self.beside.file, offset, len, &mut scratch.bytes)?;
        scratch.entries.clear();
        self.decode_block(number, &scratch.bytes, len, what, &mut scratch.entries)
            .map_err(|wrong| self.index_damaged(offset, wrong))?;
        Ok(&scratch.entries)
    }

    /// `bytes` begin with the block of `len` bytes and go on at least as far as the slack.
    fn decode_block(&self, number: usize, bytes: &[u8], len: usize, what: Wanted, out: &mut Vec<Entry>) -> Result<(), Malformed> {
        let body = len.checked_sub(4).ok_or(Malformed("a block without a checksum"))?;
        let crc = bytes.get(body..len).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        if crc != Some(crc32fast::hash(bytes.get(..body).unwrap_or_default())) {
            return Err(Malformed("plates: wrong checksum"));
        }
        let first = self.index.block_plates.get(number).ok_or(Malformed("no such block"))?;
        let count = (self.index.plates as usize).saturating_sub(number * BLOCK).min(BLOCK);
        let slack = Slack::new(bytes, body).ok_or(Malformed("a block without slack"))?;
        match what {
            Wanted::All => block(slack, PlateCode(*first), count, out),
            Wanted::Plates => plates(slack, PlateCode(*first), count, out),
            Wanted::PlatesTo(last) => plates(slack, PlateCode(*first), count.min(last + 1), out),
        }
    }

    /// Every entry of the roll, block by block, read in pieces of about a megabyte.
    pub(super) fn each_block(
        &self,
        what: Wanted,
        scratch: &mut Scratch,
        found: &mut dyn FnMut(&[Entry]),
    ) -> Result<(), PartError> {
        const PIECE: u64 = 1 << 20;
        let mut number = 0;
        while let Some((from, _)) = self.block_span(number) {
            let mut last = number;
            while self.block_span(last + 1).is_some_and(|(at, len)| at + len as u64 - from <= PIECE) {
                last += 1;
            }
            let Some((last_at, last_len)) = self.block_span(last) else { break };
            let len = (last_at + last_len as u64 - from) as usize;
            read_slack(&*self.beside.file, from, len, &mut scratch.bytes)?;
            for number in number..=last {
                let Some((at, len)) = self.block_span(number) else { break };
                let bytes = scratch.bytes.get((at - from) as usize..).unwrap_or_default();
                scratch.entries.clear();
                self.decode_block(number, bytes, len, what, &mut scratch.entries)
                    .map_err(|wrong| self.index_damaged(at, wrong))?;
                found(&scratch.entries);
            }
            number = last + 1;
        }
        Ok(())
    }

    /// Reads every page of every file and compares its checksum.
    ///
    /// # Errors
    /// The first damage found.
    pub fn verify(&self) -> Result<(), PartError> {
        let (index, _) = read_head(&self.beside, &self.meta)?;
        if index != self.index {
            return Err(self.index_damaged(0, Malformed("the index is not the one that was opened")));
        }
        self.check_lengths()?;
        for (opened, order) in [(&self.by_plate, Order::Plate), (&self.by_source, Order::Source)] {
            verify_parquet(opened, order, &self.index)?;
        }
        Scratch::with(&self.index, |scratch| {
            self.each_block(Wanted::All, scratch, &mut |_| ())?;
            for hour in 0..self.index.hours.len() {
                self.read_hour(hour, scratch, &mut |_, _| ())?;
            }
            Ok(())
        })
    }
}

fn open_one(files: &Arc<dyn Files>, meta: &SegmentMeta, order: Order) -> Result<Opened, PartError> {
    let name = meta.name(order);
    Ok(Opened { file: files.open(&name)?, name })
}

/// Whether the part of the index with the checksums of all pages can be read.
///
/// # Errors
/// What is wrong with it.
pub fn check_index(files: &Arc<dyn Files>, meta: &SegmentMeta) -> Result<(), PartError> {
    read_head(&open_one(files, meta, Order::Index)?, meta).map(drop)
}

/// Reads every page of one of a segment's Parquet files and compares its checksum, whatever became of the other one.
///
/// # Errors
/// The first damage found, of the index or of the file.
pub fn verify_order(files: &Arc<dyn Files>, meta: &SegmentMeta, order: Order) -> Result<(), PartError> {
    let (index, _) = read_head(&open_one(files, meta, Order::Index)?, meta)?;
    verify_parquet(&open_one(files, meta, order)?, order, &index)
}

fn verify_parquet(opened: &Opened, order: Order, index: &Index) -> Result<(), PartError> {
    let [by_plate_note, by_source_note] = &index.files;
    let (note, shapes): (_, &'static [Shape]) = match order {
        Order::Plate => (by_plate_note, &by_plate::SHAPES),
        Order::Source | Order::Index => (by_source_note, &by_source::SHAPES),
    };
    if opened.file.len() != note.len {
        let detail = format!("has {} bytes; {} were written", opened.file.len(), note.len);
        return Err(PartError::Damaged { file: opened.name.clone(), offset: opened.file.len().min(note.len), detail });
    }
    Scratch::with(index, |scratch| {
        for (column, shape) in note.columns.iter().zip(shapes) {
            verify_column(&At { file: &*opened.file, name: &opened.name, column, shape, rows: index.rows }, scratch)?;
        }
        Ok(())
    })?;
    verify_rest(opened, note.tail, note.len, note.tail_crc)
}

fn read_head(beside: &Opened, meta: &SegmentMeta) -> Result<(Index, u64), PartError> {
    let damaged = |wrong: Malformed| PartError::Damaged { file: beside.name.clone(), offset: 0, detail: wrong.0.into() };
    let mut first = [0; 16];
    if beside.file.len() < first.len() as u64 {
        return Err(damaged(Malformed("shorter than any index")));
    }
    beside.file.read_at(0, &mut first)?;
    let len = Index::head_len(&first).map_err(damaged)?;
    if u64::from(len) > beside.file.len().min(HEAD_BYTES_MAX) {
        return Err(damaged(Malformed("the head is longer than the file")));
    }
    let mut head = vec![0; len as usize];
    beside.file.read_at(0, &mut head)?;
    let index = Index::read(&head, meta.index_crc).map_err(damaged)?;
    let is_this =
        index.id == meta.id.0 && index.class == meta.class.0 && index.day == meta.day && u64::from(index.rows) == meta.rows;
    if !is_this {
        return Err(damaged(Malformed("the index of another segment")));
    }
    Ok((index, u64::from(len)))
}

fn verify_column(at: &At<'_>, scratch: &mut Scratch) -> Result<(), PartError> {
    let mut cursor = super::cursor::Cursor::default();
    for page in 0..at.column.ends.len() {
        cursor.check(at, page, &mut scratch.zstd)?;
    }
    let (len, crc) = at.column.dictionary;
    if len > 0 {
        let offset = at.column.start.saturating_sub(u64::from(len));
        read_slack(at.file, offset, len as usize, &mut scratch.bytes)?;
        if crc32fast::hash(scratch.bytes.get(..len as usize).unwrap_or_default()) != crc {
            let detail = format!("{}: wrong checksum of the dictionary", at.shape.name);
            return Err(PartError::Damaged { file: at.name.into(), offset, detail });
        }
    }
    Ok(())
}

/// What no question of ours reads: Parquet's first bytes, its own indexes and its footer.
fn verify_rest(opened: &Opened, tail: u64, len: u64, crc: u32) -> Result<(), PartError> {
    let damaged = |offset, detail: &str| PartError::Damaged { file: opened.name.clone(), offset, detail: detail.into() };
    let mut magic = [0; MAGIC.len()];
    opened.file.read_at(0, &mut magic)?;
    if &magic != MAGIC {
        return Err(damaged(0, "its first bytes are not Parquet's"));
    }
    let mut bytes = vec![0; usize::try_from(len - tail).unwrap_or(0)];
    opened.file.read_at(tail, &mut bytes)?;
    if crc32fast::hash(&bytes) == crc { Ok(()) } else { Err(damaged(tail, "wrong checksum of the footer")) }
}
