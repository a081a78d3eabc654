//! Writes until it is killed.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use shouhu_env::RealFiles;
use shouhu_files::Files;
use shouhu_lake::catalogue::FileCatalogue;
use shouhu_lake::lake::{AppendError, CompactionPolicy, Compactor, Outcome};
use shouhu_lake::{Lake, LakeConfig};

use crate::rows;

/// Small, so that a second of writing goes through many flushes, log files and compactions.
pub fn config() -> LakeConfig {
    LakeConfig { flush_rows: 20_000, memtable_rows_max: 200_000, wal_file_bytes_max: 256 << 10, ..LakeConfig::of_node(1) }
}

pub fn open(folder: &Path) -> anyhow::Result<(Arc<Lake>, shouhu_lake::lake::OpenReport)> {
    let files: Arc<dyn Files> = Arc::new(RealFiles::below(folder));
    let catalogue = Arc::new(FileCatalogue::open(Arc::clone(&files), 1)?);
    let (lake, report) = Lake::open(config(), Arc::clone(&files), files, catalogue)?;
    Ok((Arc::new(lake), report))
}

const DEVICES: u32 = 4;
/// Every day of the rows is long over, so that segments are merged as they come.
const NOW_MS: i64 = i64::MAX / 2;

pub fn until_killed(folder: &Path, seed: u64) -> anyhow::Result<()> {
    let (lake, report) = open(folder)?;
    lake.settle(report.replay.done());
    let background = Arc::clone(&lake);
    std::thread::spawn(move || flush_for_ever(&background));
    let writers: Vec<_> = (1..=DEVICES)
        .map(|device| {
            let lake = Arc::clone(&lake);
            std::thread::spawn(move || append_for_ever(&lake, device, seed))
        })
        .collect();
    for writer in writers {
        writer.join().map_err(|_| anyhow::anyhow!("a writer panicked"))??;
    }
    Ok(())
}

fn flush_for_ever(lake: &Lake) {
    let mut compactor = Compactor::new(CompactionPolicy::of_rows(config().segment_rows_max));
    loop {
        // A disk that is gone fails here as it does for the writers, who say so.
        if lake.is_flush_due() && (lake.flush().is_err() || compactor.once(lake, NOW_MS).is_err() || lake.sweep(NOW_MS, 0).is_err()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Goes on where the device's acknowledged numbers end, and sends every fifth batch twice, as a device does that missed the receipt.
fn append_for_ever(lake: &Lake, device: u32, seed: u64) -> anyhow::Result<()> {
    let mut first = 0;
    for turn in 0_u64.. {
        let rows_count = 1 + (turn.wrapping_mul(31).wrapping_add(seed)) % 300;
        let receipt = loop {
            match lake.append(rows::batch(device, first, rows_count)) {
                Err(AppendError::Busy { retry_after_ms }) => std::thread::sleep(Duration::from_millis(retry_after_ms.min(20))),
                other => break other.context("append")?,
            }
        };
        anyhow::ensure!(!receipt.outcomes.contains(&Outcome::Conflict), "the lake calls a repeated row another one");
        lake.settle(receipt.ticket);
        let mut out = std::io::stdout().lock();
        writeln!(out, "ack {device} {first} {}", first + rows_count - 1)?;
        out.flush()?;
        if turn % 5 != 4 {
            first += rows_count;
        }
    }
    Ok(())
}
