//! A threat counts as answered only while the test that proves it is in the tree.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Names of the functions marked as tests below a folder, line by line: the mark, other attributes, then `fn name`.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                tests_below(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    is_test = true;
                } else if let Some((_, after)) = line.split_once("fn ").filter(|_| is_test) {
                    found.insert(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
                    is_test = false;
                }
            }
        }
    }
}

/// Of a line of the table: number, names of tests, state.
fn threats(text: &str) -> Vec<(String, Vec<String>, String)> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    text.lines()
        .map(cells)
        .filter(|cells| cells.len() == 8 && cells.get(1).is_some_and(|number| number.parse::<u32>().is_ok()))
        .map(|cells| {
            let names = cells.get(5).unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect();
            (cells.get(1).unwrap().clone(), names, cells.get(6).unwrap().clone())
        })
        .collect()
}

#[test]
fn every_threat_is_proved_by_tests_that_exist_or_is_called_open() {
    let root = root();
    let mut tests = BTreeSet::new();
    for floor in ["base", "engines", "platform", "domains", "apps"] {
        tests_below(&root.join(floor), &mut tests);
    }
    let threats = threats(&fs::read_to_string(root.join("SECURITY.md")).unwrap());
    assert!(threats.len() >= 15, "{} threats", threats.len());
    for (number, names, state) in threats {
        assert_eq!(names.is_empty(), state.starts_with("open"), "threat {number} is {state} and names {names:?}");
        for name in names {
            assert!(tests.contains(&name), "threat {number} is said to be proved by {name}, which is no test");
        }
    }
}
