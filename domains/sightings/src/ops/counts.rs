//! `GET /v1/sightings/counts`: how many vehicles, by hour, camera or area. No plates, so no purpose and no leaf.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Params, Problem, Route};
use shouhu_wire::{AskCounts, Counts};

pub const ROUTE: Route =
    Route::get("/v1/sightings/counts", "Counts passages by hour, camera or area; names no vehicle", || axum::routing::get(handle))
        .permission("sightings.counts")
        .audit(Audit::None("numbers of vehicles name nobody"))
        .asks::<AskCounts>()
        .gives::<Counts>();

async fn handle(State(_): State<App>, Params(_): Params<AskCounts>) -> Result<Json<Counts>, Problem> {
    Err(crate::ops::not_ready())
}
