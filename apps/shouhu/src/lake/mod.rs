//! `shouhu lake`: what is asked of the lake and done to it at the machine itself, beside a running server.
//!
//! Questions go through the same gate as those of the web app, in this process: purpose, case, and an audit leaf that is
//! durable before a row is printed. The lake is opened for reading only: files and catalogue, not the memory of a running
//! server, and every answer says so.

pub mod ask;
mod export;
pub(crate) mod feed;
mod mend;
mod migrate;
pub(crate) mod progress;
pub mod stats;
pub mod table;
mod verify;
pub(crate) mod who;
pub mod window;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use shouhu_env::Env;
use shouhu_lakehouse::{Lakehouse, Opening};
use shouhu_module::App;

use crate::{Options, build};

/// What a shell gives back after Ctrl-C.
const INTERRUPTED: u8 = 130;

#[derive(Subcommand)]
pub enum Act {
    /// Rows, segments, bytes, days: what the lake is made of. Names no vehicle.
    Stats(stats::Args),
    /// Read every page of every file and compare it with its checksum; exit code 1 when anything is damaged or missing.
    Verify(verify::Args),
    /// Write segments of which a file is lost or damaged anew from what can be read of them. The server must not be running.
    Mend(mend::Args),
    /// Ask a question; needs --purpose, and most purposes a --case. Leaves an audit leaf before anything is printed.
    Ask(ask::Args),
    /// Write all passages of a plate, of cameras or of an area into a file. Leaves an audit leaf before the file is made.
    Export(export::Args),
    /// Take in a file of a gantry, car park or partner, or register the feed first.
    Feed(feed::Args),
    /// Move sightings of an earlier version's database into the lake. May be stopped and run again.
    Migrate(migrate::Args),
}

/// Runs until done or until Ctrl-C.
///
/// # Errors
/// What went wrong, for people.
pub async fn run(act: Act, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let work = async {
        match act {
            Act::Stats(args) => stats::run(args, options, env).await,
            Act::Verify(args) => verify::run(args, options, env).await,
            Act::Mend(args) => mend::run(args, options, env).await,
            Act::Ask(args) => ask::run(args, options, env).await,
            Act::Export(args) => export::run(args, options, env).await,
            Act::Feed(args) => feed::run(args, options, env).await,
            Act::Migrate(args) => migrate::run(args, options, env).await,
        }
    };
    tokio::select! {
        done = work => done,
        // What was begun is either whole or not there: files are written beside and renamed, batches are synced one by one.
        _ = tokio::signal::ctrl_c() => {
            eprintln!("\nstopped");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// The house with the lake open for reading.
async fn open(options: &Options, env: Env) -> anyhow::Result<(App, Arc<Lakehouse>)> {
    let app = build(options, env, Opening::ReadOnly).await.context("the data folder cannot be opened")?;
    let lake = app.try_room::<Lakehouse>().context("this data folder has no lake")?;
    Ok((app, lake))
}

/// Ends an app that served one command.
async fn close(app: &App) {
    app.store.close().await;
}

/// Said once on stderr by everything that reads.
fn say_what_is_missing() {
    eprintln!("read from files: passages of the last minutes that a running server still holds in memory are not included");
}
