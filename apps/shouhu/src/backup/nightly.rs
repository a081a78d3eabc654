//! The server's own backups: each night one, each Sunday night a drill, where `serve --backup-to` says so.
//!
//! What is due follows from the notes of what was done, by whomever: a restart forgets nothing, and a backup that an operator took by hand
//! at night is tonight's. Of several servers of a house each does its own, because each has a log that is in no other's backup; at one place one of them writes at a
//! time, and the others wait.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use shouhu_backup::{BackupError, KEEP_DAYS_DEFAULT, Place, keys_in, opened};
use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_operations::backups::{BackupKind, BackupNote, list_of};

use super::{drill, keep_failure, keys, node_of, passphrase, place_to_read, take};
use crate::Options;

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Nightly {
    /// Back the house up into this folder each night at half past two in Taipei, and drill the newest backup each Sunday night. The folder
    /// must be there: a disk that is not mounted is no place.
    #[arg(long)]
    pub backup_to: Option<PathBuf>,
    /// Backups that are older are let go of, but for the newest.
    #[arg(long, default_value_t = KEEP_DAYS_DEFAULT, requires = "backup_to")]
    pub backup_keep_days: i64,
    /// File into which the keys are sealed after each backup, and with which the drill opens it; elsewhere than the backups. Without it the
    /// drill takes the house's own keys, and somebody else keeps them safe.
    #[arg(long, requires_all = ["backup_to", "backup_passphrase_file"])]
    pub backup_keys_to: Option<PathBuf>,
    /// File whose first line is the passphrase of the file of keys.
    #[arg(long, requires = "backup_keys_to")]
    pub backup_passphrase_file: Option<PathBuf>,
}

/// When nights begin here: 02:30 in Taipei.
pub const BACKUP_AT_US: i64 = 2 * Micros::HOUR + 30 * Micros::MINUTE;
/// An hour later, so that it is tonight's backup that is drilled.
pub const DRILL_AT_US: i64 = BACKUP_AT_US + Micros::HOUR;
/// Day 0 of Unix was a Thursday.
pub const SUNDAY: i64 = 3;
/// After a failure: a disk may have been full or not mounted.
pub const BACKUP_AGAIN_US: i64 = Micros::HOUR;
pub const DRILL_AGAIN_US: i64 = 6 * Micros::HOUR;
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Notes that are looked at: a week of one backup an hour.
const NOTES: i64 = 200;

/// The last moment not after `now` that is so long after midnight in Taipei, of a day whose number leaves `rest` when divided by `every`.
#[must_use]
pub const fn last(now: Micros, after_midnight_us: i64, every: i64, rest: i64) -> Micros {
    let local = now.0 + shouhu_calendar::TAIPEI_US - after_midnight_us;
    let day = local.div_euclid(Micros::DAY);
    let day = day - (day - rest).rem_euclid(every);
    Micros(day * Micros::DAY + after_midnight_us - shouhu_calendar::TAIPEI_US)
}

/// What a server is to do now, by the notes that count for it. A backup first: a drill of an old one would prove little.
#[must_use]
pub fn due(now: Micros, notes: &[BackupNote]) -> Option<BackupKind> {
    let is_due = |kind: BackupKind, since: Micros, again_us: i64| {
        let mut of_kind = notes.iter().filter(|note| note.kind == kind);
        let is_done = of_kind.clone().any(|note| note.is_good && note.began_at_us >= since);
        !is_done && of_kind.all(|note| now.since(note.began_at_us) >= again_us || (note.is_good && note.began_at_us < since))
    };
    if is_due(BackupKind::Backup, last(now, BACKUP_AT_US, 1, 0), BACKUP_AGAIN_US) {
        return Some(BackupKind::Backup);
    }
    let has_backup = notes.iter().any(|note| note.kind == BackupKind::Backup && note.is_good);
    let is_drill_due = has_backup && is_due(BackupKind::Drill, last(now, DRILL_AT_US, 7, SUNDAY), DRILL_AGAIN_US);
    is_drill_due.then_some(BackupKind::Drill)
}

/// Looks what is due for as long as the server runs. Does nothing where no place was named.
pub async fn run(app: App, options: Options, nightly: Nightly) {
    let Some(to) = nightly.backup_to.clone() else { return };
    loop {
        match look(&app, &options, &nightly, &to).await {
            Ok(Some(said)) => tracing::info!("{said}"),
            Ok(None) => {}
            Err(error) => tracing::error!(error = format!("{error:#}"), "no backup or drill; tried again later"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Does what is due now for this server; what came of it, or `None` where nothing was, or where another server is writing to the place.
///
/// # Errors
/// What went wrong; it is noted for the operator's page.
pub async fn look(app: &App, options: &Options, nightly: &Nightly, to: &std::path::Path) -> anyhow::Result<Option<String>> {
    let (began_at_us, node) = (app.env.now(), node_of(options)?);
    let Some(kind) = due(began_at_us, &list_of(&app.store, &node, NOTES).await?) else { return Ok(None) };
    let done = match kind {
        BackupKind::Backup => backup(app, options, nightly, to).await,
        BackupKind::Drill => drilled(app, options, nightly, &node, to).await.map(Some),
    };
    if let Err(error) = &done {
        keep_failure(app, &node, kind, began_at_us, error).await?;
    }
    done
}

/// Whether somebody writes there now. Who comes right after this asked is told by the backup itself.
fn is_taken(place: &Place) -> bool {
    matches!(place.hold(), Err(BackupError::Held))
}

async fn backup(app: &App, options: &Options, nightly: &Nightly, to: &std::path::Path) -> anyhow::Result<Option<String>> {
    let place = place_to_read(to)?;
    // No failure that would wait for an hour: all servers begin at the same minute, and take turns.
    if is_taken(&place) {
        return Ok(None);
    }
    // Before the backup, so that no backup is good whose keys nobody has.
    if let Some((file, passphrase_file)) = nightly.backup_keys_to.as_ref().zip(nightly.backup_passphrase_file.as_ref()) {
        keys::write(app, options, file, &passphrase(passphrase_file)?).await?;
    }
    take::one(app, options, &place, &to.display().to_string(), nightly.backup_keep_days, Arc::default()).await.map(Some)
}

async fn drilled(app: &App, options: &Options, nightly: &Nightly, node: &str, to: &std::path::Path) -> anyhow::Result<String> {
    let keys = match nightly.backup_keys_to.as_ref().zip(nightly.backup_passphrase_file.as_ref()) {
        Some((file, passphrase_file)) => {
            let sealed = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
            opened(&sealed, &passphrase(passphrase_file)?)?
        }
        None => keys_in(&options.keys)?,
    };
    // Only this makes a folder of that name; one that is there is of a server that died meanwhile.
    let into = options.data.with_extension("nightly-drill");
    if into.exists() {
        std::fs::remove_dir_all(&into).with_context(|| format!("{} cannot be removed", into.display()))?;
    }
    let which = drill::Which { node: Some(node.to_owned()), ..drill::Which::default() };
    let order = drill::order(app.env.clone(), Some(app), place_to_read(to)?, which, into, keys).await?;
    let drilled = drill::one(app, &order, &to.display().to_string()).await?;
    Ok(format!("backup {} was restored, opened and asked", drilled.restored.manifest.id))
}
