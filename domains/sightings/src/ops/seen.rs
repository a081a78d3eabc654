//! `GET /v1/sightings/seen`: when and where a plate was first and last seen.

use axum::extract::State;
use shouhu_lakehouse::lake::part::Window;
use shouhu_lakehouse::lake::questions::first_last::{self, FirstLast};
use shouhu_lakehouse::lake::{Answer, Class, Seen};
use shouhu_module::ports::Glimpse;
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_wire::{AskSeen, FirstAndLast};

use crate::gate::Asking;
use crate::lake::{ask, code_of, lake_of, refusal_of, window_of};
use crate::passing::{micros_of, passing_of};
use crate::window::{self, EXACT_MAX_US};

pub const ROUTE: Route =
    Route::get("/v1/sightings/seen", "Says when and where a plate was first and last seen", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<AskSeen>()
        .gives::<FirstAndLast>();

async fn handle(State(app): State<App>, asking: Asking, Params(asked): Params<AskSeen>) -> Result<Audited<FirstAndLast>, Problem> {
    let plate = window::plate(&asked.plate)?;
    let (code, now) = (code_of(&plate), app.env.now());
    // Nothing older is kept but what is held; a device's clock may be some minutes ahead.
    let window = window_of(now.plus(-2 * EXACT_MAX_US), now.plus(crate::model::FUTURE_TOLERATED_US));
    let named = [plate];
    asking.may_ask(&named, window).await?;
    let [plate] = &named;
    let (answer, sightings) = ask(&app, 1, move |view, limits| {
        let answer = first_last::ask(view, code, window, limits).map_err(|error| refusal_of(&error))?;
        Ok::<_, Problem>((answer, count(view, code, window)))
    })
    .await??;
    let Answer { rows, partial } = answer;
    let lake = lake_of(&app)?;
    let ends_at = rows.first().map_or([now; 2], |found| [found.first.at_ms, found.last.at_ms].map(micros_of));
    let tells = |told: &Told| match told {
        Told::End(seen) => crate::gate::told(&lake, seen),
        Told::Number(number) => vec![Glimpse::count(plate.clone(), *number, ends_at, 0)],
    };
    // The last first: whoever may see one of the two wants to know where it is.
    let ends: Vec<Told> = rows.first().map_or_else(Vec::new, |found| vec![Told::End(found.last), Told::End(found.first)]);
    let count = ends.len() + 1;
    let told = ends.into_iter().chain([Told::Number(sightings)]).collect();
    // Both ends and the number are all there is to tell: no such answer is full.
    let shown = asking.reveal_sums(&named, told, usize::MAX, window, tells).await?;
    let end = |which: fn(&FirstLast) -> Seen| {
        let seen = rows.first().map(which)?;
        shown.rows.iter().any(|told| matches!(told, Told::End(shown) if *shown == seen)).then(|| passing_of(&lake, &seen))?
    };
    let answer = FirstAndLast {
        plate_display: plate.display(),
        first: end(|found| found.first),
        last: end(|found| found.last),
        // Nothing that is kept back is counted.
        sightings: shown.rows.iter().find_map(|told| if let Told::Number(number) = told { Some(*number) } else { None }).unwrap_or_default(),
        partial: shown.notes(partial, count),
    };
    Ok(Audited::new(format!("first and last of {}{}", plate.display(), shown.under), answer))
}

/// What the answer is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    End(Seen),
    Number(u64),
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
