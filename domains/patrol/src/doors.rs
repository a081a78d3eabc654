//! Claims about the routes: who gets in, what proves a visit, and what a copy is worth.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::BoxFuture;
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{BoxId, HitId, Micros};
use shouhu_module::ports::{NearbyWanted, NearbyWantedPort, WantedAs, WantedNear};
use shouhu_module::{Caller, Module, Problem};
use shouhu_place::Wgs84;
use shouhu_plate::{VehicleClass, VehicleColour};
use shouhu_store::params;
use shouhu_wire::{EntryAction, Role};

use crate::code::Code;
use crate::secret::{STEP_S, Secret, step_mac};
use crate::tag::TagRead;
use crate::{MODULE, jobs, tag};

static MODULES: &[Module] = &[MODULE];

const LIST: &str = "編號,名稱,派出所,勤區,經度,緯度,巡簽間隔,備註\n\
    永康-001,中正路郵局,永康派出所,03,120.25,23.03,12,側門常未關\n\
    永康-002,復國市場,永康派出所,03,120.26,23.03,,\n\
    大橋-001,大橋車站,大橋派出所,01,120.45,23.03,,\n";

struct City {
    house: House,
    chief: Caller,
    officer: Caller,
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value}")).to_owned()
}

fn key(answer: &Answer) -> String {
    text(&answer.json, "/key")
}

impl City {
    async fn new() -> Self {
        let house = House::open(MODULES).await;
        let city = Self { chief: house.person(Role::Supervisor), officer: house.person(Role::Officer), house };
        let report = city.import("false", LIST).await;
        assert_eq!(report.json.get("accepted"), Some(&3.into()), "{}", report.json);
        city
    }

    async fn import(&self, dry_run: &str, list: &str) -> Answer {
        let path = format!("/v1/patrol/boxes/import?dry_run={dry_run}");
        self.house.call_with(&self.chief, "POST", &path, &[], list.as_bytes().to_vec()).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.house.call(&self.chief, "GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.house.call(&self.chief, "POST", path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }

    /// The printed code and id of a box.
    async fn code(&self, number: &str) -> (String, BoxId) {
        let all = self.get("/v1/patrol/codes").await;
        let found = all.pointer("/items").unwrap().as_array().unwrap().iter().find(|code| text(code, "/number") == number).unwrap();
        (text(found, "/text"), text(found, "/id").parse().unwrap())
    }

    async fn nonce(&self, by: &Caller) -> String {
        let given = self.house.call(by, "POST", "/v1/patrol/nonces", json!({ "count": 1 })).await;
        text(&given.json, "/nonces/0")
    }

    async fn sign(&self, by: &Caller, body: Value) -> Answer {
        self.house.call(by, "POST", "/v1/patrol/check-ins", body).await
    }

    fn now(&self) -> i64 {
        self.house.app.env.now().0
    }

    /// A reading of a printed code at a place.
    async fn printed(&self, number: &str, lon: f64) -> Value {
        let (code, _) = self.code(number).await;
        json!({ "code": code, "measured_at_us": self.now(), "position": { "lon": lon, "lat": 23.03 }, "accuracy_m": 8.0,
            "nonce": self.nonce(&self.officer).await })
    }
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body.as_object_mut().unwrap().insert(name.into(), value);
    body
}

#[tokio::test]
async fn a_printed_code_with_a_fix_and_a_nonce_is_a_visit_and_tells_what_matters_here() {
    let city = City::new().await;
    let read = city.printed("永康-001", 120.2501).await;
    let taken = city.sign(&city.officer, read.clone()).await;
    assert_eq!(taken.status, 200, "{}", taken.json);
    assert_eq!(text(&taken.json, "/briefing/note"), "側門常未關");
    assert_eq!(taken.json.pointer("/briefing/visited"), Some(&1.into()));
    assert_eq!(taken.json.get("doubts"), Some(&json!([])));
    let shown = city.get("/v1/patrol/boxes?state=on_time").await;
    assert_eq!(text(&shown, "/items/0/number"), "永康-001");
    let again = city.sign(&city.officer, read).await;
    assert_eq!((again.status, key(&again)), (409, "patrol.check_in.replayed".into()), "another request with the same nonce");
    let listed = city.get("/v1/patrol/check-ins").await;
    assert_eq!(listed.pointer("/items").unwrap().as_array().unwrap().len(), 1);
    let summary = city.get("/v1/patrol/summary").await;
    assert_eq!((summary.get("on_time"), summary.get("never"), summary.get("refused_24h")), (Some(&1.into()), Some(&2.into()), Some(&1.into())));
    assert_eq!(summary.pointer("/stations/1/check_ins_7d"), Some(&1.into()), "{summary}");
}

#[tokio::test]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
async fn a_crew_sees_boxes_due_near_it_without_a_tour_and_without_the_planner_s_right() {
    let city = City::new().await;
    let near = |query: &'static str| {
        let city = &city;
        async move { city.house.call(&city.officer, "GET", &format!("/v1/patrol/boxes/near{query}"), Value::Null).await }
    };
    let here = "?lon=120.2505&lat=23.03";
    assert_eq!(near(here).await.json, json!({ "items": [], "count": 0 }), "put up just now: nothing is due");
    let mut tx = city.house.app.store.begin().await.unwrap();
    // The first is to be signed twice a day and falls due in an hour, the second is overdue by a day; the third lies 20 km off.
    let made = |hours: i64| city.now() - hours * Micros::HOUR;
    for (number, at) in [("永康-001", made(11)), ("永康-002", made(48)), ("大橋-001", made(48))] {
        tx.execute("UPDATE patrol_box SET created_at_us = $2 WHERE number = $1", params![number, at]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let told = near(here).await.json;
    let numbers = |told: &Value| told["items"].as_array().unwrap().iter().map(|item| text(item, "/box/number")).collect::<Vec<_>>();
    assert_eq!((numbers(&told), told["count"].as_i64()), (vec!["永康-001".to_owned(), "永康-002".to_owned()], Some(2)), "nearest first: {told}");
    let overdue: Vec<_> = told["items"].as_array().unwrap().iter().map(|item| item["is_overdue"].as_bool()).collect();
    assert_eq!(overdue, [Some(false), Some(true)]);
    assert!(told["items"][1]["distance_m"].as_f64().is_some_and(|metres| (900.0..1_000.0).contains(&metres)), "{told}");
    assert_eq!(numbers(&near("?lon=120.2505&lat=23.03&radius_m=200").await.json), ["永康-001"]);
    assert_eq!(numbers(&near("?lon=120.2505&lat=23.03&station=%E5%A4%A7%E6%A9%8B%E6%B4%BE%E5%87%BA%E6%89%80").await.json), Vec::<String>::new());
    assert_eq!(numbers(&near("?lon=120.4505&lat=23.03").await.json), ["大橋-001"]);
    // Signed: no longer due. Retired: never due.
    let read = city.printed("永康-001", 120.25).await;
    assert_eq!(city.sign(&city.officer, read).await.status, 200);
    assert_eq!(numbers(&near(here).await.json), ["永康-002"]);
    let (_, id) = city.code("永康-002").await;
    city.post(&format!("/v1/patrol/boxes/{id}/retire"), json!({})).await;
    assert_eq!(numbers(&near(here).await.json), Vec::<String>::new());
    for rubbish in ["", "?lon=120.25", "?lon=NaN&lat=23", "?lon=200&lat=23"] {
        let refused = near(rubbish).await;
        assert_eq!((refused.status, key(&refused)), (422, "patrol.near.place".into()), "{rubbish}");
    }
    let dispatcher = city.house.person(Role::Dispatcher);
    assert_eq!(city.house.call(&dispatcher, "GET", "/v1/patrol/boxes/near?lon=120.25&lat=23.03", Value::Null).await.status, 403);
}

/// Two vehicles that watchlists would tell of.
struct Wanted(HitId);

impl NearbyWanted for Wanted {
    fn near(&self, place: Wgs84) -> BoxFuture<'static, Result<Vec<WantedNear>, Problem>> {
        let seen = |plate: &str, confirmed| WantedNear {
            hit: self.0,
            plate_display: plate.into(),
            seen_at: Micros(7),
            place_name: "中正路口".into(),
            distance_m: place.distance_m(Wgs84 { lon: 120.25, lat: 23.04 }),
            confirmed,
        };
        let known = WantedAs {
            action: EntryAction::Stop,
            vehicle_class: Some(VehicleClass::Car),
            vehicle_colour: Some(VehicleColour::White),
            vehicle_note: "廂型車".into(),
        };
        let told = vec![seen("ABC-1234", Some(known)), seen("XYZ-0001", None)];
        Box::pin(async move { Ok(told) })
    }
}

#[tokio::test]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
async fn who_stands_at_a_box_now_is_told_of_wanted_vehicles_near_and_the_leaf_names_them() {
    let city = City::new().await;
    let hit = city.house.app.env.id(HitId::new);
    city.house.app.put(NearbyWantedPort(Arc::new(Wanted(hit))));
    let read = city.printed("永康-001", 120.25).await;
    let taken = city.sign(&city.officer, read).await;
    let told = &taken.json["briefing"]["wanted"];
    assert_eq!((told[0]["plate_display"].as_str(), told[0]["is_confirmed"].as_bool()), (Some("ABC-1234"), Some(true)), "{}", taken.json);
    assert_eq!((told[0]["action"].as_str(), told[0]["vehicle_note"].as_str()), (Some("stop"), Some("廂型車")));
    assert_eq!((told[0]["vehicle_class"].as_str(), told[0]["vehicle_colour"].as_str()), (Some("car"), Some("white")));
    assert_eq!((told[1]["is_confirmed"].as_bool(), &told[1]["action"], &told[1]["vehicle_note"]), (Some(false), &Value::Null, &Value::Null));
    assert_eq!((&told[1]["vehicle_class"], &told[1]["vehicle_colour"]), (&Value::Null, &Value::Null), "nobody has compared the pictures");
    assert!(told[0]["distance_m"].as_f64().is_some_and(|metres| (1_000.0..1_200.0).contains(&metres)), "from the box: {told}");
    let app = &city.house.app;
    let leaves = app.audit.page(None, 10).await.unwrap();
    let leaf = leaves.iter().find(|leaf| leaf.entry.object.starts_with("patrol box 永康-001")).unwrap();
    assert!(leaf.entry.object.contains(&format!("hit {hit} ABC-1234")) && leaf.entry.object.contains("XYZ-0001"), "{}", leaf.entry.object);
}

#[tokio::test]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
async fn a_late_or_far_signature_is_taken_and_tells_of_no_vehicle() {
    let city = City::new().await;
    city.house.app.put(NearbyWantedPort(Arc::new(Wanted(city.house.app.env.id(HitId::new)))));
    let (_, id) = city.code("永康-001").await;
    city.post(&format!("/v1/patrol/boxes/{id}/device"), json!({})).await;
    let secret = city.house.app.room::<Secret>().device_secret(id, 1);
    let body = |at: i64| {
        let step = at.div_euclid(STEP_S * Micros::SECOND);
        json!({ "code": Code::Rotating { id, step, mac: step_mac(&secret, step) }.text(), "measured_at_us": at })
    };
    let late = city.sign(&city.officer, body(city.now() - 30 * Micros::MINUTE)).await;
    assert_eq!((late.status, &late.json["briefing"]["wanted"]), (200, &json!([])), "{}", late.json);
    let away = with(with(body(city.now()), "position", json!({ "lon": 120.30, "lat": 23.03 })), "accuracy_m", 8.0.into());
    let away = city.sign(&city.officer, away).await;
    assert_eq!((away.status, &away.json["briefing"]["wanted"]), (200, &json!([])), "{}", away.json);
    let here = city.sign(&city.house.person(Role::Officer), body(city.now())).await;
    assert_eq!(here.json["briefing"]["wanted"].as_array().map(Vec::len), Some(2), "{}", here.json);
}

#[tokio::test]
async fn a_photograph_of_a_code_is_worth_nothing() {
    let city = City::new().await;
    let read = city.printed("永康-001", 120.25).await;
    let other = city.house.person(Role::Officer);
    let refusals = [
        (with(read.clone(), "position", Value::Null), "patrol.check_in.position_missing"),
        (with(read.clone(), "position", json!({ "lon": 120.26, "lat": 23.03 })), "patrol.check_in.too_far"),
        (with(read.clone(), "accuracy_m", 500.0.into()), "patrol.check_in.accuracy"),
        (with(read.clone(), "nonce", Value::Null), "patrol.check_in.nonce"),
        (with(read.clone(), "nonce", "MADEUP".into()), "patrol.check_in.nonce"),
        (with(read.clone(), "nonce", city.nonce(&other).await.into()), "patrol.check_in.nonce"),
        (with(read.clone(), "measured_at_us", (city.now() - Micros::HOUR).into()), "patrol.check_in.nonce"),
        (with(read.clone(), "measured_at_us", (city.now() + 10 * Micros::MINUTE).into()), "patrol.check_in.from_the_future"),
        (with(read.clone(), "measured_at_us", (city.now() - 2 * Micros::DAY).into()), "patrol.check_in.too_old"),
        (with(read.clone(), "code", text(&read, "/code").replace(":P:", ":R:").into()), "patrol.code.unreadable"),
        (with(read.clone(), "code", "04:DE:5F:1E:AC:C0:40".into()), "patrol.check_in.plain_uid"),
    ];
    let count = refusals.len();
    for (body, expected) in refusals {
        let refused = city.sign(&city.officer, body).await;
        assert_eq!(key(&refused), expected, "{}", refused.json);
    }
    let (stranger, own) = (city.code("永康-002").await.0, city.code("永康-001").await.0);
    // The other box's signature under this box's number.
    let forged = format!("{}:{}", own.rsplit_once(':').unwrap().0, stranger.rsplit_once(':').unwrap().1);
    assert_eq!(key(&city.sign(&city.officer, with(read.clone(), "code", forged.into())).await), "patrol.code.forged");
    let summary = city.get("/v1/patrol/summary").await;
    assert_eq!(summary.get("refused_24h"), Some(&(count + 1).into()));
    assert_eq!(summary.get("check_ins_24h"), Some(&0.into()));
}

#[tokio::test]
async fn a_new_code_ends_the_old_sheet_and_a_retired_box_is_not_signed() {
    let city = City::new().await;
    let read = city.printed("永康-001", 120.25).await;
    let (_, id) = city.code("永康-001").await;
    city.post(&format!("/v1/patrol/boxes/{id}/reissue"), json!({})).await;
    assert_eq!(key(&city.sign(&city.officer, read.clone()).await), "patrol.code.forged");
    let fresh = with(read, "code", city.code("永康-001").await.0.into());
    city.post(&format!("/v1/patrol/boxes/{id}/retire"), json!({})).await;
    assert_eq!(key(&city.sign(&city.officer, fresh.clone()).await), "patrol.check_in.retired");
    assert_eq!(city.get("/v1/patrol/summary").await.get("boxes"), Some(&2.into()));
    city.post(&format!("/v1/patrol/boxes/{id}/restore"), json!({})).await;
    assert_eq!(city.sign(&city.officer, fresh).await.status, 200);
}

#[tokio::test]
async fn a_display_s_code_is_good_for_its_minute_and_once_for_each_person() {
    let city = City::new().await;
    let (_, id) = city.code("永康-001").await;
    let at = city.now();
    let step = at.div_euclid(STEP_S * Micros::SECOND);
    let secret = city.house.app.room::<Secret>().device_secret(id, 1);
    let code = |step| Code::Rotating { id, step, mac: step_mac(&secret, step) }.text();
    let body = |step, at: i64| json!({ "code": code(step), "measured_at_us": at });
    assert_eq!(key(&city.sign(&city.officer, body(step, at)).await), "patrol.code.forged", "no display is known here");
    let given = city.post(&format!("/v1/patrol/boxes/{id}/device"), json!({})).await;
    assert_eq!(text(&given, "/secret_base32"), data_encoding::BASE32_NOPAD.encode(&secret));
    let taken = city.sign(&city.officer, body(step, at)).await;
    assert_eq!(taken.json.get("doubts"), Some(&json!(["no_position"])), "{}", taken.json);
    assert_eq!(key(&city.sign(&city.officer, body(step, at)).await), "patrol.check_in.replayed");
    let partner = city.house.person(Role::Officer);
    assert_eq!(city.sign(&partner, body(step, at)).await.status, 200);
    assert_eq!(key(&city.sign(&partner, body(step - 20, at)).await), "patrol.check_in.code_expired");
    // A phone without a line that read it then and sends it now.
    let late = city.sign(&partner, body(step - 60, at - 30 * Micros::MINUTE)).await;
    assert_eq!(late.json.get("doubts"), Some(&json!(["late_upload", "no_position"])), "{}", late.json);
}

#[tokio::test]
async fn a_tag_counts_and_its_clone_is_found_out() {
    let city = City::new().await;
    let (_, id) = city.code("永康-001").await;
    let keys = city.post(&format!("/v1/patrol/boxes/{id}/tag"), json!({ "uid": "04:de:5f:1e:ac:c0:40" })).await;
    assert_eq!(text(&keys, "/uid"), "04DE5F1EACC040");
    let secret = city.house.app.room::<Secret>().tag_secret(id, 1);
    let uid = [0x04, 0xde, 0x5f, 0x1e, 0xac, 0xc0, 0x40];
    let read = |uid, counter, at: i64| {
        let (picc, mac) = tag::testing::write(&secret.meta_read, &secret.file_read, TagRead { uid, counter });
        json!({ "code": Code::Tag { id, picc, mac }.text(), "measured_at_us": at, "position": { "lon": 120.25, "lat": 23.03 }, "accuracy_m": 5.0 })
    };
    let at = city.now();
    let taken = city.sign(&city.officer, read(uid, 7, at)).await;
    assert_eq!((text(&taken.json, "/method"), taken.json.get("doubts")), ("tag".into(), Some(&json!([]))));
    let partner = city.house.person(Role::Officer);
    assert_eq!(key(&city.sign(&partner, read(uid, 7, at)).await), "patrol.check_in.replayed", "whoever sends it");
    assert_eq!(key(&city.sign(&partner, read([9; 7], 8, at)).await), "patrol.code.forged", "another tag with the same keys");
    // Read before by a phone that had no line: fewer counts, earlier.
    let before = city.sign(&partner, read(uid, 6, at - 20 * Micros::MINUTE)).await;
    assert_eq!(before.json.get("doubts"), Some(&json!(["late_upload"])), "{}", before.json);
    let cloned = city.sign(&partner, read(uid, 9, at - 15 * Micros::MINUTE)).await;
    assert_eq!(cloned.json.get("doubts"), Some(&json!(["late_upload", "counter_order"])), "{}", cloned.json);
    let far = with(read(uid, 10, at), "position", json!({ "lon": 120.26, "lat": 23.03 }));
    assert_eq!(city.sign(&city.officer, far).await.json.get("doubts"), Some(&json!(["far_from_box"])));
    let (_, other) = city.code("永康-002").await;
    let path = format!("/v1/patrol/boxes/{other}/tag");
    let taken = city.house.call(&city.chief, "POST", &path, json!({ "uid": "04DE5F1EACC040" })).await;
    assert_eq!((taken.status, key(&taken)), (409, "patrol.tag.taken".into()));
    let wrong = city.house.call(&city.chief, "POST", &path, json!({ "uid": "04DE" })).await;
    assert_eq!(key(&wrong), "patrol.tag.uid");
}

#[tokio::test]
async fn two_boxes_far_apart_in_a_minute_are_doubted() {
    let city = City::new().await;
    let first = city.printed("永康-001", 120.25).await;
    assert_eq!(city.sign(&city.officer, first).await.status, 200);
    let second = city.printed("大橋-001", 120.45).await;
    let taken = city.sign(&city.officer, second).await;
    assert_eq!(taken.json.get("doubts"), Some(&json!(["impossible_travel"])), "{}", taken.json);
    let doubtful = city.get("/v1/patrol/check-ins?doubtful=true").await;
    assert_eq!(doubtful.pointer("/items").unwrap().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_taken_twice_changes_only_what_differs() {
    let city = City::new().await;
    let moved = LIST.replace("120.26", "120.261");
    let dry = city.import("true", &moved).await;
    assert_eq!((dry.json.get("accepted"), dry.json.get("changed"), dry.json.get("unchanged")), (Some(&0.into()), Some(&1.into()), Some(&2.into())));
    let shown = city.get("/v1/patrol/boxes?q=Ｙ復國").await;
    assert_eq!(shown.pointer("/items"), Some(&json!([])));
    assert_eq!(city.get("/v1/patrol/boxes?q=復國").await.pointer("/items/0/position/lon"), Some(&120.26.into()), "nothing was changed yet");
    city.import("false", &moved).await;
    assert_eq!(city.get("/v1/patrol/boxes?q=復國").await.pointer("/items/0/position/lon"), Some(&120.261.into()));
    let pages = city.get("/v1/patrol/boxes?limit=2").await;
    let rest = city.get(&format!("/v1/patrol/boxes?limit=2&cursor={}", "%E6%B0%B8%E5%BA%B7-001")).await;
    assert_eq!((text(&pages, "/next_cursor"), text(&rest, "/items/0/number")), ("永康-001".into(), "永康-002".into()));
}

#[tokio::test]
async fn each_role_does_its_part_only() {
    let city = City::new().await;
    let (code, id) = city.code("永康-001").await;
    assert!(code.starts_with("SH1:P:"));
    let dispatcher = city.house.person(Role::Dispatcher);
    let auditor = city.house.person(Role::Auditor);
    let tries = [
        (&city.officer, "GET", "/v1/patrol/codes".to_owned()),
        (&city.officer, "POST", format!("/v1/patrol/boxes/{id}/retire")),
        (&city.officer, "POST", format!("/v1/patrol/boxes/{id}/tag")),
        (&dispatcher, "POST", "/v1/patrol/check-ins".to_owned()),
        (&auditor, "GET", "/v1/patrol/check-ins".to_owned()),
    ];
    for (caller, method, path) in tries {
        assert_eq!(city.house.call(caller, method, &path, json!({})).await.status, 403, "{method} {path}");
    }
    let noted = city.house.call(&city.officer, "POST", &format!("/v1/patrol/boxes/{id}/note"), json!({ "note": " 夜間照明故障 " })).await;
    assert_eq!(text(&noted.json, "/note"), "夜間照明故障");
    let long = json!({ "note": "長".repeat(1_001) });
    assert_eq!(key(&city.house.call(&city.officer, "POST", &format!("/v1/patrol/boxes/{id}/note"), long).await), "patrol.box.note_too_long");
    assert_eq!(key(&city.house.call(&city.officer, "POST", "/v1/patrol/nonces", json!({ "count": 51 })).await), "patrol.nonces.count");
}

#[tokio::test]
async fn signatures_are_destroyed_after_a_year() {
    let city = City::new().await;
    let store = &city.house.app.store;
    let read = city.printed("永康-001", 120.25).await;
    assert_eq!(city.sign(&city.officer, read).await.status, 200);
    assert_eq!(jobs::purge_now(store).await.unwrap(), 0);
    let mut tx = store.begin().await.unwrap();
    tx.execute("UPDATE patrol_check_in SET measured_at_us = measured_at_us - $1", params![366 * Micros::DAY]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(jobs::purge_now(store).await.unwrap(), 1);
}

#[tokio::test]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
async fn the_chiefs_report_counts_visits_by_week_with_intervals_and_names_nobody() {
    let city = City::new().await;
    let (_, id) = city.code("永康-001").await;
    let now = Micros(city.now());
    let mut tx = city.house.app.store.begin().await.unwrap();
    // The box was made 20 days ago and signed each day at the same hour but for the last three days.
    tx.execute("UPDATE patrol_box SET created_at_us = $1, every_h = 24", params![now.plus(-20 * Micros::DAY)]).await.unwrap();
    for day in 4..20_i64 {
        let sql = "INSERT INTO patrol_check_in (id, box, method, proof, by_actor, by_name, measured_at_us, received_at_us, doubts) \
             VALUES ($1, $2, 'printed', $3, $4, '王小明', $5, $5, $6)";
        let env = &city.house.app.env;
        let (own, actor) = (env.id(shouhu_ids::CheckInId::new), env.id(shouhu_ids::ActorId::new));
        let doubts = if day == 5 { "no_position" } else { "" };
        tx.execute(sql, params![own, id, format!("n{day}"), actor, now.plus(-day * Micros::DAY), doubts]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let told = city.get("/v1/patrol/report?by=week&count=5&station=%E6%B0%B8%E5%BA%B7%E6%B4%BE%E5%87%BA%E6%89%80").await;
    let periods = told["periods"].as_array().unwrap();
    assert_eq!((periods.len(), told["boxes_in_use"].as_i64()), (5, Some(2)));
    let sum = |name: &str| periods.iter().map(|period| period["visits"][name].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("on_time"), sum("late")), (16, 0), "{told}");
    // The signed box missed three whole intervals after the last signature; the other one of the station 19 since it was made.
    assert_eq!(sum("missed"), 3 + 19, "{told}");
    assert_eq!(periods.iter().map(|period| period["doubtful"].as_i64().unwrap()).sum::<i64>(), 1);
    let share = periods.iter().find_map(|period| period["visits"]["on_time_share"].as_object()).unwrap();
    assert!(share["low"].as_f64() < share["high"].as_f64());
    let look = told["boxes"].as_array().unwrap().iter().find(|one| one["number"] == "永康-001").unwrap();
    assert_eq!((look["hour_entropy"].as_f64(), look["guessed"]["share"].as_f64()), (Some(0.0), Some(1.0)), "always the same hour: {look}");
    assert!(!told.to_string().contains("王小明"));
    let months = city.get("/v1/patrol/report?by=month&count=99").await;
    assert_eq!(months["periods"].as_array().unwrap().len(), 3, "a quarter at most");
}
