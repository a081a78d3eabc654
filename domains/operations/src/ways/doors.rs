//! Closures through the doors: who may, what is refused, and that every way asked for afterwards avoids them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::Module;
use shouhu_module::ports::{Drive, RoadAnswer, RoadTimesPort, Traveller};
use shouhu_place::Wgs84;
use shouhu_roads::{EdgeSpec, NetworkBuilder, NodeId, RoadClass, RoadNetwork};
use shouhu_wire::{Role, UnitKind};

use super::Roads;
use crate::closures;

static MODULES: &[Module] = &[crate::MODULE];

const WEST: Wgs84 = Wgs84 { lon: 120.200, lat: 23.000 };
const EAST: Wgs84 = Wgs84 { lon: 120.210, lat: 23.000 };
const SOUTH: Wgs84 = Wgs84 { lon: 120.205, lat: 22.995 };
const FAR_WEST: Wgs84 = Wgs84 { lon: 120.195, lat: 23.000 };
const FAR_EAST: Wgs84 = Wgs84 { lon: 120.215, lat: 23.000 };

/// Two towns, a bridge between them and a way round by the south.
fn two_ways() -> RoadNetwork {
    let mut builder = NetworkBuilder::new();
    let nodes: Vec<NodeId> = [WEST, EAST, SOUTH, FAR_WEST, FAR_EAST].into_iter().map(|place| builder.node(place).unwrap()).collect();
    for (from, to, name) in [(0, 1, "大橋"), (0, 2, "西南路"), (2, 1, "東南路"), (3, 0, "西路"), (1, 4, "東路")] {
        let spec = EdgeSpec { name: Some(name), ..EdgeSpec::of_class(RoadClass::Primary) };
        builder.edge(nodes[from], nodes[to], &[], spec).unwrap();
    }
    builder.build()
}

async fn house() -> House {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let imported = house.call_with(&operator, "POST", "/v1/map/import", &[], two_ways().to_bytes()).await;
    assert_eq!(imported.status, 200, "{}", imported.json);
    house
}

fn body(house: &House, line: &[Wgs84]) -> Value {
    let points: Vec<Value> = line.iter().map(|place| json!({ "lon": place.lon, "lat": place.lat })).collect();
    json!({ "line": points, "reason": "橋面積水", "until_us": house.app.env.now().plus(Micros::HOUR).0 })
}

const fn between(a: Wgs84, b: Wgs84, share: f64) -> Wgs84 {
    Wgs84 { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share }
}

async fn metres(house: &House, from: Wgs84, to: Wgs84, at: Micros) -> RoadAnswer {
    let port = house.app.room::<RoadTimesPort>();
    let traveller = Traveller { at: from, by: UnitKind::Car };
    let drive = Drive { at, with_siren: true };
    tokio::task::spawn_blocking(move || port.0.times_to(to, &[traveller], drive).unwrap()[0]).await.unwrap()
}

fn is_detour(answer: RoadAnswer) -> bool {
    answer.time().unwrap().distance_m > 1_100.0
}

#[tokio::test]
async fn a_closed_bridge_is_avoided_at_once_until_it_is_lifted_once() {
    let house = house().await;
    let (dispatcher, officer) = (house.person(Role::Dispatcher), house.person(Role::Officer));
    let (from, to) = (between(WEST, SOUTH, 0.02), between(SOUTH, EAST, 0.98));
    let now = house.app.env.now();
    assert!(!is_detour(metres(&house, from, to, now).await), "over the bridge");
    let bridge = body(&house, &[between(WEST, EAST, 0.4), between(WEST, EAST, 0.6)]);
    let refused = house.call(&officer, "POST", "/v1/map/closures", bridge.clone()).await;
    assert_eq!(refused.status, 403, "{}", refused.json);
    let mut stream = house.app.hub.listen();
    let made = house.call(&dispatcher, "POST", "/v1/map/closures", bridge).await;
    assert_eq!((made.status, made.json.pointer("/pieces/0/street")), (200, Some(&json!("大橋"))), "{}", made.json);
    assert!(is_detour(metres(&house, from, to, now).await), "round by the south");
    assert!(!is_detour(metres(&house, from, to, now.plus(2 * Micros::HOUR)).await), "it is open again by then");
    let seen = house.call(&officer, "GET", "/v1/map/closures", Value::Null).await;
    assert_eq!((seen.status, seen.json.pointer("/items/0/reason")), (200, Some(&json!("橋面積水"))), "{}", seen.json);

    let id = made.json.get("id").and_then(Value::as_str).unwrap().to_owned();
    let path = format!("/v1/map/closures/{id}/lift");
    assert_eq!(house.call(&officer, "POST", &path, json!({})).await.status, 403);
    let lifted = house.call(&dispatcher, "POST", &path, json!({})).await;
    assert_eq!(lifted.status, 200, "{}", lifted.json);
    let again = house.call(&dispatcher, "POST", &path, json!({})).await;
    assert_eq!((again.status, again.json.get("key")), (409, Some(&json!("operations.closure.not_closed"))));
    let unknown = house.call(&dispatcher, "POST", "/v1/map/closures/01890000-0000-7000-8000-000000000000/lift", json!({})).await;
    assert_eq!(unknown.status, 404, "{}", unknown.json);
    assert!(!is_detour(metres(&house, from, to, now).await), "over the bridge again");
    assert_eq!(house.call(&officer, "GET", "/v1/map/closures", Value::Null).await.json, json!({ "items": [] }));
    while let Ok(told) = stream.try_recv() {
        assert!(matches!(told.event, Event::ClosureChanged { .. } | Event::MapReplaced { .. }), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_no_road_no_reason_or_no_end_is_refused_with_its_own_word() {
    let house = house().await;
    let supervisor = house.person(Role::Supervisor);
    let good = body(&house, &[between(WEST, EAST, 0.5)]);
    let with = |key: &str, value: Value| {
        let mut changed = good.clone();
        changed[key] = value;
        changed
    };
    let sea = json!([{ "lon": 119.0, "lat": 22.0 }]);
    let country = json!([{ "lon": 120.2, "lat": 23.0 }, { "lon": 121.2, "lat": 23.0 }]);
    for (asked, key) in [
        (with("line", sea), "operations.closure.no_road"),
        (with("line", json!([])), "operations.closure.line"),
        (with("line", country), "operations.closure.line"),
        (with("reason", json!("  ")), "operations.closure.reason"),
        (with("until_us", json!(1)), "operations.closure.until"),
        (with("until_us", json!(i64::MAX)), "operations.closure.until"),
    ] {
        let refused = house.call(&supervisor, "POST", "/v1/map/closures", asked).await;
        assert_eq!((refused.status, refused.json.get("key")), (422, Some(&json!(key))), "{}", refused.json);
    }
    let bare = House::open(MODULES).await;
    let refused = bare.call(&bare.person(Role::Supervisor), "POST", "/v1/map/closures", body(&bare, &[WEST])).await;
    assert_eq!((refused.status, refused.json.get("key")), (409, Some(&json!("operations.closure.no_map"))));
}

#[tokio::test]
async fn where_everything_is_closed_no_way_is_told_but_who_stands_in_a_closed_street_gets_out() {
    let house = house().await;
    let dispatcher = house.person(Role::Dispatcher);
    let now = house.app.env.now();
    let within = between(WEST, EAST, 0.5);
    let close = |line: Vec<Wgs84>| house.call(&dispatcher, "POST", "/v1/map/closures", body(&house, &line));
    assert_eq!(close(vec![within]).await.status, 200);
    assert!(metres(&house, within, SOUTH, now).await.time().is_some(), "out of the closed street");
    assert!(metres(&house, SOUTH, within, now).await.time().is_some(), "to the scene in it");
    assert_eq!(close(vec![between(WEST, SOUTH, 0.5)]).await.status, 200);
    assert_eq!(close(vec![between(SOUTH, EAST, 0.5)]).await.status, 200);
    assert_eq!(metres(&house, FAR_WEST, FAR_EAST, now).await, RoadAnswer::NoWay);
}

/// A street of five pieces, the three in the middle closed by two closures: the scene cannot be driven to from any open road.
#[tokio::test]
async fn whoever_is_sent_deep_into_a_closure_gets_in_and_is_told_so_and_a_closure_elsewhere_stays_closed() {
    let mut builder = NetworkBuilder::new();
    let at = |index: usize| Wgs84 { lon: 120.200 + 0.005 * index as f64, lat: 23.0 };
    let nodes: Vec<NodeId> = (0..7).map(|index| builder.node(at(index)).unwrap()).collect();
    for index in 0..6 {
        let spec = EdgeSpec { name: Some("長街"), ..EdgeSpec::of_class(RoadClass::Primary) };
        builder.edge(nodes[index], nodes[index + 1], &[], spec).unwrap();
    }
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    assert_eq!(house.call_with(&operator, "POST", "/v1/map/import", &[], builder.build().to_bytes()).await.status, 200);
    let dispatcher = house.person(Role::Dispatcher);
    let (west, scene, east, now) = (between(at(0), at(1), 0.5), between(at(2), at(3), 0.5), between(at(5), at(6), 0.5), house.app.env.now());
    let roads = house.app.room::<RoadTimesPort>();
    let before = roads.0.changes(now);
    for line in [vec![between(at(1), at(2), 0.2), between(at(2), at(3), 0.7)], vec![between(at(3), at(4), 0.5)]] {
        let made = house.call(&dispatcher, "POST", "/v1/map/closures", body(&house, &line)).await;
        assert_eq!(made.status, 200, "{}", made.json);
    }
    assert!(roads.0.changes(now) > before && roads.0.changes(now.plus(2 * Micros::HOUR)) != roads.0.changes(now));
    let through = |answer: RoadAnswer| answer.time().map(|time| time.is_through_closure);
    assert_eq!(through(metres(&house, west, between(at(0), at(1), 0.9), now).await), Some(false), "no closure on the way");
    assert_eq!(through(metres(&house, west, scene, now).await), Some(true), "into the first");
    assert_eq!(through(metres(&house, east, scene, now).await), Some(true), "through the one that touches it");
    assert_eq!(metres(&house, west, east, now).await, RoadAnswer::NoWay, "nobody is sent through what is closed between");
}

#[tokio::test]
async fn another_server_and_the_next_start_know_what_is_closed_and_a_new_map_closes_it_too() {
    let house = house().await;
    let dispatcher = house.person(Role::Dispatcher);
    let made = house.call(&dispatcher, "POST", "/v1/map/closures", body(&house, &[between(WEST, EAST, 0.5)])).await;
    assert_eq!(made.status, 200, "{}", made.json);
    // Another server: the same database, other memory.
    let elsewhere = Roads::default();
    let maps = house.app.room::<crate::MapState>();
    elsewhere.renew_soon(&maps);
    tokio::spawn(closures::watch_for_ever(house.app.clone(), elsewhere.clone()));
    let now = house.app.env.now();
    while elsewhere.closed(now).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(elsewhere.closed(now), house.app.room::<Roads>().closed(now));

    let operator = house.person(Role::Operator);
    let imported = house.call_with(&operator, "POST", "/v1/map/import", &[], two_ways().to_bytes()).await;
    assert_eq!(imported.status, 200, "{}", imported.json);
    let roads = house.app.room::<Roads>();
    while roads.info().version < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(roads.closed(now).iter().map(|closure| closure.pieces.len()).collect::<Vec<_>>(), [1]);
}
