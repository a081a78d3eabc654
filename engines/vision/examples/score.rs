//! Measures the recogniser on the real photographs of the shared data and prints one row per set.
//!
//! `cargo run --release -p shouhu-vision --example score [-- SET] [--misses] [--models=FOLDER]`
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
fn from_folder(folder: &str) -> Result<Recogniser, VisionError> {
    let bytes = |name: &str| std::fs::read(Path::new(folder).join(name)).unwrap_or_default();
    Recogniser::with_models(bytes("detector.onnx"), bytes("reader.onnx"), RecogniserConfig::default())
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
    let recogniser = match folder.map_or_else(Recogniser::load, from_folder) {
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
