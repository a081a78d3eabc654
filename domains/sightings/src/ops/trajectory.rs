//! `GET /v1/sightings/trajectory`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_wire::{AskTrajectory, Found, Leg};

pub const ROUTE: Route =
    Route::get("/v1/sightings/trajectory", "Shows where a vehicle went, with gaps and impossible speeds marked", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<AskTrajectory>()
        .gives::<Found<Leg>>();

async fn handle(State(_): State<App>, Params(_): Params<AskTrajectory>) -> Result<Audited<Found<Leg>>, Problem> {
    Err(crate::ops::not_ready())
}
