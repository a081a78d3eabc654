//! Claims about the routes of safety checks, run cards, rosters, reports and the replay: who gets in, and the whole way through the door.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_events::Event;
use shouhu_http::testing::House;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{UnitFix, UnitTracks, UnitTracksPort};
use shouhu_module::{Caller, Module, Person, Problem};
use shouhu_place::Wgs84;
use shouhu_wire::Role;

use crate::MODULE;
use crate::checks::turn::look;
use crate::positions;

static MODULES: &[Module] = &[MODULE];

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

fn crewing(caller: &Caller, unit: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("only people crew units") };
    Caller::Person(Person { unit: unit.parse().ok(), ..person.clone() })
}

/// An available car with its officer.
async fn car(house: &House, call_sign: &str) -> (String, Caller) {
    let body = json!({ "call_sign": call_sign, "kind": "car" });
    let id = text(&house.call(&house.person(Role::Operator), "POST", "/v1/units", body).await.json, "/id");
    let officer = crewing(&house.person(Role::Officer), &id);
    assert_eq!(house.call(&officer, "POST", "/v1/units/mine/state", json!({ "state": "available" })).await.status, 200);
    (id, officer)
}

async fn incident(house: &House, priority: u8, kind: &str) -> String {
    let position = json!({ "lon": 120.25, "lat": 23.03 });
    let body = json!({ "origin": "call", "priority": priority, "kind": kind, "summary": "通報", "address": "永康區中正路", "position": position });
    text(&house.call(&house.person(Role::Dispatcher), "POST", "/v1/incidents", body).await.json, "/id")
}

async fn send(house: &House, incident: &str, unit: &str, officer: &Caller, steps: &[&str]) {
    let path = format!("/v1/incidents/{incident}/assignments");
    let sent = house.call(&house.person(Role::Dispatcher), "POST", &path, json!({ "unit": unit })).await;
    assert_eq!(sent.status, 200, "{}", sent.json);
    let assignment = text(&sent.json, "/id");
    for step in steps {
        let taken = house.call(officer, "POST", &format!("/v1/assignments/{assignment}/step"), json!({ "step": step })).await;
        assert_eq!(taken.status, 200, "{}", taken.json);
    }
}

#[tokio::test]
async fn a_crew_is_asked_on_its_phone_and_every_console_hears_of_its_silence() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let (_, stranger) = car(&house, "永康 22").await;
    let id = incident(&house, 1, "robbery").await;
    send(&house, &id, &unit, &officer, &["accept", "en_route", "on_scene"]).await;
    let mut stream = house.app.hub.listen();
    let later = house.app.env.now().plus(21 * Micros::MINUTE);
    assert_eq!(look(&house.app.store, &positions::of(&house.app), later).await.unwrap().asked, 1);
    house.settle().await;
    let mut told = false;
    while let Ok(envelope) = stream.try_recv() {
        told |= matches!(envelope.event, Event::CheckChanged { .. });
    }
    assert!(told, "on the live stream");
    let mine = house.call(&officer, "GET", "/v1/checks/mine", Value::Null).await.json;
    let check = text(&mine, "/items/0/id");
    assert_eq!((text(&mine, "/items/0/kind"), text(&mine, "/items/0/state")), ("par".into(), "asked".into()));
    assert_eq!(house.call(&stranger, "GET", "/v1/checks/mine", Value::Null).await.json, json!({ "items": [] }));
    assert_eq!(look(&house.app.store, &positions::of(&house.app), later.plus(Micros::HOUR)).await.unwrap().overdue, 1);
    let listed = house.call(&dispatcher, "GET", "/v1/checks", Value::Null).await.json;
    assert_eq!((text(&listed, "/items/0/state"), listed.pointer("/items/0/priority")), ("overdue".into(), Some(&json!(1))));
    assert_eq!(house.call(&officer, "GET", "/v1/checks", Value::Null).await.status, 403);
    let deal = format!("/v1/checks/{check}/deal");
    assert_eq!(house.call(&officer, "POST", &deal, json!({ "reason": "我很好" })).await.status, 403, "the crew cannot silence it");
    let none = house.call(&stranger, "POST", &format!("/v1/checks/{check}/answer"), json!({ "says": "safe" })).await;
    assert_eq!((none.status, text(&none.json, "/key")), (404, "dispatch.check.none".into()));
    let dealt = house.call(&dispatcher, "POST", &deal, json!({ "reason": "無線電已聯絡" })).await;
    assert_eq!((dealt.status, text(&dealt.json, "/state")), (200, "dealt".into()));
    let par = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/par"), json!({ "act": "off" })).await;
    assert_eq!((par.status, par.json.pointer("/is_on")), (200, Some(&json!(false))), "{}", par.json);
}

#[tokio::test]
async fn a_card_says_what_is_missing_and_who_could_fill_it_and_sends_nobody() {
    let house = House::open(MODULES).await;
    let (dispatcher, supervisor) = (house.person(Role::Dispatcher), house.person(Role::Supervisor));
    let (first, officer) = car(&house, "永康 21").await;
    let (second, _) = car(&house, "永康 22").await;
    let skills = json!({ "skills": ["crash_kit"] });
    assert_eq!(house.call(&house.person(Role::Operator), "POST", &format!("/v1/units/{second}/skills"), skills).await.status, 200);
    let one = json!({ "asks": [{ "count": 1, "unit_kind": "car" }] });
    let two = json!({ "asks": [{ "count": 1, "unit_kind": "car" }, { "count": 1, "skills": ["crash_kit"] }] });
    let cards = json!({ "cards": { "traffic_crash": [one, two] }, "base_version": 0 });
    assert_eq!(house.call(&dispatcher, "POST", "/v1/dispatch/cards", cards.clone()).await.status, 403);
    assert_eq!(house.call(&supervisor, "POST", "/v1/dispatch/cards", cards).await.json.pointer("/version"), Some(&json!(1)));
    let id = incident(&house, 2, "traffic_crash").await;
    send(&house, &id, &first, &officer, &[]).await;
    let path = format!("/v1/incidents/{id}/card");
    let low = house.call(&dispatcher, "GET", &path, Value::Null).await.json;
    assert_eq!((low.pointer("/level"), low.pointer("/asks/0/missing"), low.pointer("/offers")), (Some(&json!(1)), Some(&json!(0)), Some(&json!([]))), "{low}");
    let raised = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/level"), json!({ "level": 2, "reason": "連環車禍" })).await;
    assert_eq!(raised.status, 200, "{}", raised.json);
    let high = raised.json;
    assert_eq!((high.pointer("/asks/0/filled_by"), high.pointer("/asks/1/missing")), (Some(&json!(["永康 21"])), Some(&json!(1))), "{high}");
    assert_eq!((high.pointer("/offers/0/ask"), text(&high, "/offers/0/advised/unit/call_sign")), (Some(&json!(1)), "永康 22".into()));
    let still = house.call(&dispatcher, "GET", &format!("/v1/incidents/{id}"), Value::Null).await.json;
    assert_eq!(still.pointer("/assignments").and_then(Value::as_array).map(Vec::len), Some(1), "nobody was sent by it");
    let again = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/level"), json!({ "level": 2 })).await;
    assert_eq!((again.status, text(&again.json, "/key")), (409, "dispatch.level.not_higher".into()));
}

#[tokio::test]
async fn a_roster_is_the_supervisors_and_its_person_joins_by_one_tap() {
    let house = House::open(MODULES).await;
    let (dispatcher, supervisor) = (house.person(Role::Dispatcher), house.person(Role::Supervisor));
    let (unit, _) = car(&house, "永康 21").await;
    let officer = house.person(Role::Officer);
    let name = officer.named().1;
    let now = house.app.env.now();
    let body = json!({ "unit": unit, "name": name, "from_us": now.0, "until_us": now.plus(Micros::HOUR).0 });
    assert_eq!(house.call(&dispatcher, "POST", "/v1/shifts", body.clone()).await.status, 403);
    let shift = house.call(&supervisor, "POST", "/v1/shifts", body.clone()).await;
    assert_eq!(shift.status, 200, "{}", shift.json);
    let clash = house.call(&supervisor, "POST", "/v1/shifts", body).await;
    assert_eq!((clash.status, text(&clash.json, "/key")), (409, "dispatch.roster.overlap".into()));
    assert!(text(&clash.json, "/detail").contains("永康 21"), "{}", clash.json);
    let mine = house.call(&officer, "GET", "/v1/shifts/mine", Value::Null).await.json;
    let id = text(&mine, "/items/0/id");
    let joined = house.call(&officer, "POST", &format!("/v1/shifts/{id}/join"), Value::Null).await;
    assert_eq!((joined.status, text(&joined.json, "/call_sign")), (200, "永康 21".into()), "{}", joined.json);
    let board = house.call(&dispatcher, "GET", "/v1/shifts/board", Value::Null).await.json;
    assert_eq!((text(&board, "/crews/0/on/0/name"), board.pointer("/crews/0/past_end")), (name, Some(&json!([]))));
    let file = "警力,姓名,起,迄\n永康 21,陳警員,2026-11-22 20:00,2026-11-23 08:00\n".as_bytes().to_vec();
    let looked = house.call_with(&supervisor, "POST", "/v1/shifts/import?dry_run=true", &[], file).await;
    assert_eq!((looked.status, looked.json.pointer("/accepted")), (200, Some(&json!(1))), "{}", looked.json);
    let wide = house.call(&dispatcher, "GET", "/v1/shifts?from_us=0&until_us=9000000000000000", Value::Null).await;
    assert_eq!(text(&wide.json, "/key"), "dispatch.roster.window");
}

struct OneTrack(UnitId);

impl UnitTracks for OneTrack {
    fn fixes(&self, unit: UnitId, from: Micros, until: Micros) -> BoxFuture<'static, Result<Option<Vec<UnitFix>>, Problem>> {
        let fix = |measured_at| UnitFix { position: Wgs84::new(120.25, 23.03).unwrap(), measured_at, accuracy_m: Some(8.0), heading_deg: None };
        let fixes = if unit == self.0 { vec![fix(from), fix(until)] } else { Vec::new() };
        Box::pin(async move { Ok(Some(fixes)) })
    }
}

#[tokio::test]
async fn a_replay_needs_a_supervisor_a_purpose_and_a_case_and_reports_are_the_supervisors() {
    let house = House::open(MODULES).await;
    let (dispatcher, supervisor) = (house.person(Role::Dispatcher), house.person(Role::Supervisor));
    let (unit, officer) = car(&house, "永康 21").await;
    let id = incident(&house, 2, "fight").await;
    send(&house, &id, &unit, &officer, &["accept", "en_route"]).await;
    let path = format!("/v1/incidents/{id}/replay");
    let ask = |caller: Caller, headers: Vec<(&'static str, &'static str)>| {
        let (house, path) = (&house, path.clone());
        async move { house.call_with(&caller, "GET", &path, &headers, Vec::new()).await }
    };
    assert_eq!(ask(dispatcher.clone(), vec![("shouhu-purpose", "life_threat")]).await.status, 403);
    assert_eq!(text(&ask(supervisor.clone(), vec![]).await.json, "/key"), "oversight.purpose_required");
    assert_eq!(text(&ask(supervisor.clone(), vec![("shouhu-purpose", "patrol")]).await.json, "/key"), "oversight.case_required");
    let with_case = vec![("shouhu-purpose", "investigation"), ("shouhu-case", "115-1121-0001")];
    let bare = ask(supervisor.clone(), with_case.clone()).await;
    assert_eq!((bare.status, bare.json.pointer("/has_tracks")), (200, Some(&json!(false))), "{}", bare.json);
    house.app.put(UnitTracksPort(Arc::new(OneTrack(unit.parse().unwrap()))));
    let told = ask(supervisor.clone(), with_case).await.json;
    assert_eq!(told.pointer("/units/0/fixes").and_then(Value::as_array).map(Vec::len), Some(2), "{told}");
    assert_eq!(told.pointer("/log").and_then(Value::as_array).map(Vec::len), Some(4), "{told}");
    let report = "/v1/dispatch/intervals?from_us=0&until_us=1000&period=week&division=kind";
    assert_eq!(house.call(&dispatcher, "GET", report, Value::Null).await.status, 403);
    let counted = house.call(&supervisor, "GET", report, Value::Null).await;
    assert_eq!((counted.status, counted.json.pointer("/items")), (200, Some(&json!([]))), "{}", counted.json);
}
