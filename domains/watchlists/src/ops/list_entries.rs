//! `GET /v1/watchlists/entries`: entries newest first, by state, basis, import and words.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{EntryId, ImportId};
use shouhu_module::{App, Audit, Audited, Page, Params, Problem, Route, page_limit};

use super::KEEPS_ROWS;
use crate::model::{Entry, EntryState, search_words};
use crate::store::{self, Filter};

/// Longer searches are cut.
const Q_CHARS_MAX: usize = 100;

pub const ROUTE: Route = Route::get("/v1/watchlists/entries", "Watchlist entries, newest first", || axum::routing::get(handle))
    .permission("watchlists.read")
    .unblotted(KEEPS_ROWS)
    .audit(Audit::WorkRead)
    .asks::<ListEntries>()
    .gives::<Page<Entry>>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListEntries {
    pub state: Option<EntryState>,
    pub legal_basis: Option<String>,
    pub import: Option<ImportId>,
    /// Words that must all occur in plate, owner, reason, note or basis; width, case, hyphens and 臺/台 do not matter.
    pub q: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

async fn handle(State(app): State<App>, Params(asked): Params<ListEntries>) -> Result<Audited<Page<Entry>>, Problem> {
    let q: String = asked.q.unwrap_or_default().chars().take(Q_CHARS_MAX).collect();
    let filter = Filter {
        state: asked.state,
        legal_basis: asked.legal_basis,
        import: asked.import,
        words: search_words(&q),
        // A cursor that is none begins at the first page.
        before: asked.cursor.and_then(|text| text.parse::<EntryId>().ok()),
    };
    let limit = page_limit(asked.limit);
    let found = store::entries(&app.store, &filter, limit + 1).await?;
    Ok(Audited::new(format!("watchlist entries q={q:?}"), Page::cut(found, limit, |entry| entry.id.to_string())))
}
