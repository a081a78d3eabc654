//! `shouhu lake feed`: a file of a gantry, car park or partner.
//!
//! Only one program may write the lake. Where a server runs, the file is put into its drop folder and the report waited for;
//! where none runs, this program takes the file in by itself.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use shouhu_audit::Entry;
use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_lakehouse::{Lakehouse, LakehouseError, Opening};
use shouhu_module::{App, Problem};
use shouhu_sightings::feeds::drop::{DropFolder, DropReport};
use shouhu_sightings::feeds::store::{self, Feed, Via};
use shouhu_sightings::feeds::take::{Arrival, take};
use shouhu_sightings::feeds::{FILE_BYTES_MAX, FeedMapping, FeedReport, sites};
use shouhu_sightings::ops::feeds::{DefineFeed, checked, keep};
use shouhu_wire::{Role, SightingClass};

use super::progress::Progress;
use super::{close, who};
use crate::{Options, StartError, build};

/// The server looks into its drop folder every five seconds.
const WAIT_S_DEFAULT: u64 = 180;
const LOOK: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
#[command(after_help = "Examples:
  shouhu lake feed --feed freeway-1 --class gantry --title '國道一號門架' --mapping etc.json --sites gantries.csv day.csv
  shouhu lake feed --feed freeway-1 --dry-run day.csv

A mapping names columns, by heading or by number:
  { \"plate\": \"車牌\", \"time\": \"偵測時間\", \"site\": \"門架代碼\", \"direction\": \"方向\" }
  { \"plate\": \"#1\", \"trip\": \"#8\", \"has_heading\": false }")]
pub struct Args {
    /// Files: CSV, JSON lines, a JSON array or Parquet. None: only register the feed.
    files: Vec<PathBuf>,
    /// Name of the feed: lower-case letters, digits, hyphens.
    #[arg(long)]
    feed: String,
    /// JSON file that says which column is what; makes the feed, or changes its mapping.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// parking, gantry or partner; with --mapping of a new feed.
    #[arg(long, value_parser = parse_class)]
    class: Option<SightingClass>,
    #[arg(long)]
    title: Option<String>,
    /// CSV of the feed's sites: code, name, lon, lat. Exchanges the whole list.
    #[arg(long)]
    sites: Option<PathBuf>,
    /// Only check and report.
    #[arg(long)]
    dry_run: bool,
    /// Print the reports as JSON.
    #[arg(long)]
    json: bool,
    /// Seconds to wait for a running server's report; 0: do not wait.
    #[arg(long, default_value_t = WAIT_S_DEFAULT)]
    wait_s: u64,
}

fn parse_class(text: &str) -> Result<SightingClass, String> {
    let possible = [SightingClass::Parking, SightingClass::Gantry, SightingClass::Partner];
    possible.into_iter().find(|class| class.as_str() == text).ok_or_else(|| format!("{text:?} is none of parking, gantry, partner"))
}

fn spoken(problem: Problem) -> anyhow::Error {
    let mut text = format!("{} [{}]", problem.detail, problem.key);
    for row in &problem.rows {
        text.push_str(&format!("\n  line {}, {}: {} {:?} [{}]", row.row, row.column, row.message, row.value, row.key));
    }
    anyhow::anyhow!(text)
}

pub async fn run(args: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    // A dry run reads only, so that it works beside a server too.
    let mode = if args.dry_run { Opening::ReadOnly } else { Opening::Serve };
    let app = match build(options, env.clone(), mode).await {
        Err(StartError::Lake(LakehouseError::Held { .. })) => build(options, env, Opening::Closed).await?,
        other => other?,
    };
    let result = run_in(&app, &args, options).await;
    if let Some(lake) = app.try_room::<Lakehouse>().filter(|_| !args.dry_run) {
        lake.close().await?;
    }
    close(&app).await;
    result
}

async fn run_in(app: &App, args: &Args, options: &Options) -> anyhow::Result<ExitCode> {
    if let Some(path) = &args.mapping {
        define(app, args, path).await?;
    }
    let feed = known(app, &args.feed).await?;
    if let Some(path) = &args.sites {
        let count = put_sites(app, &feed, path).await?;
        eprintln!("{count} sites of feed {}", feed.name);
    }
    let feed = known(app, &args.feed).await?;
    let mut all_good = true;
    for path in &args.files {
        let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
        if bytes.len() > FILE_BYTES_MAX {
            bail!("{} has {} bytes; {FILE_BYTES_MAX} are taken: split it", path.display(), bytes.len());
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file").to_owned();
        let report = match app.try_room::<Lakehouse>() {
            Some(lake) => Some(take_here(app, &lake, &feed, bytes, &name, args.dry_run).await?),
            None => drop_and_wait(app, options, &feed, bytes, &name, args.wait_s).await?,
        };
        if let Some(report) = report {
            all_good &= report.refused == 0 && report.cut.is_none();
            say(args, path, &report)?;
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn known(app: &App, name: &str) -> anyhow::Result<Feed> {
    let found = store::get(&app.store, name).await?;
    found.with_context(|| format!("there is no feed {name:?} yet: give --mapping, --class, --title and --sites to register it"))
}

pub(crate) async fn leaf(app: &App, action: &str, object: String) -> anyhow::Result<()> {
    let person = who::person(&app.env, Role::Operator);
    let entry = Entry {
        at_us: app.env.now(),
        actor: person.id.to_string(),
        actor_name: person.name,
        action: action.to_owned(),
        class: "write".into(),
        purpose: None,
        case_ref: None,
        object,
        outcome: 200,
    };
    app.audit.append(entry).await?;
    Ok(())
}

async fn define(app: &App, args: &Args, path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let mapping: FeedMapping = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    let before = store::get(&app.store, &args.feed).await?;
    let class = args.class.or_else(|| before.as_ref().map(|feed| feed.class)).context("a new feed needs --class")?;
    let title = args.title.clone().or_else(|| before.as_ref().map(|feed| feed.title.clone())).context("a new feed needs --title")?;
    let asked = DefineFeed {
        name: args.feed.clone(),
        title,
        class,
        mapping,
        device: before.as_ref().and_then(|feed| feed.device),
        expires_at_us: before.as_ref().and_then(|feed| feed.expires_at_us),
    };
    let asked = checked(asked, app.env.now())?;
    if args.dry_run {
        bail!("--dry-run changes nothing, and --mapping would");
    }
    leaf(app, "shouhu lake feed", format!("feed {} ({})", asked.name, class.as_str())).await?;
    keep(app, asked, &who::person(&app.env, Role::Operator).name).await.map_err(spoken)?;
    Ok(())
}

async fn put_sites(app: &App, feed: &Feed, path: &Path) -> anyhow::Result<usize> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    let list = match sites::read(&Bytes::from(bytes))? {
        Ok(list) => list,
        Err(rows) => {
            let mut problem = Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "sightings.feed.sites", format!("{} rows of {} are wrong", rows.len(), path.display()));
            problem.rows = rows;
            return Err(spoken(problem));
        }
    };
    leaf(app, "shouhu lake feed", format!("{} sites of feed {}", list.len(), feed.name)).await?;
    store::replace_sites(&app.store, &feed.name, &list).await?;
    Ok(list.len())
}

async fn take_here(app: &App, lake: &Lakehouse, feed: &Feed, bytes: Vec<u8>, name: &str, is_dry_run: bool) -> anyhow::Result<FeedReport> {
    let progress = Progress::begin("taking in", 0);
    leaf(app, "shouhu lake feed", format!("feed {}: file {name}", feed.name)).await?;
    let by_name = who::person(&app.env, Role::Operator).name;
    let arrival = Arrival { bytes: bytes.into(), via: Via::CommandLine, by_name, file_name: name.to_owned(), is_dry_run };
    let report = take(app, lake, feed, arrival).await.map_err(spoken);
    drop(progress);
    report
}

/// `None`: nobody waits for the report.
async fn drop_and_wait(app: &App, options: &Options, feed: &Feed, bytes: Vec<u8>, name: &str, wait_s: u64) -> anyhow::Result<Option<FeedReport>> {
    let folder = DropFolder(options.drop_folder());
    // A name of its own, so that the report that comes is this file's.
    let name = format!("{}-{name}", app.env.now().0);
    leaf(app, "shouhu lake feed", format!("feed {}: file {name} dropped", feed.name)).await?;
    app.env.disk.write_durably(&folder.file(&feed.name, &name), &bytes)?;
    eprintln!("a server runs: the file is in its drop folder, which it looks into every few seconds");
    if wait_s == 0 {
        return Ok(None);
    }
    let report = folder.report(&feed.name, &name);
    let _progress = Progress::begin("waiting for the server's report", 0);
    let until = app.env.now().plus(i64::try_from(wait_s).unwrap_or(i64::MAX / Micros::SECOND).saturating_mul(Micros::SECOND));
    while app.env.now() < until {
        if app.env.disk.exists(&report) {
            return match serde_json::from_slice(&app.env.disk.read(&report)?)? {
                DropReport::Taken(report) => Ok(Some(report)),
                DropReport::Refused { key, detail } => bail!("{detail} [{key}]"),
            };
        }
        tokio::time::sleep(LOOK).await;
    }
    bail!("no report within {wait_s} s; it will be {}", report.display())
}

fn say(args: &Args, path: &Path, report: &FeedReport) -> anyhow::Result<()> {
    if args.json {
        println!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    let what = if report.is_dry_run { "would be accepted" } else { "accepted" };
    println!(
        "{}: {} rows, {} passages {what} ({} late), {} duplicates, {} refused",
        path.display(), report.rows, report.accepted, report.late, report.duplicates, report.refused
    );
    for refusal in &report.refusals {
        println!("  line {}, {}: {} {:?} [{}]", refusal.line, refusal.column, refusal.reason, refusal.value, refusal.key);
    }
    let hidden = report.refused.saturating_sub(report.refusals.len() as u64);
    if hidden > 0 {
        println!("  … and {hidden} more:");
        for counted in &report.refused_for {
            println!("  {} × {}", counted.rows, counted.key);
        }
    }
    if report.cells_ignored > 0 {
        println!("  {} cells of direction, in or out, confidence or speed were not understood", report.cells_ignored);
    }
    if !report.columns_unused.is_empty() {
        println!("  columns not used: {}", report.columns_unused.join(", "));
    }
    if let Some(cut) = &report.cut {
        println!("  {cut}");
    }
    Ok(())
}
