//! `shouhu lake mend`: segments of which a file is lost or damaged are written anew from what can be read of them.

use std::process::ExitCode;

use anyhow::Context;
use shouhu_env::Env;
use shouhu_lakehouse::lake::catalogue::Order;
use shouhu_lakehouse::{Lakehouse, Opening};

use super::close;
use super::feed::leaf;
use super::progress::Progress;
use crate::{Options, build};

#[derive(clap::Args)]
pub struct Args {
    /// Only say what is damaged.
    #[arg(long)]
    dry_run: bool,
    /// Where the full file cannot be read, accept the one in plate order: sequence numbers, pictures, lag, speed and details of
    /// those passages are lost for good.
    #[arg(long)]
    accept_loss: bool,
}

const fn name_of(order: Order) -> &'static str {
    match order {
        Order::Plate => "by_plate",
        Order::Source => "by_source",
        Order::Index => "index",
    }
}

pub async fn run(args: Args, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let app = build(options, env, Opening::Serve).await.context("a lake is mended while its server is stopped")?;
    let lake = app.try_room::<Lakehouse>().context("this data folder has no lake")?;
    let progress = Progress::begin("reading every page of every segment", 0);
    let damaged = lake.damaged().await?;
    drop(progress);
    println!("{} of {} segments are damaged", damaged.len(), lake.segments().len());
    let mut left = 0;
    for (meta, error) in damaged {
        println!("{:016x}: {error}", meta.id.0);
        if args.dry_run {
            left += 1;
            continue;
        }
        let rows = meta.rows;
        match lake.mend(meta.clone(), args.accept_loss).await {
            Ok(mended) => {
                let checked = if mended.is_checked { "every checksum fits" } else { "held against the catalogue, for the checksums are lost" };
                let text = format!("segment {:016x} of {rows} rows written anew as {:016x} from {}; {checked}", mended.id.0, mended.into.0, name_of(mended.from));
                leaf(&app, "lake.mend", text.clone()).await?;
                println!("  {text}");
            }
            Err(error) => {
                left += 1;
                println!("  left as it is: {error}");
            }
        }
    }
    lake.close().await?;
    close(&app).await;
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
