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
use shouhu_store::{Store, is_postgres};

use super::rooms::Rooms;
use super::{passphrase, place_to_read};
use crate::MODULES;
use crate::lake::progress::Progress;

#[derive(clap::Args)]
pub struct Restore {
    /// Folder of the backups.
    #[arg(long)]
    from: PathBuf,
    /// Which one, as `shouhu backup list` names it. Default: the newest.
    #[arg(long)]
    backup: Option<String>,
    /// Of several servers of the house: the newest backup of this one, which alone has its log. Default: the newest, whichever server took it.
    #[arg(long, conflicts_with = "backup")]
    node: Option<String>,
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
    /// An empty database for the rows, as postgres://<user>@<host>/<database>. Default: SQLite in <data>.
    #[arg(long)]
    store: Option<String>,
    /// Data folder of a living house, or the address of its PostgreSQL: what it has forgotten since the newest backup is forgotten too.
    #[arg(long, value_name = "DATA")]
    since: Option<String>,
}

/// What a living house has on its list; only read.
async fn forgotten_by(house: &str, env: Env) -> anyhow::Result<Vec<Forgotten>> {
    let url = if is_postgres(house) {
        house.to_owned()
    } else {
        let file = Path::new(house).join("shouhu.db");
        ensure!(file.is_file(), "there is no house in {house}");
        format!("sqlite:{}", file.display())
    };
    let store = Store::open(&url, env).await?;
    let forgotten = forgotten_in(&store).await;
    store.close().await;
    Ok(forgotten?)
}

pub async fn run(args: Restore, env: Env) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    ensure!(args.store.as_deref().is_none_or(is_postgres), "--store names a PostgreSQL, as postgres://<user>@<host>/<database>; without it the rows lie in SQLite in --data");
    let sealed = std::fs::read(&args.keys).with_context(|| format!("{} cannot be read", args.keys.display()))?;
    let forgotten_since = match &args.since {
        Some(house) => forgotten_by(house, env.clone()).await?,
        None => Vec::new(),
    };
    let progress = args.store.is_some().then(|| Progress::begin("rows in the new database", 0));
    let order = Order {
        env,
        place: place_to_read(&args.from)?,
        backup: args.backup,
        node: args.node,
        data: args.data.clone(),
        keys_folder: args.keys_folder,
        keys: opened(&sealed, &passphrase(&args.passphrase_file)?)?,
        schemas: wiring::schemas(MODULES),
        rooms: Some(Arc::new(Rooms)),
        forgotten_since,
        store: args.store.clone(),
        rows_copied: progress.as_ref().map(Progress::counter).unwrap_or_default(),
    };
    let restored = shouhu_backup::restore(&order).await;
    drop(progress);
    let restored = restored?;
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
    if args.store.is_some() {
        println!("start it with the --store that was given here: its rows lie there, and not in {}", args.data.display());
    }
    if manifest.node != "shouhu" {
        println!("start it with --node {}", manifest.node);
    }
    Ok(ExitCode::SUCCESS)
}
