//! Whole databases, copied: into a SQLite file from either, and from such a file into a PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use shouhu_env::Env;
use shouhu_store::testing::{on_each_database, on_empty_postgres};
use shouhu_store::{
    Backend, ColumnKind, ColumnShape, Migration, ModuleMigrations, OUTBOX_MIGRATIONS, Row, Shown, Sight, Store, StoreError, Value, params,
};

/// Parts come before what they are parts of by the names of their tables, and things name things that come later.
const THINGS: ModuleMigrations = ModuleMigrations {
    module: "things",
    migrations: &[
        Migration {
            name: "0001_init",
            sql: "CREATE TABLE things_thing (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, b {{BLOB}}, body TEXT, above TEXT REFERENCES things_thing (id));
                  CREATE TABLE things_part (thing TEXT NOT NULL REFERENCES things_thing (id) ON DELETE CASCADE, seq BIGINT NOT NULL, PRIMARY KEY (thing, seq));
                  CREATE TABLE things_count (id BIGINT PRIMARY KEY, times BIGINT NOT NULL);
                  CREATE TABLE things_loose (\"order\" TEXT, n BIGINT);
                  CREATE UNIQUE INDEX things_one ON things_thing (n) WHERE x IS NULL AND n > 0;
                  INSERT INTO things_count (id, times) VALUES (1, 0);",
        },
        Migration { name: "0002_more", sql: "ALTER TABLE things_thing ADD COLUMN more BIGINT NOT NULL DEFAULT 7;" },
    ],
};
const SCHEMAS: [ModuleMigrations; 2] = [OUTBOX_MIGRATIONS, THINGS];
const INSERT: &str = "INSERT INTO things_thing (id, n, x, b, body, above) VALUES ($1, $2, $3, $4, $5, $6)";
/// More than one statement writes at once.
const MANY: i64 = 1_203;

async fn filled(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let full = params!["c", i64::MAX, f64::MIN_POSITIVE, vec![0_u8, 255, 10, 39], "臺南市 🚲 'quoted\" \\ \n\t", None::<String>];
    tx.execute(INSERT, full).await.unwrap();
    let empty = vec![Value::from("b"), Value::Int(None), Value::Real(None), Value::Blob(None), Value::Text(None), Value::Text(None)];
    tx.execute(INSERT, empty).await.unwrap();
    tx.execute(INSERT, params!["", i64::MIN, -1.5e300, Vec::<u8>::new(), "", "c"]).await.unwrap();
    tx.execute(INSERT, params!["whole", 0_i64, 3.0, vec![1_u8], "3", "b"]).await.unwrap();
    tx.execute(INSERT, params!["endless", -1_i64, f64::NEG_INFINITY, vec![7_u8; 3 << 20], "長".repeat(1 << 19), "whole"]).await.unwrap();
    // The row that it names has a later key.
    tx.execute("UPDATE things_thing SET above = 'whole' WHERE id = 'b'", vec![]).await.unwrap();
    for seq in 0..MANY {
        tx.execute("INSERT INTO things_part (thing, seq) VALUES ('whole', $1)", params![seq]).await.unwrap();
    }
    for n in [1_i64, 1, 2] {
        tx.execute("INSERT INTO things_loose (\"order\", n) VALUES ('same', $1)", params![n]).await.unwrap();
    }
    tx.execute("UPDATE things_count SET times = 41", vec![]).await.unwrap();
    tx.commit().await.unwrap();
}

fn told(row: &Row, columns: &[ColumnShape]) -> String {
    let value = |column: &ColumnShape| match column.kind {
        ColumnKind::Int => format!("{:?}", row.opt_int(&column.name).unwrap()),
        ColumnKind::Real => format!("{:?}", row.opt_real(&column.name).unwrap().map(f64::to_bits)),
        ColumnKind::Text => format!("{:?}", row.opt_text(&column.name).unwrap()),
        ColumnKind::Blob => format!("{:?}", row.opt_blob(&column.name).unwrap()),
        ColumnKind::Other(_) => panic!("{column:?}"),
    };
    columns.iter().map(value).collect::<Vec<_>>().join(" | ")
}

/// Every row of every table, but in no order.
async fn everything(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in store.shape().await.unwrap() {
        let rows = store.fetch(&format!("SELECT * FROM {table}"), vec![]).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| told(row, &columns)).collect();
        rows.sort();
        all.insert(table, rows);
    }
    all
}

async fn open(path: &Path) -> Store {
    Store::open(&format!("sqlite:{}", path.display()), Env::real()).await.unwrap()
}

async fn number(store: &Store, sql: &str) -> i64 {
    store.fetch_one(&format!("SELECT CAST(({sql}) AS BIGINT) AS n"), vec![]).await.unwrap().int("n").unwrap()
}

async fn run(store: &Store, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx.execute(sql, values).await?;
    tx.commit().await?;
    Ok(changed)
}

#[tokio::test]
async fn every_row_of_every_type_is_in_the_copy_of_either_database_and_in_one_that_is_filled_from_it() {
    on_each_database(&[THINGS], |store| async move {
        filled(&store).await;
        let folder = tempfile::tempdir().unwrap();
        let (path, rows) = (folder.path().join("copy.db"), AtomicU64::new(0));
        let had = everything(&store).await;
        assert_eq!(had["things_part"].len(), usize::try_from(MANY).unwrap());
        assert_eq!(store.copy_into(&path, &SCHEMAS, &rows).await.unwrap(), Vec::<String>::new());
        let all = had.values().map(Vec::len).sum::<usize>() as u64;
        assert_eq!(rows.into_inner(), if store.backend() == Backend::Postgres { all } else { 0 });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "scratch was left behind");
        assert!(store.copy_into(&path, &SCHEMAS, &AtomicU64::new(0)).await.is_err(), "a file that is there is not written over");

        let lite = open(&path).await;
        assert_eq!(lite.shape().await.unwrap(), store.shape().await.unwrap());
        assert!(everything(&lite).await == had, "the copy has other rows");
        assert_eq!(lite.migrate(&SCHEMAS).await.unwrap(), 0, "what was migrated is known");
        on_empty_postgres(|url| {
            let (lite, had) = (lite.clone(), had.clone());
            async move {
                let target = Store::open(&url, Env::real()).await.unwrap();
                let rows = AtomicU64::new(0);
                assert_eq!(target.fill_from(&lite, &SCHEMAS, &rows).await.unwrap(), Vec::<String>::new());
                assert_eq!(rows.into_inner(), all);
                assert!(everything(&target).await == had, "what was filled has other rows");
                assert_eq!(target.migrate(&SCHEMAS).await.unwrap(), 0);
                // What rows may name is as it was before.
                assert!(run(&target, "INSERT INTO things_part (thing, seq) VALUES ('nothing', 1)", vec![]).await.is_err());
                assert!(run(&target, "DELETE FROM things_thing WHERE id = 'whole'", vec![]).await.is_err(), "other things name it");
                run(&target, "UPDATE things_thing SET above = NULL", vec![]).await.unwrap();
                run(&target, "DELETE FROM things_thing WHERE id = 'whole'", vec![]).await.unwrap();
                assert_eq!(number(&target, "SELECT COUNT(*) FROM things_part").await, 0, "parts go with what they are parts of");
                target.close().await;
            }
        })
        .await;
        lite.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_of_one_moment_while_somebody_writes() {
    on_each_database(&[THINGS], |store| async move {
        let (written, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (to, counter, over) = (store.clone(), Arc::clone(&written), Arc::clone(&is_over));
        // Each time a row in three tables, or in none.
        let writer = tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let n = i64::try_from(counter.load(Ordering::Relaxed)).unwrap();
                let mut tx = to.begin().await.unwrap();
                tx.execute("UPDATE things_count SET times = times + 1", vec![]).await.unwrap();
                tx.execute(INSERT, params![format!("{n:08}"), n, 0.5, vec![1_u8], "x", None::<String>]).await.unwrap();
                tx.execute("INSERT INTO things_part (thing, seq) VALUES ($1, 1)", params![format!("{n:08}")]).await.unwrap();
                tx.commit().await.unwrap();
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let folder = tempfile::tempdir().unwrap();
        for round in 0..4_u64 {
            while written.load(Ordering::Relaxed) < 50 * (round + 1) {
                tokio::task::yield_now().await;
            }
            let before = i64::try_from(written.load(Ordering::Relaxed)).unwrap();
            let path = folder.path().join(format!("{round}.db"));
            store.copy_into(&path, &SCHEMAS, &AtomicU64::new(0)).await.unwrap();
            let after = i64::try_from(written.load(Ordering::Relaxed)).unwrap() + 1;
            let lite = open(&path).await;
            let times = number(&lite, "SELECT times FROM things_count").await;
            assert!((before..=after).contains(&times), "{before} were written before, {after} after, {times} are in it");
            assert_eq!(number(&lite, "SELECT COUNT(*) FROM things_thing").await, times);
            assert_eq!(number(&lite, "SELECT COUNT(*) FROM things_part").await, times);
            lite.close().await;
        }
        is_over.store(true, Ordering::Relaxed);
        writer.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_copy_has_rows_that_are_hidden_from_whoever_takes_it() {
    on_each_database(&[THINGS], |store| async move {
        filled(&store).await;
        store.guards().close(Sight::of(vec![Shown { name: "things_thing", from: "things_thing", condition: "1 = 0".into(), values: vec![] }]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db");
        store.copy_into(&path, &SCHEMAS, &AtomicU64::new(0)).await.unwrap();
        let lite = open(&path).await;
        assert_eq!(number(&store, "SELECT COUNT(*) FROM things_part").await, MANY);
        assert_eq!(number(&lite, "SELECT COUNT(*) FROM things_thing").await, 5);
        lite.close().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_is_filled_that_is_not_empty_and_a_fill_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lite = open(&folder.path().join("from.db")).await;
    lite.migrate(&SCHEMAS).await.unwrap();
    filled(&lite).await;
    assert!(matches!(lite.fill_from(&lite, &SCHEMAS, &AtomicU64::new(0)).await, Err(StoreError::Copy { .. })), "a SQLite is not filled");
    let full = lite.clone();
    on_empty_postgres(|url| async move {
        let target = Store::open(&url, Env::real()).await.unwrap();
        // The last of its tables has a text that PostgreSQL has not.
        run(&full, "UPDATE things_thing SET body = $1 WHERE id = 'b'", params!["a\0b"]).await.unwrap();
        let refused = target.fill_from(&full, &SCHEMAS, &AtomicU64::new(0)).await.unwrap_err().to_string();
        assert!(refused.contains("things_thing.body has a text with a NUL"), "{refused}");
        assert!(target.shape().await.unwrap().is_empty(), "half a database was left");
        run(&full, "UPDATE things_thing SET body = NULL, n = 'many' WHERE id = 'b'", vec![]).await.unwrap();
        let refused = target.fill_from(&full, &SCHEMAS, &AtomicU64::new(0)).await.unwrap_err().to_string();
        assert!(refused.contains("things_thing.n has a value of the type TEXT"), "{refused}");
        run(&full, "UPDATE things_thing SET n = NULL WHERE id = 'b'", vec![]).await.unwrap();

        run(&target, "CREATE TABLE somebody (id BIGINT)", vec![]).await.unwrap();
        run(&target, "INSERT INTO somebody (id) VALUES (1)", vec![]).await.unwrap();
        let refused = target.fill_from(&full, &SCHEMAS, &AtomicU64::new(0)).await;
        assert!(matches!(&refused, Err(StoreError::NotEmpty { table }) if table == "somebody"), "{refused:?}");
        assert!(matches!(target.must_be_empty().await, Err(StoreError::NotEmpty { .. })));
        assert_eq!(number(&target, "SELECT COUNT(*) FROM somebody").await, 1);
        run(&target, "DROP TABLE somebody", vec![]).await.unwrap();
        target.must_be_empty().await.unwrap();
        target.fill_from(&full, &SCHEMAS, &AtomicU64::new(0)).await.unwrap();
        target.close().await;
    })
    .await;
    lite.close().await;
}

#[tokio::test]
async fn what_sqlite_could_not_keep_or_a_migration_did_not_make_stops_the_copy_and_is_named() {
    on_each_database(&[THINGS], |store| async move {
        if store.backend() != Backend::Postgres {
            return; // Its copy is the file itself.
        }
        let folder = tempfile::tempdir().unwrap();
        let copied = async |name: &str| store.copy_into(&folder.path().join(name), &SCHEMAS, &AtomicU64::new(0)).await;
        run(&store, INSERT, params!["a", 1_i64, f64::NAN, vec![1_u8], "x", None::<String>]).await.unwrap();
        let refused = copied("nan").await.unwrap_err().to_string();
        assert!(refused.contains("things_thing.x has a number that is none"), "{refused}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "half a copy was left");
        run(&store, "DELETE FROM things_thing", vec![]).await.unwrap();
        run(&store, "CREATE TABLE somebody (id BIGINT)", vec![]).await.unwrap();
        assert_eq!(copied("strange").await.unwrap(), ["somebody"]);
        run(&store, "ALTER TABLE things_loose ADD COLUMN secret TEXT", vec![]).await.unwrap();
        let refused = copied("more").await.unwrap_err().to_string();
        assert!(refused.contains("table things_loose has other columns"), "{refused}");
    })
    .await;
}
