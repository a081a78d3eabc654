//! Prints CPU milliseconds per frame on one core, by frame size: `cargo run --release -p shouhu-vision --example speed`.
//!
//! Our own code for the networks and rten take turns at every frame, so that what else the machine does falls on both alike.
//!
//! The frames are the Romanian test pictures, stretched; without shared data a plain pattern is used, which has no plates
//! to read and so measures the detector alone.

#![allow(clippy::indexing_slicing, reason = "every index is computed from the size it is used in")]

#[path = "../tests/shared/mod.rs"]
#[allow(dead_code, reason = "the measuring code is shared with score.rs and the tests")]
mod shared;

use shouhu_vision::{DecodeLimits, Engine, Frame, Recogniser, RecogniserConfig, decode_image};

const AT_ONCE: usize = 5;

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

/// CPU-ms per frame of one engine, and what it found.
#[derive(Default)]
struct Spent {
    whole_ms: f64,
    detection_ms: f64,
    plates: usize,
}

impl Spent {
    fn on(&mut self, recogniser: &Recogniser, frame: &Frame) {
        let began = shared::cpu_ms();
        // The clock counts in steps of ten milliseconds.
        for _ in 0..AT_ONCE {
            self.plates += recogniser.recognise(frame).map_or(0, |reads| reads.len());
        }
        let middle = shared::cpu_ms();
        for _ in 0..AT_ONCE {
            let _ = recogniser.detect(frame);
        }
        self.whole_ms += middle - began;
        self.detection_ms += shared::cpu_ms() - middle;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engines = [Engine::Own, Engine::Rten].map(|engine| RecogniserConfig { engine, ..RecogniserConfig::default() });
    let [own, rten] = engines.map(Recogniser::with_config);
    let (own, rten) = (own?, rten?);
    let mut sources = pictures();
    if sources.is_empty() {
        println!("no shared data: plain frames, detector only");
        sources.push(Frame { width: 64, height: 64, rgb: vec![90; 64 * 64 * 3] });
    }
    println!(
        "| frame | CPU-ms per frame | of it detection | plates per frame | frames per second and core | with rten | of it detection | ratio |\n|---|---|---|---|---|---|---|---|"
    );
    for (width, height) in [(640, 360), (1280, 720), (1920, 1080)] {
        let frames: Vec<Frame> = sources.iter().map(|frame| stretched(frame, width, height)).collect();
        let _ = (own.recognise(&frames[0]), rten.recognise(&frames[0]));
        let (mut ours, mut theirs) = (Spent::default(), Spent::default());
        for frame in &frames {
            ours.on(&own, frame);
            theirs.on(&rten, frame);
        }
        let each = |sum: f64| sum / (frames.len() * AT_ONCE) as f64;
        println!(
            "| {width}×{height} | {:.1} | {:.1} | {:.2} | {:.1} | {:.1} | {:.1} | {:.2} |",
            each(ours.whole_ms),
            each(ours.detection_ms),
            each(ours.plates as f64),
            1000.0 / each(ours.whole_ms),
            each(theirs.whole_ms),
            each(theirs.detection_ms),
            each(theirs.whole_ms) / each(ours.whole_ms)
        );
    }
    Ok(())
}
