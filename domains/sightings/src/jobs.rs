//! The purge: each day of a class dies when its retention is over, and the keys of its pictures with it.
//!
//! What is held moves to the class `kept`, its pictures under keys of their own, before the day is dropped; what is not held
//! any more leaves that class the same way. Each run leaves a certificate whose numbers add up, and enqueues the next run
//! first, so that one that fails does not end the chain.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use shouhu_blobs::{BlobClass, BlobError};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::{Micros, SightingId};
use shouhu_lakehouse::lake::{Class, DAY_MS, FullRecord, Key};
use shouhu_lakehouse::{Certificate, Lakehouse};
use shouhu_module::ports::Picture;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params};

use crate::arrive::picture_id;
use crate::hold;
use crate::lake::lake_of;
use crate::model::{FUTURE_TOLERATED_US, RETENTION_DAYS, RETENTIONS};
use crate::ops::show::record_of;
use crate::passing::{HAS_CROP, HAS_FRAME, class_of, id_of};

pub const PURGE: JobKind = JobKind { kind: "sightings.purge", run };

/// 03:30 in Taipei, after midnight's reports and before the morning.
const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 30 * Micros::MINUTE;
/// Rows of one transaction: the one writer of SQLite is held for some milliseconds, not for minutes.
const ROWS_AT_ONCE: i64 = 2_000;
/// Days whose keys are destroyed again in every run: a report that came late may have made a new one. Nothing older is taken.
const DAYS_BACK: i64 = 400;

/// # Errors
/// When the database fails.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    PURGE.schedule_daily(store, HOUR_UTC_US).await
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        schedule(&app.store).await?;
        crate::store::tell_unlooked(&app.store).await?;
        purge(&app).await
    })
}

/// What one run did.
#[derive(Default)]
struct Done {
    rows_before: u64,
    purged: u64,
    kept: u64,
    duplicates: u64,
    pictures_moved: u64,
    days: serde_json::Map<String, serde_json::Value>,
}

impl Done {
    fn add(&mut self, class: Class, day: i64, certificate: &Certificate) {
        self.rows_before += certificate.rows_before;
        self.purged += certificate.rows_erased;
        self.kept += certificate.rows_kept;
        self.duplicates += certificate.rows_duplicate;
        let gone = serde_json::to_value(certificate).unwrap_or_default();
        self.days.insert(format!("{}/{}", class.as_str(), shouhu_lakehouse::lake::catalogue::date_of(day)), gone);
    }
}

async fn purge(app: &App) -> Result<(), ReactionError> {
    let lake = lake_of(app).map_err(|problem| problem.detail)?;
    let now = app.env.now();
    let held = Arc::new(hold::in_force(&app.store, now).await?);
    let mut done = Done::default();
    for retention in RETENTIONS {
        let class = class_of(retention.class);
        let Some(days) = retention.days else { continue };
        let before = now.plus(-days * Micros::DAY).day();
        for day in days_of(&lake, class).into_iter().filter(|day| *day < before) {
            done.pictures_moved += move_pictures(app, &held, day).await?;
            drop_day(&lake, class, day, &held, &mut done).await?;
        }
    }
    for day in days_of(&lake, Class::KEPT) {
        // A day that has as many rows as holds has nothing to lose: files are not rewritten every night.
        let rows: u64 = lake.view(&[Class::KEPT]).parts.iter().filter(|part| part.span().from_ms.div_euclid(DAY_MS) == day).map(|part| part.rows()).sum();
        if rows > held.iter().filter(|id| day_of(**id) == Some(day)).count() as u64 {
            drop_day(&lake, Class::KEPT, day, &held, &mut done).await?;
        }
    }
    clear_ended(app, &held, now).await?;
    // A device's clock may be ahead by so much: on the days before this one nothing lies that is younger than the retention.
    let until_day = now.plus(-RETENTION_DAYS * Micros::DAY - FUTURE_TOLERATED_US).day();
    destroy_keys(app, until_day).await?;
    let quarantine = forget_quarantine(&app.store, now.plus(-RETENTION_DAYS * Micros::DAY)).await?;
    certify(app, now, &done, until_day, quarantine).await?;
    tracing::info!(purged = done.purged, kept = done.kept, quarantine, until_day, "purged sightings without holds");
    Ok(())
}

fn day_of(id: SightingId) -> Option<i64> {
    id.parts().map(|parts| parts.at_ms.div_euclid(DAY_MS))
}

/// Days that the class has rows of, oldest first.
fn days_of(lake: &Lakehouse, class: Class) -> BTreeSet<i64> {
    let spans = lake.view(&[class]).parts.into_iter().filter(|part| part.rows() > 0).map(|part| part.span());
    spans.flat_map(|span| span.from_ms.div_euclid(DAY_MS)..=(span.until_ms - 1).div_euclid(DAY_MS)).collect()
}

async fn drop_day(lake: &Lakehouse, class: Class, day: i64, held: &Arc<HashSet<SightingId>>, done: &mut Done) -> Result<(), ReactionError> {
    let held = held.clone();
    let certificate = lake.drop_day(class, day, move |key: &Key| held.contains(&id_of(*key)), Class::KEPT).await?;
    if !certificate.unreadable.is_empty() {
        tracing::error!(class = class.as_str(), day, files = ?certificate.unreadable, "damaged files could not be purged; mend or remove them");
    }
    if certificate.rows_before > 0 {
        done.add(class, day, &certificate);
    }
    Ok(())
}

/// Copies the pictures of held sightings of the day under the keys of the class `kept`, before the day's key is destroyed.
async fn move_pictures(app: &App, held: &HashSet<SightingId>, day: i64) -> Result<u64, ReactionError> {
    let mut moved = 0;
    for id in held.iter().filter(|id| day_of(**id) == Some(day)) {
        let Some(record) = record_of(app, *id).await.map_err(|problem| problem.detail)? else { continue };
        for picture in pictures_of(&record) {
            let key = record.row.key();
            match app.blobs.get(&picture_id(BlobClass::Sighting, key, picture)).await {
                Ok(bytes) => app.blobs.put_named(&picture_id(BlobClass::Kept, key, picture), bytes).await?,
                // Moved by an earlier run, or lost before: it cannot be lost twice.
                Err(BlobError::Gone { .. }) => continue,
                Err(error) => return Err(error.into()),
            }
            moved += 1;
        }
    }
    Ok(moved)
}

/// The pictures that a passage has.
#[must_use]
pub fn pictures_of(record: &FullRecord) -> Vec<Picture> {
    let all = [(HAS_CROP, Picture::Crop), (HAS_FRAME, Picture::Frame)];
    all.into_iter().filter(|(bit, _)| record.row.pictures & bit != 0).map(|(_, picture)| picture).collect()
}

/// Destroys the copies of pictures whose last hold has ended: the file, and the day's key when nothing of the day is held.
async fn clear_ended(app: &App, held: &HashSet<SightingId>, now: Micros) -> Result<(), ReactionError> {
    for id in hold::ended(&app.store, now).await?.into_iter().filter(|id| !held.contains(id)) {
        let Some(parts) = id.parts() else { continue };
        for picture in [Picture::Crop, Picture::Frame] {
            app.blobs.remove(&crate::arrive::picture_of(BlobClass::Kept, id, parts.at_ms, picture)).await?;
        }
        let day = parts.at_ms.div_euclid(DAY_MS);
        if !held.iter().any(|other| day_of(*other) == Some(day)) {
            destroy(app, BlobClass::Kept, day..day + 1).await?;
        }
        hold::clear(&app.store, id, now).await?;
    }
    Ok(())
}

async fn destroy_keys(app: &App, until_day: i64) -> Result<(), ReactionError> {
    destroy(app, BlobClass::Sighting, until_day - DAYS_BACK..until_day).await
}

async fn destroy(app: &App, class: BlobClass, days: std::ops::Range<i64>) -> Result<(), ReactionError> {
    let blobs = app.blobs.clone();
    tokio::task::spawn_blocking(move || days.into_iter().try_for_each(|day| blobs.destroy_day(class, day))).await??;
    Ok(())
}

/// Rows of the quarantine, and old names of sightings that are gone.
async fn forget_quarantine(store: &Store, before: Micros) -> Result<i64, StoreError> {
    delete(store, "DELETE FROM sightings_moved WHERE old_id IN (SELECT old_id FROM sightings_moved WHERE captured_at_us < $1 \
                   AND new_id NOT IN (SELECT sighting FROM sightings_hold) LIMIT $2)", before).await?;
    delete(store, "DELETE FROM sightings_quarantine WHERE id IN (SELECT id FROM sightings_quarantine WHERE received_at_us < $1 LIMIT $2)", before).await
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

async fn certify(app: &App, now: Micros, done: &Done, until_day: i64, quarantine: i64) -> Result<(), StoreError> {
    let number = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    let mut tx = app.store.begin().await?;
    tx.execute(
        "INSERT INTO sightings_certificate (ran_at_us, rows_before, purged, kept, duplicates, pictures_moved, keys_until_day, \
         quarantine_deleted, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (ran_at_us) DO NOTHING",
        params![
            now,
            number(done.rows_before),
            number(done.purged),
            number(done.kept),
            number(done.duplicates),
            number(done.pictures_moved),
            until_day,
            quarantine,
            serde_json::Value::Object(done.days.clone()).to_string(),
        ],
    )
    .await?;
    tx.commit().await
}
