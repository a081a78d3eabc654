//! Compaction, purge and erasure of a whole lake on the simulated disk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use shouhu_files::{Files, SimFiles};
use shouhu_lake::catalogue::FileCatalogue;
use shouhu_lake::lake::{BookKeeper, Certificate, Compacted, CompactionPolicy, Compactor};
use shouhu_lake::part::Window;
use shouhu_lake::plates::Like;
use shouhu_lake::questions::{Limits, find};
use shouhu_lake::row::{AT_SOURCE, NO_DIRECTION};
use shouhu_lake::{Batch, Catalogue, CatalogueError, Change, Class, DAY_MS, Extra, Key, Lake, LakeConfig, PlateCode, Row, SegmentId};

const DAY: i64 = 20_000;
const CANARY: &str = "QQQ-7777";
const EVER: Window = Window { from_ms: i64::MIN, until_ms: i64::MAX };
const LATER_MS: i64 = (DAY + 30) * DAY_MS;

fn plate(text: &str) -> PlateCode {
    PlateCode::parse(text).unwrap()
}

struct World {
    disk: SimFiles,
    lake: Lake,
    book: BookKeeper,
    sequence: u64,
}

impl World {
    fn on(disk: SimFiles) -> Self {
        let files: Arc<dyn Files> = Arc::new(disk.clone());
        let catalogue = Arc::new(FileCatalogue::open(files.clone(), 1).unwrap());
        let config = LakeConfig { segment_rows_max: 1_000, ..LakeConfig::of_node(1) };
        let (lake, report) = Lake::open(config, files.clone(), files, catalogue).unwrap();
        lake.settle(report.replay.done());
        Self { disk, lake, book: BookKeeper::default(), sequence: 0 }
    }

    fn new() -> Self {
        Self::on(SimFiles::default())
    }

    fn rows(&mut self, class: Class, rows: impl IntoIterator<Item = (&'static str, i64, u32)>) {
        let mut extras = Vec::new();
        let rows = rows.into_iter().map(|(text, at_ms, source)| {
            self.sequence += 1;
            let detail = Some(format!("{{\"of\":{}}}", self.sequence));
            extras.push(Extra { reads: Some(3), detail, ..Extra::default() });
            Row {
                plate: plate(text),
                at_ms,
                sequence: self.sequence,
                source,
                lon_e6: AT_SOURCE,
                lat_e6: 0,
                extra: u32::try_from(extras.len()).unwrap(),
                confidence_pm: 900,
                direction: NO_DIRECTION,
                pictures: 0,
            }
        });
        let rows = rows.collect();
        let batch = Batch { device: 1, class, rows, extras };
        let receipt = self.lake.append(batch).unwrap();
        self.lake.settle(receipt.ticket);
    }

    /// A flush of `count` passages of many vehicles and one of the canary.
    fn flush_of(&mut self, class: Class, day: i64, from_s: i64, count: i64) {
        const TEXTS: [&str; 5] = ["ABC-1234", "7788-XY", "KLM-0001", "AAA-0000", "ZZZ-9999"];
        let at = move |n: i64| day * DAY_MS + (from_s + n) * 1_000;
        self.rows(class, (0..count).map(move |n| (TEXTS[usize::try_from(n % 5).unwrap()], at(n), u32::try_from(n % 7).unwrap())));
        self.rows(class, [(CANARY, at(count), 3)]);
        self.lake.flush().unwrap();
    }

    fn everything(&self) -> BTreeMap<Key, (u32, Option<String>, Class)> {
        let mut all = BTreeMap::new();
        for part in self.lake.view().parts {
            part.each_record(&mut |record| {
                let found = all.entry(record.row.key()).or_insert((0, None, record.class));
                *found = (found.0 + 1, record.extra.detail, record.class);
                Ok(())
            })
            .unwrap();
        }
        all
    }

    /// What the threads of the lakehouse do after an exchange.
    fn clean_up(&mut self) {
        self.book.once(&self.lake).unwrap();
        self.lake.sweep(LATER_MS, 0).unwrap();
        self.lake.tidy().unwrap();
    }

    fn is_found(&self, text: &str) -> bool {
        let like = Like::glob(text).unwrap();
        let limits = Limits { rows_max: 10, is_stopped: &|| false };
        !find::ask(&self.lake.view(), &like, None, limits).unwrap().rows.is_empty()
    }

    /// Files that hold the text, raw or decoded by the parquet crate's own reader.
    fn files_with(&self, text: &str) -> Vec<String> {
        let code = plate(text);
        let (little, big) = (code.0.to_le_bytes(), code.0.to_be_bytes());
        let holds = |bytes: &[u8]| {
            let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
            has(text.as_bytes()) || has(&little) || has(&big)
        };
        let is_decoded_in = |bytes: &[u8]| {
            let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).unwrap();
            reader.get_row_iter(None).unwrap().any(|row| row.unwrap().to_string().contains(text))
        };
        let names = self.disk.list("").unwrap();
        names
            .into_iter()
            .filter(|name| {
                let bytes = self.disk.read(name).unwrap();
                holds(&bytes) || (name.ends_with(".parquet") && is_decoded_in(&bytes))
            })
            .collect()
    }
}

fn check(certificate: &Certificate) {
    assert!(certificate.is_balanced() && certificate.is_complete(), "{certificate:?}");
}

#[test]
fn merging_changes_no_answer_and_what_was_delivered_twice_is_kept_once() {
    let mut world = World::new();
    for n in 0..6 {
        world.flush_of(Class::PASSAGE, DAY, n * 100, 60);
    }
    world.flush_of(Class::GANTRY, DAY, 0, 60);
    // As another node would have taken it in: other numbers, the same passages.
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    let before = world.everything();
    assert_eq!(before.values().filter(|(times, ..)| *times == 3).count(), 61, "sent twice, and by a gantry");
    let mut compactor = Compactor::new(CompactionPolicy::of_rows(1_000));
    let done = compactor.once(&world.lake, LATER_MS).unwrap();
    let Compacted::Merged { segments, rows_read, rows_written, .. } = done else { panic!("{done:?}") };
    assert_eq!((segments, rows_read, rows_written), (7, 7 * 61, 6 * 61));
    assert_eq!(compactor.once(&world.lake, LATER_MS).unwrap(), Compacted::Nothing);
    let after = world.everything();
    assert!(after.keys().eq(before.keys()));
    assert!(after.values().all(|(_, detail, _)| detail.as_ref().is_some_and(|text| text.starts_with("{\"of\":"))));

    world.clean_up();
    let segments: BTreeSet<String> = world.disk.list("by_plate").unwrap().into_iter().collect();
    assert_eq!(segments.len(), 2, "the merged ones are removed: {segments:?}");
    let reopened = World::on({
        let World { disk, lake, book, .. } = world;
        drop((lake, book));
        disk
    });
    assert!(reopened.everything().keys().eq(before.keys()));
}

#[test]
fn a_question_that_runs_keeps_the_files_that_it_reads() {
    let mut world = World::new();
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    world.flush_of(Class::PASSAGE, DAY, 100, 60);
    let view = world.lake.view();
    let mut compactor = Compactor::new(CompactionPolicy::of_rows(1_000));
    assert!(matches!(compactor.once(&world.lake, LATER_MS).unwrap(), Compacted::Merged { .. }));
    world.clean_up();
    assert_eq!(world.disk.list("by_plate").unwrap().len(), 3, "two are read");
    let mut rows = 0;
    for part in &view.parts {
        part.each_record(&mut |_| {
            rows += 1;
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(rows, 122);
    drop(view);
    world.clean_up();
    assert_eq!(world.disk.list("by_plate").unwrap().len(), 1);
}

#[test]
fn a_dropped_day_is_nowhere_but_for_what_is_kept_and_the_certificate_adds_up() {
    let mut world = World::new();
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    world.flush_of(Class::PASSAGE, DAY, 30, 60);
    world.flush_of(Class::PASSAGE, DAY + 1, 0, 60);
    world.flush_of(Class::GANTRY, DAY, 500, 60);
    // Some that are only in memory and in the log.
    world.rows(Class::PASSAGE, [("MEM-0001", DAY * DAY_MS + 5, 1)]);
    world.clean_up();
    let held = Key { source: 3, at_ms: DAY * DAY_MS + 60_000, plate: plate(CANARY) };
    let certificate = world.lake.drop_day(Class::PASSAGE, DAY, &|key| *key == held, Class::KEPT).unwrap();
    check(&certificate);
    assert_eq!((certificate.rows_before, certificate.rows_kept, certificate.gone.len()), (123, 1, 3));
    assert_eq!(certificate.written[0].class, Class::KEPT);
    assert!(certificate.gone.iter().all(|gone| gone.files.len() == 3 && gone.files.iter().all(|file| file.bytes > 0)));
    assert_eq!(world.lake.leftovers(&certificate).unwrap().len(), 9, "a question may still read them");
    world.clean_up();
    assert!(world.lake.leftovers(&certificate).unwrap().is_empty());

    let all = world.everything();
    assert_eq!(all.get(&held).map(|(times, detail, class)| (*times, detail.is_some(), *class)), Some((1, true, Class::KEPT)));
    assert_eq!(all.len(), 1 + 61 + 61, "the next day and the gantry's are there");
    assert!(world.files_with("MEM-0001").is_empty(), "{:?}", world.files_with("MEM-0001"));
    assert!(!world.is_found("MEM-*"));

    let again = world.lake.drop_day(Class::PASSAGE, DAY, &|_| false, Class::KEPT).unwrap();
    assert_eq!(again, Certificate::default(), "nothing is left to drop");
    let kept = world.lake.drop_day(Class::KEPT, DAY, &|_| false, Class::KEPT).unwrap();
    check(&kept);
    assert_eq!((kept.rows_erased, kept.written.len()), (1, 0));
}

#[test]
fn an_erased_plate_is_in_no_file_raw_or_decoded_and_all_else_is_as_it_was() {
    let mut world = World::new();
    for (class, day) in [(Class::PASSAGE, DAY), (Class::PASSAGE, DAY + 1), (Class::PARKING, DAY), (Class::KEPT, DAY)] {
        world.flush_of(class, day, 0, 60);
    }
    world.rows(Class::PASSAGE, [(CANARY, DAY * DAY_MS + 9, 1), ("MEM-0001", DAY * DAY_MS + 9, 1)]);
    world.clean_up();
    assert!(world.is_found(CANARY));
    assert!(world.files_with(CANARY).len() > 8, "the search finds it where it is: {:?}", world.files_with(CANARY));
    let before = world.everything();
    let held = Key { source: 3, at_ms: DAY * DAY_MS + 60_000, plate: plate(CANARY) };

    let kept = world.lake.erase(plate(CANARY), EVER, &|key| *key == held).unwrap();
    check(&kept);
    assert_eq!(kept.rows_erased, 2, "those of a hold stay, in each class that has them");
    assert_eq!(world.everything().len(), before.len() - 2);

    let window = Window { from_ms: DAY * DAY_MS, until_ms: DAY * DAY_MS + 60_000 };
    assert_eq!(world.lake.erase(plate(CANARY), window, &|_| false).unwrap(), Certificate::default());
    let certificate = world.lake.erase(plate(CANARY), EVER, &|_| false).unwrap();
    check(&certificate);
    assert_eq!(certificate.rows_erased, 3);
    world.clean_up();
    assert!(world.files_with(CANARY).is_empty(), "{:?}", world.files_with(CANARY));
    assert!(!world.is_found(CANARY));
    assert!(world.is_found("MEM-0001"));
    let after = world.everything();
    let times = |(key, (times, ..)): (Key, (u32, Option<String>, Class))| (key, times);
    let expected: Vec<_> = before.into_iter().filter(|(key, _)| key.plate != plate(CANARY)).map(times).collect();
    assert_eq!(after.into_iter().map(times).collect::<Vec<_>>(), expected);
}

/// Headers of pages are not read, because the index knows where their contents lie: some of these bits are in contents.
fn spoil(world: &World, file: &str) {
    for byte in (24..240).step_by(3) {
        assert!(world.disk.flip(file, 8 * byte));
    }
}

#[test]
fn a_segment_that_cannot_be_read_is_named_and_not_counted() {
    let mut world = World::new();
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    world.flush_of(Class::PASSAGE, DAY, 100, 60);
    let bad = world.lake.segments()[0].meta.name(shouhu_lake::catalogue::Order::Source);
    spoil(&world, &bad);
    let certificate = world.lake.drop_day(Class::PASSAGE, DAY, &|_| true, Class::KEPT).unwrap();
    assert!(certificate.is_balanced() && !certificate.is_complete());
    assert_eq!((certificate.rows_kept, certificate.unreadable.len()), (61, 1));
    assert!(certificate.unreadable[0].contains(&bad));

    let mut world = World::new();
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    world.flush_of(Class::PASSAGE, DAY, 100, 60);
    spoil(&world, &bad);
    let mut compactor = Compactor::new(CompactionPolicy::of_rows(1_000));
    assert!(compactor.once(&world.lake, LATER_MS).is_err());
    assert_eq!(compactor.damaged().len(), 1);
    assert_eq!(compactor.once(&world.lake, LATER_MS).unwrap(), Compacted::Nothing);
}

/// A catalogue in which another node is always first.
struct Overtaken(FileCatalogue);

impl Catalogue for Overtaken {
    fn load(&self) -> Result<shouhu_lake::catalogue::Listing, CatalogueError> {
        self.0.load()
    }
    fn publish(&self, change: &Change) -> Result<u64, CatalogueError> {
        match change.drop.first() {
            Some(id) => Err(CatalogueError::Exchanged(*id)),
            None => self.0.publish(change),
        }
    }
    fn version(&self) -> Result<u64, CatalogueError> {
        self.0.version()
    }
    fn next_id(&self) -> Result<SegmentId, CatalogueError> {
        self.0.next_id()
    }
}

#[test]
fn who_loses_the_race_gives_up_and_leaves_no_file() {
    let disk = SimFiles::default();
    let files: Arc<dyn Files> = Arc::new(disk.clone());
    let catalogue = Arc::new(Overtaken(FileCatalogue::open(files.clone(), 1).unwrap()));
    let (lake, report) = Lake::open(LakeConfig::of_node(1), files.clone(), files, catalogue).unwrap();
    lake.settle(report.replay.done());
    let mut world = World { disk, lake, book: BookKeeper::default(), sequence: 0 };
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    world.flush_of(Class::PASSAGE, DAY, 100, 60);
    let before = world.disk.list("").unwrap();
    let mut compactor = Compactor::new(CompactionPolicy::of_rows(1_000));
    assert_eq!(compactor.once(&world.lake, LATER_MS).unwrap(), Compacted::Overtaken);
    assert!(world.lake.erase(plate(CANARY), EVER, &|_| false).is_err());
    assert_eq!(world.disk.list("").unwrap(), before);
    assert_eq!(world.everything().len(), 122);
}

/// A catalogue whose next listing is followed by something before anybody opens what it names.
struct Slow {
    within: Arc<FileCatalogue>,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Catalogue for Slow {
    fn load(&self) -> Result<shouhu_lake::catalogue::Listing, CatalogueError> {
        let listing = self.within.load();
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        listing
    }
    fn publish(&self, change: &Change) -> Result<u64, CatalogueError> {
        self.within.publish(change)
    }
    fn version(&self) -> Result<u64, CatalogueError> {
        self.within.version()
    }
    fn next_id(&self) -> Result<SegmentId, CatalogueError> {
        self.within.next_id()
    }
}

#[test]
fn who_reads_an_old_listing_reads_the_new_one_before_anybody_asks() {
    let disk = SimFiles::default();
    let files: Arc<dyn Files> = Arc::new(disk.clone());
    let catalogue = Arc::new(FileCatalogue::open(files.clone(), 1).unwrap());
    let (lake, report) = Lake::open(LakeConfig::of_node(1), files.clone(), files.clone(), catalogue.clone()).unwrap();
    lake.settle(report.replay.done());
    let mut world = World { disk, lake, book: BookKeeper::default(), sequence: 0 };
    world.flush_of(Class::PASSAGE, DAY, 0, 60);
    world.flush_of(Class::PASSAGE, DAY, 100, 60);
    let slow = Arc::new(Slow { within: catalogue, meanwhile: Mutex::new(None) });
    let (other, _) = Lake::open(LakeConfig::of_node(2), Arc::new(SimFiles::default()), files, slow.clone()).unwrap();
    world.flush_of(Class::PASSAGE, DAY, 200, 60);
    let before = world.lake.segments().len();
    let lake = Arc::new(world.lake);
    let first = lake.clone();
    *slow.meanwhile.lock().unwrap() = Some(Box::new(move || {
        let mut compactor = Compactor::new(CompactionPolicy::of_rows(1_000));
        assert!(matches!(compactor.once(&first, LATER_MS).unwrap(), Compacted::Merged { .. }));
        assert!(first.sweep(LATER_MS, 0).unwrap() > 0);
    }));
    assert!(other.refresh().unwrap());
    assert!(lake.segments().len() < before, "the files went while it read");
    let mut rows = 0;
    for part in other.view().parts {
        part.each_record(&mut |_| {
            rows += 1;
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(rows, 183);
    assert!(other.segments().iter().all(|listed| listed.segment.is_ok()));
}
