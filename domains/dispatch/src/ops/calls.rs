//! Dispatchers see what rings, take a call, and say what became of it.
//!
//! **Invariant:** of two dispatchers who take one call, one has it and the other is told who; it changes hands only when the
//! caller names whom it is taken from. The caller's number is shown to whoever handles the call, to others its last digits.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{ActorId, CallId, IncidentId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params, tag_of};
use shouhu_wire::{Asked, CallKind, CallState};

use crate::calls::{self, CallAct, CallRow, masked};

pub const LIST: Route = Route::get("/v1/calls", "List the calls that nobody has dealt with", || axum::routing::get(list))
    .permission("calls.take")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives::<WaitingCalls>();

pub const TAKE: Route = Route::post("/v1/calls/{id}/take", "Take a call, or take it over from somebody named", || axum::routing::post(take_one))
    .permission("calls.take")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<TakeCall>()
    .gives::<Call>();

pub const SETTLE: Route = Route::post("/v1/calls/{id}/settle", "Say what became of a call", || axum::routing::post(settle_one))
    .permission("calls.take")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<SettleCall>()
    .gives::<Call>();

/// More than a room with every seat taken has.
const WAITING_MAX: usize = 200;

/// `GET /v1/calls`: what the person has in hand first, then what rings, what was missed, and what others have; oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingCalls {
    pub items: Vec<Call>,
    /// There are more than these 200.
    pub is_cut: bool,
}

/// A call as one person may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    pub id: CallId,
    /// `T115-1122-0007`; for as long as it is not settled it may be the case of a purpose.
    pub number: String,
    pub kind: CallKind,
    pub line: String,
    /// Whole for whoever handles the call, masked but for its end for others; null when it was withheld.
    pub caller: Option<String>,
    pub is_mine: bool,
    pub text: String,
    pub position: Option<Wgs84>,
    pub accuracy_m: Option<f64>,
    /// Only for whoever handles the call.
    pub video_url: Option<String>,
    pub state: CallState,
    pub arrived_at_us: Micros,
    /// When the caller hung up.
    pub ended_at_us: Option<Micros>,
    pub taken_at_us: Option<Micros>,
    pub taken_by: Option<ActorId>,
    pub taken_by_name: Option<String>,
    pub settled_as: Option<SettledAs>,
    pub incident: Option<IncidentId>,
}

/// Why a call is off the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettledAs {
    /// It opened an incident, or was joined to one.
    Incident,
    /// Advice was enough.
    Advised,
    /// Handed to another agency.
    HandedOver,
    /// Called back: nothing was wrong.
    CalledBack,
    /// Called back as often as the room's rule says: nobody answered.
    NoAnswer,
    Misdial,
    Prank,
    Test,
}

/// `POST /v1/calls/{id}/take`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TakeCall {
    /// Who holds it, when it is taken over.
    #[serde(default)]
    pub from: Option<ActorId>,
}

/// `POST /v1/calls/{id}/settle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettleCall {
    #[serde(rename = "as")]
    pub settled_as: SettledAs,
    /// With `incident`, and with nothing else.
    #[serde(default)]
    pub incident: Option<IncidentId>,
}

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("there is no such call")]
    NotFound,
    #[error("{name} has it: name whom you take it from, or leave it")]
    Taken { name: String },
    #[error("the call is dealt with")]
    Settled,
    #[error("take the call first: whoever settles it has spoken with the caller, or tried")]
    NotTaken,
    #[error("{name} handles it: take it over first")]
    NotYours { name: String },
    #[error("an incident belongs to \"incident\" and to no other reason")]
    Incident,
    #[error("there is no incident {0}")]
    UnknownIncident(IncidentId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CallError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Taken { .. } => "dispatch.calls.taken",
            Self::Settled => "dispatch.calls.settled",
            Self::NotTaken => "dispatch.calls.not_taken",
            Self::NotYours { .. } => "dispatch.calls.not_yours",
            Self::Incident => "dispatch.calls.incident",
            Self::UnknownIncident(_) => "dispatch.calls.unknown_incident",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Incident | Self::UnknownIncident(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

/// What one person may see of a call.
#[must_use]
pub fn seen_by(call: CallRow, person: ActorId) -> Call {
    let is_mine = call.taken_by == Some(person);
    let settled_as = call.settled_as.and_then(|tag| serde_json::from_value(serde_json::Value::String(tag)).ok());
    Call {
        id: call.id,
        number: call.number,
        kind: call.kind,
        line: call.line,
        caller: call.caller.map(|number| if is_mine { number } else { masked(&number) }),
        is_mine,
        text: call.words,
        position: call.position,
        accuracy_m: call.accuracy_m,
        video_url: call.video_url.filter(|_| is_mine),
        state: call.state,
        arrived_at_us: call.arrived_at,
        ended_at_us: call.ended_at,
        taken_at_us: call.taken_at,
        taken_by: call.taken_by,
        taken_by_name: call.taken_by_name,
        settled_as,
        incident: call.incident,
    }
}

/// Takes it. Taking it again changes nothing.
///
/// # Errors
/// When somebody else has it who is not named, or it is settled.
pub async fn take(store: &Store, by: &Person, id: CallId, from: Option<ActorId>) -> Result<Call, CallError> {
    let mut tx = store.begin().await?;
    let call = calls::lock(&mut tx, id).await?.ok_or(CallError::NotFound)?;
    if calls::after(call.state, call.kind, CallAct::Take).is_none() {
        return Err(CallError::Settled);
    }
    if call.taken_by != Some(by.id) {
        if call.taken_by.is_some() && call.taken_by != from {
            return Err(CallError::Taken { name: call.taken_by_name.unwrap_or_default() });
        }
        let sql = "UPDATE dispatch_call SET state = 'taken', taken_at_us = $1, taken_by = $2, taken_by_name = $3 WHERE id = $4";
        tx.execute(sql, params![store.env().now(), by.id, &by.name, id]).await?;
        tx.emit(&Event::CallChanged { call: id, state: CallState::Taken }).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    Ok(seen_by(calls::one(store, id).await?.ok_or(CallError::NotFound)?, by.id))
}

/// Settles it, as whoever handles it. Settling it again in the same way changes nothing.
///
/// # Errors
/// When somebody else handles it, nobody has taken it, or it was settled otherwise.
pub async fn settle(store: &Store, by: &Person, id: CallId, body: &SettleCall) -> Result<Call, CallError> {
    if (body.settled_as == SettledAs::Incident) != body.incident.is_some() {
        return Err(CallError::Incident);
    }
    if let Some(incident) = body.incident
        && crate::store::incident(store, incident).await?.is_none()
    {
        return Err(CallError::UnknownIncident(incident));
    }
    let mut tx = store.begin().await?;
    let call = calls::lock(&mut tx, id).await?.ok_or(CallError::NotFound)?;
    if call.state == CallState::Settled {
        let is_same = call.settled_as.as_deref() == Some(tag_of(&body.settled_as).as_str()) && call.incident == body.incident;
        return if is_same { Ok(seen_by(call, by.id)) } else { Err(CallError::Settled) };
    }
    if calls::after(call.state, call.kind, CallAct::Settle).is_none() {
        return Err(CallError::NotTaken);
    }
    if call.taken_by != Some(by.id) {
        return Err(CallError::NotYours { name: call.taken_by_name.unwrap_or_default() });
    }
    let sql = "UPDATE dispatch_call SET state = 'settled', settled_at_us = $1, settled_by = $2, settled_as = $3, incident = $4 WHERE id = $5";
    tx.execute(sql, params![store.env().now(), by.id, tag_of(&body.settled_as), body.incident, id]).await?;
    tx.emit(&Event::CallChanged { call: id, state: CallState::Settled }).await?;
    if body.settled_as != SettledAs::Incident {
        tx.emit(&Event::not_done(Asked::Call, &id, &tag_of(&body.settled_as), by.id)).await?;
    }
    tx.commit().await?;
    Ok(seen_by(calls::one(store, id).await?.ok_or(CallError::NotFound)?, by.id))
}

/// The calls that nobody has dealt with, as one person may see them.
///
/// # Errors
/// When the database fails.
pub async fn waiting(store: &Store, person: ActorId) -> Result<WaitingCalls, StoreError> {
    let limit = i64::try_from(WAITING_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let found = calls::waiting(store, person, limit).await?;
    let is_cut = found.len() > WAITING_MAX;
    Ok(WaitingCalls { items: found.into_iter().take(WAITING_MAX).map(|call| seen_by(call, person)).collect(), is_cut })
}

async fn list(State(app): State<App>, person: Person) -> Result<Audited<WaitingCalls>, Problem> {
    let told = waiting(&app.store, person.id).await?;
    Ok(Audited::new(format!("{} calls that wait", told.items.len()), told))
}

async fn take_one(State(app): State<App>, person: Person, Id(id): Id<CallId>, Body(body): Body<TakeCall>) -> Result<Audited<Call>, Problem> {
    let call = take(&app.store, &person, id, body.from).await?;
    Ok(Audited::new(format!("{} taken", call.number), call))
}

async fn settle_one(
    State(app): State<App>,
    person: Person,
    Id(id): Id<CallId>,
    Body(body): Body<SettleCall>,
) -> Result<Audited<Call>, Problem> {
    let call = settle(&app.store, &person, id, &body).await?;
    Ok(Audited::new(format!("{} settled: {}", call.number, tag_of(&body.settled_as)), call))
}
