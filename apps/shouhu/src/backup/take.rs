//! `shouhu backup --to DIR`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use anyhow::Context;
use shouhu_backup::{House, KEEP_DAYS_DEFAULT, Place};
use shouhu_env::Env;
use shouhu_module::App;
use shouhu_operations::backups::{BackupKind, BackupNote, keep};
use shouhu_store::Backend;

use super::{house_of, keep_failure, mib, node_of, open, place};
use crate::Options;
use crate::lake::feed::leaf;
use crate::lake::progress::Progress;

#[derive(clap::Args)]
pub struct Take {
    /// Folder of the backups, best on another site; made when it is missing.
    #[arg(long, env = "SHOUHU_BACKUP_TO")]
    to: Option<PathBuf>,
    /// Backups that are older are let go of, but for the newest. What was erased since is in them until then.
    #[arg(long, default_value_t = KEEP_DAYS_DEFAULT)]
    keep_days: i64,
}

pub async fn run(args: Take, options: &Options, env: Env) -> anyhow::Result<ExitCode> {
    let to = args.to.context("--to names the folder of the backups")?;
    let app = open(options, env).await?;
    let began_at_us = app.env.now();
    // Of a SQLite there is no row to count: its copy is one statement.
    let progress = (app.store.backend() == Backend::Postgres).then(|| Progress::begin("copying rows of the database", 0));
    let rows_copied = progress.as_ref().map(Progress::counter).unwrap_or_default();
    let done = one(&app, options, &place(&to), &to.display().to_string(), args.keep_days, rows_copied).await;
    drop(progress);
    if let Err(error) = &done {
        keep_failure(&app, &node_of(options)?, BackupKind::Backup, began_at_us, error).await?;
    }
    app.store.close().await;
    println!("{}", done?);
    Ok(ExitCode::SUCCESS)
}

/// Takes one, with its leaf first, and says what came of it.
pub(super) async fn one(app: &App, options: &Options, place: &Place, named: &str, keep_days: i64, rows_copied: Arc<AtomicU64>) -> anyhow::Result<String> {
    leaf(app, "backup.take", format!("everything, to {named}")).await?;
    let (began, began_at_us) = (Instant::now(), app.env.now());
    let taken = shouhu_backup::take(&House { rows_copied, ..house_of(app, options)? }, place, keep_days).await?;
    let (manifest, cost) = (&taken.manifest, taken.cost);
    let note = BackupNote {
        kind: BackupKind::Backup,
        began_at_us,
        node: Some(manifest.node.clone()),
        is_good: true,
        backup: Some(manifest.id.clone()),
        took_us: app.env.now().since(began_at_us),
        bytes_written: i64::try_from(cost.bytes_written).ok(),
        rpo_us: None,
        newest_passage_age_us: None,
        detail: format!("{} files, {} bytes", manifest.files(), manifest.bytes()),
    };
    keep(&app.store, &note).await?;
    let mut said = format!(
        "backup {} of {} files, {}; read {}, wrote {} in {} chunks; {:.1} s",
        manifest.id,
        manifest.files(),
        mib(manifest.bytes()),
        mib(cost.bytes_read),
        mib(cost.bytes_written),
        cost.chunks_written,
        began.elapsed().as_secs_f64()
    );
    for missing in &manifest.missing {
        said.push_str(&format!("\nnot in it: {missing}"));
    }
    if !taken.expired.is_empty() {
        said.push_str(&format!("\n{} older backups let go of, {} chunks removed", taken.expired.len(), taken.chunks_removed));
    }
    Ok(said)
}
