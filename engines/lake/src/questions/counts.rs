//! How many passages, by hour, source and place? From the counts that the parts keep, without reading rows.
//!
//! **Invariant:** counts are exact. Parts count their own rows; a passage that two parts hold until they are merged is looked
//! for where parts overlap in time and taken off. Where that would mean reading more than [`COMPARED_MAX`] rows, only sources and
//! hours that two parts count are looked at; where even those are more, the answer says so ([`Partial::Unmerged`]).

use std::collections::{BTreeMap, HashMap};

use super::asking::{Asking, Gate, Slices, in_range};
use super::shape::{cell_of, resolution_of};
use super::{Answer, Area, AskError, Limits, Partial, View};
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, Want, Window};
use crate::row::HOUR_MS;

/// Rows of overlapping parts that one question compares.
pub const COMPARED_MAX: u64 = 20_000;
/// Hours that one question may cover: ten years.
pub const HOURS_MAX: i64 = 10 * 366 * 24;

/// Hours since 1970-01-01T00:00Z, from `from` to before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: i64,
    pub until: i64,
}

impl Hours {
    const fn window(self) -> Window {
        Window { from_ms: self.from.saturating_mul(HOUR_MS), until_ms: self.until.saturating_mul(HOUR_MS) }
    }

    /// Those that the window touches.
    #[must_use]
    pub const fn around(window: Window) -> Self {
        Self { from: window.from_ms.div_euclid(HOUR_MS), until: window.until_ms.saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourCount {
    pub hour: i64,
    pub rows: u64,
}

/// Compact, because a day of a city has hundreds of thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceHour {
    pub source: u32,
    /// Hours since 1970.
    pub hour: i32,
    pub rows: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceCount {
    pub source: u32,
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellCount {
    /// H3 cell.
    pub cell: u64,
    pub rows: u64,
}

/// Passages of every hour that has any, oldest first.
///
/// # Errors
/// When there are no hours or too many.
pub fn by_hour(view: &View, hours: Hours, limits: Limits<'_>) -> Result<Answer<HourCount>, AskError> {
    let mut asking = asking(view, hours, limits)?;
    let mut rows: Vec<i64> = vec![0; usize::try_from(hours.until - hours.from).unwrap_or(0)];
    let mut add = |hour: i64, count: i64| {
        if let Some(slot) = usize::try_from(hour - hours.from).ok().and_then(|index| rows.get_mut(index)) {
            *slot += count;
        }
    };
    for part in asking.parts(hours.window()) {
        if asking.goes_on() {
            let read = part.tally_hours(hours.from, hours.until, &mut |hour, rows| add(hour, i64::from(rows)));
            asking.note_read(read);
        }
    }
    for double in doubles(&mut asking, hours) {
        add(double.hour, -1);
    }
    let counted = rows.into_iter().zip(hours.from..).filter(|(rows, _)| *rows > 0);
    let counts = counted.map(|(rows, hour)| HourCount { hour, rows: rows.unsigned_abs() }).collect();
    Ok(asking.answer(counts))
}

/// Passages by source and hour where there are any, by source, then hour.
///
/// # Errors
/// When there are no hours or too many.
pub fn by_source_hour(view: &View, hours: Hours, limits: Limits<'_>) -> Result<Answer<SourceHour>, AskError> {
    let mut asking = asking(view, hours, limits)?;
    let counts = source_hours(&mut asking, hours);
    Ok(asking.answer(counts))
}

/// Passages by source, most first, then by source.
///
/// # Errors
/// When there are no hours or too many.
pub fn by_source(view: &View, hours: Hours, limits: Limits<'_>) -> Result<Answer<SourceCount>, AskError> {
    let mut asking = asking(view, hours, limits)?;
    let mut counts: Vec<SourceCount> = source_hours(&mut asking, hours)
        .chunk_by(|a, b| a.source == b.source)
        .filter_map(|same| {
            let rows = same.iter().map(|count| u64::from(count.rows)).sum();
            same.first().map(|first| SourceCount { source: first.source, rows })
        })
        .collect();
    counts.sort_unstable_by_key(|count| (std::cmp::Reverse(count.rows), count.source));
    Ok(asking.answer(counts))
}

/// Passages by H3 cell of the resolution, most first, then by cell. Those whose place is not known are left out.
///
/// # Errors
/// When there are no hours or too many, or H3 has no such resolution.
pub fn by_cell(view: &View, resolution: u8, hours: Hours, limits: Limits<'_>) -> Result<Answer<CellCount>, AskError> {
    let resolution = resolution_of(resolution)?;
    let mut asking = asking(view, hours, limits)?;
    let everywhere = Bounds { west_e6: -180_000_000, south_e6: -90_000_000, east_e6: 180_000_000, north_e6: 90_000_000 };
    let counted = placed(&mut asking, hours, everywhere, &|lon_e6, lat_e6| cell_of(lon_e6, lat_e6, resolution), |_| 0);
    let mut counts: Vec<CellCount> = counted.into_iter().map(|((cell, _), rows)| CellCount { cell, rows }).collect();
    counts.sort_unstable_by_key(|count| (std::cmp::Reverse(count.rows), count.cell));
    Ok(asking.answer(counts))
}

/// Passages in an area of every hour that has any, oldest first.
///
/// # Errors
/// When there are no hours or too many.
pub fn in_area(view: &View, area: &Area, hours: Hours, limits: Limits<'_>) -> Result<Answer<HourCount>, AskError> {
    let mut asking = asking(view, hours, limits)?;
    let counted =
        placed(&mut asking, hours, area.bounds(), &|lon_e6, lat_e6| area.holds(lon_e6, lat_e6).then_some(0), |hour| hour);
    let mut counts: Vec<HourCount> = counted.into_iter().map(|((_, hour), rows)| HourCount { hour, rows }).collect();
    counts.sort_unstable_by_key(|count| count.hour);
    Ok(asking.answer(counts))
}

fn asking<'a>(view: &'a View, hours: Hours, limits: Limits<'a>) -> Result<Asking<'a>, AskError> {
    let window = hours.window();
    let asking = Asking::new(view, window, limits)?;
    in_range("the number of hours", hours.until.saturating_sub(hours.from), 1, HOURS_MAX)?;
    Ok(asking)
}

fn source_hours(asking: &mut Asking<'_>, hours: Hours) -> Vec<SourceHour> {
    let mut counts: Vec<SourceHour> = Vec::new();
    let mut parts = 0;
    for part in asking.parts(hours.window()) {
        if !asking.goes_on() {
            break;
        }
        parts += 1;
        let read = part.tally(hours.from, hours.until, &mut |source, hour, rows| {
            counts.push(SourceHour { source, hour: i32::try_from(hour).unwrap_or(i32::MAX), rows });
        });
        asking.note_read(read);
    }
    counts = gathered_by_source(counts);
    if !counts.is_sorted_by(|a, b| (a.source, a.hour) < (b.source, b.hour)) {
        counts.sort_by_key(|count| (count.source, count.hour));
        counts.dedup_by(|later, kept| {
            let is_same = (later.source, later.hour) == (kept.source, kept.hour);
            if is_same {
                kept.rows = kept.rows.saturating_add(later.rows);
            }
            is_same
        });
    }
    if parts > 1 {
        for double in doubles(asking, hours) {
            let place = counts.binary_search_by_key(&(double.source, double.hour), |count| (count.source, i64::from(count.hour)));
            if let Some(count) = place.ok().and_then(|index| counts.get_mut(index)) {
                count.rows = count.rows.saturating_sub(1);
            }
        }
        counts.retain(|count| count.rows > 0);
    }
    counts
}

/// In the order of the sources, those of one source as they were: parts give the counts hour by hour, and putting each in its
/// place is several times faster than sorting them.
fn gathered_by_source(counts: Vec<SourceHour>) -> Vec<SourceHour> {
    let last = counts.iter().map(|count| count.source).max().unwrap_or(0) as usize;
    if last > 4 * counts.len() + 65_536 {
        // Numbers far apart: the table of places would be larger than the counts.
        return counts;
    }
    let mut places = vec![0_usize; last + 2];
    for count in &counts {
        if let Some(next) = places.get_mut(count.source as usize + 1) {
            *next += 1;
        }
    }
    let mut sum = 0;
    for place in &mut places {
        sum += *place;
        *place = sum;
    }
    let mut gathered = vec![SourceHour { source: 0, hour: 0, rows: 0 }; counts.len()];
    for count in counts {
        if let Some(place) = places.get_mut(count.source as usize) {
            if let Some(slot) = gathered.get_mut(*place) {
                *slot = count;
            }
            *place += 1;
        }
    }
    gathered
}

/// Passages by zone and hour: of sources that stand from the counts, of others row by row. A source that stands today counts
/// as having stood there always.
fn placed(
    asking: &mut Asking<'_>,
    hours: Hours,
    bounds: Bounds,
    zone_at: &dyn Fn(i32, i32) -> Option<u64>,
    hour_kept: impl Fn(i64) -> i64,
) -> HashMap<(u64, i64), u64> {
    let mut counted: HashMap<(u64, i64), u64> = HashMap::new();
    let sources = asking.view.sources.clone();
    let zone_of = |source: u32| sources.place_e6(source).and_then(|(lon, lat)| zone_at(lon, lat));
    let counts = source_hours(asking, hours);
    for of_source in counts.chunk_by(|a, b| a.source == b.source) {
        if let Some(zone) = of_source.first().and_then(|first| zone_of(first.source)) {
            for count in of_source {
                *counted.entry((zone, hour_kept(i64::from(count.hour)))).or_default() += u64::from(count.rows);
            }
        }
    }
    let mut slices = Slices::of_days(hours.window());
    while let Some(slice) = slices.next(asking.view) {
        let mut moving: Vec<(u32, i64, PlateCode, i32, i32)> = Vec::new();
        let mut gate = Gate::new(asking.limits);
        for part in asking.parts(slice) {
            if !asking.goes_on() || gate.is_shut() {
                break;
            }
            let read = part.moving(slice, bounds, &mut |seen| {
                if sources.place_e6(seen.source).is_none() && gate.lets_in() {
                    moving.push((seen.source, seen.at_ms, seen.plate, seen.lon_e6, seen.lat_e6));
                }
            });
            asking.note_read(read);
        }
        asking.note_gate(&gate);
        moving.sort_unstable();
        moving.dedup_by_key(|row| (row.0, row.1, row.2));
        for (_, at_ms, _, lon_e6, lat_e6) in moving {
            let hour = hour_kept(at_ms.div_euclid(HOUR_MS));
            if let Some(zone) = zone_at(lon_e6, lat_e6) {
                *counted.entry((zone, hour)).or_default() += 1;
            }
        }
    }
    counted
}

/// A row that another part holds too.
struct Double {
    source: u32,
    hour: i64,
}

/// One entry for every row of a part that a later part (in the order of size) holds too: as many as the counts are too high.
fn doubles(asking: &mut Asking<'_>, hours: Hours) -> Vec<Double> {
    let window = hours.window();
    let mut parts = asking.parts(window);
    parts.sort_by_key(|part| part.rows());
    let mut doubles = Vec::new();
    let (mut compared, mut unmerged) = (0, 0);
    for (index, part) in parts.iter().enumerate() {
        let larger: Vec<&dyn Part> = parts.iter().skip(index + 1).copied().collect();
        let shared = shared_windows(*part, &larger, window);
        if shared.is_empty() || !asking.goes_on() {
            continue;
        }
        let mut rows = rows_within(asking, *part, &shared);
        let mut moments = None;
        if compared + rows > COMPARED_MAX {
            // Too many to look at each: only where another part counts the same source in the same hour can there be a double.
            // Classes that come from other sources (gantries, car parks) are told apart by that alone.
            let cells = shared_cells(asking, *part, &larger, &shared);
            rows = cells.values().map(|rows| u64::from(*rows)).sum();
            moments = Some(moments_of_cells(&cells, &shared));
        }
        if compared + rows > COMPARED_MAX {
            unmerged += rows;
            continue;
        }
        compared += rows;
        let moments = moments.unwrap_or_else(|| moments_of_sources(asking, *part, &shared));
        let mut keys = keys_at(asking, *part, &moments);
        for other in larger {
            let Some(common) = meet(other.span(), meet(part.span(), window).unwrap_or(window)) else { continue };
            let mut is_double = vec![false; keys.len()];
            let (places, moments): (Vec<usize>, Vec<Moment>) = keys
                .iter()
                .enumerate()
                .filter(|(_, key)| common.holds(key.1))
                .map(|(place, key)| (place, Moment { source: key.0, window: Window { from_ms: key.1, until_ms: key.1 + 1 } }))
                .unzip();
            let read = other.at_moments(&moments, Want::Bare, &mut |moment, seen| {
                let place = places.get(moment).copied().unwrap_or(usize::MAX);
                if let (Some(key), Some(is_double)) = (keys.get(place), is_double.get_mut(place)) {
                    *is_double |= key.2 == seen.plate;
                }
            });
            asking.note_read(read);
            let mut is_double = is_double.into_iter();
            keys.retain(|key| {
                let is_double = is_double.next().unwrap_or(false);
                if is_double {
                    doubles.push(Double { source: key.0, hour: key.1.div_euclid(HOUR_MS) });
                }
                !is_double
            });
        }
    }
    if unmerged > 0 {
        asking.note(Partial::Unmerged { rows: unmerged });
    }
    doubles
}

fn meet(a: Window, b: Window) -> Option<Window> {
    let both = Window { from_ms: a.from_ms.max(b.from_ms), until_ms: a.until_ms.min(b.until_ms) };
    (both.from_ms < both.until_ms).then_some(both)
}

/// Times that the part shares with any of the others, apart from each other and in order.
fn shared_windows(part: &dyn Part, others: &[&dyn Part], window: Window) -> Vec<Window> {
    let Some(span) = meet(part.span(), window) else { return Vec::new() };
    let mut shared: Vec<Window> = others.iter().filter_map(|other| meet(other.span(), span)).collect();
    shared.sort_unstable_by_key(|window| window.from_ms);
    shared.dedup_by(|later, kept| {
        let is_joined = later.from_ms <= kept.until_ms;
        if is_joined {
            kept.until_ms = kept.until_ms.max(later.until_ms);
        }
        is_joined
    });
    shared
}

/// At least the rows of the part in the windows: whole hours are counted.
fn rows_within(asking: &mut Asking<'_>, part: &dyn Part, windows: &[Window]) -> u64 {
    let mut rows = 0;
    for window in windows {
        let hours = Hours::around(*window);
        let read = part.tally_hours(hours.from, hours.until, &mut |_, count| rows += u64::from(count));
        asking.note_read(read);
    }
    rows
}

/// Rows of the part by source and hour within the windows' hours, where another part has any of that source and hour too.
fn shared_cells(asking: &mut Asking<'_>, part: &dyn Part, others: &[&dyn Part], windows: &[Window]) -> BTreeMap<(u32, i64), u32> {
    let mut tally = |part: &dyn Part, found: &mut dyn FnMut(u32, i64, u32)| {
        for window in windows {
            let hours = Hours::around(*window);
            let read = part.tally(hours.from, hours.until, found);
            asking.note_read(read);
        }
    };
    let mut cells: HashMap<(u32, i64), (u32, bool)> = HashMap::new();
    tally(part, &mut |source, hour, rows| {
        // Windows may share an hour, which is then told twice: at least so many, never fewer.
        cells.entry((source, hour)).or_default().0 += rows;
    });
    for other in others {
        tally(*other, &mut |source, hour, _| {
            if let Some((_, is_shared)) = cells.get_mut(&(source, hour)) {
                *is_shared = true;
            }
        });
    }
    cells.into_iter().filter(|(_, (_, is_shared))| *is_shared).map(|(cell, (rows, _))| (cell, rows)).collect()
}

fn moments_of_cells(cells: &BTreeMap<(u32, i64), u32>, windows: &[Window]) -> Vec<Moment> {
    let of_cell = |(source, hour): (u32, i64)| {
        let whole = Hours { from: hour, until: hour + 1 }.window();
        windows.iter().filter_map(move |window| Some(Moment { source, window: meet(*window, whole)? }))
    };
    cells.keys().copied().flat_map(of_cell).collect()
}

/// Every source of the part in the windows.
fn moments_of_sources(asking: &mut Asking<'_>, part: &dyn Part, windows: &[Window]) -> Vec<Moment> {
    let mut sources = Vec::new();
    for window in windows {
        let hours = Hours::around(*window);
        let read = part.tally(hours.from, hours.until, &mut |source, _, _| sources.push(source));
        asking.note_read(read);
    }
    sources.sort_unstable();
    sources.dedup();
    sources.iter().flat_map(|source| windows.iter().map(|window| Moment { source: *source, window: *window })).collect()
}

/// Source, time and plate of the part's rows there, sorted, each once.
fn keys_at(asking: &mut Asking<'_>, part: &dyn Part, moments: &[Moment]) -> Vec<(u32, i64, PlateCode)> {
    let mut keys = Vec::new();
    let read = part.at_moments(moments, Want::Bare, &mut |_, seen| keys.push((seen.source, seen.at_ms, seen.plate)));
    asking.note_read(read);
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{START_MS, at_most, plate, sources, vec_part, whole, window, world, world_of};
    use super::*;
    use crate::catalogue::SegmentId;
    use crate::row::{Class, Seen};

    /// Where a passage counts: a source that stands today has always stood there.
    fn place(seen: &Seen) -> Option<(i32, i32)> {
        sources().place_e6(seen.source).or((seen.lon_e6 != crate::row::AT_SOURCE).then_some((seen.lon_e6, seen.lat_e6)))
    }

    fn count<K: Ord>(rows: &[&Seen], key: impl Fn(&Seen) -> Option<K>) -> BTreeMap<K, u64> {
        let mut counts = BTreeMap::new();
        for key in rows.iter().filter_map(|row| key(row)) {
            *counts.entry(key).or_default() += 1;
        }
        counts
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_passages_even_where_parts_repeat_them(world in world(), window in window(), east_e6 in 120_190_000..120_240_000_i32) {
            let hours = Hours::around(window);
            let rows: Vec<&Seen> = world.all.iter().filter(|row| hours.window().holds(row.at_ms)).collect();
            let hour = |row: &Seen| row.at_ms.div_euclid(HOUR_MS);

            let expected: Vec<_> = count(&rows, |row| Some(hour(row))).into_iter().map(|(hour, rows)| HourCount { hour, rows }).collect();
            prop_assert_eq!(whole(|limits| by_hour(&world.view, hours, limits)), expected);

            let expected: Vec<_> = count(&rows, |row| Some((row.source, hour(row)))).into_iter()
                .map(|((source, hour), rows)| SourceHour { source, hour: hour as i32, rows: rows as u32 }).collect();
            prop_assert_eq!(whole(|limits| by_source_hour(&world.view, hours, limits)), expected);

            let mut expected: Vec<_> = count(&rows, |row| Some(row.source)).into_iter().map(|(source, rows)| SourceCount { source, rows }).collect();
            expected.sort_by_key(|count| (std::cmp::Reverse(count.rows), count.source));
            prop_assert_eq!(whole(|limits| by_source(&world.view, hours, limits)), expected);

            let cell = |row: &Seen| place(row).and_then(|(lon, lat)| cell_of(lon, lat, h3o::Resolution::Eight));
            let mut expected: Vec<_> = count(&rows, cell).into_iter().map(|(cell, rows)| CellCount { cell, rows }).collect();
            expected.sort_by_key(|count| (std::cmp::Reverse(count.rows), count.cell));
            prop_assert_eq!(whole(|limits| by_cell(&world.view, 8, hours, limits)), expected);

            let bounds = Bounds { west_e6: 120_180_000, south_e6: 22_990_000, east_e6, north_e6: 23_012_000 };
            let area = Area::within(bounds).unwrap_or_else(|e| panic!("{e}"));
            let is_in = |row: &Seen| place(row).is_some_and(|(lon, lat)| bounds.holds(lon, lat));
            let expected: Vec<_> = count(&rows, |row| is_in(row).then(|| hour(row))).into_iter().map(|(hour, rows)| HourCount { hour, rows }).collect();
            prop_assert_eq!(whole(|limits| in_area(&world.view, &area, hours, limits)), expected);
        }
    }

    /// More rows than are compared one by one, of two classes at the same time: `source` of the one, and of the other.
    fn two_classes(source: u32, of_other: u32, both_saw: i64) -> (u64, Vec<HourCount>, Vec<Partial>) {
        let many = i64::try_from(COMPARED_MAX).unwrap_or(0) + 1_000;
        let rows = |source: u32| (0..many).map(move |n| (source, START_MS + n * 100, plate(0))).collect::<Vec<_>>();
        let mut other = rows(of_other);
        // The part with fewer rows is the one whose rows are looked for in the other.
        other.truncate(other.len() - 500);
        other.extend(rows(source).into_iter().take(usize::try_from(both_saw).unwrap_or(0)));
        let world = world_of(
            vec![vec_part(Some(SegmentId(1)), Class::PASSAGE, &rows(source)), vec_part(Some(SegmentId(2)), Class::PARKING, &other)],
            0,
        );
        let first = START_MS.div_euclid(HOUR_MS);
        let hours = Hours { from: first, until: first + 2 };
        let answer = by_hour(&world.view, hours, at_most(100)).unwrap_or_else(|e| panic!("{e}"));
        (world.all.len() as u64, answer.rows, answer.partial)
    }

    #[test]
    fn classes_of_other_sources_are_counted_without_looking_at_a_row() {
        let (passages, counts, partial) = two_classes(1, 2, 0);
        assert_eq!((counts.iter().map(|count| count.rows).sum::<u64>(), partial), (passages, vec![]));
    }

    #[test]
    fn where_two_classes_share_a_source_its_rows_are_compared_or_the_answer_says_that_they_were_not() {
        let (passages, counts, partial) = two_classes(1, 2, 30);
        assert_eq!((counts.iter().map(|count| count.rows).sum::<u64>(), partial), (passages, vec![]));
        let (passages, counts, partial) = two_classes(1, 1, 0);
        assert!(counts.iter().map(|count| count.rows).sum::<u64>() > passages, "all were counted twice");
        assert!(matches!(partial.as_slice(), [Partial::Unmerged { rows }] if *rows > COMPARED_MAX), "{partial:?}");
    }
}
