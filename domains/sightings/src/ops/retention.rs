//! `GET /v1/sightings/retention`: how long each class is kept and why, and the certificates of what was destroyed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shouhu_lakehouse::SEEN_SOURCES;
use shouhu_lakehouse::lake::questions::counts::Hours;
use shouhu_lakehouse::lake::{HOUR_MS, Part};
use shouhu_module::{App, Audit, Problem, Route};
use shouhu_store::{Row, Store, StoreError};
use shouhu_wire::{Erasure, PurgeCertificate, Retention, RetentionClass};

use crate::lake::{lake_of, problem_of};
use crate::model::RETENTIONS;
use crate::passing::{class_of, micros_of};

pub const ROUTE: Route =
    Route::get("/v1/sightings/retention", "Shows retention by class and the certificates of purges and erasures", || axum::routing::get(handle))
        .permission("sightings.retention")
        .audit(Audit::None("numbers of rows name nobody"))
        .gives::<Retention>();

/// A quarter of a year of nights; older ones are in the table.
const CERTIFICATES_SHOWN: usize = 92;

async fn handle(State(app): State<App>) -> Result<Json<Retention>, Problem> {
    let lake = lake_of(&app)?;
    // Where nothing is hidden from whoever asks, each part knows its count by heart; else the counts of hours say what is left.
    let is_whole = app.store.veil().is_none() && !app.store.guards().sight().narrows(SEEN_SOURCES);
    let mut classes = Vec::with_capacity(RETENTIONS.len());
    for retention in RETENTIONS {
        let counted = move |parts: &[Arc<dyn Part>]| if is_whole { counted_at_once(parts) } else { counted_by_hours(parts) };
        let (sightings, oldest_ms) = lake.ask(&[class_of(retention.class)], move |view| counted(&view.parts)).await.map_err(|error| problem_of(&error))?;
        classes.push(RetentionClass {
            class: retention.class,
            days: retention.days.and_then(|days| u32::try_from(days).ok()),
            legal_basis: retention.legal_basis.to_owned(),
            sightings,
            oldest_us: oldest_ms.map(micros_of),
        });
    }
    Ok(Json(Retention { classes, certificates: certificates(&app.store).await?, erasures: erasures(&app.store).await? }))
}

/// How many, and when the first was.
fn counted_at_once(parts: &[Arc<dyn Part>]) -> (u64, Option<i64>) {
    let filled = || parts.iter().filter(|part| part.rows() > 0);
    (filled().map(|part| part.rows()).sum(), filled().map(|part| part.span().from_ms).min())
}

/// How many, and when the first was, to the hour: of parts that show only what whoever asks may see.
fn counted_by_hours(parts: &[Arc<dyn Part>]) -> (u64, Option<i64>) {
    let (mut rows, mut oldest) = (0, None::<i64>);
    for part in parts.iter().filter(|part| part.rows() > 0) {
        let (hours, mut found) = (Hours::around(part.span()), Vec::new());
        // A part whose counts cannot be read is left out whole: its number of rows would tell how many are hidden.
        if let Err(error) = part.tally_hours(hours.from, hours.until, &mut |hour, count| found.push((hour, count))) {
            tracing::warn!(%error, "a part of the lake is not counted");
            continue;
        }
        rows += found.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
        oldest = found.iter().map(|(hour, _)| *hour).chain(oldest).min();
    }
    (rows, oldest.map(|hour| hour * HOUR_MS))
}

fn count(row: &Row, column: &str) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.int(column)?).unwrap_or_default())
}

async fn certificates(store: &Store) -> Result<Vec<PurgeCertificate>, StoreError> {
    let erased = store.fetch_one("SELECT CAST(COALESCE(SUM(erased), 0) AS BIGINT) AS n FROM sightings_erasure", vec![]).await?;
    let erased_total = count(&erased, "n")?;
    let rows = store
        .fetch(
            "SELECT ran_at_us, rows_before, purged, kept, duplicates, pictures_moved, keys_until_day, quarantine_deleted, \
             CAST(SUM(purged) OVER (ORDER BY ran_at_us) AS BIGINT) AS purged_total FROM sightings_certificate ORDER BY ran_at_us DESC",
            vec![],
        )
        .await?;
    rows.iter().take(CERTIFICATES_SHOWN).map(|row| certificate(row, erased_total)).collect()
}

fn certificate(row: &Row, erased_total: u64) -> Result<PurgeCertificate, StoreError> {
    let (rows_before, purged) = (count(row, "rows_before")?, count(row, "purged")?);
    let (kept, duplicates) = (count(row, "kept")?, count(row, "duplicates")?);
    Ok(PurgeCertificate {
        ran_at_us: row.micros("ran_at_us")?,
        is_balanced: rows_before == purged + kept + duplicates,
        rows_before,
        purged,
        kept,
        duplicates,
        pictures_moved: count(row, "pictures_moved")?,
        keys_until_day: row.int("keys_until_day")?,
        quarantine_deleted: count(row, "quarantine_deleted")?,
        purged_total: count(row, "purged_total")?,
        erased_total,
    })
}

async fn erasures(store: &Store) -> Result<Vec<Erasure>, StoreError> {
    let sql = "SELECT at_us, by_name, reason, case_ref, erased, pictures FROM sightings_erasure ORDER BY at_us DESC LIMIT 200";
    let rows = store.fetch(sql, vec![]).await?;
    let erasure = |row: &Row| {
        Ok(Erasure {
            at_us: row.micros("at_us")?,
            by_name: row.text("by_name")?,
            reason: row.text("reason")?,
            case_ref: row.opt_text("case_ref")?,
            erased: count(row, "erased")?,
            pictures: count(row, "pictures")?,
        })
    };
    rows.iter().map(erasure).collect()
}
