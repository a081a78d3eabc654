//! Random lives of a lake on a simulated disk, against an oracle that remembers what was acknowledged.
//!
//! `SHOUHU_LAKE_CRASHES=100000` runs the long form. A failure names its seed; `SHOUHU_LAKE_SEED=n` runs that one life.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it is wrong")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shouhu_files::{Act, Fault, Files, SimFiles};
use shouhu_lake::row::{AT_SOURCE, Class, DAY_MS, Extra, NO_DIRECTION};
use shouhu_lake::{
    AppendError, Batch, FileCatalogue, Key, Lake, LakeConfig, OnDamage, OpenReport, Outcome, Partial, PlateCode, Row, Ticket,
};

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.roll() % most
    }
}

/// Everything an append says of a row, and its device.
type Told = (u32, Row, Extra, Class);

#[derive(Default)]
struct Oracle {
    /// Acknowledged, or seen in the lake after a start: for ever.
    kept: BTreeMap<Key, Told>,
    /// Handed over and neither acknowledged nor refused for certain.
    perhaps: BTreeMap<Key, Told>,
    /// Refused: must not be seen before the next start.
    refused: BTreeSet<Key>,
    /// Acknowledged and not settled: must be replayed by the next start.
    unsettled: BTreeSet<Key>,
    /// What each device will count next.
    next: BTreeMap<u32, u64>,
}

struct Life {
    seed: u64,
    dice: Dice,
    disk: SimFiles,
    lake: Option<Lake>,
    oracle: Oracle,
    tickets: Vec<(Ticket, Vec<Key>)>,
    is_off: bool,
    starts: u32,
}

fn config() -> LakeConfig {
    LakeConfig { memtable_rows_max: 400, segment_rows_max: 60, wal_file_bytes_max: 2_000, ..LakeConfig::of_node(7) }
}

fn open(disk: &SimFiles, on_damage: OnDamage) -> Result<(Lake, OpenReport), String> {
    let files: Arc<dyn Files> = Arc::new(disk.clone());
    let catalogue = FileCatalogue::open(Arc::clone(&files), 7).map_err(|e| e.to_string())?;
    Lake::open(LakeConfig { on_damage, ..config() }, Arc::clone(&files), files, Arc::new(catalogue)).map_err(|e| e.to_string())
}

/// Every row of the lake with what it is told to be, as often as it is there.
fn contents(lake: &Lake) -> Result<Vec<(Key, Extra, Row)>, String> {
    let view = lake.view();
    if let Some(Partial::Damaged(error)) = view.behind.first() {
        return Err(error.to_string());
    }
    let mut rows = Vec::new();
    for part in view.parts {
        part.each_record(&mut |record| {
            rows.push((record.row.key(), record.extra, record.row));
            Ok(())
        })
        .map_err(|e| e.to_string())?;
    }
    Ok(rows)
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut life = Self {
            seed,
            dice: Dice(seed),
            disk: SimFiles::default(),
            lake: None,
            oracle: Oracle::default(),
            tickets: Vec::new(),
            is_off: false,
            starts: 0,
        };
        life.start();
        life
    }

    fn fail(&self, what: &str) -> ! {
        panic!("SHOUHU_LAKE_SEED={}, start {}: {what}", self.seed, self.starts)
    }

    fn lake(&self) -> &Lake {
        self.lake.as_ref().unwrap()
    }

    fn row(&mut self, device: u32, sequence: u64) -> (Row, Extra) {
        let plate = PlateCode::parse(&format!("ABC-{:04}", self.dice.below(50))).unwrap();
        let at_ms = 20_000 * DAY_MS + (self.dice.below(3) * 5).cast_signed() * 10_000_000 + (sequence * 10).cast_signed();
        let extra = match self.dice.below(3) {
            0 => Extra { lag_ms: Some(5), detail: Some(format!("{{\"n\":{sequence}}}")), ..Extra::default() },
            _ => Extra::default(),
        };
        let row = Row {
            plate,
            at_ms,
            sequence,
            source: device,
            lon_e6: AT_SOURCE,
            lat_e6: 0,
            extra: 0,
            confidence_pm: self.dice.below(1_000) as u16,
            direction: NO_DIRECTION,
            pictures: 1,
        };
        (row, extra)
    }

    /// New rows, some that were sent before, and now and then one whose number was used for another passage.
    fn append(&mut self) {
        let device = self.dice.below(3) as u32 + 1;
        let class = [Class::PASSAGE, Class::PASSAGE, Class::GANTRY][self.dice.below(3) as usize];
        let mut told: Vec<(Row, Extra, Option<Outcome>)> = Vec::new();
        for _ in 0..self.dice.below(25) {
            let sequence = *self.oracle.next.get(&device).unwrap_or(&0);
            *self.oracle.next.entry(device).or_default() += 1;
            let (row, extra) = self.row(device, sequence);
            told.push((row, extra, Some(Outcome::Fresh)));
        }
        if self.dice.below(2) == 0 {
            let again: Vec<_> = self.oracle.kept.values().filter(|told| told.0 == device && told.3 == class).cloned().collect();
            for _ in 0..self.dice.below(6).min(again.len() as u64) {
                let (_, row, extra, _) = again[self.dice.below(again.len() as u64) as usize].clone();
                if self.dice.below(4) == 0 {
                    let other = Row { plate: PlateCode::parse("ZZZ-9999").unwrap(), ..row };
                    told.push((other, extra, Some(Outcome::Conflict)));
                } else {
                    told.push((row, extra, Some(Outcome::Duplicate)));
                }
            }
        }
        let perhaps: Vec<_> = self.oracle.perhaps.values().filter(|told| told.0 == device && told.3 == class).cloned().collect();
        for (_, row, extra, _) in perhaps.into_iter().take(self.dice.below(20) as usize) {
            told.push((row, extra, None));
        }
        for place in (1..told.len()).rev() {
            told.swap(place, self.dice.below(place as u64 + 1) as usize);
        }
        let mut batch = Batch { device, class, rows: Vec::new(), extras: Vec::new() };
        for (row, extra, _) in &told {
            let mut row = *row;
            if *extra != Extra::default() {
                batch.extras.push(extra.clone());
                row.extra = batch.extras.len() as u32;
            }
            batch.rows.push(row);
        }
        let result = self.lake().append(batch);
        if std::env::var("SHOUHU_LAKE_SEED").is_ok() {
            let sent: Vec<_> = told.iter().map(|(row, ..)| row.sequence).collect();
            eprintln!("  device {device} {class:?} {sent:?}: {:?}", result.as_ref().map(|r| &r.outcomes));
        }
        match result {
            Ok(receipt) => {
                let mut fresh = Vec::new();
                for ((row, extra, expected), outcome) in told.into_iter().zip(receipt.outcomes) {
                    match expected {
                        Some(expected) if expected != outcome => self.fail(&format!("{row:?} is {outcome:?}, not {expected:?}")),
                        None if outcome == Outcome::Conflict => self.fail(&format!("{row:?} was refused as a conflict")),
                        _ => {}
                    }
                    if outcome == Outcome::Conflict {
                        continue;
                    }
                    self.oracle.perhaps.remove(&row.key());
                    self.oracle.refused.remove(&row.key());
                    self.oracle.kept.insert(row.key(), (device, row, extra, class));
                    if outcome == Outcome::Fresh {
                        fresh.push(row.key());
                    }
                }
                self.oracle.unsettled.extend(&fresh);
                self.tickets.push((receipt.ticket, fresh));
            }
            Err(error) => {
                if std::env::var("SHOUHU_LAKE_SEED").is_ok() {
                    eprintln!("{error}");
                }
                let is_certain = matches!(error, AppendError::Busy { .. } | AppendError::Full(_) | AppendError::Refused(_));
                self.is_off |= error.to_string().contains("power");
                for (row, extra, expected) in told.into_iter().filter(|(.., expected)| !matches!(expected, Some(Outcome::Conflict))) {
                    if expected != Some(Outcome::Duplicate) {
                        self.oracle.perhaps.insert(row.key(), (device, row, extra, class));
                        if is_certain && expected.is_some() {
                            self.oracle.refused.insert(row.key());
                        }
                    }
                }
            }
        }
    }

    fn settle(&mut self) {
        while !self.tickets.is_empty() && self.dice.below(4) > 0 {
            let place = self.dice.below(self.tickets.len() as u64) as usize;
            let (ticket, keys) = self.tickets.swap_remove(place);
            self.lake().settle(ticket);
            keys.iter().for_each(|key| _ = self.oracle.unsettled.remove(key));
        }
    }

    /// The lake holds what was acknowledged, once, as it was told, and nothing that nobody handed over.
    fn check(&mut self, is_start: bool) {
        let found = match contents(self.lake()) {
            Ok(found) => found,
            Err(error) if error.contains("input/output") || error.contains("power") => return,
            Err(error) => self.fail(&error),
        };
        let mut seen = BTreeSet::new();
        for (key, extra, row) in found {
            if !seen.insert(key) {
                for part in self.lake().view().parts {
                    eprintln!("{:?} {:?}: {:?}", part.id(), part.rows(), part.record(key));
                }
                eprintln!("{:?}", self.disk.list("wal"));
                self.fail(&format!("{key:?} is there twice"));
            }
            if !is_start && self.oracle.refused.contains(&key) {
                self.fail(&format!("{key:?} was refused and is there"));
            }
            if let Some(told) = self.oracle.perhaps.remove(&key) {
                self.oracle.kept.insert(key, told);
            }
            let Some((_, told, told_extra, _)) = self.oracle.kept.get(&key) else {
                self.fail(&format!("{key:?} came from nowhere"));
            };
            if (Row { extra: 0, ..row }, &extra) != (*told, told_extra) {
                self.fail(&format!("{row:?} {extra:?} was told as {told:?} {told_extra:?}"));
            }
        }
        if let Some(lost) = self.oracle.kept.keys().find(|key| !seen.contains(key)) {
            self.fail(&format!("{lost:?} was acknowledged and is lost"));
        }
    }

    fn start(&mut self) {
        self.starts += 1;
        self.lake = None;
        self.tickets.clear();
        self.is_off = false;
        let (lake, report) = open(&self.disk, OnDamage::Refuse).unwrap_or_else(|error| self.fail(&error[..]));
        if !report.strangers.is_empty() {
            self.fail(&format!("{:?}", report.strangers));
        }
        let mut replayed = BTreeSet::new();
        report.replay.each_batch(&mut |batch| replayed.extend(batch.rows.iter().map(Row::key))).unwrap_or_else(|e| self.fail(&e.to_string()));
        if let Some(lost) = self.oracle.unsettled.iter().find(|key| !replayed.contains(key)) {
            self.fail(&format!("{lost:?} was not settled and is not replayed"));
        }
        self.lake = Some(lake);
        self.oracle.refused.clear();
        self.check(true);
        if self.dice.below(2) == 0 {
            self.lake().settle(report.replay.done());
            self.oracle.unsettled.clear();
        }
    }

    fn power_cut(&mut self) {
        self.disk.limit_to(None);
        self.disk.power_cut(self.dice.roll());
        self.start();
    }

    fn disturb(&mut self) {
        let acts = [Act::Create, Act::Append, Act::Append, Act::Sync, Act::Put, Act::Remove, Act::Open, Act::Read];
        match self.dice.below(4) {
            0 => {
                let act = acts[self.dice.below(acts.len() as u64) as usize];
                self.disk.inject(Fault::Fail { act, after: self.dice.below(4) });
            }
            1 => self.disk.inject(Fault::PowerOff { after: self.dice.below(25) }),
            2 => self.disk.limit_to(Some(self.disk.used_bytes() + self.dice.below(3_000) as usize)),
            _ => {
                self.disk.limit_to(None);
                self.disk.heal();
            }
        }
    }

    fn step(&mut self) {
        let what = self.dice.below(20);
        if std::env::var("SHOUHU_LAKE_SEED").is_ok() {
            let what = ["append", "flush", "tidy", "settle", "refresh", "disturb", "start", "power cut", "check"]
                [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8][what as usize]];
            eprintln!("{what}: {:?}", self.lake().stats());
        }
        match what {
            0..=8 => self.append(),
            9..=11 => {
                let flushed = self.lake().flush();
                if let (Err(error), true) = (&flushed, std::env::var("SHOUHU_LAKE_SEED").is_ok()) {
                    eprintln!("{error}");
                }
            }
            12 => _ = self.lake().tidy(),
            13 => self.settle(),
            14 => _ = self.lake().refresh(),
            15 | 16 => self.disturb(),
            17 => {
                self.disk.heal();
                self.disk.limit_to(None);
                // Without power only a cut helps.
                if self.disk.list("").is_ok() { self.start() } else { self.power_cut() }
            }
            18 => self.power_cut(),
            _ => self.check(false),
        }
        if self.is_off {
            self.power_cut();
        }
    }
}

fn lives(variable: &str, short: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("SHOUHU_LAKE_SEED") {
        return seed..seed + 1;
    }
    0..number(variable).unwrap_or(short)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_doubled_whatever_the_disk_does() {
    for seed in lives("SHOUHU_LAKE_CRASHES", 300) {
        let mut life = Life::new(seed);
        for _ in 0..40 {
            life.step();
        }
        life.power_cut();
    }
}

/// A clean life, closed: then one bit turns.
#[test]
fn every_bit_that_turns_is_found_and_named_or_does_no_harm() {
    let mut named = 0;
    for seed in lives("SHOUHU_LAKE_FLIPS", 150) {
        let mut life = Life::new(seed ^ 0xf11b);
        for _ in 0..6 {
            life.append();
        }
        life.lake().flush().unwrap_or_else(|e| life.fail(&e.to_string()));
        for _ in 0..3 {
            life.append();
        }
        life.lake().tidy().unwrap_or_else(|e| life.fail(&e.to_string()));
        life.lake = None;
        let files = life.disk.list("").unwrap();
        let file = &files[life.dice.below(files.len() as u64) as usize];
        let bits = life.disk.read(file).unwrap().len() as u64 * 8;
        if bits == 0 {
            continue;
        }
        let bit = life.dice.below(bits) as usize;
        assert!(life.disk.flip(file, bit));
        let found = open(&life.disk, OnDamage::Refuse).and_then(|(lake, _)| contents(&lake));
        match found {
            Ok(found) => {
                let found: BTreeMap<_, _> = found.into_iter().map(|(key, extra, row)| (key, (extra, Row { extra: 0, ..row }))).collect();
                let kept: BTreeMap<_, _> = life.oracle.kept.iter().map(|(key, told)| (*key, (told.2.clone(), told.1))).collect();
                assert!(found == kept, "seed {seed}: bit {bit} of {file} turned, nobody noticed, and the rows are others");
            }
            Err(error) => {
                named += 1;
                let own = file.rsplit('/').next().unwrap_or(file);
                assert!(error.contains(own), "seed {seed}: bit {bit} of {file} turned, and the error is {error}");
            }
        }
    }
    assert!(named > 0);
}

#[test]
fn an_operator_can_read_around_damage_and_what_was_damaged_is_kept_aside() {
    let mut life = Life::new(1);
    for _ in 0..8 {
        life.append();
    }
    life.lake().tidy().unwrap();
    life.lake = None;
    let file = life.disk.list("wal").unwrap().first().cloned().unwrap();
    assert!(life.disk.flip(&file, (64 + 24 + 5) * 8));
    let refused = open(&life.disk, OnDamage::Refuse).err().unwrap_or_default();
    assert!(refused.contains(&file) && refused.contains("byte 64"), "{refused}");
    let (lake, report) = open(&life.disk, OnDamage::SetAside).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(report.damaged.first().map(|place| (place.file.as_str(), place.from)), Some((file.as_str(), 64)));
    assert!(life.disk.read(&format!("damaged/{file}")).is_ok());
    let left = contents(&lake).unwrap();
    assert!(!left.is_empty() && left.len() < life.oracle.kept.len(), "{} of {}", left.len(), life.oracle.kept.len());
}

#[test]
fn two_lakes_on_one_folder_are_refused() {
    let life = Life::new(2);
    assert!(open(&life.disk, OnDamage::Refuse).err().is_some_and(|error| error.contains("held by another writer")));
}

/// The passage with this number, of one plate at one camera.
fn plain_row(n: u64) -> Row {
    Row {
        plate: PlateCode::parse("ABC-1234").unwrap(),
        at_ms: 20_000 * DAY_MS + n.cast_signed(),
        sequence: n,
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
fn a_log_file_that_has_nothing_but_a_proof_goes_with_the_others() {
    let disk = SimFiles::default();
    let (lake, _) = open(&disk, OnDamage::Refuse).unwrap();
    for round in 0..5_u64 {
        let rows = (round * 600..(round + 1) * 600).map(plain_row).collect();
        let receipt = lake.append(Batch { device: 1, class: Class::PASSAGE, rows, extras: Vec::new() }).unwrap();
        lake.settle(receipt.ticket);
        // The group has filled its file, so that its proof goes to the next one.
        assert!(disk.list("wal").unwrap().len() == 1);
        lake.tidy().unwrap();
        assert_eq!(disk.list("wal").unwrap().len(), 2);
        lake.flush().unwrap();
        lake.tidy().unwrap();
        assert_eq!(disk.list("wal").unwrap(), Vec::<String>::new(), "after round {round}");
    }
}

#[test]
fn after_a_sync_that_failed_the_lake_goes_on_in_a_new_log_file_and_forgets_what_it_refused() {
    for fault in [1, 3] {
        let disk = SimFiles::default();
        let (lake, _) = open(&disk, OnDamage::Refuse).unwrap();
        let batch = |n: u64| Batch { device: 1, class: Class::PASSAGE, rows: vec![plain_row(n)], extras: Vec::new() };
        let kept = |lake: &Lake, n: u64| lake.append(batch(n)).map(|receipt| {
            let outcomes = receipt.outcomes.clone();
            lake.settle(receipt.ticket);
            outcomes
        });
        // The first sync of a file fails, or a later one.
        for n in 1..fault {
            assert_eq!(kept(&lake, n), Ok(vec![Outcome::Fresh]));
        }
        disk.inject(Fault::Fail { act: Act::Sync, after: 0 });
        assert!(matches!(kept(&lake, fault), Err(AppendError::Stopped { .. })));
        disk.heal();
        assert!(matches!(kept(&lake, fault), Err(AppendError::Stopped { .. })), "until a new file is on the disk");
        assert_eq!(contents(&lake).unwrap().len() as u64, fault - 1, "what was acknowledged can be asked for meanwhile");
        lake.tidy().unwrap();
        assert_eq!(lake.stats().stopped, None);
        assert_eq!(kept(&lake, fault), Ok(vec![Outcome::Fresh]), "it was refused, so that it is news");
        assert_eq!(kept(&lake, fault), Ok(vec![Outcome::Duplicate]));
        drop(lake);
        disk.power_cut(fault);
        let (lake, report) = open(&disk, OnDamage::Refuse).unwrap();
        assert_eq!((contents(&lake).unwrap().len() as u64, report.damaged.len()), (fault, 0));
    }
}

/// Found by 25 starts of a house on a small disk: each left the space of a whole log file behind.
#[test]
fn a_house_that_starts_again_and_again_does_not_fill_its_disk_with_space_asked_for_ahead() {
    const STARTS: u64 = 12;
    let disk = SimFiles::default();
    for start in 0..STARTS {
        let (lake, report) = open(&disk, OnDamage::Refuse).unwrap();
        assert_eq!(report.rows, start);
        lake.settle(report.replay.done());
        let receipt = lake.append(Batch { device: 1, class: Class::PASSAGE, rows: vec![plain_row(start)], extras: Vec::new() }).unwrap();
        lake.settle(receipt.ticket);
    }
    let mut lengths: Vec<usize> = disk.list("wal").unwrap().iter().map(|name| disk.read(name).unwrap().len()).collect();
    lengths.sort_unstable();
    let asked_ahead = usize::try_from(config().wal_file_bytes_max).unwrap();
    let as_long = lengths.iter().filter(|length| **length >= asked_ahead).count();
    assert!(lengths.len() as u64 >= STARTS - 1 && as_long <= 2, "{lengths:?}");
}

#[test]
fn many_threads_append_at_once_and_each_row_is_there_once() {
    let disk = SimFiles::default();
    let files: Arc<dyn Files> = Arc::new(disk.clone());
    let catalogue = FileCatalogue::open(Arc::clone(&files), 7).unwrap();
    let config = LakeConfig { wal_file_bytes_max: 100_000, ..LakeConfig::of_node(7) };
    let (lake, _) = Lake::open(config, Arc::clone(&files), files, Arc::new(catalogue)).unwrap();
    let (threads, batches, rows) = (8_u32, 100_u64, 50_u64);
    std::thread::scope(|scope| {
        for device in 0..threads {
            let lake = &lake;
            scope.spawn(move || {
                let mut life = Dice(u64::from(device));
                for number in 0..batches {
                    let row = |n: u64| Row {
                        plate: PlateCode::parse(&format!("AB-{}", life.0 % 10)).unwrap(),
                        source: device,
                        ..plain_row(number * rows + n)
                    };
                    let batch = Batch { device, class: Class::PASSAGE, rows: (0..rows).map(row).collect(), extras: Vec::new() };
                    life.roll();
                    let receipt = lake.append(batch.clone()).unwrap();
                    assert!(receipt.outcomes.iter().all(|outcome| *outcome == Outcome::Fresh));
                    lake.settle(receipt.ticket);
                    if number % 10 == 0 {
                        let again = lake.append(batch).unwrap();
                        assert!(again.outcomes.iter().all(|outcome| *outcome == Outcome::Duplicate));
                        lake.settle(again.ticket);
                    }
                    if number % 40 == 7 {
                        lake.flush().unwrap();
                    }
                }
            });
        }
    });
    let count = u64::from(threads) * batches * rows;
    assert_eq!(contents(&lake).unwrap().len() as u64, count);
    lake.flush().unwrap();
    assert_eq!(contents(&lake).unwrap().len() as u64, count);
    assert_eq!(disk.list("wal").unwrap(), Vec::<String>::new());
}
