//! Segments of which a file is lost or damaged are written anew from what is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use proptest::prelude::*;
use shouhu_files::{Files, SimFiles};
use shouhu_lake::catalogue::{FileCatalogue, Order};
use shouhu_lake::lake::MendError;
use shouhu_lake::row::{AT_SOURCE, FullRecord, NO_DIRECTION};
use shouhu_lake::{Batch, Class, DAY_MS, Extra, Lake, LakeConfig, PlateCode, Row, SegmentMeta};

const ROWS: u32 = 3_000;

struct World {
    disk: SimFiles,
    lake: Lake,
}

fn open(disk: &SimFiles) -> Lake {
    let files: Arc<dyn Files> = Arc::new(disk.clone());
    let catalogue = Arc::new(FileCatalogue::open(files.clone(), 1).unwrap());
    let (lake, report) = Lake::open(LakeConfig::of_node(1), files.clone(), files, catalogue).unwrap();
    lake.settle(report.replay.done());
    lake
}

/// One segment with every kind of column: places of moving sources, directions or none, extras or none.
fn world() -> World {
    let disk = SimFiles::default();
    let lake = open(&disk);
    let mut extras = Vec::new();
    let rows = (0..ROWS).map(|n| {
        let moves = n % 11 == 0;
        if n % 3 == 0 {
            let detail = (n % 9 == 0).then(|| format!("{{\"of\":{n}}}"));
            extras.push(Extra { lag_ms: Some(-4 + (n % 7).cast_signed()), speed_dkmh: Some(550), reads: None, detail });
        }
        Row {
            plate: PlateCode::parse(&format!("ABC-{:04}", n * 7 % 900)).unwrap(),
            at_ms: 20_000 * DAY_MS + i64::from(n) * 900,
            sequence: u64::from(n) + 1,
            source: if moves { 100_000 + n % 3 } else { n % 40 },
            lon_e6: if moves { 120_000_000 + n.cast_signed() } else { AT_SOURCE },
            lat_e6: if moves { 23_000_000 - n.cast_signed() } else { 0 },
            extra: if n % 3 == 0 { u32::try_from(extras.len()).unwrap() } else { 0 },
            confidence_pm: 800 + u16::try_from(n % 200).unwrap(),
            direction: if n % 5 == 0 { NO_DIRECTION } else { u8::try_from(n % 8).unwrap() },
            pictures: u8::try_from(n % 4).unwrap(),
        }
    });
    let rows = rows.collect();
    let receipt = lake.append(Batch { device: 1, class: Class::GANTRY, rows, extras }).unwrap();
    lake.settle(receipt.ticket);
    lake.flush().unwrap();
    World { disk, lake }
}

impl World {
    /// The one segment.
    fn meta(&self) -> SegmentMeta {
        let listed = self.lake.segments();
        assert_eq!(listed.len(), 1);
        listed[0].meta.clone()
    }

    fn lose(&self, order: Order) {
        self.disk.remove(&self.meta().name(order)).unwrap();
    }

    fn flip(&self, order: Order, bit: usize) {
        let name = self.meta().name(order);
        let bits = self.disk.read(&name).unwrap().len() * 8;
        assert!(self.disk.flip(&name, bit % bits));
    }

    fn records(&self) -> Vec<FullRecord> {
        let mut all = Vec::new();
        for part in self.lake.view().parts {
            part.each_record(&mut |record| {
                all.push(record);
                Ok(())
            })
            .unwrap();
        }
        all
    }
}

/// What the file in plate order lacks is not there.
fn without_what_only_the_other_has(records: &[FullRecord]) -> Vec<FullRecord> {
    let poorer = |record: &FullRecord| FullRecord {
        row: Row { sequence: 0, pictures: 0, ..record.row },
        extra: Extra::default(),
        class: record.class,
    };
    records.iter().map(poorer).collect()
}

#[test]
fn a_lost_index_is_made_again_from_the_rows_and_survives_the_next_start() {
    let world = world();
    let before = world.records();
    assert!(world.lake.damaged().is_empty());
    let old = world.meta();
    world.lose(Order::Index);
    assert_eq!(world.lake.damaged().into_iter().map(|(meta, _)| meta).collect::<Vec<_>>(), std::slice::from_ref(&old));

    let mended = world.lake.mend(&old, false).unwrap();
    assert_eq!((mended.id, mended.rows, mended.from, mended.is_checked), (old.id, u64::from(ROWS), Order::Source, false));
    assert_eq!(world.meta().id, mended.into);
    assert!(world.lake.damaged().is_empty());
    assert_eq!(world.records(), before);
    world.lake.sweep(i64::MAX, 0).unwrap();
    drop(world.lake);
    let again = World { lake: open(&world.disk), disk: world.disk };
    assert_eq!(again.records(), before);
}

#[test]
fn damage_in_plate_order_costs_nothing() {
    let world = world();
    let before = world.records();
    world.flip(Order::Plate, 9_000);
    let (meta, error) = world.lake.damaged().pop().unwrap();
    assert!(error.to_string().contains("by_plate"), "{error}");
    let mended = world.lake.mend(&meta, false).unwrap();
    assert_eq!((mended.from, mended.is_checked), (Order::Source, true));
    assert_eq!(world.records(), before);
}

#[test]
fn without_the_full_file_something_is_lost_and_only_if_that_is_accepted() {
    let world = world();
    let before = world.records();
    world.flip(Order::Source, 9_000);
    let meta = world.meta();
    let refused = world.lake.mend(&meta, false).unwrap_err();
    assert!(matches!(&refused, MendError::Loses(_)) && refused.to_string().contains("by_source"), "{refused}");
    assert_eq!(world.meta(), meta, "nothing has changed");
    let mended = world.lake.mend(&meta, true).unwrap();
    assert_eq!((mended.from, mended.is_checked, mended.rows), (Order::Plate, true, u64::from(ROWS)));
    assert_eq!(world.records(), without_what_only_the_other_has(&before));
}

#[test]
fn when_neither_can_be_read_everything_stays_as_it_is() {
    let world = world();
    world.lose(Order::Plate);
    world.flip(Order::Source, 9_000);
    let meta = world.meta();
    assert!(matches!(world.lake.mend(&meta, true), Err(MendError::Lost { .. })));
    assert_eq!(world.meta(), meta);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Without an index no checksum protects the other files: what does not fit the catalogue is refused, and nothing panics.
    #[test]
    fn rubbish_without_an_index_is_refused_or_fits_the_catalogue(bits in proptest::collection::vec(any::<usize>(), 1..4)) {
        let world = world();
        let meta = world.meta();
        world.lose(Order::Index);
        bits.iter().for_each(|bit| world.flip(Order::Source, *bit));
        match world.lake.mend(&meta, false) {
            Ok(mended) => prop_assert_eq!((mended.rows, world.meta().plates), (meta.rows, meta.plates)),
            Err(_) => prop_assert_eq!(world.meta(), meta),
        }
    }
}
