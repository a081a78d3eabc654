//! Whole houses: backed up while they live, cut off, flipped, restored, made to forget.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::{CANARY, Fleeting, Small, batch, files_below, plate, sequences};
use shouhu_backup::{BackupError, House, KEEP_DAYS_DEFAULT, Manifest, Order, Place, restore, signer, take};
use shouhu_blobs::BlobClass;
use shouhu_env::{Env, RealFiles, SimClock};
use shouhu_files::{Fault, Files, SimFiles};
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::{Class, Window};

const EVER: Window = Window { from_ms: i64::MIN / 2, until_ms: i64::MAX / 2 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_comes_back_whole_and_is_checked_on_the_way() {
    let small = Small::lived_in().await;
    std::fs::create_dir(small.house.data.join("passkeys")).unwrap();
    std::fs::write(small.house.data.join("passkeys/maker.pem"), "a maker's root").unwrap();
    std::fs::write(small.house.data.join("passkeys/notes.txt"), "anything").unwrap();
    let taken = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    // What comes after the backup is not in it.
    small.lake.append(batch(360, 10)).await.unwrap();
    small.log("after").await;
    let restored = restore(&small.order("back")).await.unwrap();
    assert_eq!((restored.rows, restored.audit.leaves, &restored.missing), (360, 2, &Vec::<String>::new()));
    assert_eq!(restored.manifest, taken.manifest);
    let rows = sequences(&small.path("back")).await;
    assert_eq!(rows.iter().map(|(_, sequence)| *sequence).collect::<Vec<_>>(), (0..360).collect::<Vec<_>>());
    assert_eq!(std::fs::read(small.path("back/witness.toml")).unwrap(), b"name = \"a.example/w1\"\n");
    assert_eq!(std::fs::read(small.path("back/passkeys/maker.pem")).unwrap(), b"a maker's root", "what a file of settings names comes along");
    assert!(!small.path("back/passkeys/notes.txt").exists());
    assert!(!files_below(&small.house.data).iter().any(|path| path.to_string_lossy().contains("backup-work")), "scratch was left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_during_ingest_has_all_that_was_acknowledged_when_it_began() {
    let small = Small::open().await;
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
    for round in 0..6 {
        while acknowledged.load(Ordering::Relaxed) < 70 * (round + 1) {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.load(Ordering::Relaxed);
        let taken = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
        let after = acknowledged.load(Ordering::Relaxed) + 7;
        let order = shouhu_backup::Order { backup: Some(taken.manifest.id), ..small.order(&format!("back{round}")) };
        restore(&order).await.unwrap();
        let found: Vec<u64> = sequences(&order.data).await.into_iter().map(|(_, sequence)| sequence).collect();
        let count = found.len() as u64;
        assert!(before <= count && count <= after, "{before} were acknowledged before, {after} after, {count} came back");
        assert_eq!(found, (0..count).collect::<Vec<_>>(), "no passage is missing between others");
    }
    is_over.store(true, Ordering::Relaxed);
    ingest.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_that_a_merge_takes_away_after_they_were_copied_are_in_the_backup() {
    let small = Small::lived_in().await;
    // Looked for once more, each of them is gone.
    let house = Fleeting::of(&small.house, |look| look == 1);
    take(&house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    assert_eq!(restore(&small.order("back")).await.unwrap().rows, 360);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_that_are_not_there_when_the_database_is_copied_are_never_left_out_in_silence() {
    let small = Small::lived_in().await;
    // The first time is before the database: whether it finds them changes nothing.
    take(&Fleeting::of(&small.house, |look| look > 1), &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    assert_eq!(restore(&small.order("back")).await.unwrap().rows, 360);
    let refused = take(&Fleeting::of(&small.house, |_| false), &small.place(), KEEP_DAYS_DEFAULT).await;
    assert!(matches!(refused, Err(BackupError::Overtaken { .. })), "{refused:?}");
    assert_eq!(small.place().ids().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_taken_after_a_crash_counts_no_passage_twice() {
    let mut small = Small::lived_in().await;
    small.lake.append(batch(360, 20)).await.unwrap();
    // Once with the last group behind others of its file, and once with a file that has nothing else.
    for crash in ["first", "second"] {
        small = small.crashed().await;
        let taken = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
        assert_eq!(taken.manifest.canaries.log_rows, [("passage".to_owned(), 80)], "{crash} crash");
        let order = small.order(crash);
        assert_eq!(restore(&order).await.unwrap().rows, 380, "{crash} crash");
        let found: Vec<u64> = sequences(&order.data).await.into_iter().map(|(_, sequence)| sequence).collect();
        assert_eq!(found, (0..380).collect::<Vec<_>>(), "{crash} crash");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_takes_one_backup_at_a_time_whatever_their_places() {
    let small = Small::lived_in().await;
    let other = common::place(&small.path("other"));
    let other_hold = other.hold().unwrap();
    assert!(matches!(take(&small.house, &other, KEEP_DAYS_DEFAULT).await, Err(BackupError::Held)));
    drop(other_hold);
    let is_held = RealFiles::below(&small.house.data).hold("backup.lock").unwrap();
    assert!(matches!(take(&small.house, &other, KEEP_DAYS_DEFAULT).await, Err(BackupError::HouseHeld)));
    drop(is_held);
    take(&small.house, &other, KEEP_DAYS_DEFAULT).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_backup_costs_what_is_new_and_lets_old_ones_go() {
    let small = Small::lived_in().await;
    let first = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    small.blobs.put(BlobClass::Sighting, vec![9; 30_000]).await.unwrap();
    let second = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let database = second.manifest.lists.iter().find(|list| list.name == "database").unwrap().bytes;
    assert!(first.cost.bytes_read > 100_000, "{:?}", first.cost);
    // The log's tail, the database and the one new picture are read; segments and pictures of before are not.
    assert!(second.cost.bytes_read < database + 30_100 + 20_000, "{:?}, database {database}", second.cost);
    assert_eq!(small.place().ids().unwrap().len(), 2);
    // Kept for no days: all but the newest go, and what only they named.
    let third = take(&small.house, &small.place(), 0).await.unwrap();
    assert_eq!(third.expired.len(), 2);
    assert_eq!(small.place().ids().unwrap(), [third.manifest.id]);
    let verdict = small.place().verify(None, Some(&signer(&small.house.keys).unwrap().verifier())).unwrap();
    assert_eq!((verdict.damaged.len(), verdict.unnamed), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_share_a_place_and_each_has_its_own_newest_backup_there() {
    let small = Small::lived_in().await;
    let other = House { node: "other".into(), ..small.house.clone() };
    let own = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap().manifest;
    let others = take(&other, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap().manifest;
    let id_of = |newest: Option<Manifest>| newest.map(|manifest| manifest.id);
    assert_eq!(id_of(small.place().newest(None).unwrap()), Some(others.id.clone()));
    assert_eq!(id_of(small.place().newest_of("shouhu", None).unwrap()), Some(own.id.clone()));
    assert_eq!(id_of(small.place().newest_of("nobody", None).unwrap()), None);
    // What is in one server's log alone is in no other's backup.
    let order = |name: &str, node: Option<&str>| Order { node: node.map(ToOwned::to_owned), ..small.order(name) };
    assert_eq!(restore(&order("own", Some("shouhu"))).await.unwrap().rows, 360);
    assert_eq!(restore(&order("others", Some("other"))).await.unwrap().rows, 300);
    assert_eq!(restore(&order("newest", None)).await.unwrap().manifest.id, others.id);
    assert!(matches!(restore(&order("none", Some("nobody"))).await, Err(BackupError::NoBackup { which, .. }) if which.contains("nobody")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_lets_go_of_anothers_last_backup_only_after_days() {
    let small = Small::lived_in().await;
    let in_days = |days: i64| {
        let clock = Arc::new(SimClock::starting_at(small.house.env.now().plus(days * Micros::DAY)));
        House { env: Env { clock, ..Env::real() }, ..small.house.clone() }
    };
    let other = House { node: "other".into(), ..small.house.clone() };
    let first = take(&other, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap().manifest.id;
    let last = take(&other, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap().manifest.id;
    let own = take(&small.house, &small.place(), 0).await.unwrap();
    assert_eq!(own.expired, [first], "of those that the other has replaced none is the last");
    let next = take(&in_days(1), &small.place(), 0).await.unwrap();
    assert_eq!(next.expired, [own.manifest.id], "the other's next one may come yet");
    let later = take(&in_days(3), &small.place(), 0).await.unwrap();
    assert_eq!(later.expired.len(), 2);
    assert!(later.expired.contains(&last), "what was erased is in it");
    assert_eq!(small.place().ids().unwrap(), [later.manifest.id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_at_any_operation_leaves_the_earlier_backup_whole() {
    let small = Small::lived_in().await;
    let disk = SimFiles::default();
    let place = Place::new(Arc::new(disk.clone()));
    let key = signer(&small.house.keys).unwrap().verifier();
    let first = take(&small.house, &place, KEEP_DAYS_DEFAULT).await.unwrap().manifest.id;
    let mut cuts = 0;
    for after in 0.. {
        small.blobs.put(BlobClass::Sighting, format!("picture {after}").into_bytes()).await.unwrap();
        disk.inject(Fault::PowerOff { after });
        let taken = take(&small.house, &place, KEEP_DAYS_DEFAULT).await;
        disk.power_cut(after);
        let verdict = place.verify(None, Some(&key)).unwrap();
        assert!(verdict.damaged.is_empty(), "cut at operation {after}: {verdict:?}");
        assert!(place.manifest(&first, Some(&key)).is_ok(), "cut at operation {after}");
        if taken.is_ok() {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 20, "only {cuts} operations were cut");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_is_found_in_every_file_of_the_place_and_nothing_is_restored_from_it() {
    let small = Small::lived_in().await;
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let key = signer(&small.house.keys).unwrap().verifier();
    let files: Vec<_> = files_below(&small.path("place")).into_iter().filter(|path| !path.ends_with("place.lock")).collect();
    assert!(files.len() > 10, "{files:?}");
    for file in &files {
        let good = std::fs::read(file).unwrap();
        let mut bad = good.clone();
        let at = good.len() / 3;
        bad[at] ^= 4;
        std::fs::write(file, &bad).unwrap();
        let verdict = small.place().verify(None, Some(&key)).unwrap();
        assert_eq!(verdict.damaged.len(), 1, "{}: {verdict:?}", file.display());
        assert!(restore(&small.order("back")).await.is_err(), "{}", file.display());
        assert!(!small.path("back").exists() && !small.path("back.restoring").exists(), "half a house was left");
        std::fs::remove_file(file).unwrap();
        let verdict = small.place().verify(None, Some(&key)).unwrap();
        assert!(verdict.damaged.len() == 1 || verdict.backups == 0, "{} missing: {verdict:?}", file.display());
        std::fs::write(file, &good).unwrap();
    }
    assert!(restore(&small.order("back")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_is_in_a_backup() {
    let small = Small::lived_in().await;
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let place: Vec<Vec<u8>> = files_below(&small.path("place")).iter().map(|path| std::fs::read(path).unwrap()).collect();
    let keys = small.keys();
    assert!(keys.len() >= 4);
    for (name, key) in keys.iter().filter(|(name, _)| name.ends_with(".key")) {
        assert!(!place.iter().any(|file| file.windows(key.len()).any(|window| window == key)), "{name} lies in the backup");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_after_the_backup_is_in_no_byte_of_the_restored_house() {
    let small = Small::lived_in().await;
    let mut canary = batch(1_000, 4);
    canary.rows.iter_mut().for_each(|row| row.plate = plate(CANARY));
    small.lake.append(canary.clone()).await.unwrap();
    small.lake.flush().await.unwrap();
    canary.rows.iter_mut().for_each(|row| {
        row.sequence += 100;
        row.at_ms += 100_000;
    });
    // Some are in the log alone when the backup is taken.
    small.lake.append(canary).await.unwrap();
    let old = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap().manifest.id;
    assert!(restore(&small.order("before")).await.is_ok());
    assert!(bytes_with(&small.path("before"), CANARY) > 0, "the test would not see the plate");
    let certificate = small.lake.erase(plate(CANARY), EVER, |_| false).await.unwrap();
    assert_eq!(certificate.rows_erased, 8);
    // The newer backup's word counts for the older one.
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let order = shouhu_backup::Order { backup: Some(old.clone()), ..small.order("back") };
    let restored = restore(&order).await.unwrap();
    assert_eq!((restored.rows, restored.forgotten), (360, 8));
    assert!(restored.missing.iter().any(|text| text.starts_with("pictures and database notes")), "{:?}", restored.missing);
    assert_eq!(bytes_with(&small.path("back"), CANARY), 0);
    assert!(sequences(&small.path("back")).await.iter().all(|(found, _)| *found != plate(CANARY)));
}

/// Files below a folder that have the plate, as text or as the lake's number of it.
fn bytes_with(folder: &std::path::Path, text: &str) -> usize {
    let code = plate(text).0.to_le_bytes();
    let bare = text.replace('-', "");
    let has = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let files = files_below(folder);
    files.iter().map(|path| std::fs::read(path).unwrap()).filter(|bytes| has(bytes, text.as_bytes()) || has(bytes, &code) || has(bytes, bare.as_bytes())).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_was_dropped_stays_dropped_and_what_was_kept_of_it_stays_kept() {
    let small = Small::lived_in().await;
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let old = small.place().ids().unwrap().remove(0);
    let held = plate("0007-XY");
    small.lake.drop_day(Class::PASSAGE, common::DAY, move |key| key.plate == held, Class::KEPT).await.unwrap();
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let order = shouhu_backup::Order { backup: Some(old), ..small.order("back") };
    let restored = restore(&order).await.unwrap();
    assert_eq!((restored.rows, restored.forgotten), (1, 359));
    assert_eq!(sequences(&small.path("back")).await, [(held, 7)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_destroyed_does_not_come_back_with_an_older_file_of_keys() {
    let small = Small::lived_in().await;
    let day = small.house.env.now().day();
    let old_keys = small.keys();
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let old = small.place().ids().unwrap().remove(0);
    small.blobs.destroy_day(BlobClass::Sighting, day).unwrap();
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let order = shouhu_backup::Order { backup: Some(old), keys: old_keys.clone(), ..small.order("back") };
    restore(&order).await.unwrap();
    let name = format!("sighting/{day}.key");
    assert!(old_keys.contains_key(&name));
    assert!(!small.path("back/keys").join(name).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_restored_over_a_house_or_with_keys_of_another() {
    let small = Small::lived_in().await;
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    std::fs::create_dir(small.path("full")).unwrap();
    std::fs::write(small.path("full/x"), b"x").unwrap();
    assert!(matches!(restore(&small.order("full")).await, Err(BackupError::NotEmpty { .. })));
    let other = Small::lived_in().await;
    let order = shouhu_backup::Order { keys: other.keys(), ..small.order("back") };
    assert!(matches!(restore(&order).await, Err(BackupError::NoBackup { .. })));
    assert!(!small.path("back").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_newer_than_the_backup_say_what_is_lost() {
    let small = Small::lived_in().await;
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    for object in ["one", "two", "three"] {
        small.log(object).await;
    }
    // As the house itself keeps it, some seconds later.
    let note = small.audit.checkpoint().await.unwrap().unwrap();
    let origin = note.text.lines().next().unwrap().replace('/', "-");
    let mut keys = small.keys();
    keys.insert(format!("{origin}.txt"), note.to_string().into_bytes());
    let order = shouhu_backup::Order { keys, ..small.order("back") };
    let restored = restore(&order).await.unwrap();
    assert!(restored.missing.iter().any(|text| text.starts_with("3 leaves of the audit log")), "{:?}", restored.missing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_keys_that_is_older_than_the_backup_says_which_entries_it_cannot_open() {
    let small = Small::lived_in().await;
    take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    let mut keys = small.keys();
    let before = keys.len();
    keys.retain(|name, _| !name.starts_with("audit-"));
    assert!(keys.len() < before, "the audit log has keys of days");
    let order = shouhu_backup::Order { keys, ..small.order("back") };
    let restored = restore(&order).await.unwrap();
    assert_eq!(restored.rows, 360);
    assert!(restored.missing.iter().any(|text| text.starts_with("audit entries under 1 keys that the file of keys")), "{:?}", restored.missing);
}
