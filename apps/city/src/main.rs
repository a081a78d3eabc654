//! `shouhu-city`: a seeded city that drives the public API only.
//!
//! | command | does |
//! |---|---|
//! | `shouhu-city --calls 200 --seed 7` | starts a server of its own, runs faster than life, prints the KPIs, exits |
//! | `shouhu-city live …` | keeps a running server alive with traffic, calls and officers |
//! | `shouhu-city map …` | writes the demo city's roads to a file that the server imports |

mod api;
mod crew;
mod desk;
mod edge;
mod frame;
mod kpi;
mod room;
mod setup;
mod time;
mod traffic;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use shouhu_roads::{CitySize, demo_city};

use crate::time::CityClock;
use crate::world::{Pace, World};

#[derive(Parser)]
#[command(name = "shouhu-city", version, about = "A seeded city that drives Shouhu's public API")]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Keep a running server alive until Ctrl-C.
    Live(LiveArgs),
    /// Write the demo city's roads to a file.
    Map {
        #[arg(long, default_value_t = 7)]
        seed: u64,
        #[arg(long, value_enum, default_value_t = Size::District)]
        size: Size,
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Args)]
struct RunArgs {
    /// 110 calls until the end.
    #[arg(long, default_value_t = 50)]
    calls: u32,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Seconds of the city per second of the wall.
    #[arg(long, default_value_t = 30)]
    speed: u32,
    /// Folder of the programs `shouhu` and `shouhu-edge`; default: beside this one.
    #[arg(long)]
    bin: Option<PathBuf>,
    /// Do not render camera frames and start no edge agent.
    #[arg(long)]
    no_edge: bool,
    /// Also write the figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct LiveArgs {
    #[arg(long)]
    server: String,
    /// Where the simulated people keep their passkeys between starts.
    #[arg(long)]
    state: PathBuf,
    /// The server's program and data folder, for the first operator's one-time link.
    #[arg(long)]
    shouhu: PathBuf,
    #[arg(long)]
    data: PathBuf,
    /// The edge agent's program; without it no frames are rendered.
    #[arg(long)]
    edge: Option<PathBuf>,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// A hit that no person has decided after so many seconds is decided by the simulated dispatcher.
    #[arg(long, default_value_t = 180)]
    patience_s: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Size {
    Town,
    District,
    City,
}

impl From<Size> for CitySize {
    fn from(size: Size) -> Self {
        match size {
            Size::Town => Self::Town,
            Size::District => Self::District,
            Size::City => Self::City,
        }
    }
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = stop.clone();
    ctrlc::set_handler(move || on_signal.store(true, Ordering::SeqCst)).context("signals cannot be handled")?;
    match cli.command {
        Some(Command::Map { seed, size, out }) => {
            std::fs::write(&out, demo_city(seed, size.into()).to_bytes()).with_context(|| format!("cannot write {}", out.display()))
        }
        Some(Command::Live(args)) => live(&args, &stop),
        None => run(&cli.run, &stop),
    }
}

/// A server of our own, faster than life, with a report at the end.
fn run(args: &RunArgs, stop: &AtomicBool) -> anyhow::Result<()> {
    let bin = match &args.bin {
        Some(bin) => bin.clone(),
        None => std::env::current_exe()?.parent().map(ToOwned::to_owned).context("this program lies nowhere")?,
    };
    let clock = CityClock::faster(args.speed);
    let room = room::Room::open(&bin, &clock)?;
    let people = setup::Setup { server: room.url.clone(), state: room.folder.join("people"), seed: args.seed, clock: clock.clone() };
    let cast = people.prepare(|role| room.invite(role))?;
    let edge = if args.no_edge { None } else { Some(edge::Edge::start(&bin.join("shouhu-edge"), &room.folder.join("edge"), &cast)?) };
    let pace = Pace::fast(args.calls, args.speed);
    let mut world = World::new(args.seed, cast, clock, pace, edge)?;
    let report = world.run(stop)?;
    println!("{report}");
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    drop(world);
    room.close()
}

fn live(args: &LiveArgs, stop: &AtomicBool) -> anyhow::Result<()> {
    let clock = CityClock::real();
    let people = setup::Setup { server: args.server.clone(), state: args.state.clone(), seed: args.seed, clock: clock.clone() };
    let cast = people.prepare(|role| room::invite_by(&args.shouhu, &args.data, &args.server, role))?;
    let edge = match &args.edge {
        Some(program) => Some(edge::Edge::start(program, &args.state.join("edge"), &cast)?),
        None => None,
    };
    let mut world = World::new(args.seed, cast, clock, Pace::live(args.patience_s), edge)?;
    let report = world.run(stop)?;
    println!("{report}");
    Ok(())
}
