//! `GET /v1/watchlists/delta`: what changed since a device asked last, so that it can match without a network.
//!
//! Every change has a version of its own, so a page may end anywhere. A row keeps its last change for as long as it is
//! kept, so no `since` is too old; one from the future (another database) gets the whole list. Sealed plates are not sent ([`devices`]);
//! a version without entries is one of what devices are not told: a refusal, an approval that came too late, or such a plate.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_module::{Access, App, Audit, DevicePeer, Load, Params, Problem, Route};
use shouhu_store::{Store, StoreError};
use shouhu_wire::WatchlistDelta;

use crate::{devices, store};

/// Entries in one answer.
pub const DELTA_ENTRIES_MAX: i64 = 5_000;

pub const ROUTE: Route =
    Route::get("/v1/watchlists/delta", "What changed on the watchlist since a version; signed by the device", || {
        axum::routing::get(handle)
    })
    .access(Access::Device)
    .audit(Audit::None("a device keeps the plates in force that are not sealed and is told nothing about why; its syncs are counted by operations"))
    .load(Load::Ingest)
    .asks::<Since>()
    .gives::<WatchlistDelta>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Since {
    /// The version of the last answer; 0 for the whole list.
    #[serde(default)]
    pub since: i64,
}

async fn handle(State(app): State<App>, _: DevicePeer, Params(asked): Params<Since>) -> Result<Json<WatchlistDelta>, Problem> {
    Ok(Json(delta(&app.store, asked.since, DELTA_ENTRIES_MAX).await?))
}

/// # Errors
/// When the database fails.
pub async fn delta(db: &Store, since: i64, limit: i64) -> Result<WatchlistDelta, StoreError> {
    devices::keep_back(db).await?;
    page(db, since, limit).await
}

/// As much as may be told now. A plate that was sealed after [`devices::keep_back`] looked ends the page before its entry, and there is more: whoever
/// took a short page for the whole list would look for nothing of the rest. The next question takes the entry back first, and tells the rest.
pub(crate) async fn page(db: &Store, since: i64, limit: i64) -> Result<WatchlistDelta, StoreError> {
    let until = store::list_version(db).await?;
    let is_full = since <= 0 || since > until;
    let since = if is_full { 0 } else { since };
    let mut page = devices::changes(db, since, until, limit + 1).await?;
    let mut has_more = page.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_more {
        page.pop();
    }
    let mut version = page.last().filter(|_| has_more).map_or(until, |change| change.version);
    let cut = devices::first_sealed(&page, devices::veil(db).as_ref()).and_then(|at| page.get(at).map(|change| (at, change.version - 1)));
    if let Some((at, before)) = cut {
        page.truncate(at);
        (version, has_more) = (before, true);
    }
    let now = db.env().now();
    Ok(WatchlistDelta { version, is_full, has_more, entries: page.into_iter().map(|change| devices::told(change, now)).collect() })
}
