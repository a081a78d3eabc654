//! How long one sighting takes to be compared with a million entries: `cargo run --release -p shouhu-watchlists --example match_speed`.

use std::time::Instant;

use shouhu_events::SightingFact;
use shouhu_ids::{DeviceId, EntryId, Micros, SightingId};
use shouhu_plate::{Pattern, Plate};
use shouhu_watchlists::index::ActiveList;
use shouhu_watchlists::matching::candidates;
use shouhu_wire::Alternative;

const ENTRIES: u32 = 1_000_000;
const SIGHTINGS: u32 = 20_000;
const NOW: Micros = Micros(1_795_248_000_000_000);

/// The n-th plate of an invented series, spread over letters and digits.
fn plate_text(n: u32) -> String {
    let letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut mixed = n.wrapping_mul(2_654_435_761) ^ (n >> 3);
    let mut text = String::new();
    for _ in 0..3 {
        let at = usize::try_from(mixed % 24).unwrap_or(0);
        text.push_str(letters.get(at..=at).unwrap_or("A"));
        mixed /= 24;
    }
    text + &format!("{:04}", n % 10_000)
}

fn sighting(text: &str, confidence: f64) -> SightingFact {
    let Ok(plate) = Plate::parse(text) else { panic!("{text} is a plate") };
    let alternatives = vec![
        Alternative { plate: text.replace('8', "B"), probability: 0.2 },
        Alternative { plate: text.replace('1', "7"), probability: 0.1 },
    ];
    SightingFact {
        id: SightingId::new(NOW, [1; 16]),
        device: DeviceId::new(NOW, [2; 16]),
        camera: None,
        place_name: String::new(),
        plate,
        confidence,
        alternatives,
        captured_at_us: NOW,
        clock_corrected_us: 0,
        position: None,
        seen: shouhu_plate::SeenVehicle::default(),
        has_crop: false,
        has_frame: false,
        local_hits: Vec::new(),
    }
}

fn main() {
    for wildcards in [0_u32, 100, 1_000, 10_000] {
        let list = ActiveList::default();
        let loaded = Instant::now();
        list.preload((0..ENTRIES).filter_map(|n| {
            let text = plate_text(n);
            let text = if n < wildcards { format!("{}?{}", text.get(..4)?, text.get(5..)?) } else { text };
            let mut random = [0; 16];
            random[12..].copy_from_slice(&n.to_be_bytes());
            Some((EntryId::new(NOW, random), Pattern::parse(&text).ok()?, NOW.plus(1)))
        }));
        let load_ms = loaded.elapsed().as_millis();
        let mut times_ns: Vec<u128> = Vec::new();
        let mut matched = 0;
        for n in 0..SIGHTINGS {
            // Every hundredth vehicle is wanted, as no city has it: the worst case for the look-ups.
            let seen = sighting(&plate_text(if n % 100 == 0 { n * 31 } else { ENTRIES + n * 7 }), 0.9);
            let began = Instant::now();
            matched += candidates(&list, &seen, NOW).len();
            times_ns.push(began.elapsed().as_nanos());
        }
        times_ns.sort_unstable();
        let at = |share: usize| times_ns.get(times_ns.len() * share / 1_000).copied().unwrap_or_default() as f64 / 1_000.0;
        println!(
            "{ENTRIES} entries ({wildcards} with wildcards), loaded in {load_ms} ms: p50 {:.1} µs, p95 {:.1} µs, p99 {:.1} µs, {matched} matches in {SIGHTINGS} sightings",
            at(500),
            at(950),
            at(990)
        );
    }
}
