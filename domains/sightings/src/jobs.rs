//! The purge: sightings without a hit die after [`RETENTION_DAYS`], and the keys of their pictures with them.
//!
//! A kept sighting's pictures are moved under today's key before the key of their day is destroyed. Each run leaves a
//! certificate in `sightings_purge` and enqueues the next one first, so that a failed run does not end the chain.

use shouhu_blobs::{BlobClass, BlobError, BlobId};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{NewJob, Row, Store, StoreError, params};

use crate::model::{FUTURE_TOLERATED_US, RETENTION_DAYS};

pub const PURGE: JobKind = JobKind { kind: "sightings.purge", run };

/// 03:30 in Taipei, after midnight's reports and before the morning.
const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 30 * Micros::MINUTE;
/// Rows of one transaction: the one writer of SQLite is held for some milliseconds, not for minutes.
const ROWS_AT_ONCE: i64 = 2_000;
/// How far back the first run looks for keys to destroy.
const DAYS_BACK: i64 = 400;

fn turn_after(now: Micros) -> Micros {
    let today = Micros(now.day() * Micros::DAY + HOUR_UTC_US);
    if today > now { today } else { today.plus(Micros::DAY) }
}

/// # Errors
/// When the database fails.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    let turn = turn_after(store.env().now());
    let mut tx = store.begin().await?;
    let job = NewJob { kind: PURGE.kind, key: turn.day().to_string(), payload: serde_json::json!({}), run_at: Some(turn) };
    tx.enqueue(job).await?;
    tx.commit().await
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        schedule(&app.store).await?;
        purge(&app).await
    })
}

async fn purge(app: &App) -> Result<(), ReactionError> {
    let now = app.env.now();
    let before = now.plus(-RETENTION_DAYS * Micros::DAY);
    let sightings = delete(
        &app.store,
        "DELETE FROM sightings_sighting WHERE id IN \
         (SELECT id FROM sightings_sighting WHERE captured_at_us < $1 AND kept_for_hit = 0 ORDER BY captured_at_us LIMIT $2)",
        before,
    )
    .await?;
    let quarantine = delete(
        &app.store,
        "DELETE FROM sightings_quarantine WHERE id IN (SELECT id FROM sightings_quarantine WHERE received_at_us < $1 LIMIT $2)",
        before,
    )
    .await?;
    // A picture is stored when its sighting is received, at most this tolerance before its corrected time: on the days
    // before this one no picture of a sighting that is younger than the retention can lie.
    let until_day = before.plus(-FUTURE_TOLERATED_US).day();
    let moved = move_kept_pictures(app, until_day).await?;
    destroy_keys(app, until_day).await?;
    let mut tx = app.store.begin().await?;
    tx.execute(
        "INSERT INTO sightings_purge (ran_at_us, captured_before_us, keys_until_day, sightings_deleted, quarantine_deleted, \
         pictures_moved) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ran_at_us) DO NOTHING",
        params![now, before, until_day, sightings, quarantine, moved],
    )
    .await?;
    tx.commit().await?;
    tracing::info!(sightings, quarantine, moved, until_day, "purged sightings without hits");
    Ok(())
}

async fn delete(store: &Store, sql: &str, before: Micros) -> Result<i64, StoreError> {
    let mut deleted = 0;
    loop {
        let mut tx = store.begin().await?;
        let gone = i64::try_from(tx.execute(sql, params![before, ROWS_AT_ONCE]).await?).unwrap_or(i64::MAX);
        tx.commit().await?;
        deleted += gone;
        if gone < ROWS_AT_ONCE {
            return Ok(deleted);
        }
    }
}

/// Puts the pictures of kept sightings from days before `until_day` under today's key.
async fn move_kept_pictures(app: &App, until_day: i64) -> Result<i64, ReactionError> {
    let mut moved = 0;
    loop {
        let sql = "SELECT id, crop_blob, frame_blob, pictures_day FROM sightings_sighting \
                   WHERE kept_for_hit = 1 AND pictures_day < $1 ORDER BY pictures_day, id LIMIT $2";
        let rows = app.store.fetch(sql, params![until_day, ROWS_AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(moved);
        }
        for row in &rows {
            let today = app.env.now().day();
            let (crop, frame) = (moved_blob(app, row, "crop_blob").await?, moved_blob(app, row, "frame_blob").await?);
            moved += i64::from(crop.is_some()) + i64::from(frame.is_some());
            let mut tx = app.store.begin().await?;
            tx.execute(
                "UPDATE sightings_sighting SET crop_blob = $2, frame_blob = $3, pictures_day = $4 WHERE id = $1 AND pictures_day = $5",
                params![row.text("id")?, crop, frame, today, row.int("pictures_day")?],
            )
            .await?;
            tx.commit().await?;
        }
    }
}

/// The picture's new name. One whose file is gone already keeps its old name: it cannot be lost twice.
async fn moved_blob(app: &App, row: &Row, column: &str) -> Result<Option<String>, ReactionError> {
    let Some(name) = row.opt_text(column)? else { return Ok(None) };
    match app.blobs.get(&name.parse::<BlobId>()?).await {
        Ok(bytes) => Ok(Some(app.blobs.put(BlobClass::Sighting, bytes).await?.to_string())),
        Err(BlobError::Gone { .. }) => Ok(Some(name)),
        Err(error) => Err(error.into()),
    }
}

async fn destroy_keys(app: &App, until_day: i64) -> Result<(), ReactionError> {
    let row = app.store.fetch_one("SELECT MAX(keys_until_day) AS day FROM sightings_purge", vec![]).await?;
    let first = row.opt_int("day")?.unwrap_or(until_day - DAYS_BACK);
    let blobs = app.blobs.clone();
    tokio::task::spawn_blocking(move || (first..until_day).try_for_each(|day| blobs.destroy_day(BlobClass::Sighting, day))).await??;
    Ok(())
}
