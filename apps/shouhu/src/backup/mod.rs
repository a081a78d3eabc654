//! `shouhu backup`, `restore` and `drill`: a house's copies at a second place, the way back, and the proof that there is one.

mod drill;
mod keys;
mod list;
pub mod nightly;
mod restore;
mod rooms;
mod take;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use shouhu_backup::{House, Place};
use shouhu_env::{Env, RealFiles};
use shouhu_http::wiring;
use shouhu_ids::Micros;
use shouhu_lakehouse::{Opening, files_of};
use shouhu_module::App;
use shouhu_operations::backups::{BackupKind, BackupNote};

use crate::{MODULES, Options, build};

pub use drill::Drill;
pub use nightly::Nightly;
pub use restore::Restore;
pub use rooms::Rooms;

/// Without a subcommand a backup is taken.
#[derive(Args)]
// The subcommand that holds it is a group of the same name already, which clap's checks in debug builds refuse.
#[group(skip)]
pub struct Backup {
    #[command(flatten)]
    take: take::Take,
    #[command(subcommand)]
    act: Option<Act>,
}

#[derive(Subcommand)]
enum Act {
    /// Write the house's keys into one sealed file. Keep it elsewhere than the backups, and anew each day: each day has new keys.
    Keys(keys::Keys),
    /// Which backups there are.
    List(list::ListArgs),
    /// Read every byte of every backup and compare it with its hash; exit code 1 when anything is damaged or missing.
    Verify(verify::Verify),
}

/// # Errors
/// What went wrong, for people.
pub async fn run(backup: Backup, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    match backup.act {
        None => take::run(backup.take, options, env).await,
        Some(Act::Keys(args)) => keys::run(args, options, env).await,
        Some(Act::List(args)) => list::run(&args),
        Some(Act::Verify(args)) => verify::run(args, options, env).await,
    }
}

/// # Errors
/// What went wrong, for people; the target is then as it was.
pub async fn run_restore(args: Restore, env: Env) -> anyhow::Result<ExitCode> {
    restore::run(args, env).await
}

/// # Errors
/// What went wrong, for people.
pub async fn run_drill(args: Drill, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    drill::run(args, options, env).await
}

/// Where the place is.
#[derive(Args)]
struct From {
    /// Folder of the backups.
    #[arg(long, env = "SHOUHU_BACKUP_TO")]
    from: PathBuf,
}

fn place(folder: &Path) -> Place {
    Place::new(Arc::new(RealFiles::below(folder)))
}

/// A place to read from, which must be there: an unmounted disk is no empty place.
fn place_to_read(folder: &Path) -> anyhow::Result<Place> {
    ensure!(folder.is_dir(), "{} is no folder: is the disk mounted?", folder.display());
    Ok(place(folder))
}

/// The house, which must be there: a mistyped folder is not to become a new one.
async fn open(options: &Options, env: Env) -> anyhow::Result<App> {
    ensure!(options.data.is_dir(), "there is no house in {}", options.data.display());
    let is_sqlite = options.store.is_none();
    ensure!(!is_sqlite || options.data.join("shouhu.db").is_file(), "there is no house in {}", options.data.display());
    build(options, env, Opening::Closed).await.context("the data folder cannot be opened")
}

/// The same, as a backup sees it.
///
/// # Errors
/// When the lake's place is wrong.
pub fn house_of(app: &App, options: &Options) -> anyhow::Result<House> {
    let config = options.lake_config()?;
    Ok(House {
        env: app.env.clone(),
        store: app.store.clone(),
        schemas: wiring::schemas(MODULES),
        rows_copied: Arc::default(),
        lake: files_of(&config)?,
        node_home: config.home,
        node: config.node,
        data: options.data.clone(),
        keys: app.blobs.keys().clone(),
        keys_folder: options.keys.clone(),
    })
}

/// The name of this server among those of the house.
fn node_of(options: &Options) -> anyhow::Result<String> {
    Ok(options.lake_config()?.node)
}

/// The first line of a file: a passphrase on the command line would be in the list of processes.
fn passphrase(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Keeps for the operator's page what came of a backup or drill that failed.
async fn keep_failure(app: &App, node: &str, kind: BackupKind, began_at_us: Micros, error: &anyhow::Error) -> anyhow::Result<()> {
    let note = BackupNote {
        kind,
        began_at_us,
        node: Some(node.to_owned()),
        is_good: false,
        backup: None,
        took_us: app.env.now().since(began_at_us),
        bytes_written: None,
        rpo_us: None,
        newest_passage_age_us: None,
        detail: format!("{error:#}"),
    };
    Ok(shouhu_operations::backups::keep(&app.store, &note).await?)
}

/// Bytes for people.
fn mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
