//! Who has access, newest first.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Page, PageQuery, Params, Problem, Route, page_limit};

use crate::model::Actor;
use crate::store;

pub const ROUTE: Route = Route::get("/v1/identity/actors", "People who have access, newest first", || axum::routing::get(handle))
    .permission("actors.read")
    .audit(Audit::None("names of colleagues and their roles, no data about the public"))
    .asks::<PageQuery>()
    .gives::<Page<Actor>>();

async fn handle(State(app): State<App>, Params(query): Params<PageQuery>) -> Result<Json<Page<Actor>>, Problem> {
    let limit = page_limit(query.limit);
    // A cursor that is no id begins at the newest, as none does.
    let before = query.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
    let actors = store::actors(&app.store, before, limit + 1).await?;
    Ok(Json(Page::cut(actors, limit, |actor| actor.id.to_string())))
}
