//! Houses whose rows lie in PostgreSQL, or shall.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::common::{Fleeting, Small, batch, files_below, plate, sequences, sequences_on, url_of};
use shouhu_backup::{BackupError, DatabaseKind, ForgetsPlates, KEEP_DAYS_DEFAULT, Order, Reopened, drill, restore, take};
use shouhu_env::{BoxFuture, Env};
use shouhu_lakehouse::lake::Window;
use shouhu_store::testing::on_empty_postgres;
use shouhu_store::{NewJob, Store, StoreError, params};

const EVER: Window = Window { from_ms: i64::MIN / 2, until_ms: i64::MAX / 2 };

/// Jobs with texts that trip over anything that is not careful.
async fn put_jobs(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    for key in ["", "臺南市\u{1f6b2}", "a'b\"c\\d\n\t\u{7f}", "$1, ?"] {
        tx.enqueue(NewJob { kind: "odd", key: key.into(), payload: serde_json::json!({ "said": key }), run_at: None }).await.unwrap();
    }
    tx.execute("UPDATE store_job SET run_at_us = $1, finished_at_us = $2 WHERE job_key = ''", params![i64::MAX, i64::MIN]).await.unwrap();
    tx.commit().await.unwrap();
}

/// Each job, with its NULLs, and which migrations were made when.
async fn kept(store: &Store) -> Vec<String> {
    let mut kept = Vec::new();
    for row in store.fetch("SELECT * FROM store_job ORDER BY id", vec![]).await.unwrap() {
        let texts = ["id", "kind", "job_key", "payload", "state", "last_error", "lane"].map(|name| row.opt_text(name).unwrap());
        let numbers = ["attempts", "run_at_us", "enqueued_at_us", "leased_until_us", "finished_at_us"].map(|name| row.opt_int(name).unwrap());
        kept.push(format!("{texts:?} {numbers:?}"));
    }
    for row in store.fetch("SELECT module, name, checksum, applied_at_us FROM schema_migration ORDER BY checksum", vec![]).await.unwrap() {
        kept.push(format!("{} {} {} {}", row.text("module").unwrap(), row.text("name").unwrap(), row.text("checksum").unwrap(), row.int("applied_at_us").unwrap()));
    }
    kept.sort();
    kept
}

async fn kept_at(url: &str) -> Vec<String> {
    let store = Store::open(url, Env::real()).await.unwrap();
    let kept = kept(&store).await;
    store.close().await;
    kept
}

/// Whatever database a house has: restored into a SQLite, and into an empty PostgreSQL.
async fn comes_back_in_either(small: &Small, kind: DatabaseKind) {
    put_jobs(&small.house.store).await;
    let had = kept(&small.house.store).await;
    assert!(had.len() > 4 + 3, "{had:?}");
    let taken = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    assert_eq!((taken.manifest.database, &taken.manifest.missing), (kind, &Vec::<String>::new()));
    assert_eq!(small.house.rows_copied.load(Ordering::Relaxed) > had.len() as u64, kind == DatabaseKind::Postgres);
    small.log("since").await;
    let drilled = drill(&small.order("drill"), Some(&small.audit)).await.unwrap();
    assert_eq!((drilled.restored.rows, drilled.leaves_since), (360, Some(1)));
    let passages = (0..360).collect::<Vec<u64>>();

    let restored = restore(&small.order("lite")).await.unwrap();
    assert_eq!((restored.rows, restored.audit.leaves, restored.audit.is_intact), (360, 2, true));
    assert_eq!(kept_at(&url_of(&small.path("lite"), None)).await, had);
    assert_eq!(sequences(&small.path("lite")).await.iter().map(|(_, sequence)| *sequence).collect::<Vec<_>>(), passages);

    on_empty_postgres(|target| {
        let (had, passages) = (had.clone(), passages.clone());
        async move {
            let order = Order { store: Some(target.clone()), ..small.order("elsewhere") };
            let restored = restore(&order).await.unwrap();
            assert_eq!((restored.rows, restored.audit.leaves, restored.audit.is_intact), (360, 2, true));
            assert!(order.rows_copied.load(Ordering::Relaxed) > had.len() as u64);
            assert_eq!(kept_at(&target).await, had);
            let found = sequences_on(&order.data, Some(&target)).await;
            assert_eq!(found.iter().map(|(_, sequence)| *sequence).collect::<Vec<_>>(), passages);
            assert!(!files_below(&order.data).iter().any(|path| path.to_string_lossy().contains("shouhu.db")), "a second database was left");

            // Once more into the same one: it is full now.
            let again = Order { store: Some(target.clone()), ..small.order("again") };
            assert!(matches!(restore(&again).await, Err(BackupError::Store(StoreError::NotEmpty { .. }))));
            assert!(!small.path("again").exists() && !small.path("again.restoring").exists());
            assert_eq!(kept_at(&target).await, had);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_on_sqlite_comes_back_in_either_database() {
    comes_back_in_either(&Small::lived_in().await, DatabaseKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_on_postgresql_comes_back_in_either_database() {
    on_empty_postgres(|url| async move {
        let small = Small::lived_in_on(Some(&url)).await;
        comes_back_in_either(&small, DatabaseKind::Postgres).await;
        // A table of somebody else's is named, and hinders nothing.
        let mut tx = small.house.store.begin().await.unwrap();
        tx.execute("CREATE TABLE notes_of_an_administrator (id SERIAL PRIMARY KEY, said VARCHAR(20))", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let taken = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
        assert!(matches!(taken.manifest.missing.as_slice(), [one] if one.contains("notes_of_an_administrator")), "{:?}", taken.manifest.missing);
        assert!(restore(&small.order("beside")).await.is_ok());
        close(small).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_house_on_postgresql_during_ingest_has_all_that_was_acknowledged_when_it_began() {
    on_empty_postgres(|url| async move {
        let small = Small::open_on(Some(&url)).await;
        let (acknowledged, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (lake, counter, over) = (small.lake.clone(), Arc::clone(&acknowledged), Arc::clone(&is_over));
        let ingest = tokio::spawn(async move {
            let mut next = 0;
            while !over.load(Ordering::Relaxed) {
                lake.append(batch(next, 7)).await.unwrap();
                next += 7;
                counter.store(next, Ordering::Relaxed);
                if next % 35 == 0 {
                    lake.flush().await.unwrap();
                }
            }
        });
        for round in 0..3 {
            while acknowledged.load(Ordering::Relaxed) < 70 * (round + 1) {
                tokio::task::yield_now().await;
            }
            let before = acknowledged.load(Ordering::Relaxed);
            let taken = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
            let after = acknowledged.load(Ordering::Relaxed) + 7;
            let order = Order { backup: Some(taken.manifest.id), ..small.order(&format!("back{round}")) };
            restore(&order).await.unwrap();
            let found: Vec<u64> = sequences(&order.data).await.into_iter().map(|(_, sequence)| sequence).collect();
            let count = found.len() as u64;
            assert!(before <= count && count <= after, "{before} were acknowledged before, {after} after, {count} came back");
            assert_eq!(found, (0..count).collect::<Vec<_>>(), "no passage is missing between others");
        }
        is_over.store(true, Ordering::Relaxed);
        ingest.await.unwrap();
        close(small).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_are_copied_before_the_rows_of_a_postgresql_which_take_longer_than_a_merge_waits() {
    on_empty_postgres(|url| async move {
        let small = Small::lived_in_on(Some(&url)).await;
        let rows_copied = Arc::clone(&small.house.rows_copied);
        // As if all of them had come after the first list, and gone in a merge while the rows were read.
        let house = Fleeting::of(&small.house, move |look| look > 1 && rows_copied.load(Ordering::Relaxed) == 0);
        take(&house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
        assert!(small.house.rows_copied.load(Ordering::Relaxed) > 0);
        assert_eq!(restore(&small.order("back")).await.unwrap().rows, 360);
        close(small).await;
    })
    .await;
}

/// Somebody puts something where the house is to stand while it is restored.
struct InTheWay(PathBuf);

impl ForgetsPlates for InTheWay {
    fn forget(&self, _: Reopened) -> BoxFuture<'static, Result<(), String>> {
        let path = self.0.join("x");
        Box::pin(async move { std::fs::create_dir_all(path).map_err(|error| error.to_string()) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_that_does_not_get_its_name_says_that_its_rows_are_in_the_database_and_what_to_do() {
    on_empty_postgres(|target| async move {
        let small = Small::lived_in().await;
        let erased = small.lake.erase(plate("0007-XY"), EVER, |_| false).await.unwrap();
        assert_eq!(erased.rows_erased, 1);
        take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
        let had = kept(&small.house.store).await;
        let data = small.path("back");
        let order = Order { store: Some(target.clone()), rooms: Some(Arc::new(InTheWay(data.clone()))), ..small.order("back") };
        let refused = restore(&order).await.unwrap_err();
        assert!(matches!(refused, BackupError::RowsWithoutHouse { .. }) && refused.to_string().contains("drop that database"), "{refused}");
        assert_eq!(kept_at(&target).await, had, "as it says");

        // The other remedy that it names.
        std::fs::remove_dir_all(&data).unwrap();
        std::fs::rename(small.path("back.restoring"), &data).unwrap();
        assert_eq!(sequences_on(&data, Some(&target)).await.len(), 359);
    })
    .await;
}

/// The schema is dropped next, and what still holds it would hold that up.
async fn close(small: Small) {
    small.lake.close().await.unwrap();
    small.house.store.close().await;
}
