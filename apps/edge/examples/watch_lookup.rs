//! Look-up times in the device's own copy of the watchlist: `cargo run --release -p shouhu-edge --example watch_lookup`.
//!
//! Prints the distribution over plates that are wanted and plates that are not, and what building and loading cost.

use std::time::Instant;

use shouhu_edge::watch::WatchCopy;
use shouhu_ids::{EntryId, Micros};
use shouhu_plate::{Pattern, Plate};
use shouhu_wire::DeltaEntry;

/// The n-th of 23 million plates of the series AAA-0000.
fn plate(n: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let letter = |d: u64| char::from(LETTERS.get((n / d % 24) as usize).copied().unwrap_or(b'A'));
    format!("{}{}{}{:04}", letter(10_000), letter(240_000), letter(5_760_000), n % 10_000)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |n| n.parse())?;
    let wildcards: u64 = std::env::args().nth(2).map_or(Ok(1_000), |n| n.parse())?;
    let mut copy = WatchCopy::default();
    let started = Instant::now();
    for n in 0..count + wildcards {
        let mut random = [0; 16];
        random
            .iter_mut()
            .zip(n.to_le_bytes().into_iter().chain(n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()))
            .for_each(|(to, from)| *to = from);
        // A prime step spreads the entries over the series.
        let text = plate(n.wrapping_mul(7_919) % 100_000_000);
        let text =
            if n < count { text } else { format!("{}??{}", text.get(..4).unwrap_or("ABC1"), text.get(6..).unwrap_or("2")) };
        copy.apply(DeltaEntry {
            id: EntryId::new(Micros(i64::try_from(n)?), random),
            pattern: Pattern::parse(&text)?,
            expires_at_us: Micros(i64::MAX),
            is_active: true,
        });
    }
    println!("{} entries ({wildcards} with wildcards) arranged in {:.2} s", copy.len(), started.elapsed().as_secs_f64());
    let mut times_us = Vec::new();
    let mut matched = 0;
    for n in 0..20_000_u64 {
        let read = Plate::parse(&plate(n.wrapping_mul(104_729) % 100_000_000))?;
        let alternatives: Vec<Plate> = (1..5).filter_map(|k| Plate::parse(&plate((n * 31 + k) % 100_000_000)).ok()).collect();
        let started = Instant::now();
        let found = copy.find(&read, &alternatives, 1);
        times_us.push(started.elapsed().as_secs_f64() * 1e6);
        matched += usize::from(!found.is_empty());
    }
    times_us.sort_by(f64::total_cmp);
    let at = |share: f64| times_us.get((times_us.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!(
        "20000 look-ups with 4 alternatives each, {matched} matched: p50 {:.1} us, p95 {:.1} us, p99.9 {:.1} us, most {:.1} us",
        at(0.5),
        at(0.95),
        at(0.999),
        at(0.99999)
    );
    Ok(())
}
