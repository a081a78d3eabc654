//! `POST /v1/signals/events` (RFC 8935): a transmitter pushes one security event token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shouhu_identity::{Peer, limited};
use shouhu_ids::Micros;
use shouhu_module::ports::{Direction, Partner, Sharing, SharingPort};
use shouhu_module::{Access, App, Audit, Bearer, Keyed, Problem, RawBody, Route};
use shouhu_secevent::{Err8935, Expected, MEDIA, SET_BYTES_MAX, Set, SetRefused, verify};

use crate::settings::{self, Transmitter};
use crate::{heed, store};

const TOKEN: Bearer = Bearer { name: "signal_stream", description: "The token of a stream, which stands in signals.toml beside the keys of its transmitter." };

pub const ROUTE: Route =
    Route::post("/v1/signals/events", "Takes a signal about an account from a system whose word counts here (RFC 8935)", || axum::routing::post(handle))
        .access(Access::Public("a signal proves itself by its stream's token and by a key that this server's owner has pinned"))
        .opened_by(TOKEN)
        .audit(Audit::None("each signal that is believed is a leaf of its own, written before it takes effect"))
        .body_bytes_max(SET_BYTES_MAX)
        .takes_media(MEDIA)
        .gives_media("application/json");

#[derive(Debug, thiserror::Error)]
enum PushError {
    #[error("send it as {MEDIA}")]
    Media,
    #[error("no stream has this bearer token")]
    Stranger,
    #[error("this stream was switched off here")]
    SwitchedOff,
    #[error(transparent)]
    Refused(#[from] SetRefused),
}

impl Keyed for PushError {
    fn key(&self) -> &'static str {
        match self {
            Self::Media => "signals.push.invalid_request",
            Self::Stranger => "signals.push.authentication_failed",
            Self::SwitchedOff => "signals.push.access_denied",
            Self::Refused(refused) => match refused.err() {
                Err8935::InvalidRequest => "signals.push.invalid_request",
                Err8935::InvalidKey => "signals.push.invalid_key",
                Err8935::InvalidIssuer => "signals.push.invalid_issuer",
                Err8935::InvalidAudience => "signals.push.invalid_audience",
            },
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

/// What RFC 8935 §2.3 wants, and our own key beside it.
#[derive(Debug, Serialize)]
struct Refusal {
    err: String,
    description: String,
    key: String,
}

fn refusal(problem: Problem) -> Response {
    let err = problem.key.rsplit('.').next().unwrap_or_default().to_owned();
    let refusal = Refusal { err, description: problem.detail, key: problem.key };
    (StatusCode::BAD_REQUEST, [(header::CONTENT_LANGUAGE, "en")], Json(refusal)).into_response()
}

/// Parameters of a media type say nothing here.
fn is_token(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(MEDIA)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A stream that a person has switched off tells us nothing; the date on a paper stops no revocation.
async fn pass(app: &App, from: &Transmitter, set: &Set) -> Result<(), Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(()) };
    let kind = set.happened.event.name().to_owned();
    match port.0.pass(Sharing { partner: Partner::signals(&from.name), direction: Direction::In, kind, is_life: true }).await {
        Err(problem) if problem.status < 500 => Err(PushError::SwitchedOff.into()),
        passed => passed,
    }
}

async fn take(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    if !is_token(headers) {
        return Err(PushError::Media.into());
    }
    let settings = settings::of(app);
    let from = bearer(headers).and_then(|token| settings.by_token(token)).ok_or(PushError::Stranger)?;
    let token = std::str::from_utf8(body).map_err(|_| PushError::Refused(SetRefused::Form))?;
    let expected = Expected {
        iss: &from.iss,
        aud: from.aud.as_deref().unwrap_or(&app.public_url),
        keys: &from.keys,
        now_s: app.env.now().0.div_euclid(Micros::SECOND),
    };
    let set = verify(token.trim_end(), &expected).map_err(PushError::from)?;
    if store::is_heard(&app.store, &from.name, &set.jti).await? {
        return Ok(());
    }
    pass(app, from, &set).await?;
    heed::carry_out(app, from, &set).await
}

async fn handle(State(app): State<App>, peer: Peer, headers: HeaderMap, RawBody(body): RawBody) -> Result<Response, Problem> {
    match limited(&app, peer, take(&app, &headers, &body)).await {
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

    #[test]
    fn the_word_of_the_standard_is_the_end_of_our_key() {
        let all = [PushError::Media, PushError::Stranger, PushError::SwitchedOff, SetRefused::Signature.into(), SetRefused::Issuer.into(), SetRefused::Audience.into()];
        let words = all.map(|error| error.key().rsplit('.').next().unwrap_or_default());
        assert_eq!(words, ["invalid_request", "authentication_failed", "access_denied", "invalid_key", "invalid_issuer", "invalid_audience"]);
        assert_eq!(Err8935::InvalidKey.as_str(), "invalid_key");
    }
}
