//! Sessions that are trusted less, what changed lately, and a person's word that ends one.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::SessionId;
use shouhu_module::{App, Audit, Audited, Id, NoBody, Person, Problem, Route};

use super::done;
use crate::trust::store::{self, SessionTrust, TrustAlert};

pub const LIST: Route =
    Route::get("/v1/identity/trust", "Sessions that are trusted less, and the newest trust alerts, with reasons", || axum::routing::get(list))
        .permission("trust.watch")
        .audit(Audit::WorkRead)
        .gives::<TrustState>();

pub const END: Route = Route::post("/v1/identity/trust/{id}/end", "Ends a session, as a person's decision", || axum::routing::post(end))
    .permission("trust.end")
    .audit(Audit::Security)
    .takes::<NoBody>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustState {
    /// Live ones whose verdict is not `allow`, the latest first.
    pub sessions: Vec<SessionTrust>,
    /// Of thirty days, the newest hundred.
    pub alerts: Vec<TrustAlert>,
}

async fn list(State(app): State<App>) -> Result<Audited<TrustState>, Problem> {
    let sessions = store::sessions(&app.store, app.env.now()).await?;
    let alerts = store::alerts(&app.store).await?;
    Ok(Audited::new(format!("{} sessions, {} trust alerts", sessions.len(), alerts.len()), TrustState { sessions, alerts }))
}

async fn end(State(app): State<App>, person: Person, Id(id): Id<SessionId>) -> Result<Response, Problem> {
    let mut tx = app.store.begin().await?;
    if !store::end(&mut tx, app.env.now(), id).await? {
        return Err(Problem::not_found("session"));
    }
    tx.commit().await?;
    tracing::info!(session = %id, by = %person.id, "a person ended a session");
    Ok(done(format!("session {id}")))
}
