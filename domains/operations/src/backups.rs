//! What was backed up, what was proved by a drill, and how long ago: for the operator's page and for health.

use std::collections::BTreeMap;

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
/// A server that has noted nothing for so long is not asked after any more, unless it was the last one that did: it is gone, or has another name now.
const SILENT_US: i64 = 30 * Micros::DAY;
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
    /// The server whose backup it is. Null in notes of before servers were told apart: those count for each of them.
    pub node: Option<String>,
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
        node: row.opt_text("node")?,
        is_good: row.int("is_good")? != 0,
        backup: row.opt_text("backup")?,
        took_us: row.int("took_us")?,
        bytes_written: row.opt_int("bytes_written")?,
        rpo_us: row.opt_int("rpo_us")?,
        newest_passage_age_us: row.opt_int("newest_passage_age_us")?,
        detail: row.text("detail")?,
    })
}

const COLUMNS: &str = "kind, began_at_us, node, is_good, backup, took_us, bytes_written, rpo_us, newest_passage_age_us, detail";

/// Keeps what came of a backup or drill.
///
/// # Errors
/// When the database fails.
pub async fn keep(store: &Store, note: &BackupNote) -> Result<(), StoreError> {
    let detail: String = note.detail.chars().take(DETAIL_CHARS_MAX).collect();
    let mut tx = store.begin().await?;
    tx.execute(
        &format!("INSERT INTO operations_backup ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (kind, began_at_us) DO NOTHING"),
        params![
            note.kind.as_str(),
            note.began_at_us,
            note.node.clone(),
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

/// Newest first, what counts for one server.
///
/// # Errors
/// When the database fails.
pub async fn list_of(store: &Store, node: &str, limit: i64) -> Result<Vec<BackupNote>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM operations_backup WHERE node = $1 OR node IS NULL ORDER BY began_at_us DESC, kind LIMIT $2");
    store.fetch(&sql, params![node, limit]).await?.iter().map(note_of).collect()
}

/// How one server stands.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    /// When anything began, good or not.
    first: Option<Micros>,
    newest: Option<Micros>,
    /// When the last good ones began.
    backup: Option<Micros>,
    drill: Option<Micros>,
}

impl Standing {
    /// With what counts for every server. When this one did anything last is its own.
    fn and(self, unnamed: Self) -> Self {
        Self {
            first: self.first.into_iter().chain(unnamed.first).min(),
            newest: self.newest,
            backup: self.backup.max(unnamed.backup),
            drill: self.drill.max(unnamed.drill),
        }
    }

    /// Whether all is well, and a sentence.
    fn told(self, now: Micros) -> (bool, String) {
        let age = |at: Option<Micros>| at.map(|at| now.since(at));
        let said = |what: &str, age: Option<i64>| match age {
            Some(us) => format!("last good {what} {} days ago", days(us)),
            None => format!("no good {what} yet"),
        };
        let is_fresh = |age: Option<i64>, max: i64| age.is_some_and(|us| us <= max);
        // A server whose first backup is young need not have been drilled.
        let is_young = is_fresh(age(self.first), DRILL_AGE_MAX_US);
        let (backup, drill) = (age(self.backup), age(self.drill));
        let is_good = is_fresh(backup, BACKUP_AGE_MAX_US) && (is_fresh(drill, DRILL_AGE_MAX_US) || (drill.is_none() && is_young));
        (is_good, format!("{}, {}", said("backup", backup), said("drill", drill)))
    }
}

/// Each server that is asked after, by its name; without one where all notes are of before servers were told apart.
async fn standings(store: &Store) -> Result<BTreeMap<Option<String>, Standing>, StoreError> {
    let sql = "SELECT node, kind, MIN(began_at_us) AS first, MAX(began_at_us) AS newest, MAX(CASE WHEN is_good = 1 THEN began_at_us END) AS last_good \
               FROM operations_backup GROUP BY node, kind";
    let mut by_node: BTreeMap<Option<String>, Standing> = BTreeMap::new();
    for row in store.fetch(sql, vec![]).await? {
        let standing = by_node.entry(row.opt_text("node")?).or_default();
        standing.first = standing.first.into_iter().chain(row.opt_micros("first")?).min();
        standing.newest = standing.newest.max(row.opt_micros("newest")?);
        match row.tag::<BackupKind>("kind")? {
            BackupKind::Backup => standing.backup = row.opt_micros("last_good")?,
            BackupKind::Drill => standing.drill = row.opt_micros("last_good")?,
        }
    }
    if by_node.len() > 1
        && let Some(unnamed) = by_node.remove(&None)
    {
        by_node.values_mut().for_each(|standing| *standing = standing.and(unnamed));
    }
    let (now, newest) = (store.env().now(), by_node.values().filter_map(|standing| standing.newest).max());
    by_node.retain(|_, standing| standing.newest == newest || standing.newest.is_some_and(|at| now.since(at) <= SILENT_US));
    Ok(by_node)
}

fn days(us: i64) -> i64 {
    us.div_euclid(Micros::DAY)
}

/// A sentence for health, and whether all is well: at every server that takes backups, because none has another's log. A house that was never backed up says so, and is not
/// called ill for it: it may be one that is tried out, or be backed up by other means.
///
/// # Errors
/// When the database fails.
pub async fn told(store: &Store) -> Result<(bool, String), StoreError> {
    let (now, by_node) = (store.env().now(), standings(store).await?);
    if by_node.is_empty() {
        return Ok((true, "no backup was ever taken by this program".into()));
    }
    let (mut is_good, mut said) = (true, Vec::new());
    for (node, standing) in &by_node {
        let (is_well, sentence) = standing.told(now);
        is_good &= is_well;
        said.push(match node.as_ref().filter(|_| by_node.len() > 1) {
            Some(node) => format!("server {node}: {sentence}"),
            None => sentence,
        });
    }
    Ok((is_good, said.join("; ")))
}
