//! A receiver reads whether its stream goes on, and pauses, ends or goes on with it (OpenID SSF 1.0 §8.1.2).

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_identity::Peer;
use shouhu_module::{App, Body, Params, Problem, Route};

use super::stream::SignalStreamNamed;
use crate::manage::{checked_text, door, known, leaf, meant};
use crate::settings;
use crate::stream::{self, Stream, StreamStatus};
use crate::waiting::{self, DISABLED};

pub const PATH: &str = "/v1/signals/stream/status";

pub const READ: Route = door(Route::get(PATH, "Tells a receiver whether its stream goes on", || axum::routing::get(read)))
    .asks::<SignalStreamNamed>()
    .gives::<SignalStreamStatus>();

pub const SET: Route =
    door(Route::post(PATH, "Pauses a receiver's stream (what happens waits), disables it (what happens is not told), or goes on with it", || axum::routing::post(set)))
        .takes::<SignalStreamStatusWanted>()
        .gives::<SignalStreamStatus>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalStreamStatus {
    pub stream_id: String,
    pub status: StreamStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct SignalStreamStatusWanted {
    pub stream_id: String,
    pub status: StreamStatus,
    /// For the people who run this house.
    pub reason: Option<String>,
}

impl SignalStreamStatus {
    fn of(stream: Stream) -> Self {
        Self { stream_id: stream.id, status: stream.status, reason: stream.reason }
    }
}

async fn read(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Params(named): Params<SignalStreamNamed>,
) -> Result<Json<SignalStreamStatus>, Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    let stream = meant(stream::of(&app.store, receiver).await?, &named.stream_id)?;
    Ok(Json(SignalStreamStatus::of(stream)))
}

async fn set(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Body(wanted): Body<SignalStreamStatusWanted>,
) -> Result<Json<SignalStreamStatus>, Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    let stream = meant(stream::of(&app.store, receiver).await?, &wanted.stream_id)?;
    let reason = checked_text("reason", wanted.reason)?;
    if (stream.status, &stream.reason) == (wanted.status, &reason) {
        return Ok(Json(SignalStreamStatus::of(stream)));
    }
    // Without the reason: it is somebody else's text.
    leaf(&app, receiver, &format!("{} {}", stream.id, wanted.status.as_str())).await?;
    let now = app.env.now();
    let mut tx = app.store.begin().await?;
    let before = meant(stream::locked(&mut tx, receiver).await?, &wanted.stream_id)?;
    stream::set_status(&mut tx, receiver, wanted.status, reason.clone()).await?;
    match wanted.status {
        StreamStatus::Enabled if !receiver.is_polled() => _ = waiting::release(&mut tx, now, &receiver.name).await?,
        StreamStatus::Disabled => waiting::forget(&mut tx, now, &receiver.name, DISABLED).await?,
        StreamStatus::Enabled | StreamStatus::Paused => {}
    }
    tx.commit().await?;
    Ok(Json(SignalStreamStatus::of(Stream { status: wanted.status, reason, ..before })))
}
