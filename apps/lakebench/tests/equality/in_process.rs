//! DataFusion reads the files of a small lake and must give, row by row, what our own engine gives. (Spark does the same in
//! `e2e/lake/spark_test.py`.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use futures_util::TryStreamExt;
use serde_json::Value;
use shouhu_sql::{Limits, Published, Session};

fn sample(folder: &Path) {
    let made = Command::new(env!("CARGO_BIN_EXE_shouhu-lakebench")).arg("sample").arg("--out").arg(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
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

fn sorted(mut rows: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = rows.drain(..).map(|row| row.to_string()).collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn datafusion_gives_every_row_that_our_engine_gives() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let lake = folder.path().join("lake").display().to_string();
    let limits = Limits { threads: NonZeroUsize::MIN, memory_bytes: 256 << 20, rows: None };
    let session = Session::open(&lake, &Published::of_folder(&lake).unwrap(), limits).await.unwrap();
    let (mut asked, mut rows) = (0, 0);
    for line in std::fs::read_to_string(folder.path().join("questions.jsonl")).unwrap().lines() {
        let question: Value = serde_json::from_str(line).unwrap();
        let sql = question["sql"]["datafusion"].as_str().unwrap();
        let stream = session.ask(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}")).answer().await.unwrap();
        let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        let found = sorted(batches.iter().flat_map(cells).collect());
        let ours = sorted(question["rows"].as_array().unwrap().clone());
        assert_eq!(found, ours, "{}: {sql}", question["name"]);
        asked += 1;
        rows += ours.len();
    }
    assert!(asked > 60 && rows > 5_000, "{asked} questions with {rows} rows prove little");
}
