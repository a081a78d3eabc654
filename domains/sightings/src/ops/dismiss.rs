//! `POST /v1/sightings/quarantine/{id}/dismiss`: an operator has looked at it.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::EventId;
use shouhu_module::{App, Audit, Audited, Id, NoBody, Person, Problem, Route};

use crate::store;

pub const ROUTE: Route = Route::post(
    "/v1/sightings/quarantine/{id}/dismiss",
    "Takes a report that was set aside off the list; it stays stored until the purge",
    || axum::routing::post(handle),
)
.permission("sightings.quarantine")
.audit(Audit::Write)
.takes::<NoBody>()
.gives::<Dismissed>();

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Dismissed {
    pub id: String,
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<EventId>) -> Result<Audited<Dismissed>, Problem> {
    let id = id.to_string();
    if !store::dismiss(&app.store, &id, person.id).await? {
        return Err(Problem::not_found("open quarantine row"));
    }
    Ok(Audited::new(format!("quarantine {id}"), Dismissed { id }))
}
