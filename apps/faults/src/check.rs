//! Says what is in a lake that was killed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use crate::{rows, write};

/// One JSON object: `ready_ms`, `rows`, `devices` (sequences there, as ranges), `doubled`, `wrong` (rows that are not as sent),
/// `damaged`.
pub fn report(folder: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let (lake, opened) = write::open(folder)?;
    let ready_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let view = lake.view();
    let mut there: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    let (mut total, mut wrong) = (0_u64, 0_u64);
    let mut damaged: Vec<String> = opened.damaged.iter().map(|place| format!("{place:?}")).collect();
    damaged.extend(view.behind.iter().map(|partial| format!("{partial:?}")));
    for part in &view.parts {
        let read = part.each_record(&mut |record| {
            let mut sent = rows::row(record.row.source, record.row.sequence);
            sent.extra = record.row.extra;
            let extra = rows::extra(record.row.sequence).unwrap_or_default();
            wrong += u64::from(record.row != sent || record.extra != extra);
            total += 1;
            there.entry(record.row.source).or_default().push(record.row.sequence);
            Ok(())
        });
        damaged.extend(read.err().map(|error| error.to_string()));
    }
    let mut doubled = 0;
    let mut devices: BTreeMap<String, Vec<[u64; 2]>> = BTreeMap::new();
    for (device, mut sequences) in there {
        sequences.sort_unstable();
        let before = sequences.len();
        sequences.dedup();
        doubled += before - sequences.len();
        let ranges = devices.entry(device.to_string()).or_default();
        for sequence in sequences {
            match ranges.last_mut() {
                Some([_, last]) if *last + 1 == sequence => *last = sequence,
                _ => ranges.push([sequence, sequence]),
            }
        }
    }
    let said = serde_json::json!({ "ready_ms": ready_ms, "rows": total, "devices": devices, "doubled": doubled, "wrong": wrong, "damaged": damaged });
    println!("{said}");
    Ok(())
}
