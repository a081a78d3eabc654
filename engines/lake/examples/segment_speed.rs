//! Bytes per row and column, and processor time per question, of one segment on a real disk.
//!
//! `segment_speed FOLDER [DAY.bin]`: the rows of one day, 38 bytes each (plate in ten bytes filled with zeros; then little-endian
//! milliseconds i64, source u32, longitude and latitude i32, sequence u32, confidence u16, direction u8, a byte unused), or two
//! million rows made up here.

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use shouhu_files::{Append, Files, FilesError, ReadAt};
use shouhu_lake::catalogue::Order;
use shouhu_lake::part::{Bounds, Want};
use shouhu_lake::row::{AT_SOURCE, DAY_MS, HOUR_MS, NO_DIRECTION};
use shouhu_lake::segment::{Effort, Haste, Segment, write};
use shouhu_lake::{Class, Moment, Part, PlateCode, Row, SegmentId, Window};

struct Folder(PathBuf);
struct Tail(File);
struct Whole(File, u64);

fn failed(act: &'static str, name: &str, error: &std::io::Error) -> FilesError {
    FilesError::Failed { act, name: name.into(), reason: error.to_string() }
}

impl Files for Folder {
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError> {
        let path = self.0.join(name);
        let _ = std::fs::create_dir_all(path.parent().unwrap_or(&path));
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path);
        Ok(Box::new(Tail(file.map_err(|error| failed("create", name, &error))?)))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError> {
        let file = File::open(self.0.join(name)).map_err(|error| failed("open", name, &error))?;
        let len = file.metadata().map_err(|error| failed("open", name, &error))?.len();
        Ok(Arc::new(Whole(file, len)))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let mut file = self.create(name)?;
        file.append(bytes)?;
        file.sync()
    }

    fn remove(&self, name: &str) -> Result<(), FilesError> {
        std::fs::remove_file(self.0.join(name)).map_err(|error| failed("remove", name, &error))
    }

    fn list(&self, _folder: &str) -> Result<Vec<String>, FilesError> {
        Ok(Vec::new())
    }
}

impl Append for Tail {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        self.0.write_all(bytes).map_err(|error| failed("append to", "", &error))
    }

    fn sync(&mut self) -> Result<(), FilesError> {
        self.0.sync_all().map_err(|error| failed("sync", "", &error))
    }
}

impl ReadAt for Whole {
    fn len(&self) -> u64 {
        self.1
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FilesError> {
        self.0.read_exact_at(bytes, offset).map_err(|error| failed("read", "", &error))
    }
}

/// Time on a processor, so that figures hold on a busy machine too.
struct Spent(u64);

impl Spent {
    fn nanoseconds() -> u64 {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        told.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
    }

    fn now() -> Self {
        Self(Self::nanoseconds())
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(Self::nanoseconds() - self.0)
    }
}

type Any = Box<dyn std::error::Error>;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|part| part.try_into().ok()).unwrap_or([0; N])
}

fn dumped(bytes: &[u8]) -> Vec<Row> {
    let row = |bytes: &[u8]| Row {
        plate: PlateCode::from_bytes(bytes.get(..10).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default())
            .unwrap_or_default(),
        at_ms: i64::from_le_bytes(number(bytes, 10)),
        source: u32::from_le_bytes(number(bytes, 18)),
        lon_e6: i32::from_le_bytes(number(bytes, 22)),
        lat_e6: i32::from_le_bytes(number(bytes, 26)),
        sequence: u64::from(u32::from_le_bytes(number(bytes, 30))),
        confidence_pm: u16::from_le_bytes(number(bytes, 34)),
        direction: number::<1>(bytes, 36)[0],
        extra: 0,
        pictures: 3,
    };
    bytes.chunks_exact(38).map(row).collect()
}

fn made_up() -> Vec<Row> {
    let mut dice = Dice(1);
    let row = |_| Row {
        plate: PlateCode::parse(&format!("{:03}-{:04}", dice.roll(300), dice.roll(1000))).unwrap_or_default(),
        at_ms: 20_000 * DAY_MS + dice.roll(DAY_MS as u64) as i64,
        sequence: dice.roll(1 << 20),
        source: dice.roll(18_413) as u32,
        lon_e6: AT_SOURCE,
        lat_e6: 0,
        extra: 0,
        confidence_pm: 990 - 10 * dice.roll(30) as u16,
        direction: if dice.roll(50) == 0 { NO_DIRECTION } else { dice.roll(8) as u8 },
        pictures: 3,
    };
    (0..2_000_000).map(row).collect()
}

fn say(what: &str, took: Duration, times: usize, count: usize) {
    let each = took.as_secs_f64() * 1e6 / times.max(1) as f64;
    println!("{what:<52} {each:>12.2} µs each of {times}; {count} rows in all");
}

fn columns(path: PathBuf, rows: f64) -> Result<(), Any> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    for group in reader.metadata().row_groups() {
        for column in group.columns() {
            println!("  {:<16} {:>8.3} B/row", column.column_path().string(), column.compressed_size() as f64 / rows);
        }
    }
    Ok(())
}

fn main() -> Result<(), Any> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("a folder to write to")?);
    let rows = match arguments.next() {
        Some(path) => dumped(&std::fs::read(path)?),
        None => made_up(),
    };
    let files: Arc<dyn Files> = Arc::new(Folder(folder.clone()));
    let begun = Spent::now();
    let meta = write(&*files, SegmentId(1), Class::PASSAGE, &rows, &[], Effort::Quick, Haste::Leisure)?;
    let took = begun.elapsed();
    let count = meta.rows as f64;
    println!("{} rows, {} plates: written in {took:?}, {:.3} µs/row", meta.rows, meta.plates, took.as_secs_f64() * 1e6 / count);
    for (order, bytes) in Order::ALL.into_iter().zip(meta.bytes) {
        println!("{order:?}: {:.3} B/row", bytes as f64 / count);
        if order != Order::Index {
            columns(folder.join(meta.name(order)), count)?;
        }
    }
    println!("all: {:.3} B/row", meta.bytes.iter().sum::<u64>() as f64 / count);
    let begun = Spent::now();
    let segment = Segment::open(&files, &meta)?;
    println!("opened in {:?}; {:.3} B/row in memory", begun.elapsed(), segment.memory() as f64 / count);
    ask_plates(&segment, &rows)?;
    ask_moments(&segment, &rows)?;
    ask_all(&segment, &rows)
}

fn ask_plates(segment: &Segment, rows: &[Row]) -> Result<(), Any> {
    let mut dice = Dice(2);
    let day = Window { from_ms: i64::MIN, until_ms: i64::MAX };
    let mut draw = |_| rows.get(dice.roll(rows.len() as u64) as usize).map(|row| row.plate).unwrap_or_default();
    let plates: Vec<PlateCode> = (0..5_000).map(&mut draw).collect();
    for round in ["of_plate, present, first", "of_plate, present"] {
        let mut out = Vec::new();
        let begun = Spent::now();
        for plate in &plates {
            segment.of_plate(*plate, day, &mut out)?;
        }
        say(round, begun.elapsed(), plates.len(), out.len());
    }
    let mut out = Vec::new();
    let begun = Spent::now();
    for plate in &plates {
        segment.of_plate(PlateCode(plate.0 ^ 1), day, &mut out)?;
    }
    say("of_plate, absent", begun.elapsed(), plates.len(), out.len());
    Ok(())
}

fn ask_moments(segment: &Segment, rows: &[Row]) -> Result<(), Any> {
    let mut dice = Dice(3);
    let midnight = segment.span().from_ms.div_euclid(DAY_MS) * DAY_MS;
    for (what, sources, len, want) in [
        ("at_moments, 10 sources, 1 h, seen", 10, HOUR_MS, Want::Seen),
        ("at_moments, 10 sources, 1 h, bare", 10, HOUR_MS, Want::Bare),
        ("at_moments, 300 sources, 1 h, seen", 300, HOUR_MS, Want::Seen),
        ("at_moments, 200 single moments of 2 min, bare", 200, 120_000, Want::Bare),
    ] {
        let mut hits = 0;
        let mut asked = Vec::new();
        for _ in 0..200 {
            let mut draw = |_| {
                let row = rows.get(dice.roll(rows.len() as u64) as usize);
                let (source, at_ms) = row.map_or((0, 0), |row| (row.source, row.at_ms));
                let from_ms = if sources == 200 { at_ms - 60_000 } else { midnight + 8 * HOUR_MS };
                Moment { source, window: Window { from_ms, until_ms: from_ms + len } }
            };
            let mut moments: Vec<Moment> = (0..sources).map(&mut draw).collect();
            moments.sort_by_key(|moment| (moment.source, moment.window.from_ms));
            asked.push(moments);
        }
        let begun = Spent::now();
        for moments in &asked {
            segment.at_moments(moments, want, &mut |_, _| hits += 1)?;
        }
        say(what, begun.elapsed(), asked.len(), hits);
    }
    let mut hits = 0;
    let begun = Spent::now();
    for _ in 0..100 {
        let window = Window { from_ms: midnight + 8 * HOUR_MS, until_ms: midnight + 9 * HOUR_MS };
        let bounds = Bounds { west_e6: 120_190_000, south_e6: 22_980_000, east_e6: 120_220_000, north_e6: 23_010_000 };
        segment.moving(window, bounds, &mut |_| hits += 1)?;
    }
    say("moving, 1 h, 3 km × 3 km", begun.elapsed(), 100, hits);
    Ok(())
}

fn ask_all(segment: &Segment, rows: &[Row]) -> Result<(), Any> {
    let hour = segment.span().from_ms.div_euclid(HOUR_MS);
    let begun = Spent::now();
    let mut sum = 0;
    for _ in 0..20 {
        segment.tally(hour - 24, hour + 24, &mut |_, _, rows| sum += rows as usize)?;
    }
    say("tally, a day", begun.elapsed(), 20, sum);
    let begun = Spent::now();
    for _ in 0..10 {
        segment.each_plate(&mut |plate, rows| {
            black_box((plate, rows));
        })?;
    }
    say("each_plate", begun.elapsed(), 10, rows.len());
    let mut dice = Dice(4);
    let keys: Vec<_> = (0..2_000).filter_map(|_| rows.get(dice.roll(rows.len() as u64) as usize).map(Row::key)).collect();
    let begun = Spent::now();
    let mut found = 0;
    for key in &keys {
        found += usize::from(segment.record(*key)?.is_some());
    }
    say("record", begun.elapsed(), keys.len(), found);
    let begun = Spent::now();
    let mut count = 0;
    segment.each_record(&mut |record| {
        black_box(record.row);
        count += 1;
        Ok(())
    })?;
    say("each_record, per row", begun.elapsed(), count, count);
    let begun = Spent::now();
    segment.verify()?;
    say("verify", begun.elapsed(), 1, count);
    Ok(())
}
