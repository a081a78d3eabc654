//! `shouhu lake stats`: what the lake is made of.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde::Serialize;
use shouhu_env::Env;
use shouhu_lakehouse::lake::SegmentMeta;
use shouhu_lakehouse::lake::catalogue::date_of;
use shouhu_sightings::exports::records::taipei;

use super::{close, open};
use crate::Options;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    json: bool,
    /// Also one line per day.
    #[arg(long)]
    days: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Sum {
    pub segments: u64,
    pub rows: u64,
    pub bytes_by_plate: u64,
    pub bytes_by_source: u64,
    pub bytes_index: u64,
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
}

impl Sum {
    fn add(&mut self, meta: &SegmentMeta) {
        let [plate, source, index] = meta.bytes;
        self.segments += 1;
        self.rows += meta.rows;
        self.bytes_by_plate += plate;
        self.bytes_by_source += source;
        self.bytes_index += index;
        self.oldest_ms = Some(self.oldest_ms.map_or(meta.first_ms, |known| known.min(meta.first_ms)));
        self.newest_ms = Some(self.newest_ms.map_or(meta.last_ms, |known| known.max(meta.last_ms)));
    }

    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes_by_plate + self.bytes_by_source + self.bytes_index
    }

    #[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
    fn bytes_per_row(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.bytes() as f64 / self.rows as f64 }
    }

    fn line(&self, name: &str) -> String {
        let at = |ms: Option<i64>| ms.map_or_else(|| "-".into(), |ms| taipei(ms).chars().take(16).collect::<String>());
        format!(
            "{name:<12}{:>10}{:>16}{:>16}{:>16}{:>14}{:>8.2}  {:<17} {}",
            self.segments,
            self.rows,
            self.bytes_by_plate,
            self.bytes_by_source,
            self.bytes_index,
            self.bytes_per_row(),
            at(self.oldest_ms),
            at(self.newest_ms)
        )
    }
}

#[derive(Debug, Serialize)]
pub struct Stats {
    pub all: Sum,
    pub bytes_per_row: f64,
    pub days: usize,
    pub sources: u64,
    /// In the log and the memory of servers, in no segment yet, as they said last.
    pub unflushed_rows: u64,
    pub by_class: BTreeMap<String, Sum>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_day: BTreeMap<String, Sum>,
}

/// Sums over everything, classes and days.
#[must_use]
pub fn stats_of(segments: &[SegmentMeta], sources: u64, unflushed_rows: u64, with_days: bool) -> Stats {
    let (mut all, mut by_class, mut by_day) = (Sum::default(), BTreeMap::<String, Sum>::new(), BTreeMap::<String, Sum>::new());
    for meta in segments {
        all.add(meta);
        by_class.entry(meta.class.as_str().to_owned()).or_default().add(meta);
        by_day.entry(date_of(meta.day)).or_default().add(meta);
    }
    let days = by_day.len();
    if !with_days {
        by_day.clear();
    }
    Stats { bytes_per_row: all.bytes_per_row(), all, days, sources, unflushed_rows, by_class, by_day }
}

pub async fn run(args: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let (app, lake) = open(options, env).await?;
    let figures = lake.figures();
    let stats = stats_of(&lake.segments(), figures.sources, figures.rows_in_memory, args.days);
    close(&app).await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&stats)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} rows in {} segments of {} days, {} bytes ({:.2} a row), {} sources", stats.all.rows, stats.all.segments, stats.days, stats.all.bytes(), stats.bytes_per_row, stats.sources);
    println!("{} rows more are in the log of servers and in no segment yet, as they said last", stats.unflushed_rows);
    println!("{:<12}{:>10}{:>16}{:>16}{:>16}{:>14}{:>8}  {:<17} {}", "class", "segments", "rows", "by_plate", "by_source", "index", "B/row", "oldest", "newest");
    for (class, sum) in &stats.by_class {
        println!("{}", sum.line(class));
    }
    for (day, sum) in &stats.by_day {
        println!("{}", sum.line(day));
    }
    Ok(ExitCode::SUCCESS)
}
