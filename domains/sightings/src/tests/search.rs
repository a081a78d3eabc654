use serde_json::{Value, json};
use shouhu_ids::{Micros, SightingId};
use shouhu_module::ports::{Picture, SightingPicturesPort};
use shouhu_wire::Role;

use super::{NOW, World};
use crate::ops::search::PLATES_MAX;
use crate::sample;
use crate::sample::{report, with_crop};

async fn plates(world: &World, query: &str) -> (u16, Vec<String>, Value) {
    let answer = world.asked("GET", &format!("/v1/sightings?{query}"), json!(null)).await;
    let plates = answer.json["items"].as_array().into_iter().flatten().map(|item| item["plate_display"].as_str().unwrap().to_owned());
    (answer.status, plates.collect(), answer.json.clone())
}

#[tokio::test]
async fn history_is_newest_first_whatever_the_way_it_came() {
    let world = World::open().await;
    let at = |minutes: i64| NOW.plus(-minutes * Micros::MINUTE);
    world.send(&[report(1, "ABC-1234", at(9)), report(2, "ABC-1239", at(1)), report(3, "XBC-1234", at(2)), report(4, "ABC-1234", at(5))]).await;
    assert_eq!(plates(&world, "plate=abc1234").await.1, ["ABC-1234", "ABC-1234"]);
    assert_eq!(plates(&world, "plate=ABC-12*").await.1, ["ABC-1239", "ABC-1234", "ABC-1234"]);
    assert_eq!(plates(&world, "plate=?bc123%3F&limit=4").await.1, ["ABC-1239", "XBC-1234", "ABC-1234", "ABC-1234"]);
    let (_, first, page) = plates(&world, "plate=*BC12*&limit=3").await;
    assert_eq!((first, &page["partial"]), (vec!["ABC-1239".into(), "XBC-1234".into(), "ABC-1234".into()], &json!([])));
    let next = format!("plate=*BC12*&cursor={}", page["next_cursor"].as_str().unwrap());
    let (_, rest, last) = plates(&world, &next).await;
    assert_eq!((rest, &last["next_cursor"]), (vec!["ABC-1234".into()], &json!(null)));
    let window = format!("plate=ABC1234&from_us={}&until_us={}", at(9).0, at(5).0);
    assert_eq!(plates(&world, &window).await.1, ["ABC-1234"], "the end of the window is not in it");
}

#[tokio::test]
async fn a_search_says_what_it_may_not() {
    let world = World::open().await;
    let week = format!("from_us={}&until_us={}", NOW.0 - 8 * Micros::DAY, NOW.0);
    for (query, key) in [
        ("", "sightings.search.nothing_asked"),
        ("plate=A*", "sightings.search.pattern_invalid"),
        (&format!("plate=ABC12*&{week}"), "sightings.search.window_too_wide"),
        ("plate=ABC1234&cursor=x", "sightings.search.cursor_invalid"),
    ] {
        assert_eq!(plates(&world, query).await.2["key"], json!(key), "{query}");
    }
    let detective = world.house.person(Role::Detective);
    let unasked = world.house.call_with(&detective, "GET", "/v1/sightings?plate=ABC1234", &[], Vec::new()).await;
    assert_eq!((unasked.status, &unasked.json["key"]), (428, &json!("oversight.purpose_required")));
    for role in [Role::Officer, Role::Auditor, Role::Operator] {
        let refused = world.house.call(&world.house.person(role), "GET", "/v1/sightings?plate=ABC1234", json!(null)).await;
        assert_eq!(refused.status, 403);
    }
}

#[tokio::test]
async fn pictures_come_back_for_one_look_only() {
    let world = World::open().await;
    world.send(&[with_crop(report(1, "ABC-1234", NOW.plus(-1_000)))]).await;
    let (_, _, page) = plates(&world, "plate=ABC1234").await;
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    let shown = world.asked("GET", &format!("/v1/sightings/{id}"), json!(null)).await;
    assert_eq!((shown.status, &shown.json["has_crop"], &shown.json["has_frame"]), (200, &json!(true), &json!(false)));
    let crop = world.asked("GET", &format!("/v1/sightings/{id}/crop"), json!(null)).await;
    assert_eq!((crop.status, crop.bytes), (200, sample::jpeg(32, 16)));
    let frame = world.asked("GET", &format!("/v1/sightings/{id}/frame"), json!(null)).await;
    assert_eq!((frame.status, &frame.json["key"]), (404, &json!("sightings.picture.none")));
    let port = world.house.app.room::<SightingPicturesPort>();
    assert_eq!(port.0.picture(id.parse().unwrap(), Picture::Crop).await.unwrap(), sample::jpeg(32, 16));
    for unknown in [world.house.app.env.id(SightingId::new), SightingId::of(1, NOW.0 / 1_000, 77)] {
        assert_eq!(port.0.picture(unknown, Picture::Crop).await.unwrap_err().status, 404);
    }
    let leaves = world.house.app.audit.page(None, 10).await.unwrap();
    assert!(leaves.iter().any(|leaf| leaf.entry.object == format!("crop of sighting {id}")), "each look leaves a leaf");
}

#[tokio::test]
async fn a_search_that_would_follow_too_many_plates_is_refused() {
    let world = World::open().await;
    let reports: Vec<Value> = (0..=PLATES_MAX).map(|n| report(n as u64, &format!("Z{n:03}-123"), NOW.plus(-1_000))).collect();
    world.send(&reports).await;
    assert_eq!(plates(&world, "plate=*123").await.2["key"], json!("sightings.search.too_broad"));
    assert_eq!(plates(&world, "plate=Z00*123").await.1.len(), 10, "a known beginning follows only what begins so");
}

#[tokio::test]
async fn what_a_device_said_is_found_again_to_the_thousandth() {
    let world = World::open().await;
    let mut full = report(7, "ABC-1234", NOW.plus(-1_500));
    full.as_object_mut().unwrap().extend(
        json!({ "lon": 120.123456, "lat": 23.0, "direction": "receding", "speed_kmh": 50.04, "confidence": 0.98765,
                "char_confidence": [0.5, 1.0], "alternatives": [{ "plate": "ABC1239", "probability": 0.25 }], "source": "rtsp" })
        .as_object()
        .unwrap()
        .clone(),
    );
    world.send(&[full]).await;
    let (_, _, page) = plates(&world, "plate=ABC1234").await;
    let item = &page["items"][0];
    assert_eq!(item["captured_at_us"], json!(NOW.0 - 2_000), "cut off to the millisecond");
    assert_eq!((&item["received_at_us"], &item["model"], &item["sequence"]), (&json!(NOW.0), &json!("test-1"), &json!(7)));
    assert_eq!((&item["direction"], &item["speed_kmh"], &item["confidence"]), (&json!("receding"), &json!(50.0), &json!(0.988)));
    assert_eq!((&item["position"]["lon"], &item["alternatives"][0]["plate"]), (&json!(120.123456), &json!("ABC1239")));
}
