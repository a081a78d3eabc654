//! Which plates look like this?

use std::cmp::Reverse;

use super::asking::{Asking, GATHERED_MAX};
use super::{Answer, AskError, Limits, Partial, View};
use crate::code::PlateCode;
use crate::part::{Part, Window};
use crate::plates::Like;
use crate::row::Class;

/// Plates whose rows are looked at when a window is given: each costs a page of every segment of the window.
pub const LOOKED_AT_MAX: usize = 2_000;
/// Plates that are announced to the disk at once.
const ANNOUNCED: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub plate: PlateCode,
    /// Without a window: of the whole lake; a row that two segments hold until they are merged counts twice.
    /// With one: of the window, exactly.
    pub rows: u64,
    /// First and last time within the window; `None` without one.
    pub seen_ms: Option<(i64, i64)>,
}

/// Plates that fit, most rows first, then by plate. With a window only those that were seen in it, of the
/// [`LOOKED_AT_MAX`] that have most rows in the whole lake.
///
/// # Errors
/// When the window is empty.
pub fn ask(view: &View, like: &Like, window: Option<Window>, limits: Limits<'_>) -> Result<Answer<Found>, AskError> {
    let ever = Window { from_ms: i64::MIN, until_ms: i64::MAX };
    let mut asking = Asking::new(view, window.unwrap_or(ever), limits)?;
    let mut found = fitting(&mut asking, like);
    if let Some(window) = window {
        if found.len() > LOOKED_AT_MAX {
            keep_largest(&mut found, LOOKED_AT_MAX);
            asking.note(Partial::Limit { limit: LOOKED_AT_MAX });
        }
        found = within(&mut asking, &found, window);
    }
    // One more than wanted shows that there are more.
    keep_largest(&mut found, limits.rows_max.saturating_add(1));
    Ok(asking.answer(found))
}

/// Leaves the `count` with most rows, in the order of the answer.
fn keep_largest(found: &mut Vec<Found>, count: usize) {
    let order = |found: &Found| (Reverse(found.rows), found.plate);
    if found.len() > count {
        found.select_nth_unstable_by_key(count, order);
        found.truncate(count);
    }
    found.sort_unstable_by_key(order);
}

/// Every plate that fits with its rows, from the book and from the parts that it does not cover.
fn fitting(asking: &mut Asking<'_>, like: &Like) -> Vec<Found> {
    let view = asking.view;
    let mut classes: Vec<Class> = view.parts.iter().map(|part| part.class()).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut counted: Vec<(PlateCode, u64)> = Vec::new();
    let mut is_full = false;
    let mut add = |plate: PlateCode, rows: u32| {
        if counted.len() < GATHERED_MAX {
            counted.push((plate, u64::from(rows)));
        } else {
            is_full = true;
        }
    };
    view.plates.each_like(&classes, like, &mut |plate, rows| {
        if !view.hidden.contains(&plate) {
            add(plate, rows);
        }
    });
    let is_covered = |part: &dyn Part| part.id().is_some_and(|id| view.plates.covers(id));
    for part in view.parts.iter().map(AsRef::as_ref).filter(|part| part.rows() > 0 && !is_covered(*part)) {
        if !asking.goes_on() {
            break;
        }
        let read = part.each_plate(&mut |plate, rows| {
            if like.fits(plate) {
                add(plate, rows);
            }
        });
        asking.note_read(read);
    }
    if is_full {
        asking.note(Partial::Limit { limit: GATHERED_MAX });
    }
    counted.sort_unstable();
    counted
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|same| Some(Found { plate: same.first()?.0, rows: same.iter().map(|(_, rows)| rows).sum(), seen_ms: None }))
        .collect()
}

fn within(asking: &mut Asking<'_>, candidates: &[Found], window: Window) -> Vec<Found> {
    let mut found = Vec::new();
    for some in candidates.chunks(ANNOUNCED) {
        let plates: Vec<PlateCode> = some.iter().map(|found| found.plate).collect();
        asking.announce(&plates, window);
        for plate in plates {
            if !asking.goes_on() {
                return found;
            }
            let rows = asking.all_of_plate(plate, window);
            if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
                found.push(Found { plate, rows: rows.len() as u64, seen_ms: Some((first.at_ms, last.at_ms)) });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{plate, whole, window, world};
    use super::*;

    proptest! {
        #[test]
        fn plates_are_found_in_the_book_and_beside_it(world in world(), window in window(), number in 0..7_usize, kind in 0..3_u8) {
            let like = match kind {
                0 => Like::near(plate(number)),
                1 => Like::confusable(plate(number)),
                _ => Like::glob("?BC*").unwrap_or_else(|e| panic!("{e}")),
            };
            let mut everywhere = Vec::new();
            let mut within = Vec::new();
            for asked in (0..7).map(plate).filter(|asked| like.fits(*asked)) {
                let mut rows = 0;
                for part in &world.view.parts {
                    let counted = part.each_plate(&mut |plate, of_part| rows += if plate == asked { u64::from(of_part) } else { 0 });
                    prop_assert_eq!(counted, Ok(()));
                }
                if rows > 0 {
                    everywhere.push(Found { plate: asked, rows, seen_ms: None });
                }
                let at: Vec<i64> = world.all.iter().filter(|row| row.plate == asked && window.holds(row.at_ms)).map(|row| row.at_ms).collect();
                if let (Some(first), Some(last)) = (at.iter().min(), at.iter().max()) {
                    within.push(Found { plate: asked, rows: at.len() as u64, seen_ms: Some((*first, *last)) });
                }
            }
            for found in [&mut everywhere, &mut within] {
                found.sort_by_key(|found| (Reverse(found.rows), found.plate));
            }
            prop_assert_eq!(whole(|limits| ask(&world.view, &like, None, limits)), everywhere);
            prop_assert_eq!(whole(|limits| ask(&world.view, &like, Some(window), limits)), within);
        }

        #[test]
        fn plates_of_classes_that_the_asker_may_not_see_are_not_found(world in world()) {
            let mut seen = world.clone();
            seen.view.parts.retain(|part| part.class() == Class::KEPT);
            let like = Like::glob("*C*").unwrap_or_else(|e| panic!("{e}"));
            for found in whole(|limits| ask(&seen.view, &like, None, limits)) {
                let mut rows = 0;
                for part in &seen.view.parts {
                    let counted = part.each_plate(&mut |plate, of_part| rows += if plate == found.plate { u64::from(of_part) } else { 0 });
                    prop_assert_eq!(counted, Ok(()));
                }
                prop_assert_eq!(rows, found.rows);
            }
        }
    }
}
