use std::collections::BTreeSet;

use serde_json::{Value, json};
use shouhu_ids::{ActorId, ExportId, Micros};
use shouhu_module::{Caller, Purpose};
use shouhu_store::testing::on_each_database;
use shouhu_store::{page_before, params};
use shouhu_wire::{ExportState, NewExport, Role};

use super::{NOW, World};
use crate::MODULE;
use crate::exports::store::{self, Asker, Made};
use crate::exports::{LIFE_US, OPEN_MAX};
use crate::sample::report;

fn history(format: &str) -> Value {
    json!({ "question": { "kind": "history", "plate": "abc-1234" }, "from_us": NOW.plus(-Micros::DAY), "until_us": NOW.plus(1), "format": format })
}

async fn ask(world: &World, who: &Caller, body: Value) -> (u16, Value) {
    let headers = [("shouhu-purpose", "investigation"), ("shouhu-case", "115-7")];
    let answer = world.house.call_with(who, "POST", "/v1/sightings/exports", &headers, body.to_string().into_bytes()).await;
    (answer.status, answer.json)
}

async fn get(world: &World, who: &Caller, export: &Value, end: &str) -> shouhu_http::testing::Answer {
    let path = format!("/v1/sightings/exports/{}{end}", export["id"].as_str().unwrap());
    world.house.call_with(who, "GET", &path, &[], Vec::new()).await
}

async fn with_passages() -> World {
    let world = World::open().await;
    let at = |minutes: i64| NOW.plus(-minutes * Micros::MINUTE);
    world.send(&[report(1, "ABC-1234", at(9)), report(2, "XY-9999", at(8)), report(3, "ABC-1234", at(1))]).await;
    world
}

#[tokio::test]
async fn an_export_is_logged_made_taken_by_its_asker_and_gone_after_a_day() {
    let world = with_passages().await;
    let detective = world.house.person(Role::Detective);
    let (status, asked) = ask(&world, &detective, history("csv")).await;
    assert_eq!((status, &asked["state"]), (200, &json!("waiting")), "{asked}");
    let leaves = world.house.app.audit.page(None, 10).await.unwrap();
    let begun = leaves.iter().find(|leaf| leaf.entry.action == "export begins").unwrap();
    assert_eq!((begun.entry.case_ref.as_deref(), begun.entry.object.contains("ABC-1234")), (Some("115-7 (unlinked)"), true));
    let early = get(&world, &detective, &asked, "/file").await;
    assert_eq!((early.status, &early.json["key"]), (410, &json!("sightings.export.no_file")));

    world.house.settle().await;
    let ready = get(&world, &detective, &asked, "").await;
    assert_eq!((&ready.json["state"], &ready.json["percent"], &ready.json["rows"]), (&json!("ready"), &json!(100), &json!(2)), "{}", ready.json);
    let file = get(&world, &detective, &asked, "/file").await;
    let text = String::from_utf8(file.bytes).unwrap();
    let times: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!((file.status, times), (200, vec!["2024-10-04T07:51:00.000+08:00", "2024-10-04T07:59:00.000+08:00"]));
    let leaf = &world.house.app.audit.page(None, 1).await.unwrap()[0].entry;
    assert!(leaf.object.starts_with("file of export") && leaf.object.contains("investigation 115-7"), "{}", leaf.object);
    let other = get(&world, &world.house.person(Role::Detective), &asked, "/file").await;
    assert_eq!(other.status, 404, "only the asker");

    let on_disk = shouhu_env::Disk::list(&*world.disk, "/".as_ref()).unwrap();
    let file_path = on_disk.iter().find(|path| path.to_string_lossy().contains("/blobs/export/")).unwrap().clone();
    let sealed = shouhu_env::Disk::read(&*world.disk, &file_path).unwrap();
    assert!(!sealed.windows(8).any(|part| part == b"ABC-1234"), "encrypted at rest");
    world.clock.advance_us(LIFE_US);
    world.house.settle().await;
    assert_eq!(get(&world, &detective, &asked, "").await.json["state"], json!("expired"));
    assert_eq!(get(&world, &detective, &asked, "/file").await.status, 410);
    assert!(!shouhu_env::Disk::exists(&*world.disk, &file_path));
    let keys = shouhu_env::Disk::list(&*world.disk, "/".as_ref()).unwrap();
    assert!(!keys.iter().any(|path| path.to_string_lossy().ends_with(&format!("export/{}.key", NOW.day()))), "its day's key is destroyed");
}

#[tokio::test]
async fn every_format_holds_the_same_passages() {
    let world = with_passages().await;
    let detective = world.house.person(Role::Detective);
    let area = json!({ "question": { "kind": "area", "area": { "kind": "bbox", "west": 119.0, "south": 21.0, "east": 123.0, "north": 26.0 } },
        "from_us": NOW.plus(-Micros::DAY), "until_us": NOW.plus(1), "format": "csv" });
    let (geojson, parquet, area) =
        (ask(&world, &detective, history("geojson")).await.1, ask(&world, &detective, history("parquet")).await.1, ask(&world, &detective, area).await.1);
    world.house.settle().await;
    let geojson = get(&world, &detective, &geojson, "/file").await.json;
    assert_eq!((geojson["features"].as_array().map(Vec::len), &geojson["features"][0]["geometry"]), (Some(2), &json!(null)));
    let parquet = get(&world, &detective, &parquet, "/file").await.bytes;
    let mut rows = 0;
    let reading = crate::feeds::records::Reading { format: None, charset: Default::default(), delimiter: None, has_heading: true };
    crate::feeds::records::read(&parquet.into(), reading, &["plate", "captured_at"], &mut |record| {
        rows += u32::from(record.cells[0].text() == "ABC1234");
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(rows, 2);
    assert_eq!(get(&world, &detective, &area, "").await.json["rows"], json!(0), "a passage without a place is in no area");
}

#[tokio::test]
async fn what_may_not_be_exported_is_refused_with_its_reason() {
    let world = with_passages().await;
    let detective = world.house.person(Role::Detective);
    let long = |days: i64, question: Value| json!({ "question": question, "from_us": NOW.plus(-days * Micros::DAY), "until_us": NOW, "format": "csv" });
    for (body, key) in [
        (long(32, json!({ "kind": "cameras", "cameras": ["01890000-0000-7000-8000-000000000000"] })), "window_too_wide"),
        (long(400, json!({ "kind": "history", "plate": "ABC1234" })), "window_too_wide"),
        (long(0, json!({ "kind": "history", "plate": "ABC1234" })), "window_empty"),
        (long(1, json!({ "kind": "history", "plate": "車" })), "plate"),
        (long(1, json!({ "kind": "cameras", "cameras": [] })), "cameras"),
        (long(1, json!({ "kind": "area", "area": { "kind": "h3", "cells": ["zz"] } })), "area"),
    ] {
        assert_eq!(ask(&world, &detective, body).await.1["key"], json!(format!("sightings.export.{key}")));
    }
    let unasked = world.house.call_with(&detective, "POST", "/v1/sightings/exports", &[], history("csv").to_string().into()).await;
    assert_eq!(unasked.status, 428, "without a purpose there is no export");
    assert_eq!(ask(&world, &world.house.person(Role::Officer), history("csv")).await.0, 403);
    for _ in 0..OPEN_MAX {
        assert_eq!(ask(&world, &detective, history("csv")).await.0, 200);
    }
    assert_eq!(ask(&world, &detective, history("csv")).await.1["key"], json!("sightings.export.too_many_open"));
}

#[tokio::test]
async fn a_cancelled_export_is_not_made_and_one_that_was_cut_off_is_made_again() {
    let world = with_passages().await;
    let detective = world.house.person(Role::Detective);
    let (cancelled, cut_off) = (ask(&world, &detective, history("csv")).await.1, ask(&world, &detective, history("csv")).await.1);
    let path = format!("/v1/sightings/exports/{}/cancel", cancelled["id"].as_str().unwrap());
    assert_eq!(world.house.call(&detective, "POST", &path, json!({})).await.json["state"], json!("cancelled"));
    // The process died in the middle: the row says running, and the job comes again.
    let id: ExportId = cut_off["id"].as_str().unwrap().parse().unwrap();
    assert!(store::begin(&world.house.app.store, id).await.unwrap());
    world.house.settle().await;
    assert_eq!(get(&world, &detective, &cancelled, "").await.json["state"], json!("cancelled"));
    let made = get(&world, &detective, &cut_off, "").await.json;
    assert_eq!((&made["state"], &made["rows"]), (&json!("ready"), &json!(2)));
    let again = world.house.call(&detective, "POST", &path, json!({})).await;
    assert_eq!(again.json["key"], json!("sightings.export.not_open"));
}

#[tokio::test]
async fn exports_are_kept_the_same_on_each_database() {
    on_each_database(&[MODULE.schema()], |database| async move {
        let (id, actor) = (database.env().id(ExportId::new), database.env().id(ActorId::new));
        let new: NewExport = serde_json::from_value(history("parquet")).unwrap();
        let purpose = Purpose { code: "investigation".into(), case_ref: Some("115-偵-7".into()) };
        let asker = Asker { id: actor, name: "王", office: Some("第一分局"), role: Role::Detective, unit: None, purpose: &purpose };
        store::insert(&database, id, "asked", &new, &asker).await.unwrap();
        let state = |database: shouhu_store::Store| async move { store::get(&database, id).await.unwrap().unwrap().export.state };
        assert_eq!((state(database.clone()).await, store::count_open(&database, actor).await.unwrap()), (ExportState::Waiting, 1));
        assert!(!store::progress(&database, id, 10, 5).await.unwrap(), "nothing runs yet");
        assert!(store::begin(&database, id).await.unwrap() && store::begin(&database, id).await.unwrap());
        assert!(store::progress(&database, id, 10, 5).await.unwrap());
        let before = store::get(&database, id).await.unwrap().unwrap().hidden;
        assert!(before.holds(&BTreeSet::new()) && !before.holds(&BTreeSet::from([1])), "nobody noted what is in it");
        let hidden = store::Hidden { numbers: BTreeSet::from([3, 7]), newest: 9 };
        assert!(hidden.holds(&BTreeSet::from([3, 10])), "what came after it is not in it");
        assert!(!hidden.holds(&BTreeSet::from([3, 9])));
        let made = Made { blob: "export/1/x".into(), blob_day: 1, rows: 7, bytes: 9, expires_at: NOW, partial: Vec::new(), hidden: hidden.clone() };
        assert!(store::ready(&database, id, &made).await.unwrap() && !store::ready(&database, id, &made).await.unwrap());
        assert!(!store::cancel(&database, id).await.unwrap() && !store::fail(&database, id, "late").await.unwrap());
        let kept = store::get(&database, id).await.unwrap().unwrap();
        assert_eq!((kept.role, kept.unit, kept.hidden), (Some(Role::Detective), None, hidden));
        assert_eq!((kept.attempts, kept.export.rows, kept.purpose, kept.question), (2, 7, purpose, new.question));
        let mut tx = database.begin().await.unwrap();
        tx.execute("UPDATE sightings_export SET hidden = $2 WHERE id = $1", params![id, "{\"numbers\":[3,7]}"]).await.unwrap();
        tx.commit().await.unwrap();
        let older = store::get(&database, id).await.unwrap().unwrap().hidden;
        assert!(older.holds(&BTreeSet::from([3, 7])) && !older.holds(&BTreeSet::from([10])), "a row from before the last source was noted");
        assert!(store::is_day_needed(&database, 1).await.unwrap());
        assert!(store::expire(&database, id).await.unwrap() && !store::is_day_needed(&database, 1).await.unwrap());
        assert_eq!(store::page(&database, actor, &page_before(None::<&str>), 5).await.unwrap().len(), 1);
        store::forget(&database, NOW.plus(Micros::DAY * 40_000)).await.unwrap();
        assert_eq!(store::page(&database, actor, &page_before(None::<&str>), 5).await.unwrap().len(), 0);
    })
    .await;
}
