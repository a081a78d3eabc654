use serde_json::json;
use shouhu_blobs::BlobClass;
use shouhu_ids::{CameraId, DeviceId, SightingId};
use shouhu_module::ports::{Picture, SightingPicturesPort};
use shouhu_store::params;

use super::{NOW, World};
use crate::{hold, migrate};

const INSERT: &str = "INSERT INTO sightings_sighting (id, device, sequence, content_hash, camera, place_name, plate, confidence, \
    captured_at_us, received_at_us, clock_corrected_us, lon, lat, direction, speed_kmh, reads, crop_blob, pictures_day, model, details, \
    kept_for_hit) VALUES ($1, $2, $3, 'h', $4, '路口', $5, 0.9, $6, $7, 0, 120.2, 23.0, 'receding', 50.0, 3, $8, $9, 'm-1', $10, $11)";

#[tokio::test]
async fn what_the_table_had_is_in_the_lake_once_and_found_by_its_old_name() {
    let world = World::open().await;
    let (app, env) = (&world.house.app, &world.house.app.env);
    let (device, camera) = (env.id(DeviceId::new), env.id(CameraId::new));
    let crop = app.blobs.put(BlobClass::Sighting, b"jpeg".to_vec()).await.unwrap();
    let ids: Vec<SightingId> = (0..3).map(|_| env.id(SightingId::new)).collect();
    let details = json!({ "alternatives": [{ "plate": "ABC1239", "probability": 0.2 }] }).to_string();
    let insert = |index: usize| {
        let n = i64::try_from(index).unwrap();
        let blob = (index == 0).then(|| crop.to_string());
        params![ids[index], device, n, camera, format!("ABC000{n}"), NOW.plus(-n * 1_000), NOW, blob, NOW.day(), &details, i64::from(index == 0)]
    };
    for index in [0, 1, 2, 2] {
        let mut tx = app.store.begin().await.unwrap();
        if tx.execute(INSERT, insert(index)).await.is_ok() {
            tx.commit().await.unwrap();
        }
        // The third comes back after it was moved: a start that died between the lake and the table.
        if index == 2 {
            migrate::run(app, &world.lake()).await.unwrap();
            assert_eq!(world.count("sightings_sighting").await, 0);
        }
    }
    let found = world.sightings();
    assert_eq!(found.len(), 3);
    let first = found.iter().find(|s| s.sequence == 0).unwrap();
    assert_eq!((first.device, first.camera, first.place_name.as_str(), first.model.as_str()), (device, Some(camera), "路口", "m-1"));
    assert_eq!((first.alternatives.len(), first.has_crop, first.speed_kmh), (1, true, Some(50.0)));
    let held = hold::in_force(&app.store, NOW).await.unwrap();
    assert!(held.contains(&first.id) && held.len() == 1, "what was kept for a hit is held");
    let pictures = app.room::<SightingPicturesPort>();
    assert_eq!(pictures.0.picture(ids[0], Picture::Crop).await.unwrap(), b"jpeg");
    let shown = world.asked("GET", &format!("/v1/sightings/{}", ids[1]), json!(null)).await;
    assert_eq!((shown.status, &shown.json["plate_display"]), (200, &json!("ABC-0001")));
}
