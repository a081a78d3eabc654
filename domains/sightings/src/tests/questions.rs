//! Every question, through its door: three cameras in a row, two vehicles that travel together and one that does not.

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_ids::{CameraId, Micros};
use shouhu_module::Caller;
use shouhu_module::ports::{CameraPlace, CameraPlaces, CameraPlacesPort, GlimpseKind};
use shouhu_place::Wgs84;
use shouhu_wire::Role;

use super::{NOW, World};
use crate::sample::{batch, report};

/// Cameras a kilometre apart on one parallel.
struct Row(Vec<CameraId>);

impl CameraPlaces for Row {
    fn place(&self, camera: CameraId) -> Option<CameraPlace> {
        let index = self.0.iter().position(|other| *other == camera)?;
        let position = Wgs84::new(120.20 + index as f64 * 0.01, 23.0).ok()?;
        Some(CameraPlace { name: format!("camera {}", index + 1), position, heading_deg: None })
    }
}

struct Street {
    world: World,
    cameras: Vec<CameraId>,
}

const START: Micros = Micros(NOW.0 - Micros::DAY);

fn at(minutes: i64) -> Micros {
    START.plus(minutes * Micros::MINUTE)
}

impl Street {
    /// `AAA-1111` and `BBB-2222` pass all cameras ten seconds apart; `CCC-3333` passes the last one only, and later the first
    /// within a second of standing at the last.
    async fn open() -> Self {
        let world = World::open().await;
        let cameras: Vec<CameraId> = (0..3).map(|_| world.house.app.env.id(CameraId::new)).collect();
        world.house.app.put(CameraPlacesPort(Arc::new(Row(cameras.clone()))));
        for (index, camera) in cameras.iter().enumerate() {
            let Caller::Device(mut device) = world.house.device("fixed") else { panic!("a device") };
            device.camera = Some(*camera);
            let minute = 10 * index as i64;
            let mut reports = vec![
                report(1, "AAA-1111", at(minute)),
                report(2, "BBB-2222", at(minute).plus(10 * Micros::SECOND)),
            ];
            if index == 2 {
                reports.push(report(3, "CCC-3333", at(60)));
            }
            if index == 0 {
                reports.push(report(4, "CCC-3333", at(60).plus(Micros::SECOND)));
            }
            let answer = world.house.call(&Caller::Device(device), "POST", "/v1/sightings", batch(NOW, &reports)).await;
            assert_eq!(answer.status, 200, "{}", answer.json);
        }
        Self { world, cameras }
    }

    async fn ask(&self, method: &str, path: &str, mut body: Value) -> Value {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("from_us".into(), json!(START.0));
            fields.insert("until_us".into(), json!(NOW.0));
        }
        let answer = self.world.asked(method, path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }
}

fn column<'a>(answer: &'a Value, field: &str) -> Vec<&'a str> {
    answer["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[tokio::test]
async fn plates_are_found_by_pattern_look_and_one_wrong_character() {
    let street = Street::open().await;
    let ask = |query: &str| {
        let path = format!("/v1/sightings/plates?{query}");
        async { column(&street.ask("GET", &{ path }, json!(null)).await, "plate_display").into_iter().map(ToOwned::to_owned).collect::<Vec<_>>() }
    };
    assert_eq!(ask("plate=*111").await, ["AAA-1111"]);
    assert_eq!(ask("plate=BBB2222&likeness=look_alike").await, ["BBB-2222"]);
    assert_eq!(ask("plate=888Z222&likeness=look_alike").await, ["BBB-2222"]);
    assert_eq!(ask("plate=AAA111&likeness=one_off").await, ["AAA-1111"]);
    let window = format!("plate=CCC*&from_us={}&until_us={}", at(0).0, at(30).0);
    assert!(ask(&window).await.is_empty(), "not seen in that window");
}

#[tokio::test]
async fn cameras_and_areas_answer_with_passages_in_pages_and_with_plates() {
    let street = Street::open().await;
    let last = json!({ "cameras": [street.cameras[2]], "limit": 2 });
    let page = street.ask("POST", "/v1/sightings/cameras", last.clone()).await;
    assert_eq!(column(&page, "plate_display"), ["CCC-3333", "BBB-2222"]);
    assert_eq!(column(&page, "place_name"), ["camera 3", "camera 3"]);
    let mut next = last.clone();
    next["cursor"] = page["next_cursor"].clone();
    assert_eq!(column(&street.ask("POST", "/v1/sightings/cameras", next).await, "plate_display"), ["AAA-1111"]);
    let plates = street.ask("POST", "/v1/sightings/cameras/plates", json!({ "cameras": street.cameras })).await;
    assert_eq!(column(&plates, "plate_display"), ["AAA-1111", "BBB-2222", "CCC-3333"]);

    let circle = json!({ "area": { "kind": "circle", "center": { "lon": 120.21, "lat": 23.0 }, "radius_m": 200.0 } });
    assert_eq!(column(&street.ask("POST", "/v1/sightings/area", circle.clone()).await, "plate_display"), ["BBB-2222", "AAA-1111"]);
    let bbox = json!({ "area": { "kind": "bbox", "west": 120.215, "south": 22.9, "east": 120.3, "north": 23.1 } });
    assert_eq!(column(&street.ask("POST", "/v1/sightings/area/plates", bbox).await, "plate_display").len(), 3);
    let ring = [[120.19, 22.99], [120.205, 22.99], [120.205, 23.01], [120.19, 23.01], [120.19, 22.99]];
    let polygon = json!({ "area": { "kind": "polygon", "coordinates": [ring] } });
    assert_eq!(column(&street.ask("POST", "/v1/sightings/area", polygon).await, "place_name"), ["camera 1"; 3]);
    let refused = street.world.asked("POST", "/v1/sightings/area", json!({ "area": { "kind": "h3", "cells": ["no cell"] }, "from_us": 0, "until_us": 1 })).await;
    assert_eq!((refused.status, &refused.json["key"]), (422, &json!("lake.area.cell")));
}

#[tokio::test]
async fn movement_is_shown_with_what_cannot_be() {
    let street = Street::open().await;
    let trajectory = street.ask("GET", &format!("/v1/sightings/trajectory?plate=CCC3333&from_us={}&until_us={}", START.0, NOW.0), json!(null)).await;
    let legs = trajectory["items"].as_array().unwrap();
    assert_eq!((legs.len(), &legs[0]["took_ms"], &legs[1]["took_ms"]), (2, &json!(null), &json!(1_000)));
    assert_eq!(legs[1]["doubt"], json!("cloned_plate"), "two kilometres in a second");
    let convoys = street.ask("POST", "/v1/sightings/convoys", json!({ "plate": "AAA1111" })).await;
    assert_eq!((column(&convoys, "plate_display"), &convoys["items"][0]["cameras"]), (vec!["BBB-2222"], &json!(3)));
    let meetings = street.ask("POST", "/v1/sightings/meetings", json!({ "plates": ["AAA1111", "BBB2222"], "within_s": 60 })).await;
    assert_eq!(meetings["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(meetings["items"][0]["plates"], json!(["AAA-1111", "BBB-2222"]));
    let passed = json!({ "first": [street.cameras[0]], "then": [street.cameras[2]], "within_s": 1_800 });
    let passed = street.ask("POST", "/v1/sightings/passed", passed).await;
    assert_eq!(column(&passed, "plate_display"), ["BBB-2222", "AAA-1111"]);
    assert_eq!((&passed["items"][0]["took_ms"], &passed["items"][0]["then"]["place_name"]), (&json!(1_200_000), &json!("camera 3")));
    let seen = street.ask("GET", "/v1/sightings/seen?plate=AAA-1111", json!(null)).await;
    assert_eq!((&seen["first"]["place_name"], &seen["last"]["place_name"], &seen["sightings"]), (&json!("camera 1"), &json!("camera 3"), &json!(3)));
}

#[tokio::test]
async fn a_stolen_car_vanishes_in_one_zone_and_turns_up_in_another() {
    let street = Street::open().await;
    let stolen = json!({ "vehicles": [{ "plate": "AAA-1111", "stolen_at_us": at(15).0 }], "look_days": 5 });
    let zones = street.world.asked("POST", "/v1/sightings/zones", stolen).await;
    assert_eq!(zones.status, 200, "{}", zones.json);
    let numbers: std::collections::BTreeSet<[i64; 3]> = zones.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|zone| ["last_seen_before", "first_seen_after", "last_seen_after"].map(|kind| zone[kind].as_i64().unwrap()))
        .collect();
    assert_eq!(numbers, std::collections::BTreeSet::from([[1, 0, 0], [0, 1, 1]]), "at the second camera, then at the third");
    assert!(zones.json["items"][0]["position"]["lon"].as_f64().is_some_and(|lon| (120.19..120.24).contains(&lon)));
    let none = street.world.asked("POST", "/v1/sightings/zones", json!({ "vehicles": [] })).await;
    assert_eq!((none.status, &none.json["key"]), (422, &json!("sightings.zones.vehicles")));
    let fine = json!({ "vehicles": [{ "plate": "AAA-1111", "stolen_at_us": at(15).0 }], "resolution": 10 });
    let fine = street.world.asked("POST", "/v1/sightings/zones", fine).await;
    assert_eq!((fine.status, &fine.json["key"]), (422, &json!("sightings.zones.resolution")));
}

/// What the ledger was last charged for the first row: plate and moment.
fn charges(street: &Street) -> Vec<(String, Micros)> {
    street.world.charged().rows[0].iter().map(|glimpse| (glimpse.plate.display(), glimpse.at)).collect()
}

#[tokio::test]
async fn what_a_row_sums_up_is_charged_to_the_times_it_is_about() {
    let street = Street::open().await;
    let of = |plate: &str, at: Micros| (plate.to_owned(), at);
    street.ask("POST", "/v1/sightings/convoys", json!({ "plate": "AAA1111" })).await;
    let late = Micros::SECOND * 10;
    let all = Some([START, NOW]);
    let both: Vec<_> = [at(0), at(20), at(20)].into_iter().map(|at| of("AAA-1111", at)).collect();
    let both: Vec<_> = both.into_iter().chain([at(0), at(20), at(20)].map(|at| of("BBB-2222", at.plus(late)))).collect();
    assert_eq!((charges(&street), street.world.charged().sums_over), (both, all), "each its own passages, and how many");
    let stolen = json!({ "vehicles": [{ "plate": "AAA-1111", "stolen_at_us": at(15).0 }], "look_days": 5 });
    street.world.asked("POST", "/v1/sightings/zones", stolen).await;
    let looked = [at(15).plus(-5 * Micros::DAY), at(15), at(15).plus(5 * Micros::DAY)];
    assert_eq!(charges(&street), looked.map(|at| of("AAA-1111", at)), "from the look's beginning until its end");
    let path = format!("/v1/sightings/plates?plate=AAA*&from_us={}&until_us={}", START.0, NOW.0);
    street.ask("GET", &path, json!(null)).await;
    assert_eq!(charges(&street), [at(0), at(20), at(20)].map(|at| of("AAA-1111", at)), "a number is as old as the last passage");
    street.ask("GET", "/v1/sightings/seen?plate=AAA-1111", json!(null)).await;
    let (charged, is_sum) = (street.world.charged().rows, street.world.charged().sums_over.is_some());
    assert_eq!((charged.last().map(|row| row[0].at), is_sum), (Some(at(20)), true));
}

#[tokio::test]
async fn a_number_of_other_cameras_is_another_thing_and_the_same_question_the_same_one() {
    let street = Street::open().await;
    let number = async |cameras: &[CameraId]| {
        street.ask("POST", "/v1/sightings/cameras/plates", json!({ "cameras": cameras })).await;
        street.world.charged().rows[0].iter().find(|glimpse| glimpse.kind == GlimpseKind::Count).map(|glimpse| glimpse.mark)
    };
    let (all, turned) = (street.cameras.clone(), street.cameras.iter().rev().copied().collect::<Vec<_>>());
    let some = [all[0], all[2]];
    assert_eq!(number(&all).await, number(&turned).await);
    assert!(number(&all).await.is_some() && number(&all).await != number(&some).await, "the same two ends, and which cameras lie between");
}

#[tokio::test]
async fn a_meeting_along_a_way_names_the_places_of_its_two_moments_only() {
    let street = Street::open().await;
    let near = json!({ "plates": ["AAA1111", "BBB2222"], "within_s": 660, "within_m": 1_500 });
    let meetings = street.ask("POST", "/v1/sightings/meetings", near).await;
    assert_eq!(meetings["items"].as_array().map(Vec::len), Some(1), "one way of three cameras hangs together: {meetings}");
    assert_eq!(meetings["items"][0]["place_names"], json!(["camera 1", "camera 3"]));
    assert_eq!(charges(&street).iter().filter(|(plate, _)| plate == "AAA-1111").count(), 3, "two moments and the number");
}

#[tokio::test]
async fn a_full_answer_at_the_bound_says_that_there_may_be_more_whether_there_is_or_not() {
    let street = Street::open().await;
    let is_cut = async |limit: u32| {
        let asked = json!({ "cameras": street.cameras, "limit": limit });
        let found = street.ask("POST", "/v1/sightings/cameras/plates", asked).await;
        found["partial"].as_array().unwrap().iter().any(|note| note["key"].as_str().is_some_and(|key| key.contains("limit")))
    };
    assert_eq!([is_cut(2).await, is_cut(3).await, is_cut(4).await], [true, false, false]);
    street.world.gate.is_bounded.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!([is_cut(2).await, is_cut(3).await, is_cut(4).await], [true, true, false]);
}

#[tokio::test]
async fn counts_need_no_purpose_and_name_no_plate() {
    let street = Street::open().await;
    let operator = street.world.house.person(Role::Operator);
    let ask = |query: &str| {
        let path = format!("/v1/sightings/counts?from_us={}&until_us={}&{query}", START.0, NOW.0);
        let (street, operator) = (&street, &operator);
        async move {
            let answer = street.world.house.call_with(operator, "GET", &path, &[], Vec::new()).await;
            assert_eq!(answer.status, 200, "{path} {}", answer.json);
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("AAA"));
            answer.json
        }
    };
    assert_eq!((ask("by=hour").await["total"].clone(), ask("by=cell&resolution=5").await["total"].clone()), (json!(8), json!(8)));
    let by_camera = ask(&format!("by=hour_camera&camera={}", street.cameras[2])).await;
    assert_eq!((&by_camera["total"], &by_camera["items"][0]["place_name"]), (&json!(3), &json!("camera 3")));
    assert_eq!(ask("by=hour&bbox=120.205,22.9,120.215,23.1").await["total"], json!(2));
    let unknown = street.world.house.call_with(&operator, "GET", "/v1/sightings/counts?from_us=0&until_us=1&bbox=x", &[], Vec::new()).await;
    assert_eq!(unknown.json["key"], json!("sightings.search.bbox_invalid"));
}

#[tokio::test]
async fn every_question_about_vehicles_leaves_a_leaf_that_says_what_was_asked() {
    let street = Street::open().await;
    street.ask("POST", "/v1/sightings/convoys", json!({ "plate": "AAA1111" })).await;
    street.ask("POST", "/v1/sightings/cameras", json!({ "cameras": [street.cameras[1]] })).await;
    let leaves = street.world.house.app.audit.page(None, 10).await.unwrap();
    let said = |text: &str| leaves.iter().any(|leaf| leaf.entry.object.starts_with(text) && leaf.entry.purpose.as_deref() == Some("patrol"));
    assert!(said("convoys of AAA-1111 from ") && said(&format!("passages of cameras {} from ", street.cameras[1])), "{leaves:?}");
    let wide = json!({ "cameras": [street.cameras[1]], "from_us": 0, "until_us": 8 * Micros::DAY });
    let refused = street.world.asked("POST", "/v1/sightings/cameras", wide).await;
    assert_eq!((refused.status, &refused.json["key"]), (422, &json!("sightings.search.window_too_wide")));
}
