//! Questions to rows in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::run::extra_of;
use super::{Piece, Run};
use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, PartError, Want, Window};
use crate::row::{AT_SOURCE, Class, Extra, FullRecord, HOUR_MS, Key, Row, Seen};

/// Rows of one class that were in memory when the view was taken.
///
/// Rows of one identity that came in long after each other may be there twice, as they may be in two segments.
pub struct MemoryPart {
    pub(super) class: Class,
    pub(super) span: Window,
    pub(super) runs: Arc<Vec<Arc<Run>>>,
    pub(super) pieces: Vec<Arc<Piece>>,
}

impl MemoryPart {
    fn unsorted(&self) -> impl Iterator<Item = &Row> {
        self.pieces.iter().flat_map(|piece| &piece.rows)
    }

    fn runs_within(&self, window: Window) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.span.meets(&window)).map(Arc::as_ref)
    }

    fn full(&self, row: &Row, extras: &[Extra]) -> FullRecord {
        let extra = extra_of(row, extras).cloned().unwrap_or_default();
        FullRecord { row: Row { extra: 0, ..*row }, extra, class: self.class }
    }

    /// Every row with the extras it points into, in no order, duplicates included.
    pub(crate) fn each_row(&self, found: &mut dyn FnMut(&Row, Option<&Extra>)) {
        for run in self.runs.iter() {
            run.rows.iter().for_each(|row| found(row, extra_of(row, &run.extras)));
        }
        for piece in &self.pieces {
            piece.rows.iter().for_each(|row| found(row, extra_of(row, &piece.extras)));
        }
    }
}

impl Part for MemoryPart {
    fn id(&self) -> Option<SegmentId> {
        None
    }

    fn class(&self) -> Class {
        self.class
    }

    fn rows(&self) -> u64 {
        let sorted: usize = self.runs.iter().map(|run| run.rows.len()).sum();
        let unsorted: usize = self.pieces.iter().map(|piece| piece.rows.len()).sum();
        (sorted + unsorted) as u64
    }

    fn span(&self) -> Window {
        self.span
    }

    fn of_plate(&self, plate: PlateCode, window: Window, out: &mut Vec<Seen>) -> Result<(), PartError> {
        let already = out.len();
        let sorted = self.runs_within(window).flat_map(|run| run.of_plate(plate));
        let unsorted = self.unsorted().filter(|row| row.plate == plate);
        out.extend(sorted.chain(unsorted).filter(|row| window.holds(row.at_ms)).map(Row::seen));
        out.get_mut(already..).unwrap_or_default().sort_unstable_by_key(|seen| (seen.at_ms, seen.source));
        Ok(())
    }

    fn at_moments(&self, moments: &[Moment], _want: Want, found: &mut dyn FnMut(usize, Seen)) -> Result<(), PartError> {
        for (place, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.window.meets(&self.span)) {
            for run in self.runs_within(moment.window) {
                run.at_moment(moment).iter().for_each(|row| found(place, row.seen()));
            }
        }
        if moments.is_empty() {
            return Ok(());
        }
        // Few moments, many rows: the source of each row is looked up in the moments.
        for row in self.unsorted() {
            let first = moments.partition_point(|moment| moment.source < row.source);
            let of_source = moments.iter().enumerate().skip(first).take_while(|(_, moment)| moment.source == row.source);
            for (place, moment) in of_source {
                if moment.window.from_ms > row.at_ms {
                    break;
                }
                if moment.window.holds(row.at_ms) {
                    found(place, row.seen());
                }
            }
        }
        Ok(())
    }

    fn moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        let sorted = self.runs_within(window).flat_map(Run::moving);
        let unsorted = self.unsorted().filter(|row| row.lon_e6 != AT_SOURCE);
        for row in sorted.chain(unsorted).filter(|row| window.holds(row.at_ms) && bounds.holds(row.lon_e6, row.lat_e6)) {
            found(row.seen());
        }
        Ok(())
    }

    fn tally(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
        let mut counts: HashMap<(u32, i64), u32> = HashMap::new();
        self.count(from_hour, until_hour, &mut |source, hour, rows| *counts.entry((source, hour)).or_default() += rows);
        counts.into_iter().for_each(|((source, hour), rows)| found(source, hour, rows));
        Ok(())
    }

    fn tally_hours(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
        let mut counts: HashMap<i64, u32> = HashMap::new();
        self.count(from_hour, until_hour, &mut |_, hour, rows| *counts.entry(hour).or_default() += rows);
        counts.into_iter().for_each(|(hour, rows)| found(hour, rows));
        Ok(())
    }

    fn each_plate(&self, found: &mut dyn FnMut(PlateCode, u32)) -> Result<(), PartError> {
        let sorted = self.runs.iter().flat_map(|run| run.plates().iter().copied());
        let mut plates: Vec<_> = sorted.chain(self.unsorted().map(|row| row.plate)).collect();
        // The runs are sorted already: a sort that finds such stretches merges them.
        plates.sort();
        for same in plates.chunk_by(PartialEq::eq) {
            if let Some(plate) = same.first() {
                found(*plate, u32::try_from(same.len()).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }

    fn record(&self, key: Key) -> Result<Option<FullRecord>, PartError> {
        let at = Window { from_ms: key.at_ms, until_ms: key.at_ms.saturating_add(1) };
        let sorted = self.runs_within(at).find_map(|run| Some(self.full(run.record(key)?, &run.extras)));
        let unsorted = || {
            self.pieces.iter().find_map(|piece| {
                let row = piece.rows.iter().find(|row| row.key() == key)?;
                Some(self.full(row, &piece.extras))
            })
        };
        Ok(sorted.or_else(unsorted))
    }

    fn each_record(&self, found: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
        let rest = Run::sorted(&self.pieces);
        let runs: Vec<&Run> = self.runs.iter().map(Arc::as_ref).chain(&rest).collect();
        let mut heads: std::collections::BinaryHeap<_> = runs
            .iter()
            .enumerate()
            .filter_map(|(run, head)| Some(std::cmp::Reverse((head.rows.first()?.key(), run, 0_usize))))
            .collect();
        while let Some(std::cmp::Reverse((_, run, place))) = heads.pop() {
            let Some(of) = runs.get(run) else { continue };
            if let Some(row) = of.rows.get(place) {
                found(self.full(row, &of.extras))?;
            }
            if let Some(next) = of.rows.get(place + 1) {
                heads.push(std::cmp::Reverse((next.key(), run, place + 1)));
            }
        }
        Ok(())
    }
}

impl MemoryPart {
    fn count(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) {
        let is_asked = |hour: i64| from_hour <= hour && hour < until_hour;
        for (source, hour, rows) in self.runs.iter().flat_map(|run| run.tally()) {
            if is_asked(*hour) {
                found(*source, *hour, *rows);
            }
        }
        for row in self.unsorted() {
            let hour = row.at_ms.div_euclid(HOUR_MS);
            if is_asked(hour) {
                found(row.source, hour, 1);
            }
        }
    }
}
