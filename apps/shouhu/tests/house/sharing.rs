//! The whole house: what a partner sends is counted, and stops with the switch.
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
