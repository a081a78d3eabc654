//! `shouhu drill`: a backup that nobody has restored is a hope.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use shouhu_backup::{Drilled, ForgetsPlates, KeyFiles, Order, Place, opened};
use shouhu_env::Env;
use shouhu_http::wiring;
use shouhu_ids::Micros;
use shouhu_lakehouse::forgotten_in;
use shouhu_module::App;
use shouhu_operations::backups::{BackupKind, BackupNote, keep};

use super::rooms::Rooms;
use super::{keep_failure, node_of, open, passphrase, place_to_read};
use crate::lake::feed::leaf;
use crate::{MODULES, Options};

#[derive(clap::Args)]
#[group(skip)]
pub struct Drill {
    /// Folder of the backups.
    #[arg(long, env = "SHOUHU_BACKUP_TO")]
    from: PathBuf,
    /// Which one. Default: the newest, with --node the newest of that server.
    #[arg(long)]
    backup: Option<String>,
    /// File that `shouhu backup keys` wrote.
    #[arg(long)]
    keys_file: PathBuf,
    /// File whose first line is its passphrase.
    #[arg(long)]
    passphrase_file: PathBuf,
    /// Folder in which the house is restored for a moment; needs its room. Default: drill beside the data folder.
    #[arg(long)]
    into: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Drill, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let sealed = std::fs::read(&args.keys_file).with_context(|| format!("{} cannot be read", args.keys_file.display()))?;
    let keys = opened(&sealed, &passphrase(&args.passphrase_file)?)?;
    let living = if options.data.is_dir() { Some(open(options, env.clone()).await?) } else { None };
    let into = args.into.unwrap_or_else(|| options.data.with_extension("drill"));
    ensure!(!into.exists(), "{} is there already: name another folder with --into", into.display());
    let began_at_us = env.now();
    let which = Which { backup: args.backup, node: options.node.clone() };
    let order = order(env, living.as_ref(), place_to_read(&args.from)?, which, into, keys).await?;
    let drilled = match &living {
        Some(app) => one(app, &order, &args.from.display().to_string()).await,
        None => shouhu_backup::drill(&order, None).await.map_err(anyhow::Error::from),
    };
    if let Some(app) = &living {
        if let Err(error) = &drilled {
            keep_failure(app, &node_of(options)?, BackupKind::Drill, began_at_us, error).await?;
        }
        app.store.close().await;
    }
    say(&drilled?, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Which backup of a place.
#[derive(Default)]
pub(super) struct Which {
    /// `None`: the newest.
    pub backup: Option<String>,
    /// The newest of this server. `None`: whoever's.
    pub node: Option<String>,
}

/// What a drill restores, and what it is to forget. Into a SQLite whatever the house has: a drill needs no server.
pub(super) async fn order(env: Env, living: Option<&App>, place: Place, which: Which, into: PathBuf, keys: KeyFiles) -> anyhow::Result<Order> {
    let forgotten_since = match living {
        Some(app) => forgotten_in(&app.store).await?,
        None => Vec::new(),
    };
    let (schemas, rooms) = (wiring::schemas(MODULES), Some(Arc::new(Rooms) as Arc<dyn ForgetsPlates>));
    let Which { backup, node } = which;
    Ok(Order { env, place, backup, node, data: into, keys_folder: None, keys, schemas, rooms, forgotten_since, store: None, rows_copied: Arc::default() })
}

/// Drills beside the living house, with its leaf first, and keeps what came of it.
pub(super) async fn one(app: &App, order: &Order, from: &str) -> anyhow::Result<Drilled> {
    leaf(app, "backup.drill", format!("everything, from {from}")).await?;
    let began_at_us = order.env.now();
    let drilled = shouhu_backup::drill(order, Some(&app.audit)).await?;
    keep(&app.store, &note_of(&drilled, began_at_us)).await?;
    Ok(drilled)
}

fn note_of(drilled: &Drilled, began_at_us: Micros) -> BackupNote {
    let restored = &drilled.restored;
    let missing = if restored.missing.is_empty() { String::new() } else { format!("; missing: {}", restored.missing.join("; ")) };
    BackupNote {
        kind: BackupKind::Drill,
        began_at_us,
        // Whose backup was proved, whoever did it.
        node: Some(restored.manifest.node.clone()),
        is_good: true,
        backup: Some(restored.manifest.id.clone()),
        took_us: drilled.rto_us,
        bytes_written: None,
        rpo_us: Some(drilled.rpo_us),
        newest_passage_age_us: drilled.newest_passage_age_us,
        detail: format!("{} passages, {} audit leaves{missing}", restored.rows, restored.audit.leaves),
    }
}

fn seconds(us: i64) -> String {
    format!("{}.{:03} s", us / Micros::SECOND, us.rem_euclid(Micros::SECOND) / 1_000)
}

fn say(drilled: &Drilled, is_json: bool) -> anyhow::Result<()> {
    let restored = &drilled.restored;
    if is_json {
        let said = serde_json::json!({
            "backup": restored.manifest.id,
            "rows": restored.rows,
            "forgotten": restored.forgotten,
            "audit_leaves": restored.audit.leaves,
            "audit_root": restored.audit.root,
            "leaves_since": drilled.leaves_since,
            "rpo_us": drilled.rpo_us,
            "newest_passage_age_us": drilled.newest_passage_age_us,
            "rto_us": drilled.rto_us,
            "missing": restored.missing,
        });
        println!("{}", serde_json::to_string_pretty(&said)?);
        return Ok(());
    }
    println!("backup {} is a house: {} passages, {} audit leaves, root {}", restored.manifest.id, restored.rows, restored.audit.leaves, restored.audit.root);
    match drilled.leaves_since {
        Some(since) => println!("the living audit log grew out of it: {since} leaves since"),
        None => println!("no living audit log was there to be compared"),
    }
    let newest = drilled.newest_passage_age_us.map_or_else(|| "-".into(), seconds);
    println!("RPO {} (newest passage {newest} old), RTO {}", seconds(drilled.rpo_us), seconds(drilled.rto_us));
    for missing in &restored.missing {
        println!("missing: {missing}");
    }
    Ok(())
}
