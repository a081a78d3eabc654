//! Lists warnings: those in force and drafts, or all.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::WarningId;
use shouhu_module::{App, Audit, Page, Params, Problem, Route, page_limit};

use crate::model::Warning;
use crate::store;

pub const ROUTE: Route =
    Route::get("/v1/warnings", "List warnings, newest first: those in force and drafts, or all", || axum::routing::get(handle))
        .permission("warnings.watch")
        .audit(Audit::None("warnings are for the public; a draft names nobody"))
        .asks::<ListWarnings>()
        .gives::<Page<Warning>>();

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ListWarnings {
    /// True: also what has ended, and messages that warn of nothing.
    #[serde(default)]
    pub all: bool,
    pub cursor: Option<WarningId>,
    pub limit: Option<i64>,
}

async fn handle(State(app): State<App>, Params(query): Params<ListWarnings>) -> Result<Json<Page<Warning>>, Problem> {
    let limit = page_limit(query.limit);
    let found = store::list(&app.store, query.all, query.cursor, limit + 1).await?;
    let warnings = found.into_iter().map(|kept| kept.warning).collect();
    Ok(Json(Page::cut(warnings, limit, |warning: &Warning| warning.id.to_string())))
}
