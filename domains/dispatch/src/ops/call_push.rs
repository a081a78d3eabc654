//! A telephone exchange, an SMS gateway or an app puts a call through, and says when its caller hung up.
//!
//! **Invariant:** a source's name for a call is one call: told twice, nothing rings twice, and what the second telling knows more
//! is added. A call rings whatever else its message holds: what cannot be read is left out and named in the receipt. What a machine says never settles a
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

use crate::calls::{self, CallAct, CallRow, CallerNumber};
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
/// More than every seat and line of a room has: a source that rings on is broken, or attacked.
const RINGING_MAX: i64 = 300;

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
    /// What of this message was not kept as it came. The call rings all the same.
    pub remarks: Vec<CallRemark>,
}

/// What a source should mend; nobody at a console sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallRemark {
    /// No telephone number, such as `anonymous` or a SIP address: shown as withheld.
    CallerDropped,
    /// Over 40 characters.
    LineClipped,
    /// Over 2,000 characters.
    TextClipped,
    /// Not between 0 and 50,000 metres, or of no position.
    AccuracyDropped,
    /// No `https` address, or over 500 bytes.
    VideoDropped,
}

#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("this key is registered for no exchange: an operator names it first")]
    UnknownSource,
    #[error("ref has {length} characters: 1 to {REF_CHARS_MAX} name a call")]
    Ref { length: usize },
    #[error("{RINGING_MAX} calls of this source ring already: no more are taken until somebody answers")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for PushError {
    fn key(&self) -> &'static str {
        match self {
            Self::UnknownSource => "dispatch.calls.unknown_source",
            Self::Ref { .. } => "dispatch.calls.ref",
            Self::TooMany => "dispatch.calls.too_many",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSource => StatusCode::FORBIDDEN,
            Self::Ref { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(error) => error.status(),
        }
    }
}

/// What is kept of a message: whatever of it cannot be read is left out, for somebody may be in danger behind the rest.
struct Told<'a> {
    source_ref: &'a str,
    kind: CallKind,
    line: String,
    caller: Option<String>,
    words: String,
    position: Option<Wgs84>,
    accuracy_m: Option<f64>,
    video_url: Option<&'a str>,
    remarks: Vec<CallRemark>,
}

fn clipped(text: &str, max: usize) -> (String, bool) {
    let text = text.trim();
    let kept: String = text.chars().take(max).collect();
    let is_cut = kept.len() < text.len();
    (kept, is_cut)
}

fn is_video(url: &str) -> bool {
    url.len() <= URL_CHARS_MAX
        && url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
        && !url.chars().any(|sign| sign.is_whitespace() || sign.is_control())
}

/// Only a call without a name is refused: without one nobody could tell whether it rings already.
fn told(pushed: &PushCall) -> Result<Told<'_>, PushError> {
    let source_ref = pushed.source_ref.trim();
    let length = source_ref.chars().count();
    if !(1..=REF_CHARS_MAX).contains(&length) {
        return Err(PushError::Ref { length });
    }
    let (line, is_line_cut) = clipped(&pushed.line, LINE_CHARS_MAX);
    let (words, are_words_cut) = clipped(&pushed.text, WORDS_CHARS_MAX);
    let said = pushed.caller.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let caller = said.and_then(|text| CallerNumber::parse(text).ok());
    let accuracy_m = pushed.accuracy_m.filter(|m| pushed.position.is_some() && (0.0..=ACCURACY_MAX_M).contains(m));
    let video_url = pushed.video_url.as_deref().filter(|url| is_video(url));
    let remarks = [
        (said.is_some() && caller.is_none(), CallRemark::CallerDropped),
        (is_line_cut, CallRemark::LineClipped),
        (are_words_cut, CallRemark::TextClipped),
        (pushed.accuracy_m.is_some() && accuracy_m.is_none(), CallRemark::AccuracyDropped),
        (pushed.video_url.is_some() && video_url.is_none(), CallRemark::VideoDropped),
    ];
    let remarks = remarks.into_iter().filter_map(|(is_so, remark)| is_so.then_some(remark)).collect();
    let caller = caller.map(|number| number.as_str().to_owned());
    Ok(Told { source_ref, kind: pushed.kind, line, caller, words, position: pushed.position, accuracy_m, video_url, remarks })
}

/// Writes a new call; nothing when the source has told of it before.
async fn begin(tx: &mut Tx, store: &Store, source: DeviceId, told: &Told<'_>) -> Result<(), PushError> {
    let ringing = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM dispatch_call WHERE source = $1 AND state = 'ringing'";
    if tx.fetch_one(ringing, params![source]).await?.int("n")? >= RINGING_MAX {
        return Err(PushError::TooMany);
    }
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
                told.source_ref,
                tag_of(&told.kind),
                &told.line,
                told.caller.as_deref(),
                &told.words,
                told.position.map(|p| p.lon),
                told.position.map(|p| p.lat),
                told.accuracy_m,
                told.video_url,
                now
            ],
        )
        .await?;
    if inserted == 1 {
        tx.emit(&Event::CallChanged { call: id, state: CallState::Ringing }).await?;
    }
    Ok(())
}

/// What a source learns of an open call after it began to ring: the network's position, a short message, the number. What it
/// does not say again stays; a position comes with its own accuracy, or with none.
async fn add(tx: &mut Tx, call: &CallRow, told: &Told<'_>) -> Result<(), StoreError> {
    let or = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
    let filled = |new: &str, old: &str| if new.is_empty() { old.to_owned() } else { new.to_owned() };
    let (line, words) = (filled(&told.line, &call.line), filled(&told.words, &call.words));
    let caller = or(&told.caller, &call.caller);
    let video_url = or(&told.video_url.map(str::to_owned), &call.video_url);
    let (position, accuracy_m) =
        if told.position.is_some() { (told.position, told.accuracy_m) } else { (call.position, call.accuracy_m) };
    let next = CallRow { line, words, caller, video_url, position, accuracy_m, ..call.clone() };
    if next == *call {
        return Ok(());
    }
    let sql = "UPDATE dispatch_call SET line = $1, words = $2, caller = $3, video_url = $4, lon = $5, lat = $6, accuracy_m = $7 WHERE id = $8";
    let (lon, lat) = (next.position.map(|p| p.lon), next.position.map(|p| p.lat));
    tx.execute(sql, params![next.line, next.words, next.caller, next.video_url, lon, lat, next.accuracy_m, next.id]).await?;
    tx.emit(&Event::CallChanged { call: call.id, state: call.state }).await?;
    Ok(())
}

/// Takes what a source says of a call.
///
/// # Errors
/// When it names no call, or too many of the source ring.
pub async fn push(store: &Store, source: DeviceId, pushed: &PushCall) -> Result<CallReceipt, PushError> {
    let told = told(pushed)?;
    let known = "SELECT id FROM dispatch_call WHERE source = $1 AND source_ref = $2";
    let mut tx = store.begin().await?;
    let mut row = tx.fetch_opt(known, params![source, told.source_ref]).await?;
    if row.is_none() {
        begin(&mut tx, store, source, &told).await?;
        row = tx.fetch_opt(known, params![source, told.source_ref]).await?;
    }
    let id: CallId = row.ok_or(StoreError::NotOne { found: 0 })?.parsed("id")?;
    let mut call = calls::lock(&mut tx, id).await?.ok_or(StoreError::NotOne { found: 0 })?;
    if pushed.news == CallNews::Ringing && call.state != CallState::Settled {
        add(&mut tx, &call, &told).await?;
    }
    if pushed.news == CallNews::Ended && call.ended_at.is_none() {
        let state = calls::after(call.state, call.kind, CallAct::HangUp).unwrap_or(call.state);
        let sql = "UPDATE dispatch_call SET ended_at_us = $1, state = $2 WHERE id = $3";
        tx.execute(sql, params![store.env().now(), tag_of(&state), id]).await?;
        tx.emit(&Event::CallChanged { call: id, state }).await?;
        call.state = state;
    }
    tx.commit().await?;
    Ok(CallReceipt { call: id, number: call.number, state: call.state, remarks: told.remarks })
}

async fn handle(State(app): State<App>, device: DevicePeer, Body(pushed): Body<PushCall>) -> Result<Audited<CallReceipt>, Problem> {
    if !call_sources::is_live(&app.store, device.id).await? {
        return Err(PushError::UnknownSource.into());
    }
    let receipt = push(&app.store, device.id, &pushed).await?;
    // The number of the call, never that of the caller.
    Ok(Audited::new(format!("{} {}", receipt.number, tag_of(&receipt.state)), receipt))
}
