//! A threat counts as answered, and a requirement of ASVS as met, only while the tests that prove it are in the tree.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: [&str; 5] = ["base", "engines", "platform", "domains", "apps"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Names of the tests below some folders.
fn tests_of(root: &Path, folders: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in folders {
        tests_below(&root.join(folder), &mut found);
    }
    found
}

fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                tests_below(&path, found);
            }
            continue;
        }
        let read = || String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let name = path.to_string_lossy();
        if name.ends_with(".rs") {
            rust_tests(&read(), found);
        } else if name.ends_with(".test.ts") || name.ends_with(".test.mjs") {
            script_tests(&read(), found);
        }
    }
}

/// Functions marked as tests, line by line: the mark, other attributes, then `fn name`.
fn rust_tests(text: &str, found: &mut BTreeSet<String>) {
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

/// `test("name"` and `it("name"` at the beginning of a line.
fn script_tests(text: &str, found: &mut BTreeSet<String>) {
    for line in text.lines().map(str::trim) {
        let quoted = line.strip_prefix("test(\"").or_else(|| line.strip_prefix("it(\""));
        if let Some((name, _)) = quoted.and_then(|rest| rest.split_once('"')) {
            found.insert(name.to_owned());
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
    let tests = tests_of(&root, &FLOORS);
    let threats = threats(&fs::read_to_string(root.join("SECURITY.md")).unwrap());
    assert!(threats.len() >= 15, "{} threats", threats.len());
    for (number, names, state) in threats {
        assert_eq!(names.is_empty(), state.starts_with("open"), "threat {number} is {state} and names {names:?}");
        for name in names {
            assert!(tests.contains(&name), "threat {number} is said to be proved by {name}, which is no test");
        }
    }
}

#[test]
fn every_proof_of_asvs_is_a_test_and_the_page_counts_what_the_table_holds() {
    let root = root();
    let mut tests = tests_of(&root, &FLOORS);
    tests.append(&mut tests_of(&root, &["e2e/src", "web/src"]));
    let table = fs::read_to_string(root.join("docs/reference/asvs.tsv")).unwrap();
    let mut rows = Vec::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, level, _, state, proof, _] = cells.as_slice() else { panic!("{line:?} has {} cells", cells.len()) };
        assert!(["met", "partly", "open", "not_applicable"].contains(state), "{id} is {state}");
        assert!(*state != "met" || !proof.is_empty(), "{id} is met and names no test");
        for name in proof.split(',').filter(|name| !name.is_empty()) {
            assert!(tests.contains(name), "{id} is said to be proved by {name}, which is no test");
        }
        rows.push((*level, *state));
    }
    assert_eq!(rows.len(), 345, "requirements of ASVS 5.0");

    let page = fs::read_to_string(root.join("docs/reference/asvs.md")).unwrap();
    let is_of = |asked: &str, held: &str| asked == "all" || asked == held;
    for level in ["1", "2", "3", "all"] {
        let counts = ["met", "partly", "open", "not_applicable", "all"]
            .map(|state| rows.iter().filter(|row| is_of(level, row.0) && is_of(state, row.1)).count().to_string());
        let line = format!("| {level} | {} |", counts.join(" | "));
        assert!(page.lines().any(|held| held == line), "docs/reference/asvs.md lacks {line:?}: run make asvs and read the diff");
    }
}
