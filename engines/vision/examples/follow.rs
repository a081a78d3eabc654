//! Reads the pictures of a folder as the frames of one camera and prints each passage as it is announced:
//! `cargo run --release -p shouhu-vision --example follow -- FOLDER FRAMES_PER_SECOND`.

use std::path::PathBuf;
use std::process::ExitCode;

use shouhu_vision::{DecodeLimits, Passage, Recogniser, Tracker, TrackerConfig, decode_image};

fn show(passage: &Passage) {
    println!(
        "{:>7.2} s  track {:<3} {:<9} {:>3.0} %  {} reads  {:?}  best at {:.2} s ({:.0} px high)",
        passage.last_seen_us as f64 / 1e6,
        passage.track_id,
        passage.display,
        passage.confidence * 100.0,
        passage.reads,
        passage.direction,
        passage.best_captured_at_us as f64 / 1e6,
        passage.best.text_height_px,
    );
}

fn follow(folder: &str, frames_per_second: f64) -> Result<usize, Box<dyn std::error::Error>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let recogniser = Recogniser::load()?;
    let mut tracker = Tracker::new(TrackerConfig::default());
    for (index, file) in files.iter().enumerate() {
        let frame = decode_image(&std::fs::read(file)?, &DecodeLimits::default())?;
        let reads = recogniser.recognise(&frame)?;
        let at_us = (index as f64 * 1e6 / frames_per_second) as i64;
        tracker.push(at_us, frame.width, frame.height, reads).passages.iter().for_each(show);
    }
    tracker.finish().iter().for_each(show);
    Ok(files.len())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rate] = arguments.as_slice() else {
        eprintln!("usage: follow FOLDER FRAMES_PER_SECOND");
        return ExitCode::FAILURE;
    };
    match follow(folder, rate.parse().unwrap_or(10.0)) {
        Ok(count) => println!("{count} frames"),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
