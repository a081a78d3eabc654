//! `shouhu-lakebench`: the sighting lake measured beside its peers, on the same rows and the same questions.
//!
//! The workload is that of `generate.py` and `peers.py`; figures are printed as `peers.py` prints them, one JSON line each.

mod http;
mod ingest;
mod measure;
mod params;
mod question;
mod query;
mod raw;
mod sample;
mod size;
mod store;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use measure::Report;

/// Measures the sighting lake beside its peers.
#[derive(Parser)]
#[command(name = "shouhu-lakebench", version)]
struct Cli {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Fill a lake with the workload, flushed and compacted.
    Load(ingest::Load),
    /// Durable ingest at several batch sizes and numbers of threads, each into a lake of its own.
    Ingest(ingest::Ingest),
    /// Ask every question of params.json.
    Query(query::Query),
    /// Histories with nothing of the lake in the page cache.
    Cold(query::Cold),
    /// Bytes a row by file and column.
    Size(size::Size),
    /// Write some answers with their SQL, for `check.py`.
    Answers(query::Answers),
    /// Write a small lake with questions and our answers, for `spark_test.py`.
    Sample(sample::Out),
    /// Report to a running server as many devices at once.
    Http(http::HttpLoad),
}

/// Where the workload and the lake are, and where figures go.
#[derive(Args)]
struct Place {
    /// A workload of `generate.py`, with the parameters of `peers.py prep`.
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    lake: PathBuf,
    /// Also append figures to this file of JSON lines.
    #[arg(long)]
    report: Option<PathBuf>,
}

impl Place {
    fn report(&self) -> Report {
        Report::new("shouhu", self.report.clone())
    }
}

fn main() -> anyhow::Result<()> {
    shouhu_env::raise_open_files_limit();
    match Cli::parse().act {
        Act::Load(load) => load.run(),
        Act::Ingest(ingest) => ingest.run(),
        Act::Query(query) => query.run(),
        Act::Cold(cold) => cold.run(),
        Act::Size(size) => size.run(),
        Act::Answers(answers) => answers.run(),
        Act::Sample(sample) => sample.run(),
        Act::Http(http) => http.run(),
    }
}
