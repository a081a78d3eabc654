//! Streams of signals that their receivers manage and come for: set up, narrowed, paused, tried and ended within what the file says, and two houses of which
//! one comes to the other (ADR 0024).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ActorId, Micros, UnitId};
use shouhu_module::Caller;
use shouhu_outgoing::Outgoing;
use shouhu_secevent::{AGE_MAX_S, ASSURANCE_LEVEL_CHANGE, Expected, Jwk, SESSION_REVOKED, Set, SetKey, SharedEvent, verify};
use shouhu_wire::Role;

use crate::signals::{HOUSE, NORTH, STREAM_PATIENCE, TOKEN, World, believes, disable, key, north, request, set, streams, tells};

const STREAM: &str = "/v1/signals/stream";
const STATUS: &str = "/v1/signals/stream/status";
const VERIFY: &str = "/v1/signals/stream/verify";
const POLL: &str = "/v1/signals/poll";

/// The file of an operator who lets one receiver come for its events.
fn comes(more: &str) -> String {
    format!("[[receiver]]\nname = \"south\"\ndelivery = \"poll\"\naud = \"{HOUSE}\"\ntoken_sha256 = \"{}\"\n{more}", shouhu_identity::token_hash(TOKEN))
}

async fn call_as(house: &House, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let bearer = format!("Bearer {token}");
    house.answer(request(method, path, &[("authorization", bearer.as_str()), ("content-type", "application/json")], bytes)).await
}

async fn call(house: &House, method: &str, path: &str, body: Value) -> Answer {
    call_as(house, TOKEN, method, path, &body).await
}

/// The id of a stream with everything that it may have.
async fn set_up(house: &House) -> String {
    let made = call(house, "POST", STREAM, json!({})).await;
    assert_eq!(made.status, 201, "{}", made.json);
    made.json["stream_id"].as_str().unwrap().to_owned()
}

async fn set_status(house: &House, id: &str, status: &str) {
    let said = call(house, "POST", STATUS, json!({ "stream_id": id, "status": status })).await;
    assert_eq!((said.status, &said.json["status"]), (200, &json!(status)), "{}", said.json);
}

async fn poll(house: &House, more: &Value) -> Value {
    let mut asked = json!({ "returnImmediately": true });
    for (name, value) in more.as_object().unwrap() {
        asked[name] = value.clone();
    }
    let answer = call(house, "POST", POLL, asked).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.json
}

fn names(answer: &Value) -> Vec<String> {
    answer["sets"].as_object().unwrap().keys().cloned().collect()
}

/// What a receiver reads who checks the signature by the key that the house publishes.
async fn read(house: &House, iss: &str, token: &Value) -> Set {
    let keys = house.call(&Caller::Nobody, "GET", "/v1/signals/jwks.json", Value::Null).await.json;
    let jwk: Jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
    let now_s = house.app.env.now().0 / Micros::SECOND;
    verify(token.as_str().unwrap(), &Expected { iss, aud: HOUSE, keys: &[SetKey::of(&jwk).unwrap()], now_s }).unwrap()
}

async fn account(house: &House, name: &str) -> ActorId {
    shouhu_identity::invite(&house.app, name, Role::Detective, None, None).await.unwrap().actor
}

async fn leaves(house: &House, action: &str) -> Vec<String> {
    let leaves = house.app.audit.page(None, 200).await.unwrap();
    leaves.into_iter().filter(|leaf| leaf.entry.action == action).map(|leaf| leaf.entry.object).collect()
}

#[tokio::test]
async fn a_house_says_where_streams_are_managed() {
    let world = World::open().await;
    let told = world.house.call(&Caller::Nobody, "GET", "/.well-known/ssf-configuration", Value::Null).await.json;
    let at = |path: &str| json!(format!("{HOUSE}{path}"));
    assert_eq!((&told["configuration_endpoint"], &told["status_endpoint"], &told["verification_endpoint"]), (&at(STREAM), &at(STATUS), &at(VERIFY)));
    assert_eq!(told["delivery_methods_supported"], json!(["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"]));
    assert_eq!((&told["default_subjects"], &told["authorization_schemes"][0]["spec_urn"]), (&json!("ALL"), &json!("urn:ietf:rfc:6750")));
}

#[tokio::test]
async fn a_receiver_narrows_its_stream_and_never_widens_it_and_each_change_is_on_the_log() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes("events = [\"session_revoked\"]\n"), house);
    assert_eq!(call(house, "GET", STREAM, Value::Null).await.json, json!([]));
    assert_eq!(key(&call(house, "POST", POLL, json!({})).await), "signals.stream.missing");
    assert_eq!(streams(house).await[0]["status"], Value::Null, "it has set up none");

    let made = call(house, "POST", STREAM, json!({ "events_requested": [SESSION_REVOKED, ASSURANCE_LEVEL_CHANGE, "urn:x"], "delivery": { "method": "urn:ietf:rfc:8936" } })).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!((&made.json["iss"], &made.json["aud"]), (&json!(HOUSE), &json!(HOUSE)));
    assert_eq!((&made.json["events_supported"], &made.json["events_delivered"]), (&json!([SESSION_REVOKED]), &json!([SESSION_REVOKED])), "no more than was agreed");
    assert_eq!(made.json["delivery"], json!({ "method": "urn:ietf:rfc:8936", "endpoint_url": format!("{HOUSE}{POLL}") }));
    let id = made.json["stream_id"].as_str().unwrap().to_owned();
    assert_eq!(key(&call(house, "POST", STREAM, json!({})).await), "signals.stream.exists");

    let one = format!("{STREAM}?stream_id={id}");
    assert_eq!(call(house, "GET", &one, Value::Null).await.json, made.json);
    assert_eq!(call(house, "GET", STREAM, Value::Null).await.json, json!([made.json]));
    let back = call(house, "PUT", STREAM, made.json.clone()).await;
    assert_eq!((back.status, &back.json), (200, &made.json), "read, and sent back");
    let described = call(house, "PATCH", STREAM, json!({ "stream_id": id, "description": "of the south" })).await;
    assert_eq!((&described.json["description"], &described.json["events_requested"]), (&json!("of the south"), &made.json["events_requested"]));
    let none = call(house, "PATCH", STREAM, json!({ "stream_id": id, "events_requested": [ASSURANCE_LEVEL_CHANGE] })).await;
    assert_eq!(none.json["events_delivered"], json!([]), "what it may not have is not delivered, whoever asks");
    let anew = call(house, "PUT", STREAM, json!({ "stream_id": id })).await;
    assert_eq!((&anew.json["description"], &anew.json["events_delivered"]), (&Value::Null, &json!([SESSION_REVOKED])));

    for (wrong, why) in [
        (json!({ "stream_id": id, "delivery": { "method": "urn:ietf:rfc:8935", "endpoint_url": "https://elsewhere.example/" } }), "signals.stream.not_agreed"),
        (json!({ "stream_id": id, "events_supported": [SESSION_REVOKED, ASSURANCE_LEVEL_CHANGE] }), "signals.stream.not_agreed"),
        (json!({ "stream_id": id, "aud": "https://elsewhere.example" }), "signals.stream.not_agreed"),
        (json!({ "stream_id": id, "description": "x".repeat(300) }), "signals.stream.unreadable"),
        (json!({ "stream_id": "another" }), "signals.stream.missing"),
    ] {
        for method in ["PATCH", "PUT"] {
            assert_eq!(key(&call(house, method, STREAM, wrong.clone()).await), why, "{method} {wrong}");
        }
    }
    assert_eq!(call(house, "GET", &one, Value::Null).await.json, anew.json, "what is refused changes nothing");
    assert_eq!(call(house, "DELETE", &format!("{STREAM}?stream_id=another"), Value::Null).await.status, 404);
    assert_eq!(call(house, "DELETE", &one, Value::Null).await.status, 204);
    assert_eq!(call(house, "GET", STREAM, Value::Null).await.json, json!([]));
    let leaves = leaves(house, "signal stream").await;
    assert_eq!(leaves.len(), 5, "set up, three changes, ended; what was sent back as it was changed nothing: {leaves:?}");
    assert!(leaves[3].ends_with(&format!("changed, asks for {SESSION_REVOKED}, {ASSURANCE_LEVEL_CHANGE}, and for 1 others")), "the list stays when another thing is said: {leaves:?}");
    assert!(leaves.iter().all(|leaf| leaf.starts_with("stream of south: ") && leaf.contains(&id)), "{leaves:?}");
}

#[tokio::test]
async fn what_changes_nothing_is_no_leaf_and_whoever_changes_too_much_waits() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    let id = set_up(house).await;
    for _ in 0..5 {
        set_status(house, &id, "enabled").await;
        for method in ["PATCH", "PUT"] {
            assert_eq!(call(house, method, STREAM, json!({ "stream_id": id })).await.status, 200);
        }
    }
    assert_eq!(leaves(house, "signal stream").await.len(), 1, "a stolen token fills no log with nothing");
    let described = async |text: usize| call(house, "PATCH", STREAM, json!({ "stream_id": id, "description": text.to_string() })).await;
    let mut last = described(0).await;
    let mut changes = 1;
    while last.status == 200 && changes < 100 {
        last = described(changes).await;
        changes += 1;
    }
    assert_eq!((last.status, key(&last), last.headers["retry-after"].to_str().unwrap()), (429, "signals.stream.restless", "3600"));
    assert_eq!((changes, leaves(house, "signal stream").await.len()), (60, 60), "the one that was refused is none");
    world.clock.advance_us(Micros::HOUR);
    assert_eq!(described(0).await.status, 200);
}

#[tokio::test]
async fn nobody_without_the_receivers_token_reads_or_changes_anything() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    let id = set_up(house).await;
    let named = json!({ "stream_id": id, "status": "disabled" });
    let doors = [("POST", STREAM), ("GET", STREAM), ("PATCH", STREAM), ("PUT", STREAM), ("DELETE", STREAM), ("GET", STATUS), ("POST", STATUS), ("POST", VERIFY), ("POST", POLL)];
    for (method, path) in doors {
        let target = if matches!(method, "GET" | "DELETE") { format!("{path}?stream_id={id}") } else { path.to_owned() };
        let body = if matches!(method, "GET" | "DELETE") { Value::Null } else { named.clone() };
        for token in ["", "another", "THE-TOKEN-OF-THE-STREAM"] {
            let refused = call_as(house, token, method, &target, &body).await;
            assert_eq!((refused.status, key(&refused)), (401, "signals.stream.authentication_failed"), "{method} {path}: {}", refused.json);
        }
    }
    let status = call(house, "GET", &format!("{STATUS}?stream_id={id}"), Value::Null).await;
    assert_eq!(status.json, json!({ "stream_id": id, "status": "enabled" }));
}

#[tokio::test]
async fn events_wait_until_they_are_acknowledged_come_again_until_then_and_are_told_to_nobody_before_there_is_a_stream() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    disable(house, account(house, "before").await).await;
    house.settle().await;
    let id = set_up(house).await;
    assert_eq!(names(&poll(house, &json!({})).await), Vec::<String>::new(), "what happened before is not told");

    let (first, second) = (account(house, "one").await, account(house, "two").await);
    for actor in [first, second] {
        world.clock.advance_us(Micros::SECOND);
        disable(house, actor).await;
        house.settle().await;
    }
    let given = poll(house, &json!({ "maxEvents": 1 })).await;
    assert_eq!((names(&given).len(), &given["moreAvailable"]), (1, &json!(true)), "{given}");
    let jti = names(&given)[0].clone();
    let told = read(house, HOUSE, &given["sets"][&jti]).await;
    assert_eq!((told.jti.as_str(), &told.happened.event), (jti.as_str(), &SharedEvent::SessionRevoked));
    assert!(format!("{:?}", told.subject).contains(&first.to_string()), "the oldest first: {told:?}");
    assert_eq!(names(&poll(house, &json!({ "maxEvents": 1 })).await), [jti.clone()], "again, until it is acknowledged");
    let silent = poll(house, &json!({ "maxEvents": 0 })).await;
    assert_eq!((names(&silent).len(), &silent["moreAvailable"]), (0, &json!(true)));

    let rest = poll(house, &json!({ "ack": [jti, "never told"] })).await;
    assert_eq!((names(&rest).len(), &rest["moreAvailable"]), (1, &json!(false)), "{rest}");
    let last = names(&rest)[0].clone();
    assert_ne!(last, jti);
    let refused = json!({ (last.clone()): { "err": "invalid_key", "description": "no such key" } });
    assert_eq!(names(&poll(house, &json!({ "setErrs": refused })).await).len(), 0);
    let seen = &streams(house).await[0];
    assert_eq!((&seen["delivery"], &seen["status"], &seen["waiting"], &seen["in_day"], &seen["not_taken"]), (&json!("poll"), &json!("enabled"), &json!(0), &json!(2), &json!(1)), "{seen}");
    assert!(seen["polled_at_us"].is_i64(), "{seen}");
    let ledger = house.call(&house.person(Role::Supervisor), "GET", "/v1/oversight/partners", Value::Null).await;
    assert!(ledger.json.to_string().contains("signals south"), "what left stands in the ledger of sharing: {}", ledger.json);

    disable(house, account(house, "three").await).await;
    house.settle().await;
    assert_eq!(call(house, "DELETE", &format!("{STREAM}?stream_id={id}"), Value::Null).await.status, 204);
    set_up(house).await;
    assert_eq!(names(&poll(house, &json!({})).await).len(), 0, "what waited for the old stream is not told on the new one");
}

#[tokio::test]
async fn a_question_waits_for_an_event_and_has_it_when_it_comes() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    set_up(house).await;
    let actor = account(house, "one").await;
    let waiting = tokio::time::timeout(STREAM_PATIENCE, call(house, "POST", POLL, json!({})));
    let happening = async {
        disable(house, actor).await;
        house.settle().await;
    };
    let (answered, ()) = tokio::join!(waiting, happening);
    let answered = answered.unwrap();
    assert_eq!((answered.status, names(&answered.json).len()), (200, 1), "{}", answered.json);
}

#[tokio::test]
async fn who_is_not_in_the_file_is_not_told_of() {
    let world = World::open().await;
    let house = &world.house;
    let (ours, other) = (account(house, "one").await, account(house, "two").await);
    set(&comes(&format!("people = [\"{ours}\"]\n")), house);
    set_up(house).await;
    disable(house, other).await;
    disable(house, ours).await;
    house.settle().await;
    let given = poll(house, &json!({})).await;
    assert_eq!(names(&given).len(), 1, "{given}");
    let told = read(house, HOUSE, &given["sets"][&names(&given)[0]]).await;
    assert!(format!("{:?}", told.subject).contains(&ours.to_string()), "{told:?}");
}

#[tokio::test]
async fn what_happens_while_a_stream_is_paused_waits_and_while_it_is_disabled_is_not_told() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    let id = set_up(house).await;
    let happens = async |name: &str| {
        world.clock.advance_us(Micros::SECOND);
        disable(house, account(house, name).await).await;
        house.settle().await;
    };
    let paused = call(house, "POST", STATUS, json!({ "stream_id": id, "status": "paused", "reason": "維護到中午" })).await;
    assert_eq!((paused.status, &paused.json["reason"]), (200, &json!("維護到中午")), "{}", paused.json);
    happens("one").await;
    assert_eq!(names(&poll(house, &json!({})).await).len(), 0);
    let seen = &streams(house).await[0];
    assert_eq!((&seen["status"], &seen["reason"], &seen["waiting"]), (&json!("paused"), &json!("維護到中午"), &json!(1)), "{seen}");
    assert_eq!(key(&call(house, "POST", VERIFY, json!({ "stream_id": id })).await), "signals.stream.not_enabled");
    set_status(house, &id, "enabled").await;
    assert_eq!(names(&poll(house, &json!({})).await).len(), 1, "it has waited");
    set_status(house, &id, "disabled").await;
    happens("two").await;
    set_status(house, &id, "enabled").await;
    assert_eq!(names(&poll(house, &json!({})).await).len(), 0, "neither what waited nor what happened meanwhile");
    let wrong = call(house, "POST", STATUS, json!({ "stream_id": id, "status": "perhaps" })).await;
    assert_eq!((wrong.status, key(&wrong)), (400, "http.body.invalid"));
}

#[tokio::test]
async fn a_trial_comes_with_its_state_once_a_minute_at_most() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes("events = []\n"), house);
    let id = set_up(house).await;
    let asked = json!({ "stream_id": id, "state": "a-state" });
    assert_eq!(call(house, "POST", VERIFY, asked.clone()).await.status, 204);
    let often = call(house, "POST", VERIFY, asked.clone()).await;
    assert_eq!((often.status, key(&often), often.headers["retry-after"].to_str().unwrap()), (429, "signals.stream.too_often", "60"));
    let given = poll(house, &json!({})).await;
    let told = read(house, HOUSE, &given["sets"][&names(&given)[0]]).await;
    assert_eq!(told.happened.event, SharedEvent::Verification { state: Some("a-state".into()) });
    assert!(format!("{:?}", told.subject).contains(&id), "it is about the stream: {told:?}");
    world.clock.advance_us(Micros::MINUTE);
    assert_eq!(call(house, "POST", VERIFY, asked).await.status, 204);
    assert_eq!(call(house, "POST", VERIFY, json!({ "stream_id": "another" })).await.status, 404);
}

#[tokio::test]
async fn what_nobody_comes_for_is_dropped_when_nobody_would_take_it_and_that_is_on_the_log() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    set_up(house).await;
    disable(house, account(house, "one").await).await;
    house.settle().await;
    assert_eq!(streams(house).await[0]["waiting"], 1);
    world.clock.advance_us(AGE_MAX_S * Micros::SECOND + 1);
    // By the job of the day, which waits while the clock is doubted: no question drops anything.
    assert_eq!(names(&poll(house, &json!({})).await).len(), 1);
    house.settle().await;
    assert_eq!(names(&poll(house, &json!({})).await).len(), 0);
    let leaves = leaves(house, "signal dropped").await;
    assert!(leaves.len() == 1 && leaves[0].starts_with("1 signals for south"), "{leaves:?}");
    let seen = &streams(house).await[0];
    assert!(seen["waiting"] == 0 && seen["not_taken"] == 1 && seen["last_outcome"].as_str().is_some_and(|said| said.starts_with("dropped")), "{seen}");
}

#[tokio::test]
async fn a_receiver_that_a_person_has_switched_off_is_given_nothing_and_not_later_either() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    let id = set_up(house).await;
    assert_eq!(call(house, "POST", VERIFY, json!({ "stream_id": id })).await.status, 204);
    assert_eq!(names(&poll(house, &json!({})).await).len(), 1);
    let off = house.call(&house.person(Role::Supervisor), "POST", "/v1/oversight/partners/signals%20south/off", json!({ "reason": "權杖外洩，停止提供" })).await;
    assert_eq!(off.status, 200, "{}", off.json);
    disable(house, account(house, "one").await).await;
    house.settle().await;
    assert_eq!(names(&poll(house, &json!({})).await).len(), 0);
    let seen = &streams(house).await[0];
    assert_eq!((&seen["waiting"], &seen["last_outcome"]), (&json!(0), &json!("oversight.sharing.off")), "{seen}");
}

#[tokio::test]
async fn rubbish_at_each_door_is_refused_with_a_reason_and_changes_nothing() {
    let world = World::open().await;
    let house = &world.house;
    set(&comes(""), house);
    let id = set_up(house).await;
    let before = call(house, "GET", STREAM, Value::Null).await.json;
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    for (method, path) in [("POST", STREAM), ("PATCH", STREAM), ("PUT", STREAM), ("POST", STATUS), ("POST", VERIFY), ("POST", POLL)] {
        for body in ["{", "null", "[]", "7", "\u{0}", "{\"stream_id\":7,\"ack\":7,\"delivery\":7}", "[[[[[[[["] {
            let refused = house.answer(request(method, path, &headers, body.into())).await;
            assert!((400..500).contains(&refused.status) && !key(&refused).is_empty(), "{method} {path} with {body:?}: {} {}", refused.status, refused.json);
        }
    }
    for wrong in [json!({ "ack": [""] }), json!({ "ack": ["a\nb"] }), json!({ "ack": vec!["a"; 201] }), json!({ "setErrs": { "a": { "err": "" } } })] {
        assert_eq!(key(&call(house, "POST", POLL, wrong.clone()).await), "signals.poll.unreadable", "{wrong}");
    }
    for wrong in [json!({ "maxEvents": -1 }), json!({ "maxEvents": 1.5 }), json!({ "setErrs": [] }), json!({ "returnImmediately": "yes" })] {
        assert_eq!(key(&call(house, "POST", POLL, wrong.clone()).await), "http.body.invalid", "{wrong}");
    }
    for path in [STATUS, "/v1/signals/stream/status?stream_id=%00", "/v1/signals/stream?stream_id="] {
        assert!((400..500).contains(&call(house, "GET", path, Value::Null).await.status), "{path}");
    }
    assert_eq!(call(house, "DELETE", STREAM, Value::Null).await.status, 400, "which one?");
    assert_eq!(call(house, "GET", STREAM, Value::Null).await.json, before);
    assert_eq!(before[0]["stream_id"], json!(id));
}

#[tokio::test]
async fn a_receiver_that_is_pushed_to_pauses_its_stream_and_has_later_what_waited() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let there = account(&north, "detective").await;
    let here = world.browser(Role::Detective, 1).await;
    set(&believes(NORTH, &north_key, false, &[(there.to_string(), here.actor)]), &world.house);
    let manages = format!("token_sha256 = \"{}\"\n", shouhu_identity::token_hash("manages"));
    set(&format!("{}{manages}", tells("south", world.house.listen().await)), &north);
    let as_south = async |method: &str, path: &str, body: Value| call_as(&north, "manages", method, path, &body).await;

    let made = as_south("POST", STREAM, json!({})).await;
    assert_eq!((made.status, &made.json["delivery"]["method"]), (201, &json!("urn:ietf:rfc:8935")), "{}", made.json);
    let id = made.json["stream_id"].as_str().unwrap();
    assert_eq!(key(&as_south("POST", POLL, json!({})).await), "signals.stream.pushed");
    assert_eq!(as_south("POST", STATUS, json!({ "stream_id": id, "status": "paused" })).await.status, 200);
    disable(&north, there).await;
    north.settle().await;
    assert_eq!(world.get(&here, "/v1/identity/me").await.status, 200);
    assert_eq!(streams(&north).await[0]["waiting"], 1);
    assert_eq!(as_south("POST", STATUS, json!({ "stream_id": id, "status": "enabled" })).await.status, 200);
    north.settle().await;
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
    let told = &streams(&north).await[0];
    assert_eq!((&told["waiting"], &told["last_outcome"], &told["not_taken"]), (&json!(0), &json!("taken"), &json!(0)), "{told}");

    world.clock.advance_us(Micros::SECOND);
    assert_eq!(as_south("POST", VERIFY, json!({ "stream_id": id, "state": "x" })).await.status, 204);
    north.settle().await;
    assert_eq!(world.streams().await[0]["last_event"], "verification");
}

/// The file of an operator who pushes to a receiver that manages its stream with the token that it is pushed by.
fn pushes(at: std::net::SocketAddr) -> String {
    format!("{}token_sha256 = \"{}\"\n", tells("south", at), shouhu_identity::token_hash(TOKEN))
}

#[tokio::test]
async fn another_partner_of_the_same_name_is_told_nothing_that_was_on_its_way_to_the_one_before() {
    let world = World::open().await;
    let house = &world.house;
    let file = tells("south", ([127, 0, 0, 1], 9).into());
    set(&file, house);
    disable(house, account(house, "one").await).await;
    house.settle().await;
    assert_eq!(streams(house).await[0]["not_taken"], 1, "it could not be told yet");
    set(&file.replace(HOUSE, "https://other.example"), house);
    world.clock.advance_us(2 * Micros::SECOND);
    house.settle().await;
    let seen = &streams(house).await[0];
    assert_eq!((&seen["last_outcome"], &seen["not_taken"]), (&json!("another partner has this name now"), &json!(1)), "{seen}");
    let jobs = shouhu_jobs::list(&house.app.store, None, 20).await.unwrap();
    let told: Vec<_> = jobs.iter().filter(|job| job.kind == "signals.deliver").map(|job| job.state).collect();
    assert_eq!(told, [shouhu_jobs::JobState::Done], "and it does not come again");
}

#[tokio::test]
async fn what_was_on_its_way_when_a_stream_was_disabled_says_so() {
    let world = World::open().await;
    let house = &world.house;
    set(&pushes(([127, 0, 0, 1], 9).into()), house);
    let id = set_up(house).await;
    disable(house, account(house, "one").await).await;
    house.settle().await;
    set_status(house, &id, "disabled").await;
    world.clock.advance_us(2 * Micros::SECOND);
    house.settle().await;
    let seen = &streams(house).await[0];
    assert_eq!(seen["last_outcome"], "the receiver has disabled its stream", "{seen}");
}

#[tokio::test]
async fn what_waited_for_a_receiver_that_came_is_pushed_once_the_file_says_so() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let there = account(&north, "detective").await;
    let here = world.browser(Role::Detective, 1).await;
    set(&believes(NORTH, &north_key, false, &[(there.to_string(), here.actor)]), &world.house);
    set(&comes(""), &north);
    set_up(&north).await;
    disable(&north, there).await;
    north.settle().await;
    assert_eq!(streams(&north).await[0]["waiting"], 1);
    set(&pushes(world.house.listen().await), &north);
    (shouhu_signals::MODULE.start)(north.app.clone()).await.unwrap();
    north.settle().await;
    let told = &streams(&north).await[0];
    assert_eq!((&told["waiting"], &told["last_outcome"]), (&json!(0), &json!("taken")), "{told}");
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
}

/// What the south's operator writes: whom it believes, and where it comes for what the north tells.
fn asks_north(at: std::net::SocketAddr, key: &Jwk, people: &[(String, ActorId)]) -> String {
    let polled = format!("[transmitter.poll]\nurl = \"http://{at}{POLL}\"\nstream = \"http://{at}{STREAM}\"\nverify = \"http://{at}{VERIFY}\"\ntoken = \"{TOKEN}\"\n");
    format!("{}{polled}", believes(NORTH, key, false, people))
}

#[tokio::test]
async fn one_house_comes_to_the_other_for_its_events_and_trust_falls_here_when_an_account_goes_there() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let (there, crew_there) = (account(&north, "detective").await, account(&north, "officer").await);
    let (here, crew_here) = (world.browser(Role::Detective, 1).await, world.browser(Role::Officer, 2).await);
    shouhu_identity::set_unit(&world.house.app, crew_here.actor, Some(world.house.app.env.id(UnitId::new))).await.unwrap();
    set(&comes(""), &north);
    let people = [(there.to_string(), here.actor), (crew_there.to_string(), crew_here.actor)];
    set(&asks_north(north.listen().await, &north_key, &people), &world.house);
    let south = &world.house.app;
    south.put(Outgoing::new(south.env.net.clone(), true).unwrap());

    assert_eq!(shouhu_signals::poll_once(south).await, 1, "its stream is made, and the trial comes");
    let seen = world.streams().await[0].clone();
    assert_eq!((&seen["delivery"], &seen["last_poll"], &seen["last_event"]), (&json!("poll"), &json!("answered"), &json!("verification")), "{seen}");
    assert!(seen["verified_at_us"].is_i64(), "{seen}");
    assert_eq!(streams(&north).await[0]["waiting"], 0, "what is done is acknowledged");

    world.clock.advance_us(Micros::SECOND);
    disable(&north, there).await;
    disable(&north, crew_there).await;
    north.settle().await;
    assert_eq!(world.get(&here, "/v1/identity/me").await.status, 200, "nobody has come for it yet");
    assert_eq!(shouhu_signals::poll_once(south).await, 2);
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
    let trust = world.house.call(&world.house.person(Role::Operator), "GET", "/v1/identity/trust", Value::Null).await.json;
    let held = &trust["sessions"][0];
    assert_eq!((&held["is_held"], &held["why"]["reasons"][0]["code"]), (&json!(true), &json!("told_by_transmitter")), "who crews a unit is held: {trust}");
    let told = &streams(&north).await[0];
    assert_eq!((&told["waiting"], &told["last_outcome"], &told["not_taken"]), (&json!(0), &json!("taken"), &json!(0)), "{told}");
    assert_eq!(leaves(&world.house, "signal heard").await.len(), 3);
    assert_eq!(shouhu_signals::poll_once(south).await, 0);
}

#[tokio::test]
async fn events_are_heard_while_the_page_of_the_stream_is_down_and_that_is_shown() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let there = account(&north, "detective").await;
    let here = world.browser(Role::Detective, 1).await;
    set(&comes(""), &north);
    set_up(&north).await;
    let asks = asks_north(north.listen().await, &north_key, &[(there.to_string(), here.actor)]);
    set(&asks.replace(&format!("{STREAM}\""), "/v1/nothing\""), &world.house);
    let south = &world.house.app;
    south.put(Outgoing::new(south.env.net.clone(), true).unwrap());
    disable(&north, there).await;
    north.settle().await;
    assert_eq!(shouhu_signals::poll_once(south).await, 1);
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
    let seen = &world.streams().await[0];
    assert!(seen["last_poll"].as_str().is_some_and(|why| why.starts_with("answered 405")), "{seen}");
}

#[tokio::test]
async fn what_cannot_be_believed_is_said_to_be_so_and_a_stream_that_is_gone_is_made_again() {
    let world = World::open().await;
    let (north, north_key) = north(&world.clock).await;
    let there = account(&north, "detective").await;
    let here = world.browser(Role::Detective, 1).await;
    set(&comes(""), &north);
    let at = north.listen().await;
    let another = shouhu_secevent::SetSigner::of(&[9; 32]).unwrap().public().clone();
    let people = [(there.to_string(), here.actor)];
    set(&asks_north(at, &another, &people), &world.house);
    let south = &world.house.app;
    south.put(Outgoing::new(south.env.net.clone(), true).unwrap());
    assert_eq!(shouhu_signals::poll_once(south).await, 1);
    let told = &streams(&north).await[0];
    assert!(told["last_outcome"].as_str().is_some_and(|why| why.starts_with("refused: invalid_key ")) && told["waiting"] == 0, "{told}");
    assert_eq!(world.streams().await[0]["verified_at_us"], Value::Null, "a trial that cannot be believed shows nothing");

    set(&asks_north(at, &north_key, &people), &world.house);
    let made = call(&north, "GET", STREAM, Value::Null).await.json;
    let path = format!("{STREAM}?stream_id={}", made[0]["stream_id"].as_str().unwrap());
    assert_eq!(call(&north, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(shouhu_signals::poll_once(south).await, 0);
    assert_eq!(world.streams().await[0]["last_poll"], "answered 404 signals.stream.missing");
    assert_eq!(shouhu_signals::poll_once(south).await, 1, "the next time it is made, and tried");
    disable(&north, there).await;
    north.settle().await;
    assert_eq!(shouhu_signals::poll_once(south).await, 1);
    assert_eq!(key(&world.get(&here, "/v1/identity/me").await), "identity.session_required");
}
