//! `POST /v1/sightings/convoys`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{AskConvoys, Companion, Found};

pub const ROUTE: Route =
    Route::post("/v1/sightings/convoys", "Finds plates that travelled with a plate", || axum::routing::post(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .takes::<AskConvoys>()
        .gives::<Found<Companion>>();

async fn handle(State(_): State<App>, Body(_): Body<AskConvoys>) -> Result<Audited<Found<Companion>>, Problem> {
    Err(crate::ops::not_ready())
}
