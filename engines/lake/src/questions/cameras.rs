//! Which plates passed these sources?

use super::asking::{Asking, GATHERED_MAX, Slices, checked_sources, moments_of};
use super::history::{settle, until_cursor};
use super::{Answer, AskError, Limits, Partial, View};
use crate::code::PlateCode;
use crate::part::{Want, Window};
use crate::row::{Key, Seen};

/// A plate with its passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlateSeen {
    pub plate: PlateCode,
    pub rows: u32,
    pub first_ms: i64,
    pub last_ms: i64,
}

/// Every plate that passed any of the sources within the window, most passages first, then by plate.
///
/// # Errors
/// When the window is empty, or no or too many sources are named.
pub fn ask(view: &View, sources: &[u32], window: Window, limits: Limits<'_>) -> Result<Answer<PlateSeen>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    let sources = checked_sources(sources)?;
    let mut tally = Tally::default();
    let mut slices = Slices::of_days(window);
    while let Some(slice) = slices.next(view) {
        if !asking.goes_on() || !tally.has_room(&mut asking) {
            break;
        }
        asking.at_moments(&moments_of(&sources, slice), Want::Bare, &mut |_, seen| tally.add(seen));
        tally.settle_slice();
    }
    Ok(asking.answer(tally.into_plates()))
}

/// The passages themselves, newest first, in pages like [`super::history::ask`].
///
/// # Errors
/// When the window is empty, or no or too many sources are named.
pub fn rows(
    view: &View,
    sources: &[u32],
    window: Window,
    before: Option<Key>,
    limits: Limits<'_>,
) -> Result<Answer<Seen>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    let sources = checked_sources(sources)?;
    let mut rows: Vec<Seen> = Vec::new();
    let mut slices = Slices::growing(until_cursor(window, before));
    while let Some(slice) = slices.next(view) {
        if !asking.goes_on() || rows.len() > limits.rows_max {
            break;
        }
        let mut of_slice = Vec::new();
        asking.at_moments(&moments_of(&sources, slice), Want::Seen, &mut |_, seen| of_slice.push(seen));
        settle(&mut of_slice, before);
        rows.append(&mut of_slice);
    }
    Ok(asking.answer(rows))
}

/// Passages by plate. Rows are added slice by slice of time, so that only those of one slice are held one by one.
#[derive(Default)]
pub(super) struct Tally {
    of_slice: Vec<(PlateCode, i64, u32)>,
    plates: Vec<PlateSeen>,
}

impl Tally {
    pub fn add(&mut self, seen: Seen) {
        self.of_slice.push((seen.plate, seen.at_ms, seen.source));
    }

    /// Counts what was added since the last time; one passage that several parts gave counts once.
    pub fn settle_slice(&mut self) {
        self.of_slice.sort_unstable();
        self.of_slice.dedup();
        for group in self.of_slice.chunk_by(|a, b| a.0 == b.0) {
            if let (Some((plate, first_ms, _)), Some((_, last_ms, _))) = (group.first(), group.last()) {
                let rows = u32::try_from(group.len()).unwrap_or(u32::MAX);
                self.plates.push(PlateSeen { plate: *plate, rows, first_ms: *first_ms, last_ms: *last_ms });
            }
        }
        self.of_slice.clear();
    }

    /// False, and noted, when more plates are held than one question may hold.
    pub fn has_room(&mut self, asking: &mut Asking<'_>) -> bool {
        if self.plates.len() > GATHERED_MAX {
            self.merge();
        }
        let has_room = self.plates.len() <= GATHERED_MAX;
        if !has_room {
            asking.note(Partial::Limit { limit: GATHERED_MAX });
        }
        has_room
    }

    fn merge(&mut self) {
        self.plates.sort_unstable_by_key(|seen| seen.plate);
        self.plates.dedup_by(|later, kept| {
            let is_same = later.plate == kept.plate;
            if is_same {
                kept.rows = kept.rows.saturating_add(later.rows);
                kept.first_ms = kept.first_ms.min(later.first_ms);
                kept.last_ms = kept.last_ms.max(later.last_ms);
            }
            is_same
        });
    }

    pub fn into_plates(mut self) -> Vec<PlateSeen> {
        self.merge();
        self.plates.sort_unstable_by_key(|seen| (std::cmp::Reverse(seen.rows), seen.plate));
        self.plates
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::testing::{newest, paged, whole, window, world};
    use super::*;

    /// Plates of rows, each of which comes once, in the order of the answer.
    pub fn plates_of(rows: &[Seen]) -> Vec<PlateSeen> {
        let mut plates: BTreeMap<PlateCode, PlateSeen> = BTreeMap::new();
        for row in rows {
            let seen = plates.entry(row.plate).or_insert(PlateSeen {
                plate: row.plate,
                rows: 0,
                first_ms: row.at_ms,
                last_ms: row.at_ms,
            });
            seen.rows += 1;
            seen.first_ms = seen.first_ms.min(row.at_ms);
            seen.last_ms = seen.last_ms.max(row.at_ms);
        }
        let mut plates: Vec<PlateSeen> = plates.into_values().collect();
        plates.sort_by_key(|seen| (std::cmp::Reverse(seen.rows), seen.plate));
        plates
    }

    proptest! {
        #[test]
        fn plates_at_sources_are_those_of_the_rows_there(
            world in world(), window in window(), sources in proptest::collection::vec(0..9_u32, 1..5),
        ) {
            let expected = newest(world.all.iter().filter(|row| sources.contains(&row.source) && window.holds(row.at_ms)).copied());
            prop_assert_eq!(&whole(|limits| rows(&world.view, &sources, window, None, limits)), &expected);
            prop_assert_eq!(&paged(|before, limits| rows(&world.view, &sources, window, before, limits)), &expected);
            prop_assert_eq!(whole(|limits| ask(&world.view, &sources, window, limits)), plates_of(&expected));
        }
    }
}
