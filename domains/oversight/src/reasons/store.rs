//! The SQL of what was not done.

use shouhu_events::{Event, LOOK_BACK_US};
use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, params, tag_of, tell_each};
use shouhu_wire::Asked;

use super::ReasonLine;

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

/// Months from `from` to `until`, both told (`2026-11`). As many lines as codes, offices and months allow, and doors bound the months.
///
/// # Errors
/// When the database fails.
pub async fn lines(store: &Store, from: &str, until: &str) -> Result<Vec<ReasonLine>, StoreError> {
    let sql = "SELECT month, asked, code, office, CAST(COUNT(*) AS BIGINT) AS n FROM oversight_not_done WHERE month >= $1 AND month <= $2 \
               GROUP BY month, asked, code, office ORDER BY month, asked, code, office";
    let line = |row: &Row| {
        Ok(ReasonLine {
            month: row.text("month")?,
            asked: row.tag("asked")?,
            code: row.text("code")?,
            office: row.text("office")?,
            count: row.int("n")?,
        })
    };
    store.fetch(sql, params![from, until]).await?.iter().map(line).collect()
}

/// Tells of hints that nobody has settled and of files without a finding whose time was over of late, and how many there were.
///
/// # Errors
/// When the database fails.
pub async fn tell_overdue(store: &Store, alert_us: i64) -> Result<usize, StoreError> {
    let now = store.env().now();
    let since = now.plus(-LOOK_BACK_US);
    let alerts = "SELECT id FROM oversight_alert WHERE id > $1 AND state = 'new' AND made_at_us > $3 AND made_at_us <= $4 ORDER BY id LIMIT $2";
    let files = "SELECT id FROM oversight_case WHERE id > $1 AND state <> 'closed' AND due_at_us > $3 AND due_at_us <= $4 ORDER BY id LIMIT $2";
    let alerts = tell_each(store, alerts, &params![since.plus(-alert_us), now.plus(-alert_us)], |id| Event::not_answered(Asked::MisuseAlert, &id)).await?;
    Ok(alerts + tell_each(store, files, &params![since, now], |id| Event::not_answered(Asked::MisuseFile, &id)).await?)
}
