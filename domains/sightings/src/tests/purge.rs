use std::collections::BTreeSet;

use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_ids::{EntryId, HitId, Micros, SightingId};
use shouhu_module::ports::{Picture, SightingPicturesPort};
use shouhu_store::page_before;
use shouhu_store::testing::on_each_database;
use shouhu_wire::{HitState, HoldReason, Role};

use super::{NOW, World};
use crate::MODULE;
use crate::hold::{self, NewHold};
use crate::model::RETENTION_DAYS;
use crate::sample::{report, with_crop};

async fn tell(world: &World, event: Event) {
    let mut tx = world.house.app.store.begin().await.unwrap();
    tx.emit(&event).await.unwrap();
    tx.commit().await.unwrap();
    world.house.settle().await;
}

async fn raise_hit(world: &World, sighting: SightingId) -> HitId {
    let env = &world.house.app.env;
    let hit = env.id(HitId::new);
    tell(world, Event::HitRaised { hit, sighting, entry: env.id(EntryId::new), position: None }).await;
    hit
}

fn ids(world: &World) -> Vec<SightingId> {
    world.sightings().into_iter().map(|sighting| sighting.id).collect()
}

async fn days(world: &World, days: i64) {
    for _ in 0..days {
        world.clock.advance_us(Micros::DAY);
        world.house.settle().await;
    }
}

async fn retention(world: &World) -> Value {
    let auditor = world.house.person(Role::Auditor);
    let answer = world.house.call(&auditor, "GET", "/v1/sightings/retention", json!(null)).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    answer.json
}

#[tokio::test]
async fn after_the_retention_non_hits_and_their_keys_are_gone_and_hits_keep_their_pictures() {
    let world = World::open().await;
    world.send(&[with_crop(report(1, "ABC-1234", NOW)), report(2, "XY-9999", NOW), json!({ "sequence": 3 })]).await;
    let found = world.sightings();
    let hit = found.iter().find(|sighting| sighting.plate.as_str() == "ABC1234").unwrap().id;
    let raised = raise_hit(&world, hit).await;
    world.clock.advance_us((RETENTION_DAYS - 1) * Micros::DAY);
    world.send(&[with_crop(report(4, "ABC-9999", world.house.app.env.now()))]).await;
    world.house.settle().await;
    assert_eq!((world.sightings().len(), world.count("sightings_quarantine").await), (3, 1), "nothing is old enough");

    let old_key = format!("/sighting/{}.key", NOW.day());
    let has_old_key = || shouhu_env::Disk::list(&*world.disk, std::path::Path::new("/")).unwrap().iter().any(|path| path.to_string_lossy().ends_with(&old_key));
    assert!(has_old_key());
    days(&world, 3).await;
    assert!(!has_old_key(), "the key of the day is destroyed");
    assert_eq!(world.count("sightings_quarantine").await, 0);
    let left = ids(&world);
    assert_eq!((left.len(), left.contains(&hit)), (2, true));
    let pictures = world.house.app.room::<SightingPicturesPort>();
    for sighting in &left {
        assert!(pictures.0.picture(*sighting, Picture::Crop).await.is_ok(), "what is kept keeps its picture");
    }
    let shown = retention(&world).await;
    let certificates = shown["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 4, "the job enqueues its next turn");
    let sum = |column: &str| certificates.iter().map(|row| row[column].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("rows_before"), sum("purged"), sum("kept"), sum("quarantine_deleted"), sum("pictures_moved")), (2, 1, 1, 1, 1));
    assert!(certificates.iter().all(|row| row["is_balanced"] == json!(true)));

    // A person says that it was another vehicle: nothing holds the sighting any more.
    tell(&world, Event::HitDecided { hit: raised, state: HitState::Rejected }).await;
    days(&world, 2).await;
    assert_eq!(ids(&world).len(), 1);
    assert!(pictures.0.picture(hit, Picture::Crop).await.is_err());
    let kept_files = shouhu_env::Disk::list(&*world.disk, std::path::Path::new("/")).unwrap();
    assert!(!kept_files.iter().any(|path| path.to_string_lossy().contains("/kept/")), "{kept_files:?}");
}

#[tokio::test]
async fn a_supervisor_holds_and_lifts_with_a_reason_and_no_longer_than_the_law_allows() {
    let world = World::open().await;
    world.send(&[report(1, "ABC-1234", NOW)]).await;
    let sighting = ids(&world)[0];
    let supervisor = world.house.person(Role::Supervisor);
    let place = |body: Value| world.house.call(&supervisor, "POST", "/v1/sightings/holds", body);
    let year = NOW.0 + 366 * Micros::DAY;
    for (body, status, key) in [
        (json!({ "sighting": sighting, "note": " " }), 422, "sightings.hold.note_missing"),
        (json!({ "sighting": sighting, "note": "court", "until_us": year }), 422, "sightings.hold.too_long"),
        (json!({ "sighting": sighting, "note": "court", "until_us": 1 }), 422, "sightings.hold.past"),
        (json!({ "sighting": SightingId::of(9, 9, 9), "note": "court" }), 404, "http.not_found"),
    ] {
        let refused = place(body).await;
        assert_eq!((refused.status, &refused.json["key"]), (status, &json!(key)));
    }
    let held = place(json!({ "sighting": sighting, "note": "court order", "case_ref": "115-偵-7", "until_us": year })).await;
    assert_eq!((held.status, &held.json["plate_display"]), (200, &json!("ABC-1234")));
    let erase = json!({ "plate": "ABC-1234", "reason": "asked by the owner" });
    let refused = world.house.call(&supervisor, "POST", "/v1/sightings/erasures", erase.clone()).await;
    assert_eq!((refused.status, &refused.json["key"]), (409, &json!("sightings.erase.held")));
    let lift = format!("/v1/sightings/holds/{}/lift", held.json["id"].as_str().unwrap());
    let statuses = [
        world.house.call(&world.house.person(Role::Detective), "POST", &lift, json!({ "note": "done" })).await.status,
        world.house.call(&supervisor, "POST", &lift, json!({ "note": "done" })).await.status,
        world.house.call(&supervisor, "POST", &lift, json!({ "note": "done" })).await.status,
    ];
    assert_eq!(statuses, [403, 200, 409]);
    let list = world.house.call(&supervisor, "GET", "/v1/sightings/holds", json!(null)).await;
    assert!(list.json["items"][0]["lifted_at_us"].is_i64());
}

#[tokio::test]
async fn an_erased_plate_is_nowhere_and_the_others_stay() {
    let world = World::open().await;
    let hour = |n: i64| NOW.plus(-n * Micros::HOUR);
    world.send(&[with_crop(report(1, "CAN-4242", hour(1))), report(2, "CAN-4242", hour(30)), report(3, "XY-9999", hour(1))]).await;
    world.send(&[json!({ "sequence": 9, "plate": "CAN-4242", "confidence": 7, "captured_at_us": NOW.0 })]).await;
    let supervisor = world.house.person(Role::Supervisor);
    let ask = |body: Value| world.house.call(&supervisor, "POST", "/v1/sightings/erasures", body);
    assert_eq!(ask(json!({ "plate": "CAN4242", "reason": "" })).await.json["key"], json!("sightings.erase.reason_missing"));
    let done = ask(json!({ "plate": "can-4242", "reason": "order of the court" })).await;
    assert_eq!((done.status, &done.json["erased"], &done.json["pictures"]), (200, &json!(2), &json!(1)), "{}", done.json);
    assert_eq!(world.sightings().iter().map(|s| s.plate.as_str().to_owned()).collect::<Vec<_>>(), ["XY9999"]);
    assert_eq!(world.count("sightings_quarantine").await, 0);
    let found = world.asked("GET", "/v1/sightings?plate=CAN4242", json!(null)).await;
    assert_eq!(found.json["items"], json!([]));
    let book = world.asked("GET", "/v1/sightings/plates?plate=CAN*", json!(null)).await;
    assert_eq!(book.json["items"], json!([]));
    assert_eq!(retention(&world).await["erasures"][0]["erased"], json!(2));
    let leaves = world.house.app.audit.page(None, 20).await.unwrap();
    assert!(leaves.iter().any(|leaf| leaf.entry.object == "erased 2 sightings of one plate: order of the court"), "the log does not bring it back");
}

#[tokio::test]
async fn holds_are_kept_on_each_database() {
    on_each_database(&[MODULE.schema()], |store| async move {
        let (env, now) = (store.env().clone(), store.env().now());
        let sighting = SightingId::of(3, now.0 / 1_000, 99);
        let new = |hit: Option<HitId>| NewHold {
            sighting,
            plate: "ABC1234".into(),
            reason: if hit.is_some() { HoldReason::Hit } else { HoldReason::Legal },
            hit,
            note: "n".into(),
            case_ref: None,
            until: now.plus(Micros::DAY),
            placed_by: None,
        };
        let hit = env.id(HitId::new);
        let mut tx = store.begin().await.unwrap();
        assert!(hold::place(&mut tx, &store, &new(Some(hit))).await.unwrap().is_some());
        assert!(hold::place(&mut tx, &store, &new(Some(hit))).await.unwrap().is_none(), "a hit that is told twice holds once");
        let legal = hold::place(&mut tx, &store, &new(None)).await.unwrap().unwrap();
        assert_eq!(hold::lift_of_hit(&mut tx, hit, now).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(hold::in_force(&store, now).await.unwrap().contains(&sighting), "the other hold holds on");
        assert!(hold::in_force(&store, now.plus(Micros::DAY)).await.unwrap().is_empty(), "a hold ends by itself");
        assert_eq!(hold::page(&store, &BTreeSet::new(), &page_before(None::<&str>), 10).await.unwrap().len(), 2);
        assert_eq!(hold::get(&store, &BTreeSet::new(), legal).await.unwrap().unwrap().plate_display, "ABC-1234");
        assert_eq!(hold::ended(&store, now.plus(2 * Micros::DAY)).await.unwrap(), [sighting]);
        hold::clear(&store, sighting, now.plus(2 * Micros::DAY)).await.unwrap();
        assert!(hold::ended(&store, now.plus(2 * Micros::DAY)).await.unwrap().is_empty());
    })
    .await;
}
