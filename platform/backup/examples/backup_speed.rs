//! How fast a house is backed up and restored here: `cargo run --release -p shouhu-backup --example backup_speed [MIB] [ROWS]`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement ends by panicking")]

#[path = "../tests/copies/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{Small, batch};
use shouhu_backup::{KEEP_DAYS_DEFAULT, drill, restore, signer, take};
use shouhu_blobs::BlobClass;

const PICTURE_BYTES: usize = 200 << 10;
const ROWS_AT_ONCE: u64 = 10_000;

fn said(what: &str, bytes: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what}: {:.1} MiB, {seconds:.2} s, {:.0} MiB/s", bytes as f64 / 1_048_576.0, bytes as f64 / 1_048_576.0 / seconds);
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().expect("a number"));
    let (mib, rows) = (args.next().unwrap_or(256), args.next().unwrap_or(1_000_000));
    let small = Small::open().await;
    for first in (0..rows).step_by(usize::try_from(ROWS_AT_ONCE).unwrap()) {
        small.lake.append(batch(first, ROWS_AT_ONCE)).await.unwrap();
    }
    small.lake.flush().await.unwrap();
    let pictures = mib * (1 << 20) / PICTURE_BYTES as u64;
    for number in 0..pictures {
        let picture = number.to_le_bytes().into_iter().cycle().take(PICTURE_BYTES).collect();
        small.blobs.put(BlobClass::Sighting, picture).await.unwrap();
    }
    println!("{rows} passages, {pictures} pictures of {} KiB", PICTURE_BYTES >> 10);
    let began = Instant::now();
    let first = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    said("first backup", first.manifest.bytes(), began);
    small.blobs.put(BlobClass::Sighting, vec![1; PICTURE_BYTES]).await.unwrap();
    let began = Instant::now();
    let second = take(&small.house, &small.place(), KEEP_DAYS_DEFAULT).await.unwrap();
    said("second backup, one picture more", second.manifest.bytes(), began);
    println!("  of which read {} and written {} bytes", second.cost.bytes_read, second.cost.bytes_written);
    let began = Instant::now();
    let verdict = small.place().verify(None, Some(&signer(&small.house.keys).unwrap().verifier())).unwrap();
    said("verify", verdict.bytes, began);
    let began = Instant::now();
    restore(&small.order("back")).await.unwrap();
    said("restore", second.manifest.bytes(), began);
    let began = Instant::now();
    drill(&small.order("drill"), Some(&small.audit)).await.unwrap();
    said("drill", second.manifest.bytes(), began);
}
