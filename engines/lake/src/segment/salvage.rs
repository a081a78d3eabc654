//! Reads a segment's Parquet file without its index, as any other engine would: for when the index is lost.
//!
//! The checksums of the pages stand in the index, so nothing here can compare them. What is read is held against what the
//! catalogue says of the segment instead: its rows, their order, its plates, its first and last time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use shouhu_files::Files;

use crate::catalogue::{Order, SegmentMeta};
use crate::code::PlateCode;
use crate::part::PartError;
use crate::row::{AT_SOURCE, Extra, FullRecord, NO_DIRECTION, Row};

/// Rows that are in memory before they are handed on.
const STEP_ROWS: usize = 1 << 15;

/// Gives every row of the segment's file in that order. From the file in plate order come rows without what only the other has:
/// sequence 0, no pictures, no extra.
///
/// # Errors
/// When the file is missing, cannot be read as Parquet, or is not what the catalogue says of it. Rows were given before then.
pub fn salvage(
    files: &Arc<dyn Files>,
    meta: &SegmentMeta,
    order: Order,
    found: &mut dyn FnMut(FullRecord),
) -> Result<(), PartError> {
    let name = meta.name(order);
    let file = files.open(&name)?;
    let damaged = |offset: u64, detail: String| PartError::Damaged { file: name.clone(), offset, detail };
    let len = usize::try_from(file.len()).map_err(|_| damaged(0, "longer than memory".into()))?;
    let mut bytes = vec![0; len];
    file.read_at(0, &mut bytes)?;
    let mut check = Check { meta, order, rows: 0, plates: Vec::new(), first_ms: i64::MAX, last_ms: i64::MIN, before: None };
    let reading = AssertUnwindSafe(|| {
        read(bytes.into(), meta, &mut |record| {
            check.add(&record.row)?;
            found(record);
            Ok(())
        })
    });
    // The parquet crate panics at some damaged pages (lengths of texts beyond the page). Nothing that it touched is used after that.
    let read = catch_unwind(reading).unwrap_or_else(|_| Err(Unfit("cannot be read as Parquet: its reader panicked".into())));
    read.and_then(|()| check.end()).map_err(|Unfit(detail)| damaged(0, detail))
}

/// What is wrong, in words.
struct Unfit(String);

impl From<ParquetError> for Unfit {
    fn from(error: ParquetError) -> Self {
        Self(format!("cannot be read as Parquet: {error}"))
    }
}

/// What the catalogue knows of the segment, and what was seen of it.
struct Check<'a> {
    meta: &'a SegmentMeta,
    order: Order,
    rows: u64,
    /// In source order plates come again and again, so they are counted at the end.
    plates: Vec<u64>,
    first_ms: i64,
    last_ms: i64,
    before: Option<(u64, i64, u64)>,
}

impl Check<'_> {
    fn add(&mut self, row: &Row) -> Result<(), Unfit> {
        let place = match self.order {
            Order::Plate => (row.plate.0, row.at_ms, u64::from(row.source)),
            Order::Source | Order::Index => (u64::from(row.source), row.at_ms, row.plate.0),
        };
        if self.before.is_some_and(|before| before >= place) {
            return Err(Unfit(format!("row {} does not come after the one before it", self.rows)));
        }
        if row.day() != self.meta.day {
            return Err(Unfit(format!("row {} is not of the segment's day", self.rows)));
        }
        self.before = Some(place);
        self.rows += 1;
        self.first_ms = self.first_ms.min(row.at_ms);
        self.last_ms = self.last_ms.max(row.at_ms);
        self.plates.push(row.plate.0);
        Ok(())
    }

    fn end(mut self) -> Result<(), Unfit> {
        self.plates.sort_unstable();
        self.plates.dedup();
        let was = (self.rows, self.plates.len() as u64, self.first_ms, self.last_ms);
        let should = (self.meta.rows, self.meta.plates, self.meta.first_ms, self.meta.last_ms);
        if was == should {
            return Ok(());
        }
        Err(Unfit(format!("rows, plates, first and last time are {was:?}; the catalogue has {should:?}")))
    }
}

fn read(bytes: Bytes, meta: &SegmentMeta, found: &mut dyn FnMut(FullRecord) -> Result<(), Unfit>) -> Result<(), Unfit> {
    let reader = SerializedFileReader::new(bytes)?;
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number)?;
        let mut left = usize::try_from(group.metadata().num_rows()).map_err(|_| Unfit("a negative number of rows".into()))?;
        let mut columns = Columns::of(&*group)?;
        while left > 0 {
            let step = left.min(STEP_ROWS);
            for row in 0..columns.step(step)? {
                found(columns.record(row, meta)?)?;
            }
            left -= step;
        }
    }
    Ok(())
}

/// One column of numbers and the next rows of it.
struct Numbers {
    reader: ColumnReader,
    is_optional: bool,
    values: Vec<Option<i64>>,
}

/// One column of texts and the next rows of it.
struct Texts {
    reader: ColumnReader,
    is_optional: bool,
    values: Vec<Option<ByteArray>>,
}

struct Columns {
    source: Numbers,
    time: Numbers,
    plate: Texts,
    lon: Numbers,
    lat: Numbers,
    confidence: Numbers,
    direction: Numbers,
    sequence: Option<Numbers>,
    pictures: Option<Numbers>,
    lag: Option<Numbers>,
    speed: Option<Numbers>,
    reads: Option<Numbers>,
    detail: Option<Texts>,
}

fn column(group: &dyn RowGroupReader, name: &str) -> Result<Option<(ColumnReader, bool)>, Unfit> {
    let columns = group.metadata().columns();
    let Some(index) = columns.iter().position(|column| column.column_path().string() == name) else { return Ok(None) };
    let is_optional = columns.get(index).is_some_and(|column| column.column_descr().max_def_level() > 0);
    Ok(Some((group.get_column_reader(index)?, is_optional)))
}

/// One value for each row, from the values that are there and, for an optional column, a level for each row.
fn spread<T: Clone>(rows: usize, is_optional: bool, levels: &[i16], values: Vec<T>) -> Result<Vec<Option<T>>, Unfit> {
    let short = || Unfit("a column ends early".into());
    if !is_optional {
        return if values.len() == rows { Ok(values.into_iter().map(Some).collect()) } else { Err(short()) };
    }
    if levels.len() != rows {
        return Err(short());
    }
    let mut values = values.into_iter();
    levels.iter().map(|level| if *level == 0 { Ok(None) } else { values.next().map(Some).ok_or_else(short) }).collect()
}

/// Reads until there are `rows` of them, or the column ends.
macro_rules! records {
    ($reader:expr, $rows:expr, $levels:expr, $values:expr) => {{
        let mut read = 0;
        while read < $rows {
            let (records, _, _) = $reader.read_records($rows - read, Some(&mut $levels), None, &mut $values)?;
            if records == 0 {
                break;
            }
            read += records;
        }
    }};
}

impl Numbers {
    fn step(&mut self, rows: usize) -> Result<(), Unfit> {
        let mut levels = Vec::new();
        let values = match &mut self.reader {
            ColumnReader::Int32ColumnReader(reader) => {
                let mut values = Vec::new();
                records!(reader, rows, levels, values);
                values.into_iter().map(i64::from).collect()
            }
            ColumnReader::Int64ColumnReader(reader) => {
                let mut values = Vec::new();
                records!(reader, rows, levels, values);
                values
            }
            _ => return Err(Unfit("a column of numbers has another type".into())),
        };
        self.values = spread(rows, self.is_optional, &levels, values)?;
        Ok(())
    }

    fn at(&self, row: usize) -> Option<i64> {
        self.values.get(row).copied().flatten()
    }
}

impl Texts {
    fn step(&mut self, rows: usize) -> Result<(), Unfit> {
        let ColumnReader::ByteArrayColumnReader(reader) = &mut self.reader else {
            return Err(Unfit("a column of texts has another type".into()));
        };
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        records!(reader, rows, levels, values);
        self.values = spread(rows, self.is_optional, &levels, values)?;
        Ok(())
    }

    fn at(&self, row: usize) -> Option<&[u8]> {
        self.values.get(row).and_then(Option::as_ref).map(ByteArray::data)
    }
}

fn numbers(group: &dyn RowGroupReader, name: &str) -> Result<Option<Numbers>, Unfit> {
    Ok(column(group, name)?.map(|(reader, is_optional)| Numbers { reader, is_optional, values: Vec::new() }))
}

fn texts(group: &dyn RowGroupReader, name: &str) -> Result<Option<Texts>, Unfit> {
    Ok(column(group, name)?.map(|(reader, is_optional)| Texts { reader, is_optional, values: Vec::new() }))
}

/// A number of the type that the column's meaning allows.
fn fit<T: TryFrom<i64>>(value: i64, name: &str) -> Result<T, Unfit> {
    T::try_from(value).map_err(|_| Unfit(format!("{value} in column {name}")))
}

fn needed<T>(value: Option<T>, name: &str) -> Result<T, Unfit> {
    value.ok_or_else(|| Unfit(format!("no column {name}, or no value in it")))
}

impl Columns {
    fn of(group: &dyn RowGroupReader) -> Result<Self, Unfit> {
        let must = |name: &str| numbers(group, name).and_then(|column| needed(column, name));
        Ok(Self {
            source: must("source")?,
            time: must("captured_at")?,
            plate: needed(texts(group, "plate")?, "plate")?,
            lon: must("lon_e6")?,
            lat: must("lat_e6")?,
            confidence: must("confidence_pm")?,
            direction: must("direction")?,
            sequence: numbers(group, "sequence")?,
            pictures: numbers(group, "pictures")?,
            lag: numbers(group, "lag_ms")?,
            speed: numbers(group, "speed_dkmh")?,
            reads: numbers(group, "reads")?,
            detail: texts(group, "detail")?,
        })
    }

    /// Reads the next rows of every column.
    fn step(&mut self, rows: usize) -> Result<usize, Unfit> {
        for column in [&mut self.source, &mut self.time, &mut self.lon, &mut self.lat, &mut self.confidence, &mut self.direction] {
            column.step(rows)?;
        }
        let more = [&mut self.sequence, &mut self.pictures, &mut self.lag, &mut self.speed, &mut self.reads];
        more.into_iter().flatten().try_for_each(|column| column.step(rows))?;
        self.plate.step(rows)?;
        if let Some(detail) = &mut self.detail {
            detail.step(rows)?;
        }
        Ok(rows)
    }

    fn record(&self, row: usize, meta: &SegmentMeta) -> Result<FullRecord, Unfit> {
        let of = |column: &Option<Numbers>| column.as_ref().and_then(|column| column.at(row));
        let plate = needed(self.plate.at(row), "plate")?;
        let place = self.lon.at(row).zip(self.lat.at(row));
        let detail = self.detail.as_ref().and_then(|detail| detail.at(row)).map(|text| String::from_utf8(text.to_vec()));
        let read = Row {
            plate: PlateCode::from_bytes(plate).ok_or_else(|| Unfit(format!("{:?} is no plate", String::from_utf8_lossy(plate))))?,
            at_ms: needed(self.time.at(row), "captured_at")?,
            // The file has a signed number with the same bits.
            sequence: of(&self.sequence).unwrap_or(0).cast_unsigned(),
            source: fit::<i32>(needed(self.source.at(row), "source")?, "source")?.cast_unsigned(),
            lon_e6: place.map_or(Ok(AT_SOURCE), |(lon, _)| fit(lon, "lon_e6"))?,
            lat_e6: place.map_or(Ok(0), |(_, lat)| fit(lat, "lat_e6"))?,
            extra: 0,
            confidence_pm: fit(needed(self.confidence.at(row), "confidence_pm")?, "confidence_pm")?,
            direction: self.direction.at(row).map_or(Ok(NO_DIRECTION), |direction| fit(direction, "direction"))?,
            pictures: fit(of(&self.pictures).unwrap_or(0), "pictures")?,
        };
        let extra = Extra {
            lag_ms: of(&self.lag).map(|value| fit(value, "lag_ms")).transpose()?,
            speed_dkmh: of(&self.speed).map(|value| fit(value, "speed_dkmh")).transpose()?,
            reads: of(&self.reads).map(|value| fit(value, "reads")).transpose()?,
            detail: detail.transpose().map_err(|_| Unfit("a text that is not UTF-8".into()))?,
        };
        Ok(FullRecord { row: read, extra, class: meta.class })
    }
}
