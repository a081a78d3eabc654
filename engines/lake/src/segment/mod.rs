//! Segments: immutable Parquet, written once, read page by page.
//!
//! A segment is the rows of one class and one UTC day in three files: by plate and time, by source and time, and the index.
//! The Parquet files are plain ones that any engine reads; a known question does not go through their footers but through
//! the index, which is in memory, to the few pages that hold its rows.
//!
//! **Invariant:** nothing is believed before its checksum was compared: the index's head against the catalogue, a page against
//! the index. Decoders still bound every length, so that a checksum that holds by chance cannot crash a node.

mod columns;
mod cursor;
mod file;
mod filter;
mod hours;
mod index;
mod open;
mod order;
mod pack;
mod part;
mod roll;
mod salvage;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod thrift;
mod write;

use shouhu_files::FilesError;

pub use file::{Effort, Haste};
pub use open::{Segment, check_index, verify_order};
pub use salvage::salvage;
pub use write::write;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error("a segment needs at least one row")]
    Empty,
    #[error("{rows} rows are more than one segment can number")]
    TooMany { rows: usize },
    #[error("a row of {at_ms} ms is not of day {day}")]
    OtherDay { at_ms: i64, day: i64 },
    #[error("plate code {code:#x} has more than ten characters")]
    Plate { code: u64 },
    #[error("a page of column {column} would have {bytes} bytes")]
    Page { column: &'static str, bytes: usize },
    #[error("zstd: {0}")]
    Compress(String),
    #[error(transparent)]
    Files(#[from] FilesError),
}
