//! The server's own backups, in a house on a real disk.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use shouhu::backup::Nightly;
use shouhu::backup::nightly::look;
use shouhu::{Options, build};
use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_lakehouse::Opening;
use shouhu_operations::backups::{BackupKind, BackupNote, list};

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
    nightly.check(&options).unwrap();
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

#[test]
fn a_house_on_postgresql_is_told_at_the_start_that_nothing_backs_it_up() {
    let folder = Path::new("/nowhere");
    let options = Options { store: Some("postgres://shouhu@db/shouhu".into()), ..Options::below(folder) };
    let refused = nightly(folder.join("to"), None).check(&options);
    assert!(refused.is_err_and(|error| error.to_string().contains("pg_dump")));
}
