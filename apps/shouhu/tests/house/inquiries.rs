//! Sightings and oversight in one house: whoever drives a vehicle is told of every question that found or named it, and of no other one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{Caller, DevicePeer, Person};
use shouhu_wire::{DeviceKind, Role};

const NOW: Micros = Micros(20_000 * Micros::DAY);
const PLATE: &str = "ABC-1280";
/// Cameras take it for the other.
const ALIKE: &str = "A8C-1280";

struct World {
    house: House,
    clock: Arc<SimClock>,
    detective: Caller,
    other: Caller,
}

fn of(caller: Caller, office: &str) -> Caller {
    let Caller::Person(person) = caller else { panic!("a person") };
    Caller::Person(Person { office: Some(office.to_owned()), ..person })
}

impl World {
    async fn open() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let report = |sequence: i64, plate: &str| {
            let at = NOW.plus(-sequence * 10 * Micros::MINUTE);
            json!({ "sequence": sequence, "plate": plate, "confidence": 0.95, "captured_at_us": at.0, "reads": 3 })
        };
        let device = DevicePeer {
            id: DeviceId::new(Micros(1), [1; 16]),
            name: "fixed".into(),
            kind: DeviceKind::FixedCamera,
            camera: None,
            clock_offset_us: 0,
        };
        let batch = json!({ "model": "test-1", "sent_at_us": NOW.0, "sightings": [report(1, PLATE), report(2, ALIKE), report(3, PLATE)] });
        let sent = house.call(&Caller::Device(device), "POST", "/v1/sightings", batch).await;
        assert_eq!(sent.status, 200, "{}", sent.json);
        house.settle().await;
        let (detective, other) = (of(house.person(Role::Detective), "偵查隊"), of(house.person(Role::Detective), "第二分局"));
        Self { house, clock, detective, other }
    }

    /// Asks a question about vehicles; the number of its leaf.
    async fn asked(&self, who: &Caller, purpose: &str, case: Option<&str>, path: &str) -> i64 {
        let mut headers = vec![("shouhu-purpose", purpose)];
        headers.extend(case.map(|case| ("shouhu-case", case)));
        let answer = self.house.call_with(who, "GET", path, &headers, Vec::new()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        self.clock.advance_us(2 * Micros::MINUTE);
        self.house.app.audit.page(None, 1).await.unwrap()[0].seq
    }

    /// What is answered about a plate when every case is told.
    async fn answered(&self, plate: &str) -> String {
        let (counter, chief) = (self.house.person(Role::Officer), self.house.person(Role::Supervisor));
        let ask = json!({ "plate": plate, "document": "passport", "document_number": "300123456", "claim": "keeper", "claim_shown": "行車執照" });
        let asked = self.house.call(&counter, "POST", "/v1/oversight/inquiries", ask).await;
        let at = format!("/v1/oversight/inquiries/{}", asked.json["id"].as_str().unwrap());
        let confirmed = self.house.call(&chief, "POST", &format!("{at}/confirm"), json!({ "is_confirmed": true })).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.json);
        let shown = self.house.call(&chief, "GET", &at, Value::Null).await;
        let cases: Vec<Value> = shown.json["cases"].as_array().unwrap().iter().map(|case| json!({ "case_ref": case["case_ref"] })).collect();
        let done = self.house.call(&chief, "POST", &format!("{at}/answer"), json!({ "cases": cases })).await;
        assert_eq!(done.status, 200, "{}", done.json);
        done.json["answers"][0]["text"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn whoever_drives_is_told_of_every_question_with_its_leaf_and_of_nobody_elses_plate() {
    let world = World::open().await;
    let named = format!("/v1/sightings?plate={PLATE}");
    let by_detective = world.asked(&world.detective, "investigation", Some("115-7"), &named).await;
    // The same look again is the same use; for another purpose it is another one, whether anything is found or not.
    world.asked(&world.detective, "investigation", Some("115-7"), &named).await;
    let none = format!("/v1/sightings?plate={PLATE}&from_us={}&until_us={}", NOW.0 - 3 * Micros::DAY, NOW.0 - 2 * Micros::DAY);
    let by_other = world.asked(&world.other, "patrol", None, &none).await;
    let of_alike = world.asked(&world.other, "traffic", Some("115-9"), &format!("/v1/sightings?plate={ALIKE}")).await;
    let by_pattern = world.asked(&world.other, "audit", Some("115-10"), "/v1/sightings?plate=A%3FC-1280").await;

    let text = world.answered(PLATE).await;
    for (office, purpose, leaf) in [("偵查隊", "犯罪偵查", by_detective), ("第二分局", "巡邏勤務", by_other), ("第二分局", "稽核", by_pattern)] {
        assert!(text.contains(&format!("單位：{office}　事由：{purpose}")), "{purpose} is not in\n{text}");
        assert!(text.contains(&format!("第 {leaf} 筆")), "leaf {leaf} is not in\n{text}");
    }
    assert_eq!(text.matches("單位：").count(), 3, "{text}");
    assert!(!text.contains("detective") && !text.contains("115-"), "nobody's name and no case: {text}");
    let alike = world.answered(ALIKE).await;
    assert_eq!(alike.matches("單位：").count(), 2, "{alike}");
    assert!(alike.contains(&format!("第 {of_alike} 筆")) && alike.contains(&format!("第 {by_pattern} 筆")) && !alike.contains("犯罪偵查"), "{alike}");
    let nobodys = world.answered("ZZZ-0001").await;
    assert_eq!(nobodys.matches("單位：").count(), 0, "{nobodys}");
}
