//! Orders to erase single entries, in the database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, params};
use shouhu_wire::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Asked,
    /// A second person agreed; the work follows within seconds, or its job says why not.
    Approved,
    Done,
    Discarded,
}

/// A JSON object, because that is what both databases keep alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entries {
    /// Numbers of leaves.
    pub seqs: Vec<i64>,
}

/// An order, as those see it who may decide it. What the entries say is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErasureAsked {
    pub id: String,
    pub state: State,
    pub entries: Entries,
    pub legal_basis: String,
    pub reason: String,
    pub asked_at_us: Micros,
    pub asked_by_name: String,
    pub asked_by_role: Role,
    pub decided_at_us: Option<Micros>,
    pub decided_by_name: Option<String>,
    pub done_at_us: Option<Micros>,
    /// Id of the person who asked; the same person may only discard.
    pub asked_by: String,
}

const COLUMNS: &str = "id, state, entries, legal_basis, reason, asked_at_us, asked_by, asked_by_name, asked_by_role, decided_at_us, \
                       decided_by_name, done_at_us";

fn of_row(row: &Row) -> Result<ErasureAsked, StoreError> {
    Ok(ErasureAsked {
        id: row.text("id")?,
        state: row.tag("state")?,
        entries: row.json("entries")?,
        legal_basis: row.text("legal_basis")?,
        reason: row.text("reason")?,
        asked_at_us: row.micros("asked_at_us")?,
        asked_by_name: row.text("asked_by_name")?,
        asked_by_role: row.tag("asked_by_role")?,
        decided_at_us: row.opt_micros("decided_at_us")?,
        decided_by_name: row.opt_text("decided_by_name")?,
        done_at_us: row.opt_micros("done_at_us")?,
        asked_by: row.text("asked_by")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: &str) -> Result<Option<ErasureAsked>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM oversight_erasure WHERE id = $1");
    store.fetch_opt(&sql, params![id]).await?.as_ref().map(of_row).transpose()
}

/// Id of the person who decided; beside the order, which shows the name only.
///
/// # Errors
/// When the database fails.
pub async fn decided_by(store: &Store, id: &str) -> Result<Option<String>, StoreError> {
    let row = store.fetch_opt("SELECT decided_by FROM oversight_erasure WHERE id = $1", params![id]).await?;
    row.map_or(Ok(None), |row| row.opt_text("decided_by"))
}

/// Newest first; `before` is the moment of the last one of the page before.
///
/// # Errors
/// When the database fails.
pub async fn list(store: &Store, before: Option<i64>, limit: i64) -> Result<Vec<ErasureAsked>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM oversight_erasure WHERE asked_at_us < $1 ORDER BY asked_at_us DESC LIMIT $2");
    store.fetch(&sql, params![before.unwrap_or(i64::MAX), limit]).await?.iter().map(of_row).collect()
}
