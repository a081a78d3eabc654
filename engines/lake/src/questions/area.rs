//! Which passages happened in this part of the map?

use super::asking::{Asking, Gate, Slices, moments_of};
use super::cameras::{PlateSeen, Tally};
use super::history::{settle, until_cursor};
use super::{Answer, Area, AskError, Limits, View};
use crate::part::{Want, Window};
use crate::row::{AT_SOURCE, Key, Seen};
use crate::sources::Sources;

/// Passages in the area within the window, newest first, in pages like [`super::history::ask`]. A passage happened where the
/// row says, or else where its source stands.
///
/// # Errors
/// When the window is empty.
pub fn ask(view: &View, area: &Area, window: Window, before: Option<Key>, limits: Limits<'_>) -> Result<Answer<Seen>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    let fixed = fixed_sources(view, area);
    let mut rows: Vec<Seen> = Vec::new();
    let mut slices = Slices::growing(until_cursor(window, before));
    while let Some(slice) = slices.next(view) {
        if !asking.goes_on() || rows.len() > limits.rows_max {
            break;
        }
        let mut of_slice = Vec::new();
        gather(&mut asking, area, &fixed, slice, &mut |seen| of_slice.push(seen));
        settle(&mut of_slice, before);
        rows.append(&mut of_slice);
    }
    Ok(asking.answer(rows))
}

/// Every plate that passed in the area within the window, most passages first, then by plate.
///
/// # Errors
/// When the window is empty.
pub fn plates(view: &View, area: &Area, window: Window, limits: Limits<'_>) -> Result<Answer<PlateSeen>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    let fixed = fixed_sources(view, area);
    let mut tally = Tally::default();
    let mut slices = Slices::of_days(window);
    while let Some(slice) = slices.next(view) {
        if !asking.goes_on() || !tally.has_room(&mut asking) {
            break;
        }
        gather(&mut asking, area, &fixed, slice, &mut |seen| tally.add(seen));
        tally.settle_slice();
    }
    Ok(asking.answer(tally.into_plates()))
}

/// Where a passage happened; `None` when its source has no known place.
#[must_use]
pub fn place_of(seen: &Seen, sources: &Sources) -> Option<(i32, i32)> {
    if seen.lon_e6 == AT_SOURCE { sources.place_e6(seen.source) } else { Some((seen.lon_e6, seen.lat_e6)) }
}

/// Numbers of the sources that stand in the area, sorted.
fn fixed_sources(view: &View, area: &Area) -> Vec<u32> {
    let mut fixed = view.sources.within(&area.bounds());
    fixed.retain(|source| view.sources.place_e6(*source).is_some_and(|(lon, lat)| area.holds(lon, lat)));
    fixed
}

/// Hands every row in the area to `found`; rows that parts share come twice.
fn gather(asking: &mut Asking<'_>, area: &Area, fixed: &[u32], slice: Window, found: &mut dyn FnMut(Seen)) {
    // A source that stands today may have moved before: rows with a place of their own come by that place alone.
    asking.at_moments(&moments_of(fixed, slice), Want::Seen, &mut |_, seen| {
        if seen.lon_e6 == AT_SOURCE {
            found(seen);
        }
    });
    let mut gate = Gate::new(asking.limits);
    for part in asking.parts(slice) {
        if !asking.goes_on() || gate.is_shut() {
            break;
        }
        let read = part.moving(slice, area.bounds(), &mut |seen| {
            if area.holds(seen.lon_e6, seen.lat_e6) && gate.lets_in() {
                found(seen);
            }
        });
        asking.note_read(read);
    }
    asking.note_gate(&gate);
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]
mod tests {
    use proptest::prelude::*;

    use super::super::cameras::tests::plates_of;
    use super::super::testing::{newest, paged, whole, window, world};
    use super::*;

    prop_compose! {
        fn area()(
            corners in proptest::collection::vec((120_190_000..120_235_000_i32, 22_990_000..23_035_000_i32), 3..7), kind in 0..3_u8,
            radius_m in 10.0..4_000.0_f64, resolution in 7..9_u8,
        ) -> Area {
            let first = corners[0];
            let cell = |at: &(i32, i32)| super::super::shape::cell_of(at.0, at.1, h3o::Resolution::try_from(resolution).unwrap_or(h3o::Resolution::Eight));
            let made = match kind {
                0 => Area::polygon(vec![corners]),
                1 => Area::circle(first.0, first.1, radius_m),
                _ => Area::cells(&corners.iter().filter_map(cell).collect::<Vec<u64>>()),
            };
            made.unwrap_or_else(|e| panic!("{e}"))
        }
    }

    proptest! {
        #[test]
        fn passages_in_an_area_are_those_whose_own_or_sources_place_is_in_it(world in world(), window in window(), area in area()) {
            let sources = super::super::testing::sources();
            let is_in = |row: &Seen| {
                let place = if row.lon_e6 == AT_SOURCE { sources.place_e6(row.source) } else { Some((row.lon_e6, row.lat_e6)) };
                window.holds(row.at_ms) && place.is_some_and(|(lon, lat)| area.holds(lon, lat))
            };
            let expected = newest(world.all.iter().filter(|row| is_in(row)).copied());
            prop_assert_eq!(&whole(|limits| ask(&world.view, &area, window, None, limits)), &expected);
            prop_assert_eq!(&paged(|before, limits| ask(&world.view, &area, window, before, limits)), &expected);
            prop_assert_eq!(whole(|limits| plates(&world.view, &area, window, limits)), plates_of(&expected));
        }
    }
}
