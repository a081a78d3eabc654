//! Lists trackers, newest first, with how each is.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::TrackerId;
use shouhu_module::{App, Audit, Audited, Page, Params, Problem, Route, page_limit};

use crate::model::Tracker;
use crate::{room, store};

pub const ROUTE: Route =
    Route::get("/v1/positions/trackers", "List trackers and how each of them is", || axum::routing::get(handle))
        .permission("positions.trackers")
        .audit(Audit::WorkRead)
        .asks::<TrackerQuery>()
        .gives::<Page<Tracker>>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct TrackerQuery {
    /// Of the page before.
    pub cursor: Option<TrackerId>,
    pub limit: Option<i64>,
}

async fn handle(State(app): State<App>, Params(query): Params<TrackerQuery>) -> Result<Audited<Page<Tracker>>, Problem> {
    let limit = page_limit(query.limit);
    // Whoever sets a phone up looks here a second after its first fix.
    store::write_counts(&app.store, &room::of(&app).counts).await?;
    let found = store::trackers(&app.store, query.cursor, limit + 1).await?;
    let page = Page::cut(found, limit, |tracker| tracker.id.to_string());
    Ok(Audited::new(format!("{} trackers", page.items.len()), page))
}
