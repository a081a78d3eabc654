//! `GET /v1/sightings/{id}`: one sighting.

use axum::extract::State;
use shouhu_ids::SightingId;
use shouhu_module::{App, Audit, Audited, Id, Problem, Route};
use shouhu_wire::Sighting;

use crate::store;

pub const ROUTE: Route = Route::get("/v1/sightings/{id}", "Shows one sighting", || axum::routing::get(handle))
    .permission("sightings.search")
    .audit(Audit::PersonalRead)
    .gives::<Sighting>();

async fn handle(State(app): State<App>, Id(id): Id<SightingId>) -> Result<Audited<Sighting>, Problem> {
    let sighting = store::get(&app.store, id).await?.ok_or_else(|| Problem::not_found("sighting"))?;
    Ok(Audited::new(format!("sighting {id} of {}", sighting.plate_display), sighting))
}
