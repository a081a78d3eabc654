//! A lake in which some plates never passed: what somebody sees who may not see them.
//!
//! **Invariant:** a veiled view answers every question as a view of a lake without the rows of the hidden plates would
//! (`a_veiled_lake_answers_as_one_in_which_the_plate_never_passed`); only the time that it takes differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, PartError, Want, Window};
use crate::questions::View;
use crate::row::{Class, FullRecord, HOUR_MS, Key, Seen};

impl View {
    /// The same lake without these plates.
    #[must_use]
    pub fn veiled(mut self, hidden: BTreeSet<PlateCode>) -> Self {
        let hidden = Arc::new(hidden);
        let veil = |inner| Arc::new(Veiled { inner, hidden: Arc::clone(&hidden) }) as Arc<dyn Part>;
        self.parts = std::mem::take(&mut self.parts).into_iter().map(veil).collect();
        self.hidden = hidden;
        self
    }
}

struct Veiled {
    inner: Arc<dyn Part>,
    hidden: Arc<BTreeSet<PlateCode>>,
}

impl Veiled {
    fn shows(&self, plate: PlateCode) -> bool {
        !self.hidden.contains(&plate)
    }

    /// How many rows of hidden plates lie in each source and hour.
    fn hidden_cells(&self, from_hour: i64, until_hour: i64) -> Result<BTreeMap<(u32, i64), u32>, PartError> {
        let window = Window { from_ms: from_hour.saturating_mul(HOUR_MS), until_ms: until_hour.saturating_mul(HOUR_MS) };
        let mut rows = Vec::new();
        for plate in self.hidden.iter() {
            self.inner.of_plate(*plate, window, &mut rows)?;
        }
        let mut cells = BTreeMap::new();
        for row in rows {
            *cells.entry((row.source, row.at_ms.div_euclid(HOUR_MS))).or_default() += 1;
        }
        Ok(cells)
    }
}

/// Takes as many from a count as are hidden; a part may give one cell in several pieces.
fn less(hidden: &mut u32, rows: u32) -> u32 {
    let taken = rows.min(*hidden);
    *hidden -= taken;
    rows - taken
}

impl Part for Veiled {
    fn id(&self) -> Option<SegmentId> {
        self.inner.id()
    }

    fn class(&self) -> Class {
        self.inner.class()
    }

    /// With the hidden ones: it says whether a part is empty and which is larger, and is in no answer.
    fn rows(&self) -> u64 {
        self.inner.rows()
    }

    fn span(&self) -> Window {
        self.inner.span()
    }

    fn will_ask_plate(&self, plate: PlateCode) {
        if self.shows(plate) {
            self.inner.will_ask_plate(plate);
        }
    }

    fn of_plate(&self, plate: PlateCode, window: Window, out: &mut Vec<Seen>) -> Result<(), PartError> {
        if self.shows(plate) { self.inner.of_plate(plate, window, out) } else { Ok(()) }
    }

    fn at_moments(&self, moments: &[Moment], want: Want, found: &mut dyn FnMut(usize, Seen)) -> Result<(), PartError> {
        self.inner.at_moments(moments, want, &mut |moment, seen| {
            if self.shows(seen.plate) {
                found(moment, seen);
            }
        })
    }

    fn moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        self.inner.moving(window, bounds, &mut |seen| {
            if self.shows(seen.plate) {
                found(seen);
            }
        })
    }

    fn tally(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
        let mut hidden = self.hidden_cells(from_hour, until_hour)?;
        self.inner.tally(from_hour, until_hour, &mut |source, hour, rows| {
            let left = hidden.get_mut(&(source, hour)).map_or(rows, |hidden| less(hidden, rows));
            if left > 0 {
                found(source, hour, left);
            }
        })
    }

    fn tally_hours(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
        let mut hidden: BTreeMap<i64, u32> = BTreeMap::new();
        for ((_, hour), rows) in self.hidden_cells(from_hour, until_hour)? {
            *hidden.entry(hour).or_default() += rows;
        }
        self.inner.tally_hours(from_hour, until_hour, &mut |hour, rows| {
            let left = hidden.get_mut(&hour).map_or(rows, |hidden| less(hidden, rows));
            if left > 0 {
                found(hour, left);
            }
        })
    }

    fn each_plate(&self, found: &mut dyn FnMut(PlateCode, u32)) -> Result<(), PartError> {
        self.inner.each_plate(&mut |plate, rows| {
            if self.shows(plate) {
                found(plate, rows);
            }
        })
    }

    fn record(&self, key: Key) -> Result<Option<FullRecord>, PartError> {
        if self.shows(key.plate) { self.inner.record(key) } else { Ok(None) }
    }

    fn each_record(&self, found: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
        self.inner.each_record(&mut |record| if self.shows(record.row.plate) { found(record) } else { Ok(()) })
    }
}
