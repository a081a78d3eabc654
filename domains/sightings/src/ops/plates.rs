//! `GET /v1/sightings/plates`: which plates of the lake are like a text; answered from the book of plates, without a row.

use axum::extract::State;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::plates::Like;
use shouhu_lakehouse::lake::questions::find;
use shouhu_module::ports::Glimpse;
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_plate::{Pattern, Plate};
use shouhu_wire::{FindPlates, Found, KnownPlate, PlateLikeness};

use crate::gate::{Asking, summed};
use crate::lake::{ask_rows, code_of, refusal_of};
use crate::ops::search::SearchError;
use crate::passing::{micros_of, plate_of};
use crate::window;

pub const ROUTE: Route =
    Route::get("/v1/sightings/plates", "Finds plates of the lake that are like a text, with their numbers of sightings", || {
        axum::routing::get(handle)
    })
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .asks::<FindPlates>()
    .gives::<Found<KnownPlate>>();

async fn handle(State(app): State<App>, asking: Asking, Params(asked): Params<FindPlates>) -> Result<Audited<Found<KnownPlate>>, Problem> {
    let (like, said) = like_of(&asked)?;
    let window = match (asked.from_us, asked.until_us) {
        (None, None) => None,
        (from_us, until_us) => {
            let until_us = until_us.unwrap_or(app.env.now().0);
            let from_us = from_us.unwrap_or_else(|| until_us.saturating_sub(window::WIDE_MAX_US));
            Some(window::checked(from_us, until_us, window::WIDE_MAX_US)?)
        }
    };
    let object = window.map_or_else(|| said.clone(), |window| format!("{said} {}", window::said(window)));
    let rows_max = window::rows(asked.limit);
    let answer = ask_rows(&app, window::ROWS_MAX as usize, move |view, limits| find::ask(view, &like, window, limits)).await?;
    let now = asking.now();
    let tells = |found: &find::Found| plate_of(found.plate).map_or_else(Vec::new, |plate| told(&plate, found, now));
    // Without a window it is about all there ever was, which no consent covers.
    let over = window.unwrap_or(Window { from_ms: i64::MIN, until_ms: i64::MAX });
    let mut shown = asking.reveal_sums(&[], answer.rows, rows_max, over, tells).await?;
    let known = |found: find::Found| {
        let plate = plate_of(found.plate)?;
        let (first, last) = found.seen_ms.map_or((None, None), |(first, last)| (Some(micros_of(first)), Some(micros_of(last))));
        Some(KnownPlate { plate_display: plate.display(), plate, sightings: found.rows, first_at_us: first, last_at_us: last })
    };
    let items = std::mem::take(&mut shown.rows).into_iter().filter_map(known).collect();
    let partial = shown.notes(answer.partial, rows_max);
    Ok(Audited::new(object + &shown.under, Found { items, next_cursor: None, partial }))
}

/// A number tells when a vehicle moved to whoever asks for it every minute.
fn told(plate: &Plate, found: &find::Found, now: Micros) -> Vec<Glimpse> {
    match found.seen_ms {
        Some((first_ms, last_ms)) => summed(plate, [first_ms, last_ms], found.rows, 0),
        None => vec![Glimpse::count(plate.clone(), found.rows, [now; 2], 0)],
    }
}

fn like_of(asked: &FindPlates) -> Result<(Like, String), Problem> {
    match asked.likeness {
        PlateLikeness::Wildcard => {
            let pattern = Pattern::parse(&asked.plate).map_err(SearchError::Pattern)?;
            let like = Like::glob(pattern.as_str()).map_err(|error| refusal_of(&error.into()))?;
            Ok((like, format!("plates like {}", pattern.display())))
        }
        PlateLikeness::LookAlike => {
            let plate = window::plate(&asked.plate)?;
            Ok((Like::confusable(code_of(&plate)), format!("plates that look like {}", plate.display())))
        }
        PlateLikeness::OneOff => {
            let plate = window::plate(&asked.plate)?;
            Ok((Like::near(code_of(&plate)), format!("plates one character off {}", plate.display())))
        }
    }
}
