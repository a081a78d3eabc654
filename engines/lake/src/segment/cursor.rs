//! One column's current page: read, checked, decompressed once, and asked row by row.

use std::cell::Cell;

use shouhu_files::ReadAt;
use zstd::bulk::Decompressor;

use super::file::PAGE_BYTES_MAX;
use super::index::{Column, Index};
use super::pack::{Malformed, SLACK, Slack, deltas, level_and_rank, rank, run_at, runs_at, texts};
use super::roll::Entry;
use super::shape::{Shape, by_plate, by_source};
use super::thrift::PageHeader;
use crate::part::PartError;

/// Where a column lies: its file, its place in the index, its shape.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub file: &'a dyn ReadAt,
    pub name: &'a str,
    pub column: &'a Column,
    pub shape: &'static Shape,
    pub rows: u32,
}

impl At<'_> {
    /// First byte and length of a page.
    pub fn span(&self, page: usize) -> Option<(u64, usize)> {
        let until = *self.column.ends.get(page)?;
        let from = if page == 0 { 0 } else { *self.column.ends.get(page - 1)? };
        Some((self.column.start + u64::from(from), until.checked_sub(from)? as usize))
    }

    fn rows_of(&self, page: usize) -> usize {
        let from = page * self.column.page_rows as usize;
        (self.rows as usize).saturating_sub(from).min(self.column.page_rows as usize)
    }

    pub fn damaged(&self, page: usize, wrong: Malformed) -> PartError {
        let offset = self.span(page).map_or(0, |(offset, _)| offset);
        PartError::Damaged { file: self.name.into(), offset, detail: format!("{}: {}", self.shape.name, wrong.0) }
    }

    /// Tells the disk that the pages of these rows are read soon.
    pub fn will_need(&self, from_row: u32, until_row: u32) {
        let (first, last) = (from_row / self.column.page_rows, until_row.saturating_sub(1) / self.column.page_rows);
        if let (Some((from, _)), Some((last_from, last_len))) = (self.span(first as usize), self.span(last as usize)) {
            self.file.will_need(from, last_from + last_len as u64 - from);
        }
    }
}

/// Reads `len` bytes at `offset` into `buffer`, with slack behind them.
pub fn read_slack(file: &dyn ReadAt, offset: u64, len: usize, buffer: &mut Vec<u8>) -> Result<(), PartError> {
    if buffer.len() < len + SLACK {
        buffer.resize(len + SLACK, 0);
    }
    if let Some(bytes) = buffer.get_mut(..len) {
        file.read_at(offset, bytes)?;
    }
    if let Some(slack) = buffer.get_mut(len..len + SLACK) {
        slack.fill(0);
    }
    Ok(())
}

/// Of a row without a value; no dictionary is as long.
pub const NO_WORD: u32 = u32::MAX;

#[derive(Default)]
pub struct Cursor {
    /// The page's first row, and how many it has; 0: none is read.
    first_row: u32,
    rows: u32,
    header: PageHeader,
    raw: Vec<u8>,
    plain: Vec<u8>,
    /// Where the levels begin in `raw`.
    levels_at: usize,
    values_len: usize,
    /// The first values of a page of deltas.
    decoded: Vec<i64>,
}

impl Cursor {
    pub fn forget(&mut self) {
        self.rows = 0;
    }

    /// Makes `row`'s page the current one; gives the row's place in it.
    fn seek(&mut self, at: &At<'_>, row: u32, zstd: &mut Decompressor<'static>) -> Result<usize, PartError> {
        if row.wrapping_sub(self.first_row) >= self.rows {
            self.rows = 0;
            let page = row / at.column.page_rows;
            self.load(at, page as usize, zstd)?;
            self.first_row = page * at.column.page_rows;
            self.rows = self.header.rows;
            self.decoded.clear();
        }
        Ok((row - self.first_row) as usize)
    }

    fn load(&mut self, at: &At<'_>, page: usize, zstd: &mut Decompressor<'static>) -> Result<(), PartError> {
        let damaged = |wrong| at.damaged(page, wrong);
        let (offset, len) = at.span(page).ok_or_else(|| damaged(Malformed("no such page")))?;
        if len > PAGE_BYTES_MAX {
            return Err(damaged(Malformed("a page of more bytes than one may have")));
        }
        read_slack(at.file, offset, len, &mut self.raw)?;
        let bytes = self.raw.get(..len).unwrap_or_default();
        if at.column.crcs.get(page) != Some(&crc32fast::hash(bytes)) {
            return Err(damaged(Malformed("wrong checksum")));
        }
        let (header, head_len) = PageHeader::read(bytes).map_err(damaged)?;
        let levels = header.levels as usize;
        let values_at = head_len + levels;
        let fits = head_len + header.compressed as usize == len
            && header.levels <= header.compressed.min(header.uncompressed)
            && header.uncompressed as usize <= PAGE_BYTES_MAX
            && header.rows as usize == at.rows_of(page)
            && header.values == header.rows
            && header.nulls <= header.rows
            && header.encoding == at.shape.encoding as u32;
        if !fits {
            return Err(damaged(Malformed("a page header that does not fit its page")));
        }
        self.header = header;
        self.levels_at = head_len;
        self.values_len = header.uncompressed as usize - levels;
        self.unpack(values_at, len, zstd).map_err(damaged)
    }

    /// Brings the values to the front of `plain`, with slack behind.
    fn unpack(&mut self, values_at: usize, len: usize, zstd: &mut Decompressor<'static>) -> Result<(), Malformed> {
        let values = self.raw.get(values_at..len).ok_or(Malformed("levels reach behind the page's end"))?;
        if !self.header.is_compressed {
            return if values.len() == self.values_len { Ok(()) } else { Err(Malformed("values of another length")) };
        }
        if self.plain.len() < self.values_len + SLACK {
            self.plain.resize(self.values_len + SLACK, 0);
        }
        let room = self.plain.get_mut(..self.values_len).unwrap_or_default();
        if zstd.decompress_to_buffer(values, room).ok() != Some(self.values_len) {
            return Err(Malformed("values do not decompress to their length"));
        }
        if let Some(slack) = self.plain.get_mut(self.values_len..self.values_len + SLACK) {
            slack.fill(0);
        }
        Ok(())
    }

    fn values(&self) -> Result<Slack<'_>, Malformed> {
        let slack = if self.header.is_compressed {
            Slack::new(&self.plain, self.values_len)
        } else {
            let at = self.levels_at + self.header.levels as usize;
            self.raw.get(at..).and_then(|values| Slack::new(values, self.values_len))
        };
        slack.ok_or(Malformed("a page without its values"))
    }

    fn levels(&self) -> Result<Slack<'_>, Malformed> {
        let levels = self.raw.get(self.levels_at..).and_then(|levels| Slack::new(levels, self.header.levels as usize));
        levels.ok_or(Malformed("a page without its levels"))
    }

    /// Which of the page's values a row has.
    fn value_of(&self, row: usize) -> Result<Option<usize>, Malformed> {
        if self.header.nulls == 0 {
            return Ok(Some(row));
        }
        if self.header.nulls == self.header.rows {
            return Ok(None);
        }
        rank(self.levels()?, row)
    }

    fn present(&self) -> usize {
        (self.header.rows - self.header.nulls) as usize
    }

    /// A row's place in the column's dictionary.
    pub fn word(&mut self, at: &At<'_>, row: u32, zstd: &mut Decompressor<'static>) -> Result<Option<u32>, PartError> {
        let in_page = self.seek(at, row, zstd)?;
        self.word_of(in_page).map_err(|wrong| at.damaged((row / at.column.page_rows) as usize, wrong))
    }

    fn word_of(&self, row: usize) -> Result<Option<u32>, Malformed> {
        let Some(index) = self.value_of(row)? else { return Ok(None) };
        let values = self.values()?;
        let width = values.bytes().first().copied().ok_or(Malformed("a page without a width"))?;
        run_at(values.after(1)?, u32::from(width), index).map(Some)
    }

    /// Places in the column's dictionary of `count` rows from `row` on, all of one page; [`NO_WORD`] where a row has none.
    pub fn words(
        &mut self,
        at: &At<'_>,
        row: u32,
        count: usize,
        zstd: &mut Decompressor<'static>,
        out: &mut Vec<u32>,
    ) -> Result<(), PartError> {
        let in_page = self.seek(at, row, zstd)?;
        out.clear();
        self.words_of(in_page, count, out).map_err(|wrong| at.damaged((row / at.column.page_rows) as usize, wrong))
    }

    fn words_of(&self, row: usize, count: usize, out: &mut Vec<u32>) -> Result<(), Malformed> {
        let width_and_values = || {
            let values = self.values()?;
            let width = values.bytes().first().copied().ok_or(Malformed("a page without a width"))?;
            Ok((u32::from(width), values.after(1)?))
        };
        if row + count > self.header.rows as usize {
            return Err(Malformed("rows behind the page's end"));
        }
        if self.header.nulls == self.header.rows {
            out.resize(count, NO_WORD);
            return Ok(());
        }
        let (width, values) = width_and_values()?;
        if self.header.nulls == 0 {
            return runs_at(values, width, row, count, out);
        }
        let levels = self.levels()?;
        let (_, before) = level_and_rank(levels, row)?;
        runs_at(levels, 1, row, count, out)?;
        let there = out.iter().filter(|level| **level == 1).count();
        let mut words = Vec::with_capacity(there);
        runs_at(values, width, before, there, &mut words)?;
        let mut words = words.into_iter();
        for level in out {
            *level = if *level == 1 { words.next().unwrap_or(NO_WORD) } else { NO_WORD };
        }
        Ok(())
    }

    /// A row's number in a column of deltas.
    pub fn number(&mut self, at: &At<'_>, row: u32, zstd: &mut Decompressor<'static>) -> Result<Option<i64>, PartError> {
        let in_page = self.seek(at, row, zstd)?;
        let damaged = |wrong| at.damaged((row / at.column.page_rows) as usize, wrong);
        let Some(index) = self.value_of(in_page).map_err(damaged)? else { return Ok(None) };
        if self.decoded.len() <= index {
            // All of them: the next rows are likely asked next.
            self.decode(self.present()).map_err(damaged)?;
        }
        self.decoded.get(index).copied().map(Some).ok_or_else(|| damaged(Malformed("fewer values than rows")))
    }

    /// The numbers of `row`'s page up to and with `until` rows of it, in a column where every row has one.
    pub fn numbers(
        &mut self,
        at: &At<'_>,
        row: u32,
        until: usize,
        zstd: &mut Decompressor<'static>,
    ) -> Result<&[i64], PartError> {
        self.seek(at, row, zstd)?;
        self.decode(until).map_err(|wrong| at.damaged((row / at.column.page_rows) as usize, wrong))?;
        Ok(&self.decoded)
    }

    fn decode(&mut self, want: usize) -> Result<(), Malformed> {
        if self.decoded.len() >= want {
            return Ok(());
        }
        // Who comes back for more is likely to come again.
        let want = if self.decoded.is_empty() { want } else { self.present() };
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        let done = self.values().and_then(|values| deltas(values, self.present(), want, &mut decoded));
        self.decoded = decoded;
        done.map(|_| ())
    }

    /// A row's text in a column of lengths and texts.
    pub fn text(&mut self, at: &At<'_>, row: u32, zstd: &mut Decompressor<'static>) -> Result<Option<String>, PartError> {
        let in_page = self.seek(at, row, zstd)?;
        let text = || {
            let Some(index) = self.value_of(in_page)? else { return Ok(None) };
            let all = texts(self.values()?, self.present())?;
            let text = all.get(index).ok_or(Malformed("fewer values than rows"))?;
            String::from_utf8(text.to_vec()).map(Some).map_err(|_| Malformed("a text that is not UTF-8"))
        };
        text().map_err(|wrong| at.damaged((row / at.column.page_rows) as usize, wrong))
    }

    /// Checks and decompresses a page and nothing else.
    pub fn check(&mut self, at: &At<'_>, page: usize, zstd: &mut Decompressor<'static>) -> Result<(), PartError> {
        self.rows = 0;
        self.load(at, page, zstd)
    }
}

/// What one question reuses from the one before it on the same thread.
pub struct Scratch {
    pub zstd: Decompressor<'static>,
    pub by_plate: [Cursor; by_plate::SHAPES.len()],
    pub by_source: [Cursor; by_source::SHAPES.len()],
    pub bytes: Vec<u8>,
    pub entries: Vec<Entry>,
    /// Of several rows: sources, confidences, directions.
    pub words: [Vec<u32>; 3],
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Memory that a thread keeps between questions at most, about.
const SCRATCH_KEPT_MAX: usize = 8 << 20;

impl Scratch {
    /// Runs `ask` with this thread's scratch; a question asked from within another one gets a scratch of its own.
    pub fn with<T>(index: &Index, ask: impl FnOnce(&mut Self) -> Result<T, PartError>) -> Result<T, PartError> {
        let mut scratch = match SCRATCH.take() {
            Some(scratch) => scratch,
            None => Box::new(Self::new(index)?),
        };
        for cursor in scratch.by_plate.iter_mut().chain(&mut scratch.by_source) {
            cursor.forget();
        }
        let answer = ask(&mut scratch);
        if scratch.memory() <= SCRATCH_KEPT_MAX {
            SCRATCH.set(Some(scratch));
        }
        answer
    }

    fn new(index: &Index) -> Result<Self, PartError> {
        let zstd = Decompressor::new().map_err(|error| {
            let detail = format!("no memory to decompress: {error}");
            PartError::Damaged { file: format!("segment {:016x}", index.id), offset: 0, detail }
        })?;
        Ok(Self {
            zstd,
            by_plate: std::array::from_fn(|_| Cursor::default()),
            by_source: std::array::from_fn(|_| Cursor::default()),
            bytes: Vec::new(),
            entries: Vec::new(),
            words: [const { Vec::new() }; 3],
        })
    }

    fn memory(&self) -> usize {
        let cursors = self.by_plate.iter().chain(&self.by_source);
        let cursors: usize =
            cursors.map(|cursor| cursor.raw.capacity() + cursor.plain.capacity() + 8 * cursor.decoded.capacity()).sum();
        let words: usize = self.words.iter().map(|words| 4 * words.capacity()).sum();
        cursors + words + self.bytes.capacity() + size_of::<Entry>() * self.entries.capacity()
    }
}
