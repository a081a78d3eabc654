//! The SQL of exports, one text for both databases. Every change is guarded by the old state.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, ExportId, Micros, UnitId};
use shouhu_module::Purpose;
use shouhu_store::{NewJob, Row, Store, StoreError, params, tag_of};
use shouhu_wire::{Export, ExportQuestion, ExportState, NewExport, PartialNote, Role};

use super::job;

/// An export with what only the server needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub export: Export,
    pub question: ExportQuestion,
    pub from: Micros,
    pub until: Micros,
    pub purpose: Purpose,
    /// In which the asker served when it was asked for.
    pub office: Option<String>,
    /// Absent in rows from before rules could be about rows.
    pub role: Option<Role>,
    /// Which the asker crewed then.
    pub unit: Option<UnitId>,
    pub hidden: Hidden,
    pub attempts: i64,
    pub blob: Option<String>,
    pub blob_day: Option<i64>,
}

/// JSON columns hold objects only.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notes {
    notes: Vec<PartialNote>,
}

/// Sources of which no row is in a file: those that were hidden from the asker all the while it was made, and those that came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    pub numbers: BTreeSet<u32>,
    /// Of the sources that there were when it was made, the one that came last. Rows from before it was noted say nothing of it.
    #[serde(default = "unknown")]
    pub newest: u32,
}

/// No source is said to have come after the file.
const fn unknown() -> u32 {
    u32::MAX
}

impl Hidden {
    /// Whether a file holds nothing of what is hidden now.
    #[must_use]
    pub fn holds(&self, now: &BTreeSet<u32>) -> bool {
        now.iter().all(|number| *number > self.newest || self.numbers.contains(number))
    }
}

/// Of a file of which nobody noted it: what is hidden now may be in it.
impl Default for Hidden {
    fn default() -> Self {
        Self { numbers: BTreeSet::new(), newest: unknown() }
    }
}

const SELECT: &str = "SELECT id, state, format, question, from_us, until_us, asked, asked_by, asked_by_name, asked_at_us, asked_office, asked_role, asked_unit, hidden, purpose, case_ref, attempts, \
     percent, rows_written, bytes, blob, blob_day, expires_at_us, partial, error FROM sightings_export";

fn kept_of(row: &Row) -> Result<Kept, StoreError> {
    let count = |column: &str| Ok::<u64, StoreError>(u64::try_from(row.int(column)?).unwrap_or_default());
    let export = Export {
        id: row.parsed("id")?,
        state: row.tag("state")?,
        format: row.tag("format")?,
        asked: row.text("asked")?,
        asked_by: row.parsed("asked_by")?,
        asked_by_name: row.text("asked_by_name")?,
        asked_at_us: row.micros("asked_at_us")?,
        percent: u8::try_from(row.int("percent")?).unwrap_or_default(),
        rows: count("rows_written")?,
        bytes: count("bytes")?,
        expires_at_us: row.opt_micros("expires_at_us")?,
        partial: row.json::<Notes>("partial")?.notes,
        error: row.opt_text("error")?,
    };
    Ok(Kept {
        export,
        question: row.json("question")?,
        from: row.micros("from_us")?,
        until: row.micros("until_us")?,
        purpose: Purpose { code: row.text("purpose")?, case_ref: row.opt_text("case_ref")? },
        office: row.opt_text("asked_office")?,
        role: row.opt_tag("asked_role")?,
        unit: row.opt_parsed("asked_unit")?,
        hidden: hidden_of(row)?,
        attempts: row.int("attempts")?,
        blob: row.opt_text("blob")?,
        blob_day: row.opt_int("blob_day")?,
    })
}

fn hidden_of(row: &Row) -> Result<Hidden, StoreError> {
    if row.opt_text("hidden")?.is_none() {
        return Ok(Hidden::default());
    }
    row.json("hidden")
}

fn notes_json(notes: &[PartialNote]) -> String {
    serde_json::to_string(&Notes { notes: notes.to_vec() }).unwrap_or_else(|_| "{\"notes\":[]}".into())
}

pub struct Asker<'a> {
    pub id: ActorId,
    pub name: &'a str,
    pub office: Option<&'a str>,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub purpose: &'a Purpose,
}

/// Keeps what was asked and enqueues the work, in one transaction.
pub async fn insert(store: &Store, id: ExportId, asked: &str, new: &NewExport, asker: &Asker<'_>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO sightings_export (id, state, format, question, from_us, until_us, asked, asked_by, asked_by_name, asked_at_us, purpose, \
         case_ref, attempts, percent, rows_written, bytes, partial, asked_office, asked_role, asked_unit) \
         VALUES ($1, 'waiting', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, 0, $12, $13, $14, $15)",
        params![
            id,
            tag_of(&new.format),
            serde_json::to_string(&new.question).unwrap_or_default(),
            new.span.from_us,
            new.span.until_us,
            asked,
            asker.id,
            asker.name,
            store.env().now(),
            &asker.purpose.code,
            asker.purpose.case_ref.clone(),
            notes_json(&[]),
            asker.office,
            asker.role.as_str(),
            asker.unit,
        ],
    )
    .await?;
    tx.enqueue(NewJob { kind: job::MAKE.kind, key: id.to_string(), payload: serde_json::json!({ "id": id }), run_at: None }).await?;
    tx.commit().await
}

pub async fn get(store: &Store, id: ExportId) -> Result<Option<Kept>, StoreError> {
    store.fetch_opt(&format!("{SELECT} WHERE id = $1"), params![id]).await?.as_ref().map(kept_of).transpose()
}

/// Of one person, newest first.
pub async fn page(store: &Store, asker: ActorId, before: &str, limit: i64) -> Result<Vec<Export>, StoreError> {
    let sql = format!("{SELECT} WHERE asked_by = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    let rows = store.fetch(&sql, params![asker, before, limit]).await?;
    rows.iter().map(|row| Ok(kept_of(row)?.export)).collect()
}

pub async fn count_open(store: &Store, asker: ActorId) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sightings_export WHERE asked_by = $1 AND state IN ('waiting', 'running')";
    store.fetch_one(sql, params![asker]).await?.int("n")
}

async fn change(store: &Store, sql: &str, values: Vec<shouhu_store::Value>) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx.execute(sql, values).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// Begins a try; a process that died in one left `running` behind. False when it was cancelled or is done.
pub async fn begin(store: &Store, id: ExportId) -> Result<bool, StoreError> {
    let sql = "UPDATE sightings_export SET state = 'running', attempts = attempts + 1, percent = 0, rows_written = 0 \
               WHERE id = $1 AND state IN ('waiting', 'running')";
    change(store, sql, params![id]).await
}

/// False when it was cancelled.
pub async fn progress(store: &Store, id: ExportId, percent: u8, rows: u64) -> Result<bool, StoreError> {
    let sql = "UPDATE sightings_export SET percent = $2, rows_written = $3 WHERE id = $1 AND state = 'running'";
    change(store, sql, params![id, i64::from(percent), i64::try_from(rows).unwrap_or(i64::MAX)]).await
}

/// A finished file.
pub struct Made {
    pub blob: String,
    pub blob_day: i64,
    pub rows: u64,
    pub bytes: u64,
    pub expires_at: Micros,
    pub partial: Vec<PartialNote>,
    pub hidden: Hidden,
}

/// The file is there and its end is ordered, in one transaction. False when it was cancelled meanwhile.
pub async fn ready(store: &Store, id: ExportId, made: &Made) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx
        .execute(
            "UPDATE sightings_export SET state = 'ready', percent = 100, rows_written = $2, bytes = $3, blob = $4, blob_day = $5, \
             expires_at_us = $6, partial = $7, hidden = $8 WHERE id = $1 AND state = 'running'",
            params![
                id,
                i64::try_from(made.rows).unwrap_or(i64::MAX),
                i64::try_from(made.bytes).unwrap_or(i64::MAX),
                &made.blob,
                made.blob_day,
                made.expires_at,
                notes_json(&made.partial),
                serde_json::to_string(&made.hidden).ok(),
            ],
        )
        .await?;
    let job = NewJob { kind: job::EXPIRE.kind, key: id.to_string(), payload: serde_json::json!({ "id": id }), run_at: Some(made.expires_at) };
    tx.enqueue(job).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

pub async fn fail(store: &Store, id: ExportId, reason: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE sightings_export SET state = 'failed', error = $2 WHERE id = $1 AND state IN ('waiting', 'running')";
    change(store, sql, params![id, reason]).await
}

pub async fn cancel(store: &Store, id: ExportId) -> Result<bool, StoreError> {
    change(store, "UPDATE sightings_export SET state = 'cancelled' WHERE id = $1 AND state IN ('waiting', 'running')", params![id]).await
}

pub async fn expire(store: &Store, id: ExportId) -> Result<bool, StoreError> {
    let sql = "UPDATE sightings_export SET state = 'expired', blob = NULL WHERE id = $1 AND state = 'ready'";
    change(store, sql, params![id]).await
}

/// Whether a file that was made on that day may still be read.
pub async fn is_day_needed(store: &Store, day: i64) -> Result<bool, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM sightings_export WHERE blob_day = $1 AND state = 'ready'";
    Ok(store.fetch_one(sql, params![day]).await?.int("n")? > 0)
}

pub async fn forget(store: &Store, before: Micros) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("DELETE FROM sightings_export WHERE asked_at_us < $1 AND state NOT IN ('waiting', 'running', 'ready')", params![before]).await?;
    tx.commit().await
}

#[must_use]
pub fn state_word(state: ExportState) -> String {
    tag_of(&state)
}
