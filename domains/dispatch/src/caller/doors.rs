//! Claims about the doors of a caller's page: what a stranger, a guesser and a crew get, and what is heard on the live stream.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_http::testing::{Answer, House};
use shouhu_module::{Caller, Module};
use shouhu_wire::{DeviceKind, Role};

use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// A call in a dispatcher's hand; the dispatcher and the call.
async fn in_hand(house: &House) -> (Caller, String) {
    let exchange = house.device_of("110 交換機", DeviceKind::Partner);
    let Caller::Device(device) = &exchange else { panic!("a partner is a device") };
    let named = json!({ "device": device.id, "title": "110 交換機" });
    let dispatcher = house.person(Role::Dispatcher);
    let Caller::Person(person) = &dispatcher else { panic!("a dispatcher is a person") };
    let asked = serde_json::from_value(named).unwrap();
    crate::ops::call_sources::keep(&house.app.store, &asked, person).await.unwrap_or_else(|e| panic!("{e:?}"));
    let rings = json!({ "ref": "a", "news": "ringing", "kind": "voice", "line": "110-3", "caller": "0912345678" });
    let call = text(&house.call(&exchange, "POST", "/v1/calls", rings).await.json, "/call").to_owned();
    assert_eq!(house.call(&dispatcher, "POST", &format!("/v1/calls/{call}/take"), json!({})).await.status, 200);
    (dispatcher, call)
}

/// As the page asks: nobody, with a token.
async fn page(house: &House, token: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    house.call_with(&Caller::Nobody, "POST", path, &[("authorization", &bearer)], body.to_string().into_bytes()).await
}

async fn token(house: &House, dispatcher: &Caller, call: &str) -> String {
    let made = house.call(dispatcher, "POST", &format!("/v1/calls/{call}/caller/link"), Value::Null).await;
    assert_eq!(made.status, 200, "{}", made.json);
    let (before, token) = text(&made.json, "/url").split_once("/c/#").unwrap();
    assert_eq!(before, "http://localhost:8470", "behind # nothing is sent to anybody");
    token.to_owned()
}

#[tokio::test]
async fn a_caller_agrees_shows_where_they_are_and_is_answered_without_an_account() {
    let house = House::open(MODULES).await;
    let (dispatcher, call) = in_hand(&house).await;
    let token = token(&house, &dispatcher, &call).await;
    let show = format!("/v1/calls/{call}/caller");
    let looked = page(&house, &token, "/v1/caller/look", json!({})).await;
    assert_eq!((looked.status, looked.json.get("is_agreed")), (200, Some(&json!(false))), "{}", looked.json);
    assert_eq!(page(&house, &token, "/v1/caller/agree", json!({})).await.status, 200);
    assert_eq!(page(&house, &token, "/v1/caller/share", json!({ "is_on": true })).await.status, 200);
    house.settle().await;
    let mut stream = house.app.hub.listen();
    let here = json!({ "position": { "lon": 120.2055, "lat": 22.9908 }, "accuracy_m": 12.5, "age_ms": 800 });
    assert_eq!(page(&house, &token, "/v1/caller/place", here).await.json, json!({ "is_kept": true }));
    let heard = stream.try_recv().unwrap();
    assert!(matches!(heard.event, Event::CallerChanged { is_place_only: true, .. }) && heard.seq == 0, "streamed, never stored");
    assert_eq!(page(&house, &token, "/v1/caller/words", json!({ "key": "k", "text": "我在廁所" })).await.status, 200);
    house.settle().await;
    assert!(matches!(stream.try_recv().unwrap().event, Event::CallerChanged { is_place_only: false, .. }));

    let seen = house.call(&dispatcher, "GET", &show, Value::Null).await.json;
    assert_eq!((text(&seen, "/link/state"), text(&seen, "/words/0/text")), ("sharing", "我在廁所"));
    assert_eq!(seen.pointer("/place/accuracy_m"), Some(&json!(12.5)));
    assert_eq!(seen.pointer("/place/position"), Some(&json!({ "lon": 120.2055, "lat": 22.9908 })));
    let live = house.call(&dispatcher, "GET", "/v1/callers", Value::Null).await.json;
    assert_eq!((text(&live, "/items/0/call"), live.pointer("/items/0/unread")), (call.as_str(), Some(&json!(1))));
    let answered = house.call(&dispatcher, "POST", &format!("{show}/answer"), json!({ "key": "a", "text": "請保持安靜" })).await;
    assert_eq!(answered.status, 200, "{}", answered.json);
    assert_eq!(house.call(&dispatcher, "POST", &format!("{show}/read"), json!({ "through": 1 })).await.status, 200);
    let looked = page(&house, &token, "/v1/caller/look", json!({ "after": 1 })).await.json;
    assert_eq!((text(&looked, "/words/0/text"), looked.get("read_through")), ("請保持安靜", Some(&json!(1))));

    let body = json!({ "origin": "call", "priority": 1, "kind": "fight", "summary": "有人闖入", "address": "", "position": null });
    let incident = text(&house.call(&dispatcher, "POST", "/v1/incidents", body).await.json, "/id").to_owned();
    let settled = json!({ "as": "incident", "incident": incident });
    assert_eq!(house.call(&dispatcher, "POST", &format!("/v1/calls/{call}/settle"), settled).await.status, 200);
    let colleague = house.person(Role::Supervisor);
    let callers = house.call(&colleague, "GET", &format!("/v1/incidents/{incident}/callers"), Value::Null).await.json;
    assert_eq!(text(&callers, "/items/0/words/0/text"), "我在廁所");
    assert_eq!(text(&house.call(&colleague, "GET", "/v1/callers", Value::Null).await.json, "/items/0/incident"), incident);
}

#[tokio::test]
async fn rubbish_for_a_token_or_a_message_is_refused_clearly_and_a_guesser_waits() {
    let house = House::open(MODULES).await;
    let (dispatcher, call) = in_hand(&house).await;
    let token = token(&house, &dispatcher, &call).await;
    let bare = house.call(&Caller::Nobody, "POST", "/v1/caller/look", json!({})).await;
    assert_eq!((bare.status, text(&bare.json, "/key")), (401, "dispatch.caller.unknown"));
    for rubbish in ["x", "../../etc", "%00", "' OR 1=1 --", &"y".repeat(7_000)] {
        let answer = page(&house, rubbish, "/v1/caller/look", json!({})).await;
        assert_eq!((answer.status, text(&answer.json, "/key")), (401, "dispatch.caller.unknown"), "{rubbish:.20}");
    }
    assert_eq!(page(&house, &token, "/v1/caller/agree", json!({})).await.status, 200);
    let large = page(&house, &token, "/v1/caller/words", json!({ "key": "k", "text": "救".repeat(1_000_000) })).await;
    assert_eq!((large.status, text(&large.json, "/key")), (413, "http.body.too_large"));
    let long = page(&house, &token, "/v1/caller/words", json!({ "key": "k", "text": "救".repeat(501) })).await;
    assert_eq!((long.status, text(&long.json, "/key")), (422, "dispatch.caller.too_long"));
    page(&house, &token, "/v1/caller/share", json!({ "is_on": true })).await;
    for (place, key) in [
        (json!({ "position": { "lon": 0, "lat": 0 }, "accuracy_m": 5, "age_ms": 0 }), "dispatch.position.outside"),
        (json!({ "position": { "lon": 120.2, "lat": 23 }, "accuracy_m": -5, "age_ms": 0 }), "dispatch.position.accuracy"),
        (json!({ "position": { "lon": 120.2, "lat": 23 }, "accuracy_m": 5, "age_ms": 86_400_000 }), "dispatch.caller.stale"),
        (json!({ "position": { "lon": 999, "lat": 23 }, "accuracy_m": 5, "age_ms": 0 }), "http.body.invalid"),
        (json!({ "position": "here" }), "http.body.invalid"),
    ] {
        let answer = page(&house, &token, "/v1/caller/place", place.clone()).await;
        assert_eq!(text(&answer.json, "/key"), key, "{place}");
    }
    let mut last = bare;
    for _ in 0..=shouhu_identity::FAILURES_PER_MINUTE_MAX {
        last = page(&house, "guess", "/v1/caller/look", json!({})).await;
    }
    // A minute may have begun in between; then it takes as many again.
    if last.status == 401 {
        for _ in 0..=shouhu_identity::FAILURES_PER_MINUTE_MAX {
            last = page(&house, "guess", "/v1/caller/look", json!({})).await;
        }
    }
    assert_eq!((last.status, text(&last.json, "/key")), (429, "dispatch.caller.too_many_tries"));
    assert!(last.headers.contains_key("retry-after"));
    assert_eq!(page(&house, &token, "/v1/caller/look", json!({})).await.status, 200, "who has a right one is not held up by a guesser");
}

#[tokio::test]
async fn crews_and_detectives_neither_make_links_nor_read_them_and_no_token_is_kept() {
    let house = House::open(MODULES).await;
    let (dispatcher, call) = in_hand(&house).await;
    let link = format!("/v1/calls/{call}/caller/link");
    for role in [Role::Officer, Role::Detective, Role::Auditor, Role::Operator] {
        let other = house.person(role);
        assert_eq!(house.call(&other, "POST", &link, Value::Null).await.status, 403, "{role:?}");
        assert_eq!(house.call(&other, "GET", &format!("/v1/calls/{call}/caller"), Value::Null).await.status, 403, "{role:?}");
    }
    let headers = [("idempotency-key", "one")];
    let made = house.call_with(&dispatcher, "POST", &link, &headers, Vec::new()).await;
    let token = text(&made.json, "/url").rsplit('#').next().unwrap().to_owned();
    let again = house.call_with(&dispatcher, "POST", &link, &headers, Vec::new()).await;
    assert_ne!(made.json.get("url"), again.json.get("url"), "no answer with a token is kept to be told again");
    let answer = page(&house, &token, "/v1/caller/look", json!({})).await;
    assert_eq!((answer.status, text(&answer.json, "/key")), (410, "dispatch.caller.revoked"));
    assert_eq!(house.call(&dispatcher, "GET", "/v1/incidents/01890000-0000-7000-8000-000000000000/callers", Value::Null).await.status, 404);
}
