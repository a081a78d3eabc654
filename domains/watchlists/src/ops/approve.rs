//! `POST /v1/watchlists/entries/{id}/approve`: another person puts a proposed entry in force.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{EntryId, Micros};
use shouhu_module::{App, Audit, Audited, Id, Keyed, NoBody, Person, Problem, Route};
use shouhu_store::Store;

use super::KEEPS_ROWS;
use crate::index::ActiveList;
use crate::model::{Entry, EntryState};
use crate::store;

pub const ROUTE: Route = Route::post(
    "/v1/watchlists/entries/{id}/approve",
    "Put a proposed entry in force, as another person than its proposer",
    || axum::routing::post(handle),
)
.permission("watchlists.approve")
.unblotted(KEEPS_ROWS)
.audit(Audit::Write)
.takes::<NoBody>()
.gives::<Entry>();

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    #[error("you proposed this entry: another person must approve it")]
    SamePerson,
    #[error("entry is {state:?} and not proposed")]
    NotProposed { state: EntryState },
    #[error("entry's time was over at {expired_at:?}: propose it anew")]
    Expired { expired_at: Micros },
}

pub const KEYS: &[&str] = &["watchlists.approve.same_person", "watchlists.approve.not_proposed", "watchlists.approve.expired"];

impl Keyed for ApproveError {
    fn key(&self) -> &'static str {
        match self {
            Self::SamePerson => "watchlists.approve.same_person",
            Self::NotProposed { .. } => "watchlists.approve.not_proposed",
            Self::Expired { .. } => "watchlists.approve.expired",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<EntryId>) -> Result<Audited<Entry>, Problem> {
    let entry = approve(&app.store, id, &person).await?;
    app.room::<ActiveList>().refresh(&app.store).await?;
    Ok(Audited::new(format!("entry {id} {}", entry.pattern), entry))
}

/// # Errors
/// When the entry is not there, the person is its proposer, or its state or time does not allow it.
pub async fn approve(db: &Store, id: EntryId, person: &Person) -> Result<Entry, Problem> {
    let now = db.env().now();
    // Nobody changes what he may not see.
    store::entry(db, id).await?.ok_or_else(|| Problem::not_found("entry"))?;
    let mut tx = db.begin().await?;
    let done = store::activate(&mut tx, db, id, person, now).await?;
    if done {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let entry = store::entry(db, id).await?.ok_or_else(|| Problem::not_found("entry"))?;
    if done {
        return Ok(entry);
    }
    Err(match entry.state {
        EntryState::Proposed if entry.expires_at_us <= now => ApproveError::Expired { expired_at: entry.expires_at_us },
        EntryState::Proposed => ApproveError::SamePerson,
        state => ApproveError::NotProposed { state },
    }
    .into())
}
