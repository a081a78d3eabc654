//! Segments: immutable Parquet, written once, read page by page.

use std::sync::Arc;

use shouhu_files::{Files, FilesError};

use crate::catalogue::{SegmentId, SegmentMeta};
use crate::part::PartError;
use crate::row::{Class, Extra, Row};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error("a segment needs at least one row")]
    Empty,
    #[error("parquet: {0}")]
    Parquet(String),
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// One segment that is open: its index is in memory, its pages are read as they are asked for.
pub struct Segment {}

impl Segment {
    /// Reads and checks the index file.
    ///
    /// # Errors
    /// When a file is missing, shorter than the index says, or the index's checksum is not the catalogue's.
    pub fn open(_files: &Arc<dyn Files>, _meta: &SegmentMeta) -> Result<Self, PartError> {
        unimplemented!()
    }

    /// Reads every page of every file and compares its checksum.
    ///
    /// # Errors
    /// The first damage found.
    pub fn verify(&self) -> Result<(), PartError> {
        unimplemented!()
    }
}

/// Writes the rows, all of one UTC day, as one segment: both orders and the index, durable when it returns. Rows of one
/// identity are written once. `rows` comes back in some other order. `extras` as [`Row::extra`] counts them.
///
/// # Errors
/// When the disk refuses; half-written files are removed where the disk allows and are never named by any catalogue.
pub fn write(
    _files: &dyn Files,
    _id: SegmentId,
    _class: Class,
    _rows: &mut Vec<Row>,
    _extras: &[Extra],
) -> Result<SegmentMeta, WriteError> {
    unimplemented!()
}
