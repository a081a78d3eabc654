//! The list of what was dropped and erased, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{DAY, batch, plate};
use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::{Class, Window};
use shouhu_lakehouse::{ForgetKey, Forgotten, Lakehouse, LakehouseConfig, MIGRATIONS, Target, forgotten_in};
use shouhu_store::Store;
use shouhu_store::testing::on_each_database;

const EVER: Window = Window { from_ms: i64::MIN / 2, until_ms: i64::MAX / 2 };

/// Thirty passages, each of a plate of its own.
async fn lake_of_thirty(folder: &Path, store: &Store) -> Lakehouse {
    let config = LakehouseConfig { forget_key: Some(ForgetKey([7; 32])), ..LakehouseConfig::in_folder(folder) };
    let lake = Lakehouse::open(config, store.clone(), Env::real()).await.unwrap();
    lake.append(batch(0, 30)).await.unwrap();
    lake
}

async fn left(lake: &Lakehouse) -> BTreeSet<u64> {
    let asked = lake.ask(&Class::ALL, |view| {
        let mut found = BTreeSet::new();
        for part in &view.parts {
            part.each_plate(&mut |plate, _| _ = found.insert(plate.0)).unwrap();
        }
        found
    });
    asked.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forgotten_is_listed_without_its_name_and_can_be_repeated_elsewhere() {
    let newer: std::sync::Arc<std::sync::Mutex<Vec<Forgotten>>> = std::sync::Arc::default();
    on_each_database(&[MIGRATIONS], |store| {
        let newer = std::sync::Arc::clone(&newer);
        async move {
            let folder = tempfile::tempdir().unwrap();
            let lake = lake_of_thirty(folder.path(), &store).await;
            assert_eq!(lake.erase(plate("0003-XY"), EVER, |_| false).await.unwrap().rows_erased, 1);
            let held = plate("0007-XY");
            lake.drop_day(Class::PASSAGE, DAY, move |key| key.plate == held, Class::KEPT).await.unwrap();
            let listed = forgotten_in(&store).await.unwrap();
            assert!(matches!(&listed.first().unwrap().target, Target::Plate { hash, .. } if hash.len() == 64 && !hash.contains("0003")), "{listed:?}");
            assert!(matches!(&listed.get(1).unwrap().target, Target::Day { class: 0, day: DAY }), "{listed:?}");
            assert_eq!(listed.iter().map(|entry| entry.kept.as_ref().map(Vec::len)).collect::<Vec<_>>(), [Some(0), Some(1)]);
            // What is on its own list is not repeated.
            assert_eq!(lake.forget_again(&listed, Micros(0)).await.unwrap(), 0);
            assert_eq!(left(&lake).await, [held.0].into());
            lake.close().await.unwrap();
            *newer.lock().unwrap() = listed;
        }
    })
    .await;
    on_each_database(&[MIGRATIONS], |store| {
        let newer = newer.lock().unwrap().clone();
        async move {
            let folder = tempfile::tempdir().unwrap();
            let lake = lake_of_thirty(folder.path(), &store).await;
            assert_eq!(lake.forget_again(&newer, Micros(0)).await.unwrap(), 29);
            assert_eq!(left(&lake).await, [plate("0007-XY").0].into());
            // It has them now, and a second time changes nothing.
            assert_eq!(forgotten_in(&store).await.unwrap(), newer);
            assert_eq!(lake.forget_again(&newer, Micros(0)).await.unwrap(), 0);
            lake.close().await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_was_begun_and_cut_off_is_repeated_and_a_days_drop_is_left_to_the_purge() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake_of_thirty(folder.path(), &store).await;
        lake.erase(plate("0003-XY"), EVER, |_| false).await.unwrap();
        let done = forgotten_in(&store).await.unwrap().remove(0);
        let day = Forgotten { id: "y".into(), target: Target::Day { class: 0, day: DAY }, kept: None, ..done.clone() };
        let begun = Forgotten { id: "x".into(), kept: None, ..done };
        // The same plate passed again before the time of the list.
        let mut again = batch(100, 1);
        again.rows.iter_mut().for_each(|row| row.plate = plate("0003-XY"));
        lake.append(again).await.unwrap();
        assert_eq!(lake.forget_again(&[begun, day], Micros(0)).await.unwrap(), 1);
        assert_eq!(left(&lake).await.len(), 29);
        lake.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_an_older_state_has_as_begun_is_done_again_as_it_ended() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake_of_thirty(folder.path(), &store).await;
        lake.erase(plate("0003-XY"), EVER, |_| false).await.unwrap();
        let done = forgotten_in(&store).await.unwrap().remove(0);
        // As a copy has it that was taken while the act went on.
        let mut tx = store.begin().await.unwrap();
        tx.execute("UPDATE lakehouse_forgotten SET kept = NULL", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let mut again = batch(100, 2);
        again.rows.iter_mut().for_each(|row| row.plate = plate("0003-XY"));
        // A wrong clock dated one of them years ahead: the erasure took that one too.
        again.rows[1].at_ms += 4_000 * 86_400_000;
        lake.append(again).await.unwrap();
        assert_eq!(lake.forget_again(std::slice::from_ref(&done), Micros(done.forgotten_at_us.0 + 1)).await.unwrap(), 1, "what is of later passed later");
        assert_eq!(forgotten_in(&store).await.unwrap(), [done.clone()], "it is completed");
        let other = Forgotten { id: "z".into(), ..done.clone() };
        assert_eq!(lake.forget_again(&[other], Micros(done.forgotten_at_us.0 - 1)).await.unwrap(), 1, "nothing passed after the erasure yet");
        assert_eq!(left(&lake).await.len(), 29);
        lake.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_held_when_a_cut_off_erasure_was_given_again_stays() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake_of_thirty(folder.path(), &store).await;
        lake.erase(plate("0003-XY"), EVER, |_| true).await.unwrap();
        let done = forgotten_in(&store).await.unwrap().remove(0);
        let cut_off = Forgotten { id: "a".into(), kept: None, forgotten_at_us: Micros(done.forgotten_at_us.0 - 5_000_000), ..done.clone() };
        let cut_off = Forgotten { target: earlier(&done.target), ..cut_off };
        assert_eq!(lake.forget_again(&[cut_off, done], Micros(0)).await.unwrap(), 0);
        assert_eq!(left(&lake).await.len(), 30);
        lake.close().await.unwrap();
    })
    .await;
}

fn earlier(target: &Target) -> Target {
    let Target::Plate { hash, from_ms, until_ms } = target else { panic!("a plate") };
    Target::Plate { hash: hash.clone(), from_ms: *from_ms, until_ms: until_ms - 5_000 }
}
