//! The whole house: what is given out under the law on government information holds nobody, two persons release it, and its proofs hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use shouhu::MODULES;
use shouhu_audit::offline::{Trust, verify_proof};
use shouhu_env::{Env, SimClock};
use shouhu_http::testing::House;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::{Caller, Person};
use shouhu_wire::Role;

const NOW: Micros = Micros(1_800_000_000_000_000);
/// What stands in the incidents and must not stand in the file.
const PLATE: &str = "ABC-1234";
const CALLER: &str = "林美玲";
const ADDRESS: &str = "永康區中正路 123 號 4 樓";
const CALL_SIGN: &str = "永康 21";

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

fn person(caller: &Caller) -> Person {
    let Caller::Person(person) = caller else { panic!("a person") };
    person.clone()
}

async fn done(house: &House, who: &Caller, path: &str, body: Value) -> Value {
    let answer = house.call(who, "POST", path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.json);
    answer.json
}

/// An incident that a crew has handled; its number.
async fn handled(house: &House, dispatcher: &Caller, officer: &Caller, unit: &str) -> String {
    let call = json!({
        "origin": "call", "priority": 2, "kind": "fight", "summary": format!("{CALLER} 說 {PLATE} 撞了人"), "address": ADDRESS,
        "position": { "lon": 120.22, "lat": 23.0 },
    });
    let incident = done(house, dispatcher, "/v1/incidents", call).await;
    let path = format!("/v1/incidents/{}", text(&incident, "/id"));
    done(house, dispatcher, &format!("{path}/notes"), json!({ "text": format!("車主 {CALLER}，{PLATE}") })).await;
    let order = text(&done(house, dispatcher, &format!("{path}/assignments"), json!({ "unit": unit })).await, "/id");
    for step in ["accept", "en_route", "on_scene"] {
        done(house, officer, &format!("/v1/assignments/{order}/step"), json!({ "step": step })).await;
    }
    let close = json!({ "step": "close", "code": "handled", "text": format!("{CALLER} 已和解") });
    done(house, officer, &format!("/v1/assignments/{order}/step"), close).await;
    done(house, dispatcher, &format!("{path}/close"), json!({ "code": "handled", "note": CALLER })).await;
    text(&incident, "/number")
}

#[tokio::test]
async fn what_is_given_out_holds_nobody_is_released_by_two_and_its_proofs_hold() {
    let clock = Arc::new(SimClock::starting_at(NOW));
    let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
    let [dispatcher, operator, chief, auditor, inspector] =
        [Role::Dispatcher, Role::Operator, Role::Supervisor, Role::Auditor, Role::Inspector].map(|role| house.person(role));
    let unit = text(&done(&house, &operator, "/v1/units", json!({ "call_sign": CALL_SIGN, "kind": "car" })).await, "/id");
    let officer = Caller::Person(Person { unit: Some(unit.parse::<UnitId>().unwrap()), ..person(&house.person(Role::Officer)) });
    done(&house, &officer, "/v1/units/mine/state", json!({ "state": "available" })).await;
    let first = handled(&house, &dispatcher, &officer, &unit).await;
    // Incidents of one moment have no order among themselves.
    clock.advance_us(Micros::MINUTE);
    let numbers = [first, handled(&house, &dispatcher, &officer, &unit).await];
    let open = json!({ "origin": "call", "priority": 2, "kind": "fight", "summary": "打架" });
    let running = text(&done(&house, &dispatcher, "/v1/incidents", open).await, "/number");
    clock.advance_us(Micros::HOUR);

    let at = "/v1/oversight/disclosures";
    let scope = json!({ "by": "time", "from_us": NOW.plus(-Micros::DAY), "until_us": NOW.plus(Micros::MINUTE * 30) });
    let ask = json!({ "request_ref": "公開-115-7", "basis": "政府資訊公開法第 9 條；已審第 18 條第 1 項", "scope": scope });
    for wrong in [json!({ "by": "time", "from_us": NOW.plus(-40 * Micros::DAY), "until_us": NOW }), json!({ "by": "time", "from_us": NOW, "until_us": NOW.plus(Micros::DAY) })] {
        let mut body = ask.clone();
        body["scope"] = wrong;
        let refused = house.call(&chief, "POST", at, body).await;
        assert_eq!((refused.status, text(&refused.json, "/key")), (422, "oversight.disclosure.scope".into()));
    }
    let mut files = Vec::new();
    for _ in 0..2 {
        let id = text(&done(&house, &chief, at, ask.clone()).await, "/id");
        let release = format!("{at}/{id}/release");
        let alone = house.call(&chief, "POST", &release, json!({})).await;
        assert_eq!((alone.status, text(&alone.json, "/key")), (403, "oversight.disclosure.same_person".into()));
        assert_eq!(house.call(&inspector, "POST", &release, json!({})).await.status, 403, "an inspector reads");
        assert_eq!(house.call(&auditor, "GET", &format!("{at}/{id}/file"), Value::Null).await.status, 409, "not before it is released");
        done(&house, &auditor, &release, json!({})).await;
        let again = house.call(&auditor, "POST", &release, json!({})).await;
        assert_eq!((again.status, text(&again.json, "/key")), (409, "oversight.disclosure.settled".into()));
        let file = house.call(&inspector, "GET", &format!("{at}/{id}/file"), Value::Null).await;
        assert_eq!(file.status, 200);
        files.push(file);
    }

    let mut named = Vec::new();
    for file in &files {
        let bytes = String::from_utf8(file.bytes.clone()).unwrap();
        let people = [&officer, &dispatcher, &operator, &chief, &auditor].map(person);
        let hidden: Vec<String> = people.iter().flat_map(|one| [one.id.to_string(), one.name.clone()]).collect();
        for word in hidden.iter().map(String::as_str).chain([PLATE, "ABC1234", CALLER, ADDRESS, "中正路", CALL_SIGN, unit.as_str(), running.as_str(), "和解"]) {
            assert!(!bytes.contains(word), "{word} in {bytes}");
            // Nor in the proofs, which carry their entries in base64.
            for entry in file.json["entries"].as_array().unwrap() {
                assert!(!text(entry, "/proof").contains(word), "{word}");
            }
        }
        let entries = file.json["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2, "those that are over");
        let trust = Trust::of(text(&file.json, "/log_key").parse().unwrap());
        let mut pseudonyms = Vec::new();
        for (entry, number) in entries.iter().zip(&numbers) {
            let (said, _) = verify_proof(&text(entry, "/proof"), &trust).unwrap();
            assert_eq!(said.object, format!("disclosure {} sha256 {}", text(&file.json, "/disclosure"), text(entry, "/sha256")));
            assert!(!serde_json::to_string(&said).unwrap().contains(&person(&officer).id.to_string()));
            let told: Value = serde_json::from_str(&text(entry, "/text")).unwrap();
            assert_eq!(text(&told, "/number"), *number);
            let by = |act: &str| {
                let line = told["log"].as_array().unwrap().iter().find(|line| line["act"] == act).unwrap_or_else(|| panic!("{act} in {told}"));
                text(line, "/by")
            };
            pseudonyms.push((by("assignment_on_scene"), by("unit_assigned")));
        }
        assert_eq!(pseudonyms[0], pseudonyms[1], "the same officer is the same within a file");
        assert_ne!(pseudonyms[0].0, pseudonyms[0].1, "the dispatcher is somebody else");
        named.push(pseudonyms[0].clone());
    }
    let all: BTreeSet<_> = named.iter().flat_map(|(one, two)| [one, two]).collect();
    assert_eq!(all.len(), 4, "two files cannot be joined: {named:?}");

    // Kept back, one alone, and refused.
    let one = json!({ "request_ref": "公開-115-8", "basis": "政府資訊公開法第 9 條", "scope": { "by": "incident", "number": numbers[0] } });
    let id = text(&done(&house, &auditor, at, one.clone()).await, "/id");
    let nothing = house.call(&chief, "POST", &format!("{at}/{id}/release"), json!({ "without": [numbers[0]] })).await;
    assert_eq!((nothing.status, text(&nothing.json, "/key")), (422, "oversight.disclosure.nothing".into()));
    let refused = done(&house, &chief, &format!("{at}/{id}/refuse"), json!({ "reason": "第 18 條第 1 項第 6 款" })).await;
    assert_eq!(text(&refused, "/state"), "refused");
    let id = text(&done(&house, &auditor, at, ask).await, "/id");
    done(&house, &chief, &format!("{at}/{id}/release"), json!({ "without": [numbers[1]] })).await;
    let file = house.call(&auditor, "GET", &format!("{at}/{id}/file"), Value::Null).await.json;
    assert_eq!((file["kept_back"].as_u64(), file["entries"].as_array().map(Vec::len)), (Some(1), Some(1)));
    assert_eq!(house.call(&officer, "GET", at, Value::Null).await.status, 403);
}
