//! Trust in a session, through the whole house: what asks for a verification, what ends a session, what is never stopped, and that an ordinary day
//! is not disturbed (ADR 0022).
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
use shouhu_identity::TrustSettings;
use shouhu_ids::{ActorId, Micros, UnitId};
use shouhu_module::{Access, Load, Route};
use shouhu_passkey::{Passkeys, SessionKey};
use shouhu_store::params;
use shouhu_wire::{NONCE_HEADER, PROOF_HEADER, PURPOSE_HEADER, Role};

const NOW: Micros = Micros(20_000 * Micros::DAY + 3 * Micros::HOUR);
const ORIGIN: &str = "http://localhost:8470";
const OFFICE: &str = "10.1.0.4";
const ELSEWHERE: &str = "192.0.2.66";
const THREAT: &str = "203.0.113.9";
const LISTS: &str = "[networks]\noffice = [\"10.1.0.0/16\"]\n[threats]\nnetworks = [\"203.0.113.0/24\"]\n";
const QUESTION: &str = "/v1/sightings?plate=ABC-1234";
const EXPORT: &str = "/v1/sightings/exports/01890000-0000-7000-8000-000000000000/file";
/// More than anybody asks in a minute with his own hands.
const FAST: usize = 31;
/// Far more than the five seconds in which a stream must end.
const STREAM_PATIENCE: Duration = Duration::from_secs(30);
const TRUST_KEYS: [&str; 3] = ["identity.step_up_required", "identity.restricted", "identity.trust_blocked"];

fn key(answer: &Answer) -> &str {
    answer.json.get("key").and_then(Value::as_str).unwrap_or_default()
}

struct World {
    house: House,
    clock: Arc<SimClock>,
}

/// Somebody at a browser of their own.
struct Browser<'a> {
    world: &'a World,
    actor: ActorId,
    cookie: String,
    key: SessionKey,
    passkeys: Passkeys,
}

fn request(method: &str, path: &str, from: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(PURPOSE_HEADER, "patrol");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let from: IpAddr = from.parse().unwrap();
    request.extension(ConnectInfo(SocketAddr::from((from, 4711)))).body(Body::from(body.to_owned())).unwrap()
}

impl World {
    async fn with(settings: &str) -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let env = Env { clock: clock.clone(), ..Env::real() };
        let house = House::open_in(MODULES, env).await;
        house.app.put(TrustSettings::parse(settings).unwrap());
        Self { house, clock }
    }

    async fn browser(&self, role: Role, seed: u8, from: &str) -> Browser<'_> {
        let (key, mut passkeys) = (SessionKey::new([seed; 32]).unwrap(), Passkeys::default());
        let invitation = shouhu_identity::invite(&self.house.app, role.as_str(), role, None, None).await.unwrap();
        let start = json!({ "token": invitation.token }).to_string();
        let started = self.house.answer(request("POST", "/v1/identity/enrol/start", from, &[], &start)).await;
        let credential = passkeys.create(&started.json["options"], ORIGIN, [seed; 32]).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential, "session_key": key.public() });
        let enrolled = self.house.answer(request("POST", "/v1/identity/enrol/finish", from, &[], &finish.to_string())).await;
        assert_eq!(enrolled.status, 200, "{}", enrolled.json);
        let cookie = enrolled.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Browser { world: self, actor: invitation.actor, cookie, key, passkeys }
    }

    /// The leaf of a stream is written when it opens.
    async fn is_streaming(&self) -> bool {
        self.house.app.audit.page(None, 50).await.unwrap().iter().any(|leaf| leaf.entry.action == "GET /v1/events")
    }

    /// What the log says about trust, newest first.
    async fn leaves(&self) -> Vec<String> {
        let leaves = self.house.app.audit.page(None, 200).await.unwrap();
        let security = leaves.into_iter().filter(|leaf| leaf.entry.class == "security").map(|leaf| leaf.entry.object);
        security.filter(|object| object.starts_with("trust in session")).collect()
    }
}

impl Browser<'_> {
    /// As a page does it: signed, and once more when the nonce had run out.
    async fn send(&self, method: &str, path: &str, from: &str, body: &str) -> Answer {
        loop {
            let proof = self.key.prove(method, path, body.as_bytes());
            let headers = [("cookie", self.cookie.as_str()), (PROOF_HEADER, proof.as_str())];
            let answer = self.world.house.answer(request(method, path, from, &headers, body)).await;
            if let Some(nonce) = answer.headers.get(NONCE_HEADER) {
                self.key.told(nonce.to_str().unwrap());
            }
            if self::key(&answer) != "identity.proof_stale" {
                return answer;
            }
        }
    }

    async fn get(&self, path: &str, from: &str) -> Answer {
        self.send("GET", path, from, "").await
    }

    async fn step_up(&self, from: &str) -> Answer {
        let started = self.send("POST", "/v1/session/step-up/start", from, "{}").await;
        assert_eq!(started.status, 200, "{}", started.json);
        let credential = self.passkeys.sign(&started.json["options"], ORIGIN).unwrap();
        let finish = json!({ "challenge_id": started.json["challenge_id"], "credential": credential });
        self.send("POST", "/v1/session/step-up/finish", from, &finish.to_string()).await
    }

    /// Puts a verdict in force as if it had just fallen.
    async fn fall_to(&self, verdict: &str) {
        let app = &self.world.house.app;
        let mut tx = app.store.begin().await.unwrap();
        let sql = "UPDATE identity_session SET trust_verdict = $2, trust_since_us = $3, trust_score = 50, trust_why = $4 WHERE actor = $1";
        let why = r#"{"reasons":[],"unknown":[]}"#;
        tx.execute(sql, params![self.actor, verdict, app.env.now(), why]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn who_changes_the_network_and_asks_fast_verifies_once_and_goes_on() {
    let world = World::with(LISTS).await;
    let detective = world.browser(Role::Detective, 1, OFFICE).await;
    // Signing in is a verification too, and what falls in its very instant is answered for by it.
    world.clock.advance_us(Micros::SECOND);
    let mut live = world.house.app.hub.listen();
    assert_eq!(detective.get(QUESTION, OFFICE).await.status, 200);
    assert_eq!(detective.get(QUESTION, ELSEWHERE).await.status, 200, "elsewhere alone asks for nothing");
    let mut asked = None;
    for _ in 0..FAST {
        let answer = detective.get(QUESTION, ELSEWHERE).await;
        if answer.status != 200 {
            asked = Some(answer);
            break;
        }
    }
    let asked = asked.unwrap();
    assert_eq!((asked.status, key(&asked)), (401, "identity.step_up_required"));
    let mine = detective.get("/v1/session/trust", ELSEWHERE).await;
    assert_eq!((mine.status, &mine.json["verdict"]), (200, &json!("step_up")));
    let codes: Vec<&str> = mine.json["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"address_out_of_listed"), "{codes:?}");
    assert_eq!(key(&detective.get(EXPORT, ELSEWHERE).await), "identity.step_up_required", "nor by the file");
    assert_eq!(detective.get("/v1/identity/me", ELSEWHERE).await.status, 200, "what tells of nobody goes on");

    let leaves = world.leaves().await;
    assert_eq!(leaves.len(), 1, "one change is one leaf: {leaves:?}");
    assert!(leaves[0].contains("at GET /v1/sightings: allow to step_up") && leaves[0].contains(ELSEWHERE) && leaves[0].contains("address_out_of_listed 25"), "{}", leaves[0]);
    world.house.settle().await;
    let told = std::iter::from_fn(|| live.try_recv().ok()).filter(|envelope| envelope.event.kind() == "trust_changed").count();
    assert_eq!(told, 1);

    world.clock.advance_us(Micros::SECOND);
    let verified = detective.step_up(ELSEWHERE).await;
    assert_eq!(verified.status, 200, "{}", verified.json);
    for _ in 0..FAST - 1 {
        let answer = detective.get(QUESTION, ELSEWHERE).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
    }
    assert!(world.leaves().await[0].contains("step_up to allow"));
}

#[tokio::test]
async fn a_verdict_lasts_until_a_verification_or_ten_calm_minutes() {
    let world = World::with(LISTS).await;
    let detective = world.browser(Role::Detective, 1, OFFICE).await;
    world.clock.advance_us(Micros::SECOND);
    detective.fall_to("restrict").await;
    assert_eq!(key(&detective.get(EXPORT, OFFICE).await), "identity.restricted");
    assert_eq!(key(&detective.get(QUESTION, OFFICE).await), "identity.step_up_required");
    world.clock.advance_us(9 * Micros::MINUTE);
    assert_eq!(key(&detective.get(QUESTION, OFFICE).await), "identity.step_up_required", "one good request opens nothing");
    world.clock.advance_us(Micros::MINUTE);
    assert_eq!(detective.get(QUESTION, OFFICE).await.status, 200);
    world.clock.advance_us(Micros::SECOND);
    detective.fall_to("restrict").await;
    assert_eq!(detective.step_up(OFFICE).await.status, 200);
    let open = detective.get(EXPORT, OFFICE).await;
    assert!(open.status == 404 && !TRUST_KEYS.contains(&key(&open)), "open again, and there is no such export: {}", open.json);
}

#[tokio::test]
async fn an_address_that_is_a_threat_ends_the_session_and_its_stream() {
    let world = World::with(LISTS).await;
    let detective = world.browser(Role::Detective, 1, OFFICE).await;
    assert_eq!(detective.get(QUESTION, OFFICE).await.status, 200);
    // The stream is of Life and opens from anywhere; it lives as long as its session.
    let stream = detective.get("/v1/events", OFFICE);
    let threat = async {
        while !world.is_streaming().await {
            tokio::task::yield_now().await;
        }
        let blocked = detective.get(QUESTION, THREAT).await;
        assert_eq!((blocked.status, key(&blocked)), (401, "identity.trust_blocked"));
    };
    let (ended, ()) = tokio::join!(tokio::time::timeout(STREAM_PATIENCE, stream), threat);
    assert_eq!(ended.unwrap().status, 200, "it was open, and has ended");
    assert_eq!(key(&detective.get("/v1/identity/me", OFFICE).await), "identity.session_required", "from the office too: the session is over");
    let leaves = world.leaves().await;
    assert!(leaves[0].contains("allow to block, ended") && leaves[0].contains("threat_listed 100"), "{leaves:?}");
}

fn lives() -> impl Iterator<Item = &'static Route> {
    let all = MODULES.iter().flat_map(|module| module.routes);
    all.filter(|route| route.load == Load::Life && matches!(route.access, Access::Session | Access::Permission(_)))
}

fn concrete(route: &Route) -> String {
    let parts = route.path.split('/').map(|part| if part.starts_with('{') { "01890000-0000-7000-8000-000000000000" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_saves_lives_passes_under_every_verdict() {
    let world = World::with(LISTS).await;
    let mut tried = 0;
    for (seed, verdict, from) in [(1, "step_up", OFFICE), (2, "restrict", OFFICE), (3, "block", THREAT)] {
        for (nth, role) in [Role::Officer, Role::Dispatcher].into_iter().enumerate() {
            let person = world.browser(role, seed * 10 + u8::try_from(nth).unwrap(), OFFICE).await;
            world.clock.advance_us(Micros::SECOND);
            person.fall_to(verdict).await;
            for route in lives().filter(|route| route.media != Some("text/event-stream")) {
                let body = if route.method.as_str() == "POST" { "{}" } else { "" };
                let answer = person.send(route.method.as_str(), &concrete(route), from, body).await;
                let name = format!("{} {} as {role:?} under {verdict}", route.method.as_str(), route.path);
                assert!(!TRUST_KEYS.contains(&key(&answer)) && key(&answer) != "identity.session_required", "{name}: {}", answer.json);
                tried += 1;
            }
        }
    }
    assert!(tried > 6 * 30, "only {tried} doors were tried");
}

#[tokio::test]
async fn a_session_that_may_be_needed_is_held_until_a_person_ends_it() {
    let world = World::with(LISTS).await;
    let operator = world.browser(Role::Operator, 1, OFFICE).await;
    let officer = world.browser(Role::Officer, 2, OFFICE).await;
    shouhu_identity::set_unit(&world.house.app, officer.actor, Some(world.house.app.env.id(UnitId::new))).await.unwrap();
    world.clock.advance_us(Micros::SECOND);
    // Any of their work that is not of Life; whichever it is, it is refused and the session goes on.
    let note = "/v1/oversight/questions";
    let held = officer.get(note, THREAT).await;
    assert_eq!((held.status, key(&held)), (403, "identity.restricted"), "{}", held.json);
    assert_eq!(officer.get("/v1/identity/me", THREAT).await.status, 200);
    assert_ne!(key(&officer.get("/v1/assignments/mine", THREAT).await), "identity.session_required");

    let state = operator.get("/v1/identity/trust", OFFICE).await;
    assert_eq!(state.status, 200, "{}", state.json);
    let session = &state.json["sessions"][0];
    assert_eq!((&session["verdict"], &session["is_held"], &session["score"]), (&json!("block"), &json!(true), &json!(0)));
    assert_eq!(session["why"]["reasons"][0]["code"], "threat_listed");
    let alert = &state.json["alerts"][0];
    assert_eq!((&alert["before"], &alert["came_from"], &alert["has_ended"]), (&json!("allow"), &json!(THREAT), &json!(false)));

    let end = format!("/v1/identity/trust/{}/end", session["session"].as_str().unwrap());
    assert_eq!(operator.send("POST", &end, OFFICE, "{}").await.status, 204);
    assert_eq!(key(&officer.get("/v1/assignments/mine", OFFICE).await), "identity.session_required", "a person has ended it");
    assert_eq!(operator.send("POST", &end, OFFICE, "{}").await.status, 404, "once");
}

#[tokio::test]
async fn whoever_signs_in_at_a_blocked_address_can_still_call_for_help_and_reads_nothing() {
    let world = World::with(LISTS).await;
    let detective = world.browser(Role::Detective, 1, THREAT).await;
    let officer = world.browser(Role::Officer, 2, THREAT).await;
    for _ in 0..2 {
        assert_eq!(key(&detective.get(QUESTION, THREAT).await), "identity.restricted");
        assert_eq!(detective.get("/v1/identity/me", THREAT).await.status, 200, "the session goes on");
    }
    let panic = officer.send("POST", "/v1/units/mine/panic", THREAT, "{}").await;
    assert!(!TRUST_KEYS.contains(&key(&panic)) && key(&panic) != "identity.session_required", "{}", panic.json);
    assert!(world.leaves().await.iter().all(|leaf| !leaf.contains("ended")), "held, not ended");
}

#[tokio::test]
async fn a_thief_with_a_copied_cookie_troubles_its_owner_with_nothing() {
    let world = World::with("").await;
    let detective = world.browser(Role::Detective, 1, OFFICE).await;
    for _ in 0..60 {
        let bare = request("GET", QUESTION, THREAT, &[("cookie", &detective.cookie)], "");
        assert_eq!(world.house.answer(bare).await.status, 401);
    }
    assert_eq!(detective.get(QUESTION, OFFICE).await.status, 200);
    assert!(world.leaves().await.is_empty());
}

#[tokio::test]
async fn a_house_that_only_watches_tells_and_refuses_nothing() {
    let world = World::with(&format!("is_enforced = false\n{LISTS}")).await;
    let detective = world.browser(Role::Detective, 1, OFFICE).await;
    for _ in 0..3 {
        assert_eq!(detective.get(QUESTION, THREAT).await.status, 200);
    }
    let leaves = world.leaves().await;
    assert_eq!(leaves.len(), 1, "{leaves:?}");
    assert!(leaves[0].contains("allow to block, score 0"), "{}", leaves[0]);
}

/// Eight hours of work, of which nothing is known but what every house knows: no list of networks, no roster, no place.
#[tokio::test]
async fn an_ordinary_day_of_eight_hours_is_refused_nothing() {
    let world = World::with("").await;
    let people = [
        world.browser(Role::Detective, 1, OFFICE).await,
        world.browser(Role::Dispatcher, 2, OFFICE).await,
        world.browser(Role::Officer, 3, "198.51.100.7").await,
    ];
    let (mut asked, mut refused) = (0, Vec::new());
    for turn in 0..96 {
        world.clock.advance_us(5 * Micros::MINUTE);
        for (nth, person) in people.iter().enumerate() {
            // The telephone's provider gives it another network each hour; a desk stays where it is.
            let from = if nth == 2 && turn / 12 % 2 == 1 { "198.18.7.9".to_owned() } else { [OFFICE, OFFICE, "198.51.100.7"][nth].to_owned() };
            let questions = if nth == 2 { 0 } else { 4 + turn % 9 };
            let work = (0..questions).map(|_| QUESTION).chain(["/v1/identity/me", "/v1/assignments/mine", "/v1/panics", "/v1/incident-kinds"]);
            for path in work {
                let answer = person.get(path, &from).await;
                asked += 1;
                if answer.status == 401 || TRUST_KEYS.contains(&key(&answer)) {
                    refused.push(format!("turn {turn}, person {nth}, {path}: {}", answer.json));
                }
            }
        }
    }
    assert!(asked > 2_000, "{asked}");
    assert!(refused.is_empty(), "{refused:?}");
    assert!(world.leaves().await.is_empty(), "nothing was even worth a word");
}
