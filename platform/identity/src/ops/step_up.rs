//! Asks a person who is signed in to touch the passkey again: before something sensitive, once too much speaks against the session (ADR 0022).

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shouhu_ids::{ActorId, Micros};
use shouhu_module::{Access, App, Audit, Audited, Body, Keyed, NoBody, Person, Problem, Route};
use webauthn_rs::prelude::PublicKeyCredential;

use crate::model::Peer;
use crate::passkeys::{check_opens, settings};
use crate::room::{Room, SteppingUp, limited};
use crate::store::KnownPasskey;
use crate::trust::{self, store as trusts};
use crate::{secret, store};

const WHY_OPEN: &str = "it is the way back to being trusted";

pub const START: Route = Route::post("/v1/session/step-up/start", "Begins a fresh verification of the person in this session", || axum::routing::post(start))
    .access(Access::Session)
    .whatever_the_trust(WHY_OPEN)
    .audit(Audit::Security)
    .takes::<NoBody>()
    .gives::<StepUpStarted>();

pub const FINISH: Route = Route::post("/v1/session/step-up/finish", "Verifies the person in this session anew by a passkey", || axum::routing::post(finish))
    .access(Access::Session)
    .whatever_the_trust(WHY_OPEN)
    .audit(Audit::Security)
    .takes::<FinishStepUp>()
    .gives::<SteppedUp>();

#[derive(Debug, Serialize, JsonSchema)]
pub struct StepUpStarted {
    challenge_id: String,
    /// For `navigator.credentials.get`, bytes as base64url: `PublicKeyCredential.parseRequestOptionsFromJSON` reads its
    /// `publicKey`.
    options: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct FinishStepUp {
    challenge_id: String,
    /// `PublicKeyCredential.toJSON()` of the assertion.
    credential: Value,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct SteppedUp {
    verified_at_us: Micros,
}

#[derive(Debug, thiserror::Error)]
enum StepUpError {
    #[error("this step-up was finished, took longer than five minutes, is another session's or never began: begin again")]
    ChallengeUnknown,
    /// One answer for an unknown key, a wrong signature and another person's key: which it is concerns the log.
    #[error("this passkey does not verify who is signed in here: use your own")]
    Refused,
}

impl Keyed for StepUpError {
    fn key(&self) -> &'static str {
        match self {
            Self::ChallengeUnknown => "identity.step_up.challenge_unknown",
            Self::Refused => "identity.step_up.refused",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ChallengeUnknown => StatusCode::GONE,
            // Not 401: the session is as good as before.
            Self::Refused => StatusCode::FORBIDDEN,
        }
    }
}

fn refused(reason: &dyn std::fmt::Display) -> StepUpError {
    tracing::info!(%reason, "step-up refused");
    StepUpError::Refused
}

async fn start(State(app): State<App>, peer: Peer, person: Person, Body(_): Body<NoBody>) -> Result<Audited<StepUpStarted>, Problem> {
    limited(&app, peer, async {
        let room = Room::of(&app);
        let (mut challenge, state) = room.webauthn.start_discoverable_authentication().map_err(|e| refused(&e))?;
        // The library means conditional mediation (autofill); our page has a button and asks at once.
        challenge.mediation = None;
        let options = serde_json::to_value(&challenge).map_err(|e| refused(&e))?;
        let challenge_id = secret::challenge_id(&app.env);
        room.step_ups.put(&app, peer, &challenge_id, &SteppingUp { session: person.session, state }).await?;
        Ok(Audited::new(person.session.to_string(), StepUpStarted { challenge_id, options }))
    })
    .await
}

async fn finish(State(app): State<App>, peer: Peer, person: Person, Body(body): Body<FinishStepUp>) -> Result<Audited<SteppedUp>, Problem> {
    limited(&app, peer, async {
        let (room, now) = (Room::of(&app), app.env.now());
        let waiting = room.step_ups.take(&app, &body.challenge_id).await?.filter(|waiting| waiting.session == person.session);
        let SteppingUp { state, .. } = waiting.ok_or(StepUpError::ChallengeUnknown)?;
        let credential: PublicKeyCredential = serde_json::from_value(body.credential).map_err(|e| refused(&e))?;
        let (user, key_id) = room.webauthn.identify_discoverable_authentication(&credential).map_err(|e| refused(&e))?;
        if ActorId(user) != person.id {
            return Err(refused(&"the passkey is another person's").into());
        }
        let key_id = URL_SAFE_NO_PAD.encode(key_id);
        let known = store::passkey_of(&app.store, &key_id, person.id).await?;
        let KnownPasskey { mut passkey, facts, .. } = known.ok_or_else(|| refused(&"no such passkey, or its person is disabled"))?;
        let proved = room.webauthn.finish_discoverable_authentication_v2(&credential, state, &passkey).map_err(|e| refused(&e))?;
        // The library has asked for it; a touch without a finger or number would be worth nothing here.
        if !proved.user_verified() {
            return Err(refused(&"the authenticator did not verify the person").into());
        }
        passkey.update_credential(&proved);
        let facts = facts.after(proved.backup_eligible(), proved.backup_state());
        // Not counted as a failed attempt, as at a sign-in.
        if let Err(over) = check_opens(&settings::of(&app), now, person.role, &facts) {
            return Ok(Err(Problem::of(&over).in_log(format!("{} not verified: {}", person.session, over.told()))));
        }

        let mut tx = app.store.begin().await?;
        store::passkey_used(&mut tx, now, &key_id, &passkey, &facts).await?;
        if !trusts::verified(&mut tx, now, person.session, peer.0).await? {
            return Err(StepUpError::ChallengeUnknown.into());
        }
        trusts::touched(&mut tx, person.session, &key_id).await?;
        tx.commit().await?;
        trust::verified(&app, &person, now);
        Ok(Ok(Audited::new(person.session.to_string(), SteppedUp { verified_at_us: now })))
    })
    .await?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use serde_json::json;
    use shouhu_wire::Role;

    use super::*;
    use crate::CHALLENGE_LIFE_US;
    use crate::harness::{Harness, ORIGIN, SimPerson, on_each};

    async fn begun(h: &Harness, person: &SimPerson) -> Value {
        let started = h.post_with_cookie(&person.cookie, "/v1/session/step-up/start", json!({})).await;
        assert_eq!(started.status, 200, "{}", started.json);
        started.json
    }

    async fn verified_at(h: &Harness, person: &SimPerson) -> i64 {
        let session = h.session_of(&person.cookie).await;
        trusts::row(&h.app.store, session).await.unwrap().unwrap().verified_at.0
    }

    #[tokio::test]
    async fn the_same_persons_passkey_verifies_the_session_anew() {
        on_each(|h| async move {
            let person = h.person(Role::Officer).await;
            let signed_in_at = verified_at(&h, &person).await;
            h.advance(Micros::MINUTE);
            let started = begun(&h, &person).await;
            let credential = person.keys.sign(&started["options"], ORIGIN).unwrap();
            let finish = json!({"challenge_id": started["challenge_id"], "credential": credential});
            let done = h.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", finish.clone()).await;
            assert_eq!((done.status, &done.json["verified_at_us"]), (200, &json!(signed_in_at + Micros::MINUTE)), "{}", done.json);
            assert_eq!(verified_at(&h, &person).await, signed_in_at + Micros::MINUTE);
            let again = h.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", finish).await;
            assert_eq!((again.status, again.key()), (410, "identity.step_up.challenge_unknown"), "an answer works once");
        })
        .await;
    }

    #[tokio::test]
    async fn a_colleagues_passkey_another_sessions_challenge_and_a_late_answer_verify_nobody() {
        let h = Harness::simulated().await;
        let (person, colleague) = (h.person(Role::Officer).await, h.person(Role::Officer).await);
        let before = verified_at(&h, &person).await;
        h.advance(Micros::MINUTE);
        let started = begun(&h, &person).await;
        let theirs = colleague.keys.sign(&started["options"], ORIGIN).unwrap();
        let finish = json!({"challenge_id": started["challenge_id"], "credential": theirs});
        let refused = h.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", finish).await;
        assert_eq!((refused.status, refused.key()), (403, "identity.step_up.refused"));

        let started = begun(&h, &colleague).await;
        let own = person.keys.sign(&started["options"], ORIGIN).unwrap();
        let finish = json!({"challenge_id": started["challenge_id"], "credential": own});
        let refused = h.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", finish).await;
        assert_eq!((refused.status, refused.key()), (410, "identity.step_up.challenge_unknown"));

        let started = begun(&h, &person).await;
        let own = person.keys.sign(&started["options"], ORIGIN).unwrap();
        h.advance(CHALLENGE_LIFE_US);
        let finish = json!({"challenge_id": started["challenge_id"], "credential": own});
        let late = h.post_with_cookie(&person.cookie, "/v1/session/step-up/finish", finish).await;
        assert_eq!((late.status, late.key()), (410, "identity.step_up.challenge_unknown"));
        assert_eq!(verified_at(&h, &person).await, before);
    }
}
