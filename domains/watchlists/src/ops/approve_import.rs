//! `POST /v1/watchlists/imports/{id}/approve`: another person puts all proposals of an import in force.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, ImportId};
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, NoBody, Person, Problem, Route};
use shouhu_store::params;

use crate::index::ActiveList;
use crate::jobs;
use crate::store;

/// Entries in force when the answer comes; longer imports follow by a job.
pub const AT_ONCE: i64 = 1_000;

pub const ROUTE: Route = Route::post(
    "/v1/watchlists/imports/{id}/approve",
    "Put an import in force, as another person than the one who imported it",
    || axum::routing::post(handle),
)
.permission("watchlists.approve")
.audit(Audit::Write)
.load(Load::Bulk)
.takes::<NoBody>()
.gives::<ApprovedImport>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovedImport {
    pub import: ImportId,
    /// Entries in force now.
    pub approved: i64,
    /// Entries that a job puts in force within moments.
    pub waiting: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum ApproveImportError {
    #[error("you imported this list: another person must approve it")]
    SamePerson,
    #[error("import is {state} and not proposed")]
    NotProposed { state: String },
}

pub const KEYS: &[&str] = &["watchlists.approve_import.same_person", "watchlists.approve_import.not_proposed"];

impl Keyed for ApproveImportError {
    fn key(&self) -> &'static str {
        match self {
            Self::SamePerson => "watchlists.approve_import.same_person",
            Self::NotProposed { .. } => "watchlists.approve_import.not_proposed",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<ImportId>) -> Result<Audited<ApprovedImport>, Problem> {
    let mut tx = app.store.begin().await?;
    let guard = "UPDATE watchlists_import SET state = 'approving', approved_by = $2, approved_by_name = $3 \
                 WHERE id = $1 AND state = 'proposed' AND proposed_by <> $2";
    if tx.execute(guard, params![id, person.id, &person.name]).await? == 0 {
        let row = tx.fetch_opt("SELECT state, proposed_by FROM watchlists_import WHERE id = $1", params![id]).await?;
        let row = row.ok_or_else(|| Problem::not_found("import"))?;
        let is_own = row.parsed::<ActorId>("proposed_by")? == person.id;
        return Err(match row.text("state")? {
            state if state == "proposed" && is_own => ApproveImportError::SamePerson,
            state => ApproveImportError::NotProposed { state },
        }
        .into());
    }
    let count = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM watchlists_entry WHERE import_id = $1 AND state = 'proposed' AND expires_at_us > $2";
    let all = tx.fetch_one(count, params![id, app.env.now()]).await?.int("n")?;
    let approved = store::activate_some(&mut tx, &app.store, id, person.id, &person.name, app.env.now(), AT_ONCE).await?;
    // The job also closes the import; it finds nothing left to do for a short one.
    jobs::enqueue_activation(&mut tx, id, person.id, &person.name).await?;
    tx.commit().await?;
    app.room::<ActiveList>().refresh(&app.store).await?;
    Ok(Audited::new(format!("import {id}"), ApprovedImport { import: id, approved, waiting: (all - approved).max(0) }))
}
