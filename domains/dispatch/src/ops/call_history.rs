//! What the same number called about before, for whoever handles its call now.
//!
//! Looking up a person's earlier calls is a search about a person: it demands a purpose, whose case may be the call itself, and
//! its leaf is durable before anything is answered. Nobody asks by number: only a call that is in hand opens this.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{CallId, IncidentId, Micros};
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Row, Store, StoreError, Value, params};
use shouhu_wire::{CallKind, CallState, IncidentState};

use super::calls::SettledAs;
use crate::calls;
use crate::jobs::INCIDENT_CALL_DAYS;

pub const ROUTE: Route =
    Route::get("/v1/calls/{id}/history", "Show what the same number called about before, to whoever handles its call", || {
        axum::routing::get(handle)
    })
    .permission("calls.take")
    .audit(Audit::PersonalRead)
    .load(Load::Life)
    .gives::<CallerHistory>();

/// What can be read while somebody is on the line.
const ITEMS_MAX: i64 = 20;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CallerHistory {
    /// Earlier calls of the number that are still kept.
    pub calls: u64,
    /// The newest of them, at most 20.
    pub items: Vec<EarlierCall>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EarlierCall {
    pub arrived_at_us: Micros,
    pub kind: CallKind,
    /// Null while somebody handles it, or nobody has.
    pub settled_as: Option<SettledAs>,
    /// What it led to; where that was merged, the incident that it belongs to.
    pub incident: Option<EarlierIncident>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EarlierIncident {
    pub id: IncidentId,
    pub number: String,
    /// Key of the 110 type list.
    pub kind: String,
    pub state: IncidentState,
    pub summary: String,
    pub address: String,
}

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("there is no such call")]
    NotFound,
    #[error("only whoever handles the call sees what its number called about before")]
    NotYours,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for HistoryError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::NotYours => "dispatch.history.not_yours",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotYours => StatusCode::FORBIDDEN,
            Self::Store(error) => error.status(),
        }
    }
}

fn earlier(row: &Row) -> Result<EarlierCall, StoreError> {
    let incident = match row.opt_parsed("incident")? {
        None => None,
        Some(id) => Some(EarlierIncident {
            id,
            number: row.text("number")?,
            kind: row.text("incident_kind")?,
            state: row.tag("state")?,
            summary: row.text("summary")?,
            address: row.text("address")?,
        }),
    };
    Ok(EarlierCall { arrived_at_us: row.micros("arrived_at_us")?, kind: row.tag("kind")?, settled_as: row.opt_tag("settled_as")?, incident })
}

/// Earlier calls of the number of a call that the person handles; none when it was withheld.
///
/// # Errors
/// When the person does not handle it.
pub async fn history(store: &Store, by: &Person, id: CallId) -> Result<(String, CallerHistory), HistoryError> {
    let call = calls::one(store, id).await?.ok_or(HistoryError::NotFound)?;
    if call.state != CallState::Taken || call.taken_by != Some(by.id) {
        return Err(HistoryError::NotYours);
    }
    let since = store.env().now().plus(-INCIDENT_CALL_DAYS * Micros::DAY);
    let asked: Vec<Value> = params![call.caller, id, since];
    let count = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM dispatch_call WHERE caller = $1 AND id <> $2 AND arrived_at_us >= $3";
    let calls = store.fetch_one(count, asked.clone()).await?.int("n")?;
    let sql = format!(
        "SELECT c.arrived_at_us, c.kind, c.settled_as, COALESCE(t.id, i.id) AS incident, COALESCE(t.number, i.number) AS number, \
         COALESCE(t.kind, i.kind) AS incident_kind, COALESCE(t.state, i.state) AS state, COALESCE(t.summary, i.summary) AS summary, \
         COALESCE(t.address, i.address) AS address FROM dispatch_call c LEFT JOIN dispatch_incident i ON i.id = c.incident \
         LEFT JOIN dispatch_incident t ON t.id = i.merged_into WHERE c.caller = $1 AND c.id <> $2 AND c.arrived_at_us >= $3 \
         ORDER BY c.arrived_at_us DESC, c.id DESC LIMIT {ITEMS_MAX}"
    );
    let items = store.fetch(&sql, asked).await?.iter().map(earlier).collect::<Result<_, _>>()?;
    Ok((call.number, CallerHistory { calls: u64::try_from(calls).unwrap_or(0), items }))
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<CallId>) -> Result<Audited<CallerHistory>, Problem> {
    let (number, history) = history(&app.store, &person, id).await?;
    Ok(Audited::new(format!("{} earlier calls of the caller of {number}", history.items.len()), history))
}
