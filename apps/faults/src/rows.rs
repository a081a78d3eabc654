//! Rows that can be told from their device and sequence alone, so that a reader knows what a writer sent.

use shouhu_lake::row::{AT_SOURCE, NO_DIRECTION};
use shouhu_lake::{Batch, Class, Extra, PlateCode, Row};

/// 2026-05-01T00:00:00Z.
const START_MS: i64 = 1_777_593_600_000;
/// So much time lies between two passages of one device: three hundred thousand sequences spread over four days.
const STEP_MS: i64 = 1_151;

/// Steele and Vigna's finaliser (SplitMix64, OOPSLA 2014): every bit of the input reaches every bit of the output.
const fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub fn row(device: u32, sequence: u64) -> Row {
    let noise = mixed((u64::from(device) << 40) ^ sequence);
    let letter = char::from(b'A' + u8::try_from(noise % 26).unwrap_or(0));
    let plate = format!("F{letter}{:04}", noise / 26 % 10_000);
    Row {
        plate: PlateCode::parse(&plate).unwrap_or_default(),
        at_ms: START_MS + i64::try_from(sequence).unwrap_or(0) * STEP_MS,
        sequence,
        source: device,
        lon_e6: if device % 2 == 0 { AT_SOURCE } else { 120_000_000 + (noise % 500_000) as i32 },
        lat_e6: if device % 2 == 0 { 0 } else { 23_000_000 },
        extra: 0,
        confidence_pm: (noise % 1_001) as u16,
        direction: if noise % 9 == 8 { NO_DIRECTION } else { (noise % 8) as u8 },
        pictures: (noise % 4) as u8,
    }
}

/// Every seventh row has an extra.
pub fn extra(sequence: u64) -> Option<Extra> {
    (sequence % 7 == 0).then(|| Extra { lag_ms: Some(120), speed_dkmh: None, reads: Some(5), detail: Some(format!("{{\"n\":{sequence}}}")) })
}

pub fn batch(device: u32, first: u64, rows: u64) -> Batch {
    let mut batch = Batch { device, class: Class::PASSAGE, rows: Vec::new(), extras: Vec::new() };
    for sequence in first..first + rows {
        let mut row = row(device, sequence);
        if let Some(extra) = extra(sequence) {
            batch.extras.push(extra);
            row.extra = u32::try_from(batch.extras.len()).unwrap_or(0);
        }
        batch.rows.push(row);
    }
    batch
}
