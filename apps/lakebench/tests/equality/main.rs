//! Other engines read the files of a small lake and must give, row by row, what our own engine gives: DataFusion in this process,
//! and Ballista with a scheduler and two executors. (Spark does the same in `e2e/lake/spark_test.py`.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod ballista;
mod in_process;

use std::path::Path;
use std::process::Command;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use serde_json::Value;

/// A question of the small lake: its SQL in DataFusion's words, and our answer.
struct Question {
    name: String,
    sql: String,
    ours: Vec<String>,
}

impl Question {
    fn check(&self, batches: &[RecordBatch]) {
        let theirs = sorted(batches.iter().flat_map(cells).collect());
        assert_eq!(theirs, self.ours, "{}: {}", self.name, self.sql);
    }
}

/// Writes the small lake into the folder and gives its questions.
fn sample(folder: &Path) -> Vec<Question> {
    let made = Command::new(env!("CARGO_BIN_EXE_shouhu-lakebench")).arg("sample").arg("--out").arg(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let question = |line: &str| {
        let question: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let ours = sorted(question["rows"].as_array().unwrap().clone());
        Question { name: text(&question["name"]), sql: text(&question["sql"]["datafusion"]), ours }
    };
    let questions: Vec<Question> = std::fs::read_to_string(folder.join("questions.jsonl")).unwrap().lines().map(question).collect();
    let rows: usize = questions.iter().map(|question| question.ours.len()).sum();
    assert!(questions.len() > 60 && rows > 5_000, "{} questions with {rows} rows prove little", questions.len());
    questions
}

/// Whole numbers and texts, as the questions' answers have them.
fn cells(batch: &RecordBatch) -> Vec<Value> {
    let columns: Vec<Vec<Value>> = batch
        .columns()
        .iter()
        .map(|column| {
            if matches!(column.data_type(), DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8) {
                let texts = cast(column, &DataType::Utf8).unwrap();
                return texts.as_string::<i32>().iter().map(Value::from).collect();
            }
            let numbers = cast(column, &DataType::Int64).unwrap();
            numbers.as_primitive::<Int64Type>().iter().map(Value::from).collect()
        })
        .collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

fn sorted(rows: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = rows.iter().map(ToString::to_string).collect();
    texts.sort();
    texts
}
