//! Lists incidents, newest first.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Load, Page, Params, Problem, Route, page_limit};
use shouhu_wire::Incident;

use crate::store::{self, Which};

pub const ROUTE: Route =
    Route::get("/v1/incidents", "List incidents, newest first, with their assignments", || axum::routing::get(handle))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .asks::<ListIncidents>()
        .gives::<Page<Incident>>();

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedState {
    /// Everything that is not closed.
    #[default]
    Open,
    Closed,
    All,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ListIncidents {
    #[serde(default)]
    pub state: ListedState,
    pub cursor: Option<IncidentId>,
    pub limit: Option<i64>,
}

async fn handle(State(app): State<App>, Params(query): Params<ListIncidents>) -> Result<Json<Page<Incident>>, Problem> {
    let which = match query.state {
        ListedState::Open => Which::NotClosed,
        ListedState::Closed => Which::Closed,
        ListedState::All => Which::All,
    };
    let limit = page_limit(query.limit);
    let found = store::incidents(&app.store, which, query.cursor, limit + 1).await?;
    Ok(Json(Page::cut(found, limit, |incident| incident.id.to_string())))
}
