//! `GET /v1/sightings/quarantine`: what devices sent and the server could not use.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{App, Audit, Audited, Page, PageQuery, Params, Problem, Route, page_limit};
use shouhu_store::{Row, StoreError, page_before};

use crate::store;

pub const ROUTE: Route =
    Route::get("/v1/sightings/quarantine", "Lists reports that were set aside and wait for an operator", || axum::routing::get(handle))
        .permission("sightings.quarantine")
        .audit(Audit::WorkRead)
        .asks::<PageQuery>()
        .gives::<Page<SetAsideView>>();

/// A report, or a part of one, that was set aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetAsideView {
    pub id: String,
    pub device: DeviceId,
    pub device_name: String,
    /// Absent when the report had none that could be read.
    pub sequence: Option<u64>,
    /// Stable key.
    pub reason: String,
    pub detail: String,
    /// What the report had as plate, cleaned of control characters.
    pub plate_text: String,
    /// The report as it came, without pictures.
    pub raw: serde_json::Value,
    pub received_at_us: Micros,
}

fn view_of(row: &Row) -> Result<SetAsideView, StoreError> {
    Ok(SetAsideView {
        id: row.text("id")?,
        device: row.parsed("device")?,
        device_name: row.text("device_name")?,
        sequence: row.text("sequence")?.parse().ok(),
        reason: row.text("reason")?,
        detail: row.text("detail")?,
        plate_text: row.text("plate_text")?,
        raw: row.json("raw")?,
        received_at_us: row.micros("received_at_us")?,
    })
}

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Audited<Page<SetAsideView>>, Problem> {
    let limit = page_limit(query.limit);
    let rows = store::quarantine_page(&app.store, &page_before(query.cursor), limit + 1).await?;
    let items = rows.iter().map(view_of).collect::<Result<Vec<_>, _>>()?;
    Ok(Audited::new("sightings quarantine".into(), Page::cut(items, limit, |item| item.id.clone())))
}
