//! `GET /v1/sightings/seen`: when and where a plate was first and last seen.

use axum::extract::State;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::questions::first_last;
use shouhu_lakehouse::lake::{Answer, Class};
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_wire::{AskSeen, FirstAndLast};

use crate::lake::{ask, code_of, lake_of, notes_of, refusal_of, window_of};
use crate::passing::passing_of;
use crate::window::{self, EXACT_MAX_US};

pub const ROUTE: Route =
    Route::get("/v1/sightings/seen", "Says when and where a plate was first and last seen", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<AskSeen>()
        .gives::<FirstAndLast>();

async fn handle(State(app): State<App>, Params(asked): Params<AskSeen>) -> Result<Audited<FirstAndLast>, Problem> {
    let plate = window::plate(&asked.plate)?;
    let (code, now) = (code_of(&plate), app.env.now());
    // Nothing older is kept but what is held; a device's clock may be some minutes ahead.
    let window = window_of(now.plus(-2 * EXACT_MAX_US), now.plus(crate::model::FUTURE_TOLERATED_US));
    let (answer, sightings) = ask(&app, 1, move |view, limits| {
        let answer = first_last::ask(view, code, window, limits).map_err(|error| refusal_of(&error))?;
        Ok::<_, Problem>((answer, count(view, code, window)))
    })
    .await??;
    let Answer { rows, partial } = answer;
    let lake = lake_of(&app)?;
    let found = rows.first();
    let answer = FirstAndLast {
        plate_display: plate.display(),
        first: found.and_then(|found| passing_of(&lake, &found.first)),
        last: found.and_then(|found| passing_of(&lake, &found.last)),
        sightings,
        partial: notes_of(&partial),
    };
    Ok(Audited::new(format!("first and last of {}", plate.display()), answer))
}

/// From the book of plates, and from the rows of parts that it does not cover.
fn count(view: &shouhu_lakehouse::lake::View, code: shouhu_lakehouse::lake::PlateCode, window: Window) -> u64 {
    let mut rows = Vec::new();
    for part in view.parts.iter().filter(|part| !part.id().is_some_and(|id| view.plates.covers(id))) {
        // A part that cannot be read is named by the answer itself.
        let _ = part.of_plate(code, window, &mut rows);
    }
    view.plates.rows_of(&Class::ALL, code) + rows.len() as u64
}
