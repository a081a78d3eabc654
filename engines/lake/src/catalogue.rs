//! Which segments there are: the one place where a change becomes visible, all at once.

mod file;

pub use file::FileCatalogue;

use serde::{Deserialize, Serialize};
use shouhu_calendar::Date;

use crate::row::Class;

/// Unique for ever: the node's number and a counter of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SegmentId(pub u64);

impl SegmentId {
    /// Bits of the counter; the node's number is above them and below the sign bit of an SQL integer.
    const COUNTER_BITS: u32 = 40;

    #[must_use]
    pub const fn new(node: u32, counter: u64) -> Self {
        Self(((node as u64) << Self::COUNTER_BITS) | (counter & ((1 << Self::COUNTER_BITS) - 1)))
    }

    /// Who made it: only that node may remove a file that no catalogue names.
    #[must_use]
    pub const fn node(self) -> u32 {
        (self.0 >> Self::COUNTER_BITS) as u32
    }

    #[must_use]
    pub const fn counter(self) -> u64 {
        self.0 & ((1 << Self::COUNTER_BITS) - 1)
    }
}

/// What the catalogue knows of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentMeta {
    pub id: SegmentId,
    pub class: Class,
    /// Days since 1970-01-01 in UTC.
    pub day: i64,
    pub rows: u64,
    /// Distinct plates.
    pub plates: u64,
    pub first_ms: i64,
    pub last_ms: i64,
    /// Bytes of the file in plate order, of the file in source order, and of the index.
    pub bytes: [u64; 3],
    /// CRC-32 of the index file, which in turn holds those of every page of the other two.
    pub index_crc: u32,
}

impl SegmentMeta {
    /// `YYYY-MM-DD`, as in the folder names.
    #[must_use]
    pub fn date(&self) -> String {
        date_of(self.day)
    }

    #[must_use]
    pub fn name(&self, order: Order) -> String {
        name_of(self.class, self.day, self.id, order)
    }
}

/// Name of one file of a segment.
#[must_use]
pub fn name_of(class: Class, day: i64, id: SegmentId, order: Order) -> String {
    let (folder, end) = match order {
        Order::Plate => ("by_plate", "parquet"),
        Order::Source => ("by_source", "parquet"),
        Order::Index => ("index", "lidx"),
    };
    format!("{folder}/class={}/day={}/{:016x}.{end}", class.as_str(), date_of(day), id.0)
}

/// Which file of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Plate,
    Source,
    Index,
}

impl Order {
    pub const ALL: [Self; 3] = [Self::Plate, Self::Source, Self::Index];
}

/// The Gregorian date of a day since 1970-01-01, `YYYY-MM-DD`.
#[must_use]
pub fn date_of(day: i64) -> String {
    Date::from_days(day).to_string()
}

/// One atomic exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    pub add: Vec<SegmentMeta>,
    pub drop: Vec<SegmentId>,
    /// Every write-ahead log file of this node up to this number is in segments now.
    pub wal_until: Option<u64>,
    /// Devices whose received sequence numbers changed since the last flush: number and ranges, as [`crate::wal`] writes them.
    pub receipts: Vec<(u32, Vec<u8>)>,
}

/// All that a node needs to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Grows with every change by any node.
    pub version: u64,
    pub segments: Vec<SegmentMeta>,
    /// Of this node.
    pub wal_until: u64,
    pub receipts: Vec<(u32, Vec<u8>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    #[error("segment {0:?} is not in the catalogue: another node exchanged it first")]
    Exchanged(SegmentId),
    #[error("another writer holds this lake: {0}")]
    Held(String),
    #[error("catalogue: {0}")]
    Failed(String),
}

/// Kept in a database by `platform/lakehouse`, or in one file by [`FileCatalogue`] where there is none.
pub trait Catalogue: Send + Sync {
    /// # Errors
    /// When it cannot be read.
    fn load(&self) -> Result<Listing, CatalogueError>;
    /// All of the change or nothing of it, durable when it returns. Gives the new version.
    ///
    /// # Errors
    /// `Exchanged` when a segment to drop is gone already.
    fn publish(&self, change: &Change) -> Result<u64, CatalogueError>;
    /// # Errors
    /// When it cannot be read.
    fn version(&self) -> Result<u64, CatalogueError>;
    /// A segment number that no other node and no other start of this one has used or will use.
    ///
    /// # Errors
    /// When it cannot be written.
    fn next_id(&self) -> Result<SegmentId, CatalogueError>;
}
