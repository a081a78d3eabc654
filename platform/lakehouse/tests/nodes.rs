//! Whole nodes: ingest, share, die, come back — over a folder and over a bucket.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{batch, bucket, config, everything, open, plate, row, until};
use shouhu_env::Env;
use shouhu_ids::{CameraId, DeviceId, Micros};
use shouhu_lake::part::Window;
use shouhu_lake::questions::{Limits, history};
use shouhu_lake::{Batch, Class, Partial, View};
use shouhu_lakehouse::{Fate, LakePlace, Lakehouse, LakehouseConfig, LakehouseError, MIGRATIONS, SourceKey};
use shouhu_store::Store;
use shouhu_store::testing::on_each_database;

const EVER: Window = Window { from_ms: i64::MIN, until_ms: i64::MAX };

fn in_folder(folder: &Path, node: &str) -> LakehouseConfig {
    config(folder, LakePlace::Folder(folder.join("shared")), node)
}

async fn times_seen(lake: &Lakehouse, text: &str) -> usize {
    let code = plate(text);
    let answer = lake.ask(&Class::ALL, move |view: &View| {
        let limits = Limits { rows_max: 100_000, is_stopped: &|| false };
        history::ask(view, code, EVER, None, limits).unwrap()
    });
    answer.await.unwrap().rows.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_take_in_and_both_answer_the_same_once_all_is_published() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        two_nodes(&in_folder(folder.path(), "north"), &in_folder(folder.path(), "south"), &store).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_over_a_bucket_answer_the_same() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let options = bucket(folder.path()).await;
        let node = |name| {
            let place = "s3://lake/city/a".parse().unwrap();
            LakehouseConfig { bucket_options: options.clone(), ..config(folder.path(), place, name) }
        };
        two_nodes(&node("north"), &node("south"), &store).await;
        let files: Vec<String> = walk(&folder.path().join("lake"));
        assert!(files.iter().any(|name| name.contains("city/a/by_plate/class=passage/day=2026-")), "{files:?}");
    })
    .await;
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

async fn two_nodes(north_config: &LakehouseConfig, south_config: &LakehouseConfig, store: &Store) {
    let (north, south) = (open(north_config, store).await, open(south_config, store).await);
    assert_eq!(north.append(batch(1, 0, 300)).await.unwrap().count(Fate::Kept), 300);
    assert_eq!(south.append(batch(2, 0, 300)).await.unwrap().count(Fate::Kept), 300);
    // A device that had no answer from the one sends the same to the other.
    assert_eq!(south.append(batch(1, 0, 300)).await.unwrap().count(Fate::Kept), 300);
    assert_eq!(north.append(batch(1, 100, 300)).await.unwrap().count(Fate::Duplicate), 200);

    let is_behind = |lake: &Lakehouse, name: &'static str| {
        let behind = lake.view(&Class::ALL).behind;
        behind.iter().any(|one| matches!(one, Partial::Behind { node, .. } if node == name)).then_some(())
    };
    until("south hears of what north has", || async { is_behind(&south, "north") }).await;
    assert_eq!(times_seen(&north, "ABC-1234").await, 134);

    north.flush().await.unwrap();
    south.flush().await.unwrap();
    until("north hears that south has published", || async { is_behind(&north, "south").is_none().then_some(()) }).await;
    until("south hears that north has published", || async { is_behind(&south, "north").is_none().then_some(()) }).await;
    north.refresh().await.unwrap();
    south.refresh().await.unwrap();
    let (in_north, in_south) = (everything(&north).await, everything(&south).await);
    assert_eq!(in_north.len(), 700);
    assert_eq!(in_north, in_south);
    for lake in [&north, &south] {
        assert_eq!(times_seen(lake, "ABC-1234").await, 234, "what both nodes were sent is there once");
    }
    north.close().await.unwrap();
    south.close().await.unwrap();
    assert!(matches!(south.append(batch(9, 0, 1)).await, Err(LakehouseError::Stopped { .. })));

    // The folder is held for as long as anybody has the lake.
    drop(north);
    let again = open(north_config, store).await;
    assert_eq!(everything(&again).await.len(), 700);
    assert!(again.health().is_healthy(), "{:?}", again.health());
    again.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_loses_nothing_and_is_named_until_it_is_back() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let (north_config, south_config) = (in_folder(folder.path(), "north"), in_folder(folder.path(), "south"));
        let south = open(&south_config, &store).await;
        let mut sent = 0;
        // Dies after nothing, after an append, after a flush, and between them.
        for moment in 0..6 {
            let north = open(&north_config, &store).await;
            assert_eq!(everything(&north).await.len(), usize::try_from(sent).unwrap(), "moment {moment}");
            for _ in 0..moment % 3 {
                assert_eq!(north.append(batch(1, sent, 50)).await.unwrap().count(Fate::Kept), 50);
                sent += 50;
                if moment > 2 {
                    north.flush().await.unwrap();
                }
            }
            // The answer was lost: the device sends the last batch again.
            if sent > 0 {
                assert_eq!(north.append(batch(1, sent - 50, 50)).await.unwrap().count(Fate::Duplicate), 50);
            }
            assert_eq!(north.append(batch(1, sent, 10)).await.unwrap().count(Fate::Kept), 10);
            sent += 10;
            drop(north);
        }
        until("the dead node is named", || async {
            let behind = south.view(&Class::ALL).behind;
            behind.iter().any(|one| matches!(one, Partial::Behind { node, .. } if node == "north")).then_some(())
        })
        .await;
        let north = open(&north_config, &store).await;
        assert_eq!(everything(&north).await.len(), usize::try_from(sent).unwrap());
        north.close().await.unwrap();
        south.refresh().await.unwrap();
        let all = everything(&south).await;
        assert_eq!(all.len(), usize::try_from(sent).unwrap());
        assert!(all.values().all(|(times, _)| *times == 1));
        until("nothing is missing any more", || async { south.view(&Class::ALL).behind.is_empty().then_some(()) }).await;
        south.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_program_on_one_folder_is_refused_and_does_not_disturb_the_first() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let config = in_folder(folder.path(), "north");
        let first = open(&config, &store).await;
        let second = Lakehouse::open(config.clone(), store.clone(), Env::real()).await;
        assert!(matches!(second.err(), Some(LakehouseError::Held { .. })));
        first.append(batch(1, 0, 10)).await.unwrap();
        first.flush().await.unwrap();
        let reader = Lakehouse::open_read_only(config, store, Env::real()).await.unwrap();
        assert_eq!(everything(&reader).await.len(), 10);
        assert_eq!(reader.segments().len(), 1);
        assert!(matches!(reader.append(batch(1, 10, 1)).await, Err(LakehouseError::Stopped { .. })));
        assert!(matches!(reader.flush().await, Err(LakehouseError::Stopped { .. })));
        first.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_names_its_place_and_the_way_out() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let mut config = in_folder(folder.path(), "north");
        let north = open(&config, &store).await;
        for first in [0, 100, 200] {
            north.append(batch(1, first, 100)).await.unwrap();
        }
        drop(north);
        until("the folder is free", || async {
            let opened = Lakehouse::open(config.clone(), store.clone(), Env::real()).await;
            opened.ok().map(drop)
        })
        .await;
        let log = walk(&config.home.join("wal")).into_iter().min().unwrap();
        let mut bytes = std::fs::read(&log).unwrap();
        // In the first batch, with others behind it: what was acknowledged is damaged.
        bytes[300] ^= 4;
        std::fs::write(&log, bytes).unwrap();
        let refused = until("the folder is free", || async {
            match Lakehouse::open(config.clone(), store.clone(), Env::real()).await {
                Err(LakehouseError::Held { .. }) => None,
                other => Some(other.err().expect("it is damaged")),
            }
        })
        .await;
        let text = refused.to_string();
        assert!(matches!(refused, LakehouseError::Log { .. }), "{text}");
        assert!(text.contains("wal/") && text.contains("byte") && text.contains("set-aside"), "{text}");
        config.on_damage = shouhu_lakehouse::OnDamage::SetAside;
        let north = open(&config, &store).await;
        let left = everything(&north).await.len();
        assert!((200..300).contains(&left), "the other batches are there: {left}");
        north.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_moved_gets_a_new_number_on_every_node() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let north = open(&in_folder(folder.path(), "north"), &store).await;
        let south = open(&in_folder(folder.path(), "south"), &store).await;
        let device = DeviceId::new(Micros(1), [1; 16]);
        let camera = CameraId::new(Micros(1), [2; 16]);
        let at = |place_e6| SourceKey { device, camera: Some(camera), site: None, place_e6 };
        let (here, there) = (at(Some((120_670_000, 24_130_000))), at(Some((120_671_000, 24_130_000))));
        let first = north.source_number(&here, "中山路口").await.unwrap();
        assert_eq!(north.source_number(&here, "中山路口").await.unwrap(), first);
        let moved = south.source_number(&there, "中山路口").await.unwrap();
        assert_ne!(first, moved);
        assert_eq!(south.source_number(&here, "中山路與民權路口").await.unwrap(), first);
        let moving = north.source_number(&at(None), "巡邏車").await.unwrap();
        until("north learns what south has numbered", || async { north.source(moved).map(drop) }).await;
        assert_eq!(north.sources_of_camera(camera), [first, moved, moving]);
        assert_eq!(north.places().place_e6(first), Some((120_670_000, 24_130_000)));
        assert_eq!(north.places().place_e6(moving), None);

        let (one, two) = tokio::join!(north.device_number(device), south.device_number(device));
        assert_eq!(one.unwrap(), two.unwrap());
        let others: Vec<DeviceId> = (10..30).map(|n| DeviceId::new(Micros(1), [n; 16])).collect();
        let mut numbers = std::collections::BTreeSet::new();
        for device in others {
            let (one, two) = tokio::join!(north.device_number(device), south.device_number(device));
            let number = one.unwrap();
            assert_eq!(number, two.unwrap());
            assert!(numbers.insert(number));
        }
        until("the register lies beside the segments", || async {
            let file = std::fs::read(folder.path().join("shared/sources.parquet")).ok()?;
            let reader = parquet::file::reader::SerializedFileReader::new(bytes::Bytes::from(file)).ok()?;
            let rows = parquet::file::reader::FileReader::metadata(&reader).file_metadata().num_rows();
            (rows == 3).then_some(())
        })
        .await;
        north.close().await.unwrap();
        south.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_plate_is_gone_from_every_file_of_the_lake() {
    on_each_database(&[MIGRATIONS], |store| async move {
        let folder = tempfile::tempdir().unwrap();
        let options = bucket(folder.path()).await;
        let place: LakePlace = "s3://lake".parse().unwrap();
        let config = LakehouseConfig { bucket_options: options, ..config(folder.path(), place, "north") };
        let north = open(&config, &store).await;
        let south = open(&LakehouseConfig { home: folder.path().join("south"), node: "south".into(), ..config.clone() }, &store).await;
        north.append(batch(1, 0, 500)).await.unwrap();
        north.flush().await.unwrap();
        let canary = Batch { device: 2, class: Class::PASSAGE, rows: vec![row("QQQ-7777", 5, 2, 1), row("QQQ-7777", 900, 2, 2)], extras: vec![] };
        north.append(canary).await.unwrap();
        assert_eq!(times_seen(&north, "QQQ-7777").await, 2);
        north.flush().await.unwrap();
        until("the other node reads it too", || async { (times_seen(&south, "QQQ-7777").await == 2).then_some(()) }).await;
        let certificate = north.erase(plate("QQQ-7777"), EVER, |_| false).await.unwrap();
        assert!(certificate.is_balanced() && certificate.is_complete(), "{certificate:?}");
        assert_eq!(certificate.rows_erased, 2);
        assert_eq!(times_seen(&north, "QQQ-7777").await, 0);
        until("the files are gone", || async { north.leftovers(&certificate).await.unwrap().is_empty().then_some(()) }).await;
        let copies_of_gone = || {
            let gone: Vec<&str> = certificate.gone.iter().flat_map(|gone| &gone.files).map(|file| file.name.as_str()).collect();
            walk(folder.path()).into_iter().find(|path| gone.iter().any(|name| path.ends_with(name)))
        };
        until("no node has a copy", || async { copies_of_gone().is_none().then_some(()) }).await;
        until("the log is gone", || async {
            let raw = walk(folder.path()).into_iter().filter_map(|path| std::fs::read(path).ok());
            let mut holding = raw.filter(|bytes| bytes.windows(8).any(|window| window == b"QQQ-7777"));
            holding.next().is_none().then_some(())
        })
        .await;
        for lake in [north, south] {
            assert_eq!(everything(&lake).await.len(), 500);
            lake.close().await.unwrap();
        }
    })
    .await;
}
