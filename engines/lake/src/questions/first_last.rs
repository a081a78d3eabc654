//! When and where was this plate seen first and last?

use super::asking::{Asking, newest_first};
use super::{Answer, AskError, Limits, View};
use crate::code::PlateCode;
use crate::part::{Part, Window};
use crate::row::Seen;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstLast {
    pub first: Seen,
    pub last: Seen,
}

/// No row when the plate was not seen in the window, one otherwise.
///
/// # Errors
/// When the window is empty.
pub fn ask(view: &View, plate: PlateCode, window: Window, limits: Limits<'_>) -> Result<Answer<FirstLast>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    asking.announce(&[plate], window);
    let mut parts = asking.parts(window);
    parts.sort_unstable_by_key(|part| part.span().from_ms);
    let first = end(&mut asking, &parts, plate, window, End::First);
    parts.sort_unstable_by_key(|part| std::cmp::Reverse(part.span().until_ms));
    let last = end(&mut asking, &parts, plate, window, End::Last);
    let rows = first.zip(last).map(|(first, last)| FirstLast { first, last });
    Ok(asking.answer(rows.into_iter().collect()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// Goes through the parts from that end and stops at the first that cannot hold a better row.
fn end(asking: &mut Asking<'_>, parts: &[&dyn Part], plate: PlateCode, window: Window, end: End) -> Option<Seen> {
    let mut best: Option<Seen> = None;
    let mut rows = Vec::new();
    for part in parts {
        let span = part.span();
        let is_beyond = |row: Seen| match end {
            End::First => span.from_ms > row.at_ms,
            End::Last => span.until_ms <= row.at_ms,
        };
        if best.is_some_and(is_beyond) || !asking.goes_on() {
            break;
        }
        rows.clear();
        let read = part.of_plate(plate, window, &mut rows);
        asking.note_read(read);
        let of_part = rows.iter().chain(best.as_ref());
        best = match end {
            End::First => of_part.max_by(|a, b| newest_first(a, b)),
            End::Last => of_part.min_by(|a, b| newest_first(a, b)),
        }
        .copied();
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{answered, at_most, newest, plate, window, world};
    use super::*;

    proptest! {
        #[test]
        fn first_and_last_are_the_ends_of_the_history(world in world(), window in window(), number in 0..7_usize) {
            let asked = plate(number);
            let history = newest(world.all.iter().filter(|row| row.plate == asked && window.holds(row.at_ms)).copied());
            let expected: Vec<FirstLast> =
                history.last().zip(history.first()).map(|(first, last)| FirstLast { first: *first, last: *last }).into_iter().collect();
            prop_assert_eq!(answered(ask(&world.view, asked, window, at_most(5))), expected);
        }
    }
}
