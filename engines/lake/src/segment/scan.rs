//! Rows of some sources in some windows: through the rows of each source, by time, to the pages that hold them.

use super::cursor::Scratch;
use super::open::{Segment, Wanted};
use super::pack::Malformed;
use super::roll::BLOCK;
use super::shape::by_source;
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, PartError, Want, Window};
use crate::row::{AT_SOURCE, DAY_MS, NO_DIRECTION, Seen};

/// A row that was found and whose plate is not known yet.
struct Hit {
    moment: usize,
    /// Of the plate in the roll.
    place: u32,
    seen: Seen,
}

const NOTHING: Seen =
    Seen { plate: PlateCode(0), at_ms: 0, source: 0, lon_e6: AT_SOURCE, lat_e6: 0, confidence_pm: 0, direction: NO_DIRECTION };

/// Hits whose plates are looked up together.
const HITS_MAX: usize = 1 << 16;

/// Moments whose pages are announced before they are read.
const HINTS_MAX: usize = 32;

/// Which rows to keep, and what of them.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    pub want: Want,
    /// Only rows with a place of their own within these.
    pub own_place_within: Option<Bounds>,
}

pub(super) struct Scan<'a> {
    segment: &'a Segment,
    filter: Filter,
    hits: Vec<Hit>,
    found: &'a mut dyn FnMut(usize, Seen),
}

impl<'a> Scan<'a> {
    pub fn new(segment: &'a Segment, filter: Filter, found: &'a mut dyn FnMut(usize, Seen)) -> Self {
        Self { segment, filter, hits: Vec::new(), found }
    }

    /// One source's rows in one window. Sources come in order, so that a page is read once.
    pub fn source(&mut self, moment: usize, place: usize, window: Window, scratch: &mut Scratch) -> Result<(), PartError> {
        let index = &self.segment.index;
        let (Some(&from), Some(&until)) = (index.first_rows.get(place), index.first_rows.get(place + 1)) else { return Ok(()) };
        let Some(source) = index.sources.get(place) else { return Ok(()) };
        let first =
            self.segment.first_at_or_after(from, until, window.from_ms, self.filter.own_place_within.is_some(), scratch)?;
        let moves = index.moving.binary_search(&(place as u32)).is_ok();
        for row in first..until {
            let times = self.segment.source_column(by_source::TIME);
            let time = &mut scratch.by_source[by_source::TIME];
            let at_ms = time.number(&times, row, &mut scratch.zstd)?.unwrap_or(i64::MAX);
            if at_ms >= window.until_ms {
                break;
            }
            let seen = Seen { source: *source, at_ms, ..NOTHING };
            self.row(moment, moves, row, seen, scratch)?;
        }
        Ok(())
    }

    fn row(&mut self, moment: usize, moves: bool, row: u32, mut seen: Seen, scratch: &mut Scratch) -> Result<(), PartError> {
        use by_source as at;
        let segment = self.segment;
        let Scratch { zstd, by_source: cursors, .. } = scratch;
        let [_, _, plates, lon, lat, confidences, directions, ..] = cursors;
        let bounds = self.filter.own_place_within;
        if self.filter.want == Want::Seen && moves {
            let lon_e6 = lon.number(&segment.source_column(at::LON_E6), row, zstd)?.map_or(AT_SOURCE, |lon_e6| lon_e6 as i32);
            let is_between = |bounds: Bounds| bounds.west_e6 <= lon_e6 && lon_e6 <= bounds.east_e6;
            if !bounds.is_none_or(is_between) {
                return Ok(());
            }
            if lon_e6 != AT_SOURCE {
                seen.lon_e6 = lon_e6;
                seen.lat_e6 = lat.number(&segment.source_column(at::LAT_E6), row, zstd)?.unwrap_or(0) as i32;
            }
        }
        if !bounds.is_none_or(|bounds| seen.lon_e6 != AT_SOURCE && bounds.holds(seen.lon_e6, seen.lat_e6)) {
            return Ok(());
        }
        if self.filter.want == Want::Seen {
            let confidence = confidences.word(&segment.source_column(at::CONFIDENCE_PM), row, zstd)?.unwrap_or(u32::MAX);
            seen.confidence_pm = segment.word(&segment.index.confidences, confidence)? as u16;
            if let Some(word) = directions.word(&segment.source_column(at::DIRECTION_AT), row, zstd)? {
                seen.direction = segment.word(&segment.index.directions, word)? as u8;
            }
        }
        let place = plates.word(&segment.source_column(at::PLATE), row, zstd)?.unwrap_or(u32::MAX);
        self.hits.push(Hit { moment, place, seen });
        if self.hits.len() >= HITS_MAX { self.tell(scratch) } else { Ok(()) }
    }

    /// Looks up the plates of what was found and hands it over.
    pub fn tell(&mut self, scratch: &mut Scratch) -> Result<(), PartError> {
        self.segment.name_plates(&mut self.hits, scratch)?;
        for hit in self.hits.drain(..) {
            (self.found)(hit.moment, hit.seen);
        }
        Ok(())
    }
}

impl Segment {
    /// The first row of `from..until`, all of one source, that is not before `at_ms`; `until` when there is none. `go_on`: the
    /// sources behind it are asked next.
    pub(super) fn first_at_or_after(
        &self,
        from: u32,
        until: u32,
        at_ms: i64,
        go_on: bool,
        scratch: &mut Scratch,
    ) -> Result<u32, PartError> {
        let times = self.source_column(by_source::TIME);
        let page_rows = times.column.page_rows;
        let of_day = at_ms.saturating_sub(self.index.day * DAY_MS);
        // The pages that begin within these rows begin with ever later times.
        let (first_page, last_page) = (from / page_rows, until.saturating_sub(1) / page_rows);
        let later = self.index.page_times.get(first_page as usize + 1..=last_page as usize).unwrap_or_default();
        let page = first_page + later.partition_point(|first| i64::from(*first) < of_day) as u32;
        let begin = from.max(page * page_rows);
        let end = until.min((page + 1).saturating_mul(page_rows));
        if begin >= end {
            return Ok(until);
        }
        let in_page = (end - page * page_rows) as usize;
        let want = if go_on { page_rows.min(self.index.rows - page * page_rows) as usize } else { in_page };
        let decoded = scratch.by_source[by_source::TIME].numbers(&times, begin, want, &mut scratch.zstd)?;
        let here = decoded
            .get((begin - page * page_rows) as usize..in_page)
            .ok_or_else(|| times.damaged(page as usize, Malformed("fewer times than rows")))?;
        Ok(begin + here.partition_point(|at| *at < at_ms) as u32)
    }

    /// Fills in the plates: block by block, or the whole roll when that is less work.
    fn name_plates(&self, hits: &mut [Hit], scratch: &mut Scratch) -> Result<(), PartError> {
        let outside = || self.index_damaged(self.roll_at, Malformed("a plate outside the roll"));
        if hits.len() > self.index.block_plates.len() / 4 {
            let mut plates = Vec::with_capacity(self.index.plates as usize);
            self.each_block(Wanted::Plates, scratch, &mut |entries| plates.extend(entries.iter().map(|(plate, _)| *plate)))?;
            for hit in hits {
                hit.seen.plate = plates.get(hit.place as usize).copied().ok_or_else(outside)?;
            }
            return Ok(());
        }
        hits.sort_unstable_by_key(|hit| hit.place);
        for group in hits.chunk_by_mut(|a, b| a.place as usize / BLOCK == b.place as usize / BLOCK) {
            let Some(last) = group.last().map(|hit| hit.place as usize) else { continue };
            let entries = self.read_block(last / BLOCK, Wanted::PlatesTo(last % BLOCK), scratch)?;
            for hit in group {
                hit.seen.plate = entries.get(hit.place as usize % BLOCK).ok_or_else(outside)?.0;
            }
        }
        Ok(())
    }

    pub(super) fn scan_moments(
        &self,
        moments: &[Moment],
        want: Want,
        found: &mut dyn FnMut(usize, Seen),
    ) -> Result<(), PartError> {
        let span = crate::part::Part::span(self);
        Scratch::with(&self.index, |scratch| {
            self.will_scan(moments);
            let mut scan = Scan::new(self, Filter { want, own_place_within: None }, found);
            let mut from = 0;
            for (at, moment) in moments.iter().enumerate().filter(|(_, moment)| moment.window.meets(&span)) {
                let rest = self.index.sources.get(from..).unwrap_or_default();
                // Sorted by source: the next one is not before the last one, unless the caller broke the rule.
                from = if rest.first().is_some_and(|first| *first <= moment.source) {
                    from + rest.partition_point(|source| *source < moment.source)
                } else {
                    self.index.sources.partition_point(|source| *source < moment.source)
                };
                if self.index.sources.get(from) == Some(&moment.source) {
                    scan.source(at, from, moment.window, scratch)?;
                }
            }
            scan.tell(scratch)
        })
    }

    /// A cold disk then fetches the pages of several sources at once. Not for many moments, where saying so costs a warm one more.
    fn will_scan(&self, moments: &[Moment]) {
        if moments.len() > HINTS_MAX {
            return;
        }
        for moment in moments {
            let Ok(place) = self.index.sources.binary_search(&moment.source) else { continue };
            if let Some(&[from, until]) = self.index.first_rows.get(place..place + 2) {
                self.source_column(by_source::TIME).will_need(from, until);
                self.source_column(by_source::PLATE).will_need(from, until);
            }
        }
    }

    pub(super) fn scan_moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        if !window.meets(&crate::part::Part::span(self)) {
            return Ok(());
        }
        Scratch::with(&self.index, |scratch| {
            let mut found = |_, seen| found(seen);
            let mut scan = Scan::new(self, Filter { want: Want::Seen, own_place_within: Some(bounds) }, &mut found);
            for place in &self.index.moving {
                scan.source(0, *place as usize, window, scratch)?;
            }
            scan.tell(scratch)
        })
    }
}
