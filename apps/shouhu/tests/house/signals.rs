//! Signals about accounts, through the whole house: what an identity provider tells takes effect or is refused, who may be needed is held, and two houses
//! tell each other (ADR 0024).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, Micros, UnitId};
use shouhu_module::Caller;
use shouhu_outgoing::Outgoing;
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_secevent::{AGE_MAX_S, Change, Happened, Jwk, MEDIA, SET_BYTES_MAX, Set, SetSigner, SharedEvent, Subject, SubjectId};
use shouhu_signals::SignalSettings;
use shouhu_wire::{NONCE_HEADER, PROOF_HEADER, PURPOSE_HEADER, Role};

const NOW: Micros = Micros(20_000 * Micros::DAY + 3 * Micros::HOUR);
/// Of the house that listens.
pub const HOUSE: &str = "http://localhost:8470";
const IDP: &str = "https://idp.example";
pub const NORTH: &str = "https://north.example";
pub const TOKEN: &str = "the-token-of-the-stream";
const PUSH: &str = "/v1/signals/events";
const QUESTION: &str = "/v1/sightings?plate=ABC-1234";
pub const STREAM_PATIENCE: Duration = Duration::from_secs(30);

pub fn key(answer: &Answer) -> &str {
    answer.json.get("key").and_then(Value::as_str).unwrap_or_default()
}

/// The file of an operator who believes one transmitter.
pub fn believes(iss: &str, key: &Jwk, may_end: bool, people: &[(String, ActorId)]) -> String {
    let people: String = people.iter().map(|(name, actor)| format!("\"{name}\" = \"{actor}\"\n")).collect();
    let hash = shouhu_identity::token_hash(TOKEN);
    format!(
        "[[transmitter]]\nname = \"idp\"\niss = \"{iss}\"\ntoken_sha256 = \"{hash}\"\nsubject = \"iss_sub\"\nmay_end = {may_end}\n\
         [[transmitter.key]]\nkid = \"{}\"\nkty = \"EC\"\ncrv = \"P-256\"\nx = \"{}\"\ny = \"{}\"\n[transmitter.people]\n{people}",
        key.kid, key.x, key.y
    )
}

pub fn tells(name: &str, to: SocketAddr) -> String {
    format!("[[receiver]]\nname = \"{name}\"\nurl = \"http://{to}{PUSH}\"\naud = \"{HOUSE}\"\ntoken = \"{TOKEN}\"\n")
}

pub fn set(settings: &str, house: &House) {
    house.app.put(SignalSettings::parse(settings).unwrap());
}

pub struct World {
    pub house: House,
    pub clock: Arc<SimClock>,
    idp: SetSigner,
}

pub struct Browser {
    pub actor: ActorId,
    cookie: String,
    key: SessionKey,
    passkeys: Passkeys,
}

impl World {
    pub async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        Self { house, clock, idp: SetSigner::of(&[7; 32]).unwrap() }
    }

    /// The provider knows a person as `P-` and the seed of their browser.
    fn believe(&self, may_end: bool, people: &[(u8, &Browser)]) {
        let people: Vec<(String, ActorId)> = people.iter().map(|(seed, browser)| (format!("P-{seed}"), browser.actor)).collect();
        set(&believes(IDP, self.idp.public(), may_end, &people), &self.house);
    }

    pub async fn browser(&self, role: Role, seed: u8) -> Browser {
        let (key, mut passkeys) = (SessionKey::new([seed; 32]).unwrap(), Passkeys::default());
        let invitation = shouhu_identity::invite(&self.house.app, role.as_str(), role, None, None).await.unwrap();
        let post = async |path: &str, body: Value| self.house.answer(request("POST", path, &[], body.to_string().into_bytes())).await;
        let started = post("/v1/identity/enrol/start", json!({ "token": invitation.token })).await;
        let credential = passkeys.create(&started.json["options"], HOUSE, [seed; 32]).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential, "session_key": key.public() });
        let enrolled = post("/v1/identity/enrol/finish", finish).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.json);
        let cookie = enrolled.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        self.clock.advance_us(Micros::SECOND);
        Browser { actor: invitation.actor, cookie, key, passkeys }
    }

    /// As a page does it: signed, and once more when the nonce had run out.
    async fn send(&self, browser: &Browser, method: &str, path: &str, body: &str) -> Answer {
        loop {
            let proof = browser.key.prove(method, path, body.as_bytes());
            let headers = [("cookie", browser.cookie.as_str()), (PROOF_HEADER, proof.as_str())];
            let answer = self.house.answer(request(method, path, &headers, body.as_bytes().to_vec())).await;
            if let Some(nonce) = answer.headers.get(NONCE_HEADER) {
                browser.key.told(nonce.to_str().unwrap());
            }
            if key(&answer) != "identity.proof_stale" {
                return answer;
            }
        }
    }

    pub async fn get(&self, browser: &Browser, path: &str) -> Answer {
        self.send(browser, "GET", path, "").await
    }

    fn set_about(&self, jti: &str, seed: u8, event: SharedEvent) -> Set {
        let sub = format!("P-{seed}");
        Set {
            iss: IDP.into(),
            aud: vec![HOUSE.into()],
            jti: jti.into(),
            iat_s: self.house.app.env.now().0 / Micros::SECOND,
            subject: Subject::user(SubjectId::IssSub { iss: IDP.into(), sub }),
            happened: Happened { event, at_s: None, by: None },
        }
    }

    async fn push_as(&self, media: &str, token: &str, body: impl Into<Vec<u8>>) -> Answer {
        let bearer = format!("Bearer {token}");
        self.house.answer(request("POST", PUSH, &[("content-type", media), ("authorization", &bearer)], body.into())).await
    }

    async fn push(&self, set: &Set) -> Answer {
        self.push_as(MEDIA, TOKEN, set.signed(&self.idp)).await
    }

    async fn leaves(&self) -> Vec<String> {
        let leaves = self.house.app.audit.page(None, 200).await.unwrap();
        leaves.into_iter().filter(|leaf| leaf.entry.action == "signal heard").map(|leaf| leaf.entry.object).collect()
    }

    pub async fn streams(&self) -> Value {
        streams(&self.house).await
    }
}

pub async fn streams(house: &House) -> Value {
    let answer = house.call(&house.person(Role::Auditor), "GET", "/v1/signals/streams", Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.json["items"].clone()
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(PURPOSE_HEADER, "patrol");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let from: IpAddr = "10.1.0.4".parse().unwrap();
    request.extension(ConnectInfo(SocketAddr::from((from, 4711)))).body(Body::from(body)).unwrap()
}

fn credential_change() -> SharedEvent {
    SharedEvent::CredentialChange { credential: "fido2-roaming".into(), change: Change::Revoke }
}

#[tokio::test]
async fn a_revocation_from_outside_ends_the_session_and_its_stream_and_stands_in_the_log() {
    let world = World::open().await;
    let (detective, other) = (world.browser(Role::Detective, 1).await, world.browser(Role::Detective, 2).await);
    world.believe(false, &[(1, &detective), (2, &other)]);
    let stream = world.get(&detective, "/v1/events");
    let revoke = async {
        while !world.house.app.audit.page(None, 50).await.unwrap().iter().any(|leaf| leaf.entry.action == "GET /v1/events") {
            tokio::task::yield_now().await;
        }
        world.push(&world.set_about("a", 1, SharedEvent::SessionRevoked)).await
    };
    let (ended, pushed) = tokio::join!(tokio::time::timeout(STREAM_PATIENCE, stream), revoke);
    assert_eq!((pushed.status, pushed.bytes.len()), (202, 0), "{}", pushed.json);
    assert_eq!(ended.unwrap().status, 200, "it was open, and has ended");
    assert_eq!(key(&world.get(&detective, "/v1/identity/me").await), "identity.session_required");
    assert_eq!(world.get(&other, "/v1/identity/me").await.status, 200, "nobody else's");
    let leaves = world.leaves().await;
    assert_eq!(leaves.len(), 1, "{leaves:?}");
    assert!(leaves[0].contains("session_revoked from idp, jti a") && leaves[0].contains(&detective.actor.to_string()), "{}", leaves[0]);
    let heard = &world.streams().await[0];
    assert_eq!((&heard["direction"], &heard["last_event"], &heard["last_outcome"]), (&json!("in"), &json!("session_revoked"), &json!("heeded")));
}

#[tokio::test]
async fn who_crews_a_unit_is_held_until_he_leaves_it_and_ended_at_once_only_by_who_may() {
    let world = World::open().await;
    let officer = world.browser(Role::Officer, 1).await;
    let crew = |unit| shouhu_identity::set_unit(&world.house.app, officer.actor, unit);
    crew(Some(world.house.app.env.id(UnitId::new))).await.unwrap();
    world.believe(false, &[(1, &officer)]);
    assert_eq!(world.push(&world.set_about("a", 1, SharedEvent::SessionRevoked)).await.status, 202);

    let state = world.house.call(&world.house.person(Role::Operator), "GET", "/v1/identity/trust", Value::Null).await.json;
    let held = &state["sessions"][0];
    assert_eq!((&held["is_held"], &held["why"]["reasons"][0]["code"]), (&json!(true), &json!("told_by_transmitter")), "operators see it at once: {state}");
    assert_eq!(key(&world.get(&officer, "/v1/oversight/questions").await), "identity.restricted");
    assert_ne!(key(&world.get(&officer, "/v1/assignments/mine").await), "identity.session_required", "his orders go on");

    crew(None).await.unwrap();
    assert_eq!(key(&world.get(&officer, "/v1/identity/me").await), "identity.trust_blocked", "nobody needs it any more");
    assert_eq!(key(&world.get(&officer, "/v1/identity/me").await), "identity.session_required");

    let other = world.browser(Role::Officer, 2).await;
    shouhu_identity::set_unit(&world.house.app, other.actor, Some(world.house.app.env.id(UnitId::new))).await.unwrap();
    world.believe(true, &[(2, &other)]);
    assert_eq!(world.push(&world.set_about("b", 2, SharedEvent::SessionRevoked)).await.status, 202);
    assert_eq!(key(&world.get(&other, "/v1/assignments/mine").await), "identity.session_required");
}

#[tokio::test]
async fn a_changed_credential_asks_for_the_key_once_and_the_same_token_again_for_nothing() {
    let world = World::open().await;
    let detective = world.browser(Role::Detective, 1).await;
    world.believe(true, &[(1, &detective)]);
    assert_eq!(world.get(&detective, QUESTION).await.status, 200);
    let told = world.set_about("a", 1, credential_change());
    assert_eq!(world.push(&told).await.status, 202);
    assert_eq!(key(&world.get(&detective, QUESTION).await), "identity.step_up_required");
    world.clock.advance_us(Micros::SECOND);

    let started = world.send(&detective, "POST", "/v1/session/step-up/start", "{}").await;
    let credential = detective.passkeys.sign(&started.json["options"], HOUSE).unwrap();
    let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential });
    assert_eq!(world.send(&detective, "POST", "/v1/session/step-up/finish", &finish.to_string()).await.status, 200);
    assert_eq!(world.get(&detective, QUESTION).await.status, 200);

    assert_eq!(world.push(&told).await.status, 202, "heard is heard");
    assert_eq!(world.get(&detective, QUESTION).await.status, 200);
    assert_eq!((world.leaves().await.len(), &world.streams().await[0]["in_day"]), (1, &json!(1)));
}

#[tokio::test]
async fn what_is_not_to_be_believed_is_refused_in_the_words_of_the_standard_and_changes_nothing() {
    let world = World::open().await;
    let detective = world.browser(Role::Detective, 1).await;
    world.believe(true, &[(1, &detective)]);
    let good = world.set_about("a", 1, SharedEvent::SessionRevoked);
    let stranger = SetSigner::of(&[9; 32]).unwrap();
    let signed = |set: Set| set.signed(&world.idp);
    let now_s = good.iat_s;
    let cases = [
        ("authentication_failed", MEDIA, "another token", signed(good.clone())),
        ("invalid_request", "application/json", TOKEN, signed(good.clone())),
        ("invalid_request", MEDIA, TOKEN, "rubbish".to_owned()),
        ("invalid_request", MEDIA, TOKEN, signed(Set { iat_s: now_s - AGE_MAX_S - 1, ..good.clone() })),
        ("invalid_request", MEDIA, TOKEN, signed(Set { iat_s: now_s + 3_600, ..good.clone() })),
        ("invalid_key", MEDIA, TOKEN, good.signed(&stranger)),
        ("invalid_issuer", MEDIA, TOKEN, signed(Set { iss: NORTH.into(), ..good.clone() })),
        ("invalid_audience", MEDIA, TOKEN, signed(Set { aud: vec![NORTH.into()], ..good.clone() })),
    ];
    for (err, media, token, body) in cases {
        let refused = world.push_as(media, token, body).await;
        assert_eq!((refused.status, &refused.json["err"]), (400, &json!(err)), "{}", refused.json);
        assert!(refused.json["description"].as_str().is_some_and(|text| text.len() > 10), "{}", refused.json);
        assert_eq!(refused.headers["content-type"], "application/json");
    }
    let long = world.push_as(MEDIA, TOKEN, vec![b'x'; SET_BYTES_MAX + 1]).await;
    assert_eq!((long.status, key(&long)), (413, "http.body.too_large"));
    let mut flipped = good.signed(&world.idp).into_bytes();
    let last = flipped.len() - 10;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    assert_eq!(world.push_as(MEDIA, TOKEN, flipped).await.json["err"], "invalid_key");
    assert_eq!(world.get(&detective, "/v1/identity/me").await.status, 200);
    assert!(world.leaves().await.is_empty());
    assert_eq!(world.push(&good).await.status, 202, "none of them has used its name up");
}

#[tokio::test]
async fn a_signal_about_nobody_here_and_a_trial_of_the_stream_are_taken_and_do_nothing() {
    let world = World::open().await;
    let detective = world.browser(Role::Detective, 1).await;
    world.believe(true, &[(1, &detective)]);
    assert_eq!(world.push(&world.set_about("a", 2, SharedEvent::SessionRevoked)).await.status, 202, "no oracle for who works here");
    assert_eq!(world.streams().await[0]["last_outcome"], "unknown_subject");
    world.clock.advance_us(Micros::SECOND);
    assert_eq!(world.push(&world.set_about("b", 1, SharedEvent::Verification { state: Some("x".into()) })).await.status, 202);
    assert_eq!(world.streams().await[0]["last_outcome"], "no_act");
    assert_eq!(world.get(&detective, "/v1/identity/me").await.status, 200);
    assert_eq!(world.leaves().await.len(), 2);
    world.clock.advance_us(6 * Micros::MINUTE);
    let later = world.browser(Role::Detective, 3).await;
    world.believe(true, &[(3, &later)]);
    let before = Set { iat_s: NOW.0 / Micros::SECOND, ..world.set_about("c", 3, SharedEvent::SessionRevoked) };
    assert_eq!(world.push(&before).await.status, 202);
    assert_eq!(world.get(&later, "/v1/identity/me").await.status, 200, "who signed in after it is somebody else's matter");
}

/// A house in the north that may call this machine, with its public key as anybody reads it.
pub async fn north(clock: &Arc<SimClock>) -> (House, Jwk) {
    let env = Env { clock: clock.clone(), ..Env::real() };
    let house = House::open_as(MODULES, env, |app| app.public_url = NORTH.into()).await;
    house.app.put(Outgoing::new(house.app.env.net.clone(), true).unwrap());
    let told = house.call(&Caller::Nobody, "GET", "/.well-known/ssf-configuration", Value::Null).await.json;
    assert_eq!((&told["issuer"], &told["spec_version"]), (&json!(NORTH), &json!("1_0")));
    let path = told["jwks_uri"].as_str().unwrap().strip_prefix(NORTH).unwrap().to_owned();
    let keys = house.call(&Caller::Nobody, "GET", &path, Value::Null).await.json;
    (house, serde_json::from_value(keys["keys"][0].clone()).unwrap())
}

pub async fn disable(house: &House, actor: ActorId) {
    let disabled = house.call(&house.person(Role::Operator), "POST", &format!("/v1/identity/actors/{actor}/disable"), json!({})).await;
    assert_eq!(disabled.status, 204, "{}", disabled.json);
}

#[tokio::test]
async fn an_account_that_one_house_takes_away_loses_its_sessions_in_the_other_which_tells_nobody_on() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let there = shouhu_identity::invite(&north.app, "detective", Role::Detective, None, None).await.unwrap().actor;
    let here = world.browser(Role::Detective, 1).await;
    let at = world.house.listen().await;
    // Each tells the other; what the south was told stays there.
    let people = [(there.to_string(), here.actor)];
    set(&format!("{}{}", believes(NORTH, &north_key, false, &people), tells("north", at)), &world.house);
    set(&tells("south", at), &north);

    disable(&north, there).await;
    north.settle().await;
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
    let told = &streams(&north).await[0];
    assert_eq!((&told["direction"], &told["last_event"]), (&json!("out"), &json!("session_revoked")));
    assert_eq!((&told["last_outcome"], &told["not_taken"]), (&json!("taken"), &json!(0)), "{told}");
    world.house.settle().await;
    let streams_here = world.streams().await;
    assert_eq!((&streams_here[0]["last_outcome"], &streams_here[1]["in_day"]), (&json!("heeded"), &json!(0)), "{streams_here}");
    disable(&north, there).await;
    north.settle().await;
    assert_eq!(streams(&north).await[0]["in_day"], 1, "it was taken away once");

    let operator = north.person(Role::Operator);
    let device = north.call(&operator, "POST", "/v1/devices", json!({ "name": "手機", "kind": "fixed_camera" })).await.json;
    let revoke = format!("/v1/devices/{}/revoke", device["device"].as_str().unwrap());
    assert_eq!(north.call(&operator, "POST", &revoke, json!({})).await.status, 204);
    world.clock.advance_us(Micros::SECOND);
    north.settle().await;
    assert_eq!(streams(&north).await[0]["in_day"], 2);
    assert_eq!(world.streams().await[0]["last_event"], "device_compliance_change", "nobody's here, and taken");
}

#[tokio::test]
async fn what_is_not_taken_waits_with_its_reason_and_comes_again() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let there = shouhu_identity::invite(&north.app, "detective", Role::Detective, None, None).await.unwrap().actor;
    let here = world.browser(Role::Detective, 1).await;
    set(&tells("south", world.house.listen().await), &north);
    disable(&north, there).await;
    north.settle().await;
    let told = &streams(&north).await[0];
    let why = told["last_outcome"].as_str().unwrap();
    assert!(why.starts_with("answered 400 authentication_failed") && told["not_taken"] == 1, "{told}");
    let jobs = shouhu_jobs::list(&north.app.store, None, 20).await.unwrap();
    let job = jobs.iter().find(|job| job.kind == "signals.deliver").unwrap();
    assert_eq!((job.state, job.last_error.as_deref()), (shouhu_jobs::JobState::Waiting, Some(why)));

    set(&believes(NORTH, &north_key, false, &[(there.to_string(), here.actor)]), &world.house);
    world.clock.advance_us(2 * Micros::SECOND);
    north.settle().await;
    assert_eq!(streams(&north).await[0]["not_taken"], 0);
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
}

#[tokio::test]
async fn a_stream_that_a_person_has_switched_off_is_refused() {
    let world = World::open().await;
    let detective = world.browser(Role::Detective, 1).await;
    world.believe(true, &[(1, &detective)]);
    assert_eq!(world.push(&world.set_about("a", 1, SharedEvent::Verification { state: None })).await.status, 202);
    let chief = world.house.person(Role::Supervisor);
    let off = world.house.call(&chief, "POST", "/v1/oversight/partners/signals%20idp/off", json!({ "reason": "金鑰外洩，停止收受" })).await;
    assert_eq!(off.status, 200, "{}", off.json);
    let refused = world.push(&world.set_about("b", 1, SharedEvent::SessionRevoked)).await;
    assert_eq!((refused.status, &refused.json["err"]), (400, &json!("access_denied")));
    assert_eq!(world.get(&detective, "/v1/identity/me").await.status, 200);
}
