//! Questions to one segment.

use super::cursor::{Cursor, NO_WORD, Scratch, read_slack};
use super::hours::read_plane;
use super::open::{Segment, Wanted};
use super::pack::Malformed;
use super::roll::BLOCK;
use super::shape::{by_plate, by_source};
use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, PartError, Want, Window};
use crate::row::{AT_SOURCE, Class, DAY_MS, Extra, FullRecord, HOUR_MS, Key, NO_DIRECTION, Row, Seen};

/// Of one plate: its place in the roll, its first row in plate order and its number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct InRoll {
    place: u32,
    first_row: u32,
    rows: u32,
}

impl Segment {
    /// The block that holds the plate if any does.
    fn block_of(&self, plate: PlateCode) -> Option<usize> {
        self.index.block_plates.partition_point(|first| *first <= plate.0).checked_sub(1)
    }

    fn find(&self, plate: PlateCode, scratch: &mut Scratch) -> Result<Option<InRoll>, PartError> {
        if !self.index.filter.may_hold(plate) {
            return Ok(None);
        }
        let Some(number) = self.block_of(plate) else { return Ok(None) };
        let mut first_row = self.index.block_rows.get(number).copied().unwrap_or(0);
        for (at, (code, rows)) in self.read_block(number, Wanted::All, scratch)?.iter().enumerate() {
            if *code == plate {
                if first_row.checked_add(*rows).is_none_or(|until| until > self.index.rows) {
                    return Err(self.index_damaged(self.roll_at, Malformed("a plate with more rows than there are")));
                }
                return Ok(Some(InRoll { place: (number * BLOCK + at) as u32, first_row, rows: *rows }));
            }
            first_row = first_row.wrapping_add(*rows);
        }
        Ok(None)
    }

    /// The word behind a place in a dictionary that the index holds.
    pub(super) fn word(&self, words: &[u32], place: u32) -> Result<u32, PartError> {
        words.get(place as usize).copied().ok_or_else(|| self.index_damaged(0, Malformed("a value outside its dictionary")))
    }

    /// Calls `found(place of the source, rows)` for each source with rows in that hour of the day.
    pub(super) fn read_hour(
        &self,
        hour: usize,
        scratch: &mut Scratch,
        found: &mut dyn FnMut(usize, u32),
    ) -> Result<(), PartError> {
        let Some(note) = self.index.hours.get(hour).filter(|note| note.rows > 0) else { return Ok(()) };
        let from = hour.checked_sub(1).and_then(|before| self.index.hours.get(before)).map_or(0, |before| before.end);
        let offset = self.planes_at() + u64::from(from);
        let len = note.end.checked_sub(from).ok_or_else(|| self.index_damaged(0, Malformed("hours out of order")))? as usize;
        read_slack(&*self.beside.file, offset, len, &mut scratch.bytes)?;
        let plane = scratch.bytes.get(..len).unwrap_or_default();
        if crc32fast::hash(plane) != note.crc {
            return Err(self.index_damaged(offset, Malformed("counts: wrong checksum")));
        }
        read_plane(plane, self.index.sources.len(), note.rows, found).map_err(|wrong| self.index_damaged(offset, wrong))
    }

    /// Hours of this segment's day within the asked ones: hour since 1970, hour of the day.
    fn hours(&self, from_hour: i64, until_hour: i64) -> impl Iterator<Item = (i64, usize)> {
        let midnight = self.index.day * (DAY_MS / HOUR_MS);
        (0..self.index.hours.len())
            .map(move |hour| (midnight + hour as i64, hour))
            .filter(move |(hour, _)| (from_hour..until_hour).contains(hour))
    }

    /// Rows of one plate whose times are within the window, page by page.
    fn plate_rows(
        &self,
        plate: PlateCode,
        window: Window,
        rows: std::ops::Range<u32>,
        scratch: &mut Scratch,
        out: &mut Vec<Seen>,
    ) -> Result<(), PartError> {
        use by_plate as at;
        let (mut first, times) = (rows.start, self.plate_column(at::TIME));
        while first < rows.end {
            // Pages of other columns have as many rows or more, by a power of two.
            let page_end = (first / times.column.page_rows + 1).saturating_mul(times.column.page_rows);
            let until = rows.end.min(page_end);
            let in_page = |row: u32| (row % times.column.page_rows) as usize;
            let wanted = in_page(first)..in_page(first) + (until - first) as usize;
            let decoded = scratch.by_plate[at::TIME].numbers(&times, first, wanted.end, &mut scratch.zstd)?;
            let page = first / times.column.page_rows;
            let here = decoded.get(wanted).ok_or_else(|| times.damaged(page as usize, Malformed("fewer times than rows")))?;
            // A plate's rows are in the order of their times.
            let from = here.partition_point(|at_ms| *at_ms < window.from_ms);
            let to = here.partition_point(|at_ms| *at_ms < window.until_ms).max(from);
            let is_over = to < here.len();
            self.push_rows(plate, first + from as u32, to - from, scratch, out)?;
            if is_over {
                break;
            }
            first = until;
        }
        Ok(())
    }

    /// `count` rows from `first` on, all of one page whose times are decoded.
    fn push_rows(&self, plate: PlateCode, first: u32, count: usize, scratch: &mut Scratch, out: &mut Vec<Seen>) -> Result<(), PartError> {
        use by_plate as at;
        if count == 0 {
            return Ok(());
        }
        let Scratch { zstd, by_plate: cursors, words: [places, confidences, directions], .. } = scratch;
        let [_, times, source_cursor, lon, lat, confidence_cursor, direction_cursor] = cursors;
        source_cursor.words(&self.plate_column(at::SOURCE), first, count, zstd, places)?;
        confidence_cursor.words(&self.plate_column(at::CONFIDENCE_PM), first, count, zstd, confidences)?;
        direction_cursor.words(&self.plate_column(at::DIRECTION_AT), first, count, zstd, directions)?;
        let time_column = self.plate_column(at::TIME);
        let readings = confidences.iter().zip(directions.iter());
        for (row, (place, (confidence, direction))) in (first..).zip(places.iter().zip(readings)) {
            let mut seen = Seen {
                plate,
                at_ms: times.number(&time_column, row, zstd)?.unwrap_or(i64::MIN),
                source: self.word(&self.index.sources, *place)?,
                lon_e6: AT_SOURCE,
                lat_e6: 0,
                confidence_pm: self.word(&self.index.confidences, *confidence)? as u16,
                direction: if *direction == NO_WORD { NO_DIRECTION } else { self.word(&self.index.directions, *direction)? as u8 },
            };
            if self.index.moving.binary_search(place).is_ok()
                && let Some(lon_e6) = lon.number(&self.plate_column(at::LON_E6), row, zstd)?
                && let Some(lat_e6) = lat.number(&self.plate_column(at::LAT_E6), row, zstd)?
            {
                (seen.lon_e6, seen.lat_e6) = (lon_e6 as i32, lat_e6 as i32);
            }
            out.push(seen);
        }
        Ok(())
    }
}

impl Part for Segment {
    fn id(&self) -> Option<SegmentId> {
        Some(self.meta.id)
    }

    fn class(&self) -> Class {
        self.meta.class
    }

    fn rows(&self) -> u64 {
        self.meta.rows
    }

    fn span(&self) -> Window {
        Window { from_ms: self.index.first_ms, until_ms: self.index.last_ms + 1 }
    }

    fn will_ask_plate(&self, plate: PlateCode) {
        if !self.index.filter.may_hold(plate) {
            return;
        }
        let Some(number) = self.block_of(plate) else { return };
        if let Some((offset, len)) = self.block_span(number) {
            self.beside.file.will_need(offset, len as u64);
        }
        let from = self.index.block_rows.get(number).copied().unwrap_or(0);
        let until = self.index.block_rows.get(number + 1).copied().unwrap_or(self.index.rows);
        for column in [by_plate::TIME, by_plate::SOURCE, by_plate::CONFIDENCE_PM, by_plate::DIRECTION_AT] {
            self.plate_column(column).will_need(from, until);
        }
    }

    fn of_plate(&self, plate: PlateCode, window: Window, out: &mut Vec<Seen>) -> Result<(), PartError> {
        if !window.meets(&self.span()) || !self.index.filter.may_hold(plate) {
            return Ok(());
        }
        Scratch::with(&self.index, |scratch| {
            let Some(found) = self.find(plate, scratch)? else { return Ok(()) };
            self.plate_rows(plate, window, found.first_row..found.first_row + found.rows, scratch, out)
        })
    }

    fn at_moments(&self, moments: &[Moment], want: Want, found: &mut dyn FnMut(usize, Seen)) -> Result<(), PartError> {
        self.scan_moments(moments, want, found)
    }

    fn moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        self.scan_moving(window, bounds, found)
    }

    fn tally(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
        Scratch::with(&self.index, |scratch| {
            for (hour, of_day) in self.hours(from_hour, until_hour) {
                self.read_hour(of_day, scratch, &mut |place, rows| {
                    if let Some(source) = self.index.sources.get(place) {
                        found(*source, hour, rows);
                    }
                })?;
            }
            Ok(())
        })
    }

    fn tally_hours(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
        for (hour, of_day) in self.hours(from_hour, until_hour) {
            if let Some(note) = self.index.hours.get(of_day).filter(|note| note.rows > 0) {
                found(hour, note.rows);
            }
        }
        Ok(())
    }

    fn each_plate(&self, found: &mut dyn FnMut(PlateCode, u32)) -> Result<(), PartError> {
        Scratch::with(&self.index, |scratch| {
            self.each_block(Wanted::All, scratch, &mut |entries| entries.iter().for_each(|(plate, rows)| found(*plate, *rows)))
        })
    }

    fn record(&self, key: Key) -> Result<Option<FullRecord>, PartError> {
        let Ok(place) = self.index.sources.binary_search(&key.source) else { return Ok(None) };
        let (Some(&from), Some(&until)) = (self.index.first_rows.get(place), self.index.first_rows.get(place + 1)) else {
            return Ok(None);
        };
        Scratch::with(&self.index, |scratch| {
            let Some(in_roll) = self.find(key.plate, scratch)? else { return Ok(None) };
            let times = self.source_column(by_source::TIME);
            let plates = self.source_column(by_source::PLATE);
            for row in self.first_at_or_after(from, until, key.at_ms, false, scratch)?..until {
                let Scratch { zstd, by_source: cursors, .. } = scratch;
                if cursors[by_source::TIME].number(&times, row, zstd)? != Some(key.at_ms) {
                    break;
                }
                if cursors[by_source::PLATE].word(&plates, row, zstd)? == Some(in_roll.place) {
                    let moves = self.index.moving.binary_search(&(place as u32)).is_ok();
                    let (_, mut record) = self.source_row(key.source, moves, row, scratch)?;
                    record.row.plate = key.plate;
                    return Ok(Some(record));
                }
            }
            Ok(None)
        })
    }

    fn each_record(&self, found: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
        Scratch::with(&self.index, |scratch| {
            let mut plates = Vec::with_capacity(self.index.plates as usize);
            self.each_block(Wanted::Plates, scratch, &mut |entries| plates.extend(entries.iter().map(|(plate, _)| *plate)))?;
            let sources = self.index.sources.iter().zip(self.index.first_rows.windows(2));
            for (place, (source, rows)) in sources.enumerate() {
                let &[from, until] = rows else { continue };
                let moves = self.index.moving.binary_search(&(place as u32)).is_ok();
                for row in from..until {
                    let (word, mut record) = self.source_row(*source, moves, row, scratch)?;
                    record.row.plate = plates.get(word as usize).copied().ok_or_else(|| {
                        let at = self.source_column(by_source::PLATE);
                        at.damaged((row / at.column.page_rows) as usize, Malformed("a plate outside the dictionary"))
                    })?;
                    found(record)?;
                }
            }
            Ok(())
        })
    }
}

impl Segment {
    /// A row in source order with its extra and its plate's place in the roll.
    fn source_row(&self, source: u32, moves: bool, row: u32, scratch: &mut Scratch) -> Result<(u32, FullRecord), PartError> {
        use by_source as at;
        let Scratch { zstd, by_source: cursors, .. } = scratch;
        let [_, times, plates, lon, lat, confidences, directions, sequences, pictures, lag, speed, reads, detail] = cursors;
        let mut number = |cursor: &mut Cursor, column| cursor.number(&self.source_column(column), row, zstd);
        let at_ms = number(times, at::TIME)?.unwrap_or(0);
        let sequence = number(sequences, at::SEQUENCE)?.unwrap_or(0) as u64;
        let place = if moves { number(lon, at::LON_E6)?.zip(number(lat, at::LAT_E6)?) } else { None };
        let extra = Extra {
            lag_ms: number(lag, at::LAG_MS)?.map(|value| value as i32),
            speed_dkmh: number(speed, at::SPEED_DKMH)?.map(|value| value as u16),
            reads: number(reads, at::READS)?.map(|value| value as u16),
            detail: detail.text(&self.source_column(at::DETAIL), row, zstd)?,
        };
        let mut word = |cursor: &mut Cursor, column| cursor.word(&self.source_column(column), row, zstd);
        let plate = word(plates, at::PLATE)?.unwrap_or(u32::MAX);
        let confidence = word(confidences, at::CONFIDENCE_PM)?.unwrap_or(u32::MAX);
        let direction = word(directions, at::DIRECTION_AT)?;
        let picture = word(pictures, at::PICTURES)?.unwrap_or(u32::MAX);
        let row = Row {
            plate: PlateCode(0),
            at_ms,
            sequence,
            source,
            lon_e6: place.map_or(AT_SOURCE, |(lon_e6, _)| lon_e6 as i32),
            lat_e6: place.map_or(0, |(_, lat_e6)| lat_e6 as i32),
            extra: 0,
            confidence_pm: self.word(&self.index.confidences, confidence)? as u16,
            direction: direction.map_or(Ok(u32::from(NO_DIRECTION)), |word| self.word(&self.index.directions, word))? as u8,
            pictures: self.word(&self.index.pictures, picture)? as u8,
        };
        Ok((plate, FullRecord { row, extra, class: self.meta.class }))
    }
}
