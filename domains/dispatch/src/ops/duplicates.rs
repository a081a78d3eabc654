//! Open incidents that a call, or another incident, may be about: shown while it is written down, and on its card.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, CallId, IncidentId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, Tx, params};
use shouhu_wire::{Incident, Reason};

use crate::duplicates::{self, Candidate, Said, folded};
use crate::model::{ADDRESS_MAX, Items};
use crate::store;

pub const OF_CALL: Route = Route::post(
    "/v1/incidents/duplicates",
    "Find open incidents that a call may be about, while it is written down",
    || axum::routing::post(of_call),
)
.permission("dispatch.watch")
.audit(Audit::WorkRead)
.load(Load::Life)
.takes::<AskDuplicates>()
.gives::<Items<Duplicate>>();

pub const OF_INCIDENT: Route = Route::get(
    "/v1/incidents/{id}/duplicates",
    "Find open incidents that an incident may be another report of",
    || axum::routing::get(of_incident),
)
.permission("dispatch.watch")
.audit(Audit::WorkRead)
.load(Load::Life)
.gives::<Items<Duplicate>>();

/// `POST /v1/incidents/duplicates`: as much of a call as is written down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskDuplicates {
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub position: Option<Wgs84>,
    /// Beyond 300 characters it is not compared.
    #[serde(default)]
    pub address: String,
    /// The call in hand: incidents of the same number are more likely. Counts only for whoever handles it.
    #[serde(default)]
    pub call: Option<CallId>,
}

/// An open incident that it may be about, with what speaks for it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Duplicate {
    pub incident: Incident,
    /// 0 to 1; how it is made stands in the guide.
    pub score: f64,
    /// `away` (metres), `ago` (seconds), `same_kind` …; the UI translates `duplicate.reason.<key>`.
    pub reasons: Vec<Reason>,
}

async fn shown(store: &Store, found: Vec<Candidate>) -> Result<Vec<Duplicate>, StoreError> {
    let mut items = Vec::new();
    for candidate in found {
        let Some(incident) = store::incident(store, candidate.incident).await? else { continue };
        items.push(Duplicate { incident, score: candidate.resemblance.score, reasons: candidate.resemblance.reasons });
    }
    Ok(items)
}

/// What was said of an incident, for comparison.
fn said(kind: Option<&str>, position: Option<Wgs84>, address: &str, at: Micros) -> Said {
    let address = folded(&address.chars().take(ADDRESS_MAX).collect::<String>());
    Said { kind: kind.map(ToOwned::to_owned), position, address, at }
}

/// What the number of a call that the person handles led to in the window, under the numbers that it belongs to.
async fn of_same_caller(tx: &mut Tx, call: CallId, by: ActorId, now: Micros) -> Result<Vec<IncidentId>, StoreError> {
    let sql = "SELECT DISTINCT COALESCE(i.merged_into, i.id) AS incident FROM dispatch_call c JOIN dispatch_incident i ON i.id = c.incident \
         WHERE c.arrived_at_us >= $3 AND c.caller = (SELECT caller FROM dispatch_call WHERE id = $1 AND taken_by = $2)";
    let since = now.plus(-duplicates::WINDOW_US);
    tx.fetch_shown(sql, params![call, by, since]).await?.iter().map(|row| row.parsed("incident")).collect()
}

/// Open incidents that a call may be about.
///
/// # Errors
/// When the database fails.
pub async fn for_call(store: &Store, asked: &AskDuplicates, by: ActorId) -> Result<Vec<Duplicate>, StoreError> {
    let new = said(asked.kind.as_deref(), asked.position, &asked.address, store.env().now());
    let mut tx = store.begin().await?;
    let callers = match asked.call {
        Some(call) => of_same_caller(&mut tx, call, by, new.at).await?,
        None => Vec::new(),
    };
    let found = duplicates::candidates(&mut tx, &new, None, &callers).await?;
    drop(tx);
    shown(store, found).await
}

/// Open incidents that an incident may be another report of; none for one that is over.
///
/// # Errors
/// When the database fails.
pub async fn for_incident(store: &Store, incident: &Incident) -> Result<Vec<Duplicate>, StoreError> {
    if incident.closed_at_us.is_some() || incident.merged_into.is_some() {
        return Ok(Vec::new());
    }
    let new = said(Some(&incident.kind), incident.position, &incident.address, incident.opened_at_us);
    let mut tx = store.begin().await?;
    let found = duplicates::candidates(&mut tx, &new, Some(incident.id), &[]).await?;
    drop(tx);
    shown(store, found).await
}

/// Open incidents that a new one resembles, for its log.
///
/// # Errors
/// When the database fails.
pub async fn on_opening(
    tx: &mut Tx,
    id: IncidentId,
    body: &shouhu_wire::OpenIncident,
    now: Micros,
) -> Result<Vec<Candidate>, StoreError> {
    // A crew's call for help waits for nothing and is never merged away.
    if body.kind == "sos" {
        return Ok(Vec::new());
    }
    duplicates::candidates(tx, &said(Some(&body.kind), body.position, &body.address, now), Some(id), &[]).await
}

async fn of_call(State(app): State<App>, person: Person, Body(asked): Body<AskDuplicates>) -> Result<Audited<Items<Duplicate>>, Problem> {
    let items = for_call(&app.store, &asked, person.id).await?;
    Ok(Audited::new(format!("{} open incidents that resemble a call", items.len()), Items { items }))
}

async fn of_incident(State(app): State<App>, Id(id): Id<IncidentId>) -> Result<Audited<Items<Duplicate>>, Problem> {
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let items = for_incident(&app.store, &incident).await?;
    Ok(Audited::new(format!("{} and {} that resemble it", incident.number, items.len()), Items { items }))
}
