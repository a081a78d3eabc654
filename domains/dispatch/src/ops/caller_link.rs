//! A dispatcher who has a call makes a link for whoever calls, lets it last longer, or takes it back.
//!
//! The link is told once, to whoever made it: what the house keeps opens nothing. Nothing here sends it. A dispatcher does, from the
//! station's own phone, and says on the line that it comes.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_identity::fresh_token;
use shouhu_ids::CallId;
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, NoBody, Person, Problem, Route};
use shouhu_store::{Store, StoreError, Tx, params};
use shouhu_wire::CallState;

use super::caller_watch::{CallerView, view};
use crate::caller::book;
use crate::caller::{LINK_LIFE_MAX_US, LINK_LIFE_US, LINKS_MAX, LinkRow};
use crate::calls::{self, CallRow};

/// Security: the answer carries a token, which is kept nowhere.
pub const MAKE: Route =
    Route::post("/v1/calls/{id}/caller/link", "Make a link with which the caller shows where they are and writes; an earlier one ends", || {
        axum::routing::post(make_one)
    })
    .permission("calls.take")
    .audit(Audit::Security)
    .load(Load::Life)
    .takes::<NoBody>()
    .gives::<MadeLink>();

pub const EXTEND: Route =
    Route::post("/v1/calls/{id}/caller/extend", "Let the caller's link last for another half an hour from now", || axum::routing::post(extend_one))
        .permission("calls.take")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<NoBody>()
        .gives::<CallerView>();

pub const REVOKE: Route = Route::post("/v1/calls/{id}/caller/revoke", "Take the caller's link back", || axum::routing::post(revoke_one))
    .permission("calls.take")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<NoBody>()
    .gives::<CallerView>();

/// The answer of `POST /v1/calls/{id}/caller/link`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MadeLink {
    /// Told this once. What opens it stands behind `#`, which browsers send to nobody.
    pub url: String,
    pub caller: CallerView,
}

#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    #[error("there is no such call")]
    NotFound,
    #[error("take the call first")]
    NotTaken,
    #[error("{name} handles it: take it over first")]
    NotYours { name: String },
    #[error("the call, or the incident that it became, is dealt with")]
    Over,
    #[error("the caller has no link that opens anything: make one")]
    NoLink,
    #[error("{LINKS_MAX} links of one call are the most")]
    TooManyLinks,
    #[error("a link lasts for four hours at most: make another one")]
    Longest,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for CallerError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::NotTaken => "dispatch.calls.not_taken",
            Self::NotYours { .. } => "dispatch.calls.not_yours",
            Self::Over => "dispatch.caller.over",
            Self::NoLink => "dispatch.caller.no_link",
            Self::TooManyLinks => "dispatch.caller.too_many_links",
            Self::Longest => "dispatch.caller.longest",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Store(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

/// A call is its dispatcher's while it is in hand; once it is an incident's, it is everybody's who works on that.
///
/// # Errors
/// When it is another's, or nobody's.
pub fn may_see(call: &CallRow, by: &Person) -> Result<(), CallerError> {
    match call.state {
        CallState::Ringing | CallState::Abandoned => Err(CallerError::NotTaken),
        CallState::Taken if call.taken_by != Some(by.id) => Err(CallerError::NotYours { name: call.taken_by_name.clone().unwrap_or_default() }),
        CallState::Taken => Ok(()),
        CallState::Settled if call.incident.is_none() => Err(CallerError::Over),
        CallState::Settled => Ok(()),
    }
}

/// The call, which nobody else changes until this transaction is done, and which the person may act on.
///
/// # Errors
/// As `may_see`, and when it is over.
pub async fn held(tx: &mut Tx, by: &Person, id: CallId) -> Result<CallRow, CallerError> {
    let call = calls::lock(tx, id).await?.ok_or(CallerError::NotFound)?;
    may_see(&call, by)?;
    if let Some(incident) = call.incident
        && book::is_closed(tx, incident).await?
    {
        return Err(CallerError::Over);
    }
    Ok(call)
}

/// The call's link that opens something, under the lock of the call.
///
/// # Errors
/// When there is none.
pub async fn live_link(tx: &mut Tx, store: &Store, call: &CallRow) -> Result<LinkRow, CallerError> {
    let link = book::newest_held(tx, call.id).await?;
    link.filter(|link| link.state(store.env().now()).is_live()).ok_or(CallerError::NoLink)
}

/// Makes a link; its token.
///
/// # Errors
/// When the call is not the person's, or has had too many.
pub async fn make(store: &Store, by: &Person, id: CallId) -> Result<String, CallerError> {
    let mut tx = store.begin().await?;
    let call = held(&mut tx, by, id).await?;
    let last = book::newest_held(&mut tx, call.id).await?.map_or(0, |link| link.turn);
    if last >= LINKS_MAX {
        return Err(CallerError::TooManyLinks);
    }
    let now = store.env().now();
    let (token, hash) = fresh_token(store.env());
    let sql = "INSERT INTO dispatch_caller_link (call, turn, token_hash, made_at_us, made_by, expires_at_us) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, params![call.id, last + 1, hash, now, by.id, now.plus(LINK_LIFE_US)]).await?;
    tx.emit(&Event::CallerChanged { call: call.id, is_place_only: false }).await?;
    tx.commit().await?;
    Ok(token)
}

/// # Errors
/// When there is nothing to extend, or it has lasted its longest.
pub async fn extend(store: &Store, by: &Person, id: CallId) -> Result<(), CallerError> {
    let mut tx = store.begin().await?;
    let call = held(&mut tx, by, id).await?;
    let link = live_link(&mut tx, store, &call).await?;
    let until = store.env().now().plus(LINK_LIFE_US).min(link.made_at.plus(LINK_LIFE_MAX_US));
    if until <= link.expires_at {
        return Err(CallerError::Longest);
    }
    let sql = "UPDATE dispatch_caller_link SET expires_at_us = $1 WHERE call = $2 AND turn = $3 AND expires_at_us = $4";
    tx.execute(sql, params![until, link.call, link.turn, link.expires_at]).await?;
    tx.emit(&Event::CallerChanged { call: call.id, is_place_only: false }).await?;
    tx.commit().await?;
    Ok(())
}

/// Taking back what opens nothing any more changes nothing.
///
/// # Errors
/// When the call is not the person's.
pub async fn revoke(store: &Store, by: &Person, id: CallId) -> Result<(), CallerError> {
    let mut tx = store.begin().await?;
    let call = held(&mut tx, by, id).await?;
    let sql = "UPDATE dispatch_caller_link SET revoked_at_us = $1, revoked_by = $2, sharing_since_us = NULL WHERE call = $3 AND revoked_at_us IS NULL";
    if tx.execute(sql, params![store.env().now(), by.id, call.id]).await? > 0 {
        tx.emit(&Event::CallerChanged { call: call.id, is_place_only: false }).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn make_one(State(app): State<App>, person: Person, Id(id): Id<CallId>) -> Result<Audited<MadeLink>, Problem> {
    let token = make(&app.store, &person, id).await?;
    let caller = view(&app, &person, id).await?;
    Ok(Audited::new(format!("{} link for the caller", caller.number), MadeLink { url: format!("{}/c/#{token}", app.public_url), caller }))
}

async fn extend_one(State(app): State<App>, person: Person, Id(id): Id<CallId>) -> Result<Audited<CallerView>, Problem> {
    extend(&app.store, &person, id).await?;
    let caller = view(&app, &person, id).await?;
    Ok(Audited::new(format!("{} caller's link extended", caller.number), caller))
}

async fn revoke_one(State(app): State<App>, person: Person, Id(id): Id<CallId>) -> Result<Audited<CallerView>, Problem> {
    revoke(&app.store, &person, id).await?;
    let caller = view(&app, &person, id).await?;
    Ok(Audited::new(format!("{} caller's link taken back", caller.number), caller))
}
