//! `GET /v1/cameras`: all cameras, for the map.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Page, PageQuery, Params, Problem, Route};

use crate::model::Camera;
use crate::store;

pub const ROUTE: Route = Route::get("/v1/cameras", "Lists cameras", || axum::routing::get(handle))
    .permission("cameras.read")
    .audit(Audit::None("where cameras stand is no personal data"))
    .asks::<PageQuery>()
    .gives::<Page<Camera>>();

/// A map wants them all: a page of a whole city's cameras is a few hundred kilobytes.
const LIMIT_DEFAULT: i64 = 2_000;
const LIMIT_MAX: i64 = 5_000;

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<Camera>>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let cameras = store::page(&app.store, query.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    Ok(Json(Page::cut(cameras, limit, |camera| camera.id.to_string())))
}
