use std::num::NonZeroUsize;

use datafusion::arrow::array::RecordBatch;
use futures_util::TryStreamExt;
use shouhu_sql::{Limits, Published, Session};

use crate::sample;

#[tokio::test]
async fn datafusion_gives_every_row_that_our_engine_gives() {
    let folder = tempfile::tempdir().unwrap();
    let questions = sample(folder.path());
    let lake = folder.path().join("lake").display().to_string();
    let limits = Limits { threads: NonZeroUsize::MIN, memory_bytes: 256 << 20, rows: None };
    let session = Session::open(&lake, &Published::of_folder(&lake).unwrap(), limits).await.unwrap();
    for question in &questions {
        let sql = &question.sql;
        let stream = session.ask(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}")).answer().await.unwrap();
        let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        question.check(&batches);
    }
}
