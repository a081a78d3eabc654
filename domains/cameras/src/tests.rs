//! The room through its doors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::json;
use shouhu_http::testing::House;
use shouhu_ids::Micros;
use shouhu_module::{Caller, Module};
use shouhu_place::Wgs84;
use shouhu_module::ports::{CameraPlacesPort, CamerasNearPort};
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use crate::model::{CameraKind, NewCamera};
use crate::register::{Basis, Grounds};
use crate::{MODULE, register, store};

static MODULES: &[Module] = &[MODULE];

#[tokio::test]
async fn a_new_camera_is_in_the_directory_before_the_answer_and_on_the_list() {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let body = json!({ "name": " 中正路口 ", "position": { "lon": 120.2, "lat": 23.0 }, "heading_deg": 360.0 });
    let made = house.call(&operator, "POST", "/v1/cameras", body.clone()).await;
    assert_eq!(made.status, 200, "{}", made.json);
    assert_eq!((&made.json["name"], &made.json["heading_deg"], &made.json["kind"]), (&json!("中正路口"), &json!(0.0), &json!("fixed")));
    let id = serde_json::from_value(made.json["id"].clone()).unwrap();
    let place = house.app.room::<CameraPlacesPort>().0.place(id).unwrap();
    assert_eq!((place.name.as_str(), place.position.lon), ("中正路口", 120.2));
    let again = house.call(&operator, "POST", "/v1/cameras", body).await;
    assert_eq!((again.status, &again.json["key"]), (409, &json!("cameras.create.name_taken")));
    let list = house.call(&house.person(Role::Officer), "GET", "/v1/cameras", json!(null)).await;
    assert_eq!(list.json["items"], json!([made.json]));
    house.settle().await;
}

#[tokio::test]
async fn whose_camera_it_is_is_set_by_operators_and_may_be_nobodys_again() {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let body = json!({ "name": "A", "position": { "lon": 120.2, "lat": 23.0 }, "office": " 永康分局 " });
    let made = house.call(&operator, "POST", "/v1/cameras", body).await.json;
    assert_eq!(made["office"], json!("永康分局"));
    let path = format!("/v1/cameras/{}/office", made["id"].as_str().unwrap());
    for (said, kept) in [(json!({ "office": "仁德分局" }), json!("仁德分局")), (json!({ "office": " " }), json!(null))] {
        let set = house.call(&operator, "POST", &path, said).await;
        assert_eq!((set.status, &set.json["office"]), (200, &kept), "{}", set.json);
    }
    let long = house.call(&operator, "POST", &path, json!({ "office": "永".repeat(81) })).await;
    assert_eq!((long.status, &long.json["key"]), (422, &json!("cameras.office.too_long")));
    let other = house.call(&operator, "POST", "/v1/cameras/01890000-0000-7000-8000-000000000000/office", json!({ "office": "A" })).await;
    assert_eq!(other.status, 404);
    let refused = house.call(&house.person(Role::Supervisor), "POST", &path, json!({ "office": "A" })).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn only_operators_manage_and_auditors_do_not_even_look() {
    let house = House::open(MODULES).await;
    let body = json!({ "name": "A", "position": { "lon": 120.2, "lat": 23.0 } });
    for role in Role::ALL {
        let person = house.person(role);
        let read = house.call(&person, "GET", "/v1/cameras", json!(null)).await.status;
        assert_eq!(read, if matches!(role, Role::Auditor | Role::Inspector) { 403 } else { 200 }, "{role:?}");
        let made = house.call(&person, "POST", "/v1/cameras", body.clone()).await.status;
        assert_eq!(made, if role == Role::Operator { 200 } else { 403 }, "{role:?}");
    }
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_a_second_import_finds_only_duplicates() {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let csv = "名稱,經度,緯度\nA,120.2,23\nB,120.3,23\nA,120.4,23\nC,120.5,99\n".as_bytes();
    let import = async |dry_run: bool| {
        let answer = house.call_with(&operator, "POST", &format!("/v1/cameras/import?dry_run={dry_run}"), &[], csv.to_vec()).await;
        let of = |key: &str| answer.json[key].as_u64();
        (answer.status, of("accepted"), of("duplicates"), answer.json["errors"][0]["row"].as_u64())
    };
    assert_eq!(import(true).await, (200, Some(2), Some(1), Some(5)));
    assert_eq!(house.call(&operator, "GET", "/v1/cameras", json!(null)).await.json["items"], json!([]));
    assert_eq!(import(false).await, (200, Some(2), Some(1), Some(5)));
    assert_eq!(import(false).await, (200, Some(0), Some(3), Some(5)));
    let page = house.call(&operator, "GET", "/v1/cameras?limit=1", json!(null)).await;
    let next = house.call(&operator, "GET", &format!("/v1/cameras?cursor={}", page.json["next_cursor"].as_str().unwrap()), json!(null)).await;
    // Cameras of one import may share a millisecond, so either may come first.
    let mut names = [&page, &next].map(|answer| answer.json["items"][0]["name"].as_str().unwrap().to_owned());
    names.sort();
    assert_eq!((names, &next.json["next_cursor"]), (["A".into(), "B".into()], &json!(null)));
}

#[tokio::test]
async fn a_camera_out_of_service_keeps_its_place() {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let made = house.call(&operator, "POST", "/v1/cameras", json!({ "name": "A", "position": { "lon": 120.2, "lat": 23.0 } })).await;
    let path = format!("/v1/cameras/{}/active", made.json["id"].as_str().unwrap());
    for _ in 0..2 {
        let off = house.call(&operator, "POST", &path, json!({ "is_active": false })).await;
        assert_eq!((off.status, &off.json["is_active"]), (200, &json!(false)));
    }
    let id = serde_json::from_value(made.json["id"].clone()).unwrap();
    assert!(house.app.room::<CameraPlacesPort>().0.place(id).is_some());
    let unknown = house.call(&operator, "POST", "/v1/cameras/00000000-0000-7000-8000-000000000000/active", json!({ "is_active": true })).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn cameras_come_back_as_they_were_stored_on_each_database() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let position = shouhu_place::Wgs84::new(120.25, 23.5).unwrap();
        let new = NewCamera::checked("臺南", CameraKind::Patrol, position, None).unwrap();
        let mut tx = store.begin().await.unwrap();
        let id = store::insert(&mut tx, &store, &new).await.unwrap().unwrap();
        assert_eq!(store::insert(&mut tx, &store, &new).await.unwrap(), None);
        assert!(store::set_active(&mut tx, id, false).await.unwrap());
        assert!(!store::set_active(&mut tx, id, false).await.unwrap());
        tx.commit().await.unwrap();
        let camera = store::get(&store, id).await.unwrap().unwrap();
        assert_eq!((camera.name.as_str(), camera.kind, camera.position, camera.is_active), ("臺南", CameraKind::Patrol, position, false));
        assert_eq!(store::page(&store, "", 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_nearest_cameras_in_service_are_told_nearest_first_with_where_they_look() {
    let house = House::open(MODULES).await;
    let operator = house.person(Role::Operator);
    let mut ids = Vec::new();
    // 102 m apart along a street to the east; the scene is west of all of them.
    for (name, lon, heading) in [("far", 120.254, Some(270.0)), ("off", 120.251, None), ("near", 120.252, Some(90.0)), ("middle", 120.253, None)] {
        let body = json!({ "name": name, "position": { "lon": lon, "lat": 23.03 }, "heading_deg": heading });
        let made = house.call(&operator, "POST", "/v1/cameras", body).await;
        ids.push(made.json["id"].as_str().unwrap().to_owned());
    }
    let off = format!("/v1/cameras/{}/active", ids[1]);
    assert_eq!(house.call(&operator, "POST", &off, json!({ "is_active": false })).await.status, 200);
    let port = house.app.room::<CamerasNearPort>();
    let scene = shouhu_place::Wgs84::new(120.25, 23.03).unwrap();
    let near = port.0.near(scene, 10);
    let told: Vec<_> = near.iter().map(|camera| (camera.name.as_str(), camera.is_looking_here)).collect();
    assert_eq!(told, [("near", Some(false)), ("middle", None), ("far", Some(true))]);
    let first = near.first().unwrap();
    assert!((200.0..210.0).contains(&first.distance_m) && (89.0..91.0).contains(&first.bearing_deg), "{first:?}");
    assert_eq!(port.0.near(scene, 1).len(), 1);
}

async fn camera(house: &House, name: &str) -> String {
    let body = json!({ "name": name, "position": { "lon": 120.2, "lat": 23.0 } });
    let made = house.call(&house.person(Role::Operator), "POST", "/v1/cameras", body).await;
    made.json["id"].as_str().unwrap().to_owned()
}

async fn lines(house: &House) -> serde_json::Value {
    house.call(&house.person(Role::Officer), "GET", "/v1/cameras/register", json!(null)).await.json["items"].clone()
}

#[tokio::test]
async fn a_camera_records_while_somebody_answers_for_it_and_not_after_its_review_is_over() {
    let house = House::open(MODULES).await;
    let supervisor = house.person(Role::Supervisor);
    let (one, two) = (camera(&house, "中正路口").await, camera(&house, "民權路口").await);
    let places = house.app.room::<CameraPlacesPort>();
    let id: shouhu_ids::CameraId = one.parse().unwrap();
    let now = house.app.env.now();
    let later = |days: i64| now.plus(days * Micros::DAY);
    assert!(places.0.recording(id).holds(now) && !places.0.recording(id).holds(later(31)), "a month, and no longer without an answer");
    assert_eq!(lines(&house).await[0]["state"], "new");

    let body = |cameras: serde_json::Value, until: Micros| {
        json!({ "cameras": cameras, "basis": "public_place", "purpose": "路口治安", "notice": "現場告示", "until_us": until.0 })
    };
    let refused = house.call(&house.person(Role::Operator), "POST", "/v1/cameras/reviews", body(json!([one]), later(90))).await;
    assert_eq!(refused.status, 403, "who puts cameras up does not answer for them");
    for (wrong, key) in [
        (body(json!([]), later(90)), "cameras.register.count"),
        (body(json!([one]), later(400)), "cameras.register.until"),
        (body(json!([one, "01890000-0000-7000-8000-000000000000"]), later(90)), "cameras.register.unknown"),
    ] {
        let answer = house.call(&supervisor, "POST", "/v1/cameras/reviews", wrong).await;
        assert_eq!(answer.json["key"], key, "{}", answer.json);
    }
    assert_eq!(lines(&house).await[0]["review"], json!(null), "refused as a whole");
    let made = house.call(&supervisor, "POST", "/v1/cameras/reviews", body(json!([one, two]), later(90))).await;
    assert_eq!((made.status, &made.json["cameras"]), (200, &json!(2)), "{}", made.json);
    assert!(places.0.recording(id).holds(later(89)) && !places.0.recording(id).holds(later(90)));
    let told = lines(&house).await;
    assert_eq!((&told[0]["state"], &told[0]["review"]["purpose"]), (&json!("reviewed"), &json!("路口治安")), "{told}");

    let path = format!("/v1/cameras/{one}/review/end");
    let ended = house.call(&supervisor, "POST", &path, json!({ "reason": "居民陳情" })).await;
    assert_eq!((ended.status, &ended.json["state"]), (200, &json!("stopped")), "{}", ended.json);
    assert!(!places.0.recording(id).holds(house.app.env.now()));
    let again = house.call(&supervisor, "POST", &path, json!({ "reason": "again" })).await;
    assert_eq!((again.status, &again.json["key"]), (409, &json!("cameras.register.none_holds")));
    places.0.destroyed(id, 3);
    let told = lines(&house).await;
    let of = |name: &str| told.as_array().unwrap().iter().find(|line| line["name"] == name).unwrap().clone();
    assert_eq!((&of("中正路口")["destroyed"], &of("民權路口")["state"]), (&json!(3), &json!("reviewed")), "{told}");
    let health = (MODULE.health)(house.app.clone()).await;
    assert!(health.is_healthy && health.detail.starts_with("ATTENTION"), "{}", health.detail);
}

#[tokio::test]
async fn reviews_are_kept_and_ended_on_each_database() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let began = register::begin(&store).await.unwrap();
        assert_eq!(register::begin(&store).await.unwrap(), began, "it begins once");
        let new = NewCamera::checked("A", CameraKind::Fixed, Wgs84::new(120.2, 23.0).unwrap(), None).unwrap();
        let mut tx = store.begin().await.unwrap();
        let id = store::insert(&mut tx, &store, &new).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let Caller::Person(by) = House::open(MODULES).await.person(Role::Supervisor) else { panic!("a person") };
        let now = store.env().now();
        let grounds = Grounds::checked(Basis::TrafficEnforcement, "超速", "警52", now.plus(Micros::DAY), now).unwrap();
        let mut tx = store.begin().await.unwrap();
        assert_eq!(register::write(&mut tx, &[id], &grounds, &by, now).await.unwrap(), None);
        assert!(register::end(&mut tx, id, "撤除", &by, now.plus(1)).await.unwrap());
        assert!(!register::end(&mut tx, id, "撤除", &by, now.plus(2)).await.unwrap(), "once");
        tx.commit().await.unwrap();
        let all = register::reviews(&store, None).await.unwrap();
        assert_eq!(all, register::reviews(&store, Some((id, id))).await.unwrap());
        let [review] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((review.basis, review.ends_at(), review.end_reason.as_deref()), (Basis::TrafficEnforcement, now.plus(1), Some("撤除")));
    })
    .await;
}
