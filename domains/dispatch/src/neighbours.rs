//! Claims about the doors to neighbouring centres: what goes out comes in, a key tells in its own name only, and maps that
//! are not ours count what we count.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_exchange::eido::Eido;
use shouhu_http::testing::House;
use shouhu_ids::DeviceId;
use shouhu_module::ports::{Direction, Sharing, SharingGate, SharingPort};
use shouhu_module::{Caller, Module, Problem};
use shouhu_wire::{DeviceKind, Role};

use crate::MODULE;
use crate::ops::partners::{self, DefinePartner};
use crate::testing::dispatcher;

static MODULES: &[Module] = &[shouhu_identity::MODULE, MODULE];

const ROBBERY: &[u8] = include_bytes!("../../../base/exchange/tests/samples/eido_robbery.json");

fn call() -> Value {
    json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架 <兩人>", "address": "永康區中正路 1 號",
        "position": { "lon": 120.25, "lat": 23.03 } })
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

/// An available car, and an order to drive to a new incident; the ids of both.
async fn sent(house: &House, desk: &Caller) -> (String, String) {
    let unit = json!({ "call_sign": "永康 21", "kind": "car" });
    let unit = text(&house.call(&house.person(Role::Operator), "POST", "/v1/units", unit).await.json, "/id");
    let Caller::Person(officer) = house.person(Role::Officer) else { panic!("officers are people") };
    let crew = Caller::Person(shouhu_module::Person { unit: Some(unit.parse().unwrap()), ..officer });
    assert_eq!(house.call(&crew, "POST", "/v1/units/mine/state", json!({ "state": "available" })).await.status, 200);
    let id = text(&house.call(desk, "POST", "/v1/incidents", call()).await.json, "/id");
    let order = house.call(desk, "POST", &format!("/v1/incidents/{id}/assignments"), json!({ "unit": unit })).await;
    assert_eq!(order.status, 200, "{}", order.json);
    (id, unit)
}

#[tokio::test]
async fn what_we_tell_opens_the_same_incident_with_a_neighbour() {
    let (ours, theirs) = (House::open(MODULES).await, House::open(MODULES).await);
    let desk = ours.person(Role::Dispatcher);
    let (id, _) = sent(&ours, &desk).await;
    let told = ours.call(&desk, "GET", &format!("/v1/incidents/{id}/eido?partner=kaohsiung"), Value::Null).await;
    assert_eq!(told.status, 200, "{}", told.json);
    let read = Eido::read(&told.bytes).unwrap().told().unwrap();
    assert_eq!(read.remarks, [], "a house of this kind passes nothing over");
    assert_eq!(read.units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>(), ["永康 21"]);

    let desk = theirs.person(Role::Dispatcher);
    let receipt = theirs.call_with(&desk, "POST", "/v1/eido", &[], told.bytes.clone()).await;
    assert_eq!((receipt.status, text(&receipt.json, "/outcome")), (200, "opened".into()), "{}", receipt.json);
    let opened =
        theirs.call(&desk, "GET", &format!("/v1/incidents/{}", text(&receipt.json, "/incident")), Value::Null).await.json;
    for (pointer, value) in [
        ("/origin", json!("partner")),
        ("/kind", json!("fight")),
        ("/priority", json!(2)),
        ("/address", json!("永康區中正路 1 號")),
        ("/position", json!({ "lon": 120.25, "lat": 23.03 })),
    ] {
        assert_eq!(opened.pointer(pointer), Some(&value), "{opened}");
    }
    assert!(text(&opened, "/summary").ends_with("打架鬥毆 打架 <兩人>"), "{opened}");
    theirs.settle().await;
}

#[tokio::test]
async fn an_officer_tells_no_incident_that_is_not_the_own_units() {
    let house = House::open(MODULES).await;
    let desk = house.person(Role::Dispatcher);
    let (id, unit) = sent(&house, &desk).await;
    let path = format!("/v1/incidents/{id}/eido?partner=kaohsiung");
    let Caller::Person(officer) = house.person(Role::Officer) else { panic!("officers are people") };
    assert_eq!(house.call(&Caller::Person(officer.clone()), "GET", &path, Value::Null).await.status, 404);
    let crew = Caller::Person(shouhu_module::Person { unit: Some(unit.parse().unwrap()), ..officer });
    assert_eq!(house.call(&crew, "GET", &path, Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_partners_key_tells_only_where_an_operator_has_registered_it_and_only_in_its_own_name() {
    let house = House::open(MODULES).await;
    let key = house.device_of("高雄", DeviceKind::Partner);
    let Caller::Device(peer) = &key else { panic!("a key is a device's") };
    let push = async |body: &[u8]| {
        let answer = house.call_with(&key, "POST", "/v1/partners/eido", &[], body.to_vec()).await;
        (answer.status, answer.json.get("key").and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    assert_eq!(push(ROBBERY).await, (403, "dispatch.eido.unknown_partner".into()));

    let asked = |element: &str| DefinePartner { device: peer.id, title: "高雄勤務中心".into(), element: element.into() };
    let by = dispatcher(&house.app.store);
    partners::keep(&house.app.store, &asked("tainan.example"), &by).await.unwrap();
    assert_eq!(push(ROBBERY).await, (403, "dispatch.eido.other_sender".into()));
    partners::keep(&house.app.store, &asked("kaohsiung.example"), &by).await.unwrap();
    assert_eq!(push(ROBBERY).await.0, 200);
    assert_eq!(push(b"{\"$id\": 7}".as_slice()).await, (422, "dispatch.eido.member".into()));
    assert_eq!(push(b"{".as_slice()).await, (400, "dispatch.eido.malformed".into()));

    let operator = house.person(Role::Operator);
    let end = house.call(&operator, "POST", &format!("/v1/dispatch/partners/{}/end", peer.id), Value::Null).await;
    assert_eq!(end.status, 200, "{}", end.json);
    assert_eq!(push(ROBBERY).await, (403, "dispatch.eido.unknown_partner".into()));
    let listed = house.call(&operator, "GET", "/v1/dispatch/partners", Value::Null).await.json;
    assert!(listed.pointer("/items/0/ended_at_us").is_some_and(Value::is_i64), "{listed}");
}

#[tokio::test]
async fn a_device_that_nobody_enrolled_is_registered_for_no_centre() {
    let house = House::open(MODULES).await;
    let device = house.app.env.id(DeviceId::new);
    let body = json!({ "device": device, "title": "高雄", "element": "kaohsiung.example" });
    let answer = house.call(&house.person(Role::Operator), "POST", "/v1/dispatch/partners", body).await;
    assert_eq!((answer.status, text(&answer.json, "/key")), (422, "dispatch.partner.device".into()));
    let unknown =
        house.call(&house.person(Role::Operator), "POST", &format!("/v1/dispatch/partners/{device}/end"), Value::Null).await;
    assert_eq!((unknown.status, text(&unknown.json, "/key")), (404, "dispatch.partner.unknown".into()));
}

/// The ledger, as oversight would answer.
#[derive(Default)]
struct Switch {
    is_off: AtomicBool,
    asked: Mutex<Vec<Sharing>>,
}

impl SharingGate for Switch {
    fn pass_many(&self, sharing: Sharing, _count: u32) -> BoxFuture<'static, Result<(), Problem>> {
        self.asked.lock().unwrap().push(sharing);
        let is_off = self.is_off.load(Ordering::SeqCst);
        let off = || Problem::new(StatusCode::FORBIDDEN, "oversight.sharing.off", "this partner was switched off");
        Box::pin(async move { if is_off { Err(off()) } else { Ok(()) } })
    }

    fn refuse_if_off(&self, _: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn what_a_person_fetches_for_others_is_in_the_ledger_first_and_nothing_of_it_comes_when_they_are_off() {
    let house = House::open(MODULES).await;
    let switch = Arc::new(Switch::default());
    house.app.put(SharingPort(switch.clone()));
    let desk = house.person(Role::Dispatcher);
    let (id, _) = sent(&house, &desk).await;
    let eido = format!("/v1/incidents/{id}/eido");
    let unsaid = house.call(&desk, "GET", &eido, Value::Null).await;
    assert_eq!((unsaid.status, text(&unsaid.json, "/key")), (400, "http.query.invalid".into()), "an EIDO is always for somebody");
    let none = "/v1/incidents/01890000-0000-7000-8000-000000000000/eido?partner=kaohsiung";
    assert_eq!(house.call(&desk, "GET", none, Value::Null).await.status, 404);
    assert!(switch.asked.lock().unwrap().is_empty(), "nothing was about to leave");

    let paths = [format!("{eido}?partner=kaohsiung"), "/v1/incidents.geojson".to_owned(), "/v1/units.geojson?partner=county".to_owned()];
    for path in &paths {
        assert_eq!(house.call(&desk, "GET", path, Value::Null).await.status, 200, "{path}");
    }
    let asked: Vec<_> = switch.asked.lock().unwrap().drain(..).map(|one| (one.partner.key, one.direction, one.kind, one.is_life)).collect();
    let line = |partner: &str, route: &str, is_life| (partner.to_owned(), Direction::Out, route.to_owned(), is_life);
    assert_eq!(asked, [
        line("named kaohsiung", "/v1/incidents/{id}/eido", true),
        line("unnamed GeoJSON", "/v1/incidents.geojson", false),
        line("named county", "/v1/units.geojson", false),
    ]);
    let leaf = house.app.audit.page(None, 1).await.unwrap().remove(0).entry;
    assert!(leaf.object.ends_with("units as GeoJSON for county"), "{}", leaf.object);

    switch.is_off.store(true, Ordering::SeqCst);
    for path in &paths {
        let refused = house.call(&desk, "GET", path, Value::Null).await;
        assert_eq!((refused.status, text(&refused.json, "/key")), (403, "oversight.sharing.off".into()), "{path}");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains("永康"), "{path}: nothing of it comes");
    }
}

#[tokio::test]
async fn geojson_has_longitude_first_and_what_has_no_place_is_counted() {
    let house = House::open(MODULES).await;
    let desk = house.person(Role::Dispatcher);
    sent(&house, &desk).await;
    let nowhere = json!({ "origin": "call", "priority": 3, "kind": "noise", "summary": "王小姐說很吵" });
    assert_eq!(house.call(&desk, "POST", "/v1/incidents", nowhere).await.status, 200);
    let incidents = house.call(&desk, "GET", "/v1/incidents.geojson", Value::Null).await;
    assert_eq!(incidents.json.pointer("/type"), Some(&json!("FeatureCollection")), "{}", incidents.json);
    assert_eq!(incidents.json.pointer("/features/0/geometry"), Some(&Value::Null));
    let point = json!({ "type": "Point", "coordinates": [120.25, 23.03] });
    assert_eq!(incidents.json.pointer("/features/1/geometry"), Some(&point));
    assert!(!String::from_utf8_lossy(&incidents.bytes).contains("王小姐"), "summaries stay inside");
    let units = house.call(&desk, "GET", "/v1/units.geojson", Value::Null).await.json;
    assert_eq!(units.pointer("/features/0/properties/state"), Some(&json!("dispatched")), "{units}");
}
