//! The SQL of what was not done.

use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, params, tag_of};
use shouhu_wire::Asked;

use super::ReasonLine;

/// A house with a hundred offices has some thousand lines a month.
const LINES_MAX: i64 = 100_000;

/// What was told.
pub struct Told<'a> {
    pub asked: Asked,
    pub object: &'a str,
    pub code: &'a str,
    pub at: Micros,
    pub month: &'a str,
    pub office: &'a str,
}

/// Writes it down, once. False where it is known, and has the leaf that it needs.
///
/// # Errors
/// When the database fails.
pub async fn keep(store: &Store, told: &Told<'_>) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO oversight_not_done (asked, object, code, at_us, month, office) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let asked = tag_of(&told.asked);
    tx.execute(sql, params![&asked, told.object, told.code, told.at, told.month, told.office]).await?;
    tx.commit().await?;
    let sql = "SELECT leaf FROM oversight_not_done WHERE asked = $1 AND object = $2 AND code = $3";
    Ok(store.fetch_one(sql, params![&asked, told.object, told.code]).await?.opt_int("leaf")?.is_none())
}

/// # Errors
/// When the database fails.
pub async fn set_leaf(store: &Store, told: &Told<'_>, leaf: i64) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE oversight_not_done SET leaf = $4 WHERE asked = $1 AND object = $2 AND code = $3";
    tx.execute(sql, params![tag_of(&told.asked), told.object, told.code, leaf]).await?;
    tx.commit().await
}

/// Months from `from` to `until`, both told (`2026-11`).
///
/// # Errors
/// When the database fails.
pub async fn lines(store: &Store, from: &str, until: &str) -> Result<Vec<ReasonLine>, StoreError> {
    let sql = "SELECT month, asked, code, office, CAST(COUNT(*) AS BIGINT) AS n FROM oversight_not_done WHERE month >= $1 AND month <= $2 \
               GROUP BY month, asked, code, office ORDER BY month, asked, code, office LIMIT $3";
    let line = |row: &Row| {
        Ok(ReasonLine {
            month: row.text("month")?,
            asked: row.tag("asked")?,
            code: row.text("code")?,
            office: row.text("office")?,
            count: row.int("n")?,
        })
    };
    store.fetch(sql, params![from, until, LINES_MAX]).await?.iter().map(line).collect()
}

/// Hints that nobody has settled and files without a finding whose time was over since `since`, as id and what was asked.
///
/// # Errors
/// When the database fails.
pub async fn overdue(store: &Store, since_us: i64, alert_us: i64) -> Result<Vec<(Asked, String)>, StoreError> {
    let now = store.env().now();
    let since = now.plus(-since_us);
    let alerts = "SELECT id FROM oversight_alert WHERE state = 'new' AND made_at_us > $1 AND made_at_us <= $2 ORDER BY id";
    let files = "SELECT id FROM oversight_case WHERE state <> 'closed' AND due_at_us > $1 AND due_at_us <= $2 ORDER BY id";
    let mut overdue = Vec::new();
    for row in store.fetch(alerts, params![since.plus(-alert_us), now.plus(-alert_us)]).await? {
        overdue.push((Asked::MisuseAlert, row.text("id")?));
    }
    for row in store.fetch(files, params![since, now]).await? {
        overdue.push((Asked::MisuseFile, row.text("id")?));
    }
    Ok(overdue)
}
