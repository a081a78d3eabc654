//! Measures the recogniser on the real photographs of the shared data and prints one row per set.
//!
//! `cargo run --release -p shouhu-vision --example score [-- SET] [--misses] [--models=FOLDER] [--min-score=0.35]`
//!
//! A plate is *detected* when a detection overlaps its box by half (sets without boxes: when any plate is found), *exact*
//! when its text is among the reads of its picture. A *false* plate is a read of at least 0.5 that lies on no labelled
//! plate and spells none. Labels are not complete for the enforcement pictures, so their false plates are an upper bound.

#[path = "../tests/shared/mod.rs"]
mod shared;

use std::path::Path;
use std::process::ExitCode;

use shared::{SETS, Score};
use shouhu_vision::{Recogniser, RecogniserConfig, VisionError};

/// Weights that are still being trained.
fn from_folder(folder: &str, config: RecogniserConfig) -> Result<Recogniser, VisionError> {
    let bytes = |name: &str| std::fs::read(Path::new(folder).join(name)).unwrap_or_default();
    Recogniser::with_models(bytes("detector.onnx"), bytes("reader.onnx"), config)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_verbose = arguments.iter().any(|a| a == "--misses");
    let only = arguments.iter().find(|a| !a.starts_with("--"));
    let Some(root) = shared::plates_root() else {
        eprintln!("no shared data: set SHOUHU_SHARED_DATA to a folder that holds plates/");
        return ExitCode::FAILURE;
    };
    let folder = arguments.iter().find_map(|a| a.strip_prefix("--models="));
    let mut config = RecogniserConfig::default();
    if let Some(least) = arguments.iter().find_map(|a| a.strip_prefix("--min-score=")?.parse().ok()) {
        config.min_detector_score = least;
    }
    let recogniser = match folder {
        Some(folder) => from_folder(folder, config),
        None => Recogniser::with_config(config),
    };
    let recogniser = match recogniser {
        Ok(recogniser) => recogniser,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", Score::heading());
    for set in SETS.iter().filter(|set| only.is_none_or(|name| set.name == name)) {
        match shared::score(&recogniser, &root, set, is_verbose) {
            Ok(score) => println!("{}", score.row()),
            Err(reason) => println!("{}: {reason}", set.name),
        }
    }
    ExitCode::SUCCESS
}
