//! `GET /v1/sightings/trajectory`: where a vehicle went, oldest first, and which ways no vehicle can have driven.

use axum::extract::State;
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::questions::trajectory::{self, Judgement, Step};
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_wire::{AskTrajectory, Doubt, Found, Leg};

use crate::gate::{Asking, told};
use crate::lake::{ask_rows, code_of, lake_of};
use crate::passing::passing_of;
use crate::window;

pub const ROUTE: Route =
    Route::get("/v1/sightings/trajectory", "Shows where a vehicle went, with gaps and impossible speeds marked", || {
        axum::routing::get(handle)
    })
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .asks::<AskTrajectory>()
    .gives::<Found<Leg>>();

async fn handle(State(app): State<App>, asking: Asking, Params(asked): Params<AskTrajectory>) -> Result<Audited<Found<Leg>>, Problem> {
    let plate = window::plate(&asked.plate)?;
    let until_us = asked.until_us.unwrap_or(app.env.now().0);
    let from_us = asked.from_us.unwrap_or_else(|| until_us.saturating_sub(window::WIDE_MAX_US));
    let window = window::checked(from_us, until_us, window::EXACT_MAX_US)?;
    let named = [plate];
    asking.may_ask(&named, window).await?;
    let [plate] = &named;
    let code = code_of(plate);
    let rows_max = window::ROWS_MAX as usize;
    let answer =
        ask_rows(&app, rows_max, move |view, limits| trajectory::ask(view, code, window, Judgement::default(), limits)).await?;
    let lake = lake_of(&app)?;
    let mut shown = asking.reveal(&named, answer.rows, rows_max, |step: &Step| told(&lake, &step.seen)).await?;
    // The way is that of the shown steps: how long it took from one that is kept back would say when that was.
    let steps = trajectory::over(std::mem::take(&mut shown.rows), &Judgement::default());
    let items = steps.iter().filter_map(|step| leg_of(&lake, step)).collect();
    let object = format!("trajectory of {} {}{}", plate.display(), window::said(window), shown.under);
    Ok(Audited::new(object, Found { items, next_cursor: None, partial: shown.notes(answer.partial, rows_max) }))
}

fn leg_of(lake: &Lakehouse, step: &Step) -> Option<Leg> {
    let way = step.leg;
    Some(Leg {
        passing: passing_of(lake, &step.seen)?,
        trip: step.trip,
        took_ms: way.map(|way| way.took_ms),
        is_gap: way.is_some_and(|way| way.is_gap),
        distance_m: way.and_then(|way| way.distance_m),
        speed_kmh: way.and_then(|way| way.speed_kmh),
        doubt: way.and_then(|way| way.doubt).map(|doubt| match doubt {
            trajectory::Doubt::ClonedPlate => Doubt::ClonedPlate,
            trajectory::Doubt::Misread => Doubt::Misread,
        }),
    })
}
