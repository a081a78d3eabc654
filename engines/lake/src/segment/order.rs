//! Both orders of a segment's rows, without moving the rows.

use super::WriteError;
use super::roll::Entry;
use crate::code::PlateCode;
use crate::row::{AT_SOURCE, DAY_MS, Row};

/// Rows of one source, and whether any of them has a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRows {
    pub source: u32,
    pub rows: u32,
    pub moves: bool,
}

/// Which row comes where, each identity once.
pub struct Orders {
    pub day: i64,
    /// Rows by (plate, time), and by (source, time, plate).
    pub by_plate: Vec<u32>,
    pub by_source: Vec<u32>,
    /// Of each row: its plate's place among the plates, its source's among the sources.
    pub plate_at: Vec<u32>,
    pub source_at: Vec<u32>,
    pub plates: Vec<Entry>,
    pub sources: Vec<SourceRows>,
    pub first_ms: i64,
    pub last_ms: i64,
}

const GONE: u32 = u32::MAX;

impl Orders {
    pub fn of(rows: &[Row]) -> Result<Self, WriteError> {
        let first = rows.first().ok_or(WriteError::Empty)?;
        let day = first.day();
        if u32::try_from(rows.len()).is_err() || rows.len() >= i32::MAX as usize {
            return Err(WriteError::TooMany { rows: rows.len() });
        }
        let mut orders = Self {
            day,
            by_plate: Vec::new(),
            by_source: Vec::with_capacity(rows.len()),
            plate_at: vec![0; rows.len()],
            source_at: vec![0; rows.len()],
            plates: Vec::new(),
            sources: Vec::new(),
            first_ms: i64::MAX,
            last_ms: i64::MIN,
        };
        let mut keys = orders.plate_keys(rows)?;
        keys.sort_unstable();
        orders.number_plates(&keys);
        orders.source_keys(rows, &mut keys);
        keys.sort_unstable();
        orders.number_sources(rows, &keys);
        drop(keys);
        orders.count_plates();
        Ok(orders)
    }

    /// 60 bits plate, 27 bits time of day, 32 bits row.
    fn plate_keys(&mut self, rows: &[Row]) -> Result<Vec<u128>, WriteError> {
        let midnight = self.day * DAY_MS;
        let mut keys = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let of_day = row.at_ms.wrapping_sub(midnight);
            if !(0..DAY_MS).contains(&of_day) {
                return Err(WriteError::OtherDay { at_ms: row.at_ms, day: self.day });
            }
            if row.plate.0 >> 60 != 0 {
                return Err(WriteError::Plate { code: row.plate.0 });
            }
            self.first_ms = self.first_ms.min(row.at_ms);
            self.last_ms = self.last_ms.max(row.at_ms);
            keys.push(u128::from(row.plate.0) << 59 | (of_day as u128) << 32 | index as u128);
        }
        Ok(keys)
    }

    #[allow(clippy::indexing_slicing, reason = "the keys' last 32 bits are the rows' own indexes")]
    fn number_plates(&mut self, keys: &[u128]) {
        self.by_plate.reserve(keys.len());
        let mut last = None;
        for key in keys {
            let (row, code) = (*key as u32, PlateCode((key >> 59) as u64));
            if last != Some(code) {
                self.plates.push((code, 0));
                last = Some(code);
            }
            self.plate_at[row as usize] = self.plates.len() as u32 - 1;
            self.by_plate.push(row);
        }
    }

    /// 32 bits source, 27 bits time of day, 32 bits plate's place, 32 bits row.
    fn source_keys(&self, rows: &[Row], keys: &mut Vec<u128>) {
        let midnight = self.day * DAY_MS;
        keys.clear();
        keys.extend(rows.iter().zip(&self.plate_at).enumerate().map(|(index, (row, plate_at))| {
            u128::from(row.source) << 91 | ((row.at_ms - midnight) as u128) << 64 | u128::from(*plate_at) << 32 | index as u128
        }));
    }

    /// Of rows with one identity the first that was given stays.
    #[allow(clippy::indexing_slicing, reason = "the keys' last 32 bits are the rows' own indexes")]
    fn number_sources(&mut self, rows: &[Row], keys: &[u128]) {
        let mut before = None;
        let mut current: Option<SourceRows> = None;
        for key in keys {
            let index = *key as u32 as usize;
            if before.replace(key >> 32) == Some(key >> 32) {
                self.plate_at[index] = GONE;
                continue;
            }
            let row = &rows[index];
            if current.as_ref().is_none_or(|current| current.source != row.source) {
                self.sources.extend(current.replace(SourceRows { source: row.source, rows: 0, moves: false }));
            }
            if let Some(current) = current.as_mut() {
                current.rows += 1;
                current.moves |= row.lon_e6 != AT_SOURCE;
            }
            self.source_at[index] = self.sources.len() as u32;
            self.by_source.push(index as u32);
        }
        self.sources.extend(current);
    }

    #[allow(clippy::indexing_slicing, reason = "places were counted out by number_plates")]
    fn count_plates(&mut self) {
        if self.by_source.len() < self.by_plate.len() {
            let plate_at = &self.plate_at;
            self.by_plate.retain(|row| plate_at[*row as usize] != GONE);
        }
        for row in &self.by_plate {
            self.plates[self.plate_at[*row as usize] as usize].1 += 1;
        }
    }
}
