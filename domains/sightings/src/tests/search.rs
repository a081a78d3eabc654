use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_ids::{CameraId, DeviceId, Micros, SightingId};
use shouhu_module::ports::{Picture, SightingPicturesPort};
use shouhu_store::testing::on_each_database;
use shouhu_wire::Role;

use super::{NOW, World};
use crate::check::check;
use crate::model::DeviceClock;
use crate::sample::{report, with_crop};
use crate::store::{self, BatchFacts, Narrowed, NewSighting, PlateRange};
use crate::{MODULE, sample};

async fn plates(world: &World, query: &str) -> (u16, Vec<String>, Value) {
    let answer = world.house.call(&world.house.person(Role::Detective), "GET", &format!("/v1/sightings?{query}"), json!(null)).await;
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
    assert_eq!(first, ["ABC-1239", "XBC-1234", "ABC-1234"]);
    let next = format!("plate=*BC12*&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(plates(&world, &next).await.1, ["ABC-1234"]);
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
    world.send(&[with_crop(report(1, "ABC-1234", NOW.plus(-1)))]).await;
    let (_, _, page) = plates(&world, "plate=ABC1234").await;
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    let detective = world.house.person(Role::Detective);
    let shown = world.house.call(&detective, "GET", &format!("/v1/sightings/{id}"), json!(null)).await;
    assert_eq!((shown.status, &shown.json["has_crop"], &shown.json["has_frame"]), (200, &json!(true), &json!(false)));
    let crop = world.house.call(&detective, "GET", &format!("/v1/sightings/{id}/crop"), json!(null)).await;
    assert_eq!((crop.status, crop.bytes), (200, sample::jpeg(32, 16)));
    let frame = world.house.call(&detective, "GET", &format!("/v1/sightings/{id}/frame"), json!(null)).await;
    assert_eq!((frame.status, &frame.json["key"]), (404, &json!("sightings.picture.none")));
    let port = world.house.app.room::<SightingPicturesPort>();
    assert_eq!(port.0.picture(id.parse().unwrap(), Picture::Crop).await.unwrap(), sample::jpeg(32, 16));
    let unknown = world.house.app.env.id(SightingId::new);
    assert_eq!(port.0.picture(unknown, Picture::Crop).await.unwrap_err().status, 404);
    let leaves = world.house.app.audit.page(None, 10).await.unwrap();
    assert!(leaves.iter().any(|leaf| leaf.entry.object == format!("crop of sighting {id}")), "each look leaves a leaf");
}

#[tokio::test]
async fn a_search_that_would_compare_too_much_is_refused() {
    let world = World::open().await;
    let app = &world.house.app;
    let mut tx = app.store.begin().await.unwrap();
    // Ten thousand rows by one statement that both databases know, six times.
    for block in 0..6_i64 {
        tx.execute(
            "INSERT INTO sightings_sighting (id, device, sequence, content_hash, place_name, plate, confidence, captured_at_us, \
             received_at_us, clock_corrected_us, reads, model, details, kept_for_hit) \
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) \
             SELECT '00000000-0000-7000-8000-' || substr('000000000000' || CAST($1 * 10000 + i AS TEXT), -12), \
             '00000000-0000-7000-8000-000000000000', $1 * 10000 + i, 'h', 'p', 'ZZZ0000', 0.5, $2 - i, $2, 0, 1, 'm', '{}', 0 FROM n",
            shouhu_store::params![block, NOW.plus(-1)],
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(plates(&world, "plate=*123").await.2["key"], json!("sightings.search.too_broad"));
    assert_eq!(plates(&world, "plate=ABC12*").await.0, 200, "a known beginning compares only what begins so");
}

#[tokio::test]
async fn what_was_stored_is_found_again_on_each_database() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let env = store.env().clone();
        let (now, device, camera) = (env.now(), env.id(DeviceId::new), env.id(CameraId::new));
        let batch = BatchFacts { device, device_name: "cam".into(), model: "m".into(), received_at: now, clock_corrected_us: 3 };
        let new = |n: u64, plate: &str, text: &Value| {
            let mut report = report(n, plate, now.plus(-i64::try_from(n).unwrap()));
            report.as_object_mut().unwrap().extend(text.as_object().unwrap().clone());
            let passage = check(0, report, DeviceClock::judged(now, now.0, 0)).passage.unwrap();
            let position = passage.position;
            NewSighting { id: env.id(SightingId::new), camera: Some(camera), place_name: "路口".into(), position, passage, crop: None, frame: None, pictures_day: 0 }
        };
        let full = json!({ "lon": 120.0, "lat": 23.0, "direction": "receding", "speed_kmh": 50, "alternatives": [{ "plate": "ABC1239", "probability": 1 }] });
        let sightings = [new(1, "ABC9", &full), new(2, "ABD0", &json!({})), new(3, "ABCZ", &json!({})), new(4, "AB1", &json!({}))];
        let mut tx = store.begin().await.unwrap();
        assert_eq!(store::insert(&mut tx, &batch, &sightings).await.unwrap(), [1, 2, 3, 4]);
        assert!(store::insert(&mut tx, &batch, &sightings).await.unwrap().is_empty());
        assert_eq!(store::known_within(&mut tx, device, &[1, 2, 99]).await.unwrap().len(), 2);
        let aside = check(0, json!({ "plate": "\u{0}" }), DeviceClock::judged(now, now.0, 0)).set_aside;
        assert_eq!(store::set_aside(&mut tx, &store, &batch, &aside).await.unwrap(), 1);
        assert_eq!(store::set_aside(&mut tx, &store, &batch, &aside).await.unwrap(), 0);
        tx.emit(&Event::SightingsRecorded { sightings: sightings.iter().map(|s| s.fact(&batch)).collect() }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store::open_quarantine(&store).await.unwrap(), 1);

        let all = Narrowed { from: now.plus(-100), until: now, camera: Some(camera), plates: PlateRange::Any, after: None };
        let found = store::find(&store, &all, 10).await.unwrap();
        let of = |n: usize| (found[n].plate.as_str(), found[n].sequence);
        assert_eq!([of(0), of(1), of(2), of(3)], [("ABC9", 1), ("ABD0", 2), ("ABCZ", 3), ("AB1", 4)]);
        assert_eq!(found[0].alternatives.len() + usize::from(found[0].position.is_some()), 2);
        assert_eq!((found[0].speed_kmh, found[0].clock_corrected_us), (Some(50.0), 3));
        assert_eq!(store::get(&store, sightings[0].id).await.unwrap().as_ref(), found.first());
        let prefix = Narrowed { plates: PlateRange::Between("ABC".into(), Some("ABD".into())), ..all.clone() };
        let scanned: Vec<String> = store::scan(&store, &prefix, 10).await.unwrap().into_iter().map(|(_, plate, _)| plate.into()).collect();
        assert_eq!(scanned, ["ABC9", "ABCZ"]);
        let after = Narrowed { after: Some((found[1].captured_at_us, found[1].id)), ..all };
        assert_eq!(store::find(&store, &after, 1).await.unwrap().first(), found.get(2));
    })
    .await;
}
