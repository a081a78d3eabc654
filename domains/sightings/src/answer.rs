//! From the engine's rows to what a person reads.

use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::questions::cameras::PlateSeen;
use shouhu_lakehouse::lake::{Answer, Partial, Seen};
use shouhu_wire::{Found, Passing, PlatePassages};

use crate::lake::{is_cut, notes_of};
use crate::passing::{micros_of, passing_of, plate_of};
use crate::window::cursor_of;

/// One page of passages: that there are more is what its cursor says.
#[must_use]
pub fn passings_of(lake: &Lakehouse, mut answer: Answer<Seen>) -> Found<Passing> {
    let has_more = is_cut(&answer.partial);
    answer.partial.retain(|partial| !matches!(partial, Partial::Limit { .. }));
    let next_cursor = answer.rows.last().filter(|_| has_more).map(|row| cursor_of(row.key()));
    let items = answer.rows.iter().filter_map(|row| passing_of(lake, row)).collect();
    Found { items, next_cursor, partial: notes_of(&answer.partial) }
}

#[must_use]
pub fn passages_of(answer: &Answer<PlateSeen>) -> Found<PlatePassages> {
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
    let items = answer.rows.iter().filter_map(passages).collect();
    Found { items, next_cursor: None, partial: notes_of(&answer.partial) }
}
