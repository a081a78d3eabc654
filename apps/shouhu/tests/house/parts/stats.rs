use shouhu::lake::stats::stats_of;
use shouhu_lakehouse::lake::{Class, SegmentId, SegmentMeta};

#[test]
fn sums_add_up_over_classes_and_days() {
    let meta = |id, class, day, rows| SegmentMeta { id: SegmentId(id), class, day, rows, plates: rows, first_ms: day * 86_400_000, last_ms: day * 86_400_000 + 5, bytes: [rows * 5, rows * 6, rows], index_crc: 0 };
    let stats = stats_of(&[meta(1, Class::PASSAGE, 20_000, 10), meta(2, Class::GANTRY, 20_001, 30)], 7, 3, true);
    assert_eq!((stats.all.rows, stats.all.bytes(), stats.days, stats.by_class.len(), stats.by_day.len()), (40, 480, 2, 2, 2));
    assert!((stats.bytes_per_row - 12.0).abs() < 1e-9);
    assert_eq!((stats.all.oldest_ms, stats.all.newest_ms), (Some(20_000 * 86_400_000), Some(20_001 * 86_400_000 + 5)));
}
