//! `GET /v1/sightings/plates`.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Params, Problem, Route};
use shouhu_wire::{FindPlates, Found, KnownPlate};

pub const ROUTE: Route =
    Route::get("/v1/sightings/plates", "Finds plates of the lake that are like a text, with their numbers of sightings", || axum::routing::get(handle))
        .permission("sightings.search")
        .audit(Audit::PersonalRead)
        .asks::<FindPlates>()
        .gives::<Found<KnownPlate>>();

async fn handle(State(_): State<App>, Params(_): Params<FindPlates>) -> Result<Audited<Found<KnownPlate>>, Problem> {
    Err(crate::ops::not_ready())
}
