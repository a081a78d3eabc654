//! `POST /v1/sightings/passed`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskPassed, Found, PassedBoth};

pub const ROUTE: Route =
    Route::post("/v1/sightings/passed", "Finds vehicles that passed one place and later another", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskPassed>()
        .gives::<Found<PassedBoth>>();

async fn handle(State(_): State<App>, Body(_): Body<AskPassed>) -> Result<Audited<Found<PassedBoth>>, Problem> {
    Err(crate::ops::not_ready())
}
