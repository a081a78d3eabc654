//! Claims about the routes: two people, the public, and who lies in an area.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_exchange::cap::{Alert, MsgType, Status};
use shouhu_http::testing::House;
use shouhu_ids::{DeviceId, IncidentId, Micros, UnitId};
use shouhu_module::ports::{OnTheMap, OnTheMapPort, PartnerKeys, PartnerKeysPort, PlacedIncident, PlacedUnit};
use shouhu_module::{Caller, Module, Problem};
use shouhu_place::Wgs84;
use shouhu_wire::{DeviceKind, Role};

use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

const TYPHOON: &[u8] = include_bytes!("../../../base/exchange/tests/samples/cap_typhoon.xml");

/// One incident and one unit in the polygon of the typhoon, one of each outside.
struct Few;

impl OnTheMap for Few {
    fn incidents(&self) -> BoxFuture<'static, Result<Vec<PlacedIncident>, Problem>> {
        let incident = |n: u8, lon| PlacedIncident {
            id: IncidentId::new(Micros(1), [n; 16]),
            number: format!("115-1121-000{n}"),
            kind: "noise".into(),
            position: Wgs84::new(lon, 23.0).unwrap(),
        };
        Box::pin(async move { Ok(vec![incident(1, 120.1), incident(2, 121.5)]) })
    }

    fn units(&self) -> BoxFuture<'static, Result<Vec<PlacedUnit>, Problem>> {
        let unit = |n: u8, lon| PlacedUnit {
            id: UnitId::new(Micros(1), [n; 16]),
            call_sign: format!("安平 {n}"),
            position: Wgs84::new(lon, 23.0).unwrap(),
            measured_at: None,
        };
        Box::pin(async move { Ok(vec![unit(1, 120.1), unit(2, 121.5)]) })
    }
}

struct OnlyCwa;

impl PartnerKeys for OnlyCwa {
    fn speaks_for(&self, _: DeviceId, domain: String) -> BoxFuture<'static, Result<bool, Problem>> {
        Box::pin(async move { Ok(domain == "cwa.example") })
    }
}

fn draft(house: &House, kind: &str, earlier: Value) -> Value {
    json!({
        "kind": kind,
        "earlier": earlier,
        "status": "Actual",
        "category": "Transport",
        "response": "Avoid",
        "urgency": "Immediate",
        "severity": "Moderate",
        "certainty": "Observed",
        "expires_at_us": house.app.env.now().plus(Micros::HOUR).0,
        "texts": [
            { "language": "en-US", "event": "Road closure", "headline": "Zhongzheng Road is closed" },
            { "language": "zh-TW", "event": "封路", "headline": "中正路 <全線> 封閉", "instruction": "請改道" }
        ],
        "area": { "description": "永康區", "polygons": [[
            { "lon": 120.24, "lat": 23.02 }, { "lon": 120.26, "lat": 23.02 }, { "lon": 120.26, "lat": 23.04 }
        ]], "circles": [{ "centre": { "lon": 120.3, "lat": 23.0 }, "radius_m": 500.0 }] }
    })
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

async fn drafted(house: &House, by: &Caller, body: Value) -> String {
    let answer = house.call(by, "POST", "/v1/warnings/drafts", body).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    text(&answer.json, "/id")
}

#[tokio::test]
async fn a_warning_of_ours_is_public_only_after_a_second_person_has_issued_it() {
    let house = House::open(MODULES).await;
    let (first, second) = (house.person(Role::Supervisor), house.person(Role::Supervisor));
    let id = drafted(&house, &first, draft(&house, "alert", Value::Null)).await;
    let public = format!("/v1/warnings/{id}/cap.xml");
    let issue = format!("/v1/warnings/{id}/issue");
    assert_eq!(house.call(&Caller::Nobody, "GET", &public, Value::Null).await.status, 404);
    let alone = house.call(&first, "POST", &issue, Value::Null).await;
    assert_eq!((alone.status, text(&alone.json, "/key")), (409, "warnings.issue.same_person".into()));
    assert_eq!(house.call(&house.person(Role::Dispatcher), "POST", &issue, Value::Null).await.status, 403);

    let issued = house.call(&second, "POST", &issue, Value::Null).await;
    assert_eq!((issued.status, text(&issued.json, "/state")), (200, "in_force".into()), "{}", issued.json);
    let again = house.call(&second, "POST", &issue, Value::Null).await;
    assert_eq!((again.status, text(&again.json, "/key")), (409, "warnings.issue.no_draft".into()));
    let answer = house.call(&Caller::Nobody, "GET", &public, Value::Null).await;
    let alert = Alert::read(&answer.bytes).unwrap();
    assert_eq!((alert.status, alert.msg_type, alert.sender.as_str()), (Status::Actual, MsgType::Alert, "warnings@localhost"));
    let info = alert.infos.first().unwrap();
    assert_eq!((info.language.as_str(), info.headline.as_deref()), ("zh-TW", Some("中正路 <全線> 封閉")));
    let ring = info.areas.first().unwrap().polygons.first().unwrap();
    assert_eq!((ring.len(), ring.first()), (4, ring.last()), "an open outline is closed");
    house.settle().await;
}

#[tokio::test]
async fn a_cancellation_ends_its_warning_and_a_second_one_finds_it_ended() {
    let house = House::open(MODULES).await;
    let (first, second) = (house.person(Role::Supervisor), house.person(Role::Supervisor));
    let id = drafted(&house, &first, draft(&house, "alert", Value::Null)).await;
    let early = house.call(&first, "POST", "/v1/warnings/drafts", draft(&house, "cancel", json!(id))).await;
    assert_eq!((early.status, text(&early.json, "/key")), (422, "warnings.draft.earlier".into()));
    assert_eq!(house.call(&second, "POST", &format!("/v1/warnings/{id}/issue"), Value::Null).await.status, 200);

    let cancel = drafted(&house, &second, draft(&house, "cancel", json!(id))).await;
    let update = drafted(&house, &second, draft(&house, "update", json!(id))).await;
    let done = house.call(&first, "POST", &format!("/v1/warnings/{cancel}/issue"), Value::Null).await;
    assert_eq!((done.status, text(&done.json, "/state")), (200, "told".into()), "{}", done.json);
    let late = house.call(&first, "POST", &format!("/v1/warnings/{update}/issue"), Value::Null).await;
    assert_eq!((late.status, text(&late.json, "/key")), (409, "warnings.issue.earlier_ended".into()));
    let known = house.call(&first, "GET", &format!("/v1/warnings/{id}"), Value::Null).await;
    assert_eq!(
        (text(&known.json, "/warning/state"), text(&known.json, "/warning/ended_by")),
        ("cancelled".into(), cancel.clone())
    );
    let body = house.call(&Caller::Nobody, "GET", &format!("/v1/warnings/{cancel}/cap.xml"), Value::Null).await.bytes;
    let reference = Alert::read(&body).unwrap().references.pop().unwrap();
    assert_eq!(reference.identifier, id);
    let original = house.call(&Caller::Nobody, "GET", &format!("/v1/warnings/{id}/cap.xml"), Value::Null).await.bytes;
    assert_eq!(
        reference.sent,
        Alert::read(&original).unwrap().sent,
        "others find what is cancelled by sender, identifier and time"
    );

    let discarded = house.call(&second, "POST", &format!("/v1/warnings/{update}/discard"), Value::Null).await;
    assert_eq!(text(&discarded.json, "/state"), "discarded");
    let listed = house.call(&second, "GET", "/v1/warnings", Value::Null).await;
    assert_eq!(listed.json.pointer("/items"), Some(&json!([])), "{}", listed.json);
    let all = house.call(&second, "GET", "/v1/warnings?all=true", Value::Null).await;
    assert_eq!(all.json.pointer("/items").and_then(Value::as_array).map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_warning_of_others_shows_who_lies_in_it_and_is_expired_by_its_own_clock() {
    let house = House::open(MODULES).await;
    house.app.put(OnTheMapPort(Arc::new(Few)));
    let desk = house.person(Role::Dispatcher);
    let taken = house.call_with(&desk, "POST", "/v1/warnings", &[], TYPHOON.to_vec()).await;
    assert_eq!(taken.status, 200, "{}", taken.json);
    let id = text(&taken.json, "/warning/id");
    let shown = house.call(&desk, "GET", &format!("/v1/warnings/{id}"), Value::Null).await;
    assert_eq!(shown.json.pointer("/incidents/0/number"), Some(&json!("115-1121-0001")), "{}", shown.json);
    assert_eq!(shown.json.pointer("/incidents/1"), None);
    assert_eq!(shown.json.pointer("/units/0/call_sign"), Some(&json!("安平 1")));
    let expires_at = Micros(1_795_307_400_000_000); // 2026-11-22T08:30:00+08:00
    assert_eq!(shown.json.pointer("/warning/expires_at_us"), Some(&json!(expires_at.0)));
    let is_over = house.app.env.now() >= expires_at;
    assert_eq!(shown.json.pointer("/warning/is_expired"), Some(&json!(is_over)));
    // Another's warning is not ours to publish.
    assert_eq!(house.call(&Caller::Nobody, "GET", &format!("/v1/warnings/{id}/cap.xml"), Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_partners_key_warns_in_its_own_name_only() {
    let house = House::open(MODULES).await;
    let key = house.device_of("weather", DeviceKind::Partner);
    let push = |body: Vec<u8>| house.call_with(&key, "POST", "/v1/partners/warnings", &[], body);
    assert_eq!(push(TYPHOON.to_vec()).await.status, 403, "nobody answers for partners yet");
    house.app.put(PartnerKeysPort(Arc::new(OnlyCwa)));
    assert_eq!(push(TYPHOON.to_vec()).await.status, 200);
    let foreign = String::from_utf8_lossy(TYPHOON).replace("<sender>weather@cwa.example", "<sender>weather@cwa.example.evil");
    let refused = push(foreign.into_bytes()).await;
    assert_eq!((refused.status, text(&refused.json, "/key")), (403, "warnings.take.other_sender".into()));
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place() {
    let house = House::open(MODULES).await;
    let desk = house.person(Role::Dispatcher);
    let without = String::from_utf8_lossy(TYPHOON).replace("<scope>Public</scope>", "");
    let cases = [
        (without.into_bytes(), 422, "warnings.take.element", "line 3: <alert> lacks <scope>"),
        (b"{}".to_vec(), 422, "warnings.take.malformed", "line 1: text stands outside of the document's element"),
        (vec![b' '; 512 * 1024 + 1], 413, "http.body.too_large", "the body is larger"),
    ];
    for (body, status, key, detail) in cases {
        let answer = house.call_with(&desk, "POST", "/v1/warnings", &[], body).await;
        assert_eq!((answer.status, text(&answer.json, "/key")), (status, key.into()), "{}", answer.json);
        assert!(text(&answer.json, "/detail").starts_with(detail), "{}", answer.json);
    }
    let wrong = [
        ("/severity", json!("Awful"), "warnings.draft.word"),
        ("/status", json!("Draft"), "warnings.draft.word"),
        ("/texts/1/language", json!("fr-FR"), "warnings.draft.text"),
        ("/texts/0/headline", json!(" "), "warnings.draft.text"),
        ("/area/circles/0/radius_m", json!(1.0), "warnings.draft.area"),
        ("/expires_at_us", json!(1), "warnings.draft.expiry"),
        ("/kind", json!("update"), "warnings.draft.earlier"),
    ];
    for (pointer, value, key) in wrong {
        let mut body = draft(&house, "alert", Value::Null);
        *body.pointer_mut(pointer).unwrap() = value;
        let answer = house.call(&desk, "POST", "/v1/warnings/drafts", body).await;
        assert_eq!((answer.status, text(&answer.json, "/key")), (422, key.into()), "{pointer}: {}", answer.json);
    }
}
