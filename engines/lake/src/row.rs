//! One passage, as it is kept.

use serde::{Deserialize, Serialize};

use crate::code::PlateCode;

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Rows of one retention class die together. Names are short lower-case words: they are folder names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Class(pub u8);

impl Class {
    /// A passage that nobody looks for: dies first.
    pub const PASSAGE: Self = Self(0);
    /// Kept for a hit, a case or a legal hold, for as long as that names it.
    pub const KEPT: Self = Self(1);
    /// Entries and exits of car parks.
    pub const PARKING: Self = Self(2);
    /// Freeway gantries.
    pub const GANTRY: Self = Self(3);
    /// What a partner (a neighbouring city, a forest road site) shares.
    pub const PARTNER: Self = Self(4);

    pub const ALL: [Self; 5] = [Self::PASSAGE, Self::KEPT, Self::PARKING, Self::GANTRY, Self::PARTNER];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self.0 {
            0 => "passage",
            1 => "kept",
            2 => "parking",
            3 => "gantry",
            4 => "partner",
            _ => "unknown",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// `lon_e6` of a row that stands where its source stands.
pub const AT_SOURCE: i32 = i32::MIN;
/// `direction` of a row without one.
pub const NO_DIRECTION: u8 = u8::MAX;

/// What is kept of every passage. Plain data: sorted and copied by the million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub plate: PlateCode,
    /// Milliseconds since 1970-01-01T00:00:00Z. No camera knows the time of a passage better.
    pub at_ms: i64,
    /// The device's own number of the passage.
    pub sequence: u64,
    /// Number of the lens or device in the register of sources.
    pub source: u32,
    /// WGS84, millionths of a degree, only when the source moves; [`AT_SOURCE`] otherwise.
    pub lon_e6: i32,
    /// Meaningless when `lon_e6` is [`AT_SOURCE`].
    pub lat_e6: i32,
    /// Place of the row's [`Extra`] in its batch or memtable, counted from 1; 0: it has none.
    pub extra: u32,
    /// Calibrated probability that the whole plate is right, in thousandths, 0 to 1000.
    pub confidence_pm: u16,
    /// Meaning is the source's: octant of travel or `TravelDirection`; [`NO_DIRECTION`] when unknown.
    pub direction: u8,
    /// Bit 0: has a crop. Bit 1: has a frame.
    pub pictures: u8,
}

impl Row {
    #[must_use]
    pub const fn key(&self) -> Key {
        Key { source: self.source, at_ms: self.at_ms, plate: self.plate }
    }

    /// Days since 1970-01-01 in UTC.
    #[must_use]
    pub const fn day(&self) -> i64 {
        self.at_ms.div_euclid(DAY_MS)
    }

    #[must_use]
    pub const fn seen(&self) -> Seen {
        Seen {
            plate: self.plate,
            at_ms: self.at_ms,
            source: self.source,
            lon_e6: self.lon_e6,
            lat_e6: self.lat_e6,
            confidence_pm: self.confidence_pm,
            direction: self.direction,
        }
    }
}

/// The identity of a passage; orders as the source files do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub source: u32,
    pub at_ms: i64,
    pub plate: PlateCode,
}

/// What most questions answer with: a row without what only the full record has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub plate: PlateCode,
    pub at_ms: i64,
    pub source: u32,
    pub lon_e6: i32,
    pub lat_e6: i32,
    pub confidence_pm: u16,
    pub direction: u8,
}

impl Seen {
    #[must_use]
    pub const fn key(&self) -> Key {
        Key { source: self.source, at_ms: self.at_ms, plate: self.plate }
    }
}

/// What few rows have, or what is only looked at one by one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extra {
    /// Received minus captured, milliseconds.
    pub lag_ms: Option<i32>,
    /// Tenths of a kilometre per hour.
    pub speed_dkmh: Option<u16>,
    /// Frames that voted.
    pub reads: Option<u16>,
    /// A JSON object of the caller's: alternatives, character confidences, recogniser. Not read by the lake.
    pub detail: Option<String>,
}

/// A row with its extra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullRecord {
    pub row: Row,
    pub extra: Extra,
    pub class: Class,
}

/// What one device sends at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Number of the device in the register: with a row's sequence it makes a report idempotent.
    pub device: u32,
    pub class: Class,
    pub rows: Vec<Row>,
    pub extras: Vec<Extra>,
}
