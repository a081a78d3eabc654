//! `POST /v1/watchlists/entries/{id}/refuse` and `/withdraw`: an entry does not come into force, or leaves it.
//!
//! Anyone who may propose may withdraw, also their own: ending a search needs no second person, only a reason.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::EntryId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Person, Problem, Route};

use super::KEEPS_ROWS;
use crate::fold::clipped;
use crate::index::ActiveList;
use crate::model::{Entry, EntryState, WHY_CHARS_MAX};
use crate::store;

pub const REFUSE: Route =
    Route::post("/v1/watchlists/entries/{id}/refuse", "Refuse a proposed entry, with the reason", || axum::routing::post(refuse))
        .permission("watchlists.approve")
        .unblotted(KEEPS_ROWS)
        .audit(Audit::Write)
        .takes::<Why>()
        .gives::<Entry>();

pub const WITHDRAW: Route =
    Route::post("/v1/watchlists/entries/{id}/withdraw", "Take an entry out of force, with the reason", || {
        axum::routing::post(withdraw)
    })
    .permission("watchlists.propose")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::Write)
    .takes::<Why>()
    .gives::<Entry>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    pub reason: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndError {
    #[error("reason is empty: say why")]
    ReasonMissing,
    #[error("entry is {state:?} and not proposed")]
    NotProposed { state: EntryState },
    #[error("entry is {state:?} and not active")]
    NotActive { state: EntryState },
}

pub const KEYS: &[&str] = &["watchlists.end.reason_missing", "watchlists.refuse.not_proposed", "watchlists.withdraw.not_active"];

impl Keyed for EndError {
    fn key(&self) -> &'static str {
        match self {
            Self::ReasonMissing => "watchlists.end.reason_missing",
            Self::NotProposed { .. } => "watchlists.refuse.not_proposed",
            Self::NotActive { .. } => "watchlists.withdraw.not_active",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ReasonMissing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotProposed { .. } | Self::NotActive { .. } => StatusCode::CONFLICT,
        }
    }
}

async fn refuse(
    State(app): State<App>,
    person: Person,
    Id(id): Id<EntryId>,
    Body(why): Body<Why>,
) -> Result<Audited<Entry>, Problem> {
    end(&app, &person, id, &why, EntryState::Proposed, EntryState::Refused).await
}

async fn withdraw(
    State(app): State<App>,
    person: Person,
    Id(id): Id<EntryId>,
    Body(why): Body<Why>,
) -> Result<Audited<Entry>, Problem> {
    end(&app, &person, id, &why, EntryState::Active, EntryState::Withdrawn).await
}

async fn end(
    app: &App,
    person: &Person,
    id: EntryId,
    why: &Why,
    from: EntryState,
    to: EntryState,
) -> Result<Audited<Entry>, Problem> {
    let reason = clipped(&why.reason, WHY_CHARS_MAX);
    if reason.is_empty() {
        return Err(EndError::ReasonMissing.into());
    }
    // Nobody changes what he may not see.
    store::entry(&app.store, id).await?.ok_or_else(|| Problem::not_found("entry"))?;
    let mut tx = app.store.begin().await?;
    let done = store::end(&mut tx, id, from, to, person, &reason, app.env.now()).await?;
    if done {
        tx.commit().await?;
        app.room::<ActiveList>().refresh(&app.store).await?;
    } else {
        drop(tx);
    }
    let entry = store::entry(&app.store, id).await?.ok_or_else(|| Problem::not_found("entry"))?;
    match (done, from) {
        (true, _) => Ok(Audited::new(format!("entry {id} {}", entry.pattern), entry)),
        (false, EntryState::Proposed) => Err(EndError::NotProposed { state: entry.state }.into()),
        (false, _) => Err(EndError::NotActive { state: entry.state }.into()),
    }
}
