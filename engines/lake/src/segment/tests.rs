//! The whole segment against a naive oracle, against damage, and against another reader.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use proptest::prelude::*;
use shouhu_files::{Append, Files, FilesError, ReadAt};

use super::*;
use crate::catalogue::{Order, SegmentId, SegmentMeta};
use crate::code::PlateCode;
use crate::part::{Bounds, Moment, Part, PartError, Want, Window};
use crate::row::{AT_SOURCE, Class, DAY_MS, Extra, FullRecord, HOUR_MS, Key, NO_DIRECTION, Row, Seen};

const DAY: i64 = 20_000;
const MIDNIGHT: i64 = DAY * DAY_MS;

/// Files in memory that can be bent.
#[derive(Default, Clone)]
struct Shelf(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

struct End(Shelf, String);

struct Bytes(Vec<u8>);

impl Shelf {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        match self.0.lock() {
            Ok(mut files) => act(&mut files),
            Err(poisoned) => act(&mut poisoned.into_inner()),
        }
    }
}

impl Files for Shelf {
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError> {
        if self.with(|files| files.contains_key(name)) {
            return Err(FilesError::Exists { name: name.into() });
        }
        self.with(|files| files.insert(name.into(), Vec::new()));
        Ok(Box::new(End(self.clone(), name.into())))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError> {
        let bytes = self.with(|files| files.get(name).cloned()).ok_or_else(|| FilesError::Missing { name: name.into() })?;
        Ok(Arc::new(Bytes(bytes)))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        self.with(|files| files.insert(name.into(), bytes.to_vec()));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), FilesError> {
        self.with(|files| files.remove(name));
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FilesError> {
        Ok(self.with(|files| files.keys().filter(|name| name.starts_with(folder)).cloned().collect()))
    }
}

impl Append for End {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        self.0.with(|files| files.entry(self.1.clone()).or_default().extend_from_slice(bytes));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), FilesError> {
        Ok(())
    }
}

impl ReadAt for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FilesError> {
        let until = offset as usize + bytes.len();
        let part = self.0.get(offset as usize..until).ok_or_else(|| FilesError::Short {
            name: "a file".into(),
            len: self.len(),
            offset,
            until: until as u64,
        })?;
        bytes.copy_from_slice(part);
        Ok(())
    }
}

fn rows_and_extras() -> impl Strategy<Value = (Vec<Row>, Vec<Extra>)> {
    let extra = (
        prop::option::of(any::<i32>()),
        prop::option::of(any::<u16>()),
        prop::option::of(any::<u16>()),
        prop::option::of(".{0,30}"),
    )
        .prop_map(|(lag_ms, speed_dkmh, reads, detail)| Extra { lag_ms, speed_dkmh, reads, detail });
    let extras = prop::collection::vec(extra, 0..5);
    let plate = prop_oneof!["[A-C]{3}-[0-1]{2}", "[-0-9A-Z]{1,10}"];
    let time = prop_oneof![Just(0_i64), 0..DAY_MS, 0_i64..5_000, Just(DAY_MS - 1)];
    let source = prop_oneof![0_u32..4, 0_u32..400, 100_000_u32..100_003];
    let place = prop::option::weighted(0.3, (any::<i16>(), any::<i16>()));
    let direction = prop::option::weighted(0.7, 0_u8..12);
    let row = (plate, time, source, place, 0_u16..=1000, direction, 0_u8..4, any::<u64>(), 0_u32..5);
    let row = row.prop_map(|(plate, time, source, place, confidence_pm, direction, pictures, sequence, extra)| Row {
        plate: PlateCode::parse(&plate).unwrap_or_default(),
        at_ms: MIDNIGHT + time,
        sequence,
        source,
        lon_e6: place.map_or(AT_SOURCE, |(lon, _)| i32::from(lon)),
        lat_e6: place.map_or(0, |(_, lat)| i32::from(lat)),
        extra,
        confidence_pm,
        direction: direction.unwrap_or(NO_DIRECTION),
        pictures,
    });
    (prop::collection::vec(row, 1..300), extras)
}

/// Enough rows for several pages of each column: what is drawn, again and again at other times.
fn multiplied(rows: &[Row], times: usize) -> Vec<Row> {
    let mut all = Vec::new();
    for round in 0..times as i64 {
        all.extend(rows.iter().map(|row| Row {
            at_ms: MIDNIGHT + (row.at_ms - MIDNIGHT + round * 7_919_000).rem_euclid(DAY_MS),
            sequence: row.sequence.wrapping_add(round as u64),
            ..*row
        }));
    }
    all
}

/// What a segment of these rows should hold, in the order of the source file.
fn oracle(rows: &[Row], extras: &[Extra]) -> Vec<FullRecord> {
    let mut by_key = BTreeMap::new();
    for row in rows {
        let extra = (row.extra as usize).checked_sub(1).and_then(|at| extras.get(at)).cloned().unwrap_or_default();
        by_key.entry(row.key()).or_insert(FullRecord { row: Row { extra: 0, ..*row }, extra, class: Class::PASSAGE });
    }
    by_key.into_values().collect()
}

fn written(rows: &[Row], extras: &[Extra]) -> (Shelf, SegmentMeta) {
    let shelf = Shelf::default();
    let meta = write(&shelf, SegmentId(7), Class::PASSAGE, rows, extras, Effort::Quick, Haste::Leisure);
    let Ok(meta) = meta else { panic!("{meta:?}") };
    let hurried = Shelf::default();
    let same = write(&hurried, SegmentId(7), Class::PASSAGE, rows, extras, Effort::Quick, Haste::Hurry);
    assert_eq!(same.as_ref(), Ok(&meta));
    assert_eq!(hurried.with(|files| files.clone()), shelf.with(|files| files.clone()), "two cores write the bytes of one");
    (shelf, meta)
}

fn opened(shelf: &Shelf, meta: &SegmentMeta) -> Result<Segment, PartError> {
    let files: Arc<dyn Files> = Arc::new(shelf.clone());
    Segment::open(&files, meta)
}

fn sorted(mut seen: Vec<Seen>) -> Vec<Seen> {
    seen.sort_by_key(|seen| (seen.key(), seen.confidence_pm));
    seen
}

fn check<T: PartialEq + std::fmt::Debug>(got: Result<T, PartError>, wanted: &T) -> Result<(), TestCaseError> {
    match got {
        Ok(got) => {
            prop_assert_eq!(&got, wanted);
            Ok(())
        }
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

/// Everything a segment can be asked, as one value.
#[derive(Debug, PartialEq, Eq, Clone, Default)]
struct Answers {
    of_plate: Vec<Vec<Seen>>,
    at_moments: Vec<(usize, Seen)>,
    bare: Vec<(usize, Key)>,
    moving: Vec<Seen>,
    tally: Vec<(u32, i64, u32)>,
    hours: Vec<(i64, u32)>,
    plates: Vec<(PlateCode, u32)>,
    record: Vec<Option<FullRecord>>,
    each: Vec<FullRecord>,
}

struct Questions {
    window: Window,
    bounds: Bounds,
    moments: Vec<Moment>,
    plates: Vec<PlateCode>,
    keys: Vec<Key>,
}

impl Questions {
    fn of(records: &[FullRecord], from: i64, len: i64) -> Self {
        let window = Window { from_ms: MIDNIGHT + from, until_ms: MIDNIGHT + from + len };
        let mut sources: Vec<u32> = records.iter().map(|record| record.row.source).chain([2, 500]).collect();
        sources.sort_unstable();
        sources.dedup();
        let windows = [
            window,
            Window { from_ms: i64::MIN, until_ms: i64::MAX },
            Window { from_ms: window.from_ms, until_ms: window.from_ms + 1 },
        ];
        let mut moments: Vec<Moment> =
            sources.iter().flat_map(|source| windows.map(|window| Moment { source: *source, window })).collect();
        moments.sort_by_key(|moment| (moment.source, moment.window.from_ms));
        let some = || records.iter().step_by(records.len() / 20 + 1).map(|record| record.row);
        let plates = some().map(|row| row.plate).chain([PlateCode(1), PlateCode(1 << 59)]).collect();
        let keys = some()
            .map(|row| row.key())
            .flat_map(|key| [key, Key { at_ms: key.at_ms + 1, ..key }, Key { source: key.source + 1, ..key }]);
        let bounds = Bounds { west_e6: -9_000, south_e6: -20_000, east_e6: 20_000, north_e6: 15_000 };
        Self { window, bounds, moments, plates, keys: keys.collect() }
    }

    fn asked(&self, segment: &Segment) -> Result<Answers, PartError> {
        let mut answers = Answers::default();
        for plate in &self.plates {
            segment.will_ask_plate(*plate);
            let mut seen = Vec::new();
            segment.of_plate(*plate, self.window, &mut seen)?;
            assert!(seen.is_sorted_by_key(|seen| seen.at_ms));
            answers.of_plate.push(sorted(seen));
        }
        segment.at_moments(&self.moments, Want::Seen, &mut |at, seen| answers.at_moments.push((at, seen)))?;
        segment.at_moments(&self.moments, Want::Bare, &mut |at, seen| answers.bare.push((at, seen.key())))?;
        answers.at_moments.sort_by_key(|(at, seen)| (*at, seen.key()));
        answers.bare.sort_unstable();
        segment.moving(self.window, self.bounds, &mut |seen| answers.moving.push(seen))?;
        answers.moving.sort_by_key(Seen::key);
        let hour = DAY * 24;
        segment.tally(hour - 3, hour + 20, &mut |source, hour, rows| answers.tally.push((source, hour, rows)))?;
        answers.tally.sort_unstable();
        segment.tally_hours(hour + 2, hour + 30, &mut |hour, rows| answers.hours.push((hour, rows)))?;
        segment.each_plate(&mut |plate, rows| answers.plates.push((plate, rows)))?;
        for key in &self.keys {
            answers.record.push(segment.record(*key)?);
        }
        segment.each_record(&mut |record| {
            answers.each.push(record);
            Ok(())
        })?;
        Ok(answers)
    }

    fn expected(&self, records: &[FullRecord]) -> Answers {
        let mut answers = Answers { each: records.to_vec(), ..Answers::default() };
        let all = || records.iter().map(|record| record.row.seen());
        for plate in &self.plates {
            answers.of_plate.push(sorted(all().filter(|seen| seen.plate == *plate && self.window.holds(seen.at_ms)).collect()));
        }
        for (at, moment) in self.moments.iter().enumerate() {
            let here = || all().filter(|seen| seen.source == moment.source && moment.window.holds(seen.at_ms));
            answers.at_moments.extend(here().map(|seen| (at, seen)));
            answers.bare.extend(here().map(|seen| (at, seen.key())));
        }
        answers.bare.sort_unstable();
        let moves = |seen: &Seen| seen.lon_e6 != AT_SOURCE && self.bounds.holds(seen.lon_e6, seen.lat_e6);
        answers.moving = all().filter(|seen| self.window.holds(seen.at_ms) && moves(seen)).collect();
        let (mut tally, mut hours, mut plates) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for seen in all() {
            let hour = seen.at_ms / HOUR_MS;
            *plates.entry(seen.plate).or_insert(0) += 1;
            if hour < DAY * 24 + 20 {
                *tally.entry((seen.source, hour)).or_insert(0) += 1;
            }
            if hour >= DAY * 24 + 2 {
                *hours.entry(hour).or_insert(0) += 1;
            }
        }
        answers.tally = tally.into_iter().map(|((source, hour), rows)| (source, hour, rows)).collect();
        answers.hours = hours.into_iter().collect();
        answers.plates = plates.into_iter().collect();
        answers.record = self.keys.iter().map(|key| records.iter().find(|record| record.row.key() == *key).cloned()).collect();
        answers
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn every_question_is_answered_as_by_reading_all_rows(
        (rows, extras) in rows_and_extras(), times in prop_oneof![8 => Just(1_usize), 1 => Just(60_usize)],
        from in 0..DAY_MS, len in 0_i64..DAY_MS,
    ) {
        let rows = multiplied(&rows, times);
        let records = oracle(&rows, &extras);
        let (shelf, meta) = written(&rows, &extras);
        prop_assert_eq!(meta.rows, records.len() as u64);
        let segment = match opened(&shelf, &meta) {
            Ok(segment) => segment,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        check(segment.verify(), &())?;
        let questions = Questions::of(&records, from, len);
        check(questions.asked(&segment), &questions.expected(&records))?;
    }

    #[test]
    fn the_parquet_crate_reads_the_same_rows((rows, extras) in rows_and_extras(), times in prop_oneof![8 => Just(1_usize), 1 => Just(60_usize)]) {
        let rows = multiplied(&rows, times);
        let records = oracle(&rows, &extras);
        let (shelf, meta) = written(&rows, &extras);
        prop_assert_eq!(&from_source_file(&shelf, &meta), &records);
        let mut seen = records.iter().map(|record| record.row.seen()).collect::<Vec<_>>();
        seen.sort_by_key(|seen| (seen.plate, seen.at_ms, seen.source));
        prop_assert_eq!(from_plate_file(&shelf, &meta), seen);
    }
}

fn parquet_rows(shelf: &Shelf, name: &str) -> Vec<parquet::record::Row> {
    let bytes = shelf.with(|files| files.get(name).cloned().unwrap_or_default());
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes));
    let Ok(reader) = reader else { panic!("{:?}", reader.err()) };
    let rows: Result<Vec<_>, _> = match reader.get_row_iter(None) {
        Ok(rows) => rows.collect(),
        Err(error) => panic!("{error}"),
    };
    match rows {
        Ok(rows) => rows,
        Err(error) => panic!("{error}"),
    }
}

fn seen_of(row: &parquet::record::Row, plate: usize, source: usize) -> Seen {
    let text = row.get_string(plate).cloned().unwrap_or_default();
    let lon = row.get_int(3).ok();
    Seen {
        plate: PlateCode::parse(&text).unwrap_or_default(),
        at_ms: row.get_timestamp_millis(1).unwrap_or_default(),
        source: row.get_int(source).unwrap_or_default() as u32,
        lon_e6: lon.unwrap_or(AT_SOURCE),
        lat_e6: row.get_int(4).unwrap_or_default(),
        confidence_pm: row.get_ushort(5).unwrap_or_default(),
        direction: row.get_ubyte(6).unwrap_or(NO_DIRECTION),
    }
}

fn from_plate_file(shelf: &Shelf, meta: &SegmentMeta) -> Vec<Seen> {
    let rows = parquet_rows(shelf, &meta.name(Order::Plate));
    let mut seen: Vec<Seen> = rows.iter().map(|row| seen_of(row, 0, 2)).collect();
    assert!(seen.is_sorted_by_key(|seen| (seen.plate, seen.at_ms)));
    seen.sort_by_key(|seen| (seen.plate, seen.at_ms, seen.source));
    seen
}

fn from_source_file(shelf: &Shelf, meta: &SegmentMeta) -> Vec<FullRecord> {
    let rows = parquet_rows(shelf, &meta.name(Order::Source));
    let record = |row: &parquet::record::Row| {
        let seen = seen_of(row, 2, 0);
        FullRecord {
            row: Row {
                plate: seen.plate,
                at_ms: seen.at_ms,
                sequence: row.get_long(7).unwrap_or_default() as u64,
                source: seen.source,
                lon_e6: seen.lon_e6,
                lat_e6: seen.lat_e6,
                extra: 0,
                confidence_pm: seen.confidence_pm,
                direction: seen.direction,
                pictures: row.get_ubyte(8).unwrap_or_default(),
            },
            extra: Extra {
                lag_ms: row.get_int(9).ok(),
                speed_dkmh: row.get_ushort(10).ok(),
                reads: row.get_ushort(11).ok(),
                detail: row.get_string(12).ok().cloned(),
            },
            class: Class::PASSAGE,
        }
    };
    rows.iter().map(record).collect()
}

/// All three files of a small segment with something in every column.
fn small() -> (Shelf, SegmentMeta, Questions, Answers) {
    let rows: Vec<Row> = (0..400_u32)
        .map(|n| Row {
            plate: PlateCode::parse(&format!("AB{}-{:03}", n % 3, n * 7 % 90)).unwrap_or_default(),
            at_ms: MIDNIGHT + i64::from(n * 7919 % 1000) * 86_399,
            sequence: u64::from(n) * 3,
            source: n % 5 + n % 2 * 100_000,
            lon_e6: if n % 2 == 1 { n as i32 } else { AT_SOURCE },
            lat_e6: if n % 2 == 1 { 5 } else { 0 },
            extra: n % 3,
            confidence_pm: (n * 13 % 1000) as u16,
            direction: if n % 9 == 0 { NO_DIRECTION } else { (n % 8) as u8 },
            pictures: (n % 4) as u8,
        })
        .collect();
    let extras = [
        Extra { lag_ms: Some(5), speed_dkmh: Some(500), reads: Some(3), detail: Some("{\"a\":1}".into()) },
        Extra { lag_ms: Some(-5), ..Extra::default() },
    ];
    let records = oracle(&rows, &extras);
    let (shelf, meta) = written(&rows, &extras);
    let questions = Questions::of(&records, 0, DAY_MS);
    let answers = questions.expected(&records);
    (shelf, meta, questions, answers)
}

/// `None`: the damage was named. Otherwise what was answered.
fn asked_after(shelf: &Shelf, meta: &SegmentMeta, questions: &Questions) -> (Option<Answers>, bool) {
    let segment = match opened(shelf, meta) {
        Ok(segment) => segment,
        Err(PartError::Damaged { .. }) => return (None, true),
        Err(error) => panic!("{error}"),
    };
    let is_found = match segment.verify() {
        Ok(()) => false,
        Err(PartError::Damaged { .. }) => true,
        Err(error) => panic!("{error}"),
    };
    match questions.asked(&segment) {
        Ok(answers) => (Some(answers), is_found),
        Err(PartError::Damaged { .. }) => (None, is_found),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_never_changes_an_answer() {
    let (shelf, meta, questions, wanted) = small();
    for order in Order::ALL {
        let name = meta.name(order);
        let whole = shelf.with(|files| files.get(&name).cloned().unwrap_or_default());
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            if let Some(byte) = bent.get_mut(at) {
                *byte ^= 1 << (at % 8);
            }
            shelf.with(|files| files.insert(name.clone(), bent));
            let (answers, is_found) = asked_after(&shelf, &meta, &questions);
            assert!(is_found, "verify misses byte {at} of {name}");
            assert!(answers.is_none_or(|answers| answers == wanted), "another answer with byte {at} of {name}");
        }
        shelf.with(|files| files.insert(name, whole));
    }
}

#[test]
fn a_file_that_is_cut_or_longer_is_refused_and_a_missing_one_is_named() {
    let (shelf, meta, ..) = small();
    for order in Order::ALL {
        let name = meta.name(order);
        let whole = shelf.with(|files| files.get(&name).cloned().unwrap_or_default());
        for len in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
            shelf.with(|files| files.insert(name.clone(), whole.get(..len).unwrap_or_default().to_vec()));
            assert!(matches!(opened(&shelf, &meta), Err(PartError::Damaged { file, .. }) if file == name));
        }
        shelf.with(|files| files.insert(name.clone(), [whole.as_slice(), &[0]].concat()));
        assert!(matches!(opened(&shelf, &meta), Err(PartError::Damaged { file, .. }) if file == name));
        shelf.with(|files| files.remove(&name));
        assert_eq!(opened(&shelf, &meta).err(), Some(PartError::Files(FilesError::Missing { name: name.clone() })));
        shelf.with(|files| files.insert(name, whole));
    }
}

#[test]
fn the_index_of_another_segment_is_refused() {
    let (shelf, meta, ..) = small();
    let other = write(&shelf, SegmentId(8), Class::PASSAGE, &[row_at(1), row_at(2)], &[], Effort::Quick, Haste::Leisure);
    let Ok(other) = other else { panic!("{other:?}") };
    let index = shelf.with(|files| files.get(&other.name(Order::Index)).cloned().unwrap_or_default());
    shelf.with(|files| files.insert(meta.name(Order::Index), index));
    assert!(matches!(opened(&shelf, &meta), Err(PartError::Damaged { .. })));
    let forged = SegmentMeta { index_crc: other.index_crc, ..meta };
    assert!(matches!(opened(&shelf, &forged), Err(PartError::Damaged { .. })));
}

fn row_at(ms: i64) -> Row {
    Row {
        plate: PlateCode::parse("ABC-1234").unwrap_or_default(),
        at_ms: MIDNIGHT + ms,
        sequence: 0,
        source: 1,
        lon_e6: AT_SOURCE,
        lat_e6: 0,
        extra: 0,
        confidence_pm: 0,
        direction: NO_DIRECTION,
        pictures: 0,
    }
}

#[test]
fn a_number_that_is_taken_leaves_the_segment_that_has_it_alone() {
    let (shelf, meta, questions, wanted) = small();
    let name = meta.name(Order::Plate);
    let again = write(&shelf, meta.id, Class::PASSAGE, &[row_at(1)], &[], Effort::Quick, Haste::Leisure);
    assert_eq!(again, Err(WriteError::Files(FilesError::Exists { name })));
    assert_eq!(asked_after(&shelf, &meta, &questions), (Some(wanted), false));
}

#[test]
fn what_cannot_be_written_is_refused_with_its_reason() {
    let shelf = Shelf::default();
    let write = |rows: &[Row]| write(&shelf, SegmentId(1), Class::PASSAGE, rows, &[], Effort::Quick, Haste::Leisure).err();
    assert_eq!(write(&[]), Some(WriteError::Empty));
    let late = row_at(DAY_MS);
    assert_eq!(write(&[row_at(0), late]), Some(WriteError::OtherDay { at_ms: late.at_ms, day: DAY }));
    assert_eq!(write(&[Row { plate: PlateCode(u64::MAX), ..late }]), Some(WriteError::Plate { code: u64::MAX }));
}

/// A disk that is full after some bytes.
struct Full(Shelf, Arc<Mutex<usize>>);

struct FullEnd(Box<dyn Append>, Arc<Mutex<usize>>);

fn take_room(room: &Mutex<usize>, bytes: usize) -> Result<(), FilesError> {
    let Ok(mut room) = room.lock() else { panic!("nothing panics with the lock held") };
    *room = room.checked_sub(bytes).ok_or(FilesError::Full { name: "some".into() })?;
    Ok(())
}

impl Append for FullEnd {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        take_room(&self.1, bytes.len())?;
        self.0.append(bytes)
    }

    fn sync(&mut self) -> Result<(), FilesError> {
        self.0.sync()
    }
}

impl Files for Full {
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError> {
        Ok(Box::new(FullEnd(self.0.create(name)?, self.1.clone())))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError> {
        self.0.open(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        take_room(&self.1, bytes.len())?;
        self.0.put(name, bytes)
    }

    fn remove(&self, name: &str) -> Result<(), FilesError> {
        self.0.remove(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FilesError> {
        self.0.list(folder)
    }
}

#[test]
fn nothing_stays_behind_when_the_disk_is_full() {
    let (_, meta, ..) = small();
    let whole: u64 = meta.bytes.iter().sum();
    let rows: Vec<Row> = (0..400).map(row_at).collect();
    for room in (0..whole as usize).step_by(101) {
        let shelf = Shelf::default();
        let full = Full(shelf.clone(), Arc::new(Mutex::new(room)));
        if write(&full, SegmentId(1), Class::PASSAGE, &rows, &[], Effort::Lasting, Haste::Leisure).is_err() {
            assert_eq!(shelf.list(""), Ok(Vec::new()));
        }
    }
}
