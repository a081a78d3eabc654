//! Rows that were sorted once, for good.

use std::sync::Arc;

use super::{Piece, RUN_ROWS};
use crate::code::PlateCode;
use crate::part::{Moment, Window};
use crate::row::{Extra, HOUR_MS, Key, Row};

/// At most [`RUN_ROWS`] rows of one class in the order (source, time, plate), one per identity.
#[derive(Debug)]
pub struct Run {
    pub(super) rows: Vec<Row>,
    pub(super) extras: Vec<Extra>,
    /// Every row's plate, in order; beside it the row's place.
    plates: Vec<PlateCode>,
    places: Vec<u16>,
    /// Source, hour, rows: in that order.
    tally: Vec<(u32, i64, u32)>,
    /// Places of rows that have a position of their own.
    moving: Vec<u16>,
    pub(super) span: Window,
}

impl Run {
    /// All rows of the pieces, as few runs as hold them.
    pub fn sorted(pieces: &[Arc<Piece>]) -> Vec<Self> {
        let mut runs = Vec::new();
        let (mut rows, mut extras) = (Vec::with_capacity(RUN_ROWS), Vec::new());
        for piece in pieces {
            for row in &piece.rows {
                let mut row = *row;
                if let Some(extra) = extra_of(&row, &piece.extras) {
                    extras.push(extra.clone());
                    row.extra = u32::try_from(extras.len()).unwrap_or(0);
                }
                rows.push(row);
                if rows.len() == RUN_ROWS {
                    runs.push(Self::new(std::mem::replace(&mut rows, Vec::with_capacity(RUN_ROWS)), std::mem::take(&mut extras)));
                }
            }
        }
        if !rows.is_empty() {
            runs.push(Self::new(rows, extras));
        }
        runs
    }

    fn new(rows: Vec<Row>, extras: Vec<Extra>) -> Self {
        let rows = in_source_order(&rows);
        let mut by_plate: Vec<_> = rows.iter().zip(0_u16..=u16::MAX).map(|(row, place)| (row.plate, place)).collect();
        by_plate.sort_unstable();
        let (plates, places) = by_plate.into_iter().unzip();
        let mut tally: Vec<(u32, i64, u32)> = Vec::new();
        let mut span = Window { from_ms: i64::MAX, until_ms: i64::MIN };
        let mut moving = Vec::new();
        for (row, place) in rows.iter().zip(0_u16..=u16::MAX) {
            let hour = row.at_ms.div_euclid(HOUR_MS);
            match tally.last_mut() {
                Some((source, last, count)) if (*source, *last) == (row.source, hour) => *count += 1,
                _ => tally.push((row.source, hour, 1)),
            }
            span.from_ms = span.from_ms.min(row.at_ms);
            span.until_ms = span.until_ms.max(row.at_ms.saturating_add(1));
            if row.lon_e6 != crate::row::AT_SOURCE {
                moving.push(place);
            }
        }
        Self { rows, extras, plates, places, tally, moving, span }
    }

    fn row(&self, place: u16) -> Option<&Row> {
        self.rows.get(usize::from(place))
    }

    pub(super) fn of_plate(&self, plate: PlateCode) -> impl Iterator<Item = &Row> {
        let first = self.plates.partition_point(|other| *other < plate);
        let of_plate = self.plates.iter().zip(&self.places).skip(first).take_while(move |(other, _)| **other == plate);
        of_plate.filter_map(|(_, place)| self.row(*place))
    }

    pub(super) fn at_moment(&self, moment: &Moment) -> &[Row] {
        let Window { from_ms, until_ms } = moment.window;
        let from = self.rows.partition_point(|row| (row.source, row.at_ms) < (moment.source, from_ms));
        let rest = self.rows.get(from..).unwrap_or_default();
        // A moment is short: it is nearer to its start than to the end of the run.
        let count = rest.iter().take_while(|row| row.source == moment.source && row.at_ms < until_ms).count();
        rest.get(..count).unwrap_or_default()
    }

    pub(super) fn moving(&self) -> impl Iterator<Item = &Row> {
        self.moving.iter().filter_map(|place| self.row(*place))
    }

    pub(super) fn tally(&self) -> &[(u32, i64, u32)] {
        &self.tally
    }

    pub(super) fn plates(&self) -> &[PlateCode] {
        &self.plates
    }

    pub(super) fn record(&self, key: Key) -> Option<&Row> {
        let place = self.rows.binary_search_by_key(&key, Row::key).ok()?;
        self.rows.get(place)
    }
}

pub(super) fn extra_of<'a>(row: &Row, extras: &'a [Extra]) -> Option<&'a Extra> {
    extras.get((row.extra as usize).checked_sub(1)?)
}

/// Sorted by [`Key`], the first of each kept. Source, time and place in one number sort faster than rows do; rows of one source and
/// one millisecond are rare and are put right afterwards.
fn in_source_order(rows: &[Row]) -> Vec<Row> {
    let earliest_ms = rows.iter().map(|row| row.at_ms).min().unwrap_or(0);
    let mut order: Vec<u128> = rows
        .iter()
        .zip(0_u128..)
        .map(|(row, place)| {
            let since_ms = row.at_ms.wrapping_sub(earliest_ms).cast_unsigned();
            (u128::from(row.source) << 96) | (u128::from(since_ms) << 32) | place
        })
        .collect();
    order.sort_unstable();
    let place_of = |key: &u128| usize::try_from(key & 0xffff_ffff).ok();
    let mut sorted: Vec<Row> = order.iter().filter_map(|key| rows.get(place_of(key)?).copied()).collect();
    if !sorted.is_sorted_by_key(Row::key) {
        sorted.sort_by_key(Row::key);
    }
    sorted.dedup_by_key(|row| row.key());
    sorted
}
