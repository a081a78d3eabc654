//! A question: planned read-only, bounded in memory, rows and time.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SQLOptions, SessionConfig, SessionContext};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};
use shouhu_lake::catalogue::Order;

use crate::published::{NamedSource, Published};
use crate::table::SegmentTable;

/// Address of the lake's files within a session. No other file can be named in it.
const FILES: &str = "lake://files/";
const SOURCES: &str = "sources.parquet";

/// What one question may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub threads: NonZeroUsize,
    pub memory_bytes: usize,
    /// Rows of the answer; `None`: all.
    pub rows: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("the lake at {lake:?} cannot be read: {reason}")]
    Lake { lake: String, reason: String },
    #[error("only questions are answered (SELECT, WITH, SHOW, DESCRIBE, EXPLAIN): {reason}")]
    NotAQuestion { reason: String },
    #[error("one question at a time: {0} were given")]
    Several(usize),
    #[error("{0}")]
    Failed(String),
}

impl SessionError {
    fn failed(error: &DataFusionError) -> Self {
        Self::Failed(error.strip_backtrace())
    }
}

/// Tables of one lake at one version.
pub struct Session {
    context: SessionContext,
    limits: Limits,
}

/// A question that was understood, not yet answered.
#[derive(Debug)]
pub struct Asked {
    frame: DataFrame,
    rows_max: Option<usize>,
}

impl Session {
    /// `lake` is a folder, or `s3://bucket/prefix` with the usual `AWS_*` variables.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open(lake: &str, published: &Published, limits: Limits) -> Result<Self, SessionError> {
        let unreadable = |reason: String| SessionError::Lake { lake: lake.to_owned(), reason };
        let store = files_of(lake).map_err(|error| unreadable(error.to_string()))?;
        let has_sources = store.head(&ObjectPath::from(SOURCES)).await.is_ok();
        let config = SessionConfig::new().with_information_schema(true).with_target_partitions(limits.threads.get());
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            // Plates must not lie about in a folder for temporary files: what does not fit in memory is refused.
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
            .build_arc()
            .map_err(|error| SessionError::failed(&error))?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        let files = ObjectStoreUrl::parse(FILES).map_err(|error| SessionError::failed(&error))?;
        context.register_object_store(files.as_ref(), store);
        for (name, order) in [("sightings", Order::Source), ("sightings_by_plate", Order::Plate)] {
            let table = SegmentTable::new(order, published.segments.clone(), files.clone());
            context.register_table(name, Arc::new(table)).map_err(|error| SessionError::failed(&error))?;
        }
        if let Some(sources) = &published.sources {
            let batch = register_of(sources).map_err(|error| SessionError::Failed(error.to_string()))?;
            context.register_batch("sources", batch).map_err(|error| SessionError::failed(&error))?;
        } else if has_sources {
            let address = format!("{FILES}{SOURCES}");
            let registered = context.register_parquet("sources", address, ParquetReadOptions::default()).await;
            registered.map_err(|error| unreadable(format!("{SOURCES}: {}", error.strip_backtrace())))?;
        }
        Ok(Self { context, limits })
    }

    /// Plans a question without reading a row.
    ///
    /// # Errors
    /// When it is not SQL, names what is not there, would change something, or is more than one.
    pub async fn ask(&self, sql: &str) -> Result<Asked, SessionError> {
        let statements = datafusion::sql::parser::DFParser::parse_sql(sql).map_err(|error| SessionError::failed(&error))?;
        if statements.len() != 1 {
            return Err(SessionError::Several(statements.len()));
        }
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let plan = self.context.state().create_logical_plan(sql).await.map_err(|error| SessionError::failed(&error))?;
        read_only.verify_plan(&plan).map_err(|error| SessionError::NotAQuestion { reason: error.strip_backtrace() })?;
        let frame = self.context.execute_logical_plan(plan).await.map_err(|error| SessionError::failed(&error))?;
        Ok(Asked { frame, rows_max: self.limits.rows })
    }
}

fn files_of(lake: &str) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    let Some(rest) = lake.strip_prefix("s3://") else {
        return Ok(Arc::new(LocalFileSystem::new_with_prefix(lake)?));
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
    Ok(Arc::new(PrefixStore::new(store, prefix.trim_matches('/'))))
}

/// The server's register of sources as a table.
fn register_of(sources: &[NamedSource]) -> Result<RecordBatch, ArrowError> {
    let number: Int32Array = sources.iter().map(|named| i32::try_from(named.source.number).ok()).collect();
    let name: StringArray = sources.iter().map(|named| Some(named.name.as_str())).collect();
    let site: StringArray = sources.iter().map(|named| named.site.as_deref()).collect();
    let lon: Int32Array = sources.iter().map(|named| named.source.place_e6.map(|(lon, _)| lon)).collect();
    let lat: Int32Array = sources.iter().map(|named| named.source.place_e6.map(|(_, lat)| lat)).collect();
    let columns: [(&str, ArrayRef); 5] = [
        ("number", Arc::new(number)),
        ("name", Arc::new(name)),
        ("site", Arc::new(site)),
        ("lon_e6", Arc::new(lon)),
        ("lat_e6", Arc::new(lat)),
    ];
    RecordBatch::try_from_iter(columns)
}

impl Asked {
    /// How it would be answered, and with which files.
    ///
    /// # Errors
    /// When no plan can be made.
    pub fn explained(self) -> Result<Self, SessionError> {
        let frame = self.frame.explain(false, false).map_err(|error| SessionError::failed(&error))?;
        Ok(Self { frame, rows_max: None })
    }

    /// Begins to answer; one row more than the limit comes, so that the caller can tell that there are more.
    ///
    /// # Errors
    /// When no plan can be made.
    pub async fn answer(self) -> Result<SendableRecordBatchStream, SessionError> {
        let frame = match self.rows_max {
            Some(rows) => self.frame.limit(0, Some(rows.saturating_add(1))).map_err(|error| SessionError::failed(&error))?,
            None => self.frame,
        };
        frame.execute_stream().await.map_err(|error| SessionError::failed(&error))
    }
}
