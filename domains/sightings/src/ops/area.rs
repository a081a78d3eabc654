//! `POST /v1/sightings/area`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskArea, Found, Passing, PlatePassages};

pub const ROUTE: Route =
    Route::post("/v1/sightings/area", "Lists every passage in an area and a window, newest first", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskArea>()
        .gives::<Found<Passing>>();

async fn handle(State(_): State<App>, Body(_): Body<AskArea>) -> Result<Audited<Found<Passing>>, Problem> {
    Err(crate::ops::not_ready())
}

pub const PLATES: Route =
    Route::post("/v1/sightings/area/plates", "Lists every plate that was seen in an area in a window, most passages first", || axum::routing::post(plates))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskArea>()
        .gives::<Found<PlatePassages>>();

async fn plates(State(_): State<App>, Body(_): Body<AskArea>) -> Result<Audited<Found<PlatePassages>>, Problem> {
    Err(crate::ops::not_ready())
}
