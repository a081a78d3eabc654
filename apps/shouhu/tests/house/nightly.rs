//! The server's own backups, in a house on a real disk.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::Arc;

use shouhu::backup::{Nightly, Rooms};
use shouhu::backup::nightly::look;
use shouhu::{MODULES, Options, build};
use shouhu_backup::{DatabaseKind, Order, Place, keys_in, restore};
use shouhu_env::{Env, RealFiles};
use shouhu_http::wiring;
use shouhu_ids::Micros;
use shouhu_lakehouse::Opening;
use shouhu_operations::backups::{BackupKind, BackupNote, list};
use shouhu_store::testing::{on_each_database, on_empty_postgres};
use shouhu_store::{ColumnKind, Shape};

fn nightly(to: PathBuf, keys: Option<(PathBuf, PathBuf)>) -> Nightly {
    let (backup_keys_to, backup_passphrase_file) = keys.unzip();
    Nightly { backup_to: Some(to), backup_keep_days: 30, backup_keys_to, backup_passphrase_file }
}

#[tokio::test]
async fn a_night_backs_the_house_up_drills_it_and_notes_both_with_rpo_and_rto() {
    let folder = tempfile::tempdir().unwrap();
    let (options, to) = (Options::below(folder.path()), folder.path().join("second-site"));
    let (sealed, passphrase) = (folder.path().join("house.keys"), folder.path().join("passphrase"));
    std::fs::write(&passphrase, "a passphrase of many words\n").unwrap();
    let nightly = nightly(to.clone(), Some((sealed.clone(), passphrase)));
    let app = build(&options, Env::real(), Opening::Serve).await.unwrap();
    let notes = async || list(&app.store, Micros(i64::MAX), 10).await.unwrap();
    let newest = async || notes().await.into_iter().next().unwrap();

    let unmounted = look(&app, &options, &nightly, &to).await;
    assert!(unmounted.is_err_and(|error| error.to_string().contains("mounted")), "a folder that is not there is no place");
    let failed: BackupNote = newest().await;
    assert_eq!((failed.kind, failed.is_good), (BackupKind::Backup, false));
    assert_eq!(look(&app, &options, &nightly, &to).await.unwrap(), None, "it is tried again in an hour");

    // As if that hour were over.
    let mut tx = app.store.begin().await.unwrap();
    tx.execute("DELETE FROM operations_backup", Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    std::fs::create_dir(&to).unwrap();
    assert!(look(&app, &options, &nightly, &to).await.unwrap().is_some());
    let backup = newest().await;
    assert!(backup.kind == BackupKind::Backup && backup.is_good && backup.backup.is_some(), "{backup:?}");
    assert!(sealed.is_file(), "the keys are sealed beside it");
    // What a server that died in a drill left behind hinders nobody.
    std::fs::create_dir_all(options.data.with_extension("nightly-drill").join("half")).unwrap();
    assert!(look(&app, &options, &nightly, &to).await.unwrap().is_some());
    let drill = newest().await;
    assert!(drill.kind == BackupKind::Drill && drill.is_good && drill.backup == backup.backup, "{drill:?}");
    assert!(drill.rpo_us.is_some_and(|us| us > 0) && drill.took_us > 0, "the series of RPO and RTO has its point: {drill:?}");
    assert!(!options.data.with_extension("nightly-drill").exists(), "the restored house is thrown away");
    assert_eq!(look(&app, &options, &nightly, &to).await.unwrap(), None, "tonight is done");
}

/// The whole house: backed up and drilled by the server itself, lost, and brought back into another PostgreSQL.
#[tokio::test]
async fn a_house_on_postgresql_is_backed_up_at_night_and_comes_back_into_another_one() {
    on_empty_postgres(|url| async move {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("second-site");
        std::fs::create_dir(&to).unwrap();
        let options = Options { store: Some(url), ..Options::below(folder.path()) };
        let nightly = nightly(to.clone(), None);
        let app = build(&options, Env::real(), Opening::Serve).await.unwrap();
        for kind in [BackupKind::Backup, BackupKind::Drill] {
            assert!(look(&app, &options, &nightly, &to).await.unwrap().is_some());
            let note = list(&app.store, Micros(i64::MAX), 1).await.unwrap().remove(0);
            assert!(note.kind == kind && note.is_good, "{note:?}");
        }
        let place = Place::new(Arc::new(RealFiles::below(&to)));
        assert_eq!(place.newest(None).unwrap().unwrap().database, DatabaseKind::Postgres);
        let (back, living) = (folder.path().join("back"), options.clone());
        on_empty_postgres(move |target| async move {
            let order = Order {
                env: Env::real(),
                place,
                backup: None,
                node: None,
                data: back.clone(),
                keys_folder: None,
                keys: keys_in(&living.keys).unwrap(),
                schemas: wiring::schemas(MODULES),
                rooms: Some(Arc::new(Rooms)),
                forgotten_since: Vec::new(),
                store: Some(target.clone()),
                rows_copied: Arc::default(),
            };
            let restored = restore(&order).await.unwrap();
            assert!(restored.audit.is_intact && restored.audit.leaves > 0, "{:?}", restored.audit);
            let elsewhere = Options { keys: back.join("keys"), data: back, store: Some(target), ..living };
            let again = build(&elsewhere, Env::real(), Opening::Closed).await.unwrap();
            assert!(again.audit.verify().await.unwrap().leaves >= restored.audit.leaves);
            // The row that says of the backup was written after it; no other is lost.
            assert!(list(&again.store, Micros(i64::MAX), 9).await.unwrap().is_empty());
            again.store.close().await;
        })
        .await;
        app.store.close().await;
    })
    .await;
}

/// On one database and one lake, with a log each.
async fn each_server_backs_itself_up(store: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("second-site");
    std::fs::create_dir(&to).unwrap();
    let (place, nightly) = (Place::new(Arc::new(RealFiles::below(&to))), nightly(to.clone(), None));
    let store = store.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("shared.db").display()));
    let [north, south] = ["north", "south"].map(|node| Options {
        data: folder.path().join(node),
        store: Some(store.clone()),
        lake: Some(folder.path().join("lake").display().to_string()),
        node: Some(node.into()),
        ..Options::below(folder.path())
    });
    let at_north = build(&north, Env::real(), Opening::Serve).await.unwrap();
    let at_south = build(&south, Env::real(), Opening::Serve).await.unwrap();
    assert!(look(&at_north, &north, &nightly, &to).await.unwrap().is_some());
    let held = place.hold().unwrap();
    assert_eq!(look(&at_south, &south, &nightly, &to).await.unwrap(), None, "somebody writes there: its turn comes");
    drop(held);
    assert!(look(&at_south, &south, &nightly, &to).await.unwrap().is_some(), "another's backup has not its log");
    let norths = place.newest_of("north", None).unwrap().unwrap();
    assert_eq!(place.newest(None).unwrap().unwrap().node, "south");
    assert!(look(&at_north, &north, &nightly, &to).await.unwrap().is_some());
    let notes = list(&at_south.store, Micros(i64::MAX), 10).await.unwrap();
    let noted: Vec<_> = notes.iter().rev().map(|note| (note.kind, note.node.as_deref(), note.is_good)).collect();
    let (backup, drill) = (BackupKind::Backup, BackupKind::Drill);
    assert_eq!(noted, [(backup, Some("north"), true), (backup, Some("south"), true), (drill, Some("north"), true)]);
    assert_eq!(notes.first().unwrap().backup, Some(norths.id), "each drills its own");
    at_north.store.close().await;
    at_south.store.close().await;
}

#[tokio::test]
async fn of_several_servers_each_takes_its_own_backup_each_night_and_drills_it() {
    each_server_backs_itself_up(None).await;
    on_empty_postgres(|url| each_server_backs_itself_up(Some(url))).await;
}

/// A migration that makes a column which a copy does not know, or another one on each database, is found here and not at night.
#[tokio::test]
async fn both_databases_have_the_same_tables_of_columns_that_a_copy_knows() {
    let shapes: Arc<std::sync::Mutex<Vec<Shape>>> = Arc::default();
    // The first is made by the helper.
    let schemas = wiring::schemas(MODULES);
    on_each_database(schemas.get(1..).unwrap(), |store| {
        let shapes = Arc::clone(&shapes);
        async move {
            let shape = store.shape().await.unwrap();
            shapes.lock().unwrap().push(shape);
        }
    })
    .await;
    let shapes = shapes.lock().unwrap();
    for shape in shapes.iter() {
        assert!(shape.len() > 80, "{} tables", shape.len());
        for (table, columns) in shape {
            for column in columns {
                assert!(!matches!(column.kind, ColumnKind::Other(_)), "{table}.{} is {:?}", column.name, column.kind);
            }
        }
    }
    for other in shapes.iter().skip(1) {
        let first = shapes.first().unwrap();
        let tables = |shape: &Shape| shape.keys().cloned().collect::<Vec<_>>();
        assert_eq!(tables(first), tables(other));
        for (table, columns) in first {
            assert_eq!(other.get(table), Some(columns), "{table}");
        }
    }
}
