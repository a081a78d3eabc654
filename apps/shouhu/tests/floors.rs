//! Floors point downwards: read from Cargo's metadata, so that nobody has to remember it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// From the ground up.
const FLOORS: [&str; 5] = ["base", "engines", "platform", "domains", "apps"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Name, floor and (dependency, is it only for tests) of every member.
fn members() -> Vec<(String, usize, Vec<(String, bool)>)> {
    let root = root();
    let metadata = metadata();
    let floor_of = |package: &Value| {
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
        let inside = manifest.strip_prefix(&root).unwrap().to_owned();
        let folder = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        FLOORS.iter().position(|floor| *floor == folder).unwrap_or_else(|| panic!("{folder} is no floor"))
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let ours = dependencies
                .filter(|d| d["name"].as_str().unwrap().starts_with("shouhu"))
                .map(|d| (d["name"].as_str().unwrap().to_owned(), d["kind"] == "dev"))
                .collect();
            (package["name"].as_str().unwrap().to_owned(), floor_of(package), ours)
        })
        .collect()
}

#[test]
fn no_crate_depends_on_a_higher_floor() {
    let members = members();
    assert!(members.len() >= 15, "the workspace has {} members", members.len());
    let floor = |name: &str| members.iter().find(|(known, ..)| known == name).map(|(_, floor, _)| *floor).unwrap();
    let upward: Vec<String> = members
        .iter()
        .flat_map(|(name, own, dependencies)| {
            dependencies.iter().filter(|(d, _)| floor(d) > *own).map(move |(d, _)| format!("{name} -> {d}"))
        })
        .collect();
    assert!(upward.is_empty(), "upward arrows: {upward:?}");
}

#[test]
fn rooms_do_not_call_each_others_code() {
    let members = members();
    let domains: Vec<&str> = members.iter().filter(|(_, floor, _)| FLOORS[*floor] == "domains").map(|(n, ..)| n.as_str()).collect();
    for (name, floor, dependencies) in &members {
        if FLOORS[*floor] == "domains" {
            for (dependency, is_for_tests) in dependencies {
                assert!(*is_for_tests || !domains.contains(&dependency.as_str()), "{name} -> {dependency}");
            }
        }
    }
}

#[test]
fn the_ground_floor_and_the_engines_touch_nothing_outside() {
    for (name, floor, _) in members() {
        if floor > 1 {
            continue;
        }
        let folder = FLOORS[floor];
        let crate_folder = root().join(folder).join(name.trim_start_matches("shouhu-")).join("src");
        for file in rust_files(&crate_folder) {
            let text = std::fs::read_to_string(&file).unwrap();
            let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
            for banned in ["std::fs::", "std::net::", "SystemTime::now", "Instant::now", "tokio::", "sqlx", "axum"] {
                assert!(!shipped.contains(banned), "{} uses {banned}", file.display());
            }
        }
    }
}

fn rust_files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_name().is_some_and(|n| n.to_string_lossy().contains("test"));
        match (path.is_dir(), is_test) {
            (true, false) => files.extend(rust_files(&path)),
            (false, false) if path.extension().is_some_and(|e| e == "rs") => files.push(path),
            _ => {}
        }
    }
    files
}

/// Memory is kept safe by the compiler: no crate of ours may say `unsafe`, and what wraps fails instead where people run it.
#[test]
fn every_crate_forbids_unsafe_code_and_a_release_checks_its_numbers() {
    let root = root();
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let release = workspace.split("[profile.release]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
    assert!(release.lines().any(|line| line == "overflow-checks = true"), "{release}");
    for package in metadata()["packages"].as_array().unwrap() {
        let manifest = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} makes rules of its own", package["name"]);
    }
}
