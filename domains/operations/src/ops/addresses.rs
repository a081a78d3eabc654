//! `GET /v1/map/addresses`: which address files are kept, and what came of them.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Page, Problem, Route};
use shouhu_store::StoreError;

pub const ROUTE: Route =
    Route::get("/v1/map/addresses", "The imported address files, by source, with what was read of them", || axum::routing::get(handle))
        .permission("map.import")
        .audit(Audit::None("no personal data"))
        .gives::<Page<AddressFile>>();

#[derive(Debug, Serialize, JsonSchema)]
struct AddressFile {
    source: String,
    version: i64,
    attribution: String,
    imported_at_us: Micros,
    /// As the import answered it.
    report: serde_json::Value,
}

async fn handle(State(app): State<App>) -> Result<Json<Page<AddressFile>>, Problem> {
    // Bounded by the number of sources that an import lets in.
    let sql = "SELECT source, version, attribution, imported_at_us, report FROM operations_address_file ORDER BY source";
    let files = app.store.fetch(sql, vec![]).await?.into_iter().map(|row| {
        Ok(AddressFile {
            source: row.text("source")?,
            version: row.int("version")?,
            attribution: row.text("attribution")?,
            imported_at_us: row.micros("imported_at_us")?,
            report: serde_json::from_str(&row.text("report")?).unwrap_or_default(),
        })
    });
    let files = files.collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Json(Page::whole(files)))
}
