//! What the doors for receivers have in common: who asks, what is refused, and the leaf of a change.

use axum::http::{HeaderMap, StatusCode};
use shouhu_audit::Entry;
use shouhu_identity::{Peer, limited};
use shouhu_module::{Access, App, Audit, Bearer, Keyed, Problem, Route, bearer_in};
use shouhu_secevent::PollRefused;

use crate::room::{CHANGES_MAX, Room};
use crate::settings::{Receiver, SignalSettings};
use crate::stream::{Stream, VERIFY_EVERY_S};

const TOKEN: Bearer = Bearer { name: "signal_receiver", description: "The token of a receiver, whose hash stands in signals.toml beside what it may ever be told." };
/// The action of the leaf.
const ACTION: &str = "signal stream";
/// A reason or a description is a sentence.
const TEXT_CHARS_MAX: usize = 200;
/// When it is worth trying again after too many changes: at the end of the hour at the latest.
const RESTLESS_S: u32 = 3_600;

/// Closed to everybody but a receiver that the file names.
pub const fn door(route: Route) -> Route {
    route
        .access(Access::Public("a receiver is no person: it proves itself by its token, and is given no more than this server's owner has agreed to"))
        .opened_by(TOKEN)
        .audit(Audit::None("each change is a leaf of its own, written before it takes effect, and each event that leaves stands in the ledger of sharing before"))
}

#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("no receiver has this bearer token")]
    Stranger,
    #[error("there is no such stream: it was never set up, or was deleted")]
    Missing,
    #[error("there is a stream already; there is one for each receiver")]
    Exists,
    #[error("this receiver's events are pushed to it: nothing is fetched here")]
    Pushed,
    #[error("{0} is not as it was agreed with this server's owner")]
    Other(&'static str),
    #[error("{field} is too long, or has characters that it may not have")]
    Text { field: &'static str },
    #[error("the stream is paused or disabled: enable it first")]
    NotEnabled,
    #[error("a trial was asked for less than {VERIFY_EVERY_S} s ago")]
    TooOften,
    #[error("the stream was changed {CHANGES_MAX} times within an hour")]
    Restless,
    #[error(transparent)]
    Poll(#[from] PollRefused),
}

impl Keyed for StreamError {
    fn key(&self) -> &'static str {
        match self {
            Self::Stranger => "signals.stream.authentication_failed",
            Self::Missing => "signals.stream.missing",
            Self::Exists => "signals.stream.exists",
            Self::Pushed => "signals.stream.pushed",
            Self::Other(_) => "signals.stream.not_agreed",
            Self::Text { .. } => "signals.stream.unreadable",
            Self::NotEnabled => "signals.stream.not_enabled",
            Self::TooOften => "signals.stream.too_often",
            Self::Restless => "signals.stream.restless",
            Self::Poll(_) => "signals.poll.unreadable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Stranger => StatusCode::UNAUTHORIZED,
            Self::Missing | Self::Pushed => StatusCode::NOT_FOUND,
            Self::Exists | Self::NotEnabled => StatusCode::CONFLICT,
            Self::Other(_) | Self::Text { .. } | Self::Poll(_) => StatusCode::BAD_REQUEST,
            Self::TooOften | Self::Restless => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// The receiver that asks. A stranger's failures count against his address; what a receiver is refused counts against nobody.
pub async fn known<'a>(app: &App, peer: Peer, settings: &'a SignalSettings, headers: &HeaderMap) -> Result<&'a Receiver, Problem> {
    let found = bearer_in(headers).and_then(|token| settings.by_receiver_token(token));
    limited(app, peer, async { found.ok_or_else(|| Problem::of(&StreamError::Stranger)) }).await
}

/// The stream, where it is the one that is meant.
pub fn meant(stream: Option<Stream>, id: &str) -> Result<Stream, StreamError> {
    stream.filter(|stream| stream.id == id).ok_or(StreamError::Missing)
}

pub fn checked_text(field: &'static str, text: Option<String>) -> Result<Option<String>, StreamError> {
    let is_text = text.as_ref().is_none_or(|text| text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control));
    if is_text { Ok(text) } else { Err(StreamError::Text { field }) }
}

/// A change of a stream, on the log before it takes effect.
///
/// # Errors
/// When there were too many within an hour, or the log cannot write: it must not take effect then.
pub async fn leaf(app: &App, receiver: &Receiver, what: &str) -> Result<(), Problem> {
    let now = app.env.now();
    if !Room::of(app).may_change(now, &receiver.name) {
        return Err(Problem::of(&StreamError::Restless).retry_after_s(RESTLESS_S));
    }
    let leaf = Entry {
        at_us: now,
        actor: "none".to_owned(),
        actor_name: receiver.name.clone(),
        action: ACTION.to_owned(),
        class: "security".to_owned(),
        purpose: None,
        case_ref: None,
        object: format!("stream of {}: {what}", receiver.name),
        outcome: 200,
    };
    app.audit.append(leaf).await.map(|_| ()).map_err(|error| Problem::of(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_receiver_is_a_sentence() {
        assert_eq!(checked_text("reason", None).ok(), Some(None));
        assert_eq!(checked_text("reason", Some("維護".into())).ok(), Some(Some("維護".into())));
        for wrong in ["a\nb".to_owned(), "x".repeat(TEXT_CHARS_MAX + 1)] {
            assert!(matches!(checked_text("reason", Some(wrong)), Err(StreamError::Text { field: "reason" })));
        }
    }
}
