//! `POST /v1/sightings/feeds/{feed}`: a partner's device pushes a file; `…/files`: an operator gives one, or only checks it.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_module::{Access, App, Audit, Audited, DevicePeer, Id, Load, Page, PageQuery, Params, Person, Problem, RawBody, Route, page_limit};
use shouhu_store::page_before;

use super::feeds::{FeedName, known};
use crate::feeds::store::{self, FeedPush, Via};
use crate::feeds::take::{Arrival, take};
use crate::feeds::{FeedError, FeedReport, PUSH_BYTES_MAX};
use crate::unavailable::lake_of;

/// Told by content.
const MEDIA: &str = "text/csv, application/x-ndjson, application/json, application/vnd.apache.parquet, application/octet-stream";

pub const PUSH: Route = Route::post(
    "/v1/sightings/feeds/{feed}",
    "Takes a partner's file (CSV, JSON lines, JSON array or Parquet); the report is given when all that it accepted is on disk",
    || axum::routing::post(push),
)
.access(Access::Partner)
.audit(Audit::Write)
.load(Load::Ingest)
.body_bytes_max(PUSH_BYTES_MAX)
.takes_media(MEDIA)
.gives::<FeedReport>();

pub const UPLOAD: Route = Route::post("/v1/sightings/feeds/{feed}/files", "Takes a file of a feed from an operator, or only checks it", || {
    axum::routing::post(upload)
})
.permission("sightings.feeds")
.audit(Audit::Write)
.load(Load::Bulk)
.body_bytes_max(PUSH_BYTES_MAX)
.takes_media(MEDIA)
.asks::<UploadQuery>()
.gives::<FeedReport>();

pub const HISTORY: Route = Route::get("/v1/sightings/feeds/{feed}/files", "Lists a feed's files and their reports, newest first", || axum::routing::get(history))
    .permission("sightings.feeds")
    .audit(Audit::WorkRead)
    .asks::<PageQuery>()
    .gives::<Page<FeedPush>>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct UploadQuery {
    /// True: nothing is stored; the report says what would be.
    #[serde(default)]
    pub dry_run: bool,
    pub file_name: Option<String>,
}

fn object(name: &FeedName, report: &FeedReport) -> String {
    let what = if report.is_dry_run { "checked" } else { "accepted" };
    format!("feed {}: {} of {} passages {what}, {} refused", name.as_str(), report.accepted, report.passages, report.refused)
}

async fn push(State(app): State<App>, device: DevicePeer, Id(name): Id<FeedName>, RawBody(body): RawBody) -> Result<Audited<FeedReport>, Problem> {
    let feed = known(&app, name.as_str()).await?;
    // Another partner's feed is none that this key may know of.
    if feed.device != Some(device.id) {
        return Err(FeedError::Unknown(feed.name).into());
    }
    let arrival = Arrival { bytes: body, via: Via::Push, by_name: device.name, file_name: String::new(), is_dry_run: false };
    let report = take(&app, &*lake_of(&app)?, &feed, arrival).await?;
    Ok(Audited::new(object(&name, &report), report))
}

async fn upload(
    State(app): State<App>,
    person: Person,
    Id(name): Id<FeedName>,
    Params(query): Params<UploadQuery>,
    RawBody(body): RawBody,
) -> Result<Audited<FeedReport>, Problem> {
    let feed = known(&app, name.as_str()).await?;
    let file_name = query.file_name.unwrap_or_default();
    let arrival = Arrival { bytes: body, via: Via::Upload, by_name: person.name, file_name, is_dry_run: query.dry_run };
    let report = take(&app, &*lake_of(&app)?, &feed, arrival).await?;
    Ok(Audited::new(object(&name, &report), report))
}

async fn history(State(app): State<App>, Id(name): Id<FeedName>, Params(query): Params<PageQuery>) -> Result<Audited<Page<FeedPush>>, Problem> {
    known(&app, name.as_str()).await?;
    let limit = page_limit(query.limit);
    let pushes = store::pushes(&app.store, name.as_str(), &page_before(query.cursor), limit + 1).await?;
    Ok(Audited::new(format!("files of feed {}", name.as_str()), Page::cut(pushes, limit, |push| push.id.clone())))
}
