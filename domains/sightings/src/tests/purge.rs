use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{EntryId, HitId, Micros, SightingId};
use shouhu_module::ports::{Picture, SightingPicturesPort};

use super::{NOW, World};
use crate::model::RETENTION_DAYS;
use crate::sample::{report, with_crop};

async fn raise_hit(world: &World, sighting: SightingId) {
    let env = &world.house.app.env;
    let event = Event::HitRaised { hit: env.id(HitId::new), sighting, entry: env.id(EntryId::new), position: None };
    let mut tx = world.house.app.store.begin().await.unwrap();
    tx.emit(&event).await.unwrap();
    tx.commit().await.unwrap();
    world.house.settle().await;
}

async fn ids(world: &World) -> Vec<SightingId> {
    let rows = world.house.app.store.fetch("SELECT id FROM sightings_sighting ORDER BY sequence", vec![]).await.unwrap();
    rows.iter().map(|row| row.parsed("id").unwrap()).collect()
}

#[tokio::test]
async fn after_the_retention_non_hits_and_their_keys_are_gone_and_hits_keep_their_pictures() {
    let world = World::open().await;
    world.send(&[with_crop(report(1, "ABC-1234", NOW)), report(2, "XY-9999", NOW), json!({ "sequence": 3 })]).await;
    let hit = ids(&world).await[0];
    raise_hit(&world, hit).await;
    world.clock.advance_us((RETENTION_DAYS - 1) * Micros::DAY);
    world.send(&[with_crop(report(4, "ABC-9999", world.house.app.env.now()))]).await;
    world.house.settle().await;
    assert_eq!((world.count("sightings_sighting").await, world.count("sightings_quarantine").await), (3, 1), "nothing is old enough");

    let old_key = format!("/sighting/{}.key", NOW.day());
    let has_old_key = || shouhu_env::Disk::list(&*world.disk, std::path::Path::new("/")).unwrap().iter().any(|path| path.to_string_lossy().ends_with(&old_key));
    assert!(has_old_key());
    for _ in 0..3 {
        world.clock.advance_us(Micros::DAY);
        world.house.settle().await;
    }
    assert!(!has_old_key(), "the key of the day is destroyed");
    assert_eq!(world.count("sightings_quarantine").await, 0);
    let left = ids(&world).await;
    assert_eq!((left.len(), left[0]), (2, hit));
    let pictures = world.house.app.room::<SightingPicturesPort>();
    for sighting in left {
        assert!(pictures.0.picture(sighting, Picture::Crop).await.is_ok(), "what is kept keeps its picture");
    }
    let certificates = world.house.app.store.fetch("SELECT * FROM sightings_purge ORDER BY ran_at_us", vec![]).await.unwrap();
    assert_eq!(certificates.len(), 4, "the job enqueues its next turn");
    let sum = |column: &str| certificates.iter().map(|row| row.int(column).unwrap()).sum::<i64>();
    assert_eq!((sum("sightings_deleted"), sum("quarantine_deleted"), sum("pictures_moved")), (1, 1, 1));
}
