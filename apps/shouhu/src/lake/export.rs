//! `shouhu lake export`: all passages of a plate, of cameras or of an area, as a file.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use shouhu_audit::Entry;
use shouhu_env::Env;
use shouhu_http::purpose;
use shouhu_ids::{CameraId, Micros};
use shouhu_module::Problem;
use shouhu_module::ports::MovementAsker;
use shouhu_sightings::exports::job;
use shouhu_sightings::exports::records::Progress as Counter;
use shouhu_sightings::gate::Asking;
use shouhu_sightings::ops::exports::checked;
use shouhu_wire::{CASE_HEADER, ExportFormat, ExportQuestion, NewExport, PURPOSE_HEADER, Role, Span as WireSpan};

use super::ask::{Shape, Why, escaped};
use super::progress::Progress;
use super::window::Span;
use super::{close, open, say_what_is_missing, who};
use crate::Options;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Geojson,
    Parquet,
}

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    span: Span,
    #[arg(long, global = true, value_enum, default_value = "csv")]
    format: Format,
    /// File to write; must not be there yet. It holds personal data and is not encrypted: keep it where such files belong.
    #[arg(long, global = true)]
    out: Option<PathBuf>,
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    /// All passages of one plate; a year at most.
    History { plate: String },
    /// All passages at cameras; 31 days at most.
    Cameras {
        #[arg(required = true)]
        cameras: Vec<CameraId>,
    },
    /// All passages in an area; 31 days at most.
    Area(Shape),
}

pub async fn run(args: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let Some(out) = &args.out else { bail!("give --out FILE") };
    let (question, days) = match &args.question {
        Question::History { plate } => (ExportQuestion::History { plate: plate.clone() }, 30),
        Question::Cameras { cameras } => (ExportQuestion::Cameras { cameras: cameras.clone() }, 1),
        Question::Area(shape) => (ExportQuestion::Area { area: serde_json::from_value(shape.json()?).context("area")? }, 1),
    };
    let (from_us, until_us) = args.span.window(env.now(), days * Micros::DAY)?;
    let format = match args.format {
        Format::Csv => ExportFormat::Csv,
        Format::Geojson => ExportFormat::Geojson,
        Format::Parquet => ExportFormat::Parquet,
    };
    let new = NewExport { question, span: WireSpan { from_us, until_us }, format };
    let asked = checked(&new)?;
    let (app, lake) = open(options, env).await?;
    let person = who::person(&app.env, Role::Detective);
    let why = purpose(&app, &args.why).await?;
    let asking = Asking::of(&app, MovementAsker::of(&person, &why)).map_err(refused)?;
    job::may_ask(&asking, &new.question, [from_us, until_us]).await.map_err(refused)?;
    // Made before the leaf: a file that cannot be written is no use of the lake.
    let mut file = std::fs::File::create_new(out).with_context(|| format!("{}", out.display()))?;
    let leaf = Entry {
        at_us: app.env.now(),
        actor: person.id.to_string(),
        actor_name: person.name.clone(),
        action: "shouhu lake export".into(),
        class: "personal_read".into(),
        purpose: Some(why.code.clone()),
        case_ref: why.case_ref.clone(),
        object: asked,
        outcome: 200,
    };
    app.audit.append(leaf).await?;
    let progress = Progress::begin("exporting", 100);
    let built = job::build(&lake, &asking, &new.question, [from_us, until_us], format, &Arc::new(Counter::default())).await;
    drop(progress);
    close(&app).await;
    let built = match built {
        Ok(built) => built,
        Err(error) => {
            std::fs::remove_file(out).with_context(|| format!("{}", out.display()))?;
            bail!("{error}");
        }
    };
    file.write_all(&built.bytes).and_then(|()| file.sync_all()).with_context(|| format!("{}", out.display()))?;
    say_what_is_missing();
    for note in &built.notes {
        eprintln!("not whole: {} [{}]", note.detail, note.key);
    }
    println!("{} passages{}, {} bytes, {}", built.rows, built.under, built.bytes.len(), out.display());
    Ok(ExitCode::SUCCESS)
}

async fn purpose(app: &shouhu_module::App, why: &Why) -> anyhow::Result<shouhu_module::Purpose> {
    let mut headers = axum::http::HeaderMap::new();
    for (name, value) in [(PURPOSE_HEADER, &why.purpose), (CASE_HEADER, &why.case_ref)] {
        if let Some(value) = value {
            headers.insert(name, escaped(value).parse()?);
        }
    }
    purpose::required(app, &headers, "").await.map_err(refused)
}

fn refused(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!("{} [{}]", problem.detail, problem.key)
}
