//! The small lake that other engines are held against (`e2e/lake/spark_test.py`) is whole, and its questions have answers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::process::Command;

#[test]
fn every_kind_of_question_of_the_small_lake_has_an_answer_with_rows() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_shouhu-lakebench")).arg("sample").arg("--out").arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let questions = std::fs::read_to_string(folder.path().join("questions.jsonl")).unwrap();
    let mut rows_by_kind: BTreeMap<String, usize> = BTreeMap::new();
    for line in questions.lines() {
        let question: serde_json::Value = serde_json::from_str(line).unwrap();
        *rows_by_kind.entry(question["name"].as_str().unwrap().to_owned()).or_default() += question["rows"].as_array().unwrap().len();
    }
    assert!(rows_by_kind.len() == 11, "{rows_by_kind:?}");
    assert!(rows_by_kind.values().all(|rows| *rows > 0), "{rows_by_kind:?}");
}
