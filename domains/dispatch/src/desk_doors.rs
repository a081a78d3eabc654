//! Claims about the routes of the dispatcher's hands: state and steps for a crew that radioed, corrections, notes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_http::testing::House;
use shouhu_ids::{CameraId, Micros};
use shouhu_module::ports::{CamerasNear, CamerasNearPort, NearCamera};
use shouhu_module::{App, Caller, Module, Person, Reaction};
use shouhu_place::Wgs84;
use shouhu_wire::Role;

use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

const NOWHERE: &str = "01890000-0000-7000-8000-000000000000";

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// A unit that nobody has spoken for, with an officer of it.
async fn car(house: &House, call_sign: &str) -> (String, Caller) {
    let body = json!({ "call_sign": call_sign, "kind": "car" });
    let id = text(&house.call(&house.person(Role::Operator), "POST", "/v1/units", body).await.json, "/id");
    let Caller::Person(officer) = house.person(Role::Officer) else { panic!("only people crew units") };
    let officer = Caller::Person(Person { unit: id.parse().ok(), ..officer });
    (id, officer)
}

async fn incident(house: &House) -> Value {
    let body = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架", "address": "永康區中正路",
        "position": { "lon": 120.25, "lat": 23.03 } });
    house.call(&house.person(Role::Dispatcher), "POST", "/v1/incidents", body).await.json
}

#[tokio::test]
async fn a_dispatcher_speaks_for_a_crew_that_radioed_and_pulls_none_off_silently() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let state = format!("/v1/units/{unit}/state");
    let mut stream = house.app.hub.listen();
    let said = house.call(&dispatcher, "POST", &state, json!({ "state": "available" })).await;
    assert_eq!((said.status, text(&said.json, "/state")), (200, "available".into()), "{}", said.json);
    house.settle().await;
    let told = std::iter::from_fn(|| stream.try_recv().ok()).any(|told| matches!(told.event, Event::UnitChanged { unit: u, .. } if u.to_string() == unit));
    assert!(told, "the crew's phone hears of it");

    let id = text(&incident(&house).await, "/id");
    let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": unit })).await;
    let step = format!("/v1/assignments/{}/step", text(&sent.json, "/id"));
    for refused in ["off_duty", "busy", "available"] {
        let answer = house.call(&dispatcher, "POST", &state, json!({ "state": refused })).await;
        assert_eq!((answer.status, text(&answer.json, "/key")), (409, "dispatch.state.assignment_live".into()));
    }
    let invented = house.call(&dispatcher, "POST", &state, json!({ "state": "on_scene" })).await;
    assert_eq!((invented.status, text(&invented.json, "/key")), (422, "dispatch.state.not_by_crew".into()));
    for (said, state) in [("delivered", "offered"), ("accept", "accepted"), ("en_route", "en_route"), ("on_scene", "on_scene")] {
        let taken = house.call(&dispatcher, "POST", &step, json!({ "step": said })).await;
        assert_eq!((taken.status, text(&taken.json, "/state")), (200, state.into()), "{}", taken.json);
    }
    let (_, stranger) = car(&house, "永康 22").await;
    assert_eq!(house.call(&stranger, "POST", &step, json!({ "step": "close", "code": "handled" })).await.status, 404);
    assert_eq!(house.call(&stranger, "POST", &state, json!({ "state": "busy" })).await.status, 403, "a crew speaks for itself alone");
    let cleared = house.call(&dispatcher, "POST", &step, json!({ "step": "close", "code": "handled", "text": "已排解" })).await;
    assert_eq!(text(&cleared.json, "/state"), "closed");
    let log = house.call(&dispatcher, "GET", &format!("/v1/incidents/{id}/log"), Value::Null).await.json;
    assert_eq!(log.pointer("/items/6/params/by_radio"), Some(&json!(true)), "{log}");
    assert_eq!(house.call(&officer, "GET", "/v1/units", Value::Null).await.json.pointer("/items/0/state"), Some(&json!("available")));
}

#[tokio::test]
async fn a_note_and_a_correction_reach_the_crew_that_is_on_its_way() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let (_, stranger) = car(&house, "永康 22").await;
    house.call(&dispatcher, "POST", &format!("/v1/units/{unit}/state"), json!({ "state": "available" })).await;
    let id = text(&incident(&house).await, "/id");
    house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": unit })).await;
    house.settle().await;
    let mut stream = house.app.hub.listen();
    let (notes, amend) = (format!("/v1/incidents/{id}/notes"), format!("/v1/incidents/{id}/amend"));
    let noted = house.call(&dispatcher, "POST", &notes, json!({ "text": "嫌犯持刀,注意安全" })).await;
    assert_eq!((noted.status, text(&noted.json, "/items/0/params/text")), (200, "嫌犯持刀,注意安全".into()), "{}", noted.json);
    house.settle().await;
    let mut kinds = Vec::new();
    while let Ok(envelope) = stream.try_recv() {
        kinds.push(envelope.event.kind());
    }
    assert_eq!(kinds, ["incident_changed", "assignment_changed"]);
    let read = house.call(&officer, "GET", &notes, Value::Null).await;
    assert_eq!((read.status, text(&read.json, "/items/0/key")), (200, "incident_note".into()));
    assert_eq!(house.call(&stranger, "GET", &notes, Value::Null).await.status, 404);
    assert_eq!(house.call(&officer, "POST", &notes, json!({ "text": "收到" })).await.status, 403, "a crew replies instead");

    let body = json!({ "address": { "was": "永康區中正路", "now": "永康區中山路" }, "priority": { "was": 2, "now": 1 } });
    let amended = house.call(&dispatcher, "POST", &amend, body.clone()).await;
    assert_eq!((amended.status, text(&amended.json, "/address")), (200, "永康區中山路".into()), "{}", amended.json);
    let mine = house.call(&officer, "GET", "/v1/assignments/mine", Value::Null).await.json;
    assert_eq!(text(&mine, "/items/0/incident/address"), "永康區中山路");
    let other = json!({ "address": { "was": "永康區中正路", "now": "永康區中華路" } });
    let late = house.call(&dispatcher, "POST", &amend, other).await;
    assert_eq!((late.status, text(&late.json, "/key")), (409, "dispatch.amend.changed".into()));
    assert_eq!(house.call(&officer, "POST", &amend, body).await.status, 403);
}

/// A partner in the black hole of an outage: whoever waits for its answer waits for ever.
fn never(_: App, _: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(std::future::pending())
}

static IN_AN_OUTAGE: &[Module] = &[
    MODULE,
    Module {
        name: "partner",
        description: "Answers nothing.",
        reactions: &[Reaction { name: "partner.never", kinds: &["incident_changed", "assignment_changed", "unit_changed"], run: never }],
        ..Module::EMPTY
    },
];

/// No call may take longer, however slow the machine that tests: a wait for the partner would last for ever.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_partner_that_never_answers_holds_up_no_order() {
    let house = Arc::new(House::open(IN_AN_OUTAGE).await);
    let dispatcher = house.person(Role::Dispatcher);
    let (unit, officer) = car(&house, "永康 21").await;
    let telling = tokio::spawn({
        let house = house.clone();
        async move { house.settle().await }
    });
    let work = async {
        house.call(&dispatcher, "POST", &format!("/v1/units/{unit}/state"), json!({ "state": "available" })).await;
        let id = text(&incident(&house).await, "/id");
        let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": unit })).await;
        let step = format!("/v1/assignments/{}/step", text(&sent.json, "/id"));
        for next in ["accept", "en_route", "on_scene"] {
            assert_eq!(house.call(&officer, "POST", &step, json!({ "step": next })).await.status, 200);
        }
        house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/notes"), json!({ "text": "現場安全" })).await.status
    };
    assert_eq!(tokio::time::timeout(PATIENCE, work).await.ok(), Some(200));
    telling.abort();
}

#[tokio::test]
async fn one_state_means_the_same_for_cars_motorcycles_and_feet() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    for kind in ["car", "motorcycle", "foot"] {
        let body = json!({ "call_sign": format!("永康 {kind}"), "kind": kind });
        let unit = text(&house.call(&house.person(Role::Operator), "POST", "/v1/units", body).await.json, "/id");
        let path = format!("/v1/units/{unit}/state");
        let set = async |state: &'static str| house.call(&dispatcher, "POST", &path, json!({ "state": state })).await;
        for state in ["busy", "off_duty", "available"] {
            assert_eq!(text(&set(state).await.json, "/state"), state, "{kind}");
        }
        let id = text(&incident(&house).await, "/id");
        let sent = house.call(&dispatcher, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": unit })).await;
        let step = format!("/v1/assignments/{}/step", text(&sent.json, "/id"));
        for (said, state) in [("accept", "dispatched"), ("en_route", "en_route"), ("on_scene", "on_scene")] {
            house.call(&dispatcher, "POST", &step, json!({ "step": said })).await;
            let units = house.call(&dispatcher, "GET", "/v1/units", Value::Null).await.json;
            let mut all = units.pointer("/items").and_then(Value::as_array).into_iter().flatten();
            let mine = all.find(|one| text(one, "/id") == unit).unwrap();
            assert_eq!(text(mine, "/state"), state, "{kind} that says {said}");
        }
        assert_eq!(set("off_duty").await.status, 409, "{kind}");
    }
}

/// One camera, which says how many were asked for.
struct OneCamera;

impl CamerasNear for OneCamera {
    fn near(&self, place: Wgs84, k: usize) -> Vec<NearCamera> {
        let (name, heading_deg, is_looking_here) = (format!("{k} asked"), None, None);
        vec![NearCamera { id: CameraId::new(Micros(1), [1; 16]), name, position: place, distance_m: 1.0, bearing_deg: 0.0, heading_deg, is_looking_here }]
    }
}

#[tokio::test]
async fn the_cameras_near_an_incident_are_those_that_cameras_names() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let path = format!("/v1/incidents/{}/cameras", text(&incident(&house).await, "/id"));
    let none = house.call(&dispatcher, "GET", &path, Value::Null).await;
    assert_eq!((none.status, none.json), (200, json!({ "items": [] })), "a house without cameras");
    house.app.put(CamerasNearPort(Arc::new(OneCamera)));
    for (query, said) in [("", "6 asked"), ("?k=20", "20 asked")] {
        let near = house.call(&dispatcher, "GET", &format!("{path}{query}"), Value::Null).await;
        assert_eq!(text(&near.json, "/items/0/name"), said, "{}", near.json);
    }
    for query in ["?k=0", "?k=21"] {
        let refused = house.call(&dispatcher, "GET", &format!("{path}{query}"), Value::Null).await;
        assert_eq!((refused.status, text(&refused.json, "/key")), (422, "dispatch.cameras.number".into()));
    }
    assert!(house.call(&dispatcher, "GET", &format!("{path}?k=-1"), Value::Null).await.status < 500);
    assert_eq!(house.call(&house.person(Role::Officer), "GET", &path, Value::Null).await.status, 403);
    let placeless = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架" });
    let id = text(&house.call(&dispatcher, "POST", "/v1/incidents", placeless).await.json, "/id");
    let nowhere = house.call(&dispatcher, "GET", &format!("/v1/incidents/{id}/cameras"), Value::Null).await;
    assert_eq!((nowhere.status, text(&nowhere.json, "/key")), (409, "dispatch.cameras.no_position".into()));
}

#[tokio::test]
async fn rubbish_at_the_dispatchers_doors_is_told_what_is_wrong() {
    let house = House::open(MODULES).await;
    let dispatcher = house.person(Role::Dispatcher);
    let id = text(&incident(&house).await, "/id");
    let (amend, notes) = (format!("/v1/incidents/{id}/amend"), format!("/v1/incidents/{id}/notes"));
    let unknown_unit = format!("/v1/units/{NOWHERE}/state");
    let cases = [
        (amend.as_str(), json!({}), 422, "dispatch.amend.nothing"),
        (&amend, json!({ "priority": { "was": 2, "now": 9 } }), 422, "dispatch.open.priority"),
        (&amend, json!({ "priority": { "now": 1 } }), 400, "http.body.invalid"),
        (&amend, json!({ "summary": { "was": "a", "now": "b" } }), 400, "http.body.invalid"),
        (&amend, json!({ "position": { "was": null, "now": { "lon": 400.0, "lat": 23.0 } } }), 400, "http.body.invalid"),
        (&amend, json!({ "kind": { "was": "fight", "now": "\u{0}" } }), 422, "dispatch.open.unknown_kind"),
        (&notes, json!({ "text": " " }), 422, "dispatch.note.empty"),
        (&notes, json!({ "text": "字".repeat(2_001) }), 422, "dispatch.note.too_long"),
        (&notes, json!({ "words": "?" }), 400, "http.body.invalid"),
        (&unknown_unit, json!({ "state": "busy" }), 404, "http.not_found"),
        (&unknown_unit, json!({ "state": "asleep" }), 400, "http.body.invalid"),
    ];
    for (path, body, status, key) in cases {
        let answer = house.call(&dispatcher, "POST", path, body.clone()).await;
        assert_eq!((answer.status, text(&answer.json, "/key")), (status, key.into()), "{path} {body}: {}", answer.json);
    }
}
