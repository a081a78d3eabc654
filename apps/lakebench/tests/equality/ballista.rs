//! Ballista knows nothing of us: it is given the folders of plain Parquet, hive-partitioned by class and day, as any user would.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ballista::prelude::SessionContextExt;
use ballista_core::serde::BallistaCodec;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use datafusion::arrow::datatypes::DataType;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::prelude::{ParquetReadOptions, SessionContext};

use crate::sample;

const EXECUTORS: usize = 2;
const TASKS_PER_EXECUTOR: usize = 2;

/// A scheduler and its executors on ports of this machine; plans, tasks and shuffled rows go over them.
async fn cluster() -> SessionContext {
    let address = ballista_scheduler::standalone::new_standalone_scheduler().await.unwrap();
    let url = format!("http://localhost:{}", address.port());
    for _ in 0..EXECUTORS {
        let connected = async {
            loop {
                match SchedulerGrpcClient::connect(url.clone()).await {
                    Ok(scheduler) => break scheduler,
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        let scheduler = tokio::time::timeout(Duration::from_secs(30), connected).await.expect("the scheduler answers");
        ballista_executor::new_standalone_executor(scheduler, TASKS_PER_EXECUTOR, BallistaCodec::default()).await.unwrap();
    }
    SessionContext::remote(&url).await.unwrap()
}

async fn register(context: &SessionContext, lake: &Path) {
    for (table, order) in [("sightings", "by_source"), ("sightings_by_plate", "by_plate")] {
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
            .with_file_extension(".parquet")
            .with_table_partition_cols(vec![("class".into(), DataType::Utf8), ("day".into(), DataType::Date32)]);
        let folder = lake.join(order).display().to_string();
        context.register_listing_table(table, folder, options, None, None).await.unwrap();
    }
    let sources = lake.join("sources.parquet").display().to_string();
    context.register_parquet("sources", sources, ParquetReadOptions::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ballista_gives_every_row_that_our_engine_gives() {
    let folder = tempfile::tempdir().unwrap();
    let questions = sample(folder.path());
    let context = cluster().await;
    register(&context, &folder.path().join("lake")).await;
    for question in &questions {
        let sql = &question.sql;
        let frame = context.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        let batches = frame.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        question.check(&batches);
    }
}
