//! `shouhu-sql`: a question in SQL to the sighting lake.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IsTerminal, Write, stdout};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{ArgGroup, Parser};
use shouhu_env::Env;
use shouhu_sql::{Asked, AuditLog, Format, Limits, Published, Reason, Session, Written, write};
use shouhu_store::Store;

const MIB: usize = 1 << 20;
/// What a shell reports after Ctrl-C, and after `timeout`.
const INTERRUPTED: u8 = 130;
const TOO_LATE: u8 = 124;

/// Ask the sighting lake in SQL: tables sightings, sightings_by_plate and sources. Read-only.
#[derive(Parser)]
#[command(name = "shouhu-sql", version)]
#[command(group = ArgGroup::new("lake_of").required(true).multiple(true).args(["data", "lake"]))]
struct Cli {
    /// The question.
    #[arg(conflicts_with = "file", required_unless_present = "file")]
    sql: Option<String>,
    /// A file that has it.
    #[arg(short, long)]
    file: Option<PathBuf>,
    /// Folder of the server that the lake belongs to, as `shouhu serve --data` has it.
    #[arg(long, env = "SHOUHU_DATA")]
    data: Option<PathBuf>,
    /// The server's folder of keys: the leaf of the question is sealed with one of them. Default: <data>/keys.
    #[arg(long, env = "SHOUHU_KEYS", requires = "data")]
    keys: Option<PathBuf>,
    /// The server's database. Default: SQLite in --data.
    #[arg(long, env = "SHOUHU_STORE", requires = "data")]
    store: Option<String>,
    /// A lake's folder. With --data: where the server's lake is, also s3://bucket/prefix. Without: a lake that has no server.
    #[arg(long)]
    lake: Option<String>,
    /// Why you ask: patrol, investigation, dispatch, traffic, audit or life_threat. Goes into the server's audit log.
    #[arg(long)]
    purpose: Option<String>,
    /// Number of the case or 110 call.
    #[arg(long)]
    case: Option<String>,
    /// table, csv, json (a line a row) or parquet.
    #[arg(long, default_value = "table", value_parser = parse_format)]
    format: Format,
    /// Write the answer here instead of to the screen; readable only to you.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Most rows of the answer; 0: all.
    #[arg(long, default_value_t = 10_000)]
    limit: usize,
    /// Seconds after which the question is given up.
    #[arg(long, default_value_t = 300)]
    timeout: u64,
    /// MiB that sorting and grouping may hold. What needs more is refused: nothing is written to a temporary folder.
    #[arg(long, default_value_t = 1_024)]
    memory_mib: usize,
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Show how the question would be answered, and from which files, instead of the answer.
    #[arg(long)]
    explain: bool,
}

fn parse_format(text: &str) -> Result<Format, String> {
    let known = Format::ALL.map(|(name, _)| name).join(", ");
    let found = Format::ALL.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, format)| format).ok_or_else(|| format!("format {text:?} is none of {known}"))
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    shouhu_env::raise_open_files_limit();
    let timeout = Duration::from_secs(cli.timeout);
    // Dropping the question is how it is cancelled: DataFusion stops reading when nobody takes its rows.
    tokio::select! {
        answered = run(&cli) => match answered {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("shouhu-sql: {error:#}");
                ExitCode::FAILURE
            }
        },
        _ = tokio::signal::ctrl_c() => {
            eprintln!("shouhu-sql: stopped; what was written until now is not the whole answer");
            ExitCode::from(INTERRUPTED)
        }
        () = tokio::time::sleep(timeout) => {
            eprintln!("shouhu-sql: given up after {} s; narrow the question or pass a larger --timeout", cli.timeout);
            ExitCode::from(TOO_LATE)
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    let sql = match &cli.file {
        Some(path) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
        None => cli.sql.clone().unwrap_or_default(),
    };
    let sql = sql.trim().trim_end_matches(';');
    if cli.format == Format::Parquet && cli.output.is_none() && stdout().is_terminal() {
        bail!("Parquet is no text: name a file with --output");
    }
    let limits = Limits {
        threads: cli.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN),
        memory_bytes: cli.memory_mib.saturating_mul(MIB),
        rows: (cli.limit > 0).then_some(cli.limit),
    };
    let asked = match &cli.data {
        Some(data) => of_server(cli, data, sql, limits).await?,
        None => of_folder(cli, sql, limits).await?,
    };
    let asked = if cli.explain { asked.explained()? } else { asked };
    let rows = asked.answer().await?;
    let written = match &cli.output {
        Some(path) => {
            let file = BufWriter::new(private(path)?);
            write(rows, cli.format, limits.rows, file).await?
        }
        None => write(rows, cli.format, limits.rows, stdout()).await?,
    };
    tell(&written, limits);
    Ok(())
}

/// A lake that belongs to a server: a reason is demanded, and its leaf is durable before a row is read.
async fn of_server(cli: &Cli, data: &std::path::Path, sql: &str, limits: Limits) -> anyhow::Result<Asked> {
    let reason = Reason::checked(cli.purpose.as_deref(), cli.case.as_deref())?;
    let url = cli.store.clone().unwrap_or_else(|| format!("sqlite:{}", data.join("shouhu.db").display()));
    if let Some(path) = url.strip_prefix("sqlite:")
        && !std::path::Path::new(path).is_file()
    {
        bail!("there is no server's database at {path}");
    }
    let env = Env::real();
    let store = Store::open(&url, env.clone()).await.context("the server's database cannot be opened")?;
    let published = Published::of_server(&store).await?;
    let lake = cli.lake.clone().unwrap_or_else(|| data.join("lake").display().to_string());
    let asked = Session::open(&lake, &published, limits).await?.ask(sql).await?;
    let keys = cli.keys.clone().unwrap_or_else(|| data.join("keys"));
    let log = AuditLog::open(store, &keys)?;
    let who = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "unknown".into());
    log.asked(&env, &who, &reason, sql).await?;
    log.close().await;
    if published.unflushed_rows > 0 {
        eprintln!("shouhu-sql: {} rows that servers hold in memory are not included", published.unflushed_rows);
    }
    Ok(asked)
}

async fn of_folder(cli: &Cli, sql: &str, limits: Limits) -> anyhow::Result<Asked> {
    let lake = cli.lake.as_ref().context("no --lake")?;
    let published = Published::of_folder(lake)?;
    Ok(Session::open(lake, &published, limits).await?.ask(sql).await?)
}

/// Answers name vehicles: others on this machine must not read them.
fn private(path: &std::path::Path) -> anyhow::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.with_context(|| format!("{} cannot be made", path.display()))
}

fn tell(written: &Written, limits: Limits) {
    if written.is_cut {
        let _ = writeln!(
            std::io::stderr(),
            "shouhu-sql: only the first {} rows are given (--limit {}); there are more",
            written.rows,
            limits.rows.unwrap_or(written.rows)
        );
    }
}
