//! `POST /v1/watchlists/entries`: one person proposes an entry. It matches nothing until another approves it.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::EntryId;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Person, Problem, Route};

use super::KEEPS_ROWS;
use crate::model::{Entry, NewEntry, ProposeEntry};
use crate::store;

pub const ROUTE: Route = Route::post("/v1/watchlists/entries", "Propose a watchlist entry", || axum::routing::post(handle))
    .permission("watchlists.propose")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::Write)
    .takes::<ProposeEntry>()
    .gives::<Entry>();

#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    #[error("entry {other} for this plate and legal basis waits or is in force already: withdraw or refuse it first")]
    Duplicate { other: EntryId },
}

pub const KEYS: &[&str] = &["watchlists.propose.duplicate"];

impl Keyed for ProposeError {
    fn key(&self) -> &'static str {
        "watchlists.propose.duplicate"
    }

    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }
}

async fn handle(State(app): State<App>, person: Person, Body(asked): Body<ProposeEntry>) -> Result<Audited<Entry>, Problem> {
    let now = app.env.now();
    let new = NewEntry::checked(&asked, now)?;
    let mut tx = app.store.begin().await?;
    if let Some(other) = store::twin(&mut tx, &app.store, &new, now).await? {
        return Err(ProposeError::Duplicate { other }.into());
    }
    let ids = store::insert(&mut tx, &app.store, std::slice::from_ref(&new), &person, None).await?;
    // Screens hear of it; devices do not, because it is not in force.
    store::next_versions(&mut tx, 1).await?;
    tx.commit().await?;
    let id = ids.first().copied().ok_or_else(|| Problem::not_found("entry"))?;
    let entry = store::entry(&app.store, id).await?.ok_or_else(|| Problem::not_found("entry"))?;
    Ok(Audited::new(format!("entry {id} {}", entry.pattern), entry))
}
