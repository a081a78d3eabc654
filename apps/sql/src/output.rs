//! The answer as a table for eyes, or as CSV, JSON lines or Parquet for the next program.

use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::WriterBuilder;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::common::DataFusionError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures_util::StreamExt;

/// Rows that a table for eyes holds at most: nobody reads more, and it must fit in memory to be aligned.
const TABLE_ROWS_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Table,
    Csv,
    Json,
    Parquet,
}

impl Format {
    pub const ALL: [(&str, Self); 4] =
        [("table", Self::Table), ("csv", Self::Csv), ("json", Self::Json), ("parquet", Self::Parquet)];
}

/// What was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    pub rows: usize,
    /// There were more rows than the limit.
    pub is_cut: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("{}", .0.strip_backtrace())]
    Question(#[from] DataFusionError),
    #[error("the answer cannot be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("the answer cannot be written: {0}")]
    Arrow(#[from] ArrowError),
    #[error("the answer cannot be written: {0}")]
    Parquet(#[from] ParquetError),
}

/// Writes batch by batch; only a table for eyes is held in memory.
///
/// # Errors
/// When the question fails on the way (what was written until then stays), or the output cannot be written.
pub async fn write<W: Write + Send>(
    mut rows: SendableRecordBatchStream,
    format: Format,
    rows_max: Option<usize>,
    out: W,
) -> Result<Written, OutputError> {
    let schema = rows.schema();
    let limit = match format {
        Format::Table => rows_max.unwrap_or(usize::MAX).min(TABLE_ROWS_MAX),
        _ => rows_max.unwrap_or(usize::MAX),
    };
    let mut sheet = match format {
        Format::Table => Sheet::Table(vec![RecordBatch::new_empty(schema)], out),
        Format::Csv => {
            let mut csv = WriterBuilder::new().with_header(true).build(out);
            csv.write(&RecordBatch::new_empty(schema))?;
            Sheet::Csv(csv)
        }
        Format::Json => Sheet::Json(LineDelimitedWriter::new(out)),
        Format::Parquet => {
            let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
            Sheet::Parquet(ArrowWriter::try_new(out, schema, Some(properties))?)
        }
    };
    let mut written = Written::default();
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let left = limit - written.rows;
        written.is_cut |= batch.num_rows() > left;
        let batch = batch.slice(0, batch.num_rows().min(left));
        written.rows += batch.num_rows();
        sheet.add(batch)?;
        if written.is_cut {
            break;
        }
    }
    sheet.finish()?;
    Ok(written)
}

enum Sheet<W: Write + Send> {
    Table(Vec<RecordBatch>, W),
    Csv(datafusion::arrow::csv::Writer<W>),
    Json(LineDelimitedWriter<W>),
    Parquet(ArrowWriter<W>),
}

impl<W: Write + Send> Sheet<W> {
    fn add(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        match self {
            Self::Table(batches, _) => batches.push(batch),
            Self::Csv(csv) => csv.write(&batch)?,
            Self::Json(json) => json.write(&batch)?,
            Self::Parquet(parquet) => parquet.write(&batch)?,
        }
        Ok(())
    }

    fn finish(self) -> Result<(), OutputError> {
        match self {
            Self::Table(batches, mut out) => {
                writeln!(out, "{}", pretty_format_batches(&batches)?)?;
                out.flush()?;
            }
            Self::Csv(csv) => csv.into_inner().flush()?,
            Self::Json(mut json) => {
                json.finish()?;
                json.into_inner().flush()?;
            }
            Self::Parquet(parquet) => parquet.into_inner()?.flush()?,
        }
        Ok(())
    }
}
