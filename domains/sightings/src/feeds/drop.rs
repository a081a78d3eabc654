//! The drop folder: `<folder>/<feed>/<file>` is taken in and removed; `<folder>/<feed>/reports/<file>.json` says what became
//! of it. A file that cannot be read as a whole is moved to `<folder>/<feed>/refused/`.
//!
//! Whoever drops a file writes it under a name that begins with a dot or ends in `.part` and renames it: what is there under
//! another name is whole. Files hold plates in plain text, which is why they do not stay.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shouhu_bus::ReactionError;
use shouhu_module::{App, JobKind, Problem};
use shouhu_store::Eyes;

use super::store::{self, Via};
use super::take::{Arrival, open, take};
use super::{FILE_BYTES_MAX, FeedError, FeedReport};
use crate::unavailable::lake_of;

/// Turns that an earlier version left in the job table: they are done with. A job is one node's of all that share the database,
/// and a folder is looked into by its own node alone.
pub const LOOK: JobKind = JobKind { kind: "sightings.feed_drop", run: |_, _| Box::pin(async { Ok(()) }) };

/// How often the folder is looked into.
pub const EVERY: Duration = Duration::from_secs(5);
/// Files of one feed that are taken in one turn; the rest waits for the next.
const FILES_AT_ONCE: usize = 50;

/// Put on the shelf by the program; without it nothing is looked for.
#[derive(Debug, Clone)]
pub struct DropFolder(pub PathBuf);

/// What lies in `reports/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReport {
    Taken(FeedReport),
    Refused { key: String, detail: String },
}

impl DropFolder {
    #[must_use]
    pub fn file(&self, feed: &str, name: &str) -> PathBuf {
        self.0.join(feed).join(name)
    }

    #[must_use]
    pub fn report(&self, feed: &str, name: &str) -> PathBuf {
        self.0.join(feed).join("reports").join(format!("{name}.json"))
    }

    fn refused(&self, feed: &str, name: &str) -> PathBuf {
        self.0.join(feed).join("refused").join(name)
    }
}

/// Looks into this node's own folder for as long as the program runs. What lies there stays until it is taken in, so that a turn
/// which fails or is cut off is made up for by the next one.
pub fn keep_looking(app: App, folder: Arc<DropFolder>) {
    tokio::spawn(async move {
        loop {
            if let Err(error) = Eyes::House.look(look(&app, &folder)).await {
                tracing::warn!(%error, folder = %folder.0.display(), "the drop folder could not be looked into and is tried again");
            }
            tokio::time::sleep(EVERY).await;
        }
    });
}

/// Takes in what lies there now; gives how many files.
///
/// # Errors
/// When the database or the disk fails. What one file lacks stands in its report.
pub async fn look(app: &App, folder: &DropFolder) -> Result<usize, ReactionError> {
    let mut taken = 0;
    for feed in store::open_names(&app.store, app.env.now()).await? {
        let (disk, path) = (app.env.disk.clone(), folder.0.join(&feed));
        let files = tokio::task::spawn_blocking(move || disk.list(&path)).await??;
        let here = folder.0.join(&feed);
        for file in files.iter().filter(|file| is_whole(file, &here)).take(FILES_AT_ONCE) {
            if take_file(app, folder, &feed, file).await? {
                taken += 1;
            }
        }
    }
    Ok(taken)
}

fn is_whole(file: &Path, folder: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    file.parent() == Some(folder) && !name.is_empty() && !name.starts_with('.') && !name.ends_with(".part") && !name.ends_with(".tmp")
}

/// False when it must wait: another file is being read, or the lake takes nothing.
async fn take_file(app: &App, folder: &DropFolder, feed_name: &str, file: &Path) -> Result<bool, ReactionError> {
    let Some(name) = file.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned) else { return Ok(false) };
    let (disk, path) = (app.env.disk.clone(), file.to_owned());
    let bytes = Bytes::from(tokio::task::spawn_blocking(move || disk.read(&path)).await??);
    let result = take_bytes(app, feed_name, &name, bytes.clone()).await;
    let (report, is_refused) = match result {
        Ok(report) => (DropReport::Taken(report), false),
        Err(problem) if problem.status >= 500 => return Ok(false),
        Err(problem) => (DropReport::Refused { key: problem.key, detail: problem.detail }, true),
    };
    let json = serde_json::to_vec_pretty(&report)?;
    let (disk, to, refused, from) = (app.env.disk.clone(), folder.report(feed_name, &name), folder.refused(feed_name, &name), file.to_owned());
    // The report first: a crash in between takes the file in again, which changes nothing.
    tokio::task::spawn_blocking(move || {
        disk.write_durably(&to, &json)?;
        if is_refused {
            disk.write_durably(&refused, &bytes)?;
        }
        disk.remove(&from)
    })
    .await??;
    Ok(true)
}

async fn take_bytes(app: &App, feed_name: &str, name: &str, bytes: Bytes) -> Result<FeedReport, Problem> {
    let feed = crate::ops::feeds::known(app, feed_name).await?;
    open(&feed, app.env.now())?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FeedError::TooLarge { bytes: bytes.len(), max: FILE_BYTES_MAX }.into());
    }
    let arrival = Arrival { bytes, via: Via::Drop, by_name: "drop folder".into(), file_name: name.to_owned(), is_dry_run: false };
    take(app, &*lake_of(app)?, &feed, arrival).await
}
