//! A part of the lake that can be asked: one segment on disk, or rows in memory.

use shouhu_files::FilesError;

use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::row::{Class, FullRecord, Key, Seen};

/// From `from_ms` to before `until_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from_ms: i64,
    pub until_ms: i64,
}

impl Window {
    #[must_use]
    pub const fn holds(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && at_ms < self.until_ms
    }

    #[must_use]
    pub const fn meets(&self, other: &Self) -> bool {
        self.from_ms < other.until_ms && other.from_ms < self.until_ms
    }
}

/// One source during one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub source: u32,
    pub window: Window,
}

/// West, south, east, north in millionths of a degree, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub west_e6: i32,
    pub south_e6: i32,
    pub east_e6: i32,
    pub north_e6: i32,
}

impl Bounds {
    #[must_use]
    pub const fn holds(&self, lon_e6: i32, lat_e6: i32) -> bool {
        self.west_e6 <= lon_e6 && lon_e6 <= self.east_e6 && self.south_e6 <= lat_e6 && lat_e6 <= self.north_e6
    }
}

/// Columns beyond plate, time and source that an answer needs. What is not wanted is not decoded: `lon_e6` is then
/// `AT_SOURCE`, `confidence_pm` 0, `direction` `NO_DIRECTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Plate, time, source.
    Bare,
    /// All of [`Seen`].
    Seen,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    #[error("file {file:?} is damaged at byte {offset}: {detail}")]
    Damaged { file: String, offset: u64, detail: String },
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// Every method appends to `out`; what is asked for twice may be there twice. Nothing is promised about the order of `out`
/// beyond what each method says.
pub trait Part: Send + Sync {
    /// `None`: rows in memory.
    fn id(&self) -> Option<SegmentId>;
    fn class(&self) -> Class;
    fn rows(&self) -> u64;
    /// From the first row to just after the last.
    fn span(&self) -> Window;

    /// Says what a question will read, before it reads it: a cold disk then fetches all parts at once.
    fn will_ask_plate(&self, plate: PlateCode) {
        let _ = plate;
    }

    /// Sightings of one plate within the window, by time.
    ///
    /// # Errors
    /// When a page cannot be read or its checksum is wrong.
    fn of_plate(&self, plate: PlateCode, window: Window, out: &mut Vec<Seen>) -> Result<(), PartError>;

    /// What the sources saw in their windows. `moments` are sorted by source, then window start; windows of one source may
    /// overlap, a row is then given once per window that holds it. Calls `found(index of the moment, row)`.
    ///
    /// # Errors
    /// When a page cannot be read or its checksum is wrong.
    fn at_moments(&self, moments: &[Moment], want: Want, found: &mut dyn FnMut(usize, Seen)) -> Result<(), PartError>;

    /// Rows with a place of their own (from moving sources) within the window and the bounds.
    ///
    /// # Errors
    /// When a page cannot be read or its checksum is wrong.
    fn moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError>;

    /// Exact counts by source and hour (hours since 1970, `from_hour` to before `until_hour`): `found(source, hour, rows)`.
    ///
    /// # Errors
    /// When the counts cannot be read.
    fn tally(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError>;

    /// Exact counts by hour alone: `found(hour, rows)`.
    ///
    /// # Errors
    /// When the counts cannot be read.
    fn tally_hours(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(i64, u32)) -> Result<(), PartError>;

    /// Every distinct plate in order, with its number of rows.
    ///
    /// # Errors
    /// When a page cannot be read or its checksum is wrong.
    fn each_plate(&self, found: &mut dyn FnMut(PlateCode, u32)) -> Result<(), PartError>;

    /// # Errors
    /// When a page cannot be read or its checksum is wrong.
    fn record(&self, key: Key) -> Result<Option<FullRecord>, PartError>;

    /// Every row in the order (source, time, plate), with its extra: for compaction, erasure and export.
    ///
    /// # Errors
    /// When a page cannot be read or its checksum is wrong, or `found` says so.
    fn each_record(&self, found: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError>;
}
