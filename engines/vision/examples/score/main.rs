//! Measures the recogniser on the real photographs of the shared data: one table per question, and on request a gallery of
//! everything that went wrong.
//!
//! `cargo run --release -p shouhu-vision --example score [-- SET] [--gallery=FOLDER] [--models=FOLDER] [--min-score=0.35]
//! [--dump=FILE.tsv] [--reliability=FILE.svg] [--peer=NAME.tsv …] [--vehicles=FILE.tsv]`
//!
//! A plate is *detected* when a detection overlaps its box by half (sets without boxes: when any plate is found), *exact*
//! when its text is among the reads of its picture. A *false* plate is a read of at least 0.5 that lies on no labelled
//! plate and spells none. Labels are not complete for the enforcement pictures, so their false plates are an upper bound.
//! `--dump` writes what each confidence was made from and whether the read was right, no plate among it, for
//! `training/calibrate.py`; `--reliability` draws what was promised against what was kept.
//! `--peer` sets what another reader made of the same pictures (`benches/vision/peers.py`) beside ours, by the same measure.
//! `--vehicles` names the labels of vehicles' types and colours; `training/vehicles.tsv` when it is not given.
//! The gallery shows real plates: its folder must lie outside the repository.

#[path = "../../tests/shared/mod.rs"]
#[allow(dead_code, reason = "the measuring code is shared with the tests")]
mod shared;

mod conditions;
mod diagram;
mod gallery;
mod vehicles;

use std::path::{Path, PathBuf};
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
    let only = arguments.iter().find(|a| !a.starts_with("--"));
    let option = |name: &str| arguments.iter().find_map(|a| a.strip_prefix(name));
    if shared::plates_root().is_none() {
        eprintln!("no photographs: set SHOUHU_SHARED_DATA to a folder that holds plates/; drawn pictures alone are measured");
    }
    let mut config = RecogniserConfig::default();
    if let Some(least) = option("--min-score=").and_then(|least| least.parse().ok()) {
        config.min_detector_score = least;
    }
    let recogniser = match option("--models=") {
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
    let mut scores = Vec::new();
    for set in SETS.iter().filter(|set| only.is_none_or(|name| set.name == name)) {
        let Some(root) = shared::root_of(set) else { continue };
        match shared::score(&recogniser, &root, set) {
            Ok(score) => {
                println!("{}", score.row());
                scores.push(score);
            }
            Err(reason) => println!("{}: {reason}", set.name),
        }
    }
    println!("\n{}", Score::remarks(&scores));
    println!("{}", conditions::of_drawn(&scores));
    let (scores, drawn): (Vec<Score>, Vec<Score>) = scores.into_iter().partition(|score| !score.is_apart);
    println!("{}\n{}", conditions::by_condition(&scores), conditions::reliability(&scores));
    println!("{}", conditions::emitted(&scores));
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../training/vehicles.tsv");
    let labels = option("--vehicles=").map_or_else(beside, PathBuf::from);
    let root = shared::plates_root().ok_or_else(|| "there are no photographs".to_owned());
    match root.and_then(|root| vehicles::tables(&recogniser, &root, &labels, only)) {
        Ok(tables) => println!("{tables}"),
        Err(reason) => println!("Types and colours of vehicles are not measured: {reason}"),
    }
    for file in arguments.iter().filter_map(|a| a.strip_prefix("--peer=")) {
        let table = match std::fs::read_to_string(file) {
            Ok(table) => table,
            Err(reason) => {
                eprintln!("{file}: {reason}");
                return ExitCode::FAILURE;
            }
        };
        let name = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or("peer");
        let theirs: Vec<Score> = SETS.iter().filter_map(|set| shared::peer_score(&table, &shared::root_of(set)?, set).ok()).collect();
        println!("{name}:\n\n{}\n{}", conditions::beside_peer(name, &scores, &theirs), conditions::by_condition(&theirs));
    }
    for (name, text) in [("--dump=", conditions::dump(&scores)), ("--reliability=", diagram::reliability(&scores))] {
        if let Some(file) = option(name)
            && let Err(reason) = std::fs::write(file, text)
        {
            eprintln!("{file}: {reason}");
            return ExitCode::FAILURE;
        }
    }
    if let Some(folder) = option("--gallery=")
        && let Err(reason) = gallery::write(Path::new(folder), scores.iter().chain(&drawn))
    {
        eprintln!("the gallery: {reason}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
