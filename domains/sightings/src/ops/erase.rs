//! `POST /v1/sightings/erasures`: takes one plate out of the lake.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_wire::{EraseOrder, Erasure};

pub const ROUTE: Route = Route::post(
    "/v1/sightings/erasures",
    "Erases every sighting of one plate from all files; refused while one of them is held",
    || axum::routing::post(handle),
)
.permission("sightings.erase")
.audit(Audit::Write)
.takes::<EraseOrder>()
.gives::<Erasure>();

async fn handle(State(_): State<App>, Body(_): Body<EraseOrder>) -> Result<Audited<Erasure>, Problem> {
    Err(crate::ops::not_ready())
}
