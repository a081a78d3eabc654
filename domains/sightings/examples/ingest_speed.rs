//! Durable sightings per second, through the front door, on SQLite in a temporary folder.
//!
//! `cargo run --release -p shouhu-sightings --example ingest_speed -- [sightings] [per batch] [devices]`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking and prints its result")]

use std::sync::Arc;
use std::time::Instant;

use shouhu_http::testing::House;
use shouhu_module::Module;

static MODULES: &[Module] = &[shouhu_sightings::MODULE];

fn batch(now_us: i64, from: usize, count: usize, with_crops: bool) -> Vec<u8> {
    use base64::Engine;
    let mut jpeg = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(240, 80, |x, y| {
        let noise = (x * 7919 + y * 104_729 + u32::try_from(from % 9973).unwrap() * 31) % 251;
        image::Rgb([noise.to_le_bytes()[0]; 3])
    });
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let report = |n: usize| {
        let mut report = serde_json::json!({
            "sequence": n, "plate": format!("ABC-{:04}", n % 10_000), "confidence": 0.93, "captured_at_us": now_us, "reads": 5,
            "alternatives": [{ "plate": format!("ABD-{:04}", n % 10_000), "probability": 0.04 }], "direction": "approaching",
        });
        if with_crops {
            // A comment segment makes each picture another file.
            let mut own = jpeg.clone();
            own.splice(2..2, [0xff, 0xfe, 0, 10].into_iter().chain(u64::try_from(n).unwrap().to_be_bytes()));
            report["crop_jpeg"] = base64::engine::general_purpose::STANDARD.encode(own).into();
        }
        report
    };
    let sightings: Vec<_> = (from..from + count).map(report).collect();
    serde_json::json!({ "model": "bench", "sent_at_us": now_us, "sightings": sightings }).to_string().into_bytes()
}

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let (total, per_batch) = (numbers.first().copied().unwrap_or(20_000), numbers.get(1).copied().unwrap_or(100));
    let devices = numbers.get(2).copied().unwrap_or(4);
    for with_crops in [false, true] {
        let total = if with_crops { total / 10 } else { total };
        let house = Arc::new(House::open(MODULES).await);
        let now = house.app.env.now().0;
        let batches_each = total.div_ceil(per_batch * devices);
        let prepared: Vec<Vec<Vec<u8>>> =
            (0..devices).map(|_| (0..batches_each).map(|n| batch(now, n * per_batch, per_batch, with_crops)).collect()).collect();
        let mut waits = Vec::new();
        let started = Instant::now();
        let mut running = tokio::task::JoinSet::new();
        for (device, batches) in prepared.into_iter().enumerate() {
            let house = house.clone();
            running.spawn(async move {
                let caller = house.device(&format!("cam-{device}"));
                let mut waits = Vec::new();
                for body in batches {
                    let sent = Instant::now();
                    let answer = house.call_with(&caller, "POST", "/v1/sightings", &[], body).await;
                    assert_eq!(answer.status, 200, "{}", answer.json);
                    waits.push(sent.elapsed());
                }
                waits
            });
        }
        while let Some(done) = running.join_next().await {
            waits.extend(done.unwrap());
        }
        let took = started.elapsed();
        waits.sort();
        let sent = batches_each * devices * per_batch;
        let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or_default();
        println!(
            "{} crops: {sent} sightings in {took:.2?}: {:.0} durable sightings/s; batch of {per_batch} p50 {:.1?} p95 {:.1?}; {devices} devices",
            if with_crops { "with" } else { "without" },
            sent as f64 / took.as_secs_f64(),
            at(50),
            at(95),
        );
    }
}
