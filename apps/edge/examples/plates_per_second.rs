//! How much one core does, from the file to the sighting on disk: `cargo run --release -p shouhu-edge --example
//! plates_per_second -- FOLDER`.
//!
//! Decodes, recognises, follows, matches, encodes the crop, and keeps with a sync per sighting, all in one thread.

use std::sync::Arc;
use std::time::Instant;

use shouhu_edge::queue::{Lane, NewSighting, Queue, QueueConfig, RealDisk};
use shouhu_vision::{DecodeLimits, Recogniser, Tracker, decode_image, encode_jpeg};
use shouhu_wire::ReportedSighting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder of pictures")?;
    let data = std::env::temp_dir().join(format!("shouhu-plates-per-second-{}", std::process::id()));
    let (mut queue, _) =
        Queue::open(Arc::new(RealDisk::open(data.clone())?), QueueConfig { reserve_bytes: 0, ..QueueConfig::default() })?;
    let reader = Recogniser::load()?;
    let mut tracker = Tracker::single_shot();
    let mut paths: Vec<_> = std::fs::read_dir(&folder)?.flatten().map(|item| item.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let (mut pictures, mut plates, mut times_ms) = (0_u32, 0_u32, Vec::new());
    let started = Instant::now();
    for path in paths {
        let began = Instant::now();
        let Ok(frame) = decode_image(&std::fs::read(&path)?, &DecodeLimits::default()) else { continue };
        pictures += 1;
        let reads = reader.recognise(&frame)?;
        for passage in tracker.push(i64::from(pictures), frame.width, frame.height, reads).passages {
            plates += 1;
            let crop_jpeg = encode_jpeg(&frame.crop(&passage.best.quad, 0.75), 85)?;
            let sighting: ReportedSighting = serde_json::from_value(
                serde_json::json!({"sequence": 0, "plate": passage.text, "confidence": passage.confidence, "captured_at_us": 1}),
            )?;
            queue.keep(&NewSighting { origin: [0; 16], model: String::new(), sighting, crop_jpeg, frame_jpeg: None })?;
        }
        times_ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let seconds = started.elapsed().as_secs_f64();
    times_ms.sort_by(f64::total_cmp);
    let at = |share: f64| times_ms.get((times_ms.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!(
        "{pictures} pictures, {plates} plates in {seconds:.1} s: {:.1} pictures/s, {:.1} plates/s; per picture p50 {:.0} ms, p95 {:.0} ms; {} waiting in the queue",
        f64::from(pictures) / seconds,
        f64::from(plates) / seconds,
        at(0.5),
        at(0.95),
        queue.waiting(Lane::Rest, 1, 1).len().max(queue.depth())
    );
    std::fs::remove_dir_all(data)?;
    Ok(())
}
