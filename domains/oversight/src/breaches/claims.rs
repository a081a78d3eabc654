//! Claims about the register through its doors.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::Micros;
use shouhu_module::{Caller, Module};
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use super::{StepKind, WriteBreach, WriteStep, add_step, one, overdue, page, write};
use crate::MODULE;

static MODULES: &[Module] = &[MODULE];

fn leak(known_at: Micros) -> Value {
    json!({ "known_at_us": known_at.0, "what": "一支隨身碟遺失", "data": "姓名、車牌、地址", "persons": 120 })
}

async fn post(house: &House, by: &Caller, path: &str, body: Value) -> Answer {
    house.call(by, "POST", path, body).await
}

#[tokio::test]
async fn the_day_runs_from_when_the_house_knew_and_only_telling_those_concerned_stops_it() {
    let house = House::open(MODULES).await;
    let auditor = house.person(Role::Auditor);
    let now = house.app.env.now();
    let known = now.plus(-23 * Micros::HOUR);
    let written = post(&house, &auditor, "/v1/oversight/breaches", leak(known)).await;
    assert_eq!(written.status, 200, "{}", written.json);
    assert_eq!((&written.json["tell_due_at_us"], &written.json["is_late"]), (&json!(known.plus(Micros::DAY).0), &json!(false)));
    let steps = format!("/v1/oversight/breaches/{}/steps", written.json["id"].as_str().unwrap());
    let step = |kind: &str, text: &str, persons: Option<i64>, at: Micros| json!({ "kind": kind, "text": text, "persons": persons, "at_us": at.0 });
    let closed = post(&house, &auditor, &steps, step("closed", "已結案歸檔", None, now)).await;
    assert_eq!((closed.status, &closed.json["key"]), (409, &json!("oversight.breach.not_told")));
    for (wrong, key) in [
        (step("measure", "x", None, now), "oversight.breach.text"),
        (step("measure", "更換門鎖與密碼", None, known.plus(-1)), "oversight.breach.time"),
        (step("measure", "更換門鎖與密碼", None, now.plus(Micros::HOUR)), "oversight.breach.time"),
        (step("count", "清查後更正", None, now), "oversight.breach.count_missing"),
        (step("count", "清查後更正", Some(-1), now), "oversight.breach.persons"),
    ] {
        let refused = post(&house, &auditor, &steps, wrong).await;
        assert_eq!((refused.status, &refused.json["key"]), (422, &json!(key)));
    }
    for body in [step("authority_told", "函報個資會", None, now), step("count", "清查後更正", Some(95), now), step("not_told", "地址待查", None, now)] {
        assert_eq!(post(&house, &auditor, &steps, body).await.status, 200);
    }
    // A letter of yesterday that is written down today was in time; one of tomorrow is not.
    let told = post(&house, &auditor, &steps, step("persons_told", "以掛號信通知", Some(95), now)).await;
    assert_eq!((&told.json["is_late"], &told.json["persons"], &told.json["persons_told_at_us"]), (&json!(false), &json!(95), &json!(now.0)));
    let over = post(&house, &auditor, &steps, step("closed", "已結案歸檔", None, now)).await;
    assert_eq!((&over.json["is_closed"], over.json["steps"].as_array().map(Vec::len)), (&json!(true), Some(5)));
    let listed = house.call(&house.person(Role::Supervisor), "GET", "/v1/oversight/breaches", Value::Null).await;
    assert_eq!(listed.json["items"], json!([over.json]));
    assert_eq!(house.call(&house.person(Role::Officer), "GET", "/v1/oversight/breaches", Value::Null).await.status, 403);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_an_untold_breach_asks_for_attention() {
    let house = House::open(MODULES).await;
    let auditor = house.person(Role::Auditor);
    let now = house.app.env.now();
    for (change, key) in [
        (json!({ "known_at_us": now.plus(Micros::HOUR).0 }), "oversight.breach.time"),
        (json!({ "known_at_us": now.plus(-366 * Micros::DAY).0 }), "oversight.breach.time"),
        (json!({ "since_us": now.plus(1).0 }), "oversight.breach.time"),
        (json!({ "what": " \u{7} " }), "oversight.breach.text"),
        (json!({ "data": "字".repeat(2_001) }), "oversight.breach.text"),
        (json!({ "persons": 1_000_000_000_i64 }), "oversight.breach.persons"),
    ] {
        let mut body = leak(now);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = post(&house, &auditor, "/v1/oversight/breaches", body).await;
        assert_eq!((refused.status, &refused.json["key"]), (422, &json!(key)), "{}", refused.json);
    }
    assert_eq!(post(&house, &auditor, "/v1/oversight/breaches", leak(now.plus(-25 * Micros::HOUR))).await.json["is_late"], json!(true));
    let health = (MODULE.health)(house.app.clone()).await;
    assert!(health.detail.contains("1 breaches"), "{}", health.detail);
}

#[tokio::test]
async fn breaches_and_steps_are_kept_in_order_on_each_database() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let Caller::Person(by) = House::open(MODULES).await.person(Role::Auditor) else { panic!("a person") };
        let now = store.env().now();
        let asked = WriteBreach { known_at_us: now.plus(-2 * Micros::DAY), since_us: None, what: "帳號遭冒用".into(), data: "查詢紀錄".into(), persons: None };
        let first = write(&store, &by, asked.clone()).await.unwrap();
        let second = write(&store, &by, asked).await.unwrap();
        assert_eq!(overdue(&store).await.unwrap(), 2);
        let step = |kind| WriteStep { kind, text: "電話逐一通知".into(), persons: Some(3), at_us: now };
        for kind in [StepKind::Measure, StepKind::PersonsTold] {
            add_step(&store, &by, first.id, step(kind)).await.unwrap();
        }
        let told = one(&store, first.id).await.unwrap().unwrap();
        assert_eq!(told.steps.iter().map(|step| (step.seq, step.kind)).collect::<Vec<_>>(), [(1, StepKind::Measure), (2, StepKind::PersonsTold)]);
        assert!(told.is_late, "a day late stays a day late");
        assert_eq!(overdue(&store).await.unwrap(), 1);
        let listed = page(&store, None, 10).await.unwrap();
        assert!(listed.len() == 2 && listed.contains(&told) && listed.iter().any(|breach| breach.id == second.id));
    })
    .await;
}
