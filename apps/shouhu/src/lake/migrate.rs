//! `shouhu lake migrate`: what a start does by itself, ahead of it and with a figure on the screen.

use std::process::ExitCode;

use shouhu_env::Env;
use shouhu_lakehouse::{Lakehouse, Opening};

use super::close;
use super::progress::Progress;
use crate::{Options, build};

#[derive(clap::Args)]
pub struct Args {}

/// Opening the house for writing moves what an earlier version left in the database; a batch is in the lake before it leaves
/// the table, so that stopping in between loses nothing and the next run goes on.
pub async fn run(_: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let progress = Progress::begin("moving sightings into the lake", 0);
    let app = build(options, env, Opening::Serve).await;
    drop(progress);
    let app = app?;
    if let Some(lake) = app.try_room::<Lakehouse>() {
        lake.flush().await?;
        println!("the lake has {} rows in {} segments; nothing is left in the table of an earlier version", lake.figures().rows_in_segments, lake.figures().segments);
        lake.close().await?;
    }
    close(&app).await;
    Ok(ExitCode::SUCCESS)
}
