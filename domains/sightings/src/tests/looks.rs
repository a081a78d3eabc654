//! What pictures show: kept, told, and searched for through the gate that every search passes.

use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_ids::Micros;
use shouhu_plate::{PlateColour, SeenVehicle, VehicleColour, VehicleKind};

use super::{NOW, World};
use crate::looks::COMPARED_MAX;
use crate::sample::report;

fn minutes_ago(minutes: i64) -> Micros {
    NOW.plus(-minutes * Micros::MINUTE)
}

/// Seen from a car that stands in one place.
fn showing(sequence: u64, plate: &str, minutes: i64, seen: &Value) -> Value {
    let mut report = report(sequence, plate, minutes_ago(minutes));
    report["seen"] = seen.clone();
    report["lon"] = json!(120.2);
    report["lat"] = json!(23.0);
    report
}

async fn street() -> World {
    let world = World::open().await;
    let reports = [
        showing(1, "AAA-1111", 9, &json!({ "kind": "truck", "colour": "white" })),
        showing(2, "BBB-2222", 8, &json!({ "kind": "truck", "colour": "grey" })),
        showing(3, "CCC-3333", 7, &json!({ "colour": "white" })),
        showing(4, "AAA-1111", 6, &json!({ "kind": "truck", "colour": "white", "plate_colour": "white_black" })),
        report(5, "DDD-5555", minutes_ago(5)),
    ];
    assert_eq!(world.send(&reports).await.json["accepted"], json!(5));
    world
}

fn near(look: &Value) -> Value {
    let mut asked = json!({
        "area": { "kind": "circle", "center": { "lon": 120.2, "lat": 23.0 }, "radius_m": 500.0 },
        "from_us": minutes_ago(60), "until_us": NOW,
    });
    asked.as_object_mut().unwrap().extend(look.as_object().unwrap().clone());
    asked
}

fn plates(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().into_iter().flatten().filter_map(|item| item["plate_display"].as_str()).collect()
}

#[tokio::test]
async fn what_a_picture_shows_is_kept_with_its_passage_and_told_to_whoever_matches() {
    let world = street().await;
    let whole =
        SeenVehicle { kind: Some(VehicleKind::Truck), colour: Some(VehicleColour::White), plate_colour: Some(PlateColour::WhiteBlack) };
    let of = |sequence: u64| world.sightings().into_iter().find(|sighting| sighting.sequence == sequence).map(|sighting| sighting.seen);
    assert_eq!((of(4), of(5)), (Some(whole), Some(SeenVehicle::default())));
    let id = world.sightings().into_iter().find(|sighting| sighting.sequence == 3).unwrap().id;
    let shown = world.asked("GET", &format!("/v1/sightings/{id}"), json!(null)).await;
    assert_eq!(shown.json["seen"], json!({ "colour": "white" }), "what was not sure is absent");
    let told = world.house.app.store.unpublished(100).await.unwrap().into_iter().find_map(|stored| match stored.event {
        Event::SightingsRecorded { sightings } => Some(sightings),
        _ => None,
    });
    assert_eq!(told.unwrap().iter().map(|fact| fact.seen).next_back(), Some(SeenVehicle::default()));
}

#[tokio::test]
async fn a_white_lorry_near_a_place_is_found_without_its_plate_and_only_what_is_shown_is_charged() {
    let world = street().await;
    let found = world.asked("POST", "/v1/sightings/area", near(&json!({ "kind": "truck", "colour": "white" }))).await;
    assert_eq!((found.status, plates(&found.json)), (200, vec!["AAA-1111", "AAA-1111"]), "{}", found.json);
    assert_eq!(world.charged().rows.len(), 2);
    let white = world.asked("POST", "/v1/sightings/area", near(&json!({ "colour": "white" }))).await;
    assert_eq!(plates(&white.json), ["AAA-1111", "CCC-3333", "AAA-1111"], "newest first; a kind that is not sure is no other kind");
    let all = world.asked("POST", "/v1/sightings/area", near(&json!({}))).await;
    assert_eq!(plates(&all.json).len(), 4);
    let leaves = world.house.app.audit.page(None, 10).await.unwrap();
    assert!(leaves.iter().any(|leaf| leaf.entry.object.ends_with(" seen as white truck")), "the log says what was asked");
}

#[tokio::test]
async fn pages_of_a_narrowed_search_go_on_where_they_ended() {
    let world = street().await;
    let first = world.asked("GET", "/v1/sightings?plate=AAA1111&colour=white&limit=1", json!(null)).await;
    let cursor = first.json["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(first.json["items"][0]["sequence"], json!(4));
    let rest = world.asked("GET", &format!("/v1/sightings?plate=AAA1111&colour=white&limit=1&cursor={cursor}"), json!(null)).await;
    assert_eq!((&rest.json["items"][0]["sequence"], &rest.json["next_cursor"]), (&json!(1), &json!(null)));
    let none = world.asked("GET", "/v1/sightings?plate=AAA*&kind=bus", json!(null)).await;
    assert_eq!((none.status, plates(&none.json).len()), (200, 0));
}

#[tokio::test]
async fn a_colour_alone_is_no_search_and_an_unknown_one_is_none() {
    let world = street().await;
    let alone = world.asked("GET", "/v1/sightings?kind=truck&colour=white", json!(null)).await;
    assert_eq!((alone.status, &alone.json["key"]), (422, &json!("sightings.search.nothing_asked")));
    let unknown = world.asked("GET", "/v1/sightings?plate=AAA1111&colour=mauve", json!(null)).await;
    assert_eq!((unknown.status, &unknown.json["key"]), (400, &json!("http.query.invalid")));
}

#[tokio::test]
async fn a_search_that_would_compare_too_many_pictures_is_refused_whatever_fits() {
    let world = World::open().await;
    let reports: Vec<Value> = (0..COMPARED_MAX as u64 + 5)
        .map(|n| showing(n, &format!("AAA-{n:04}"), 1 + n as i64, &json!({ "colour": if n == 1 { "red" } else { "white" } })))
        .collect();
    world.send(&reports).await;
    for colour in ["blue", "white"] {
        let broad = world.asked("POST", "/v1/sightings/area", near(&json!({ "colour": colour, "limit": 1 }))).await;
        assert_eq!((broad.status, &broad.json["key"]), (422, &json!("sightings.search.too_broad")), "a refusal says nothing of {colour}");
    }
    let shorter = json!({ "colour": "white", "limit": 4, "from_us": minutes_ago(8) });
    let white = world.asked("POST", "/v1/sightings/area", near(&shorter)).await;
    assert_eq!((plates(&white.json).len(), white.json["next_cursor"].is_string()), (4, true), "{}", white.json);
}
