//! `GET /v1/sightings/retention`: how long each class is kept and why, and the certificates of what was destroyed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shouhu_lakehouse::lake::questions::counts::Hours;
use shouhu_lakehouse::lake::{DAY_MS, HOUR_MS, Part, PlateCode};
use shouhu_module::{App, Audit, Problem, Route};
use shouhu_store::{Row, Store, StoreError};
use shouhu_wire::{Erasure, PurgeCertificate, Retention, RetentionClass};

use crate::lake::{code_of, lake_of, problem_of};
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
    let veil = app.store.veil();
    let codes: Vec<PlateCode> = veil.iter().flat_map(|veil| veil.plates().map(|(plate, _)| code_of(plate)).collect::<Vec<_>>()).collect();
    let hidden = lake.hidden_sources().await.map_err(|error| problem_of(&error))?;
    let classes = RETENTIONS.iter().map(|retention| {
        let (class, days) = (retention.class, retention.days.and_then(|days| u32::try_from(days).ok()));
        if !hidden.is_empty() {
            let view = lake.view(&[class_of(class)]).without_sources(hidden.clone()).veiled(codes.iter().copied().collect());
            let (sightings, oldest_ms) = counted_by_hours(&view.parts);
            return RetentionClass { class, days, legal_basis: retention.legal_basis.to_owned(), sightings, oldest_us: oldest_ms.map(micros_of) };
        }
        let parts = lake.view(&[class_of(retention.class)]).parts;
        let filled = || parts.iter().filter(|part| part.rows() > 0);
        let hidden: u64 = parts.iter().map(|part| hidden_rows(part.as_ref(), &codes)).sum();
        // The very moment of the oldest may be one of a sealed plate.
        let shown = |from_ms: i64| if codes.is_empty() { from_ms } else { from_ms.div_euclid(DAY_MS) * DAY_MS };
        RetentionClass {
            class,
            days,
            legal_basis: retention.legal_basis.to_owned(),
            sightings: filled().map(|part| part.rows()).sum::<u64>().saturating_sub(hidden),
            oldest_us: filled().map(|part| part.span().from_ms).min().map(|from_ms| micros_of(shown(from_ms))),
        }
    });
    let classes = classes.collect();
    Ok(Json(Retention { classes, certificates: certificates(&app.store).await?, erasures: erasures(&app.store).await? }))
}

/// How many, and when the first was, to the hour: of parts that show only what whoever asks may see.
fn counted_by_hours(parts: &[Arc<dyn Part>]) -> (u64, Option<i64>) {
    let (mut rows, mut oldest) = (0, None::<i64>);
    for part in parts.iter().filter(|part| part.rows() > 0) {
        let hours = Hours::around(part.span());
        // What cannot be read is counted as it is counted elsewhere.
        let _ = part.tally_hours(hours.from, hours.until, &mut |hour, count| {
            rows += u64::from(count);
            oldest = Some(oldest.map_or(hour, |known| known.min(hour)));
        });
    }
    (rows, oldest.map(|hour| hour * HOUR_MS))
}

/// Of plates that whoever asks may not see; a few look-ups, and none while nothing is sealed.
fn hidden_rows(part: &dyn Part, codes: &[PlateCode]) -> u64 {
    let mut rows = Vec::new();
    for code in codes {
        // What cannot be read is counted as it is counted elsewhere.
        let _ = part.of_plate(*code, part.span(), &mut rows);
    }
    rows.len() as u64
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
