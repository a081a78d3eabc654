//! What was backed up, what was proved by a drill, and how long ago: for the operator's page and for health.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, params};

/// Without a good backup for so long the house is not well: a daily one, and a day to see to it.
pub const BACKUP_AGE_MAX_US: i64 = 2 * Micros::DAY;
/// Without a good drill for so long: a weekly one, and two days to see to it.
pub const DRILL_AGE_MAX_US: i64 = 9 * Micros::DAY;
/// Lines are kept for so long: three years of charts.
const KEPT_US: i64 = 3 * 366 * Micros::DAY;
const DETAIL_CHARS_MAX: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackupKind {
    Backup,
    Drill,
}

impl BackupKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Drill => "drill",
        }
    }
}

/// One backup or drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupNote {
    pub kind: BackupKind,
    pub began_at_us: Micros,
    pub is_good: bool,
    /// Id at the place; null when nothing came of it.
    pub backup: Option<String>,
    /// Of a drill this is the RTO: until the restored house was open and checked.
    pub took_us: i64,
    pub bytes_written: Option<i64>,
    /// Of a drill: what would have been lost if the house had burnt down at its end.
    pub rpo_us: Option<i64>,
    pub newest_passage_age_us: Option<i64>,
    /// What came of it, or why nothing did. Names no person and no vehicle.
    pub detail: String,
}

fn note_of(row: &Row) -> Result<BackupNote, StoreError> {
    Ok(BackupNote {
        kind: row.tag("kind")?,
        began_at_us: row.micros("began_at_us")?,
        is_good: row.int("is_good")? != 0,
        backup: row.opt_text("backup")?,
        took_us: row.int("took_us")?,
        bytes_written: row.opt_int("bytes_written")?,
        rpo_us: row.opt_int("rpo_us")?,
        newest_passage_age_us: row.opt_int("newest_passage_age_us")?,
        detail: row.text("detail")?,
    })
}

const COLUMNS: &str = "kind, began_at_us, is_good, backup, took_us, bytes_written, rpo_us, newest_passage_age_us, detail";

/// Keeps what came of a backup or drill.
///
/// # Errors
/// When the database fails.
pub async fn keep(store: &Store, note: &BackupNote) -> Result<(), StoreError> {
    let detail: String = note.detail.chars().take(DETAIL_CHARS_MAX).collect();
    let mut tx = store.begin().await?;
    tx.execute(
        &format!("INSERT INTO operations_backup ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (kind, began_at_us) DO NOTHING"),
        params![
            note.kind.as_str(),
            note.began_at_us,
            note.is_good,
            note.backup.clone(),
            note.took_us,
            note.bytes_written,
            note.rpo_us,
            note.newest_passage_age_us,
            detail,
        ],
    )
    .await?;
    tx.execute("DELETE FROM operations_backup WHERE began_at_us < $1", params![note.began_at_us.plus(-KEPT_US)]).await?;
    tx.commit().await
}

/// Newest first, those that began before a moment.
///
/// # Errors
/// When the database fails.
pub async fn list(store: &Store, before: Micros, limit: i64) -> Result<Vec<BackupNote>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM operations_backup WHERE began_at_us < $1 ORDER BY began_at_us DESC, kind LIMIT $2");
    store.fetch(&sql, params![before, limit]).await?.iter().map(note_of).collect()
}

async fn last_good(store: &Store, kind: BackupKind) -> Result<Option<Micros>, StoreError> {
    let sql = "SELECT MAX(began_at_us) AS last FROM operations_backup WHERE kind = $1 AND is_good = 1";
    store.fetch_one(sql, params![kind.as_str()]).await?.opt_micros("last")
}

fn days(us: i64) -> i64 {
    us.div_euclid(Micros::DAY)
}

/// A sentence for health, and whether all is well. A house that was never backed up says so, and is not called ill for it: it may be
/// one that is tried out, or be backed up by other means.
///
/// # Errors
/// When the database fails.
pub async fn told(store: &Store) -> Result<(bool, String), StoreError> {
    let now = store.env().now();
    if list(store, Micros(i64::MAX), 1).await?.is_empty() {
        return Ok((true, "no backup was ever taken by this program".into()));
    }
    let (backup, drill) = (last_good(store, BackupKind::Backup).await?, last_good(store, BackupKind::Drill).await?);
    let age = |at: Option<Micros>| at.map(|at| now.since(at));
    let said = |what: &str, age: Option<i64>| match age {
        Some(us) => format!("last good {what} {} days ago", days(us)),
        None => format!("no good {what} yet"),
    };
    let is_fresh = |age: Option<i64>, max: i64| age.is_some_and(|us| us <= max);
    // A house whose first backup is young need not have been drilled.
    let first = store.fetch_one("SELECT MIN(began_at_us) AS first FROM operations_backup", vec![]).await?.opt_micros("first")?;
    let is_young = age(first).is_some_and(|us| us <= DRILL_AGE_MAX_US);
    let is_good = is_fresh(age(backup), BACKUP_AGE_MAX_US) && (is_fresh(age(drill), DRILL_AGE_MAX_US) || (drill.is_none() && is_young));
    Ok((is_good, format!("{}, {}", said("backup", age(backup)), said("drill", age(drill)))))
}
