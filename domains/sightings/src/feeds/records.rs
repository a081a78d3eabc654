//! Files of four formats as rows of named cells: CSV, JSON lines, a JSON array, Parquet.
//!
//! Rows are handed over one by one as they are read; what ends the reading early (a syntax error in the middle, a limit) is
//! told beside the rows that were good until then.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use schemars::JsonSchema;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shouhu_text::csv::{Limits, Rows, separator_of};
use shouhu_text::{Charset, decode};

use super::fold::folded;
use super::{COLUMNS_MAX, FeedError, LINE_BYTES_MAX, PARQUET_BYTES_MAX, ROWS_MAX};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    JsonLines,
    JsonArray,
    Parquet,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    Missing,
    Text(Cow<'a, str>),
    /// A timestamp of a format that has them, microseconds since 1970 UTC.
    AtUs(i64),
}

impl Cell<'_> {
    /// The text without the blanks around it; empty when there is none.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text.trim()),
            Self::AtUs(us) => Cow::Owned(us.to_string()),
        }
    }
}

/// How to read a file, where it does not say so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// By its first bytes when absent.
    pub format: Option<Format>,
    pub charset: Charset,
    /// By counting when absent.
    pub delimiter: Option<char>,
    /// False: columns are named by their number, `#1` being the first.
    pub has_heading: bool,
}

/// One row: its line (or element, or number), counted from 1, and one cell per wanted column.
pub struct Record<'a, 'b> {
    pub line: u64,
    pub cells: &'b [Cell<'a>],
    /// Why the row as a whole cannot be used.
    pub broken: Option<String>,
}

/// What is known about the file after it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub format: Format,
    pub charset: Option<&'static str>,
    /// Names of its columns, as far as it has them.
    pub columns: Vec<String>,
    /// Why reading ended before the end.
    pub cut: Option<String>,
}

/// Takes one row; `Break` ends the reading.
pub type Take<'t> = dyn FnMut(Record<'_, '_>) -> ControlFlow<()> + 't;

/// Hands every row to `take`, with the cells of the `wanted` columns in their order. `""` wants nothing.
///
/// # Errors
/// When the file is nothing that can be read, or lacks a wanted column.
pub fn read(bytes: &Bytes, reading: Reading, wanted: &[&str], take: &mut Take<'_>) -> Result<Outline, FeedError> {
    if bytes.is_empty() {
        return Err(FeedError::Empty);
    }
    let format = reading.format.unwrap_or_else(|| format_of(bytes));
    if format == Format::Parquet {
        return parquet(bytes, wanted, take);
    }
    let decoded = decode(bytes, reading.charset)?;
    let text = decoded.text.trim_start_matches('\u{feff}');
    let (columns, cut) = match format {
        Format::JsonArray => json_array(text, wanted, take)?,
        Format::JsonLines => (Vec::new(), json_lines(text, wanted, take)),
        Format::Csv | Format::Parquet => csv(text, reading, wanted, take)?,
    };
    Ok(Outline { format, charset: Some(decoded.charset), columns, cut })
}

/// By the first bytes that are no blanks.
#[must_use]
pub fn format_of(bytes: &[u8]) -> Format {
    if bytes.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => Format::JsonArray,
        Some(b'{') => Format::JsonLines,
        _ => Format::Csv,
    }
}

fn too_many() -> String {
    format!("only the first {ROWS_MAX} rows were read: send the rest as another file")
}

/// Index of each wanted column among the names; `#3` is the third. `None` where nothing is wanted.
fn indexes(wanted: &[&str], columns: &[String]) -> Result<Vec<Option<usize>>, FeedError> {
    let names: Vec<String> = columns.iter().map(|name| folded(name)).collect();
    let find = |name: &&str| {
        if name.is_empty() {
            return Ok(None);
        }
        let number = name.strip_prefix('#').and_then(|digits| digits.parse::<usize>().ok()).filter(|n| (1..=COLUMNS_MAX).contains(n));
        let found = number.map(|n| n - 1).or_else(|| names.iter().position(|column| *column == folded(name)));
        let missing = || FeedError::ColumnMissing { name: clip(name, 60), columns: clip(&columns.join(", "), 300) };
        found.ok_or_else(missing).map(Some)
    };
    wanted.iter().map(find).collect()
}

fn clip(text: &str, chars: usize) -> String {
    text.chars().filter(|ch| !ch.is_control()).take(chars).collect()
}

// --- CSV ---

/// One cell more than is taken, which tells that a row has too many.
const CSV_LIMITS: Limits = Limits { row_bytes: LINE_BYTES_MAX, cells: COLUMNS_MAX + 1 };

fn csv(text: &str, reading: Reading, wanted: &[&str], take: &mut Take<'_>) -> Result<(Vec<String>, Option<String>), FeedError> {
    let separator = reading.delimiter.unwrap_or_else(|| separator_of(text));
    let mut rows = Rows::new(text, separator, CSV_LIMITS).peekable();
    let first = rows.peek().ok_or(FeedError::Empty)?;
    if first.cells.len() > COLUMNS_MAX {
        return Err(FeedError::Columns);
    }
    let columns: Vec<String> = if reading.has_heading {
        first.cells.iter().map(|cell| clip(cell.trim(), 60)).collect()
    } else {
        (1..=first.cells.len()).map(|n| format!("#{n}")).collect()
    };
    let indexes = indexes(wanted, &columns)?;
    if reading.has_heading {
        rows.next();
    }
    let mut cells = vec![Cell::Missing; wanted.len()];
    for _ in 0..ROWS_MAX {
        let Some(row) = rows.next() else { return Ok((columns, None)) };
        let mut broken = row.fault.map(|fault| fault.to_string());
        if row.cells.len() > COLUMNS_MAX {
            broken = Some(format!("the row has more than {COLUMNS_MAX} columns"));
        }
        for (cell, index) in cells.iter_mut().zip(&indexes) {
            *cell = index.and_then(|index| row.cells.get(index)).map_or(Cell::Missing, |text| Cell::Text(text.clone()));
        }
        if take(Record { line: row.line, cells: &cells, broken }).is_break() {
            return Ok((columns, None));
        }
    }
    Ok((columns, rows.next().map(|_| too_many())))
}

// --- JSON ---

fn json_cell(value: &Value) -> Cell<'_> {
    match value {
        Value::String(text) => Cell::Text(Cow::Borrowed(text)),
        Value::Number(number) => Cell::Text(Cow::Owned(number.to_string())),
        Value::Bool(is) => Cell::Text(Cow::Borrowed(if *is { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => Cell::Missing,
    }
}

/// Cells of the wanted names; a name is found without regard to case, width and blanks where it is not there as it is.
fn json_cells<'v>(object: &'v Map<String, Value>, wanted: &[(&str, String)]) -> Vec<Cell<'v>> {
    let find = |(name, fold): &(&str, String)| {
        if name.is_empty() {
            return Cell::Missing;
        }
        let found = object.get(*name).or_else(|| object.iter().find(|(key, _)| folded(key) == *fold).map(|(_, value)| value));
        found.map_or(Cell::Missing, json_cell)
    };
    wanted.iter().map(find).collect()
}

fn take_json(line: u64, value: Result<Value, String>, wanted: &[(&str, String)], take: &mut Take<'_>) -> ControlFlow<()> {
    let missing = vec![Cell::Missing; wanted.len()];
    match value {
        Ok(Value::Object(object)) => {
            let broken = (object.len() > COLUMNS_MAX).then(|| format!("the row has more than {COLUMNS_MAX} fields"));
            take(Record { line, cells: &json_cells(&object, wanted), broken })
        }
        Ok(_) => take(Record { line, cells: &missing, broken: Some("not a JSON object".into()) }),
        Err(reason) => take(Record { line, cells: &missing, broken: Some(reason) }),
    }
}

fn folded_names<'w>(wanted: &[&'w str]) -> Vec<(&'w str, String)> {
    wanted.iter().map(|name| (*name, folded(name))).collect()
}

fn json_lines(text: &str, wanted: &[&str], take: &mut Take<'_>) -> Option<String> {
    let wanted = folded_names(wanted);
    let mut rows = 0;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        if rows == ROWS_MAX {
            return Some(too_many());
        }
        rows += 1;
        let value = if line.len() > LINE_BYTES_MAX {
            Err(format!("the line has {} bytes; {LINE_BYTES_MAX} are read", line.len()))
        } else {
            serde_json::from_str::<Value>(line).map_err(|error| format!("no JSON: {error}"))
        };
        if take_json(index as u64 + 1, value, &wanted, take).is_break() {
            return None;
        }
    }
    None
}

/// Reads the elements of an array one by one, so that a million rows are never a million values in memory.
struct Elements<'s, 't, 'w> {
    wanted: &'s [(&'w str, String)],
    take: &'s mut Take<'t>,
    cut: &'s mut Option<String>,
    seen: &'s mut u64,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            if *self.seen == ROWS_MAX as u64 {
                *self.cut = Some(too_many());
                return Err(serde::de::Error::custom("enough"));
            }
            *self.seen += 1;
            if take_json(*self.seen, Ok(value), self.wanted, self.take).is_break() {
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

fn json_array(text: &str, wanted: &[&str], take: &mut Take<'_>) -> Result<(Vec<String>, Option<String>), FeedError> {
    let wanted = folded_names(wanted);
    let (mut cut, mut seen) = (None, 0);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let result = Elements { wanted: &wanted, take, cut: &mut cut, seen: &mut seen }.deserialize(&mut deserializer);
    match result {
        Ok(()) => Ok((Vec::new(), deserializer.end().err().map(|error| format!("after the array: {error}")))),
        Err(error) if seen == 0 => Err(FeedError::Json { reason: error.to_string() }),
        Err(error) => Ok((Vec::new(), cut.or_else(|| Some(format!("the JSON breaks off after {seen} rows: {error}"))))),
    }
}

// --- Parquet ---

fn parquet_cell(field: &Field) -> Cell<'static> {
    let text = match field {
        Field::Null => return Cell::Missing,
        Field::TimestampMillis(ms) => return Cell::AtUs(ms.saturating_mul(1_000)),
        Field::TimestampMicros(us) => return Cell::AtUs(*us),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        other => other.to_string(),
    };
    Cell::Text(Cow::Owned(text))
}

/// The reader of other people's files asserts what a damaged one breaks; such a panic is a file that cannot be read.
fn parquet(bytes: &Bytes, wanted: &[&str], take: &mut Take<'_>) -> Result<Outline, FeedError> {
    let seen = std::cell::Cell::new(0_u64);
    let read = catch_unwind(AssertUnwindSafe(|| parquet_rows(bytes, wanted, take, &seen)));
    let damaged = |reason: String| FeedError::Parquet { reason: clip(&reason, 200) };
    match read {
        Ok(result) => result,
        Err(_) if seen.get() == 0 => Err(damaged("damaged: its pages are not what its headers say".into())),
        Err(_) => Ok(Outline {
            format: Format::Parquet,
            charset: None,
            columns: Vec::new(),
            cut: Some(format!("the file is damaged after {} rows", seen.get())),
        }),
    }
}

fn parquet_rows(bytes: &Bytes, wanted: &[&str], take: &mut Take<'_>, seen: &std::cell::Cell<u64>) -> Result<Outline, FeedError> {
    let damaged = |error: parquet::errors::ParquetError| FeedError::Parquet { reason: clip(&error.to_string(), 200) };
    let reader = SerializedFileReader::new(bytes.clone()).map_err(damaged)?;
    let metadata = reader.metadata();
    let unpacked: i64 = metadata.row_groups().iter().map(|group| group.total_byte_size().max(0)).fold(0, i64::saturating_add);
    if unpacked > PARQUET_BYTES_MAX {
        return Err(FeedError::Parquet { reason: format!("{unpacked} bytes when unpacked; {PARQUET_BYTES_MAX} are read") });
    }
    let columns: Vec<String> = metadata.file_metadata().schema().get_fields().iter().map(|field| clip(field.name(), 60)).collect();
    if columns.len() > COLUMNS_MAX {
        return Err(FeedError::Columns);
    }
    let indexes = indexes(wanted, &columns)?;
    let outline = |cut: Option<String>| Outline { format: Format::Parquet, charset: None, columns: columns.clone(), cut };
    let mut cells = vec![Cell::Missing; wanted.len()];
    for row in reader.get_row_iter(None).map_err(damaged)? {
        let row = match row {
            Ok(row) => row,
            Err(error) if seen.get() == 0 => return Err(damaged(error)),
            Err(error) => return Ok(outline(Some(format!("the file is damaged after {} rows: {}", seen.get(), clip(&error.to_string(), 200))))),
        };
        if seen.get() == ROWS_MAX as u64 {
            return Ok(outline(Some(too_many())));
        }
        seen.set(seen.get() + 1);
        let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        for (cell, index) in cells.iter_mut().zip(&indexes) {
            *cell = index.and_then(|index| fields.get(index)).map_or(Cell::Missing, |field| parquet_cell(field));
        }
        if take(Record { line: seen.get(), cells: &cells, broken: None }).is_break() {
            return Ok(outline(None));
        }
    }
    Ok(outline(None))
}
