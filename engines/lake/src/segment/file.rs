//! One Parquet file: column chunks that grow page by page, and the footer.
//!
//! The `parquet` crate could write these files too, but not these pages: one dictionary for all rows whose numbers stand in
//! one run of fixed width, so that any row's plate is found without decoding a page, beside pages that are compressed.

use crc32fast::hash as crc32;
use shouhu_files::{Append, Files, FilesError};
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

use super::WriteError;
use super::shape::{Encoding, Meaning, Physical, Shape};
use super::thrift::{Fields, PageHeader, write_struct};

pub const MAGIC: &[u8; 4] = b"PAR1";
/// In the file's key-value metadata.
pub const FORMAT: (&str, &str) = ("shouhu.lake.format", "1");
const CODEC_ZSTD: i32 = 6;
const ENCODING_PLAIN: i32 = 0;
const ENCODING_RLE: i32 = 3;
/// What a page may have at most, before and after compression: a reader never makes room for more.
pub const PAGE_BYTES_MAX: usize = 1 << 28;

/// The zstd contexts of one segment's writing.
pub struct Squeezer {
    fast: Compressor<'static>,
    well: Compressor<'static>,
    hard: Compressor<'static>,
}

/// How many cores a segment is written on. The bytes are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Haste {
    /// One, so that whoever reports or asks meanwhile has the others: at 100,000 rows a second a flush on two cores makes one
    /// acknowledgement in a hundred wait for it. And with memory for one order at a time.
    #[default]
    Leisure,
    /// Both orders at the same time: rows come faster than one core writes them, or somebody waits for the flush.
    Hurry,
}

impl Haste {
    /// From a third of what one core writes in both orders.
    pub const HURRY_ROWS_S: i64 = 500_000;

    /// By how many rows came in how long.
    #[must_use]
    pub fn of(rows: u64, in_ms: i64) -> Self {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let is_fast = rows.saturating_mul(1_000) >= in_ms.saturating_mul(Self::HURRY_ROWS_S);
        if is_fast { Self::Hurry } else { Self::Leisure }
    }
}

/// How long may be spent on what is written once in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A flush, which ingest may be waiting for.
    Quick,
    /// A merge: these files stay for as long as their day does. Every match is weighed, which takes thirteen times as long
    /// and leaves a dictionary of plates seven tenths of its size, and the sources one per cent less.
    Lasting,
}

/// How hard a page is compressed; kept only when it saves something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Squeeze {
    No,
    /// Single bytes of uneven frequency: the fastest level finds all there is.
    Fast,
    /// Repetitions further apart.
    Well,
    /// As hard as the [`Effort`] allows: where the last per cent is worth having.
    Hard,
}

fn failed(error: impl std::fmt::Display) -> WriteError {
    WriteError::Compress(error.to_string())
}

impl Squeezer {
    pub fn new(effort: Effort) -> Result<Self, WriteError> {
        let level = |level| Compressor::new(level).map_err(failed);
        let mut fast = level(1)?;
        // Short matches in what is nearly random save nothing and cost the reader more than all the rest.
        fast.set_parameter(CParameter::MinMatch(7)).map_err(failed)?;
        Ok(Self { fast, well: level(7)?, hard: level(if effort == Effort::Lasting { 18 } else { 9 })? })
    }

    /// Quickly: for pages.
    pub fn fast(&mut self, bytes: &[u8]) -> Result<Vec<u8>, WriteError> {
        self.fast.compress(bytes).map_err(failed)
    }

    fn squeeze(&mut self, bytes: &[u8], how: Squeeze) -> Result<Option<Vec<u8>>, WriteError> {
        let squeezed = match how {
            Squeeze::No => return Ok(None),
            Squeeze::Fast => self.fast.compress(bytes),
            Squeeze::Well => self.well.compress(bytes),
            Squeeze::Hard => self.hard.compress(bytes),
        };
        let squeezed = squeezed.map_err(failed)?;
        Ok(Some(squeezed).filter(|squeezed| squeezed.len() + bytes.len() / 16 < bytes.len()))
    }

    /// Hard: for what is written once in a file.
    pub fn hard(&mut self, bytes: &[u8]) -> Result<Vec<u8>, WriteError> {
        self.hard.compress(bytes).map_err(failed)
    }
}

/// Length and checksum of one page with its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageNote {
    pub len: u32,
    pub crc: u32,
}

/// One column's pages.
pub struct Chunk {
    shape: &'static Shape,
    bytes: Vec<u8>,
    pub dictionary: Option<PageNote>,
    pub pages: Vec<PageNote>,
    rows: Vec<u32>,
    bounds: Vec<(Vec<u8>, Vec<u8>)>,
    uncompressed: u64,
    nulls: u64,
}

/// The content of one page.
pub struct PageBody<'a> {
    pub rows: usize,
    pub nulls: usize,
    pub levels: &'a [u8],
    pub values: &'a [u8],
    pub squeeze: Squeeze,
}

impl Chunk {
    pub const fn new(shape: &'static Shape) -> Self {
        Self {
            shape,
            bytes: Vec::new(),
            dictionary: None,
            pages: Vec::new(),
            rows: Vec::new(),
            bounds: Vec::new(),
            uncompressed: 0,
            nulls: 0,
        }
    }

    /// `plain`: `count` values in Parquet's plain encoding, sorted.
    pub fn put_dictionary(&mut self, count: usize, plain: &[u8], squeezer: &mut Squeezer) -> Result<(), WriteError> {
        let compressed = squeezer.hard(plain)?;
        write_struct(&mut self.bytes, |page| {
            page.i32(1, 2);
            page.i32(2, plain.len() as i32);
            page.i32(3, compressed.len() as i32);
            page.nested(7, |dictionary| {
                dictionary.i32(1, count as i32);
                dictionary.i32(2, ENCODING_PLAIN);
                dictionary.bool(3, true);
            });
        });
        self.uncompressed += (self.bytes.len() + plain.len()) as u64;
        self.bytes.extend_from_slice(&compressed);
        self.dictionary = Some(PageNote { len: self.bytes.len() as u32, crc: crc32(&self.bytes) });
        Ok(())
    }

    pub fn put_page(&mut self, body: &PageBody<'_>, squeezer: &mut Squeezer) -> Result<(), WriteError> {
        if body.values.len() + body.levels.len() > PAGE_BYTES_MAX {
            return Err(WriteError::Page { column: self.shape.name, bytes: body.values.len() });
        }
        let squeezed = squeezer.squeeze(body.values, body.squeeze)?;
        let values = squeezed.as_deref().unwrap_or(body.values);
        let from = self.bytes.len();
        let header = PageHeader {
            uncompressed: (body.levels.len() + body.values.len()) as u32,
            compressed: (body.levels.len() + values.len()) as u32,
            values: body.rows as u32,
            nulls: body.nulls as u32,
            rows: body.rows as u32,
            encoding: self.shape.encoding as u32,
            levels: body.levels.len() as u32,
            is_compressed: squeezed.is_some(),
        };
        header.write(&mut self.bytes);
        self.uncompressed += (self.bytes.len() - from) as u64 + u64::from(header.uncompressed);
        self.bytes.extend_from_slice(body.levels);
        self.bytes.extend_from_slice(values);
        let page = self.bytes.get(from..).unwrap_or_default();
        self.pages.push(PageNote { len: page.len() as u32, crc: crc32(page) });
        self.rows.push(body.rows as u32);
        self.nulls += body.nulls as u64;
        Ok(())
    }

    /// Least and greatest value of the page that was just put, plain.
    pub fn put_bounds(&mut self, least: &[u8], greatest: &[u8]) {
        self.bounds.push((least.to_vec(), greatest.to_vec()));
    }

    pub const fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// Rows of every page but the last.
    pub fn page_rows(&self, rows: usize) -> usize {
        if self.pages.len() == 1 { rows.max(self.shape.page_rows) } else { self.shape.page_rows }
    }

    fn least_and_greatest(&self) -> Option<(&[u8], &[u8])> {
        let little_endian = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
        let by = |bytes: &[u8]| if self.shape.physical == Physical::Bytes { bytes.to_vec() } else { little_endian(bytes) };
        let least = self.bounds.iter().map(|(least, _)| least.as_slice()).min_by_key(|bytes| by(bytes))?;
        let greatest = self.bounds.iter().map(|(_, greatest)| greatest.as_slice()).max_by_key(|bytes| by(bytes))?;
        Some((least, greatest))
    }
}

/// Where a file's parts ended up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    pub len: u64,
    /// Where each column's first byte is.
    pub chunks: Vec<u64>,
    /// Where the columns end and Parquet's own indexes and footer begin, and the checksum of those.
    pub tail: u64,
    pub tail_crc: u32,
}

/// Writes a whole file and makes it durable.
pub fn write_file(
    files: &dyn Files,
    name: &str,
    rows: usize,
    chunks: &[Chunk],
    sorted_by: &[usize],
) -> Result<Layout, FilesError> {
    let mut layout = Layout::default();
    let mut at = MAGIC.len() as u64;
    for chunk in chunks {
        layout.chunks.push(at);
        at += chunk.bytes.len() as u64;
    }
    layout.tail = at;
    let tail = tail_of(rows, chunks, &layout, sorted_by);
    layout.tail_crc = crc32(&tail);
    layout.len = at + tail.len() as u64;
    let mut file: Box<dyn Append> = files.create(name)?;
    file.expect_bytes(layout.len);
    file.append(MAGIC)?;
    for chunk in chunks {
        file.append(&chunk.bytes)?;
    }
    file.append(&tail)?;
    file.sync()?;
    Ok(layout)
}

/// Column indexes, offset indexes, footer.
fn tail_of(rows: usize, chunks: &[Chunk], layout: &Layout, sorted_by: &[usize]) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut column_indexes = Vec::new();
    for chunk in chunks {
        let from = tail.len();
        if chunk.shape.has_bounds {
            put_column_index(&mut tail, chunk);
        }
        column_indexes.push((layout.tail + from as u64, tail.len() - from));
    }
    let mut offset_indexes = Vec::new();
    for (chunk, at) in chunks.iter().zip(&layout.chunks) {
        let from = tail.len();
        put_offset_index(&mut tail, chunk, *at);
        offset_indexes.push((layout.tail + from as u64, tail.len() - from));
    }
    let places: Vec<Place<'_>> = chunks
        .iter()
        .zip(&layout.chunks)
        .zip(column_indexes.iter().zip(offset_indexes))
        .map(|((chunk, at), (column_index, offset_index))| Place { chunk, at: *at, column_index: *column_index, offset_index })
        .collect();
    let from = tail.len();
    write_struct(&mut tail, |footer| put_footer(footer, rows, &places, sorted_by));
    let len = (tail.len() - from) as u32;
    tail.extend_from_slice(&len.to_le_bytes());
    tail.extend_from_slice(MAGIC);
    tail
}

struct Place<'a> {
    chunk: &'a Chunk,
    at: u64,
    column_index: (u64, usize),
    offset_index: (u64, usize),
}

fn put_column_index(out: &mut Vec<u8>, chunk: &Chunk) {
    write_struct(out, |index| {
        index.all_false(1, chunk.bounds.len());
        index.binaries(2, chunk.bounds.iter().map(|(least, _)| least.as_slice()));
        index.binaries(3, chunk.bounds.iter().map(|(_, greatest)| greatest.as_slice()));
        // Unordered: a page's times may start before those of the page before it, at another source.
        index.i32(4, i32::from(chunk.shape.meaning != Meaning::Time));
        index.i64s(5, &vec![0; chunk.bounds.len()]);
    });
}

fn put_offset_index(out: &mut Vec<u8>, chunk: &Chunk, at: u64) {
    let mut offset = at + chunk.dictionary.map_or(0, |dictionary| u64::from(dictionary.len));
    let mut row = 0;
    let locations: Vec<(u64, u32, u64)> = chunk
        .pages
        .iter()
        .zip(&chunk.rows)
        .map(|(page, rows)| {
            let location = (offset, page.len, row);
            offset += u64::from(page.len);
            row += u64::from(*rows);
            location
        })
        .collect();
    write_struct(out, |index| {
        index.structs(1, &locations, |location, (offset, len, row)| {
            location.i64(1, *offset as i64);
            location.i32(2, *len as i32);
            location.i64(3, *row as i64);
        });
    });
}

fn put_footer(footer: &mut Fields<'_>, rows: usize, places: &[Place<'_>], sorted_by: &[usize]) {
    footer.i32(1, 2);
    let root = [None];
    let schema: Vec<Option<&Shape>> = root.into_iter().chain(places.iter().map(|place| Some(place.chunk.shape))).collect();
    footer.structs(2, &schema, |element, shape| match shape {
        None => {
            element.bytes(4, b"passage");
            element.i32(5, places.len() as i32);
        }
        Some(shape) => put_element(element, shape),
    });
    footer.i64(3, rows as i64);
    footer.structs(4, &[()], |group, ()| {
        group.structs(1, places, put_column);
        let uncompressed: u64 = places.iter().map(|place| place.chunk.uncompressed).sum();
        let compressed: usize = places.iter().map(|place| place.chunk.bytes.len()).sum();
        group.i64(2, uncompressed as i64);
        group.i64(3, rows as i64);
        group.structs(4, sorted_by, |sorting, column| {
            sorting.i32(1, *column as i32);
            sorting.bool(2, false);
            sorting.bool(3, false);
        });
        group.i64(5, places.first().map_or(0, |place| place.at as i64));
        group.i64(6, compressed as i64);
    });
    footer.structs(5, &[FORMAT], |pair, (key, value)| {
        pair.bytes(1, key.as_bytes());
        pair.bytes(2, value.as_bytes());
    });
    footer.bytes(6, concat!("shouhu-lake version ", env!("CARGO_PKG_VERSION")).as_bytes());
    footer.structs(7, places, |order, _| order.nested(1, |_| ()));
}

fn put_element(element: &mut Fields<'_>, shape: &Shape) {
    element.i32(1, shape.physical as i32);
    element.i32(3, i32::from(shape.optional));
    element.bytes(4, shape.name.as_bytes());
    let converted = match shape.meaning {
        Meaning::Number => return,
        Meaning::Text => 0,
        Meaning::Time => 9,
        Meaning::U8 => 11,
        Meaning::U16 => 12,
    };
    element.i32(6, converted);
    element.nested(10, |logical| match shape.meaning {
        Meaning::Text | Meaning::Number => logical.nested(1, |_| ()),
        Meaning::Time => logical.nested(8, |time| {
            time.bool(1, true);
            time.nested(2, |unit| unit.nested(1, |_| ()));
        }),
        Meaning::U8 | Meaning::U16 => logical.nested(10, |integer| {
            integer.i8(1, if shape.meaning == Meaning::U8 { 8 } else { 16 });
            integer.bool(2, false);
        }),
    });
}

fn put_column(column: &mut Fields<'_>, place: &Place<'_>) {
    let chunk = place.chunk;
    let dictionary_len = chunk.dictionary.map_or(0, |dictionary| u64::from(dictionary.len));
    column.i64(2, 0);
    column.nested(3, |meta| {
        meta.i32(1, chunk.shape.physical as i32);
        let mut encodings = vec![chunk.shape.encoding as i32, ENCODING_RLE];
        if chunk.shape.encoding == Encoding::Dictionary {
            encodings.push(ENCODING_PLAIN);
        }
        meta.i32s(2, &encodings);
        meta.binaries(3, [chunk.shape.name.as_bytes()].into_iter());
        meta.i32(4, CODEC_ZSTD);
        meta.i64(5, chunk.rows.iter().map(|rows| i64::from(*rows)).sum());
        meta.i64(6, chunk.uncompressed as i64);
        meta.i64(7, chunk.bytes.len() as i64);
        meta.i64(9, (place.at + dictionary_len) as i64);
        if dictionary_len > 0 {
            meta.i64(11, place.at as i64);
        }
        meta.nested(12, |statistics| {
            statistics.i64(3, chunk.nulls as i64);
            if let Some((least, greatest)) = chunk.least_and_greatest() {
                statistics.bytes(5, greatest);
                statistics.bytes(6, least);
            }
        });
    });
    column.i64(4, place.offset_index.0 as i64);
    column.i32(5, place.offset_index.1 as i32);
    if place.column_index.1 > 0 {
        column.i64(6, place.column_index.0 as i64);
        column.i32(7, place.column_index.1 as i32);
    }
}

#[cfg(test)]
mod tests {
    use super::Haste;

    #[test]
    fn there_is_haste_from_half_a_million_rows_a_second_and_after_a_flush_that_let_them_pile_up() {
        assert_eq!(Haste::of(2_097_152, 20_000), Haste::Leisure, "a city at 100,000 rows a second");
        assert_eq!(Haste::of(499_999, 1_000), Haste::Leisure);
        assert_eq!(Haste::of(500_000, 1_000), Haste::Hurry);
        assert_eq!(Haste::of(2_097_152, 0), Haste::Hurry);
        assert_eq!((Haste::of(u64::MAX, i64::MAX), Haste::of(0, -5)), (Haste::Hurry, Haste::Hurry), "nothing overflows");
    }
}
