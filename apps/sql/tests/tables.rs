//! The tables over files that another writer made in the lake's layout.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt8Array, UInt16Array,
};
use datafusion::parquet::arrow::ArrowWriter;
use shouhu_lake::catalogue::Order;
use shouhu_lake::row::DAY_MS;
use shouhu_lake::{Class, SegmentId, SegmentMeta};
use shouhu_sql::{Format, Limits, Published, Session, SessionError, write};

/// 2026-05-01.
const DAY: i64 = 20_574;
const LIMITS: Limits = Limits { threads: NonZeroUsize::MIN, memory_bytes: 64 << 20, rows: None };

/// Source, milliseconds into the day, plate.
type Passage = (i32, i64, &'static str);

fn write_file(folder: &Path, segment: &SegmentMeta, order: Order, passages: &[Passage]) -> u64 {
    let path = folder.join(segment.name(order));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut sorted = passages.to_vec();
    if order == Order::Plate {
        sorted.sort_by_key(|(_, at, plate)| (*plate, *at));
    } else {
        sorted.sort();
    }
    let rows = sorted.len();
    let times: TimestampMillisecondArray = sorted.iter().map(|(_, at, _)| Some(segment.day * DAY_MS + at)).collect();
    let nothing: ArrayRef = Arc::new(Int32Array::from(vec![None; rows]));
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("plate", Arc::new(sorted.iter().map(|(.., plate)| Some(*plate)).collect::<StringArray>())),
        ("captured_at", Arc::new(times.with_timezone("UTC"))),
        ("source", Arc::new(sorted.iter().map(|(source, ..)| Some(*source)).collect::<Int32Array>())),
        ("lon_e6", Arc::clone(&nothing)),
        ("lat_e6", Arc::clone(&nothing)),
        ("confidence_pm", Arc::new(UInt16Array::from(vec![900; rows]))),
        ("direction", Arc::new(UInt8Array::from(vec![1; rows]))),
    ];
    if order == Order::Source {
        columns.push(("sequence", Arc::new(Int64Array::from(vec![1; rows]))));
        columns.push(("pictures", Arc::new(UInt8Array::from(vec![0; rows]))));
        columns.extend(["lag_ms", "speed_dkmh", "reads"].map(|name| (name, Arc::clone(&nothing))));
        columns.push(("detail", Arc::new(StringArray::from(vec![None::<&str>; rows]))));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    std::fs::metadata(&path).unwrap().len()
}

fn segment(folder: &Path, id: u64, class: Class, day: i64, passages: &[Passage]) -> SegmentMeta {
    let times = || passages.iter().map(|(_, at, _)| day * DAY_MS + at);
    let mut segment = SegmentMeta {
        id: SegmentId(id),
        class,
        day,
        rows: passages.len() as u64,
        plates: 1,
        first_ms: times().min().unwrap(),
        last_ms: times().max().unwrap(),
        bytes: [0; 3],
        index_crc: 0,
    };
    segment.bytes[0] = write_file(folder, &segment, Order::Plate, passages);
    segment.bytes[1] = write_file(folder, &segment, Order::Source, passages);
    segment
}

/// Two days of passages, and a parked car on the second.
fn lake(folder: &Path) -> Published {
    let segments = vec![
        segment(folder, 1, Class::PASSAGE, DAY, &[(7, 1_000, "ABC-1234"), (8, 61_500, "ABC-1234"), (7, 3_600_000, "XYZ-0001")]),
        segment(folder, 2, Class::PASSAGE, DAY + 1, &[(7, 5_000, "ABC-1234")]),
        segment(folder, 3, Class::PARKING, DAY + 1, &[(900, 6_000, "ABC-1234")]),
    ];
    Published { segments, ..Published::default() }
}

async fn csv(session: &Session, sql: &str) -> Result<String, SessionError> {
    let rows = session.ask(sql).await?.answer().await?;
    let mut text = Vec::new();
    write(rows, Format::Csv, None, &mut text).await.unwrap();
    Ok(String::from_utf8(text).unwrap())
}

async fn files_of(session: &Session, sql: &str) -> usize {
    let rows = session.ask(sql).await.unwrap().explained().unwrap().answer().await.unwrap();
    let mut text = Vec::new();
    write(rows, Format::Csv, None, &mut text).await.unwrap();
    String::from_utf8(text).unwrap().matches(".parquet").count()
}

#[tokio::test]
async fn a_condition_on_class_day_or_time_leaves_other_segments_unread() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open(folder.path().to_str().unwrap(), &lake(folder.path()), LIMITS).await.unwrap();
    for (condition, files) in [
        ("1 = 1", 3),
        ("class = 'parking'", 1),
        ("day = '2026-05-01'", 1),
        ("day >= DATE '2026-05-02'", 2),
        ("captured_at < TIMESTAMP '2026-05-02 00:00:00'", 1),
        ("captured_at >= TIMESTAMP '2026-05-02 00:00:00Z' AND class <> 'parking'", 1),
        ("captured_at >= TIMESTAMP '2027-01-01 00:00:00'", 0),
    ] {
        for table in ["sightings", "sightings_by_plate"] {
            let sql = format!("SELECT plate, source FROM {table} WHERE {condition}");
            assert_eq!(files_of(&session, &sql).await, files, "{sql}");
        }
    }
}

#[tokio::test]
async fn both_orders_hold_the_same_passages_with_class_and_day() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open(folder.path().to_str().unwrap(), &lake(folder.path()), LIMITS).await.unwrap();
    let sql = |table: &str| {
        format!("SELECT plate, source, class, day, CAST(captured_at AS BIGINT) AS ms FROM {table} WHERE plate = 'ABC-1234' ORDER BY ms")
    };
    let by_source = csv(&session, &sql("sightings")).await.unwrap();
    assert_eq!(by_source, csv(&session, &sql("sightings_by_plate")).await.unwrap());
    let expected = "plate,source,class,day,ms\n\
        ABC-1234,7,passage,2026-05-01,1777593601000\n\
        ABC-1234,8,passage,2026-05-01,1777593661500\n\
        ABC-1234,7,passage,2026-05-02,1777680005000\n\
        ABC-1234,900,parking,2026-05-02,1777680006000\n";
    assert_eq!(by_source, expected);
}

#[tokio::test]
async fn what_is_no_published_segment_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut published = lake(folder.path());
    published.segments.retain(|segment| segment.id == SegmentId(2));
    let session = Session::open(folder.path().to_str().unwrap(), &published, LIMITS).await.unwrap();
    assert_eq!(csv(&session, "SELECT COUNT(*) AS n FROM sightings").await.unwrap(), "n\n1\n");
}

#[tokio::test]
async fn whatever_would_change_something_or_read_another_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open(folder.path().to_str().unwrap(), &lake(folder.path()), LIMITS).await.unwrap();
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE sightings",
        "INSERT INTO sightings SELECT * FROM sightings",
        "DELETE FROM sightings",
        "COPY sightings TO '/tmp/all.csv'",
        "EXPLAIN ANALYZE COPY sightings TO '/tmp/all.csv'",
        "SET datafusion.execution.target_partitions = 1",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "",
        "SELEC",
    ] {
        assert!(session.ask(sql).await.is_err(), "{sql}");
    }
    assert!(csv(&session, "SELECT COUNT(*) FROM sightings").await.is_ok());
}

#[tokio::test]
async fn an_answer_over_the_limit_is_cut_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { rows: Some(2), ..LIMITS };
    let session = Session::open(folder.path().to_str().unwrap(), &lake(folder.path()), limits).await.unwrap();
    for (sql, is_cut) in [("SELECT plate FROM sightings", true), ("SELECT plate FROM sightings WHERE class = 'parking'", false)] {
        let rows = session.ask(sql).await.unwrap().answer().await.unwrap();
        let written = write(rows, Format::Json, limits.rows, Vec::new()).await.unwrap();
        assert_eq!(written.is_cut, is_cut, "{sql}");
        assert!(written.rows <= 2);
    }
}

#[tokio::test]
async fn a_question_that_needs_more_memory_than_it_may_have_fails_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { memory_bytes: 1 << 12, ..LIMITS };
    let session = Session::open(folder.path().to_str().unwrap(), &lake(folder.path()), limits).await.unwrap();
    let sql = "SELECT a.value AS n FROM generate_series(1, 1000000) a ORDER BY n DESC";
    let rows = session.ask(sql).await.unwrap().answer().await.unwrap();
    let refused = write(rows, Format::Csv, None, Vec::new()).await.unwrap_err();
    assert!(refused.to_string().to_lowercase().contains("memory"), "{refused}");
}
