//! Devices and how they are, newest first.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Page, PageQuery, Params, Problem, Route, page_limit};

use crate::device_store;
use crate::model::Device;

pub const ROUTE: Route = Route::get("/v1/devices", "Devices and what they last said about themselves", || axum::routing::get(handle))
    .permission("devices.read")
    .audit(Audit::None("machines, no personal data"))
    .asks::<PageQuery>()
    .gives::<Page<Device>>();

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<Device>>, Problem> {
    let limit = page_limit(query.limit);
    let before = query.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
    let devices = device_store::list(&app.store, before, limit + 1).await?;
    Ok(Json(Page::cut(devices, limit, |device| device.id.to_string())))
}
