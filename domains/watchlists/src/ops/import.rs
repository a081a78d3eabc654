//! `POST /v1/watchlists/import`: a CSV or XLSX list becomes proposals under one import, or a dry run says what it would.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::ImportId;
use shouhu_module::{App, Audit, Audited, Load, Params, Person, Problem, RawBody, Route};
use shouhu_store::{Store, StoreError, params};

use crate::import::encoding::Asked;
use crate::import::{self, BYTES_MAX, Defaults, ImportError, ImportReport, Sorted, Table};
use crate::jobs::CHUNK;
use crate::store;

pub const ROUTE: Route = Route::post("/v1/watchlists/import", "Import a CSV or XLSX list as proposals, or only check it", || {
    axum::routing::post(handle)
})
.permission("watchlists.propose")
.audit(Audit::Write)
.load(Load::Bulk)
.body_bytes_max(BYTES_MAX)
.takes_media("text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, application/octet-stream")
.asks::<ImportQuery>()
.gives::<ImportReport>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ImportQuery {
    /// True: nothing is stored.
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default)]
    pub encoding: Asked,
    /// For rows that say none; key, title or alias.
    pub legal_basis: Option<String>,
    pub owner: Option<String>,
    pub reason: Option<String>,
    pub action: Option<String>,
    /// For rows that say none; any date form of the file.
    pub expires: Option<String>,
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Params(asked): Params<ImportQuery>,
    RawBody(body): RawBody,
) -> Result<Audited<ImportReport>, Problem> {
    let defaults = Arc::new(Defaults {
        legal_basis: asked.legal_basis,
        owner: asked.owner,
        reason: asked.reason,
        action: asked.action,
        expires: asked.expires,
    });
    let (now, owner) = (app.env.now(), person.name.clone());
    let read = defaults.clone();
    let table = off_thread(move || import::read(&body, asked.encoding, &read)).await??;
    let in_use = store::in_use_among(&app.store, &table.patterns()).await?;
    let (table, mut sorted) = off_thread(move || {
        let sorted = import::sort(&table, &defaults, &owner, &in_use, now);
        (table, sorted)
    })
    .await?;
    let import =
        if asked.dry_run || sorted.accepted.is_empty() { None } else { Some(keep(&app.store, &table, &sorted, &person).await?) };
    let report = ImportReport {
        import,
        dry_run: asked.dry_run,
        encoding: table.encoding.map(ToOwned::to_owned),
        format: table.format.to_owned(),
        rows: table.rows.len() as u64,
        accepted: sorted.accepted.len() as u64,
        duplicates: sorted.duplicates,
        rejected: sorted.rejected,
        errors: std::mem::take(&mut sorted.errors),
        columns: table.columns.named(),
        unknown_columns: table.columns.unknown.clone(),
        other_sheets: table.other_sheets,
    };
    let object =
        import.map_or_else(|| "import, nothing stored".to_owned(), |id| format!("import {id}, {} entries", report.accepted));
    Ok(Audited::new(object, report))
}

/// A large workbook is seconds of work: off the threads that answer calls.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ImportError::Workbook("the reader failed".into()))
}

/// Writes the proposals piece by piece: a list of 200,000 rows must not hold up a confirmation. Until the last piece the
/// import is `loading` and cannot be approved; the sweep gives up what was cut off.
async fn keep(db: &Store, table: &Table, sorted: &Sorted, person: &Person) -> Result<ImportId, StoreError> {
    let id = db.env().id(ImportId::new);
    let (read, accepted) = (i64::try_from(table.rows.len()).unwrap_or(0), i64::try_from(sorted.accepted.len()).unwrap_or(0));
    let mut tx = db.begin().await?;
    tx.execute(
        "INSERT INTO watchlists_import (id, state, format, encoding, rows_read, accepted, proposed_by, proposed_by_name, created_at_us) \
         VALUES ($1, 'loading', $2, $3, $4, $5, $6, $7, $8)",
        params![id, table.format, table.encoding.unwrap_or(""), read, accepted, person.id, &person.name, db.env().now()],
    )
    .await?;
    tx.commit().await?;
    for part in sorted.accepted.chunks(usize::try_from(CHUNK).unwrap_or(1)) {
        let mut tx = db.begin().await?;
        store::insert(&mut tx, db, part, person, Some(id)).await?;
        tx.commit().await?;
    }
    let mut tx = db.begin().await?;
    tx.execute("UPDATE watchlists_import SET state = 'proposed' WHERE id = $1 AND state = 'loading'", params![id]).await?;
    store::next_versions(&mut tx, 1).await?;
    tx.commit().await?;
    Ok(id)
}
