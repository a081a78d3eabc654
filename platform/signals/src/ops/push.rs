//! `POST /v1/signals/events` (RFC 8935): a transmitter pushes one security event token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shouhu_identity::{Peer, limited};
use shouhu_module::{Access, App, Audit, Bearer, Problem, RawBody, Route, bearer_in, is_media};
use shouhu_secevent::{MEDIA, SET_BYTES_MAX, SetRefused};

use crate::settings;
use crate::take::{self, PushError};

const TOKEN: Bearer = Bearer { name: "signal_stream", description: "The token of a stream, which stands in signals.toml beside the keys of its transmitter." };

pub const ROUTE: Route =
    Route::post("/v1/signals/events", "Takes a signal about an account from a system whose word counts here (RFC 8935)", || axum::routing::post(handle))
        .access(Access::Public("a signal proves itself by its stream's token and by a key that this server's owner has pinned"))
        .opened_by(TOKEN)
        .audit(Audit::None("each signal that is believed is a leaf of its own, written before it takes effect"))
        .body_bytes_max(SET_BYTES_MAX)
        .takes_media(MEDIA)
        .gives_media("application/json");

/// What RFC 8935 §2.3 wants, and our own key beside it.
#[derive(Debug, Serialize)]
struct Refusal {
    err: String,
    description: String,
    key: String,
}

fn refusal(problem: Problem) -> Response {
    let err = take::word_of(&problem).to_owned();
    let refusal = Refusal { err, description: problem.detail, key: problem.key };
    (StatusCode::BAD_REQUEST, [(header::CONTENT_LANGUAGE, "en")], Json(refusal)).into_response()
}

async fn taken(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    if !is_media(headers, MEDIA) {
        return Err(PushError::Media.into());
    }
    let settings = settings::of(app);
    let from = bearer_in(headers).and_then(|token| settings.by_token(token)).ok_or(PushError::Stranger)?;
    let token = std::str::from_utf8(body).map_err(|_| PushError::Refused(SetRefused::Form))?;
    take::take(app, from, token).await
}

async fn handle(State(app): State<App>, peer: Peer, headers: HeaderMap, RawBody(body): RawBody) -> Result<Response, Problem> {
    match limited(&app, peer, taken(&app, &headers, &body)).await {
        Ok(()) => Ok(StatusCode::ACCEPTED.into_response()),
        Err(problem) if problem.status == StatusCode::BAD_REQUEST.as_u16() => Ok(refusal(problem)),
        Err(problem) => Err(problem),
    }
}
