//! What a purge or an erasure did, so that it can be shown and added up years later.

use serde::{Deserialize, Serialize};
use shouhu_lake::{SegmentId, SegmentMeta};

/// A file that is removed, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneFile {
    pub name: String,
    pub bytes: u64,
}

/// One segment that was taken out of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneSegment {
    pub id: SegmentId,
    pub rows: u64,
    pub rows_erased: u64,
    /// CRC-32 of its index file, which in turn held those of every page.
    pub index_crc: u32,
    pub files: Vec<GoneFile>,
}

/// `rows_before = rows_erased + rows_kept + rows_duplicate`, and the segments written have `rows_kept` rows together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Certificate {
    pub rows_before: u64,
    pub rows_erased: u64,
    pub rows_kept: u64,
    /// Passages that two of the segments had: one of them is kept.
    pub rows_duplicate: u64,
    pub gone: Vec<GoneSegment>,
    pub written: Vec<SegmentMeta>,
    /// Version of the catalogue from which on nothing erased is answered any more.
    pub version: u64,
}
