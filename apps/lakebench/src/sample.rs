//! A small lake from a seed, for comparing engines row by row: two towns' worth of cameras, patrol cars, misread plates,
//! convoys, and everything optional that a record can have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use parquet::data_type::Int32Type;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_lake::catalogue::Order;
use shouhu_lake::part::{Bounds, Window};
use shouhu_lake::row::{AT_SOURCE, DAY_MS, HOUR_MS, NO_DIRECTION};
use shouhu_lake::{Batch, Class, Extra, PlateCode, Row, Source, Sources};

use crate::query::write_answers;
use crate::question::Question;
use crate::store::Opened;

/// 2026-05-01T00:00:00Z.
pub const START_MS: i64 = 1_777_593_600_000;
pub const DAYS: i64 = 3;
const GRID: i32 = 12;
const PATROL_CARS: u32 = 6;
const FIRST_PATROL_CAR: u32 = 500;
const VEHICLES: usize = 4_000;
const TRIPS: usize = 11_000;
/// Pairs of vehicles that drive together on some trips.
const CONVOYS: usize = 12;
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of which cameras take one for the other.
const CONFUSED: [(char, char); 7] = [('0', 'O'), ('8', 'B'), ('1', 'I'), ('5', 'S'), ('2', 'Z'), ('6', 'G'), ('D', 'Q')];

/// Rows in the order in which they happened, and what there is to know about them.
pub struct Sample {
    pub rows: Vec<Row>,
    pub extras: Vec<Extra>,
    pub sources: Vec<Source>,
    leaders: Vec<String>,
    common: Vec<String>,
}

/// Longitude and latitude of a corner of the grid; sources are numbered along it.
fn corner(x: i32, y: i32) -> (i32, i32) {
    (120_200_000 + x * 2_500, 22_990_000 + y * 2_300)
}

fn plate_of(chance: &mut ChaCha8Rng) -> String {
    let letters: String = (0..3).map(|_| char::from(LETTERS[chance.gen_range(0..LETTERS.len())])).collect();
    match chance.gen_range(0..3) {
        0 => format!("{letters}-{:03}", chance.gen_range(0..1_000)),
        1 => format!("{:04}-{}", chance.gen_range(0..10_000), &letters[..2]),
        _ => format!("{letters}-{:04}", chance.gen_range(0..10_000)),
    }
}

fn misread(plate: &str, chance: &mut ChaCha8Rng) -> String {
    let place = chance.gen_range(0..plate.len());
    let swap = |ch: char| CONFUSED.iter().find_map(|(a, b)| if *a == ch { Some(*b) } else { (*b == ch).then_some(*a) }).unwrap_or(ch);
    plate.chars().enumerate().map(|(index, ch)| if index == place { swap(ch) } else { ch }).collect()
}

impl Sample {
    pub fn drawn(seed: u64) -> anyhow::Result<Self> {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut plates: Vec<String> = (0..VEHICLES).map(|_| plate_of(&mut chance)).collect();
        plates.sort();
        plates.dedup();
        let fixed = (0..GRID * GRID).map(|n| Source { number: n as u32 + 1, place_e6: Some(corner(n % GRID, n / GRID)) });
        let moving = (0..PATROL_CARS).map(|n| Source { number: FIRST_PATROL_CAR + n, place_e6: None });
        let leaders: Vec<String> = (0..CONVOYS).map(|_| plates[chance.gen_range(0..plates.len())].clone()).collect();
        let mut sample =
            Self { rows: Vec::new(), extras: Vec::new(), sources: fixed.chain(moving).collect(), leaders, common: Vec::new() };
        for trip in 0..TRIPS {
            // The square of a uniform number: some vehicles are seen far more often than others.
            let often: f64 = chance.r#gen();
            let plate = if trip < CONVOYS * 4 {
                sample.leaders[trip / 4].clone()
            } else {
                plates[((often * often) * plates.len() as f64) as usize].clone()
            };
            let followers = if trip < CONVOYS * 4 { vec![plates[(trip / 4 * 31 + 7) % plates.len()].clone()] } else { Vec::new() };
            sample.drive(&plate, &followers, &mut chance)?;
        }
        sample.rows.sort_unstable_by_key(Row::key);
        sample.rows.dedup_by_key(|row| row.key());
        sample.rows.sort_unstable_by_key(|row| (row.at_ms, row.source, row.plate));
        for (index, row) in sample.rows.iter_mut().enumerate() {
            row.sequence = index as u64 + 1;
        }
        sample.common = plates.iter().take(20).cloned().collect();
        Ok(sample)
    }

    /// A walk over the grid past its cameras, with those who follow some seconds behind.
    fn drive(&mut self, plate: &str, followers: &[String], chance: &mut ChaCha8Rng) -> anyhow::Result<()> {
        let (mut x, mut y) = (chance.gen_range(0..GRID), chance.gen_range(0..GRID));
        let mut at_ms = START_MS + chance.gen_range(0..DAYS * DAY_MS - HOUR_MS);
        let octant: u8 = chance.gen_range(0..4) * 2;
        for _ in 0..chance.gen_range(4..16) {
            let source = if chance.gen_ratio(1, 25) { FIRST_PATROL_CAR + chance.gen_range(0..PATROL_CARS) } else { (y * GRID + x) as u32 + 1 };
            self.pass(plate, source, corner(x, y), at_ms, octant, chance)?;
            for follower in followers {
                self.pass(follower, source, corner(x, y), at_ms + chance.gen_range(3_000..50_000), octant, chance)?;
            }
            at_ms += chance.gen_range(8_000..120_000);
            // Somebody stops on the way now and then: the trajectory has two trips.
            at_ms += if chance.gen_ratio(1, 60) { 40 * 60_000 } else { 0 };
            match octant {
                0 => x = (x + 1).min(GRID - 1),
                2 => y = (y + 1).min(GRID - 1),
                4 => x = (x - 1).max(0),
                _ => y = (y - 1).max(0),
            }
        }
        Ok(())
    }

    fn pass(&mut self, plate: &str, source: u32, place: (i32, i32), at_ms: i64, octant: u8, chance: &mut ChaCha8Rng) -> anyhow::Result<()> {
        let is_misread = chance.gen_ratio(1, 40);
        let text = if is_misread { misread(plate, chance) } else { plate.to_owned() };
        let moves = source >= FIRST_PATROL_CAR;
        let extra = if chance.gen_ratio(1, 10) {
            self.extras.push(Extra {
                lag_ms: Some(chance.gen_range(50..5_000)),
                speed_dkmh: chance.gen_bool(0.5).then(|| chance.gen_range(100..900)),
                reads: Some(chance.gen_range(1..30)),
                detail: is_misread.then(|| r#"{"alternatives":[]}"#.to_owned()),
            });
            u32::try_from(self.extras.len())?
        } else {
            0
        };
        self.rows.push(Row {
            plate: PlateCode::parse(&text).context("the generator made no plate")?,
            at_ms,
            sequence: 0,
            source,
            lon_e6: if moves { place.0 + chance.gen_range(-400..400) } else { AT_SOURCE },
            lat_e6: if moves { place.1 + chance.gen_range(-400..400) } else { 0 },
            extra,
            confidence_pm: if is_misread { chance.gen_range(300..850) } else { chance.gen_range(850..=1_000) },
            direction: if chance.gen_ratio(1, 15) { NO_DIRECTION } else { octant },
            pictures: chance.gen_range(0..4),
        });
        Ok(())
    }

    #[must_use]
    pub fn register(&self) -> Sources {
        Sources::new(self.sources.iter().cloned())
    }

    /// Some of every question; each has rows but for the plates that nobody has.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let whole = Window { from_ms: START_MS, until_ms: START_MS + DAYS * DAY_MS };
        let day = |day: i64| Window { from_ms: START_MS + day * DAY_MS, until_ms: START_MS + (day + 1) * DAY_MS };
        let hour = |day: i64, hour: i64| {
            let from_ms = START_MS + day * DAY_MS + hour * HOUR_MS;
            Window { from_ms, until_ms: from_ms + HOUR_MS }
        };
        let mut all = Vec::new();
        for plate in self.leaders.iter().take(4).chain(self.common.iter().take(4)).chain([&"QQQ-0000".to_owned()]) {
            let plate = || plate.clone();
            all.push(Question::History { plate: plate(), window: whole });
            all.push(Question::History { plate: plate(), window: Window { from_ms: day(0).from_ms + 7 * HOUR_MS, until_ms: day(1).from_ms + 5 } });
            all.push(Question::Trajectory { plate: plate(), window: whole });
            all.push(Question::Convoy { plate: plate(), window: whole });
            all.push(Question::LookAlike { plate: plate() });
            all.push(Question::OneOff { plate: plate() });
            let pattern = plate().chars().enumerate().map(|(index, ch)| if index == 1 || index == 5 { '?' } else { ch }).collect();
            all.push(Question::Wildcard { pattern });
        }
        for n in 0..3 {
            let row = |y: u32| (0..6).map(|x| y * GRID as u32 + x + 1).chain([FIRST_PATROL_CAR]).collect::<Vec<u32>>();
            all.push(Question::CameraSet { sources: row(3 + n), window: hour(i64::from(n), 9) });
            all.push(Question::AThenB { a: row(3), b: row(6 + n), window: day(i64::from(n)) });
            all.push(Question::HourByCamera { window: day(i64::from(n)) });
            let (west_e6, south_e6) = corner(2, 2 + n as i32);
            let (east_e6, north_e6) = corner(6, 6 + n as i32);
            all.push(Question::Box { bounds: Bounds { west_e6, south_e6, east_e6, north_e6 }, window: hour(i64::from(n), 15) });
        }
        all.push(Question::Hours { window: whole });
        all
    }
}

/// `shouhu-lakebench sample`.
#[derive(Args)]
pub struct Out {
    /// Folder for the lake and the questions.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Rows that one device sends at once.
const BATCH: usize = 500;
/// The lake is flushed after so many rows, so that a day has several segments.
const FLUSH: usize = 30_000;
/// Sources from here on are a car park's.
const FIRST_PARKING: u32 = 130;

impl Out {
    pub fn run(&self) -> anyhow::Result<()> {
        let sample = Sample::drawn(self.seed)?;
        let lake = self.out.join("lake");
        sample.write(&lake)?;
        write_sources(&lake.join("sources.parquet"), &sample.sources)?;
        let opened = Opened::open(&lake, sample.register())?;
        let files: Vec<String> = opened
            .listed()
            .iter()
            .flat_map(|segment| [segment.name(Order::Plate), segment.name(Order::Source)])
            .collect();
        std::fs::write(self.out.join("published.json"), serde_json::to_vec_pretty(&files)?)?;
        write_answers(&opened, &sample.questions(), &self.out.join("questions.jsonl"))?;
        println!("{} passages in {} files", sample.rows.len(), files.len());
        Ok(())
    }
}

impl Sample {
    /// Sends everything as the devices would, then writes memory out.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let opened = Opened::open(folder, self.register())?;
        let mut since_flush = 0;
        for (class, rows) in self.by_class() {
            for part in rows.chunks(BATCH) {
                opened.append(self.batch(class, part))?;
                since_flush += part.len();
                if since_flush >= FLUSH {
                    opened.flush()?;
                    since_flush = 0;
                }
            }
        }
        // Counts over parts that overlap say that they may be too high: only a merged lake can be held against another engine.
        opened.settle()?;
        opened.close()
    }

    fn by_class(&self) -> [(Class, Vec<Row>); 2] {
        let (parking, passing) = self.rows.iter().partition(|row| row.source >= FIRST_PARKING && row.source < FIRST_PATROL_CAR);
        [(Class::PASSAGE, passing), (Class::PARKING, parking)]
    }

    /// Extras are counted within their batch.
    fn batch(&self, class: Class, rows: &[Row]) -> Batch {
        let mut batch = Batch { device: 1 + u32::from(class.0), class, rows: rows.to_vec(), extras: Vec::new() };
        for row in &mut batch.rows {
            if let Some(extra) = (row.extra as usize).checked_sub(1).and_then(|index| self.extras.get(index)) {
                batch.extras.push(extra.clone());
                row.extra = batch.extras.len() as u32;
            }
        }
        batch
    }
}

/// Places of the sources, as anybody would write them: number, lon_e6 and lat_e6 in millionths of a degree.
fn write_sources(path: &Path, sources: &[Source]) -> anyhow::Result<()> {
    let schema = parse_message_type(
        "message sources { required int32 number; optional int32 lon_e6; optional int32 lat_e6; }",
    )?;
    let mut writer = SerializedFileWriter::new(std::fs::File::create(path)?, Arc::new(schema), Arc::default())?;
    let mut group = writer.next_row_group()?;
    let numbers: Vec<i32> = sources.iter().map(|source| source.number as i32).collect();
    let places: Vec<(i32, i32)> = sources.iter().filter_map(|source| source.place_e6).collect();
    let levels: Vec<i16> = sources.iter().map(|source| i16::from(source.place_e6.is_some())).collect();
    let columns: [(Vec<i32>, Option<&[i16]>); 3] = [
        (numbers, None),
        (places.iter().map(|place| place.0).collect(), Some(&levels)),
        (places.iter().map(|place| place.1).collect(), Some(&levels)),
    ];
    for (values, levels) in columns {
        let mut column = group.next_column()?.context("a column too few")?;
        column.typed::<Int32Type>().write_batch(&values, levels, None)?;
        column.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(())
}
