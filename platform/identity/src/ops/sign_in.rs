//! Signs a person in with a passkey; the key says whose it is, so nobody types a name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shouhu_ids::ActorId;
use shouhu_module::{Access, App, Audit, Body, Caller, Keyed, NoBody, Person, Problem, Route};
use shouhu_wire::Me;
use webauthn_rs::prelude::PublicKeyCredential;

use super::enrol::signed_in;
use crate::model::Peer;
use crate::passkeys::{check_opens, settings};
use crate::room::{Room, limited, limited_start};
use crate::session::{Proved, SessionKey};
use crate::store::KnownPasskey;
use crate::{secret, session, store};

pub const START: Route = Route::post("/v1/identity/sign-in/start", "Begins a sign-in with a passkey", || axum::routing::post(start))
    .access(Access::Public("whoever signs in is not signed in yet"))
    .audit(Audit::None("changes nothing but that a challenge waits; finishing is on the log"))
    .takes::<NoBody>()
    .gives::<SignInStarted>();

pub const FINISH: Route = Route::post("/v1/identity/sign-in/finish", "Signs the owner of the passkey in", || axum::routing::post(finish))
    .access(Access::Public("the signed challenge is the proof"))
    .audit(Audit::Security)
    .takes::<FinishSignIn>()
    .gives::<Me>();

#[derive(Debug, Serialize, JsonSchema)]
pub struct SignInStarted {
    challenge_id: String,
    /// For `navigator.credentials.get`, bytes as base64url: `PublicKeyCredential.parseRequestOptionsFromJSON` reads its
    /// `publicKey`.
    options: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct FinishSignIn {
    challenge_id: String,
    /// `PublicKeyCredential.toJSON()` of the assertion.
    credential: Value,
    /// The public half of the key with which this browser will sign each request: P-256, uncompressed point, base64url.
    session_key: String,
}

#[derive(Debug, thiserror::Error)]
enum SignInError {
    #[error("this sign-in was finished, took longer than five minutes or never began: begin again")]
    ChallengeUnknown,
    /// One answer for an unknown key, a wrong signature and a disabled person: which it is concerns the log, not a stranger.
    #[error("this passkey does not sign in here: use another, or ask for a new link")]
    Refused,
}

impl Keyed for SignInError {
    fn key(&self) -> &'static str {
        match self {
            Self::ChallengeUnknown => "identity.sign_in.challenge_unknown",
            Self::Refused => "identity.sign_in.refused",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ChallengeUnknown => StatusCode::GONE,
            Self::Refused => StatusCode::UNAUTHORIZED,
        }
    }
}

fn refused(reason: &dyn std::fmt::Display) -> SignInError {
    tracing::info!(%reason, "sign-in refused");
    SignInError::Refused
}

async fn start(State(app): State<App>, peer: Peer, Body(_): Body<NoBody>) -> Result<Json<SignInStarted>, Problem> {
    limited_start(&app, peer, async {
        let room = Room::of(&app);
        let (mut challenge, state) = room.webauthn.start_discoverable_authentication().map_err(|e| refused(&e))?;
        // The library means conditional mediation (autofill); our page has a button and asks at once.
        challenge.mediation = None;
        let options = serde_json::to_value(&challenge).map_err(|e| refused(&e))?;
        let challenge_id = secret::challenge_id(&app.env);
        room.sign_ins.put(&app, peer, &challenge_id, &state).await?;
        Ok(Json(SignInStarted { challenge_id, options }))
    })
    .await
}

async fn finish(State(app): State<App>, peer: Peer, caller: Caller, Body(body): Body<FinishSignIn>) -> Result<Response, Problem> {
    limited(&app, peer, async {
        let session_key = SessionKey::parse(body.session_key)?;
        let room = Room::of(&app);
        let state = room.sign_ins.take(&app, &body.challenge_id).await?.ok_or(SignInError::ChallengeUnknown)?;
        let credential: PublicKeyCredential = serde_json::from_value(body.credential).map_err(|e| refused(&e))?;
        let (user, key_id) = room.webauthn.identify_discoverable_authentication(&credential).map_err(|e| refused(&e))?;
        let key_id = URL_SAFE_NO_PAD.encode(key_id);
        let known = store::passkey_of(&app.store, &key_id, ActorId(user)).await?;
        let KnownPasskey { actor, mut passkey, facts } = known.ok_or_else(|| refused(&"no such passkey, or its person is disabled"))?;
        let proved = room.webauthn.finish_discoverable_authentication_v2(&credential, state, &passkey).map_err(|e| refused(&e))?;
        passkey.update_credential(&proved);

        let (now, facts) = (app.env.now(), facts.after(proved.backup_eligible(), proved.backup_state()));
        // Only now, to whoever has the key: a stranger learns of no rule and of nobody's key. No failed attempt either: on the morning after the last day
        // a station behind one address would shut itself out, good keys and all.
        if let Err(over) = check_opens(&settings::of(&app), now, actor.role, &facts) {
            tracing::info!(actor = %actor.id, reason = over.told(), "sign-in refused");
            return Ok(Err(Problem::of(&over).in_log(format!("{} not signed in: {}", actor.id, over.told()))));
        }
        let mut tx = app.store.begin().await?;
        if let Caller::Person(before) = &caller {
            store::end_session(&mut tx, now, before.session).await?;
        }
        store::passkey_used(&mut tx, now, &key_id, &passkey, &facts).await?;
        let begun = session::begin(&app, &mut tx, actor.id, &session_key, peer, Proved::ByPasskey(&key_id)).await?;
        tx.commit().await?;

        let person = Person {
            id: actor.id,
            name: actor.name,
            role: actor.role,
            unit: actor.unit,
            office: actor.office,
            session: begun.id,
            session_expires_at: begun.expires_at,
        };
        Ok(Ok(signed_in(&app, &person, begun.cookie)))
    })
    .await?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use serde_json::json;
    use shouhu_passkey::Passkeys;
    use shouhu_wire::Role;

    use super::*;
    use crate::harness::{Harness, ORIGIN, on_each};
    use crate::session::{ABSOLUTE_US, IDLE_US, PER_ACTOR_MAX, SEEN_EVERY_US};
    use crate::{CHALLENGE_LIFE_US, FAILURES_PER_MINUTE_MAX, STARTS_PER_MINUTE_MAX};

    #[tokio::test]
    async fn a_passkey_signs_in_without_a_name_and_me_says_who_and_what() {
        on_each(|h| async move {
            let person = h.person(Role::Dispatcher).await;
            let again = h.sign_in(&person.keys).await;
            assert_eq!(again.status, 200, "{}", again.json);
            let me = h.get_with_cookie(&again.cookie(), "/v1/identity/me").await;
            assert_eq!((me.status, &me.json), (200, &again.json));
            assert_eq!(me.json["role"], "dispatcher");
            let operator = h.person(Role::Operator).await;
            let me = h.get_with_cookie(&operator.cookie, "/v1/identity/me").await;
            assert!(me.json["permissions"].as_array().unwrap().contains(&json!("actors.disable")));
        })
        .await;
    }

    #[tokio::test]
    async fn an_answer_works_once_in_time_and_for_its_own_challenge() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        let started = h.post("/v1/identity/sign-in/start", json!({})).await;
        let other = h.post("/v1/identity/sign-in/start", json!({})).await;
        let credential = person.keys.sign(&started.json["options"], ORIGIN).unwrap();
        let finish = |id: &Value, credential: &Value| json!({"challenge_id": id, "credential": credential});

        let crossed = h.post("/v1/identity/sign-in/finish", finish(&other.json["challenge_id"], &credential)).await;
        assert_eq!((crossed.status, crossed.key()), (401, "identity.sign_in.refused"));
        let right = finish(&started.json["challenge_id"], &credential);
        assert_eq!(h.post("/v1/identity/sign-in/finish", right.clone()).await.status, 200);
        let replayed = h.post("/v1/identity/sign-in/finish", right).await;
        assert_eq!((replayed.status, replayed.key()), (410, "identity.sign_in.challenge_unknown"));

        let started = h.post("/v1/identity/sign-in/start", json!({})).await;
        let credential = person.keys.sign(&started.json["options"], ORIGIN).unwrap();
        h.advance(CHALLENGE_LIFE_US);
        let late = h.post("/v1/identity/sign-in/finish", finish(&started.json["challenge_id"], &credential)).await;
        assert_eq!(late.key(), "identity.sign_in.challenge_unknown");
    }

    #[tokio::test]
    async fn another_origin_a_stranger_and_a_forged_answer_are_refused_alike() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        let victim = h.person(Role::Operator).await;
        let mut stranger = Passkeys::default();
        let options = json!({"publicKey": {"challenge": "AA", "rp": {"id": "localhost"}, "user": {"id": "AA"}}});
        stranger.create(&options, ORIGIN, [99; 32]).unwrap();
        type Forge<'a> = Box<dyn Fn(&Value) -> Value + 'a>;
        let forgeries: [(&str, Forge<'_>); 5] = [
            ("other origin", Box::new(|o| person.keys.sign(o, "http://localhost:1").unwrap())),
            ("stranger", Box::new(|o| stranger.sign(o, ORIGIN).unwrap())),
            ("another's handle", Box::new(|o| {
                let mut answer = person.keys.sign(o, ORIGIN).unwrap();
                answer["response"]["userHandle"] = json!(URL_SAFE_NO_PAD.encode(victim.id.0.as_bytes()));
                answer
            })),
            ("another's key id", Box::new(|o| {
                let mut answer = person.keys.sign(o, ORIGIN).unwrap();
                let theirs = victim.keys.sign(o, ORIGIN).unwrap();
                answer["response"]["userHandle"] = theirs["response"]["userHandle"].clone();
                answer["id"] = theirs["id"].clone();
                answer["rawId"] = theirs["rawId"].clone();
                answer
            })),
            ("no answer", Box::new(|_| json!({"id": []}))),
        ];
        for (what, forge) in forgeries {
            let started = h.post("/v1/identity/sign-in/start", json!({})).await;
            let finish = json!({"challenge_id": started.json["challenge_id"], "credential": forge(&started.json["options"])});
            let refused = h.post("/v1/identity/sign-in/finish", finish).await;
            assert_eq!((refused.status, refused.key()), (401, "identity.sign_in.refused"), "{what}");
            assert!(refused.set_cookie.is_none());
        }
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_when_its_shift_is_over_and_at_sign_out() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        h.advance(IDLE_US - 1);
        assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 200);
        h.advance(IDLE_US - SEEN_EVERY_US);
        assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 200, "use renews it");
        h.advance(IDLE_US);
        let idle = h.get_with_cookie(&person.cookie, "/v1/identity/me").await;
        assert_eq!((idle.status, idle.key()), (401, "identity.session_required"));

        let busy = h.sign_in(&person.keys).await.cookie();
        for _ in 0..ABSOLUTE_US / (IDLE_US / 2) - 1 {
            h.advance(IDLE_US / 2);
            assert_eq!(h.get_with_cookie(&busy, "/v1/identity/me").await.status, 200);
        }
        h.advance(IDLE_US / 2);
        assert_eq!(h.get_with_cookie(&busy, "/v1/identity/me").await.status, 401, "twelve hours are a shift");

        let last = h.sign_in(&person.keys).await.cookie();
        let session = h.session_of(&last).await;
        assert!(crate::is_session_alive(&h.app, session).await);
        let out = h.post_with_cookie(&last, "/v1/identity/sign-out", json!({})).await;
        assert_eq!(out.status, 204);
        assert!(out.set_cookie.unwrap().contains("Max-Age=0"));
        assert_eq!(h.get_with_cookie(&last, "/v1/identity/me").await.status, 401);
        assert!(!crate::is_session_alive(&h.app, session).await);
    }

    #[tokio::test]
    async fn a_cookie_without_its_key_keeps_no_session_alive_and_a_sign_in_without_a_key_is_none() {
        on_each(|h| async move {
            let person = h.person(Role::Officer).await;
            for _ in 0..3 {
                h.advance(IDLE_US / 3);
                let bare = h.send_as_is("GET", "/v1/identity/me", &[("cookie", &person.cookie)], b"").await;
                let is_over = bare.key() == "identity.session_required";
                assert!(bare.status == 401 && (is_over || bare.key() == "identity.proof_required"), "{}", bare.json);
            }
            assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 401, "idle all the same");

            for key in [json!(""), json!("AAAA"), json!(h.browser.public().replace('A', "B") + "A")] {
                let started = h.post("/v1/identity/sign-in/start", json!({})).await;
                let credential = person.keys.sign(&started.json["options"], ORIGIN).unwrap();
                let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential, "session_key": key});
                let refused = h.post("/v1/identity/sign-in/finish", finish).await;
                assert_eq!((refused.status, refused.key()), (422, "identity.session_key_invalid"), "{key}");
                assert!(refused.set_cookie.is_none());
            }
            let own = h.sign_in(&person.keys).await.cookie();
            let mut tx = h.app.store.begin().await.unwrap();
            tx.execute("UPDATE identity_session SET proof_key = NULL", vec![]).await.unwrap();
            tx.commit().await.unwrap();
            let old = h.get_with_cookie(&own, "/v1/identity/me").await;
            assert_eq!(old.key(), "identity.session_required", "begun before keys were asked for");
        })
        .await;
    }

    #[tokio::test]
    async fn a_disabled_person_is_out_at_once_and_cannot_come_back() {
        on_each(|h| async move {
            let operator = h.person(Role::Operator).await;
            // Ids of one millisecond have no order.
            h.advance(1_000);
            let person = h.person(Role::Officer).await;
            let session = h.session_of(&person.cookie).await;
            let path = format!("/v1/identity/actors/{}/disable", person.id);
            assert_eq!(h.post_with_cookie(&operator.cookie, &path, json!({})).await.status, 204);
            assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 401);
            assert!(!crate::is_session_alive(&h.app, session).await);
            assert_eq!(h.sign_in(&person.keys).await.key(), "identity.sign_in.refused");
            assert_eq!(h.post_with_cookie(&operator.cookie, &path, json!({})).await.status, 204, "twice is no error");
            let own = format!("/v1/identity/actors/{}/disable", operator.id);
            assert_eq!(h.post_with_cookie(&operator.cookie, &own, json!({})).await.key(), "identity.disable.self");
            let nobody = format!("/v1/identity/actors/{}/disable", ActorId::new(shouhu_ids::Micros(1), [1; 16]));
            assert_eq!(h.post_with_cookie(&operator.cookie, &nobody, json!({})).await.status, 404);
            let list = h.get_with_cookie(&operator.cookie, "/v1/identity/actors?limit=1").await;
            assert_eq!((&list.json["items"][0]["is_disabled"], list.json["items"].as_array().unwrap().len()), (&json!(true), 1));
            let next = format!("/v1/identity/actors?cursor={}", list.json["next_cursor"].as_str().unwrap());
            let rest = h.get_with_cookie(&operator.cookie, &next).await;
            assert_eq!((&rest.json["items"][0]["id"], &rest.json["next_cursor"]), (&json!(operator.id.to_string()), &Value::Null));
        })
        .await;
    }

    #[tokio::test]
    async fn signing_in_again_ends_the_session_before_and_too_many_end_the_oldest() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        let started = h.post("/v1/identity/sign-in/start", json!({})).await;
        let credential = person.keys.sign(&started.json["options"], ORIGIN).unwrap();
        let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential});
        let renewed = h.post_with_cookie(&person.cookie, "/v1/identity/sign-in/finish", finish).await.cookie();
        assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 401);
        for _ in 0..PER_ACTOR_MAX {
            h.advance(1_000);
            h.sign_in(&person.keys).await;
        }
        assert_eq!(h.get_with_cookie(&renewed, "/v1/identity/me").await.status, 401);
    }

    #[tokio::test]
    async fn a_page_elsewhere_cannot_act_with_the_cookie() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        for (name, value) in [("origin", "http://evil.test"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let refused = h.send("POST", "/v1/identity/sign-out", &[("cookie", &person.cookie), (name, value)], b"{}").await;
            assert_eq!((refused.status, refused.key()), (403, "identity.origin_refused"), "{name}: {value}");
        }
        assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 200);
        let own = [("cookie", person.cookie.as_str()), ("origin", ORIGIN), ("sec-fetch-site", "same-origin")];
        assert_eq!(h.send("POST", "/v1/identity/sign-out", &own, b"{}").await.status, 204);
    }

    #[tokio::test]
    async fn an_address_that_fails_too_often_must_wait_and_others_need_not() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        for _ in 0..FAILURES_PER_MINUTE_MAX {
            let refused = h.post("/v1/identity/sign-in/finish", json!({"challenge_id": "x", "credential": {}})).await;
            assert_eq!(refused.status, 410);
        }
        let refused = h.post("/v1/identity/sign-in/start", json!({})).await;
        assert_eq!((refused.status, refused.key()), (429, "identity.too_many_failures"));
        h.advance(shouhu_ids::Micros::MINUTE);
        assert_eq!(h.sign_in(&person.keys).await.status, 200);
    }

    /// Found by reading: each start is a synced write, and nothing bounded how many a stranger makes of them.
    #[tokio::test]
    async fn an_address_that_begins_too_often_must_wait_and_who_has_begun_signs_in_all_the_same() {
        const START: &str = "/v1/identity/sign-in/start";
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        h.advance(shouhu_ids::Micros::MINUTE);
        let started = h.post(START, json!({})).await;
        let room = Room::of(&h.app);
        for _ in 1..STARTS_PER_MINUTE_MAX {
            assert_eq!(room.starts.begins(h.app.env.now(), Peer(None)), None);
        }
        let provider = json!({"provider": "x", "session_key": h.browser.public()});
        for (path, body) in [(START, json!({})), ("/v1/identity/provider-sign-in/start", provider), ("/v1/identity/enrol/start", json!({"token": "x"}))] {
            for _ in 0..FAILURES_PER_MINUTE_MAX {
                let refused = h.post(path, body.clone()).await;
                assert_eq!((refused.status, refused.key()), (429, "identity.too_many_starts"), "{path}");
            }
        }
        let waiting = h.app.store.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM identity_waiting", vec![]).await.unwrap();
        assert_eq!(waiting.int("n").unwrap(), 1, "nothing was written for those");
        let credential = person.keys.sign(&started.json["options"], ORIGIN).unwrap();
        let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential});
        assert_eq!(h.post("/v1/identity/sign-in/finish", finish).await.status, 200, "to wait is no failure");
        h.advance(shouhu_ids::Micros::MINUTE);
        assert_eq!(h.sign_in(&person.keys).await.status, 200);
    }
}
