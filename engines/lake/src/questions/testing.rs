//! A small world whose answers can be had by looking at every row: what all questions are held against.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Answer, AskError, Limits, Partial, View};
use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, PartError, Want, Window};
use crate::plates::PlateBook;
use crate::row::{AT_SOURCE, Class, DAY_MS, Extra, FullRecord, HOUR_MS, Key, NO_DIRECTION, Row, Seen};
use crate::sources::{Source, Sources};

/// 2026-05-01T00:00Z.
pub const START_MS: i64 = 20_574 * DAY_MS;
const PLATES: [&str; 7] = ["ABC-1234", "A8C-1234", "ABC-123", "ABD-1234", "0BC-1234", "DBC-1234", "7"];
/// 0 to 4 stand, 5 is not registered, 6 and 7 move.
const SOURCES: u32 = 8;
const TICK_MS: i64 = 20_000;
const TICKS: i64 = 200;
const DAYS: i64 = 3;

/// Rows in a vector, answered by looking at each.
pub struct VecPart {
    pub id: Option<SegmentId>,
    pub class: Class,
    /// In the order of their keys.
    pub records: Vec<FullRecord>,
    /// Reading gives every other row and then fails.
    pub is_damaged: bool,
}

impl VecPart {
    fn read<'a>(&'a self) -> impl Iterator<Item = Seen> + 'a {
        self.records
            .iter()
            .enumerate()
            .filter(|(index, _)| !self.is_damaged || index % 2 == 0)
            .map(|(_, record)| record.row.seen())
    }

    fn end(&self) -> Result<(), PartError> {
        if self.is_damaged {
            return Err(PartError::Damaged { file: "by_plate/this".into(), offset: 7, detail: "its checksum is wrong".into() });
        }
        Ok(())
    }
}

impl Part for VecPart {
    fn id(&self) -> Option<SegmentId> {
        self.id
    }

    fn class(&self) -> Class {
        self.class
    }

    fn rows(&self) -> u64 {
        self.records.len() as u64
    }

    fn span(&self) -> Window {
        let times = || self.records.iter().map(|record| record.row.at_ms);
        Window { from_ms: times().min().unwrap_or(0), until_ms: times().max().map_or(0, |last| last + 1) }
    }

    fn of_plate(&self, plate: PlateCode, window: Window, out: &mut Vec<Seen>) -> Result<(), PartError> {
        let mut rows: Vec<Seen> = self.read().filter(|seen| seen.plate == plate && window.holds(seen.at_ms)).collect();
        rows.sort_by_key(|seen| seen.at_ms);
        out.append(&mut rows);
        self.end()
    }

    fn at_moments(&self, moments: &[Moment], want: Want, found: &mut dyn FnMut(usize, Seen)) -> Result<(), PartError> {
        assert!(moments.is_sorted_by_key(|moment| (moment.source, moment.window.from_ms)), "the contract wants them sorted");
        for (index, moment) in moments.iter().enumerate() {
            for seen in self.read().filter(|seen| seen.source == moment.source && moment.window.holds(seen.at_ms)) {
                let bare = Seen { lon_e6: AT_SOURCE, lat_e6: 0, confidence_pm: 0, direction: NO_DIRECTION, ..seen };
                found(index, if want == Want::Bare { bare } else { seen });
            }
        }
        self.end()
    }

    fn moving(&self, window: Window, bounds: Bounds, found: &mut dyn FnMut(Seen)) -> Result<(), PartError> {
        self.read()
            .filter(|seen| window.holds(seen.at_ms) && seen.lon_e6 != AT_SOURCE && bounds.holds(seen.lon_e6, seen.lat_e6))
            .for_each(found);
        self.end()
    }

    fn tally(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(u32, i64, u32)) -> Result<(), PartError> {
        let mut counts: BTreeMap<(u32, i64), u32> = BTreeMap::new();
        for seen in self.read() {
            *counts.entry((seen.source, seen.at_ms.div_euclid(HOUR_MS))).or_default() += 1;
        }
        for ((source, hour), rows) in counts {
            if (from_hour..until_hour).contains(&hour) {
                found(source, hour, rows);
            }
        }
        self.end()
    }

    fn tally_hours(&self, from_hour: i64, until_hour: i64, found: &mut dyn FnMut(i64, u32)) -> Result<(), PartError> {
        let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
        self.tally(from_hour, until_hour, &mut |_, hour, rows| *counts.entry(hour).or_default() += rows)?;
        counts.into_iter().for_each(|(hour, rows)| found(hour, rows));
        Ok(())
    }

    fn each_plate(&self, found: &mut dyn FnMut(PlateCode, u32)) -> Result<(), PartError> {
        let mut counts: BTreeMap<PlateCode, u32> = BTreeMap::new();
        for seen in self.read() {
            *counts.entry(seen.plate).or_default() += 1;
        }
        counts.into_iter().for_each(|(plate, rows)| found(plate, rows));
        self.end()
    }

    fn record(&self, key: Key) -> Result<Option<FullRecord>, PartError> {
        Ok(self.records.iter().find(|record| record.row.key() == key).cloned())
    }

    fn each_record(&self, found: &mut dyn FnMut(FullRecord) -> Result<(), PartError>) -> Result<(), PartError> {
        for (index, record) in self.records.iter().enumerate() {
            if !self.is_damaged || index % 2 == 0 {
                found(record.clone())?;
            }
        }
        self.end()
    }
}

/// Parts and everything that is in them.
#[derive(Clone)]
pub struct World {
    pub view: View,
    /// Each passage once, by key.
    pub all: Vec<Seen>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.view.parts {
            writeln!(
                f,
                "{:?} {:?} in the book: {}",
                part.id(),
                part.class(),
                part.id().is_some_and(|id| self.view.plates.covers(id))
            )?;
            let mut rows = Vec::new();
            let _ = part.each_record(&mut |record| {
                let row = record.row;
                rows.push(format!("  {} {} at {}", row.plate, row.source, row.at_ms - START_MS));
                Ok(())
            });
            writeln!(f, "{}", rows.join("\n"))?;
        }
        Ok(())
    }
}

pub fn plate(number: usize) -> PlateCode {
    let text = PLATES.iter().cycle().nth(number).copied().unwrap_or_default();
    PlateCode::parse(text).unwrap_or_else(|e| panic!("{e}"))
}

pub fn sources() -> Sources {
    let grid =
        |step: u32| Some((120_200_000 + 10_000 * (step % 3).cast_signed(), 23_000_000 + 10_000 * (step / 3).cast_signed()));
    let standing = (0..5).map(|number| Source { number, place_e6: grid(number) });
    Sources::new(standing.chain((6..SOURCES).map(|number| Source { number, place_e6: None })))
}

/// Everything about a row follows from its key, so that two copies of a passage agree.
fn record(source: u32, at_ms: i64, plate: PlateCode, class: Class) -> FullRecord {
    let dice = (u64::from(source) + 31 * at_ms.unsigned_abs() / 1_000 + 7 * plate.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let has_place = source >= 6 || (source == 4 && dice.is_multiple_of(3));
    let step = |dice: u64| 10_000 * i32::try_from(dice % 4).unwrap_or(0);
    let row = Row {
        plate,
        at_ms,
        sequence: dice,
        source,
        lon_e6: if has_place { 120_195_000 + step(dice) } else { AT_SOURCE },
        lat_e6: if has_place { 22_995_000 + step(dice / 4) } else { 0 },
        extra: 0,
        confidence_pm: if dice.is_multiple_of(5) { 700 } else { 990 },
        direction: u8::try_from(dice % 8).unwrap_or(NO_DIRECTION),
        pictures: 1,
    };
    let extra = Extra {
        lag_ms: dice.is_multiple_of(2).then_some(250),
        detail: dice.is_multiple_of(7).then(|| "{}".into()),
        ..Extra::default()
    };
    FullRecord { row, extra, class }
}

prop_compose! {
    fn row()(source in 0..SOURCES, day in 0..DAYS, tick in 0..TICKS, number in 0..PLATES.len()) -> (u32, i64, PlateCode) {
        // The ticks lie across an hour.
        (source, START_MS + day * DAY_MS + HOUR_MS / 2 + tick * TICK_MS, plate(number))
    }
}

prop_compose! {
    fn part()(
        rows in proptest::collection::vec(row(), 0..80), is_segment in any::<bool>(), is_kept in proptest::bool::weighted(0.2),
    ) -> (Vec<(u32, i64, PlateCode)>, bool, Class) {
        (rows, is_segment, if is_kept { Class::KEPT } else { Class::PASSAGE })
    }
}

prop_compose! {
    /// Up to four parts that overlap in time and hold some passages several times; some segments are in the book.
    pub fn world()(
        parts in proptest::collection::vec(part(), 1..5), copies in proptest::collection::vec((0..4_usize, 0..80_usize, 0..4_usize), 0..30),
        in_book in 0..5_usize,
    ) -> World {
        let mut rows: Vec<Vec<(u32, i64, PlateCode)>> = parts.iter().map(|(rows, ..)| rows.clone()).collect();
        for (from, index, to) in copies {
            let copied = rows.get(from).and_then(|rows| rows.get(index)).copied();
            if let (Some(row), Some(to)) = (copied, rows.get_mut(to)) {
                to.push(row);
            }
        }
        let parts = rows.into_iter().zip(&parts).enumerate().map(|(number, (rows, (_, is_segment, class)))| {
            let id = is_segment.then_some(SegmentId(number as u64));
            vec_part(id, *class, &rows)
        });
        world_of(parts.collect(), in_book)
    }
}

pub fn vec_part(id: Option<SegmentId>, class: Class, rows: &[(u32, i64, PlateCode)]) -> VecPart {
    let mut records: Vec<FullRecord> = rows.iter().map(|(source, at_ms, plate)| record(*source, *at_ms, *plate, class)).collect();
    records.sort_by_key(|record| record.row.key());
    records.dedup_by_key(|record| record.row.key());
    VecPart { id, class, records, is_damaged: false }
}

/// The first `in_book` parts are in the book of plates.
pub fn world_of(parts: Vec<VecPart>, in_book: usize) -> World {
    let all: BTreeMap<Key, Seen> =
        parts.iter().flat_map(|part| part.records.iter().map(|record| (record.row.key(), record.row.seen()))).collect();
    let mut book = PlateBook::empty();
    for part in parts.iter().take(in_book) {
        if let (Some(id), false) = (part.id, part.is_damaged) {
            book = book.with_segment(id, part).unwrap_or_else(|e| panic!("{e}"));
        }
    }
    let parts = parts.into_iter().map(|part| Arc::new(part) as Arc<dyn Part>).collect();
    let view = View { parts, plates: Arc::new(book), sources: Arc::new(sources()), behind: Vec::new(), hidden: Arc::default() };
    World { view, all: all.into_values().collect() }
}

/// A part that can be read and one that cannot, with companions, meetings and several trips in each.
pub fn half_damaged() -> (World, World) {
    let rows = |offset: i64| -> Vec<(u32, i64, PlateCode)> {
        (0..120)
            .map(|n| {
                (u32::try_from(n % 5).unwrap_or(0), START_MS + offset + n * 7_000, plate(usize::try_from(n % 3).unwrap_or(0)))
            })
            .collect()
    };
    let healthy = || vec_part(Some(SegmentId(1)), Class::PASSAGE, &rows(0));
    let damaged = VecPart { is_damaged: true, ..vec_part(Some(SegmentId(2)), Class::PASSAGE, &rows(400_000)) };
    (world_of(vec![healthy(), damaged], 1), world_of(vec![healthy()], 1))
}

prop_compose! {
    /// Often all of the world, sometimes a part.
    pub fn window()(
        from in -TICKS..TICKS * 2, days in 0..DAYS, ticks in 1..TICKS * 2, more_days in 0..DAYS, is_all in proptest::bool::weighted(0.3),
    ) -> Window {
        if is_all {
            return everything();
        }
        let from_ms = START_MS + days * DAY_MS + from * TICK_MS;
        Window { from_ms, until_ms: from_ms + more_days * DAY_MS + ticks * TICK_MS }
    }
}

pub const fn everything() -> Window {
    Window { from_ms: START_MS, until_ms: START_MS + DAYS * DAY_MS }
}

pub const NEVER: &dyn Fn() -> bool = &|| false;

pub const fn at_most(rows_max: usize) -> Limits<'static> {
    Limits { rows_max, is_stopped: NEVER }
}

/// The whole answer, after showing that less can be had: always its beginning, and always said.
pub fn whole<T: Clone + PartialEq + std::fmt::Debug>(ask: impl Fn(Limits<'_>) -> Result<Answer<T>, AskError>) -> Vec<T> {
    let rows = answered(ask(at_most(usize::MAX - 1)));
    for rows_max in [0, 1, rows.len() / 2, rows.len().saturating_sub(1), rows.len(), rows.len() + 1] {
        let some = ask(at_most(rows_max)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(some.rows, rows.iter().take(rows_max).cloned().collect::<Vec<T>>());
        let partial = if rows_max < rows.len() { vec![Partial::Limit { limit: rows_max }] } else { vec![] };
        assert_eq!(some.partial, partial, "at most {rows_max}");
    }
    rows
}

/// Rows of an answer that must be whole.
pub fn answered<T>(answer: Result<Answer<T>, AskError>) -> Vec<T> {
    let answer = answer.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(answer.partial, vec![]);
    answer.rows
}

/// All pages of three rows put together.
pub fn paged(ask: impl Fn(Option<Key>, Limits<'_>) -> Result<Answer<Seen>, AskError>) -> Vec<Seen> {
    let mut rows: Vec<Seen> = Vec::new();
    loop {
        let page = ask(rows.last().map(Seen::key), at_most(3)).unwrap_or_else(|e| panic!("{e}"));
        let is_last = page.is_whole();
        assert!(is_last || page.rows.len() == 3, "a page with a next one is full");
        rows.extend(page.rows);
        if is_last {
            return rows;
        }
    }
}

/// The order of answers that give the newest first.
pub fn newest(rows: impl Iterator<Item = Seen>) -> Vec<Seen> {
    let mut rows: Vec<Seen> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.at_ms, row.source, row.plate)));
    rows
}
