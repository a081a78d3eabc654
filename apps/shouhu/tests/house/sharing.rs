//! The whole house: what a partner sends, and what a person fetches for it, is counted and stops with one switch.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::{Access, Caller, Load};
use shouhu_wire::{DeviceKind, Role};

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
