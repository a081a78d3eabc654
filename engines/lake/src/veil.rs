//! A lake in which some plates never passed and some sources recorded nothing: what somebody sees who may not see them.
//!
//! **Invariant:** a veiled view answers every question as a view of a lake without the hidden rows would
//! (`a_veiled_lake_answers_as_one_in_which_the_plate_never_passed`, `…_in_which_the_source_recorded_nothing`); only the time that it takes differs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, PartError, Want, Window};
use crate::plates::PlateBook;
use crate::questions::View;
use crate::row::{Class, FullRecord, HOUR_MS, Key, Seen};

impl View {
    /// The same lake without these plates.
    #[must_use]
    pub fn veiled(mut self, hidden: BTreeSet<PlateCode>) -> Self {
        let hidden = Arc::new(hidden);
        self.veil(&hidden, &Arc::default());
        self.hidden = hidden;
        self
    }

    /// The same lake without what these sources recorded. A plate that only they saw is in no book, so that the book is left out: who searches for plates
    /// reads what is hidden.
    #[must_use]
    pub fn without_sources(mut self, hidden: BTreeSet<u32>) -> Self {
        if !hidden.is_empty() {
            self.veil(&Arc::default(), &Arc::new(hidden));
            self.plates = Arc::new(PlateBook::default());
        }
        self
    }

    fn veil(&mut self, plates: &Arc<BTreeSet<PlateCode>>, sources: &Arc<BTreeSet<u32>>) {
        let veil = |inner| Arc::new(Veiled { inner, hidden: Arc::clone(plates), sources: Arc::clone(sources) }) as Arc<dyn Part>;
        self.parts = std::mem::take(&mut self.parts).into_iter().map(veil).collect();
    }
}

struct Veiled {
    inner: Arc<dyn Part>,
    hidden: Arc<BTreeSet<PlateCode>>,
    sources: Arc<BTreeSet<u32>>,
}

impl Veiled {
    fn shows(&self, plate: PlateCode) -> bool {
        !self.hidden.contains(&plate)
    }

    fn shows_source(&self, source: u32) -> bool {
        !self.sources.contains(&source)
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

    /// How many rows of each plate hidden sources recorded.
    fn hidden_of_plates(&self) -> Result<HashMap<PlateCode, u32>, PartError> {
        let window = self.inner.span();
        let moments: Vec<Moment> = self.sources.iter().map(|source| Moment { source: *source, window }).collect();
        let mut of_plates = HashMap::new();
        if !moments.is_empty() {
            self.inner.at_moments(&moments, Want::Bare, &mut |_, seen| *of_plates.entry(seen.plate).or_default() += 1)?;
        }
        Ok(of_plates)
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
        if !self.shows(plate) {
            return Ok(());
        }
        // What is there already is somebody else's.
        let mut found = Vec::new();
        self.inner.of_plate(plate, window, &mut found)?;
        out.extend(found.into_iter().filter(|seen| self.shows_source(seen.source)));
        Ok(())
    }

    fn at_moments(&self, moments: &[Moment], want: Want, found: &mut dyn FnMut(usize, Seen)) -> Result<(), PartError> {
        self.inner.at_moments(moments, want, &mut |moment, seen| {
            if self.shows(seen.plate) && self.shows_source(seen.source) {
                found(moment, seen);
            }
        })
    }

    fn moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        self.inner.moving(window, bounds, &mut |seen| {
            if self.shows(seen.plate) && self.shows_source(seen.source) {
                found(seen);
            }
        })
    }

    fn tally(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
        let mut hidden = self.hidden_cells(from_hour, until_hour)?;
        self.inner.tally(from_hour, until_hour, &mut |source, hour, rows| {
            if !self.shows_source(source) {
                return;
            }
            let left = hidden.get_mut(&(source, hour)).map_or(rows, |hidden| less(hidden, rows));
            if left > 0 {
                found(source, hour, left);
            }
        })
    }

    fn tally_hours(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
        if !self.sources.is_empty() {
            // The counts by hour alone do not say whose they are.
            let mut hours: BTreeMap<i64, u32> = BTreeMap::new();
            self.tally(from_hour, until_hour, &mut |_, hour, rows| {
                let sum = hours.entry(hour).or_default();
                *sum = sum.saturating_add(rows);
            })?;
            hours.into_iter().for_each(|(hour, rows)| found(hour, rows));
            return Ok(());
        }
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
        let mut of_hidden = self.hidden_of_plates()?;
        self.inner.each_plate(&mut |plate, rows| {
            let left = of_hidden.get_mut(&plate).map_or(rows, |hidden| less(hidden, rows));
            if left > 0 && self.shows(plate) {
                found(plate, left);
            }
        })
    }

    fn record(&self, key: Key) -> Result<Option<FullRecord>, PartError> {
        if self.shows(key.plate) && self.shows_source(key.source) { self.inner.record(key) } else { Ok(None) }
    }

    fn each_record(&self, found: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
        let shows = |record: &FullRecord| self.shows(record.row.plate) && self.shows_source(record.row.source);
        self.inner.each_record(&mut |record| if shows(&record) { found(record) } else { Ok(()) })
    }
}
