//! Prints CPU milliseconds per frame on one core, by frame size: `cargo run --release -p shouhu-vision --example speed`.
//!
//! The frames are the Romanian test pictures, stretched; without shared data a plain pattern is used, which has no plates
//! to read and so measures the detector alone.

#![allow(clippy::indexing_slicing, reason = "every index is computed from the size it is used in")]

#[path = "../tests/shared/mod.rs"]
#[allow(dead_code, reason = "the measuring code is shared with score.rs and the tests")]
mod shared;

use shouhu_vision::{DecodeLimits, Frame, Recogniser, decode_image};

const ROUNDS: u32 = 60;

fn pictures() -> Vec<Frame> {
    let Some(root) = shared::plates_root() else { return Vec::new() };
    (400..420)
        .filter_map(|number| std::fs::read(root.join(format!("ro_dashcam/images/ro_{number:03}.jpg"))).ok())
        .filter_map(|bytes| decode_image(&bytes, &DecodeLimits::default()).ok())
        .collect()
}

fn stretched(frame: &Frame, width: u32, height: u32) -> Frame {
    let at = |x: u32, y: u32| ((y * frame.height / height) * frame.width + x * frame.width / width) as usize * 3;
    let rgb =
        (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |c| at(x, y) + c))).map(|i| frame.rgb[i]).collect();
    Frame { width, height, rgb }
}

fn main() {
    let recogniser = match Recogniser::load() {
        Ok(recogniser) => recogniser,
        Err(error) => return eprintln!("{error}"),
    };
    let mut sources = pictures();
    if sources.is_empty() {
        println!("no shared data: plain frames, detector only");
        sources.push(Frame { width: 64, height: 64, rgb: vec![90; 64 * 64 * 3] });
    }
    println!(
        "| frame | CPU-ms per frame | of it detection | plates per frame | frames per second and core |\n|---|---|---|---|---|"
    );
    for (width, height) in [(640, 360), (1280, 720), (1920, 1080)] {
        let frames: Vec<Frame> = sources.iter().map(|frame| stretched(frame, width, height)).collect();
        let _ = recogniser.recognise(&frames[0]);
        let mut plates = 0;
        let began = shared::cpu_ms();
        for round in 0..ROUNDS {
            plates += recogniser.recognise(&frames[round as usize % frames.len()]).map_or(0, |reads| reads.len());
        }
        let whole = (shared::cpu_ms() - began) / f64::from(ROUNDS);
        let began = shared::cpu_ms();
        for round in 0..ROUNDS {
            let _ = recogniser.detect(&frames[round as usize % frames.len()]);
        }
        let detection = (shared::cpu_ms() - began) / f64::from(ROUNDS);
        println!(
            "| {width}×{height} | {whole:.1} | {detection:.1} | {:.2} | {:.1} |",
            plates as f64 / f64::from(ROUNDS),
            1000.0 / whole
        );
    }
}
