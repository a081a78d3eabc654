//! Counts and closed months on disk.

use std::collections::BTreeMap;

use serde_json::json;
use shouhu_store::{Row, Store, StoreError, Tx, params};

use super::{Line, Link, Month};

/// Line, purpose and link, and how often.
pub type Counts = BTreeMap<(String, &'static str, String, Link), i64>;

/// How far the log was counted.
///
/// # Errors
/// When the database fails.
pub async fn counted_to(store: &Store) -> Result<i64, StoreError> {
    store.fetch_one("SELECT to_seq FROM oversight_counted WHERE only_row = 1", vec![]).await?.int("to_seq")
}

/// Adds counts of the entries after `from` up to `to`. False when another server has counted them meanwhile: nothing is added then.
///
/// # Errors
/// When the database fails.
pub async fn add(store: &Store, from: i64, to: i64, counts: &Counts) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let moved = tx.execute("UPDATE oversight_counted SET to_seq = $1 WHERE only_row = 1 AND to_seq = $2", params![to, from]).await?;
    if moved != 1 {
        return Ok(false);
    }
    for ((month, line, purpose, link), n) in counts {
        let sql = "INSERT INTO oversight_count (month, line, purpose, link, n) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (month, line, purpose, link) DO UPDATE SET n = oversight_count.n + excluded.n";
        tx.execute(sql, params![month, *line, purpose, shouhu_store::tag_of(link), *n]).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Months before `month` that have counts and are not closed, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn open_before(store: &Store, month: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT month FROM oversight_count WHERE month < $1 AND month NOT IN (SELECT month FROM oversight_month) ORDER BY month";
    store.fetch(sql, params![month]).await?.iter().map(|row| row.text("month")).collect()
}

/// # Errors
/// When the database fails.
pub async fn lines(store: &Store, month: &str) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT line, purpose, link, n FROM oversight_count WHERE month = $1 ORDER BY line, purpose, link";
    let line = |row: &Row| {
        Ok(Line { line: row.text("line")?, purpose: row.text("purpose")?, link: row.tag("link")?, count: Some(row.int("n")?) })
    };
    store.fetch(sql, params![month]).await?.iter().map(line).collect()
}

/// Keeps what was published of a month; the first stays.
///
/// # Errors
/// When the database fails.
pub async fn close(tx: &mut Tx, month: &Month, seq: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO oversight_month (month, told, seq) VALUES ($1, $2, $3) ON CONFLICT (month) DO NOTHING";
    tx.execute(sql, params![&month.month, json!(month).to_string(), seq]).await.map(|_| ())
}

/// Closed months, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn months(store: &Store, limit: i64) -> Result<Vec<Month>, StoreError> {
    store.fetch("SELECT told FROM oversight_month ORDER BY month DESC LIMIT $1", params![limit]).await?.iter().map(|row| row.json("told")).collect()
}

/// The leaf that says the numbers of a month.
///
/// # Errors
/// When the database fails.
pub async fn seq_of(store: &Store, month: &str) -> Result<Option<i64>, StoreError> {
    store.fetch_opt("SELECT seq FROM oversight_month WHERE month = $1", params![month]).await?.map(|row| row.int("seq")).transpose()
}
