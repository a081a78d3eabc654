//! Rows, nodes and a bucket for the tests.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, and not every file uses all of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use shouhu_env::Env;
use shouhu_lake::row::{AT_SOURCE, NO_DIRECTION};
use shouhu_lake::{Batch, Class, DAY_MS, Extra, Key, PlateCode, Row, View};
use shouhu_lakehouse::{LakePlace, Lakehouse, LakehouseConfig, LakehouseError};
use shouhu_store::Store;

/// 2026-11-20.
pub const DAY: i64 = 20_777;

pub fn plate(text: &str) -> PlateCode {
    PlateCode::parse(text).unwrap()
}

pub fn row(plate_text: &str, second: i64, source: u32, sequence: u64) -> Row {
    Row {
        plate: plate(plate_text),
        at_ms: DAY * DAY_MS + second * 1_000,
        sequence,
        source,
        lon_e6: AT_SOURCE,
        lat_e6: 0,
        extra: 0,
        confidence_pm: 990,
        direction: NO_DIRECTION,
        pictures: 0,
    }
}

/// `count` passages of a device, a second apart, every third of them of one plate.
pub fn batch(device: u32, first: u64, count: u64) -> Batch {
    let mut extras = Vec::new();
    let rows = (first..first + count)
        .map(|sequence| {
            let text = if sequence % 3 == 0 { "ABC-1234".to_owned() } else { format!("{:04}-XY", sequence % 10_000) };
            let mut row = row(&text, i64::try_from(sequence).unwrap(), device, sequence);
            if sequence % 5 == 0 {
                extras.push(Extra { speed_dkmh: Some(500), detail: Some(format!("{{\"n\":{sequence}}}")), ..Extra::default() });
                row.extra = u32::try_from(extras.len()).unwrap();
            }
            row
        })
        .collect();
    Batch { device, class: Class::PASSAGE, rows, extras }
}

/// A node that does nothing by itself soon, so that the test says when.
pub fn config(home: &Path, place: LakePlace, node: &str) -> LakehouseConfig {
    LakehouseConfig { home: home.join(node), place, node: node.into(), refresh_ms: 20, grace_ms: 0, ..LakehouseConfig::in_folder(home) }
}

pub async fn open(config: &LakehouseConfig, store: &Store) -> Lakehouse {
    // A node that was just dropped lets go of its folder when its threads have noticed.
    until("the node's folder is free", || async {
        match Lakehouse::open(config.clone(), store.clone(), Env::real()).await {
            Ok(lake) => Some(lake),
            Err(LakehouseError::Held { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    })
    .await
}

/// Waits for a condition.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    for _ in 0..3_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not in 30 s");
}

/// Every passage with the number of times that some part has it, and its detail.
pub async fn everything(lake: &Lakehouse) -> BTreeMap<Key, (u32, Option<String>)> {
    lake.ask(&Class::ALL, |view: &View| {
        let mut all = BTreeMap::new();
        for part in &view.parts {
            part.each_record(&mut |record| {
                let found = all.entry(record.row.key()).or_insert((0, None));
                found.0 += 1;
                found.1 = record.extra.detail;
                Ok(())
            })
            .unwrap();
        }
        all
    })
    .await
    .unwrap()
}

/// An S3 server in this process: a bucket `lake`, keys `key` and `secret`. Ends with the runtime.
pub async fn bucket(folder: &Path) -> Vec<(String, String)> {
    std::fs::create_dir_all(folder.join("lake")).unwrap();
    let mut service = s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
    service.set_auth(s3s::auth::SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let served = hyper::server::conn::http1::Builder::new();
                // A client that goes away is no trouble of the server's.
                let _ = served.serve_connection(hyper_util::rt::TokioIo::new(socket), service).await;
            });
        }
    });
    let options = [
        ("aws_endpoint", format!("http://{at}")),
        ("aws_region", "us-east-1".to_owned()),
        ("aws_access_key_id", "key".to_owned()),
        ("aws_secret_access_key", "secret".to_owned()),
    ];
    options.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
