//! Enrols an invited person: their browser makes a passkey, and they are signed in. Which key will do, `passkeys` says.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shouhu_module::{Access, App, Audit, AuditObject, Audited, Body, Keyed, Person, Problem, Route};
use shouhu_wire::{Me, Role};
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use crate::model::{Peer, me_of};
use crate::passkeys::settings::{self, Demand};
use crate::room::{Enrolment, Room, limited, limited_start};
use crate::session::{Proved, SessionKey};
use crate::store::{Invited, NewPasskey};
use crate::{passkeys, secret, session, store};

pub const START: Route =
    Route::post("/v1/identity/enrol/start", "Begins to enrol the holder of a one-time link", || axum::routing::post(start))
        .access(Access::Public("the token of the link is the proof"))
        .audit(Audit::None("changes nothing but that a challenge waits; finishing is on the log"))
        .takes::<StartEnrolment>()
        .gives::<EnrolmentStarted>();

pub const FINISH: Route =
    Route::post("/v1/identity/enrol/finish", "Keeps the new passkey and signs its owner in", || axum::routing::post(finish))
        .access(Access::Public("the answered challenge belongs to a one-time link"))
        .audit(Audit::Security)
        .takes::<FinishEnrolment>()
        .gives::<Me>();

#[derive(Debug, Deserialize, JsonSchema)]
pub struct StartEnrolment {
    /// The part of the link after `#`.
    token: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct EnrolmentStarted {
    name: String,
    role: Role,
    challenge_id: String,
    /// For `navigator.credentials.create`, bytes as base64url: `PublicKeyCredential.parseCreationOptionsFromJSON` reads
    /// its `publicKey`.
    options: Value,
    /// Only a key that its maker proves to be of one of these models will do; none: of any.
    models: Vec<String>,
    /// False: a key that may be shared among devices is refused.
    may_be_synced: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct FinishEnrolment {
    challenge_id: String,
    /// `PublicKeyCredential.toJSON()` of the new credential.
    credential: Value,
    /// The public half of the key with which this browser will sign each request: P-256, uncompressed point, base64url.
    session_key: String,
}

#[derive(Debug, thiserror::Error)]
enum EnrolError {
    #[error("this link is not ours: ask for a new one")]
    LinkUnknown,
    #[error("this link was used already: sign in, or ask for a new one")]
    LinkUsed,
    #[error("this link has expired: ask for a new one")]
    LinkExpired,
    #[error("this enrolment was finished, took longer than five minutes or never began: open the link again")]
    ChallengeUnknown,
    #[error("the passkey was refused: {reason}")]
    Refused { reason: String },
    #[error("this passkey belongs to somebody already")]
    KeyTaken,
}

impl Keyed for EnrolError {
    fn key(&self) -> &'static str {
        match self {
            Self::LinkUnknown => "identity.enrol.link_unknown",
            Self::LinkUsed => "identity.enrol.link_used",
            Self::LinkExpired => "identity.enrol.link_expired",
            Self::ChallengeUnknown => "identity.enrol.challenge_unknown",
            Self::Refused { .. } => "identity.enrol.refused",
            Self::KeyTaken => "identity.enrol.key_taken",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::LinkUnknown => StatusCode::NOT_FOUND,
            Self::LinkUsed | Self::LinkExpired | Self::ChallengeUnknown => StatusCode::GONE,
            Self::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyTaken => StatusCode::CONFLICT,
        }
    }
}

async fn invited(app: &App, token_hash: &str) -> Result<Invited, Problem> {
    let found = store::invited(&app.store, token_hash).await?;
    let Some(invited) = found.filter(|invited| !invited.is_disabled) else { return Err(EnrolError::LinkUnknown.into()) };
    if invited.is_used {
        return Err(EnrolError::LinkUsed.into());
    }
    if invited.expires_at <= app.env.now() {
        return Err(EnrolError::LinkExpired.into());
    }
    Ok(invited)
}

async fn start(State(app): State<App>, peer: Peer, Body(body): Body<StartEnrolment>) -> Result<Json<EnrolmentStarted>, Problem> {
    limited_start(&app, peer, async {
        let token_hash = secret::hash_of(&body.token);
        let invited = invited(&app, &token_hash).await?;
        let room = Room::of(&app);
        let settings = settings::of(&app);
        let begun = passkeys::begin(&room.webauthn, &settings, invited.actor.0, &invited.name, invited.role);
        let (challenge, state) = begun.map_err(|e| EnrolError::Refused { reason: e.to_string() })?;
        let mut options = serde_json::to_value(&challenge).map_err(|e| EnrolError::Refused { reason: e.to_string() })?;
        // The library asks for any key; sign-in without a name needs one that the authenticator finds by itself.
        if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".into(), json!("required"));
            selection.insert("requireResidentKey".into(), json!(true));
        }
        let challenge_id = secret::challenge_id(&app.env);
        let enrolment = Enrolment { token_hash, actor: invited.actor, state };
        room.enrolments.put(&app, peer, &challenge_id, &enrolment).await?;
        let demand = settings.demand(invited.role);
        let models = if settings.is_attested(invited.role) { settings.names() } else { Vec::new() };
        let may_be_synced = demand == Demand::Nothing;
        Ok(Json(EnrolmentStarted { name: invited.name, role: invited.role, challenge_id, options, models, may_be_synced }))
    })
    .await
}

/// What the leaf says, whether somebody was enrolled or not.
type Object = OnceLock<String>;

async fn finish(State(app): State<App>, peer: Peer, Body(body): Body<FinishEnrolment>) -> Response {
    let object = Object::new();
    let answered = limited(&app, peer, enrol(&app, peer, body, &object)).await;
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if let Some(object) = object.into_inner() {
        response.extensions_mut().insert(AuditObject(object));
    }
    response
}

async fn enrol(app: &App, peer: Peer, body: FinishEnrolment, object: &Object) -> Result<Response, Problem> {
    let session_key = SessionKey::parse(body.session_key)?;
    let (room, settings) = (Room::of(app), settings::of(app));
    let waiting = room.enrolments.take(app, &body.challenge_id).await?;
    let Enrolment { token_hash, actor, state } = waiting.ok_or(EnrolError::ChallengeUnknown)?;
    let credential: RegisterPublicKeyCredential =
        serde_json::from_value(body.credential).map_err(|e| EnrolError::Refused { reason: e.to_string() })?;
    let (passkey, facts) = passkeys::finish(&room.webauthn, &settings, &state, &credential).inspect_err(|refused| {
        let said = passkeys::said(&credential.response.attestation_object).told(&settings);
        let _ = object.set(format!("{actor} enrolled no passkey, which called itself {said}: {}", refused.told()));
    })?;
    let invited = invited(app, &token_hash).await?;

    let now = app.env.now();
    let key_id = URL_SAFE_NO_PAD.encode(passkey.cred_id());
    let mut tx = app.store.begin().await?;
    if !store::use_invitation(&mut tx, now, &token_hash, actor).await? {
        return Err(EnrolError::LinkUsed.into());
    }
    let model = facts.aaguid.and_then(|aaguid| settings.name_of(aaguid));
    let new = NewPasskey { id: &key_id, actor, passkey: &passkey, facts: &facts, model };
    if !store::insert_passkey(&mut tx, now, &new).await? {
        return Err(EnrolError::KeyTaken.into());
    }
    let begun = session::begin(app, &mut tx, actor, &session_key, peer, Proved::ByPasskey(&key_id)).await?;
    tx.commit().await?;

    tracing::info!(%actor, role = invited.role.as_str(), attested = facts.is_attested, "person enrolled");
    let _ = object.set(format!("{actor} with a passkey of {}", facts.told(&settings)));
    let person = Person {
        id: actor,
        name: invited.name,
        role: invited.role,
        unit: invited.unit,
        office: invited.office,
        session: begun.id,
        session_expires_at: begun.expires_at,
    };
    Ok(signed_in(app, &person, begun.cookie))
}

/// The answer that carries the cookie.
pub(super) fn signed_in(app: &App, person: &Person, cookie: axum::http::HeaderValue) -> Response {
    let mut response = Audited::new(person.id.to_string(), me_of(app, person)).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use shouhu_passkey::Passkeys;
    use shouhu_wire::Role;

    use super::*;
    use crate::harness::{Harness, ORIGIN, on_each};
    use crate::{CHALLENGE_LIFE_US, LINK_LIFE_US};

    #[tokio::test]
    async fn a_link_enrols_once_and_signs_in() {
        on_each(|h| async move {
            let mut keys = Passkeys::default();
            let invitation = crate::invite(&h.app, " 王小明 ", Role::Dispatcher, None, None).await.unwrap();
            assert_eq!(invitation.link, format!("{ORIGIN}/enrol#{}", invitation.token));
            let started = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
            assert_eq!((started.status, &started.json["name"], &started.json["role"]), (200, &json!("王小明"), &json!("dispatcher")));
            assert_eq!(started.json["options"]["publicKey"]["authenticatorSelection"]["residentKey"], "required");
            assert_eq!(started.json["options"]["publicKey"]["rp"]["id"], "localhost");

            let credential = keys.create(&started.json["options"], ORIGIN, [7; 32]).unwrap();
            let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential});
            let finished = h.post("/v1/identity/enrol/finish", finish.clone()).await;
            assert_eq!(finished.status, 200, "{}", finished.json);
            assert_eq!(finished.json["id"], invitation.actor.to_string());
            let cookie = finished.set_cookie.unwrap();
            for mark in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
                assert!(cookie.contains(mark), "{cookie}");
            }
            assert!(!cookie.contains("Secure"), "localhost is http");

            let replayed = h.post("/v1/identity/enrol/finish", finish).await;
            assert_eq!((replayed.status, replayed.key()), (410, "identity.enrol.challenge_unknown"));
            let reopened = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
            assert_eq!((reopened.status, reopened.key()), (410, "identity.enrol.link_used"));
        })
        .await;
    }

    #[tokio::test]
    async fn of_two_who_open_one_link_the_first_to_finish_enrols() {
        on_each(|h| async move {
            let invitation = crate::invite(&h.app, "a", Role::Officer, None, None).await.unwrap();
            let mut finishes = Vec::new();
            for seed in [1, 2] {
                let started = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
                let credential = Passkeys::default().create(&started.json["options"], ORIGIN, [seed; 32]).unwrap();
                finishes.push(json!({"challenge_id": started.json["challenge_id"], "credential": credential}));
            }
            let (one, two) = tokio::join!(
                h.post("/v1/identity/enrol/finish", finishes[0].clone()),
                h.post("/v1/identity/enrol/finish", finishes[1].clone())
            );
            let mut statuses = [one.status, two.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 410]);
        })
        .await;
    }

    #[tokio::test]
    async fn unknown_expired_and_disabled_links_are_told_apart_only_as_far_as_they_may() {
        let h = Harness::simulated().await;
        for token in ["", "nonsense", &"x".repeat(10_000)] {
            let refused = h.post("/v1/identity/enrol/start", json!({"token": token})).await;
            assert_eq!((refused.status, refused.key()), (404, "identity.enrol.link_unknown"));
        }
        let operator = h.person(Role::Operator).await;
        let invitation = crate::invite(&h.app, "a", Role::Officer, None, None).await.unwrap();
        let disabled = h.post_as(&operator, &format!("/v1/identity/actors/{}/disable", invitation.actor), json!({})).await;
        assert_eq!(disabled.status, 204);
        let refused = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        assert_eq!(refused.key(), "identity.enrol.link_unknown");

        let invitation = crate::invite(&h.app, "b", Role::Officer, None, None).await.unwrap();
        h.advance(LINK_LIFE_US);
        let refused = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        assert_eq!((refused.status, refused.key()), (410, "identity.enrol.link_expired"));
    }

    #[tokio::test]
    async fn a_link_that_expires_while_the_key_is_made_is_dead() {
        let h = Harness::simulated().await;
        let invitation = crate::invite(&h.app, "a", Role::Officer, None, None).await.unwrap();
        h.advance(LINK_LIFE_US - CHALLENGE_LIFE_US / 2);
        let started = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        let credential = Passkeys::default().create(&started.json["options"], ORIGIN, [7; 32]).unwrap();
        h.advance(CHALLENGE_LIFE_US / 2);
        let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential});
        assert_eq!(h.post("/v1/identity/enrol/finish", finish).await.key(), "identity.enrol.link_expired");
    }

    #[tokio::test]
    async fn a_key_made_on_another_origin_or_changed_on_the_way_is_refused_and_the_link_lives_on() {
        let h = Harness::simulated().await;
        let invitation = crate::invite(&h.app, "a", Role::Officer, None, None).await.unwrap();
        for origin in ["http://localhost:9999", "https://localhost:8470"] {
            let started = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
            let credential = Passkeys::default().create(&started.json["options"], origin, [7; 32]).unwrap();
            let finish = json!({"challenge_id": started.json["challenge_id"], "credential": credential});
            let refused = h.post("/v1/identity/enrol/finish", finish).await;
            assert_eq!((refused.status, refused.key()), (422, "identity.enrol.refused"), "{origin}");
        }
        let started = h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await;
        let finish = json!({"challenge_id": started.json["challenge_id"], "credential": {"id": 7}});
        assert_eq!(h.post("/v1/identity/enrol/finish", finish).await.key(), "identity.enrol.refused");
        assert_eq!(h.post("/v1/identity/enrol/start", json!({"token": invitation.token})).await.status, 200);
    }

    #[tokio::test]
    async fn a_supervisor_invites_officers_but_no_operator() {
        let h = Harness::simulated().await;
        let supervisor = h.person(Role::Supervisor).await;
        let invited = h.post_as(&supervisor, "/v1/identity/enrolments", json!({"name": "a", "role": "officer"})).await;
        assert_eq!(invited.status, 200, "{}", invited.json);
        let refused = h.post_as(&supervisor, "/v1/identity/enrolments", json!({"name": "a", "role": "operator"})).await;
        assert_eq!((refused.status, refused.key()), (403, "identity.invite.role_not_allowed"));
        let refused = h.post_as(&supervisor, "/v1/identity/enrolments", json!({"name": "a\nb", "role": "officer"})).await;
        assert_eq!((refused.status, refused.key()), (422, "identity.name_invalid"));
        let refused = h.post_as(&supervisor, "/v1/identity/enrolments", json!({"name": "a", "role": "king"})).await;
        assert_eq!((refused.status, refused.key()), (400, "http.body.invalid"));
    }

    #[tokio::test]
    async fn no_token_lies_in_the_database() {
        let h = Harness::simulated().await;
        let invitation = crate::invite(&h.app, "a", Role::Officer, None, None).await.unwrap();
        let cookie = h.person(Role::Officer).await.cookie;
        let rows = h.app.store.fetch("SELECT * FROM identity_invitation", vec![]).await.unwrap();
        let sessions = h.app.store.fetch("SELECT * FROM identity_session", vec![]).await.unwrap();
        let stored = format!("{rows:?} {sessions:?}");
        assert!(!stored.contains(&invitation.token) && !stored.contains(cookie.split_once('=').unwrap().1));
        assert!(stored.contains(&crate::secret::hash_of(&invitation.token)));
    }
}
