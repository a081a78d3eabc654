//! A telephone exchange, an SMS gateway or an app puts a call through, and says when its caller hung up.
//!
//! **Invariant:** a source's name for a call is one call: told twice, nothing rings twice. What a machine says never settles a
//! call; a person does.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_ids::{CallId, DeviceId};
use shouhu_module::{Access, App, Audit, Audited, Body, DevicePeer, Keyed, Load, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{CallKind, CallState};

use crate::calls::{self, CallAct, CallerNumber, NumberError};
use crate::{number, ops::call_sources};

pub const ROUTE: Route =
    Route::post("/v1/calls", "Put a call through to the dispatchers, or say that its caller hung up", || axum::routing::post(handle))
        .access(Access::Partner)
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<PushCall>()
        .gives::<CallReceipt>();

const REF_CHARS_MAX: usize = 100;
const LINE_CHARS_MAX: usize = 40;
const WORDS_CHARS_MAX: usize = 2_000;
const URL_CHARS_MAX: usize = 500;
/// Beyond this a position says nothing about where to drive.
const ACCURACY_MAX_M: f64 = 50_000.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallNews {
    Ringing,
    /// The caller hung up, or the message was withdrawn.
    Ended,
}

/// `POST /v1/calls`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushCall {
    /// The source's own name for this call, 1 to 100 characters.
    #[serde(rename = "ref")]
    pub source_ref: String,
    pub news: CallNews,
    pub kind: CallKind,
    /// Which line or channel, such as `110-3`.
    #[serde(default)]
    pub line: String,
    /// Absent when it is withheld.
    #[serde(default)]
    pub caller: Option<String>,
    /// What was written; for a voice call what the exchange knows.
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub position: Option<Wgs84>,
    #[serde(default)]
    pub accuracy_m: Option<f64>,
    /// `https` address of a picture; a person opens it, the server never does.
    #[serde(default)]
    pub video_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallReceipt {
    pub call: CallId,
    pub number: String,
    pub state: CallState,
}

#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("this key is registered for no exchange: an operator names it first")]
    UnknownSource,
    #[error("ref has {length} characters: 1 to {REF_CHARS_MAX} name a call")]
    Ref { length: usize },
    #[error("{field} has {length} characters, {max} are the most")]
    TooLong { field: &'static str, length: usize, max: usize },
    #[error(transparent)]
    Number(#[from] NumberError),
    #[error("video_url is no https address")]
    Video,
    #[error("accuracy_m is not between 0 and {ACCURACY_MAX_M}")]
    Accuracy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for PushError {
    fn key(&self) -> &'static str {
        match self {
            Self::UnknownSource => "dispatch.calls.unknown_source",
            Self::Ref { .. } => "dispatch.calls.ref",
            Self::TooLong { .. } => "dispatch.calls.too_long",
            Self::Number(_) => "dispatch.calls.caller",
            Self::Video => "dispatch.calls.video",
            Self::Accuracy => "dispatch.calls.accuracy",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSource => StatusCode::FORBIDDEN,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// The caller's number, when everything is as it must be.
fn checked(pushed: &PushCall) -> Result<Option<CallerNumber>, PushError> {
    let length = pushed.source_ref.trim().chars().count();
    if !(1..=REF_CHARS_MAX).contains(&length) {
        return Err(PushError::Ref { length });
    }
    for (field, text, max) in [("line", &pushed.line, LINE_CHARS_MAX), ("text", &pushed.text, WORDS_CHARS_MAX)] {
        let length = text.chars().count();
        if length > max {
            return Err(PushError::TooLong { field, length, max });
        }
    }
    let is_video = |url: &String| {
        url.len() <= URL_CHARS_MAX
            && url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
            && !url.chars().any(|sign| sign.is_whitespace() || sign.is_control())
    };
    if pushed.video_url.as_ref().is_some_and(|url| !is_video(url)) {
        return Err(PushError::Video);
    }
    if pushed.accuracy_m.is_some_and(|m| !(0.0..=ACCURACY_MAX_M).contains(&m)) {
        return Err(PushError::Accuracy);
    }
    let said = pushed.caller.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Ok(said.map(CallerNumber::parse).transpose()?)
}

/// Writes a new call; nothing when the source has told of it before.
async fn begin(tx: &mut Tx, store: &Store, source: DeviceId, pushed: &PushCall, caller: Option<&CallerNumber>) -> Result<(), StoreError> {
    let now = store.env().now();
    let id = store.env().id(CallId::new);
    let day = format!("T{}", number::day_of(now));
    let running = tx
        .fetch_one(
            "INSERT INTO dispatch_number (day, last) VALUES ($1, 1) \
             ON CONFLICT (day) DO UPDATE SET last = dispatch_number.last + 1 RETURNING last",
            params![&day],
        )
        .await?
        .int("last")?;
    let inserted = tx
        .execute(
            "INSERT INTO dispatch_call (id, number, source, source_ref, kind, line, caller, words, lon, lat, accuracy_m, video_url, state, \
             arrived_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'ringing', $13) ON CONFLICT (source, source_ref) DO NOTHING",
            params![
                id,
                number::number(&day, running),
                source,
                pushed.source_ref.trim(),
                tag_of(&pushed.kind),
                pushed.line.trim(),
                caller.map(CallerNumber::as_str),
                pushed.text.trim(),
                pushed.position.map(|p| p.lon),
                pushed.position.map(|p| p.lat),
                pushed.accuracy_m,
                pushed.video_url.as_deref(),
                now
            ],
        )
        .await?;
    if inserted == 1 {
        tx.emit(&Event::CallChanged { call: id, state: CallState::Ringing }).await?;
    }
    Ok(())
}

/// Takes what a source says of a call.
///
/// # Errors
/// When something of it is not as it must be.
pub async fn push(store: &Store, source: DeviceId, pushed: &PushCall) -> Result<CallReceipt, PushError> {
    let caller = checked(pushed)?;
    let known = "SELECT id FROM dispatch_call WHERE source = $1 AND source_ref = $2";
    let mut tx = store.begin().await?;
    let mut row = tx.fetch_opt(known, params![source, pushed.source_ref.trim()]).await?;
    if row.is_none() {
        begin(&mut tx, store, source, pushed, caller.as_ref()).await?;
        row = tx.fetch_opt(known, params![source, pushed.source_ref.trim()]).await?;
    }
    let id: CallId = row.ok_or(StoreError::NotOne { found: 0 })?.parsed("id")?;
    let mut call = calls::lock(&mut tx, id).await?.ok_or(StoreError::NotOne { found: 0 })?;
    if pushed.news == CallNews::Ended && call.ended_at.is_none() {
        let state = calls::after(call.state, call.kind, CallAct::HangUp).unwrap_or(call.state);
        let sql = "UPDATE dispatch_call SET ended_at_us = $1, state = $2 WHERE id = $3";
        tx.execute(sql, params![store.env().now(), tag_of(&state), id]).await?;
        tx.emit(&Event::CallChanged { call: id, state }).await?;
        call.state = state;
    }
    tx.commit().await?;
    Ok(CallReceipt { call: id, number: call.number, state: call.state })
}

async fn handle(State(app): State<App>, device: DevicePeer, Body(pushed): Body<PushCall>) -> Result<Audited<CallReceipt>, Problem> {
    if !call_sources::is_live(&app.store, device.id).await? {
        return Err(PushError::UnknownSource.into());
    }
    let receipt = push(&app.store, device.id, &pushed).await?;
    // The number of the call, never that of the caller.
    Ok(Audited::new(format!("{} {}", receipt.number, tag_of(&receipt.state)), receipt))
}
