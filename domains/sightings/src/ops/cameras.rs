//! `POST /v1/sightings/cameras`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskCameras, Found, Passing, PlatePassages};

pub const ROUTE: Route =
    Route::post("/v1/sightings/cameras", "Lists every passage of some cameras in a window, newest first", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskCameras>()
        .gives::<Found<Passing>>();

async fn handle(State(_): State<App>, Body(_): Body<AskCameras>) -> Result<Audited<Found<Passing>>, Problem> {
    Err(crate::ops::not_ready())
}

pub const PLATES: Route =
    Route::post("/v1/sightings/cameras/plates", "Lists every plate that passed some cameras in a window, most passages first", || axum::routing::post(plates))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskCameras>()
        .gives::<Found<PlatePassages>>();

async fn plates(State(_): State<App>, Body(_): Body<AskCameras>) -> Result<Audited<Found<PlatePassages>>, Problem> {
    Err(crate::ops::not_ready())
}
