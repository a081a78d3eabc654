//! Records as one Parquet file with the columns of the lake's own files by source, for whoever analyses them elsewhere.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::row::{AT_SOURCE, FullRecord, NO_DIRECTION};

/// Rows per row group: bounds what is held in memory.
const GROUP_ROWS: usize = 131_072;
const SCHEMA: &str = "message sightings {
    REQUIRED BYTE_ARRAY plate (STRING);
    REQUIRED INT64 captured_at (TIMESTAMP(MILLIS, true));
    REQUIRED INT32 source;
    OPTIONAL INT32 lon_e6;
    OPTIONAL INT32 lat_e6;
    REQUIRED INT32 confidence_pm (INTEGER(16, false));
    OPTIONAL INT32 direction (INTEGER(8, false));
    REQUIRED INT64 sequence;
    REQUIRED INT32 pictures (INTEGER(8, false));
    REQUIRED BYTE_ARRAY class (STRING);
    OPTIONAL INT32 lag_ms;
    OPTIONAL INT32 speed_dkmh;
    OPTIONAL INT32 reads;
    OPTIONAL BYTE_ARRAY detail (STRING);
}";

/// Writes records as they come; [`Self::finish`] must be called, or the file cannot be read.
pub struct ParquetExport<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    waiting: Vec<FullRecord>,
}

impl<W: Write + Send> ParquetExport<W> {
    /// # Errors
    /// When `out` does not take the first bytes.
    pub fn new(out: W) -> Result<Self, ParquetError> {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).build();
        let writer = SerializedFileWriter::new(out, Arc::new(parse_message_type(SCHEMA)?), Arc::new(properties))?;
        Ok(Self { writer, waiting: Vec::new() })
    }

    /// # Errors
    /// When `out` does not take the bytes.
    pub fn write(&mut self, records: &[FullRecord]) -> Result<(), ParquetError> {
        self.waiting.extend_from_slice(records);
        if self.waiting.len() >= GROUP_ROWS {
            self.write_group()?;
        }
        Ok(())
    }

    /// Gives back what was written to.
    ///
    /// # Errors
    /// When `out` does not take the bytes.
    pub fn finish(mut self) -> Result<W, ParquetError> {
        if !self.waiting.is_empty() {
            self.write_group()?;
        }
        self.writer.into_inner()
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let records = std::mem::take(&mut self.waiting);
        let place = |of: i32, record: &FullRecord| (record.row.lon_e6 != AT_SOURCE).then_some(of);
        let mut group = Columns(self.writer.next_row_group()?);
        group.texts(records.iter().map(|record| Some(record.row.plate.to_string())), false)?;
        group.longs(records.iter().map(|record| record.row.at_ms))?;
        group.ints(records.iter().map(|record| Some(record.row.source.cast_signed())), false)?;
        group.ints(records.iter().map(|record| place(record.row.lon_e6, record)), true)?;
        group.ints(records.iter().map(|record| place(record.row.lat_e6, record)), true)?;
        group.ints(records.iter().map(|record| Some(i32::from(record.row.confidence_pm))), false)?;
        let direction = |record: &FullRecord| (record.row.direction != NO_DIRECTION).then(|| i32::from(record.row.direction));
        group.ints(records.iter().map(direction), true)?;
        group.longs(records.iter().map(|record| record.row.sequence.cast_signed()))?;
        group.ints(records.iter().map(|record| Some(i32::from(record.row.pictures))), false)?;
        group.texts(records.iter().map(|record| Some(record.class.as_str().to_owned())), false)?;
        group.ints(records.iter().map(|record| record.extra.lag_ms), true)?;
        group.ints(records.iter().map(|record| record.extra.speed_dkmh.map(i32::from)), true)?;
        group.ints(records.iter().map(|record| record.extra.reads.map(i32::from)), true)?;
        group.texts(records.iter().map(|record| record.extra.detail.clone()), true)?;
        group.0.close()?;
        Ok(())
    }
}

struct Columns<'g, W: Write + Send>(SerializedRowGroupWriter<'g, W>);

impl<W: Write + Send> Columns<'_, W> {
    fn longs(&mut self, values: impl Iterator<Item = i64>) -> Result<(), ParquetError> {
        let values: Vec<i64> = values.collect();
        if let Some(mut column) = self.0.next_column()? {
            column.typed::<Int64Type>().write_batch(&values, None, None)?;
            column.close()?;
        }
        Ok(())
    }

    fn ints(&mut self, values: impl Iterator<Item = Option<i32>>, is_optional: bool) -> Result<(), ParquetError> {
        let (values, levels) = with_levels(values);
        if let Some(mut column) = self.0.next_column()? {
            column.typed::<Int32Type>().write_batch(&values, is_optional.then_some(levels.as_slice()), None)?;
            column.close()?;
        }
        Ok(())
    }

    fn texts(&mut self, values: impl Iterator<Item = Option<String>>, is_optional: bool) -> Result<(), ParquetError> {
        let (values, levels) = with_levels(values.map(|text| text.map(|text| ByteArray::from(text.into_bytes()))));
        if let Some(mut column) = self.0.next_column()? {
            column.typed::<ByteArrayType>().write_batch(&values, is_optional.then_some(levels.as_slice()), None)?;
            column.close()?;
        }
        Ok(())
    }
}

/// Values that are there, and for each row whether one is.
fn with_levels<T>(values: impl Iterator<Item = Option<T>>) -> (Vec<T>, Vec<i16>) {
    let mut there = Vec::new();
    let levels = values
        .map(|value| {
            let level = i16::from(value.is_some());
            there.extend(value);
            level
        })
        .collect();
    (there, levels)
}
