//! `POST /v1/sightings/meetings`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskMeetings, Found, Meeting};

pub const ROUTE: Route =
    Route::post("/v1/sightings/meetings", "Finds where and when plates were at one place", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskMeetings>()
        .gives::<Found<Meeting>>();

async fn handle(State(_): State<App>, Body(_): Body<AskMeetings>) -> Result<Audited<Found<Meeting>>, Problem> {
    Err(crate::ops::not_ready())
}
