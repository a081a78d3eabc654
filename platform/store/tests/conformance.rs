//! What every room may rely on, proved on each database.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use shouhu_events::Event;
use shouhu_ids::Micros;
use shouhu_store::testing::on_each_database;
use shouhu_store::{Backend, Migration, ModuleMigrations, NewJob, Rider, StoreError, page_before, params, shown_page, tell_each};

const THINGS: ModuleMigrations = ModuleMigrations {
    module: "things",
    migrations: &[Migration {
        name: "0001_init",
        sql: "CREATE TABLE things_thing (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, b {{BLOB}}, state TEXT);",
    }],
};

#[tokio::test]
async fn every_type_and_its_null_come_back_as_they_went_in() {
    on_each_database(&[THINGS], |store| async move {
        let mut tx = store.begin().await.unwrap();
        let insert = "INSERT INTO things_thing (id, n, x, b) VALUES ($1, $2, $3, $4)";
        tx.execute(insert, params!["臺南", i64::MAX, 0.1, vec![0_u8, 255]]).await.unwrap();
        tx.execute(insert, params!["null", None::<i64>, None::<f64>, shouhu_store::Value::Blob(None)]).await.unwrap();
        tx.execute(insert, params!["whole", 1_i64, 3.0, vec![1_u8]]).await.unwrap();
        tx.commit().await.unwrap();

        let full = store.fetch_one("SELECT * FROM things_thing WHERE id = $1", params!["臺南"]).await.unwrap();
        assert_eq!(full.int("n").unwrap(), i64::MAX);
        assert!((full.real("x").unwrap() - 0.1).abs() < f64::EPSILON);
        assert_eq!(full.blob("b").unwrap(), [0, 255]);
        let null = store.fetch_one("SELECT * FROM things_thing WHERE id = 'null'", vec![]).await.unwrap();
        assert_eq!((null.opt_int("n").unwrap(), null.opt_real("x").unwrap(), null.opt_blob("b").unwrap()), (None, None, None));
        assert!(matches!(null.int("n"), Err(StoreError::Column { .. })));
        let whole = store.fetch_one("SELECT x FROM things_thing WHERE id = 'whole'", vec![]).await.unwrap();
        assert!((whole.real("x").unwrap() - 3.0).abs() < f64::EPSILON);
    })
    .await;
}

/// 1,200 rows of which every 400th is shown: pages are whole although whole pieces are hidden.
#[tokio::test]
async fn a_page_is_as_long_as_asked_however_many_rows_in_between_are_hidden() {
    on_each_database(&[THINGS], |store| async move {
        let mut tx = store.begin().await.unwrap();
        for n in 0..1_200_i64 {
            tx.execute("INSERT INTO things_thing (id, n) VALUES ($1, $2)", params![format!("{n:04}"), n]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let sql = "SELECT id, n FROM things_thing WHERE id < $1 AND n >= $3 ORDER BY id DESC LIMIT $2";
        let page = |before: String, most, least: i64| {
            let store = store.clone();
            async move {
                shown_page(&store, sql, &before, most, &params![least], |row| Ok(Some(row.int("n")?).filter(|n| n % 400 == 0))).await.unwrap()
            }
        };
        assert_eq!(page(page_before(None::<String>), 2, 0).await, [800, 400]);
        assert_eq!(page("0400".into(), 2, 0).await, [0]);
        assert_eq!(page(page_before(None::<String>), 10, 500).await, [800], "what the question leaves out is left out");
        assert!(page(page_before(None::<String>), 0, 0).await.is_empty());
    })
    .await;
}

/// More rows than are read at once: each is told of once, in their order, and what the question leaves out is not.
#[tokio::test]
async fn every_row_is_told_of_once_over_more_than_one_piece() {
    const ROWS: i64 = 1_203;
    on_each_database(&[THINGS], |store| async move {
        let mut tx = store.begin().await.unwrap();
        for n in 0..ROWS {
            tx.execute("INSERT INTO things_thing (id, n) VALUES ($1, $2)", params![format!("{n:04}"), n]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let sql = "SELECT id FROM things_thing WHERE id > $1 AND n >= $3 ORDER BY id LIMIT $2";
        let told = |least: i64| {
            let store = store.clone();
            async move { tell_each(&store, sql, &params![least], |id| Event::WatchlistChanged { version: id.parse().unwrap() }).await.unwrap() }
        };
        assert_eq!(told(3).await, 1_200);
        assert_eq!(told(ROWS).await, 0);
        let waiting = store.unpublished(2_000).await.unwrap();
        let events: Vec<Event> = waiting.into_iter().map(|stored| stored.event).collect();
        assert_eq!(events, (3..ROWS).map(|version| Event::WatchlistChanged { version }).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_taken_key_is_told_apart_from_other_failures() {
    on_each_database(&[THINGS], |store| async move {
        let mut tx = store.begin().await.unwrap();
        let insert = "INSERT INTO things_thing (id) VALUES ($1)";
        tx.execute(insert, params!["a"]).await.unwrap();
        assert!(matches!(tx.execute(insert, params!["a"]).await, Err(StoreError::Duplicate { .. })));
        assert!(matches!(store.fetch("SELECT * FROM nowhere", vec![]).await, Err(StoreError::Sql { .. })));
    })
    .await;
}

#[tokio::test]
async fn neither_event_nor_job_exists_without_the_commit() {
    on_each_database(&[THINGS], |store| async move {
        let mut tx = store.begin().await.unwrap();
        tx.emit(&Event::WatchlistChanged { version: 1 }).await.unwrap();
        tx.enqueue(NewJob { kind: "k", key: "1".into(), payload: serde_json::json!({}), run_at: None }).await.unwrap();
        drop(tx);
        assert!(store.unpublished(10).await.unwrap().is_empty());

        let mut tx = store.begin().await.unwrap();
        for version in [1, 2, 3] {
            tx.emit(&Event::WatchlistChanged { version }).await.unwrap();
        }
        for _ in 0..2 {
            tx.enqueue(NewJob { kind: "k", key: "1".into(), payload: serde_json::json!({}), run_at: None }).await.unwrap();
        }
        tx.commit().await.unwrap();
        let waiting = store.unpublished(10).await.unwrap();
        let versions: Vec<_> = waiting.iter().map(|e| e.event.clone()).collect();
        assert_eq!(versions, [1, 2, 3].map(|version| Event::WatchlistChanged { version }));
        let jobs = store.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM store_job", vec![]).await.unwrap();
        assert_eq!(jobs.int("n").unwrap(), 1, "the same kind and key is one job");
    })
    .await;
}

#[tokio::test]
async fn two_guarded_changes_of_one_state_have_one_winner() {
    on_each_database(&[THINGS], |store| async move {
        let mut tx = store.begin().await.unwrap();
        tx.execute("INSERT INTO things_thing (id, state) VALUES ('a', 'open')", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let change = |store: shouhu_store::Store| async move {
            let mut tx = store.begin().await.unwrap();
            let changed = tx.execute("UPDATE things_thing SET state = 'closed' WHERE id = 'a' AND state = 'open'", vec![]).await.unwrap();
            tx.commit().await.unwrap();
            changed
        };
        let (one, two) = tokio::join!(change(store.clone()), change(store.clone()));
        assert_eq!(one + two, 1);
    })
    .await;
}

#[tokio::test]
async fn a_migration_edited_after_it_ran_stops_the_start() {
    on_each_database(&[THINGS], |store| async move {
        assert_eq!(store.migrate(&[shouhu_store::OUTBOX_MIGRATIONS, THINGS]).await.unwrap(), 0, "nothing is applied twice");
        let edited =
            ModuleMigrations { module: "things", migrations: &[Migration { name: "0001_init", sql: "CREATE TABLE things_other (id TEXT);" }] };
        let refused = store.migrate(&[shouhu_store::OUTBOX_MIGRATIONS, edited]).await;
        assert!(matches!(refused, Err(StoreError::MigrationChanged { .. })));
        let older = store.migrate(&[shouhu_store::OUTBOX_MIGRATIONS]).await;
        assert!(matches!(older, Err(StoreError::MigrationUnknown { .. })));
    })
    .await;
}

#[tokio::test]
async fn the_newest_published_number_is_never_forgotten() {
    on_each_database(&[], |store| async move {
        let mut tx = store.begin().await.unwrap();
        let id = tx.emit(&Event::WatchlistChanged { version: 1 }).await.unwrap();
        tx.execute("UPDATE store_outbox SET seq = 41 WHERE id = $1", params![id]).await.unwrap();
        tx.commit().await.unwrap();
        store.forget_published(Micros(i64::MAX)).await.unwrap();
        assert_eq!(store.last_seq().await.unwrap(), 41);
        assert_eq!(store.published_after(40, 10).await.unwrap().len(), 1);
    })
    .await;
}

/// The tests' PostgreSQL sorts by zh-TW, where punctuation comes before letters.
#[tokio::test]
async fn the_first_page_has_every_id_whatever_the_collation() {
    on_each_database(&[THINGS], |store| async move {
        let ids = ["00000000-0000-7000-8000-000000000000", "9fffffff-ffff-7fff-bfff-ffffffffffff", "ffffffff-ffff-7fff-bfff-ffffffffffff"];
        let mut tx = store.begin().await.unwrap();
        for id in ids {
            tx.execute("INSERT INTO things_thing (id) VALUES ($1)", params![id]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let page = async |last: Option<&str>| {
            let sql = "SELECT id FROM things_thing WHERE id < $1 ORDER BY id DESC";
            let rows = store.fetch(sql, params![page_before(last)]).await.unwrap();
            rows.iter().map(|row| row.text("id").unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(page(None).await, [ids[2], ids[1], ids[0]]);
        assert_eq!(page(Some(ids[1])).await, [ids[0]]);
        if store.backend() == Backend::Postgres {
            let row = store.fetch_one("SELECT CASE WHEN 'f' < '~' THEN 1 ELSE 0 END AS bytewise", vec![]).await.unwrap();
            assert_eq!(row.int("bytewise").unwrap(), 0, "this PostgreSQL sorts by bytes and proves nothing: tools/postgres.sh stop, and again");
        }
    })
    .await;
}

/// Found by filling a disk: until the next start nothing was written any more, however much room there was again.
#[tokio::test]
async fn after_a_full_disk_the_next_transaction_begins() {
    on_each_database(&[THINGS], |store| async move {
        if store.backend() != Backend::Sqlite {
            return;
        }
        let insert = "INSERT INTO things_thing (id, b) VALUES ($1, $2)";
        let mut full = store.begin().await.unwrap();
        let pages = full.fetch_one("PRAGMA page_count", vec![]).await.unwrap().int("page_count").unwrap();
        full.fetch(&format!("PRAGMA max_page_count = {}", pages + 1), vec![]).await.unwrap();
        let refused = full.execute(insert, params!["large", vec![7_u8; 1 << 20]]).await;
        assert!(matches!(refused, Err(StoreError::DiskFull)), "{refused:?}");
        drop(full);

        let mut again = store.begin().await.unwrap();
        again.execute(insert, params!["small", vec![7_u8]]).await.unwrap();
        again.commit().await.unwrap();
        assert_eq!(store.fetch("SELECT id FROM things_thing", vec![]).await.unwrap().len(), 1);
    })
    .await;
}

/// Found by a disk that failed for a while: SQLite lets a connection that met it only read on, and the server wrote nothing until its next start.
#[tokio::test]
async fn a_connection_that_may_only_read_is_replaced_at_once() {
    on_each_database(&[THINGS], |store| async move {
        if store.backend() != Backend::Sqlite {
            return;
        }
        let mut last = store.begin().await.unwrap();
        last.fetch("PRAGMA query_only = 1", vec![]).await.unwrap();
        drop(last);

        for id in ["first", "second"] {
            let mut again = store.begin().await.unwrap();
            again.execute("INSERT INTO things_thing (id) VALUES ($1)", params![id]).await.unwrap();
            again.commit().await.unwrap();
        }
        assert_eq!(store.fetch("SELECT id FROM things_thing", vec![]).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_rider_goes_once_with_the_first_change_that_is_kept() {
    on_each_database(&[THINGS], |store| async move {
        let note = Rider::new("INSERT INTO things_thing (id) VALUES ($1)", params!["noted"]);
        let is_noted = async || store.fetch("SELECT id FROM things_thing WHERE id = 'noted'", vec![]).await.unwrap().len();
        let write = async |id: &str, is_kept: bool| {
            let mut tx = store.begin().await.unwrap();
            tx.execute("INSERT INTO things_thing (id) VALUES ($1)", params![id]).await.unwrap();
            if is_kept { tx.commit().await.unwrap() } else { drop(tx) }
        };
        write("before", true).await;
        note.along_with(async {
            let mut reading = store.begin().await.unwrap();
            reading.fetch("SELECT id FROM things_thing", vec![]).await.unwrap();
            reading.commit().await.unwrap();
            write("undone", false).await;
            assert_eq!(is_noted().await, 0, "nothing has changed yet");
            write("first", true).await;
            assert_eq!(is_noted().await, 1);
            // The same again would be a duplicate.
            write("second", true).await;
        })
        .await;
        write("after", true).await;
    })
    .await;
}
