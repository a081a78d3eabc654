//! `POST /v1/signals/events` (RFC 8935): a transmitter pushes one security event token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shouhu_identity::{Peer, limited};
use shouhu_module::{Access, App, Audit, Bearer, Problem, RawBody, Route};
use shouhu_secevent::{MEDIA, SET_BYTES_MAX, SetRefused};

use crate::manage::bearer;
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

/// Parameters of a media type say nothing here.
fn is_token(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MEDIA)
}

async fn taken(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    if !is_token(headers) {
        return Err(PushError::Media.into());
    }
    let settings = settings::of(app);
    let from = bearer(headers).and_then(|token| settings.by_token(token)).ok_or(PushError::Stranger)?;
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

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_token_is_named_as_one_and_comes_with_a_bearer() {
        for (said, is_one) in [("application/secevent+jwt", true), ("Application/SecEvent+JWT; charset=utf-8", true), ("application/json", false), ("", false)] {
            assert_eq!(is_token(&headers(header::CONTENT_TYPE, said)), is_one, "{said}");
        }
        assert!(!is_token(&HeaderMap::new()));
        for (said, token) in [("Bearer abc", Some("abc")), ("bearer  abc ", Some("abc")), ("Basic abc", None), ("Bearer", None)] {
            assert_eq!(bearer(&headers(header::AUTHORIZATION, said)), token, "{said}");
        }
    }
}
