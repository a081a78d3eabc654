//! `shouhu restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use shouhu_backup::{Order, opened};
use shouhu_env::Env;
use shouhu_http::wiring;
use shouhu_lakehouse::{Forgotten, forgotten_in};
use shouhu_store::Store;

use super::rooms::Rooms;
use super::{passphrase, place_to_read};
use crate::MODULES;

#[derive(clap::Args)]
pub struct Restore {
    /// Folder of the backups.
    #[arg(long)]
    from: PathBuf,
    /// Which one, as `shouhu backup list` names it. Default: the newest.
    #[arg(long)]
    backup: Option<String>,
    /// Folder of the restored house; must not be there, or be empty.
    #[arg(long)]
    data: PathBuf,
    /// File that `shouhu backup keys` wrote.
    #[arg(long, alias = "keys-file")]
    keys: PathBuf,
    /// File whose first line is its passphrase.
    #[arg(long)]
    passphrase_file: PathBuf,
    /// Folder for the keys; must not be there, or be empty. Default: <data>/keys.
    #[arg(long)]
    keys_folder: Option<PathBuf>,
    /// Data folder of a living house: what it has forgotten since the newest backup is forgotten too.
    #[arg(long, value_name = "DATA")]
    since: Option<PathBuf>,
}

/// What a living house has on its list; only read.
async fn forgotten_by(data: &Path, env: Env) -> anyhow::Result<Vec<Forgotten>> {
    let file = data.join("shouhu.db");
    ensure!(file.is_file(), "there is no house in {}", data.display());
    let store = Store::open(&format!("sqlite:{}", file.display()), env).await?;
    let forgotten = forgotten_in(&store).await;
    store.close().await;
    Ok(forgotten?)
}

pub async fn run(args: Restore, env: Env) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let sealed = std::fs::read(&args.keys).with_context(|| format!("{} cannot be read", args.keys.display()))?;
    let forgotten_since = match &args.since {
        Some(data) => forgotten_by(data, env.clone()).await?,
        None => Vec::new(),
    };
    let order = Order {
        env,
        place: place_to_read(&args.from)?,
        backup: args.backup,
        data: args.data.clone(),
        keys_folder: args.keys_folder,
        keys: opened(&sealed, &passphrase(&args.passphrase_file)?)?,
        schemas: wiring::schemas(MODULES),
        rooms: Some(Arc::new(Rooms)),
        forgotten_since,
    };
    let restored = shouhu_backup::restore(&order).await?;
    let manifest = &restored.manifest;
    println!(
        "backup {} is in {}: {} passages, {} audit leaves, root {}; {:.1} s",
        manifest.id,
        args.data.display(),
        restored.rows,
        restored.audit.leaves,
        restored.audit.root,
        began.elapsed().as_secs_f64()
    );
    if restored.forgotten > 0 {
        println!("{} passages were forgotten again: they were dropped or erased after the backup was taken", restored.forgotten);
    }
    for missing in &restored.missing {
        println!("missing: {missing}");
    }
    if manifest.node != "shouhu" {
        println!("start it with --node {}", manifest.node);
    }
    Ok(ExitCode::SUCCESS)
}
