//! The real binary and the real recogniser on real photographs, killed half-way.
//!
//! Skips where `../shared/data/plates` is not beside the project.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{Mood, Server, enrolled, entry};

fn photographs() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/plates/tw_front_a");
    if folder.is_dir() {
        Some(folder)
    } else {
        eprintln!("the_binary_reads_real_photographs is skipped: {} is not there", folder.display());
        None
    }
}

#[test]
fn the_binary_reads_real_photographs_and_a_kill_half_way_loses_and_repeats_nothing() {
    let Some(photographs) = photographs() else { return };
    let labels = fs::read_to_string(photographs.join("labels.tsv")).unwrap();
    let server = Server::start(Mood::Fine);
    let wanted = labels.lines().nth(1).and_then(|line| line.split('\t').next_back()).map(str::trim).unwrap().to_owned();
    server.wants(vec![entry(1, &wanted)]);
    let folder = tempfile::tempdir().unwrap();
    let data = enrolled(folder.path(), &server.address);
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    for name in labels.lines().skip(1).take(30).filter_map(|line| line.split('\t').next()) {
        let file = Path::new(name).file_name().unwrap();
        let from =
            [photographs.join(name), photographs.join("images").join(name)].into_iter().find(|path| path.is_file()).unwrap();
        fs::copy(from, pictures.join(file)).unwrap();
    }
    let start = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shouhu-edge"));
        command.args(["run", "--data", data.path().to_str().unwrap(), "--source", pictures.to_str().unwrap()]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut agent = start(&[]);
    server.until("some sightings", |s| s.kept.len() >= 8);
    agent.kill().unwrap();
    agent.wait().unwrap();
    let ended = start(&["--once"]).wait_with_output().unwrap();
    assert!(ended.status.success());
    server.with(|s| {
        assert!(s.conflicts.is_empty());
        let mut sources: Vec<(String, String)> = s.kept.values().map(|k| (k.source.clone().unwrap(), k.plate.clone())).collect();
        let all = sources.len();
        sources.sort();
        sources.dedup();
        assert_eq!(sources.len(), all, "no picture was sent twice");
        let pictures: std::collections::BTreeSet<&String> = sources.iter().map(|(source, _)| source).collect();
        eprintln!("30 photographs, {} with at least one plate read, {all} sightings", pictures.len());
        assert!(pictures.len() >= 20, "{}", pictures.len());
    });
    assert!(!String::from_utf8_lossy(&ended.stdout).contains("plate"), "plates are printed only when asked for");
}
