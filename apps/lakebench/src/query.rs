//! Every question of `params.json`, warm and cold, and answers for those who compare.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::Place;
use crate::measure::{cpu, evict, percentile, resident_mib, resident_most_mib, rounded, timed};
use crate::params::Params;
use crate::question::{Dialect, Question};
use crate::raw::Workload;
use crate::store::Opened;

/// Histories that are asked cold, as `peers.py` does.
const COLD: usize = 20;

#[derive(Args)]
pub struct Query {
    #[command(flatten)]
    place: Place,
    /// Only questions whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Also histories of 365 days: the lake has so many (`load --copies 13`).
    #[arg(long)]
    year: bool,
}

impl Query {
    pub fn run(&self) -> anyhow::Result<()> {
        let workload = Workload::open(&self.place.data)?;
        let params: Params = serde_json::from_slice(&workload.params()?)?;
        let report = self.place.report();
        let start = Instant::now();
        let opened = Opened::open(&self.place.lake, workload.sources()?)?;
        let open_ms = start.elapsed().as_secs_f64() * 1e3;
        report.line("open", json!({ "ms": rounded(open_ms, 1), "rows": opened.rows(), "segments": opened.segments() }))?;
        let mut suites = params.suites()?;
        if self.year {
            suites.extend(params.year()?);
        }
        for (name, questions) in suites {
            if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
                continue;
            }
            let view = opened.view();
            // As the peers: the first question is asked once before the clock starts.
            if let Some(first) = questions.first() {
                first.ask(&view, None)?;
            }
            let (mut times, mut rows) = (Vec::new(), 0);
            let before = cpu();
            for question in &questions {
                rows += timed(&mut times, || question.ask(&view, None))?;
            }
            let cpu_ms = (cpu() - before).as_secs_f64() * 1e3 / questions.len().max(1) as f64;
            report.line(
                name,
                json!({
                    "n": times.len(),
                    "p50": rounded(percentile(&times, 0.5), 3),
                    "p95": rounded(percentile(&times, 0.95), 3),
                    "min": rounded(percentile(&times, 0.0), 3),
                    "cpu_ms": rounded(cpu_ms, 3),
                    "rows": rows,
                }),
            )?;
        }
        let (own, with_files) = resident_mib();
        report.line("memory after all questions", json!({ "own_MiB": own, "with_files_MiB": with_files, "most_MiB": resident_most_mib() }))
    }
}

#[derive(Args)]
pub struct Cold {
    #[command(flatten)]
    place: Place,
}

impl Cold {
    pub fn run(&self) -> anyhow::Result<()> {
        let workload = Workload::open(&self.place.data)?;
        let params: Params = serde_json::from_slice(&workload.params()?)?;
        let report = self.place.report();
        let opened = Opened::open(&self.place.lake, workload.sources()?)?;
        for (name, questions) in params.suites()? {
            let cold_name = match name {
                "ii hist30 uniform" => "ii hist30 uniform COLD page cache",
                "iv camset 1h" => "iv camset 1h COLD page cache",
                _ => continue,
            };
            let (mut times, mut rows) = (Vec::new(), 0);
            for question in questions.iter().take(COLD) {
                evict(&self.place.lake)?;
                let view = opened.view();
                rows += timed(&mut times, || question.ask(&view, None))?;
            }
            let figures = json!({
                "n": times.len(),
                "p50": rounded(percentile(&times, 0.5), 2),
                "p95": rounded(percentile(&times, 0.95), 2),
                "min": rounded(percentile(&times, 0.0), 2),
                "rows": rows,
            });
            report.line(cold_name, figures)?;
        }
        drop(opened);
        evict(&self.place.lake)?;
        let start = Instant::now();
        let opened = Opened::open(&self.place.lake, workload.sources()?)?;
        report.line("open COLD page cache", json!({ "ms": rounded(start.elapsed().as_secs_f64() * 1e3, 1), "rows": opened.rows() }))
    }
}

#[derive(Args)]
pub struct Answers {
    #[command(flatten)]
    place: Place,
    /// So many of each kind.
    #[arg(long, default_value_t = 3)]
    each: usize,
    #[arg(long)]
    out: PathBuf,
}

impl Answers {
    pub fn run(&self) -> anyhow::Result<()> {
        let workload = Workload::open(&self.place.data)?;
        let params: Params = serde_json::from_slice(&workload.params()?)?;
        let opened = Opened::open(&self.place.lake, workload.sources()?)?;
        let mut asked: Vec<Question> = Vec::new();
        for (_, questions) in params.suites()? {
            asked.extend(questions.into_iter().take(self.each));
        }
        write_answers(&opened, &asked, &self.out)
    }
}

/// One line a question: its name, its SQL in each dialect, and the rows that our lake gave.
pub fn write_answers(opened: &Opened, asked: &[Question], out: &std::path::Path) -> anyhow::Result<()> {
    let view = opened.view();
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    for question in asked {
        let mut rows = Vec::new();
        question.ask(&view, Some(&mut rows))?;
        let sql: Map<String, Value> =
            Dialect::ALL.into_iter().map(|(name, dialect)| (name.to_owned(), Value::String(question.sql(dialect)))).collect();
        writeln!(file, "{}", json!({ "name": question.name(), "sql": sql, "rows": rows }))?;
    }
    file.flush()?;
    Ok(())
}
