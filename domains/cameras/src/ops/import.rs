//! `POST /v1/cameras/import`: a city's camera list as CSV.

use std::collections::{BTreeMap, HashSet};

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_events::Event;
use shouhu_module::{App, Audit, Audited, Load, Params, Problem, ProblemRow, RawBody, Route};

use crate::directory::Directory;
use crate::model::NewCamera;
use crate::store;
use crate::table::{Table, TableEncoding};

pub const ROUTE: Route =
    Route::post("/v1/cameras/import", "Imports cameras from a CSV file; rows that cannot be read are reported", || axum::routing::post(handle))
        .permission("cameras.manage")
        .audit(Audit::Write)
        .load(Load::Bulk)
        .body_bytes_max(8 * 1024 * 1024)
        .takes_media("text/csv")
        .asks::<ImportQuery>()
        .gives::<CameraImport>();

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub struct ImportQuery {
    /// True: say what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default)]
    pub encoding: TableEncoding,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CameraImport {
    pub dry_run: bool,
    pub encoding: String,
    pub rows: u64,
    pub accepted: u64,
    /// Names that exist already, here or earlier in the file; what is stored stays.
    pub duplicates: u64,
    pub errors: Vec<ProblemRow>,
    /// Our columns and what the file calls them.
    pub columns: BTreeMap<String, String>,
}

async fn handle(State(app): State<App>, Params(query): Params<ImportQuery>, RawBody(bytes): RawBody) -> Result<Audited<CameraImport>, Problem> {
    let table = Table::read(&bytes, query.encoding)?;
    let read = table.cameras.len();
    let mut names: HashSet<String> = store::names(&app.store).await?.into_iter().collect();
    let fresh: Vec<NewCamera> =
        table.cameras.into_iter().map(|(_, camera)| camera).filter(|camera| names.insert(camera.name.clone())).collect();
    let accepted = if query.dry_run { fresh.len() } else { write(&app, &fresh).await? };
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let report = CameraImport {
        dry_run: query.dry_run,
        encoding: table.encoding,
        rows: table.rows,
        accepted: count(accepted),
        duplicates: count(read - accepted),
        errors: table.errors,
        columns: table.columns,
    };
    Ok(Audited::new(format!("import of {accepted} cameras"), report))
}

async fn write(app: &App, fresh: &[NewCamera]) -> Result<usize, Problem> {
    let mut tx = app.store.begin().await?;
    let mut inserted = Vec::new();
    for camera in fresh {
        inserted.extend(store::insert(&mut tx, &app.store, camera).await?);
    }
    // One fact for all: whoever hears it reads the whole list again.
    let Some(first) = inserted.first() else { return Ok(0) };
    tx.emit(&Event::CameraChanged { camera: *first }).await?;
    tx.commit().await?;
    app.room::<Directory>().reload(&app.store).await?;
    Ok(inserted.len())
}
