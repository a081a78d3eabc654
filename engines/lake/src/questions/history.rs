//! Where was this plate? Newest first, in pages.

use super::asking::{Asking, Order, PARTS_ONE_BY_ONE, newest_first, worth_side_by_side};
use super::{Answer, AskError, Limits, View};
use crate::code::PlateCode;
use crate::part::Window;
use crate::row::{Key, Seen};

/// Between two looks whether the page is full.
const PARTS_AT_ONCE: usize = 256;

/// Sightings of one plate within the window, newest first (one millisecond: larger source number first). `before` is the key
/// of the last row of the page before; an answer with [`super::Partial::Limit`] has a next page.
///
/// # Errors
/// When the window is empty.
pub fn ask(
    view: &View,
    plate: PlateCode,
    window: Window,
    before: Option<Key>,
    limits: Limits<'_>,
) -> Result<Answer<Seen>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    let window = until_cursor(window, before);
    let mut parts = asking.parts(window);
    parts.sort_unstable_by_key(|part| std::cmp::Reverse(part.span().until_ms));
    for part in &parts {
        part.will_ask_plate(plate);
    }
    let mut rows: Vec<Seen> = Vec::new();
    let mut left = parts.as_slice();
    while let Some(next) = left.first() {
        // Parts come by their ends: once the row after the last wanted one is not older than this part's end, no row of this
        // part or of a later one belongs to the page.
        if rows.len() > limits.rows_max {
            settle(&mut rows, before);
            if rows.get(limits.rows_max).is_some_and(|first_beyond| first_beyond.at_ms >= next.span().until_ms) {
                break;
            }
        }
        if !asking.goes_on() {
            break;
        }
        // The first page of a year is mostly in its last days; who wants the year gets it on all cores.
        let is_begun = parts.len() - left.len() >= PARTS_ONE_BY_ONE;
        let at_once = if is_begun && left.len() >= worth_side_by_side(rows.len()) { PARTS_AT_ONCE.min(left.len()) } else { 1 };
        let (now, later) = left.split_at(at_once);
        asking.of_plate(now, plate, window, Order::NewestFirst, &mut rows);
        left = later;
    }
    settle(&mut rows, before);
    Ok(asking.answer(rows))
}

/// The window up to and with the millisecond of the cursor.
pub(super) fn until_cursor(window: Window, before: Option<Key>) -> Window {
    let until_ms = before.map_or(window.until_ms, |key| window.until_ms.min(key.at_ms.saturating_add(1)));
    Window { from_ms: window.from_ms, until_ms }
}

/// Sorts newest first, keeps one of each passage, and leaves out what was on earlier pages.
pub(super) fn settle(rows: &mut Vec<Seen>, before: Option<Key>) {
    if let Some(key) = before {
        rows.retain(|row| (row.at_ms, row.source, row.plate) < (key.at_ms, key.source, key.plate));
    }
    rows.sort_unstable_by(newest_first);
    rows.dedup_by_key(|row| row.key());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{newest, paged, plate, whole, window, world};
    use super::*;

    proptest! {
        #[test]
        fn a_history_is_every_sighting_of_the_plate_once_and_its_pages_put_together(world in world(), window in window(), number in 0..7_usize) {
            let asked = plate(number);
            let expected = newest(world.all.iter().filter(|row| row.plate == asked && window.holds(row.at_ms)).copied());
            prop_assert_eq!(&whole(|limits| ask(&world.view, asked, window, None, limits)), &expected);
            prop_assert_eq!(paged(|before, limits| ask(&world.view, asked, window, before, limits)), expected);
        }
    }
}
