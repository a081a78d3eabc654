//! `/v1/sightings/feeds/{feed}/sites`: where a partner's gantries, gates and cameras stand, which is also its scope.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, Page, Problem, RawBody, Route};

use super::feeds::{FeedName, known};
use crate::feeds::sites::{self, Site};
use crate::feeds::{FeedError, store};

/// Five thousand sites with long names.
const LIST_BYTES_MAX: usize = 2 * 1024 * 1024;

pub const LIST: Route = Route::get("/v1/sightings/feeds/{feed}/sites", "Lists a feed's sites", || axum::routing::get(list))
    .permission("sightings.feeds")
    .audit(Audit::None("gantries and car parks name nobody"))
    .gives::<Page<Site>>();

pub const REPLACE: Route = Route::post(
    "/v1/sightings/feeds/{feed}/sites",
    "Exchanges a feed's sites for those of a CSV or JSON list: code, name, lon, lat",
    || axum::routing::post(replace),
)
.permission("sightings.feeds")
.audit(Audit::Write)
.load(Load::Bulk)
.body_bytes_max(LIST_BYTES_MAX)
.takes_media("text/csv, application/json, application/octet-stream")
.gives::<Page<Site>>();

async fn list(State(app): State<App>, Id(name): Id<FeedName>) -> Result<Json<Page<Site>>, Problem> {
    known(&app, name.as_str()).await?;
    Ok(Json(Page::whole(store::sites(&app.store, name.as_str()).await?)))
}

async fn replace(State(app): State<App>, Id(name): Id<FeedName>, RawBody(body): RawBody) -> Result<Audited<Page<Site>>, Problem> {
    let feed = known(&app, name.as_str()).await?;
    if feed.ended_at_us.is_some() {
        return Err(FeedError::Ended(feed.name).into());
    }
    let sites = match sites::read(&body)? {
        Ok(sites) => sites,
        Err(rows) => {
            let error = FeedError::Sites(rows.len());
            let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.key(), error.to_string());
            problem.rows = rows.into_iter().take(crate::feeds::REFUSALS_SHOWN_MAX).collect();
            return Err(problem);
        }
    };
    store::replace_sites(&app.store, name.as_str(), &sites).await?;
    Ok(Audited::new(format!("{} sites of feed {}", sites.len(), name.as_str()), Page::whole(sites)))
}
