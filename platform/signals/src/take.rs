//! One token, however it came: believed or refused, and carried out once.

use axum::http::StatusCode;
use shouhu_ids::Micros;
use shouhu_module::ports::{Direction, Partner, Sharing, SharingPort};
use shouhu_module::{App, Keyed, Problem};
use shouhu_secevent::{Err8935, Expected, MEDIA, Set, SetRefused, verify};

use crate::settings::Transmitter;
use crate::{heed, store};

#[derive(Debug, thiserror::Error)]
pub enum PushError {
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

/// A stream that a person has switched off tells us nothing; the date on a paper stops no revocation.
async fn pass(app: &App, from: &Transmitter, set: &Set) -> Result<(), Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(()) };
    let kind = set.happened.event.name().to_owned();
    match port.0.pass(Sharing { partner: Partner::signals(&from.name), direction: Direction::In, kind, is_life: true }).await {
        Err(problem) if problem.status < 500 => Err(PushError::SwitchedOff.into()),
        passed => passed,
    }
}

/// When it returns, what the token says is done, for good; or was before.
///
/// # Errors
/// 400 with the reason where it is refused, now and whenever it comes again; otherwise nothing has happened, and it may come again.
pub async fn take(app: &App, from: &Transmitter, token: &str) -> Result<(), Problem> {
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

/// The word that the standard has for this refusal (RFC 8935 §2.4).
pub fn word_of(problem: &Problem) -> &str {
    problem.key.rsplit('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_standard_is_the_end_of_our_key() {
        let all = [PushError::Media, PushError::Stranger, PushError::SwitchedOff, SetRefused::Signature.into(), SetRefused::Issuer.into(), SetRefused::Audience.into()];
        let words = all.map(|error| word_of(&Problem::from(error)).to_owned());
        assert_eq!(words, ["invalid_request", "authentication_failed", "access_denied", "invalid_key", "invalid_issuer", "invalid_audience"]);
        assert_eq!(Err8935::InvalidKey.as_str(), "invalid_key");
    }
}
