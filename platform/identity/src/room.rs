//! What identity keeps in memory: the WebAuthn site, failed attempts and starts by address, proofs that were used, what was counted of sessions, and what identity providers say of
//! themselves. Challenges that wait for their answer are rows (`pending`), so that any server of the house may take the answer.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use shouhu_bus::ReactionError;
use shouhu_ids::{ActorId, SessionId};
use shouhu_module::{App, Keyed, Problem};
use shouhu_oidc::Metadata;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{DiscoverableAuthentication, Url, WebauthnBuilder};

use crate::attempts::{Attempts, STARTS_PER_MINUTE_MAX};
use crate::doubts::Doubts;
use crate::model::Peer;
use crate::passkeys::Registration;
use crate::pending::Pending;
use crate::proof::Proofs;
use crate::provider::Providers;
use crate::session::SessionKey;
use crate::trust::Keeper;

/// Sign-ins that may be under way at once.
pub const SIGN_INS_PENDING_MAX: u32 = 10_000;
/// Enrolments that may be under way at once; each needs a valid link.
pub const ENROLMENTS_PENDING_MAX: u32 = 1_000;

/// Step-ups that may be under way at once; each needs a session.
pub const STEP_UPS_PENDING_MAX: u32 = 10_000;

/// Sign-ins that may be under way at identity providers at once.
pub const PROVIDER_SIGN_INS_PENDING_MAX: u32 = 10_000;

/// Somebody was sent to an identity provider: what was asked there, and the key of the browser that asked.
#[derive(Serialize, Deserialize)]
pub struct ProviderSignIn {
    /// Its name here.
    pub provider: String,
    pub metadata: Metadata,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub session_key: SessionKey,
}

/// A person in a session is asked to touch the key again.
#[derive(Serialize, Deserialize)]
pub struct SteppingUp {
    pub session: SessionId,
    pub state: DiscoverableAuthentication,
}

/// Somebody with a valid link is making a key.
#[derive(Serialize, Deserialize)]
pub struct Enrolment {
    pub token_hash: String,
    pub actor: ActorId,
    pub state: Registration,
}

pub struct Room {
    pub webauthn: Webauthn,
    pub enrolments: Pending<Enrolment>,
    pub sign_ins: Pending<DiscoverableAuthentication>,
    pub step_ups: Pending<SteppingUp>,
    pub provider_sign_ins: Pending<ProviderSignIn>,
    pub providers: Providers,
    pub attempts: Attempts,
    /// What anonymous callers began.
    pub starts: Attempts,
    pub proofs: Proofs,
    pub doubts: Doubts,
    pub keeper: Keeper,
}

#[derive(Debug, thiserror::Error)]
#[error("public address {url:?} cannot have passkeys: give http://localhost:<port>, or https:// with a host name ({detail})")]
struct AddressError {
    url: String,
    detail: String,
}

#[derive(Debug, thiserror::Error)]
#[error("too many failed attempts from this address: wait {wait_s} s")]
struct TooManyFailures {
    wait_s: u32,
}

impl Keyed for TooManyFailures {
    fn key(&self) -> &'static str {
        "identity.too_many_failures"
    }

    fn status(&self) -> StatusCode {
        StatusCode::TOO_MANY_REQUESTS
    }
}

#[derive(Debug, thiserror::Error)]
#[error("too many have begun from this address in this minute: wait {wait_s} s")]
struct TooManyStarts {
    wait_s: u32,
}

impl Keyed for TooManyStarts {
    fn key(&self) -> &'static str {
        "identity.too_many_starts"
    }

    fn status(&self) -> StatusCode {
        StatusCode::TOO_MANY_REQUESTS
    }
}

fn webauthn_for(public_url: &str) -> Result<Webauthn, AddressError> {
    let refused = |detail: String| AddressError { url: public_url.to_owned(), detail };
    let url = Url::parse(public_url).map_err(|e| refused(e.to_string()))?;
    let host = url.domain().ok_or_else(|| refused("browsers give no passkeys to bare IP addresses".into()))?;
    let builder = WebauthnBuilder::new(host, &url).map_err(|e| refused(e.to_string()))?;
    builder.rp_name("Shouhu 守護").timeout(CEREMONY).build().map_err(|e| refused(e.to_string()))
}

/// What the browser is told; the server's own patience is `CHALLENGE_LIFE_US`.
const CEREMONY: std::time::Duration = std::time::Duration::from_secs(240);

impl Room {
    pub fn open(app: &App) -> Result<Self, ReactionError> {
        let keys = app.blobs.keys();
        Ok(Self {
            webauthn: webauthn_for(&app.public_url)?,
            enrolments: Pending::at_most(ENROLMENTS_PENDING_MAX, "enrolment", keys),
            sign_ins: Pending::at_most(SIGN_INS_PENDING_MAX, "sign_in", keys),
            step_ups: Pending::at_most(STEP_UPS_PENDING_MAX, "step_up", keys),
            provider_sign_ins: Pending::at_most(PROVIDER_SIGN_INS_PENDING_MAX, "provider_sign_in", keys),
            providers: Providers::default(),
            attempts: Attempts::new(app.env.random.bytes16()),
            starts: Attempts::at_most(STARTS_PER_MINUTE_MAX, app.env.random.bytes16()),
            proofs: Proofs::new(&app.env, keys),
            doubts: Doubts::default(),
            keeper: Keeper::default(),
        })
    }

    pub fn of(app: &App) -> Arc<Self> {
        app.room::<Self>()
    }
}

/// Runs an anonymous operation unless its address has failed too often; counts its refusals. One that is no failed attempt is given back as an answer
/// (`Ok(Err(…))`).
pub async fn limited<T>(app: &App, peer: Peer, operation: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let room = Room::of(app);
    if let Some(wait_s) = room.attempts.wait_s(app.env.now(), peer) {
        return Err(Problem::of(&TooManyFailures { wait_s }).retry_after_s(wait_s));
    }
    let outcome = operation.await;
    if outcome.as_ref().is_err_and(|problem| problem.status < 500) {
        room.attempts.failed(app.env.now(), peer);
    }
    outcome
}

/// As [`limited`], of what leaves a challenge waiting, which is a row and a write of its own: refused before anything is made of it where its address has begun
/// too many. To be refused so is no failed attempt: whoever has begun is not to be shut out by those who come after him.
pub async fn limited_start<T>(app: &App, peer: Peer, operation: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let counted = async {
        let wait_s = Room::of(app).starts.begins(app.env.now(), peer);
        match wait_s {
            Some(wait_s) => Ok(Err(Problem::of(&TooManyStarts { wait_s }).retry_after_s(wait_s))),
            None => operation.await.map(Ok),
        }
    };
    limited(app, peer, counted).await.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_host_name_is_refused_with_what_to_do() {
        for url in ["http://192.0.2.1:8470", "http://[::1]:8470", "localhost:8470", "", "unix:/run/x"] {
            let refused = webauthn_for(url).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(refused.contains("http://localhost:<port>"), "{url}: {refused}");
        }
        assert!(webauthn_for("http://localhost:8470").is_ok());
        assert!(webauthn_for("https://shouhu.police.example").is_ok());
    }
}
