//! Passages narrowed to what their pictures show: "a white lorry, near here, between two and three".
//!
//! What a picture shows lies in the detail of a passage, for which there is no index: the rows that a question finds are read one by
//! one, newest first, until a page is full.
//!
//! **Invariant:** this only leaves rows out, and before the gate sees them. What is shown is counted as without it, and nothing is
//! shown that the same question without it could not show (ADR 0027).

use shouhu_lakehouse::lake::questions::Limits;
use shouhu_lakehouse::lake::{Answer, FullRecord, Key, Partial, Seen, View};
use shouhu_module::Problem;
use shouhu_store::tag_of;
use shouhu_wire::Look;

use crate::lake::{is_cut, record};
use crate::ops::search::{SearchError, cut};
use crate::passing::seen_of;

/// Passages that a question may find before its look leaves any out: each is read from its segment by itself.
pub const COMPARED_MAX: usize = if cfg!(test) { 12 } else { 20_000 };

/// Nothing is asked of the picture.
#[must_use]
pub const fn fits_all(look: Look) -> bool {
    look.kind.is_none() && look.colour.is_none()
}

/// What the audit leaf says of it: behind the window, where no reader of leaves looks for a plate.
#[must_use]
pub fn said(look: Look) -> String {
    if fits_all(look) {
        return String::new();
    }
    let words = [look.colour.map(|colour| tag_of(&colour)), look.kind.map(|kind| tag_of(&kind))];
    format!(" seen as {}", words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn fits(record: &FullRecord, look: Look) -> bool {
    let seen = seen_of(record);
    look.kind.is_none_or(|kind| seen.kind == Some(kind)) && look.colour.is_none_or(|colour| seen.colour == Some(colour))
}

/// The rows that `ask` finds and whose picture fits, in their order. `ask` takes the key before which it begins.
///
/// Whether it is refused follows from what the question finds without the look: were it from what fits, a refusal would tell what is shown of rows
/// that the gate keeps back. It counts all rows of the lake, those that the gate would keep back too: to leave them out the gate would have to be asked
/// about each, and would charge it (ADR 0027).
///
/// # Errors
/// As `ask`, and when more than [`COMPARED_MAX`] passages would have to be compared.
pub fn narrowed(
    view: &View,
    look: Look,
    before: Option<Key>,
    limits: Limits<'_>,
    ask: impl Fn(Option<Key>, Limits<'_>) -> Result<Answer<Seen>, Problem>,
) -> Result<Answer<Seen>, Problem> {
    if fits_all(look) {
        return ask(before, limits);
    }
    let Answer { rows, partial } = ask(before, Limits { rows_max: COMPARED_MAX, ..limits })?;
    if is_cut(&partial) {
        return Err(SearchError::TooBroad.into());
    }
    let mut found = Answer { rows: Vec::new(), partial };
    for seen in rows {
        if (limits.is_stopped)() {
            note(&mut found, Partial::Stopped);
            break;
        }
        match record(view, seen.key()) {
            Ok(record) if record.as_ref().is_some_and(|record| fits(record, look)) => found.rows.push(seen),
            Ok(_) => {}
            Err(error) => note(&mut found, Partial::Damaged(error)),
        }
        // One more than is asked for says that there are more.
        if found.rows.len() > limits.rows_max {
            break;
        }
    }
    Ok(cut(found, limits.rows_max))
}

fn note(found: &mut Answer<Seen>, partial: Partial) {
    if !found.partial.contains(&partial) {
        found.partial.push(partial);
    }
}
