use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use serde_json::{Value, json};
use shouhu_events::Event;
use shouhu_ids::{CameraId, DeviceId, Micros};
use shouhu_env::BoxFuture;
use shouhu_module::ports::{CameraPlace, CameraPlaces, CameraPlacesPort, Reading, Recording, WatchMatcher, WatchMatcherPort};
use shouhu_module::{Caller, Problem};
use shouhu_place::Wgs84;
use shouhu_wire::{BATCH_PICTURED_MAX, BATCH_SIGHTINGS_MAX, BATCH_VERSION, BatchReceipt, Role, Sighting};

use super::{NOW, World};
use crate::sample::{any_json, batch, report, with_crop};

fn receipt(answer: &shouhu_http::testing::Answer) -> BatchReceipt {
    assert_eq!(answer.status, 200, "{}", answer.json);
    serde_json::from_value(answer.json.clone()).unwrap()
}

fn reasons(receipt: &BatchReceipt) -> Vec<(u64, &str)> {
    receipt.quarantined.iter().map(|q| (q.sequence, q.reason.as_str())).collect()
}

async fn facts(world: &World) -> Vec<Event> {
    world.house.app.store.unpublished(1_000).await.unwrap().into_iter().map(|stored| stored.event).collect()
}

#[tokio::test]
async fn one_bad_sighting_is_set_aside_and_the_rest_of_its_batch_is_kept() {
    let world = World::open().await;
    let bad = json!({ "sequence": 2, "plate": "車", "confidence": 0.5, "captured_at_us": NOW.0 });
    let answer = world.send(&[with_crop(report(1, "abc-1234", NOW)), bad, json!("what"), report(3, "ＸＹ－９９９９", NOW)]).await;
    let receipt = receipt(&answer);
    assert_eq!((receipt.accepted, receipt.duplicates), (2, 0));
    assert_eq!(reasons(&receipt), [(2, "sightings.ingest.plate_unreadable"), (0, "sightings.ingest.malformed")]);
    let facts = facts(&world).await;
    let [Event::SightingsRecorded { sightings }, Event::SightingsQuarantined { count: 2, .. }] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    let plates: Vec<(&str, bool)> = sightings.iter().map(|s| (s.plate.as_str(), s.has_crop)).collect();
    assert_eq!(plates, [("ABC1234", true), ("XY9999", false)]);
}

#[tokio::test]
async fn a_replayed_batch_is_counted_and_changes_nothing() {
    let world = World::open().await;
    let reports = [with_crop(report(1, "ABC-1234", NOW)), report(2, "XY-9999", NOW), json!({ "sequence": 3 })];
    assert_eq!(receipt(&world.send(&reports).await).accepted, 2);
    let again = receipt(&world.send(&reports).await);
    assert_eq!((again.accepted, again.duplicates, again.quarantined.len()), (0, 2, 1));
    assert_eq!((world.sightings().len(), world.count("sightings_quarantine").await), (2, 1));
    let quarantined = facts(&world).await.into_iter().filter(|fact| matches!(fact, Event::SightingsQuarantined { .. }));
    assert_eq!(quarantined.count(), 1, "what was set aside is told once");
}

#[tokio::test]
async fn another_passage_under_a_known_number_is_kept_aside_and_the_first_one_stays() {
    let world = World::open().await;
    world.send(&[report(1, "ABC-1234", NOW)]).await;
    for _ in 0..2 {
        let conflict = receipt(&world.send(&[report(1, "XY-9999", NOW)]).await);
        assert_eq!((conflict.accepted, conflict.duplicates), (0, 1));
        assert_eq!(reasons(&conflict), [(1, "sightings.ingest.sequence_conflict")]);
    }
    let later = NOW.plus(1_000);
    let within = receipt(&world.send(&[report(5, "ABC-1234", later), report(5, "XY-9999", later)]).await);
    assert_eq!((within.accepted, within.duplicates, within.quarantined.len()), (1, 1, 1));
    assert_eq!(world.count("sightings_quarantine").await, 2);
    assert!(world.sightings().iter().all(|sighting| sighting.plate.as_str() == "ABC1234"));
}

#[tokio::test]
async fn the_same_batch_twice_at_once_is_kept_once() {
    let world = World::open().await;
    let reports: Vec<Value> = (0..100).map(|n| report(n, &format!("ABC-{n:04}"), NOW)).collect();
    let (one, two) = tokio::join!(world.send(&reports), world.send(&reports));
    let (one, two) = (receipt(&one), receipt(&two));
    assert_eq!((one.accepted + two.accepted, one.duplicates + two.duplicates), (100, 100));
    assert_eq!((one.quarantined.len() + two.quarantined.len(), world.sightings().len()), (0, 100));
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_done() {
    let world = World::open().await;
    world.disk.limit_to(40);
    let refused = world.send(&[report(1, "ABC-1234", NOW), with_crop(report(2, "XY-9999", NOW))]).await;
    assert_eq!((refused.status, &refused.json["key"]), (507, &json!("store.disk_full")));
    assert_eq!((world.sightings().len(), facts(&world).await.len()), (0, 0));
    world.disk.limit_to(1_000_000);
    let later = receipt(&world.send(&[report(1, "ABC-1234", NOW), with_crop(report(2, "XY-9999", NOW))]).await);
    assert_eq!((later.accepted, later.duplicates), (2, 0));
}

#[tokio::test]
async fn a_clock_a_year_off_is_corrected_and_the_receipt_says_by_how_much() {
    let world = World::open().await;
    let Caller::Device(mut peer) = world.device.clone() else { panic!("a device") };
    for (sequence, off) in [(1, 365 * Micros::DAY), (2, -365 * Micros::DAY)] {
        peer.clock_offset_us = off;
        let wrong = Micros(NOW.0 + off);
        let body = batch(wrong, &[report(sequence, "ABC-1234", wrong.plus(-Micros::SECOND))]);
        let receipt = receipt(&world.house.call(&Caller::Device(peer.clone()), "POST", "/v1/sightings", body).await);
        assert_eq!((receipt.accepted, receipt.clock_offset_us), (1, off));
    }
    let mut found: Vec<(i64, i64)> = world.sightings().iter().map(|s| (s.captured_at_us.0, s.clock_corrected_us)).collect();
    found.dedup();
    // The second one is the same passage: the same plate at the same place in the same millisecond.
    assert_eq!(found, [(NOW.0 - Micros::SECOND, -365 * Micros::DAY)]);
}

struct OneCamera(CameraId);

impl CameraPlaces for OneCamera {
    fn place(&self, camera: CameraId) -> Option<CameraPlace> {
        let position = Wgs84::new(120.2, 23.0).ok()?;
        (camera == self.0).then(|| CameraPlace { name: "中正路口".into(), position, heading_deg: None })
    }
}

#[tokio::test]
async fn a_fixed_camera_stands_where_the_operator_says_and_a_car_where_it_says() {
    let world = World::open().await;
    let camera = world.house.app.env.id(CameraId::new);
    world.house.app.put(CameraPlacesPort(Arc::new(OneCamera(camera))));
    let Caller::Device(mut peer) = world.device.clone() else { panic!("a device") };
    let mut moved = report(1, "ABC-1234", NOW);
    moved.as_object_mut().unwrap().extend([("lon".into(), json!(121.5)), ("lat".into(), json!(25.0))]);
    world.send(std::slice::from_ref(&moved)).await;
    peer.camera = Some(camera);
    peer.id = world.house.app.env.id(DeviceId::new);
    world.house.call(&Caller::Device(peer), "POST", "/v1/sightings", batch(NOW, &[moved])).await;
    let places: Vec<(String, Option<f64>)> = facts(&world)
        .await
        .into_iter()
        .filter_map(|event| if let Event::SightingsRecorded { sightings } = event { Some(sightings) } else { None })
        .flatten()
        .map(|fact| (fact.place_name, fact.position.map(|p| p.lon)))
        .collect();
    assert_eq!(places, [("cam-1".into(), Some(121.5)), ("中正路口".into(), Some(120.2))]);
}

/// A camera for which somebody answers from a second ago on, and its count of what was destroyed.
struct Answered(CameraId, Arc<AtomicU64>);

impl CameraPlaces for Answered {
    fn place(&self, camera: CameraId) -> Option<CameraPlace> {
        OneCamera(self.0).place(camera)
    }

    fn recording(&self, _: CameraId) -> Recording {
        Recording::within(vec![(NOW.plus(-Micros::SECOND), NOW.plus(Micros::HOUR))])
    }

    fn destroyed(&self, _: CameraId, passages: u64) {
        self.1.fetch_add(passages, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn what_a_camera_saw_while_nobody_answered_for_it_is_written_nowhere() {
    let world = World::open().await;
    let camera = world.house.app.env.id(CameraId::new);
    let destroyed = Arc::new(AtomicU64::new(0));
    world.house.app.put(CameraPlacesPort(Arc::new(Answered(camera, Arc::clone(&destroyed)))));
    let Caller::Device(mut peer) = world.device.clone() else { panic!("a device") };
    peer.camera = Some(camera);
    let before = NOW.plus(-Micros::MINUTE);
    // Of the second one its picture would be set aside.
    let mut odd = report(2, "CANARY1", before);
    odd.as_object_mut().unwrap().insert("crop_jpeg".into(), json!("@@"));
    let reports = [report(1, "CANARY2", before), odd, report(3, "ABC-1234", NOW), json!({ "sequence": 4, "plate": "x" })];
    let told = receipt(&world.house.call(&Caller::Device(peer), "POST", "/v1/sightings", batch(NOW, &reports)).await);
    assert_eq!(told.accepted, 1);
    let mut reasons = reasons(&told);
    reasons.sort_unstable();
    let gone = "sightings.ingest.not_reviewed";
    assert_eq!(reasons, [(1, gone), (2, gone), (4, "sightings.ingest.malformed")]);
    assert_eq!(destroyed.load(Ordering::Relaxed), 2);
    assert_eq!(world.sightings().iter().map(|sighting| sighting.plate.as_str().to_owned()).collect::<Vec<_>>(), ["ABC1234"]);
    let rows = world.house.app.store.fetch("SELECT * FROM sightings_quarantine", vec![]).await.unwrap();
    assert!(rows.len() == 1 && !format!("{rows:?}").contains("CANARY"), "{rows:?}");
}

#[tokio::test]
async fn only_devices_report_and_only_so_many_at_a_time() {
    let world = World::open().await;
    let many = vec![report(1, "ABC-1234", NOW); BATCH_SIGHTINGS_MAX + 1];
    let refused = world.send(&many).await;
    assert_eq!((refused.status, &refused.json["key"]), (413, &json!("sightings.ingest.too_many")));
    let mut pictured = vec![report(1, "ABC-1234", NOW); BATCH_PICTURED_MAX];
    pictured.push(with_crop(report(2, "ABC-1234", NOW)));
    assert_eq!(world.send(&pictured).await.status, 413, "pictures are synced one by one");
    for role in Role::ALL {
        let body = batch(NOW, &[]);
        assert_eq!(world.house.call(&world.house.person(role), "POST", "/v1/sightings", body).await.status, 401);
    }
    assert_eq!(world.house.call(&world.device, "POST", "/v1/sightings", json!({ "sightings": [] })).await.status, 400);
    assert_eq!(receipt(&world.send(&[]).await).accepted, 0);
}

#[tokio::test]
async fn an_operator_sees_the_quarantine_and_dismisses_it_once() {
    let world = World::open().await;
    world.send(&[json!({ "sequence": 9, "plate": "車\u{0}輛", "captured_at_us": "soon" })]).await;
    // Ids of one millisecond have no order among themselves.
    world.clock.advance_us(1_000);
    world.send(&[report(1, "", NOW)]).await;
    let operator = world.house.person(Role::Operator);
    let list = world.house.call(&operator, "GET", "/v1/sightings/quarantine?limit=1", json!(null)).await;
    let first = &list.json["items"][0];
    assert_eq!((&first["sequence"], &first["reason"]), (&json!(1), &json!("sightings.ingest.plate_unreadable")));
    let next = format!("/v1/sightings/quarantine?cursor={}", list.json["next_cursor"].as_str().unwrap());
    let rest = world.house.call(&operator, "GET", &next, json!(null)).await;
    let second = &rest.json["items"][0];
    assert_eq!((&second["plate_text"], &second["raw"]["captured_at_us"]), (&json!("車輛"), &json!("soon")));
    let path = format!("/v1/sightings/quarantine/{}/dismiss", second["id"].as_str().unwrap());
    let statuses = [
        world.house.call(&world.house.person(Role::Detective), "POST", &path, json!(null)).await.status,
        world.house.call(&operator, "POST", &path, json!(null)).await.status,
        world.house.call(&operator, "POST", &path, json!({ "reason": "known_fault" })).await.status,
        world.house.call(&operator, "POST", &path, json!({ "reason": "known_fault" })).await.status,
    ];
    assert_eq!(statuses, [403, 422, 200, 404], "and not without a reason");
    let left = world.house.call(&operator, "GET", "/v1/sightings/quarantine", json!(null)).await;
    assert_eq!(left.json["items"].as_array().map(Vec::len), Some(1));
    let other = world.house.call(&world.house.person(Role::Detective), "GET", "/v1/sightings/quarantine", json!(null)).await;
    assert_eq!(other.status, 403);
}

#[tokio::test]
async fn a_batch_of_a_newer_form_is_refused_and_a_later_one_of_this_form_is_not() {
    let world = World::open().await;
    let mut newer = batch(NOW, &[report(1, "ABC-1234", NOW)]);
    newer["version"] = json!(BATCH_VERSION + 1);
    let refused = world.house.call(&world.device, "POST", "/v1/sightings", newer).await;
    assert_eq!((refused.status, &refused.json["key"]), (422, &json!("sightings.ingest.version_unknown")));
    let mut known = batch(NOW, &[report(1, "ABC-1234", NOW)]);
    known["version"] = json!(BATCH_VERSION);
    known["weather"] = json!("rain");
    assert_eq!(receipt(&world.house.call(&world.device, "POST", "/v1/sightings", known).await).accepted, 1);
}

/// Wants one plate.
struct Wants(&'static str);

impl WatchMatcher for Wants {
    fn refresh(&self) -> BoxFuture<'static, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }

    fn may_match(&self, readings: &mut dyn Iterator<Item = Reading<'_>>) -> Vec<usize> {
        readings.enumerate().filter(|(_, reading)| reading.plate.as_str() == self.0).map(|(index, _)| index).collect()
    }
}

#[tokio::test]
async fn only_what_may_match_is_told_to_other_rooms_and_it_is_told_before_the_receipt() {
    let world = World::open().await;
    world.house.app.put(WatchMatcherPort(Arc::new(Wants("ABC0002"))));
    let reports: Vec<Value> = (1..4).map(|n| report(n, &format!("ABC-{n:04}"), NOW)).collect();
    assert_eq!(receipt(&world.send(&reports).await).accepted, 3);
    let told = facts(&world).await;
    let [Event::SightingsRecorded { sightings }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(sightings.iter().map(|s| s.plate.as_str()).collect::<Vec<_>>(), ["ABC0002"]);
    assert_eq!(receipt(&world.send(&[report(9, "XY-9999", NOW)]).await).accepted, 1);
    assert_eq!(facts(&world).await.len(), 1, "a batch that matches nothing asks nothing of the database");
    // The receipt was lost: what comes again is compared again, because the first time may have ended before it was told.
    assert_eq!(receipt(&world.send(&reports).await).duplicates, 3);
    assert_eq!(facts(&world).await.len(), 2);
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

fn rows(world: &World) -> BTreeMap<u64, Sighting> {
    world.sightings().into_iter().map(|sighting| (sighting.sequence, sighting)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_batch_is_answered_and_every_report_is_counted(reports in proptest::collection::vec(any_json(), 0..12)) {
        run(async {
            let world = World::open().await;
            let receipt = receipt(&world.send(&reports).await);
            let whole = usize::try_from(receipt.accepted + receipt.duplicates).unwrap();
            assert!(whole + receipt.quarantined.len() >= reports.len());
            assert!(world.sightings().len() <= usize::try_from(receipt.accepted).unwrap(), "one passage reported twice is one");
        });
    }

    #[test]
    fn batches_replayed_in_any_order_give_the_same_rows(order in Just((0..6_u64).chain(0..6).collect::<Vec<_>>()).prop_shuffle(), cut in 1..12_usize) {
        run(async {
            let one = |n: u64| with_crop(report(n, &format!("ABC-{n:04}"), NOW.plus(-i64::try_from(n).unwrap())));
            let (shuffled, straight) = (World::open().await, World::open().await);
            for part in order.chunks(cut) {
                assert_eq!(shuffled.send(&part.iter().map(|n| one(*n)).collect::<Vec<_>>()).await.status, 200);
            }
            assert_eq!(straight.send(&(0..6).map(one).collect::<Vec<_>>()).await.status, 200);
            assert_eq!(rows(&shuffled), rows(&straight));
        });
    }
}
