//! From the engine's rows to what a person reads.

use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::Answer;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::questions::cameras::PlateSeen;
use shouhu_module::Problem;
use shouhu_wire::{Found, Passing, PlatePassages};

use crate::gate::{Asking, ShownPage, question, summed};
use crate::passing::{micros_of, passing_of, plate_of};
use crate::window::cursor_of;

/// One page of passages: that there are more is what its cursor says.
#[must_use]
pub fn passings_of(lake: &Lakehouse, page: &ShownPage) -> Found<Passing> {
    let items = page.rows.iter().filter_map(|row| passing_of(lake, row)).collect();
    Found { items, next_cursor: page.next.map(cursor_of), partial: page.notes() }
}

/// The plates that may be shown, and under what.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn passages_of(
    asking: &Asking,
    answer: Answer<PlateSeen>,
    rows_max: usize,
    window: Window,
    where_said: &str,
) -> Result<(Found<PlatePassages>, String), Problem> {
    let question = question(where_said);
    let tells = |seen: &PlateSeen| {
        plate_of(seen.plate).map_or_else(Vec::new, |plate| summed(&plate, [seen.first_ms, seen.last_ms], u64::from(seen.rows), question))
    };
    let shown = asking.reveal_sums(&[], answer.rows, rows_max, window, tells).await?;
    let passages = |seen: &PlateSeen| {
        let plate = plate_of(seen.plate)?;
        Some(PlatePassages {
            plate_display: plate.display(),
            plate,
            sightings: u64::from(seen.rows),
            first_at_us: micros_of(seen.first_ms),
            last_at_us: micros_of(seen.last_ms),
        })
    };
    let items = shown.rows.iter().filter_map(passages).collect();
    Ok((Found { items, next_cursor: None, partial: shown.notes(answer.partial, rows_max) }, shown.under))
}
