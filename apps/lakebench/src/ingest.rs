//! Durable ingest: rows acknowledged a second, and rows until both orders are written and merged.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::json;
use shouhu_lake::row::{DAY_MS, Row};
use shouhu_lake::{Batch, Class, LakeConfig, Sources};

use crate::Place;
use crate::measure::{cpu, disk_bytes, percentile, resident_mib, resident_most_mib, rounded};
use crate::raw::{self, Workload};
use crate::store::Opened;

/// Rows a batch while a lake is only filled, by as many gateways.
const LOAD_BATCH: usize = 100_000;
const LOAD_THREADS: usize = 2;
/// Connections over which cameras bring theirs one by one, and so often a day.
const CAMERA_THREADS: usize = 16;
const CAMERA_TURNS: usize = 4;
/// Days of the workload, by which a copy is shifted.
const MONTH_MS: i64 = 30 * DAY_MS;
/// A copy's passages are so many milliseconds off at most.
const JITTER_MS: u64 = 1_000;

#[derive(Args)]
pub struct Load {
    #[command(flatten)]
    place: Place,
    /// Only the first days.
    #[arg(long)]
    days: Option<usize>,
    /// The workload so many times over: each copy thirty days later than the one before, times jittered by up to a second.
    /// The same vehicles and cameras, so there are no more distinct plates than in one copy.
    #[arg(long, default_value_t = 1)]
    copies: u32,
    /// Each camera is a device of its own with its own counter and sends what it saw every six hours, instead of two gateways that
    /// number what all cameras saw as it comes. Slower, for there are two million batches; the numbers then cost what they will.
    #[arg(long)]
    by_camera: bool,
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): the jitter of a row follows from its camera, its number and its copy.
const fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Copy 0 is the workload itself.
fn shifted(row: &Row, copy: u32) -> Row {
    if copy == 0 {
        return *row;
    }
    let jitter = (mixed(row.sequence ^ (u64::from(row.source) << 32) ^ (u64::from(copy) << 56)) % (2 * JITTER_MS + 1)) as i64 - JITTER_MS as i64;
    let day_ms = row.at_ms.div_euclid(DAY_MS) * DAY_MS;
    let at_ms = (row.at_ms + jitter).clamp(day_ms, day_ms + DAY_MS - 1) + i64::from(copy) * MONTH_MS;
    Row { at_ms, sequence: row.sequence + (u64::from(copy) << 40), ..*row }
}

/// Device `thread + 1` is a gateway that sends what many cameras saw.
fn batch_of(thread: usize, rows: &[Row]) -> Batch {
    Batch { device: thread as u32 + 1, class: Class::PASSAGE, rows: rows.to_vec(), extras: Vec::new() }
}

impl Load {
    pub fn run(&self) -> anyhow::Result<()> {
        let workload = Workload::open(&self.place.data)?;
        let report = self.place.report();
        let days = workload.days.len().min(self.days.unwrap_or(usize::MAX));
        let opened = Opened::open(&self.place.lake, workload.sources()?)?;
        let background = opened.keep_tidy();
        let (begun, cpu_before) = (Instant::now(), cpu());
        let (mut rows_sent, mut acknowledged) = (0, Duration::ZERO);
        let mut first_sequence = 1;
        let mut counters = Counters::default();
        for day in workload.days.iter().take(days) {
            let rows = raw::day(day, first_sequence)?;
            first_sequence += rows.len() as u64;
            let turns = if self.by_camera { counters.turns(&rows) } else { Vec::new() };
            for copy in 0..self.copies {
                let gateways = (!self.by_camera).then(|| {
                    let parts = rows.chunks(LOAD_BATCH).enumerate();
                    spread(parts.map(|(n, part)| shifted_batch(n % LOAD_THREADS, part, copy)), LOAD_THREADS)
                });
                let cameras = turns.iter().map(|turn| {
                    let of_one = turn.chunk_by(|one, next| one.source == next.source);
                    spread(of_one.map(|part| batch_of_camera(part, copy)), CAMERA_THREADS)
                });
                let queues: Vec<_> = gateways.into_iter().chain(cameras).collect();
                let start = Instant::now();
                for queue in queues {
                    send(&opened, queue, None)?;
                }
                acknowledged += start.elapsed();
                rows_sent += rows.len();
            }
        }
        let unsettled = begun.elapsed();
        opened.settle()?;
        drop(background);
        let elapsed = begun.elapsed();
        opened.close()?;
        let figure = if self.copies > 1 { format!("load, {} copies with jittered times", self.copies) } else { "load".to_owned() };
        report.line(
            &figure,
            json!({
                "rows": rows_sent,
                "sec": rounded(elapsed.as_secs_f64(), 1),
                "sec_until_acknowledged": rounded(unsettled.as_secs_f64(), 1),
                "rows_s_acknowledged": (rows_sent as f64 / acknowledged.as_secs_f64()).round(),
                "rows_s_settled": (rows_sent as f64 / elapsed.as_secs_f64()).round(),
                "cpu_us_row_with_reading_of_raw_files": rounded((cpu() - cpu_before).as_secs_f64() * 1e6 / rows_sent as f64, 3),
                "B_row_on_disk": rounded(disk_bytes(&self.place.lake) as f64 / rows_sent as f64, 2),
                "most_MiB": resident_most_mib(),
            }),
        )
    }
}

/// What each camera has counted up to: a camera is a device and numbers its own passages.
#[derive(Default)]
struct Counters(HashMap<u32, u64>);

impl Counters {
    /// The day's rows in turns, in each camera by camera, with the camera's own numbers.
    fn turns(&mut self, rows: &[Row]) -> Vec<Vec<Row>> {
        let mut numbered = rows.to_vec();
        for row in &mut numbered {
            let counter = self.0.entry(row.source).or_default();
            *counter += 1;
            row.sequence = *counter;
        }
        let mut turns: Vec<Vec<Row>> = numbered.chunks(rows.len().div_ceil(CAMERA_TURNS).max(1)).map(<[Row]>::to_vec).collect();
        turns.iter_mut().for_each(|turn| turn.sort_by_key(|row| row.source));
        turns
    }
}

/// What one camera saw, sent by itself.
fn batch_of_camera(rows: &[Row], copy: u32) -> Batch {
    let device = rows.first().map_or(0, |row| row.source);
    let rows = rows.iter().map(|row| shifted(row, copy)).collect();
    Batch { device, class: Class::PASSAGE, rows, extras: Vec::new() }
}

fn shifted_batch(thread: usize, rows: &[Row], copy: u32) -> Batch {
    let mut batch = batch_of(thread, rows);
    for row in &mut batch.rows {
        *row = shifted(row, copy);
    }
    batch
}

/// Each batch to the thread of its device, in order.
fn spread(batches: impl IntoIterator<Item = Batch>, threads: usize) -> Vec<VecDeque<Batch>> {
    let mut queues = vec![VecDeque::new(); threads];
    for batch in batches {
        if let Some(queue) = queues.get_mut(batch.device as usize % threads) {
            queue.push_back(batch);
        }
    }
    queues
}

/// Appends every queue on a thread of its own; gives milliseconds from when a batch was due until it was durable. `gap`: time
/// between two batches of all threads together; none: as fast as they are acknowledged.
fn send(opened: &Opened, queues: Vec<VecDeque<Batch>>, gap: Option<Duration>) -> anyhow::Result<Vec<f64>> {
    let threads = queues.len();
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let senders: Vec<_> = queues
            .into_iter()
            .enumerate()
            .map(|(thread, queue)| {
                let barrier = &barrier;
                scope.spawn(move || -> anyhow::Result<Vec<f64>> {
                    let mut times = Vec::with_capacity(queue.len());
                    barrier.wait();
                    let start = Instant::now();
                    for (turn, batch) in queue.into_iter().enumerate() {
                        let mut due = Instant::now();
                        if let Some(gap) = gap {
                            due = start + gap.mul_f64((turn * threads + thread) as f64);
                            std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        }
                        let rows = batch.rows.len();
                        let kept = opened.append(batch)?;
                        ensure!(kept == rows, "of {rows} rows {kept} were new");
                        times.push(due.elapsed().as_secs_f64() * 1e3);
                    }
                    Ok(times)
                })
            })
            .collect();
        let mut all = Vec::new();
        for sender in senders {
            all.append(&mut sender.join().map_err(|_| anyhow::anyhow!("a sender died"))??);
        }
        Ok(all)
    })
}

#[derive(Args)]
pub struct Ingest {
    #[command(flatten)]
    place: Place,
    /// Days at the end of the workload that are sent.
    #[arg(long, default_value_t = 2)]
    hold: usize,
    /// Only this batch size.
    #[arg(long)]
    batch: Option<usize>,
    /// Also: rows without a flush before the lake is closed hard and opened again.
    #[arg(long, default_value_t = 10_000_000)]
    restart_rows: usize,
    /// Keep the last lake.
    #[arg(long)]
    keep: bool,
}

const CASES: [(usize, usize); 7] = [(1_000, 1), (1_000, 4), (1_000, 16), (10_000, 1), (10_000, 2), (100_000, 1), (100_000, 2)];
const PACE_ROWS_S: f64 = 100_000.0;
const PACE_THREADS: usize = 8;
const PACE_BATCH: usize = 1_000;
const PACE_SECONDS: usize = 20;

impl Ingest {
    pub fn run(&self) -> anyhow::Result<()> {
        let workload = Workload::open(&self.place.data)?;
        let sources = workload.sources()?;
        let mut rows = Vec::new();
        for day in workload.days.iter().rev().take(self.hold).rev() {
            rows.append(&mut raw::day(day, rows.len() as u64 + 1)?);
        }
        for (batch, threads) in CASES {
            if self.batch.is_none_or(|only| only == batch) {
                self.full_speed(&rows, batch, threads, &sources)?;
            }
        }
        if self.batch.is_none() {
            self.paced(&rows, &sources)?;
            self.restart(&rows, &sources)?;
        }
        if !self.keep {
            std::fs::remove_dir_all(&self.place.lake)?;
        }
        Ok(())
    }

    fn empty_lake(&self) -> anyhow::Result<&Path> {
        let lake = &self.place.lake;
        if lake.exists() {
            std::fs::remove_dir_all(lake).with_context(|| lake.display().to_string())?;
        }
        // What the disk still owes to the lake before must not slow this one.
        rustix::fs::sync();
        Ok(lake)
    }

    fn full_speed(&self, rows: &[Row], batch: usize, threads: usize, sources: &Sources) -> anyhow::Result<()> {
        let opened = Opened::open(self.empty_lake()?, sources.clone())?;
        let queues = spread(rows.chunks(batch).enumerate().map(|(n, part)| batch_of(n % threads, part)), threads);
        let background = opened.keep_tidy();
        let (start, cpu_before) = (Instant::now(), cpu());
        let times = send(&opened, queues, None)?;
        let (acknowledged, cpu_acknowledged) = (start.elapsed(), cpu() - cpu_before);
        opened.flush()?;
        let in_both_orders = start.elapsed();
        opened.settle()?;
        drop(background);
        let (settled, cpu_settled) = (start.elapsed(), cpu() - cpu_before);
        let each = |time: Duration| rounded(time.as_secs_f64() * 1e6 / rows.len() as f64, 3);
        let a_second = |time: Duration| (rows.len() as f64 / time.as_secs_f64()).round();
        self.place.report().line(
            &format!("durable ingest batch={batch} conns={threads}"),
            json!({
                "rows": rows.len(),
                "rows_s": a_second(acknowledged),
                "rows_s_in_both_orders": a_second(in_both_orders),
                "rows_s_settled": a_second(settled),
                "cpu_us_row_until_acknowledged": each(cpu_acknowledged),
                "cpu_us_row": each(cpu_settled),
                "p50": rounded(percentile(&times, 0.5), 3),
                "p95": rounded(percentile(&times, 0.95), 3),
                "p99": rounded(percentile(&times, 0.99), 3),
                "own_MiB": resident_mib().0,
            }),
        )?;
        opened.close()
    }

    fn paced(&self, rows: &[Row], sources: &Sources) -> anyhow::Result<()> {
        let opened = Opened::open(self.empty_lake()?, sources.clone())?;
        let rows = rows.get(..PACE_SECONDS * PACE_ROWS_S as usize).unwrap_or(rows);
        let queues =
            spread(rows.chunks(PACE_BATCH).enumerate().map(|(n, part)| batch_of(n % PACE_THREADS, part)), PACE_THREADS);
        let background = opened.keep_tidy();
        let start = Instant::now();
        let times = send(&opened, queues, Some(Duration::from_secs_f64(PACE_BATCH as f64 / PACE_ROWS_S)))?;
        let elapsed = start.elapsed();
        opened.settle()?;
        drop(background);
        self.place.report().line(
            &format!("paced ingest at {PACE_ROWS_S} rows/s, batches of {PACE_BATCH}, {PACE_THREADS} threads"),
            json!({
                "rows": rows.len(),
                "rows_s": (rows.len() as f64 / elapsed.as_secs_f64()).round(),
                "p50": rounded(percentile(&times, 0.5), 3),
                "p99": rounded(percentile(&times, 0.99), 3),
                "max": rounded(percentile(&times, 1.0), 3),
            }),
        )?;
        opened.close()
    }

    /// Nothing is flushed, and the lake ends as in a crash: without a goodbye.
    fn restart(&self, rows: &[Row], sources: &Sources) -> anyhow::Result<()> {
        let config = LakeConfig {
            flush_rows: u64::MAX,
            memtable_rows_max: 2 * self.restart_rows as u64,
            ..Opened::config()
        };
        let opened = Opened::open_with(config.clone(), self.empty_lake()?, sources.clone())?;
        let mut sent = 0;
        for copy in 0.. {
            for part in rows.chunks(LOAD_BATCH) {
                if sent >= self.restart_rows {
                    break;
                }
                sent += opened.append(shifted_batch(0, part, copy))?;
            }
            if sent >= self.restart_rows {
                break;
            }
        }
        drop(opened);
        for (name, is_cold) in [("restart", false), ("restart, cold disk", true)] {
            if is_cold {
                crate::measure::evict(&self.place.lake)?;
            }
            let start = Instant::now();
            let opened = Opened::open_with(config.clone(), &self.place.lake, sources.clone())?;
            let ready = start.elapsed();
            ensure!(opened.rows() == sent as u64, "{} of {sent} rows are there", opened.rows());
            self.place.report().line(
                name,
                json!({ "unflushed_rows": sent, "ready_ms": rounded(ready.as_secs_f64() * 1e3, 1), "own_MiB": resident_mib().0 }),
            )?;
        }
        Ok(())
    }
}
