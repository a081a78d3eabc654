//! When the time of photos is over: their files go, then the keys of days on which nothing is left.
//!
//! - *Of a closed incident*, and of its reports: [`PHOTO_DAYS`] after it was closed.
//! - *Of one that nobody closed*: [`UNCLOSED_DAYS`] after the photo arrived. By then it is a record, not work.
//!
//! The periods are this project's defaults, not a law's: a house sets what its own file plan says. What a case needs is in its
//! file by then. A destroyed key takes the backups of its day with it, and what a broken-off upload left behind.

use std::collections::HashSet;

use shouhu_blobs::{BlobClass, BlobError, Blobs};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params, tag_of};

use super::{PhotoError, PhotoState, book};

pub const PURGE_PHOTOS: JobKind = JobKind { kind: "dispatch.purge_photos", run };

pub const PHOTO_DAYS: i64 = 365;
pub const UNCLOSED_DAYS: i64 = 730;
/// 03:55 in Taipei, after the calls.
pub const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 55 * Micros::MINUTE;
/// Photos of one transaction.
const PHOTOS_AT_ONCE: i64 = 500;
/// An upload of yesterday may still be between its file and its row; the day before, none is.
const SETTLED_DAYS: i64 = 2;
/// How far back keys are looked for: older ones went in an earlier turn, unless the job did not run for so long.
const LOOK_BACK_DAYS: i64 = UNCLOSED_DAYS + 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    pub photos: u64,
    pub days: u64,
}

/// Marks what is over; how many.
async fn end(store: &Store) -> Result<u64, StoreError> {
    let now = store.env().now();
    let sql = "UPDATE dispatch_photo SET state = $1, ended_at_us = $2, end_reason = 'retention', lon = NULL, lat = NULL, accuracy_m = NULL \
         WHERE id IN (SELECT p.id FROM dispatch_photo p JOIN dispatch_assignment a ON a.id = p.assignment \
         JOIN dispatch_incident i ON i.id = a.incident LEFT JOIN dispatch_incident t ON t.id = i.merged_into \
         WHERE p.state = 'kept' AND (COALESCE(i.closed_at_us, t.closed_at_us) < $3 OR p.received_at_us < $4) LIMIT $5)";
    let mut ended = 0;
    loop {
        let mut tx = store.begin().await?;
        let (closed, arrived) = (now.plus(-PHOTO_DAYS * Micros::DAY), now.plus(-UNCLOSED_DAYS * Micros::DAY));
        let some = tx.execute(sql, params![tag_of(&PhotoState::Destroyed), now, closed, arrived, PHOTOS_AT_ONCE]).await?;
        tx.commit().await?;
        if some == 0 {
            return Ok(ended);
        }
        ended += some;
    }
}

/// Removes the files of everything that has ended, those included whose removal was cut off before.
async fn erase_ended(store: &Store, blobs: &Blobs) -> Result<(), PhotoError> {
    let sql = "SELECT id, sha256, day FROM dispatch_photo WHERE state <> 'kept' AND erased_at_us IS NULL ORDER BY id LIMIT $1";
    loop {
        let rows = store.fetch(sql, params![PHOTOS_AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            book::erase(store, blobs, row.parsed("id")?, &row.text("sha256")?, row.int("day")?).await?;
        }
    }
}

/// Destroys the keys of all settled days on which no photo is left; how many days had one.
async fn destroy_days(store: &Store, blobs: &Blobs) -> Result<u64, PurgeError> {
    let today = store.env().now().day();
    let rows = store.fetch("SELECT DISTINCT day FROM dispatch_photo WHERE erased_at_us IS NULL", vec![]).await?;
    let alive: HashSet<i64> = rows.iter().map(|row| row.int("day")).collect::<Result<_, _>>()?;
    let blobs = blobs.clone();
    let work = tokio::task::spawn_blocking(move || {
        let mut destroyed = 0;
        for day in (today - LOOK_BACK_DAYS..=today - SETTLED_DAYS).filter(|day| !alive.contains(day)) {
            let had_key = blobs.keys().of_day(BlobClass::Assignment.as_str(), day).map_err(BlobError::from)?.is_some();
            if had_key {
                blobs.destroy_day(BlobClass::Assignment, day)?;
                destroyed += 1;
            }
        }
        Ok::<u64, BlobError>(destroyed)
    });
    Ok(work.await??)
}

#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
}

/// Destroys what is over.
///
/// # Errors
/// When disk or database fail; what was destroyed before stays so, and the next turn goes on.
pub async fn purge_now(store: &Store, blobs: &Blobs) -> Result<Purged, PurgeError> {
    let photos = end(store).await?;
    erase_ended(store, blobs).await?;
    Ok(Purged { photos, days: destroy_days(store, blobs).await? })
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        PURGE_PHOTOS.schedule_daily(&app.store, HOUR_UTC_US).await?;
        let Purged { photos, days } = purge_now(&app.store, &app.blobs).await?;
        tracing::info!(photos, days, "photos destroyed whose time was over");
        Ok(())
    })
}
