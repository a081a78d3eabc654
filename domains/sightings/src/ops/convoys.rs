//! `POST /v1/sightings/convoys`: which plates travelled with a plate.

use axum::extract::State;
use shouhu_lakehouse::lake::questions::convoy::{self, Together};
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskConvoys, Companion, Found};

use crate::gate::{Asking, question, summed};
use crate::lake::{ask_rows, code_of};
use crate::passing::{micros_of, plate_of};
use crate::window;

pub const ROUTE: Route = Route::post("/v1/sightings/convoys", "Finds plates that travelled with a plate", || axum::routing::post(handle))
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .takes::<AskConvoys>()
    .gives::<Found<Companion>>();

/// A month of one vehicle: what a gang drives together.
const WINDOW_MAX_US: i64 = 31 * shouhu_ids::Micros::DAY;

async fn handle(State(app): State<App>, asking: Asking, Body(asked): Body<AskConvoys>) -> Result<Audited<Found<Companion>>, Problem> {
    let plate = window::plate(&asked.plate)?;
    let window = window::checked(asked.span.from_us.0, asked.span.until_us.0, WINDOW_MAX_US)?;
    let usual = Together::default();
    let together = Together {
        within_ms: asked.within_s.map_or(usual.within_ms, |s| i64::from(s) * 1_000),
        sources_min: asked.cameras_min.unwrap_or(usual.sources_min),
    };
    let named = [plate];
    asking.may_ask(&named, window).await?;
    let [plate] = &named;
    let code = code_of(plate);
    let rows_max = window::rows(asked.limit);
    let answer = ask_rows(&app, window::ROWS_MAX as usize, move |view, limits| convoy::ask(view, code, window, together, limits)).await?;
    // Both were there when they met: whoever asks who drove with a plate learns when that plate was on the road. Each is charged its own
    // passages, so that many companions on one drive charge the asked plate that drive once.
    let tells = |found: &convoy::Companion| {
        let question = question(&format!("{} {together:?} {}", code, found.sources));
        let companion = plate_of(found.plate).into_iter();
        let other = companion.flat_map(|plate| summed(&plate, [found.first_ms, found.last_ms], u64::from(found.passages), question));
        summed(plate, [found.asked_first_ms, found.asked_last_ms], u64::from(found.passages), question).into_iter().chain(other).collect()
    };
    let shown = asking.reveal_sums(&named, answer.rows, rows_max, window, tells).await?;
    let companion = |found: &convoy::Companion| {
        let plate = plate_of(found.plate)?;
        Some(Companion {
            plate_display: plate.display(),
            plate,
            cameras: found.sources,
            encounters: found.passages,
            first_at_us: micros_of(found.first_ms),
            last_at_us: micros_of(found.last_ms),
        })
    };
    let items = shown.rows.iter().filter_map(companion).collect();
    let object = format!("convoys of {} {}{}", plate.display(), window::said(window), shown.under);
    Ok(Audited::new(object, Found { items, next_cursor: None, partial: shown.notes(answer.partial, rows_max) }))
}
