//! A receiver asks for a trial of its stream: an event about nothing, with the state that it names (OpenID SSF 1.0 §8.1.4).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_identity::Peer;
use shouhu_module::{App, Body, Problem, Route};

use crate::manage::{StreamError, checked_text, door, known, meant};
use crate::stream::{self, StreamStatus, VERIFY_EVERY_S};
use crate::{settings, tell};

pub const PATH: &str = "/v1/signals/stream/verify";

pub const ROUTE: Route = door(Route::post(PATH, "Sends a receiver an event about nothing, so that it finds out whether its stream works", || axum::routing::post(handle)))
    .takes::<SignalVerificationWanted>();

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct SignalVerificationWanted {
    pub stream_id: String,
    /// Comes back in the event.
    pub state: Option<String>,
}

fn too_often() -> Problem {
    Problem::of(&StreamError::TooOften).retry_after_s(u32::try_from(VERIFY_EVERY_S).unwrap_or(u32::MAX))
}

async fn handle(State(app): State<App>, peer: Peer, headers: HeaderMap, Body(wanted): Body<SignalVerificationWanted>) -> Result<StatusCode, Problem> {
    let settings = settings::of(&app);
    let receiver = known(&app, peer, &settings, &headers).await?;
    let state = checked_text("state", wanted.state)?;
    meant(stream::of(&app.store, receiver).await?, &wanted.stream_id)?;
    let mut tx = app.store.begin().await?;
    let stream = meant(stream::locked(&mut tx, receiver).await?, &wanted.stream_id)?;
    if stream.status != StreamStatus::Enabled {
        return Err(StreamError::NotEnabled.into());
    }
    if !stream::may_verify(&mut tx, app.env.now(), receiver).await? {
        return Err(too_often());
    }
    tell::verification(&mut tx, &app, receiver, &stream, state).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
