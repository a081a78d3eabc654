//! The whole house: what a partner sends, what a person fetches for it, and what its TAK clients get, is counted and stops with one switch; and no door of
//! somebody else is left out of the list of doors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::{Access, Caller, Load};
use shouhu_outgoing::Use;
use shouhu_positions::tak::{TakStream, serve};
use shouhu_store::params;
use shouhu_wire::{DeviceKind, Role};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::doors::{named, routes};
use crate::forgotten::files_below;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_partner_that_was_switched_off_passes_no_door_of_partners_and_one_without_agreement_only_those_of_life() {
    let clock = Arc::new(SimClock::starting_at(Micros(20_000 * Micros::DAY)));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let (partner, other) = (house.device_of("高雄", DeviceKind::Partner), house.device_of("氣象署", DeviceKind::Partner));
    let doors: Vec<_> = MODULES.iter().flat_map(|module| module.routes).filter(|route| route.access == Access::Partner).collect();
    assert!(doors.len() >= 4, "{}", doors.len());
    let key = async |who: &Caller, path: &str| {
        let answer = house.call(who, "POST", &path.replace("{feed}", "01890000-0000-7000-8000-000000000000"), Value::Null).await;
        answer.json["key"].as_str().unwrap_or_default().to_owned()
    };
    for route in &doors {
        assert!(!key(&partner, route.path).await.starts_with("oversight.sharing"), "{}", route.path);
    }
    let chief = house.person(Role::Supervisor);
    let listed = house.call(&chief, "GET", "/v1/oversight/partners", Value::Null).await.json;
    assert_eq!((&listed["items"][0]["title"], &listed["items"][0]["passed_day"]), (&json!("高雄"), &json!(doors.len())), "{listed}");

    clock.advance_us(31 * Micros::DAY);
    for route in &doors {
        let is_stopped = key(&partner, route.path).await == "oversight.sharing.no_agreement";
        assert_eq!(is_stopped, route.load != Load::Life, "{}", route.path);
    }
    let off = format!("/v1/oversight/partners/{}/off", listed["items"][0]["id"].as_str().unwrap().replace(' ', "%20"));
    assert_eq!(house.call(&chief, "POST", &off, json!({ "reason": "金鑰遭竊，停止收受" })).await.status, 200);
    for route in &doors {
        assert_eq!(key(&partner, route.path).await, "oversight.sharing.off", "{}", route.path);
        assert!(!key(&other, route.path).await.starts_with("oversight.sharing"), "nobody else: {}", route.path);
    }
}

#[tokio::test]
async fn what_persons_fetch_for_a_partner_stops_with_what_its_machine_sends() {
    let clock = Arc::new(SimClock::starting_at(Micros(20_000 * Micros::DAY)));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let (partner, chief) = (house.device_of("kaohsiung", DeviceKind::Partner), house.person(Role::Supervisor));
    let key = |answer: &shouhu_http::testing::Answer| answer.json["key"].as_str().unwrap_or_default().to_owned();
    assert_eq!(key(&house.call(&partner, "POST", "/v1/partners/warnings", Value::Null).await).split('.').next(), Some("warnings"));
    let incident = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "兩人鬥毆", "address": "中正路" });
    let incident = house.call(&house.person(Role::Dispatcher), "POST", "/v1/incidents", incident).await.json["id"].as_str().unwrap().to_owned();
    let pulls = |to: &str| {
        let to = if to.is_empty() { String::new() } else { format!("?partner={to}") };
        [format!("/v1/incidents.geojson{to}"), format!("/v1/units.geojson{to}"), format!("/v1/positions/cot{to}")]
    };
    let eido = format!("/v1/incidents/{incident}/eido?partner=kaohsiung");
    for path in pulls("kaohsiung").iter().chain(&pulls("")).chain([&eido]) {
        let answer = house.call(&chief, "GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
    }
    let listed = house.call(&chief, "GET", "/v1/oversight/partners", Value::Null).await.json;
    let passed = |title: &str| listed["items"].as_array().unwrap().iter().find(|one| one["title"] == title).map(|one| one["passed_day"].clone());
    assert_eq!((passed("kaohsiung"), passed("GeoJSON"), passed("Cursor on Target")), (Some(json!(5)), Some(json!(2)), Some(json!(1))), "{listed}");

    let id = listed["items"].as_array().unwrap().iter().find(|one| one["title"] == "kaohsiung").unwrap()["id"].as_str().unwrap();
    assert!(id.starts_with("device "), "one partner, not two: {listed}");
    let off = format!("/v1/oversight/partners/{}/off", id.replace(' ', "%20"));
    assert_eq!(house.call(&chief, "POST", &off, json!({ "reason": "金鑰遭竊，停止收受" })).await.status, 200);
    assert_eq!(key(&house.call(&partner, "POST", "/v1/partners/warnings", Value::Null).await), "oversight.sharing.off");
    for path in pulls("kaohsiung").iter().chain([&eido]) {
        assert_eq!(key(&house.call(&chief, "GET", path, Value::Null).await), "oversight.sharing.off", "{path}");
    }
    let number = house.call(&chief, "GET", &format!("/v1/incidents/{incident}"), Value::Null).await.json["number"].as_str().unwrap().to_owned();
    let leaves = house.app.audit.page(None, 1_000).await.unwrap();
    let mut refused: Vec<_> = leaves.into_iter().filter(|leaf| leaf.entry.outcome == 403).map(|leaf| leaf.entry.object).filter(|object| !object.is_empty()).collect();
    refused.sort_unstable();
    let of = |what: &str| format!("not handed out: {what} for kaohsiung");
    let known = [format!("{number} as EIDO"), "incidents as GeoJSON".into(), "positions as CoT".into(), "units as GeoJSON".into()];
    assert_eq!(refused, known.map(|what| of(&what)), "what was wanted, and for whom");
    // A month without agreement later the house's own maps still work, and somebody who was named needs one.
    assert_eq!(house.call(&chief, "GET", "/v1/units.geojson?partner=county", Value::Null).await.status, 200);
    clock.advance_us(31 * Micros::DAY);
    assert_eq!(house.call(&chief, "GET", "/v1/units.geojson", Value::Null).await.status, 200);
    assert_eq!(key(&house.call(&chief, "GET", "/v1/units.geojson?partner=county", Value::Null).await), "oversight.sharing.no_agreement");
}

/// A connection to the stream for TAK clients from an address of this machine.
async fn tak_client(from: [u8; 4], at: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(at).await.unwrap()
}

/// Reads one event, whole.
async fn event(client: &mut TcpStream) -> String {
    let (mut text, mut part) = (String::new(), [0; 4_096]);
    let whole = async {
        while !text.ends_with("</event>\n") {
            let n = client.read(&mut part).await.unwrap();
            assert!(n > 0, "closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(&part[..n]));
        }
    };
    timeout(PATIENCE, whole).await.unwrap();
    text
}

/// What comes until the connection ends.
async fn rest(mut client: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = timeout(PATIENCE, client.read_to_end(&mut bytes)).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_network_of_tak_clients_is_in_the_ledger_and_its_switch_or_its_date_ends_the_connections_that_are_open() {
    let clock = Arc::new(SimClock::starting_at(Micros(20_000 * Micros::DAY)));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let mut tx = house.app.store.begin().await.unwrap();
    let sql = "INSERT INTO dispatch_unit (id, call_sign, kind, state, created_at_us, lon, lat, position_at_us) \
         VALUES ($1, '永康 21', 'car', 'available', $2, 120.25, 23.03, $2)";
    tx.execute(sql, params![house.app.env.id(UnitId::new), house.app.env.now()]).await.unwrap();
    tx.commit().await.unwrap();
    let allow = vec!["127.0.0.0/8".parse().unwrap(), "fire=127.0.0.2".parse().unwrap()];
    let at = serve(house.app.clone(), TakStream { listen: SocketAddr::from(([127, 0, 0, 1], 0)), allow }).await.unwrap();
    let (mut ours, mut theirs) = (tak_client([127, 0, 0, 1], at).await, tak_client([127, 0, 0, 2], at).await);
    for client in [&mut ours, &mut theirs] {
        assert!(event(client).await.contains("永康 21"));
    }

    let chief = house.person(Role::Supervisor);
    let partner = async |title: &str| {
        let listed = house.call(&chief, "GET", "/v1/oversight/partners", Value::Null).await.json;
        listed["items"].as_array().unwrap().iter().find(|one| one["title"] == title).cloned().unwrap_or_else(|| panic!("{title} in {listed}"))
    };
    let (known, fire) = (partner("TAK 127.0.0.0/8").await, partner("fire").await);
    assert_eq!((&known["id"], &known["passed_day"], &known["passes_until_us"]), (&json!("unnamed TAK 127.0.0.0 8"), &json!(2), &Value::Null), "{known}");
    assert_eq!((&fire["id"], &fire["passed_day"]), (&json!("named fire"), &json!(2)), "a connection and a position: {fire}");

    // Nobody has agreed with those who were named; the force's own phones know no such date.
    clock.advance_us(31 * Micros::DAY);
    assert_eq!(rest(theirs).await, b"");
    assert_eq!(partner("fire").await["refused_day"], json!(1));
    event(&mut ours).await;

    let off = format!("/v1/oversight/partners/{}/off", known["id"].as_str().unwrap().replace(' ', "%20"));
    assert_eq!(house.call(&chief, "POST", &off, json!({ "reason": "手機遺失，停止提供" })).await.status, 200);
    assert_eq!(rest(ours).await, b"", "not a byte after the switch");
    assert_eq!(rest(tak_client([127, 0, 0, 1], at).await).await, b"");
    let known = partner("TAK 127.0.0.0/8").await;
    assert_eq!((&known["passed_day"], &known["refused_day"]), (&json!(1), &json!(2)), "the one who was there, and the one who came: {known}");

    let told = ["no longer handed out: … for TAK 127.0.0.0/8", "no longer handed out: … for fire", "not handed out: … for TAK 127.0.0.0/8"];
    let told = told.map(|object| object.replace('…', "positions of units as CoT"));
    let refused = async || {
        let leaves = house.app.audit.page(None, 1_000).await.unwrap();
        let of_stream = leaves.into_iter().filter(|leaf| leaf.entry.action == "TAK stream" && leaf.entry.outcome == 403);
        let mut objects: Vec<_> = of_stream.map(|leaf| leaf.entry.object).collect();
        objects.sort_unstable();
        objects
    };
    // The leaf of what was ended is written when the connection is gone already.
    let written = async {
        while refused().await.len() < told.len() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, written).await.unwrap();
    assert_eq!(refused().await, told);
}

/// Doors and their place in the ledger, as `docs/guide/exchange.md` has them.
fn doors_told() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/exchange.md");
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split("### Every door").nth(1).and_then(|after| after.split("\n## ").next()).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells[1].to_owned(), cells[3].to_owned())
    };
    section.lines().filter(|line| line.starts_with("| ")).skip(1).map(row).collect()
}

/// Sources that hold a text outside of their tests.
fn sources_with(text: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let floors = ["base", "engines", "platform", "domains"].into_iter().flat_map(|floor| files_below(&root.join(floor)));
    let holds = |file: &PathBuf| {
        let of_crate = file.strip_prefix(&root).unwrap().components().any(|part| part.as_os_str() == "src");
        let is_source = of_crate && file.extension().is_some_and(|e| e == "rs");
        is_source && std::fs::read_to_string(file).unwrap().split("\nmod tests {").next().unwrap_or_default().contains(text)
    };
    let mut found: Vec<String> = floors.filter(holds).map(|file| file.strip_prefix(&root).unwrap().display().to_string()).collect();
    found.sort_unstable();
    found
}

#[test]
fn every_door_of_somebody_else_is_told_with_its_place_in_the_ledger_or_with_the_reason_why_it_has_none() {
    let told = doors_told();
    let of = |door: &str| -> Vec<String> {
        let quoted = format!("`{door}`");
        told.iter().filter(|(doors, _)| doors.contains(&quoted)).map(|(_, place)| place.clone()).collect()
    };
    for (doors, place) in &told {
        assert!(place.starts_with("**`") || (place.starts_with("no: ") && place.len() > 20), "{doors}: {place:?} is neither a key nor a reason");
    }
    for (_, route) in routes().filter(|(_, route)| matches!(route.access, Access::Device | Access::Partner | Access::Public(_))) {
        let places = of(&named(route));
        assert_eq!(places.len(), 1, "{} stands {} times in the list of doors of docs/guide/exchange.md", named(route), places.len());
        match route.access {
            Access::Partner => assert!(places[0].starts_with("**`device …`"), "{}: {}", named(route), places[0]),
            Access::Device => assert!(places[0].starts_with("no: "), "{} is the house's own: {}", named(route), places[0]),
            _ => {}
        }
    }
    let all: Vec<String> = routes().map(|(_, route)| named(route)).collect();
    let is_route = |word: &&str| word.split_once(' ').is_some_and(|(method, path)| method.chars().all(|ch| ch.is_ascii_uppercase()) && path.starts_with('/'));
    for word in told.iter().flat_map(|(doors, _)| doors.split('`')).filter(is_route) {
        assert!(all.iter().any(|known| known == word), "{word} is no route any more");
    }
    for aim in Use::ALL {
        assert!(!of(aim.variable()).is_empty(), "calls under {} stand nowhere", aim.variable());
    }
    let listeners = [("domains/positions/src/mqtt.rs", "--mqtt-listen"), ("domains/positions/src/tak/mod.rs", "--tak-listen"), ("platform/http/src/server.rs", "/healthz")];
    assert_eq!(sources_with("net.listen("), listeners.map(|(file, _)| file), "what else listens has a line in the list of doors");
    for (_, door) in listeners {
        assert_eq!(of(door).len(), 1, "{door}");
    }
    assert_eq!(sources_with("net.connect("), ["platform/outgoing/src/lib.rs"], "all calls have a use");
}
