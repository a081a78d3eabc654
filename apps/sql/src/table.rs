//! One order of the lake's segments as a table that knows which segment can hold what.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, StringArray, TimestampMillisecondArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{Column, ColumnStatistics, DFSchema, Result, ScalarValue, Statistics};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use shouhu_lake::SegmentMeta;
use shouhu_lake::catalogue::Order;

const TIME: &str = "captured_at";
const CLASS: &str = "class";
const DAY: &str = "day";

/// The segments of one catalogue version in one order.
#[derive(Debug)]
pub struct SegmentTable {
    order: Order,
    segments: Vec<SegmentMeta>,
    files: ObjectStoreUrl,
    schema: TableSchema,
}

fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// Columns of the files, as the lake's format document lists them. A file that lacks one has nulls there; what a later
/// version of the lake adds is not shown before it stands here.
fn columns(order: Order) -> Schema {
    let field = Field::new;
    let plate = field("plate", DataType::Utf8View, false);
    let time = field(TIME, time_type(), false);
    let source = field("source", DataType::Int32, false);
    let mut fields = match order {
        Order::Plate | Order::Index => vec![plate, time, source],
        Order::Source => vec![source, time, plate],
    };
    fields.extend([
        field("lon_e6", DataType::Int32, true),
        field("lat_e6", DataType::Int32, true),
        field("confidence_pm", DataType::UInt16, false),
        field("direction", DataType::UInt8, true),
    ]);
    if order == Order::Source {
        fields.extend([
            field("sequence", DataType::Int64, false),
            field("pictures", DataType::UInt8, false),
            field("lag_ms", DataType::Int32, true),
            field("speed_dkmh", DataType::Int32, true),
            field("reads", DataType::Int32, true),
            field("detail", DataType::Utf8View, true),
        ]);
    }
    Schema::new(fields)
}

impl SegmentTable {
    /// `files` is the address under which the lake's folder or bucket is registered.
    #[must_use]
    pub fn new(order: Order, segments: Vec<SegmentMeta>, files: ObjectStoreUrl) -> Self {
        let folders: Vec<FieldRef> =
            vec![Arc::new(Field::new(CLASS, DataType::Utf8, false)), Arc::new(Field::new(DAY, DataType::Date32, false))];
        let schema =
            TableSchema::builder(Arc::new(columns(order))).with_table_partition_cols(folders).build();
        Self { order, segments, files, schema }
    }

    /// Segments that may hold a row for which all of `filters` are true.
    fn meeting(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<&SegmentMeta>> {
        let all = || self.segments.iter().collect();
        let Some(condition) = conjunction(filters.to_vec()) else { return Ok(all()) };
        let columns = DFSchema::try_from(Arc::clone(self.schema.table_schema()))?;
        let condition = state.create_physical_expr(condition, &columns)?;
        // A condition that says nothing about a segment's bounds prunes nothing; that is no error.
        let Some(predicate) =
            PruningPredicateBuilder::new().with_file_schema(Arc::clone(self.schema.table_schema())).build(condition)
        else {
            return Ok(all());
        };
        let may_hold = predicate.prune(&Bounds(&self.segments))?;
        Ok(self.segments.iter().zip(may_hold).filter_map(|(segment, may_hold)| may_hold.then_some(segment)).collect())
    }

    fn file_of(&self, segment: &SegmentMeta) -> PartitionedFile {
        let [by_plate, by_source, _] = segment.bytes;
        let bytes = if self.order == Order::Source { by_source } else { by_plate };
        let mut statistics = Statistics::new_unknown(self.schema.file_schema());
        statistics.num_rows = rows_of(segment.rows);
        if let Ok(index) = self.schema.file_schema().index_of(TIME)
            && let Some(time) = statistics.column_statistics.get_mut(index)
        {
            *time = time_bounds(segment);
        }
        PartitionedFile::new(segment.name(self.order), bytes)
            .with_partition_values(vec![ScalarValue::from(segment.class.as_str()), ScalarValue::Date32(date(segment))])
            .with_statistics(Arc::new(statistics))
    }

    /// What each file is sorted by. DataFusion drops it again where one group holds several files.
    fn ordering(&self) -> Result<Option<LexOrdering>> {
        let names: &[&str] = if self.order == Order::Source { &["source", TIME, "plate"] } else { &["plate", TIME] };
        let sorted = names.iter().map(|name| Ok(PhysicalSortExpr::new_default(col(name, self.schema.table_schema())?)));
        Ok(LexOrdering::new(sorted.collect::<Result<Vec<_>>>()?))
    }
}

fn time_bounds(segment: &SegmentMeta) -> ColumnStatistics {
    let at = |ms| Precision::Exact(ScalarValue::TimestampMillisecond(Some(ms), Some("UTC".into())));
    ColumnStatistics {
        null_count: Precision::Exact(0),
        min_value: at(segment.first_ms),
        max_value: at(segment.last_ms),
        ..ColumnStatistics::new_unknown()
    }
}

fn rows_of(rows: u64) -> Precision<usize> {
    usize::try_from(rows).map_or(Precision::Absent, Precision::Exact)
}

fn date(segment: &SegmentMeta) -> Option<i32> {
    i32::try_from(segment.day).ok()
}

#[async_trait::async_trait]
impl TableProvider for SegmentTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Whole segments are left out here; the pages and rows of the others are judged by the reader, or after it.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let segments = self.meeting(state, filters)?;
        // Which side of a join is the smaller one is decided by this.
        let mut size = Statistics::new_unknown(self.schema.table_schema());
        size.num_rows = rows_of(segments.iter().map(|segment| segment.rows).sum());
        let files: Vec<PartitionedFile> = segments.into_iter().map(|segment| self.file_of(segment)).collect();
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let mut options = state.default_table_options().parquet;
        options.global.pushdown_filters = true;
        options.global.reorder_filters = true;
        let source = ParquetSource::new(self.schema.clone());
        let scan = FileScanConfigBuilder::new(self.files.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(size)
            .with_projection_indices(projection.cloned())?
            .with_limit(if filters.is_empty() { limit } else { None })
            .with_output_ordering(self.ordering()?.into_iter().collect())
            .build();
        // Parquet's own way to a plan shares footers between the scans of one question.
        ParquetFormat::new().with_options(options).create_physical_plan(state, scan).await
    }
}

/// What the catalogue knows of each segment's rows.
struct Bounds<'a>(&'a [SegmentMeta]);

impl Bounds<'_> {
    fn of(&self, column: &Column, time: impl Fn(&SegmentMeta) -> i64) -> Option<ArrayRef> {
        match column.name.as_str() {
            CLASS => Some(Arc::new(StringArray::from_iter_values(self.0.iter().map(|segment| segment.class.as_str())))),
            DAY => Some(Arc::new(self.0.iter().map(date).collect::<Date32Array>())),
            TIME => {
                let times = TimestampMillisecondArray::from_iter_values(self.0.iter().map(time));
                Some(Arc::new(times.with_timezone("UTC")))
            }
            _ => None,
        }
    }
}

impl PruningStatistics for Bounds<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |segment| segment.first_ms)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |segment| segment.last_ms)
    }

    fn num_containers(&self) -> usize {
        self.0.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let is_known = [CLASS, DAY, TIME].contains(&column.name.as_str());
        is_known.then(|| Arc::new(UInt64Array::from_value(0, self.0.len())) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.0.iter().map(|segment| segment.rows))))
    }

    fn contained(&self, _: &Column, _: &std::collections::HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
