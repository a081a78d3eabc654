//! Takes a person's access away: every session ends, and no passkey of theirs signs in again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use shouhu_ids::ActorId;
use shouhu_module::{App, Audit, Id, Keyed, NoBody, Person, Problem, Route};

use super::done;
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/identity/actors/{id}/disable", "Takes a person's access away at once", || axum::routing::post(handle))
        .permission("actors.disable")
        .audit(Audit::Security)
        .takes::<NoBody>();

#[derive(Debug, thiserror::Error)]
enum DisableError {
    /// Otherwise the last operator could lock everybody out.
    #[error("nobody can take their own access away: ask another operator")]
    Oneself,
}

impl Keyed for DisableError {
    fn key(&self) -> &'static str {
        "identity.disable.self"
    }

    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<ActorId>) -> Result<Response, Problem> {
    if id == person.id {
        return Err(DisableError::Oneself.into());
    }
    let mut tx = app.store.begin().await?;
    if !store::disable(&mut tx, app.env.now(), id, person.id).await? {
        return Err(Problem::not_found("person"));
    }
    tx.commit().await?;
    Ok(done(id.to_string()))
}
