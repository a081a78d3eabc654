//! Lists signatures, newest arrivals first.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_module::{App, Audit, Audited, Page, Params, Problem, Route, page_limit};

use crate::model::CheckIn;
use crate::store;

pub const ROUTE: Route = Route::get("/v1/patrol/check-ins", "List signatures at boxes, newest first", || axum::routing::get(handle))
    .permission("patrol.watch")
    .audit(Audit::WorkRead)
    .asks::<CheckInQuery>()
    .gives::<Page<CheckIn>>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct CheckInQuery {
    pub station: Option<String>,
    /// True: only those with a doubt; false: only those without.
    pub doubtful: Option<bool>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

async fn handle(State(app): State<App>, Params(query): Params<CheckInQuery>) -> Result<Audited<Page<CheckIn>>, Problem> {
    let limit = page_limit(query.limit);
    let station = query.station.as_deref().filter(|station| !station.is_empty());
    let before = query.cursor.as_deref().and_then(|text| text.parse().ok());
    let found = store::check_ins(&app.store, station, query.doubtful, before, limit + 1).await?;
    let page = Page::cut(found, limit, |check_in| check_in.id.to_string());
    Ok(Audited::new(format!("{} signatures {}", page.items.len(), station.unwrap_or_default()), page))
}
