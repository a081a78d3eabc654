//! A plate that was erased after a backup: a restore brings back neither its passages nor its pictures and notes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shouhu::backup::{Rooms, house_of};
use shouhu::{MODULES, Options, build};
use shouhu_backup::{ForgetsPlates, Order, Place, keys_in, restore, take};
use shouhu_env::{Env, RealFiles};
use shouhu_http::{Metrics, Site, router, wiring};
use shouhu_ids::{ActorId, DeviceId, Micros, SessionId};
use shouhu_lakehouse::{Opening, forgotten_in};
use shouhu_module::{App, Caller, DevicePeer, Person};
use shouhu_store::Store;
use shouhu_wire::{DeviceKind, Role};
use tower::ServiceExt as _;

async fn post(router: &Router, caller: &Caller, path: &str, body: Value) -> Value {
    let request = Request::post(path).header("shouhu-purpose", "patrol").extension(caller.clone());
    let answer = router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).unwrap()
}

fn picture() -> String {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(32, 16, image::Rgb([90, 120, 30])).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    STANDARD.encode(bytes.into_inner())
}

fn device(app: &App) -> Caller {
    let id = app.env.id(DeviceId::new);
    Caller::Device(DevicePeer { id, name: "fixed".into(), kind: DeviceKind::FixedCamera, camera: None, clock_offset_us: 0 })
}

fn supervisor(app: &App) -> Caller {
    Caller::Person(Person {
        id: app.env.id(ActorId::new),
        name: "a supervisor".into(),
        role: Role::Supervisor,
        unit: None,
        office: None,
        session: app.env.id(SessionId::new),
        session_expires_at: app.env.now().plus(Micros::HOUR),
    })
}

pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

/// Pictures and reports that were set aside, of a house.
async fn kept(data: &Path) -> (usize, i64) {
    let store = Store::open(&format!("sqlite:{}", data.join("shouhu.db").display()), Env::real()).await.unwrap();
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sightings_quarantine";
    let aside = store.fetch_one(sql, Vec::new()).await.unwrap().int("n").unwrap();
    store.close().await;
    (files_below(&data.join("blobs")).len(), aside)
}

#[tokio::test]
async fn pictures_and_notes_of_a_plate_that_was_erased_after_the_backup_are_forgotten_by_a_restore() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::below(folder.path());
    let app = build(&options, Env::real(), Opening::Serve).await.unwrap();
    let router = router(&app, &Metrics::default(), Site::default()).unwrap();
    let (camera, supervisor, now) = (device(&app), supervisor(&app), app.env.now());
    let report = |sequence: u64, plate: &str, confidence: f64| {
        let captured_at_us = now.plus(-Micros::HOUR).0;
        json!({ "sequence": sequence, "plate": plate, "confidence": confidence, "captured_at_us": captured_at_us, "reads": 3, "crop_jpeg": picture() })
    };
    // Of each plate a passage with its picture, and a report that no camera can mean.
    let reports = [report(1, "CAN-4242", 0.9), report(2, "CAN-4242", 7.0), report(3, "XY-9999", 0.9), report(4, "XY-9999", 7.0)];
    let batch = json!({ "model": "test-1", "sent_at_us": now.0, "sightings": reports });
    let receipt = post(&router, &camera, "/v1/sightings", batch).await;
    assert_eq!((&receipt["accepted"], receipt["quarantined"].as_array().map(Vec::len)), (&json!(2), Some(2)), "{receipt}");

    let place = Place::new(Arc::new(RealFiles::below(&folder.path().join("place"))));
    take(&house_of(&app, &options).unwrap(), &place, 30).await.unwrap();
    let erase = async |plate: &str| {
        let erased = post(&router, &supervisor, "/v1/sightings/erasures", json!({ "plate": plate, "reason": "order of the court" })).await;
        assert_eq!((&erased["erased"], &erased["pictures"]), (&json!(1), &json!(1)), "{erased}");
    };
    erase("CAN-4242").await;

    let back = async |name: &str, rooms: Option<Arc<dyn ForgetsPlates>>| {
        let order = Order {
            env: Env::real(),
            place: place.clone(),
            backup: None,
            node: None,
            data: folder.path().join(name),
            keys_folder: None,
            keys: keys_in(&options.keys).unwrap(),
            schemas: wiring::schemas(MODULES),
            rooms,
            forgotten_since: forgotten_in(&app.store).await.unwrap(),
            store: None,
            rows_copied: Arc::default(),
        };
        let restored = restore(&order).await.unwrap();
        assert_eq!(restored.rows + restored.forgotten, 2);
        let is_said = restored.missing.iter().any(|text| text.starts_with("pictures and database notes"));
        (restored.rows, kept(&order.data).await, is_said)
    };
    assert_eq!(back("without", None).await, (1, (2, 2), true), "without the rooms they are back, and it says so");
    assert_eq!(back("with", Some(Arc::new(Rooms))).await, (1, (1, 1), false), "the other plate's stay");
    // One of both is the picture that the backup is tried with.
    erase("XY-9999").await;
    assert_eq!(back("all", Some(Arc::new(Rooms))).await, (0, (0, 0), false));
}
