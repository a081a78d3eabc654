//! `POST /v1/sightings/quarantine/{id}/dismiss`: an operator has looked at it.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::EventId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Person, Problem, Route};
use shouhu_wire::LeftAside;

use crate::store;

pub const ROUTE: Route = Route::post(
    "/v1/sightings/quarantine/{id}/dismiss",
    "Takes a report that was set aside off the list; it stays stored until the purge",
    || axum::routing::post(handle),
)
.permission("sightings.quarantine")
.audit(Audit::Write)
.takes::<DismissReport>()
.gives::<Dismissed>();

/// `POST /v1/sightings/quarantine/{id}/dismiss`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct DismissReport {
    /// Needed: why it is left as it is.
    #[serde(default)]
    pub reason: Option<LeftAside>,
}

#[derive(Debug, thiserror::Error)]
pub enum DismissError {
    #[error("say with \"reason\" why the report is left: one of the list")]
    Reason,
}

impl Keyed for DismissError {
    fn key(&self) -> &'static str {
        "sightings.dismiss.reason"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Dismissed {
    pub id: String,
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<EventId>,
    Body(asked): Body<DismissReport>,
) -> Result<Audited<Dismissed>, Problem> {
    let id = id.to_string();
    let reason = asked.reason.ok_or(DismissError::Reason)?;
    if !store::dismiss(&app.store, &id, reason, person.id).await? {
        return Err(Problem::not_found("open quarantine row"));
    }
    Ok(Audited::new(format!("quarantine {id}, left: {}", reason.as_str()), Dismissed { id }))
}
