//! `POST /v1/hits/{id}/stand-down`: a hit was confirmed, and a person says why nobody follows it.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::HitId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::StoreError;
use shouhu_wire::{Hit, StandDown};

use crate::fold::clipped;
use crate::hits;
use crate::model::WHY_CHARS_MAX;
use crate::sight;

pub const ROUTE: Route =
    Route::post("/v1/hits/{id}/stand-down", "Say why a confirmed hit is not followed", || axum::routing::post(handle))
        .permission("hits.decide")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<StandDown>()
        .gives::<Hit>();

#[derive(Debug, thiserror::Error)]
pub enum StandDownError {
    #[error("only a confirmed hit without an incident is not followed, and that is said once")]
    NotOpen,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub const KEYS: &[&str] = &["hits.stand_down.not_open"];

impl Keyed for StandDownError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotOpen => "hits.stand_down.not_open",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotOpen => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
        }
    }
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<HitId>, Body(asked): Body<StandDown>) -> Result<Audited<Hit>, Problem> {
    // Before anything is written: a hit that may not be seen is none.
    hits::hit(&app.store, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    let mut tx = app.store.begin().await.map_err(StandDownError::from)?;
    if !hits::stand_down(&mut tx, id, asked.reason, &person).await? {
        return Err(StandDownError::NotOpen.into());
    }
    tx.commit().await?;
    let mut hit = hits::hit(&app.store, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    sight::leave_out_hidden_incidents(&app, std::slice::from_mut(&mut hit)).await?;
    let note = clipped(&asked.note, WHY_CHARS_MAX);
    Ok(Audited::new(format!("hit {id} {}, not followed: {}; {note}", hit.plate, asked.reason.as_str()), hit))
}
