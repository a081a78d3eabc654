use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use shouhu_env::{BoxFuture, Disk};
use shouhu_events::Event;
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::ports::{Direction, Sharing, SharingGate, SharingPort};
use shouhu_module::{Caller, Problem};
use shouhu_store::testing::on_each_database;
use shouhu_wire::{DeviceKind, Role, SightingClass};

use super::{NOW, World};
use crate::MODULE;
use crate::feeds::drop::{DropFolder, look};
use crate::feeds::sites::Site;
use crate::feeds::store::{self, Feed, FeedPush, Via};
use crate::feeds::{FeedReport, sites};
use crate::ops::feeds::{DefineFeed, checked, keep};

const SITES: &str = "code,name,lon,lat\n01F3286N,永康北,120.24,23.03\n01F3296S,永康南,120.25,23.02\n";

/// Half an hour before [`NOW`], in Taipei.
const CSV: &str = "車牌,時間,門架\nABC-1234,2024/10/04 07:30:00,01F3286N\nXY-9999,113/10/04 07:31:00,01f3296s\n";

fn define(name: &str) -> Value {
    json!({ "name": name, "title": "國道一號", "class": "gantry", "mapping": { "plate": "車牌", "time": "時間", "site": "門架" } })
}

async fn registered(world: &World, name: &str) -> Caller {
    let operator = world.house.person(Role::Operator);
    let made = world.house.call(&operator, "POST", "/v1/sightings/feeds", define(name)).await;
    assert_eq!((made.status, &made.json["class"]), (200, &json!("gantry")), "{}", made.json);
    let path = format!("/v1/sightings/feeds/{name}/sites");
    let sites = world.house.call_with(&operator, "POST", &path, &[], SITES.into()).await;
    assert_eq!((sites.status, sites.json["items"].as_array().map(Vec::len)), (200, Some(2)), "{}", sites.json);
    operator
}

/// A partner's device that may push to the feed.
async fn partner(world: &World, name: &str) -> Caller {
    let caller = world.house.device_of("門架單位", DeviceKind::Partner);
    let Caller::Device(device) = &caller else { panic!("a device") };
    let asked: DefineFeed = serde_json::from_value(define(name)).unwrap();
    let asked = checked(DefineFeed { device: Some(device.id), ..asked }, NOW).unwrap();
    keep(&world.house.app, asked, "test").await.unwrap();
    caller
}

async fn push(world: &World, who: &Caller, path: &str, body: &str) -> (u16, Value) {
    let answer = world.house.call_with(who, "POST", &format!("/v1/sightings/feeds/{path}"), &[], body.into()).await;
    (answer.status, answer.json)
}

fn report(json: &Value) -> FeedReport {
    serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{e}: {json}"))
}

#[tokio::test]
async fn a_partners_file_becomes_passages_and_the_same_file_again_changes_nothing() {
    let world = World::open().await;
    registered(&world, "freeway-1").await;
    let partner = partner(&world, "freeway-1").await;
    let bad = format!("{CSV}車,2024/10/04 07:30:00,01F3286N\nABC-1235,2024/10/04 07:30:00,99X\n");
    let (status, first) = push(&world, &partner, "freeway-1", &bad).await;
    let first = report(&first);
    assert_eq!((status, first.rows, first.accepted, first.duplicates, first.refused), (200, 4, 2, 0, 2));
    let lines: Vec<(u64, &str)> = first.refusals.iter().map(|r| (r.line, r.key.as_str())).collect();
    assert_eq!(lines, [(4, "sightings.feed.row.plate"), (5, "sightings.feed.row.site_unknown")]);

    let (_, again) = push(&world, &partner, "freeway-1", &bad).await;
    let again = report(&again);
    assert_eq!((again.accepted, again.duplicates), (0, 2));
    world.lake().flush().await.unwrap();
    let (_, after_flush) = push(&world, &partner, "freeway-1", &bad).await;
    assert_eq!(report(&after_flush).duplicates, 2, "a passage is known whether in memory or in a file");

    let sightings = world.sightings();
    let seen: Vec<(&str, &str)> = sightings.iter().map(|s| (s.plate.as_str(), s.place_name.as_str())).collect();
    assert_eq!(seen, [("ABC1234", "永康北"), ("XY9999", "永康南")]);
    let facts = world.house.app.store.unpublished(100).await.unwrap();
    let told = facts.iter().filter(|stored| matches!(stored.event, Event::SightingsRecorded { .. })).count();
    assert_eq!(told, 1, "with no watchlist all are told, once");
    assert_eq!(world.count("sightings_feed_push").await, 3);
    let kept = world.house.app.store.fetch("SELECT report FROM sightings_feed_push", vec![]).await.unwrap();
    let kept: Vec<String> = kept.iter().map(|row| row.text("report").unwrap()).collect();
    assert!(kept.iter().all(|report| report.contains("feed.row.plate") && !report.contains("\"value\"") && !report.contains("has '車'")), "{kept:?}");
}

#[tokio::test]
async fn a_key_opens_its_own_feed_and_nothing_else() {
    let world = World::open().await;
    registered(&world, "freeway-1").await;
    registered(&world, "garage").await;
    let partner = partner(&world, "freeway-1").await;
    assert_eq!(push(&world, &partner, "freeway-1", CSV).await.0, 200);
    let other = push(&world, &partner, "garage", CSV).await;
    assert_eq!((other.0, &other.1["key"]), (404, &json!("sightings.feed.unknown")));
    let camera = push(&world, &world.device, "freeway-1", CSV).await;
    assert_eq!(camera.0, 401, "a camera of the police is no partner");
    let ingest = world.house.call(&partner, "POST", "/v1/sightings", json!({ "model": "m", "sent_at_us": NOW, "sightings": [] })).await;
    assert_eq!(ingest.status, 401, "a partner is no camera of the police");
    let detective = push(&world, &world.house.person(Role::Detective), "freeway-1/files", CSV).await;
    assert_eq!(detective.0, 403);
}

#[tokio::test]
async fn a_feed_that_expired_or_ended_takes_nothing() {
    let world = World::open().await;
    let operator = registered(&world, "forest").await;
    let mut asked = define("forest");
    asked["expires_at_us"] = json!(NOW.plus(Micros::HOUR));
    assert_eq!(world.house.call(&operator, "POST", "/v1/sightings/feeds", asked).await.status, 200);
    world.clock.advance_us(2 * Micros::HOUR);
    let expired = push(&world, &operator, "forest/files", CSV).await;
    assert_eq!((expired.0, &expired.1["key"]), (410, &json!("sightings.feed.expired")));
    let other_class = json!({ "name": "forest", "title": "t", "class": "parking", "mapping": { "plate": "p", "time": "t", "site": "s" } });
    let refused = world.house.call(&operator, "POST", "/v1/sightings/feeds", other_class).await;
    assert_eq!(refused.json["key"], json!("sightings.feed.class"));
    assert_eq!(world.house.call(&operator, "POST", "/v1/sightings/feeds/forest/end", json!({})).await.status, 200);
    assert_eq!(push(&world, &operator, "forest/files", CSV).await.1["key"], json!("sightings.feed.ended"));
    let again = world.house.call(&operator, "POST", "/v1/sightings/feeds", define("forest")).await;
    assert_eq!(again.json["key"], json!("sightings.feed.ended"));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_keeps_nothing() {
    let world = World::open().await;
    let operator = registered(&world, "freeway-1").await;
    let (_, said) = push(&world, &operator, "freeway-1/files?dry_run=true", &format!("{CSV}ABC-1234,2024/10/04 07:30:00,01F3286N\n")).await;
    let said = report(&said);
    assert_eq!((said.accepted, said.duplicates, said.is_dry_run), (2, 1, true));
    assert_eq!((world.sightings().len(), world.count("sightings_feed_push").await), (0, 0));
}

#[tokio::test]
async fn late_passages_are_kept_and_told_to_nobody() {
    let world = World::open().await;
    let operator = registered(&world, "freeway-1").await;
    let csv = "時間,車牌,門架\n2024/10/02 07:30:00,ABC-1234,01F3286N\n";
    let said = report(&push(&world, &operator, "freeway-1/files", csv).await.1);
    assert_eq!((said.accepted, said.late), (1, 1));
    assert!(world.house.app.store.unpublished(10).await.unwrap().is_empty());
    assert_eq!(world.sightings().len(), 1);
}

#[tokio::test]
async fn a_wrong_list_of_sites_changes_nothing_and_names_its_rows() {
    let world = World::open().await;
    let operator = registered(&world, "freeway-1").await;
    let path = "/v1/sightings/feeds/freeway-1/sites";
    let refused = world.house.call_with(&operator, "POST", path, &[], b"code,name,lon,lat\nA,x,23,120\n".to_vec()).await;
    assert_eq!((refused.status, &refused.json["rows"][0]["key"]), (422, &json!("sightings.feed.site.position")));
    let kept = world.house.call(&operator, "GET", path, json!(null)).await;
    assert_eq!(kept.json["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_is_dropped_is_taken_in_reported_and_gone() {
    let world = World::open().await;
    registered(&world, "freeway-1").await;
    let folder = DropFolder("/drop".into());
    for (name, text) in [("day.csv", CSV), (".half.csv", CSV), ("half.part", CSV), ("noise.bin", "\u{0}\u{1}")] {
        world.disk.write_durably(&folder.file("freeway-1", name), text.as_bytes()).unwrap();
    }
    assert_eq!(look(&world.house.app, &folder).await.unwrap(), 2);
    assert_eq!(look(&world.house.app, &folder).await.unwrap(), 0);
    let report: Value = serde_json::from_slice(&world.disk.read(&folder.report("freeway-1", "day.csv")).unwrap()).unwrap();
    assert_eq!(report["taken"]["accepted"], json!(2));
    let refused: Value = serde_json::from_slice(&world.disk.read(&folder.report("freeway-1", "noise.bin")).unwrap()).unwrap();
    assert_eq!(refused["refused"]["key"], json!("sightings.feed.not_text"));
    let left: Vec<String> = world.disk.list("/drop".as_ref()).unwrap().iter().map(|path| path.display().to_string()).collect();
    let expected = [".half.csv", "half.part", "refused/noise.bin", "reports/day.csv.json", "reports/noise.bin.json"];
    assert_eq!(left, expected.map(|name| format!("/drop/freeway-1/{name}")));
}

/// As oversight would answer: it knows nobody at first, and whoever was named once by then.
#[derive(Default)]
struct Ledger {
    is_off: AtomicBool,
    /// Who was known by it alone was switched off.
    off_title: Mutex<String>,
    asked: Mutex<Vec<(String, String, bool)>>,
}

/// What the gate says of a partner's own push.
const PUSHED: &str = "/v1/sightings/feeds/{feed}";

fn switched_off() -> Problem {
    Problem::new(axum::http::StatusCode::FORBIDDEN, "oversight.sharing.off", "this partner was switched off")
}

impl SharingGate for Ledger {
    fn pass_many(&self, sharing: Sharing, count: u32) -> BoxFuture<'static, Result<(), Problem>> {
        if sharing.kind == PUSHED {
            return Box::pin(async { Ok(()) });
        }
        assert_eq!((sharing.direction, sharing.kind.as_str(), count, sharing.is_life), (Direction::In, "feed_file", 1, false));
        let mut asked = self.asked.lock().unwrap();
        let is_known = !sharing.partner.title.is_empty() || asked.iter().any(|(key, _, passed)| *key == sharing.partner.key && *passed);
        let answer = if !is_known {
            Err(Problem::not_found("partner"))
        } else if self.is_off.load(Ordering::Relaxed) {
            Err(switched_off())
        } else {
            Ok(())
        };
        asked.push((sharing.partner.key, sharing.partner.title, answer.is_ok()));
        Box::pin(async move { answer })
    }

    fn refuse_if_off(&self, sharing: Sharing) -> BoxFuture<'static, Result<(), Problem>> {
        assert_eq!((sharing.direction, sharing.kind.as_str()), (Direction::In, "feed_file"));
        let is_off = *self.off_title.lock().unwrap() == sharing.partner.title;
        Box::pin(async move { if is_off { Err(switched_off()) } else { Ok(()) } })
    }
}

#[tokio::test]
async fn a_file_that_comes_by_hand_is_the_partners_all_the_same_and_stops_with_its_switch() {
    let world = World::open().await;
    let operator = registered(&world, "freeway-1").await;
    let ledger = Arc::new(Ledger::default());
    world.house.app.put(SharingPort(ledger.clone()));
    let asked = || std::mem::take(&mut *ledger.asked.lock().unwrap());
    let line = |key: &str, title: &str, passed: bool| (key.to_owned(), title.to_owned(), passed);
    assert_eq!(push(&world, &operator, "freeway-1/files?dry_run=true", CSV).await.0, 200);
    assert!(asked().is_empty(), "nothing is taken");
    assert_eq!(push(&world, &operator, "freeway-1/files", CSV).await.0, 200);
    assert_eq!(asked(), [line("named 國道一號", "國道一號", true)], "it has no key");

    let Caller::Device(device) = partner(&world, "freeway-1").await else { panic!("a device") };
    let key = format!("device {}", device.id);
    assert_eq!(push(&world, &operator, "freeway-1/files", CSV).await.0, 200);
    assert_eq!(push(&world, &operator, "freeway-1/files", CSV).await.0, 200);
    let known = [line(&key, "", false), line(&key, "國道一號", true), line(&key, "", true)];
    assert_eq!(*ledger.asked.lock().unwrap(), known, "by its key, under the title that the ledger has for it");

    ledger.is_off.store(true, Ordering::Relaxed);
    let refused = push(&world, &operator, "freeway-1/files", CSV).await;
    assert_eq!((refused.0, &refused.1["key"]), (403, &json!("oversight.sharing.off")));
    let folder = DropFolder("/drop".into());
    world.disk.write_durably(&folder.file("freeway-1", "day.csv"), CSV.as_bytes()).unwrap();
    let before = world.sightings().len();
    assert_eq!(look(&world.house.app, &folder).await.unwrap(), 1);
    let report: Value = serde_json::from_slice(&world.disk.read(&folder.report("freeway-1", "day.csv")).unwrap()).unwrap();
    assert_eq!((&report["refused"]["key"], world.sightings().len()), (&json!("oversight.sharing.off"), before));
}

#[tokio::test]
async fn a_feed_that_was_stopped_by_its_title_is_not_let_in_again_by_a_key() {
    let world = World::open().await;
    let operator = registered(&world, "freeway-1").await;
    let ledger = Arc::new(Ledger { off_title: Mutex::new("國道一號".into()), ..Ledger::default() });
    world.house.app.put(SharingPort(ledger.clone()));
    let partner = partner(&world, "freeway-1").await;
    for (who, path) in [(&operator, "freeway-1/files"), (&partner, "freeway-1")] {
        let refused = push(&world, who, path, CSV).await;
        assert_eq!((refused.0, &refused.1["key"]), (403, &json!("oversight.sharing.off")), "{path}");
    }
    assert!(world.sightings().is_empty() && ledger.asked.lock().unwrap().is_empty());
    assert_eq!(push(&world, &operator, "freeway-1/files?dry_run=true", CSV).await.0, 200, "nothing is taken");
    ledger.off_title.lock().unwrap().clear();
    for (who, path) in [(&operator, "freeway-1/files"), (&partner, "freeway-1")] {
        assert_eq!(push(&world, who, path, CSV).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn feeds_are_kept_the_same_on_each_database() {
    on_each_database(&[MODULE.schema()], |database| async move {
        let asked: DefineFeed = serde_json::from_value(define("a-feed")).unwrap();
        let feed = |id: DeviceId, title: &str| Feed {
            id,
            name: "a-feed".into(),
            title: title.into(),
            class: SightingClass::Gantry,
            mapping: asked.mapping.clone(),
            device: None,
            expires_at_us: None,
            created_at_us: NOW,
            created_by_name: "王".into(),
            ended_at_us: None,
            sites: 0,
            last_push: None,
        };
        let id = database.env().id(DeviceId::new);
        assert!(store::define(&database, &feed(id, "one")).await.unwrap());
        assert!(store::define(&database, &feed(database.env().id(DeviceId::new), "two")).await.unwrap());
        let list: Vec<Site> = sites::read(&Bytes::from_static(SITES.as_bytes())).unwrap().unwrap();
        store::replace_sites(&database, "a-feed", &list).await.unwrap();
        store::replace_sites(&database, "a-feed", &list).await.unwrap();
        let kept = store::get(&database, "a-feed").await.unwrap().unwrap();
        assert_eq!((kept.id, kept.title.as_str(), kept.sites), (id, "two", 2), "the lake's name of a feed stays");
        assert_eq!(store::sites(&database, "a-feed").await.unwrap(), list);
        assert_eq!(store::reserve(&database, "a-feed", 10).await.unwrap(), 1);
        assert_eq!(store::reserve(&database, "a-feed", 1).await.unwrap(), 11);
        let empty = json!({ "rows": 0, "passages": 0, "accepted": 0, "late": 0, "duplicates": 0, "refused": 0, "refused_for": [], "refusals": [],
            "cells_ignored": 0, "format": "csv", "charset": null, "columns_unused": [], "cut": null, "is_dry_run": false });
        let push = FeedPush {
            id: store::new_push_id(&database),
            arrived_at_us: NOW,
            via: Via::Drop,
            by_name: "x".into(),
            file_name: "f".into(),
            content_hash: "h".into(),
            bytes: 3,
            report: serde_json::from_value(empty).unwrap(),
        };
        store::note(&database, "a-feed", &push).await.unwrap();
        assert_eq!(store::list(&database, "", 10).await.unwrap()[0].last_push, Some(push));
        assert_eq!(store::open_names(&database, NOW).await.unwrap(), ["a-feed"]);
        assert!(store::end(&database, "a-feed", "op").await.unwrap() && !store::end(&database, "a-feed", "op").await.unwrap());
        assert!(!store::define(&database, &feed(id, "three")).await.unwrap(), "an ended feed stays as it is");
        assert_eq!(store::forget_pushes(&database, NOW.plus(1)).await.unwrap(), 1);
    })
    .await;
}
