//! `GET /v1/sightings/seen`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_wire::{AskSeen, FirstAndLast};

pub const ROUTE: Route =
    Route::get("/v1/sightings/seen", "Says when and where a plate was first and last seen", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<AskSeen>()
        .gives::<FirstAndLast>();

async fn handle(State(_): State<App>, Params(_): Params<AskSeen>) -> Result<Audited<FirstAndLast>, Problem> {
    Err(crate::ops::not_ready())
}
