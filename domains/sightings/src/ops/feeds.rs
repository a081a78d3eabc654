//! `/v1/sightings/feeds`: gantries, car parks and partners.

use axum::Json;
use axum::extract::{Path, State};
use shouhu_module::{Access, App, Audit, Audited, Body, DevicePeer, Load, Page, Problem, RawBody, Route};
use shouhu_wire::{DefineFeed, Feed, FeedReport};

/// A day of a busy car park, or a minute of all gantries.
const PUSH_BYTES_MAX: usize = 16 * 1024 * 1024;
const DEFINE_BYTES_MAX: usize = 1024 * 1024;

pub const LIST: Route = Route::get("/v1/sightings/feeds", "Lists feeds and the report of their last push", || axum::routing::get(list))
    .permission("sightings.feeds")
    .audit(Audit::None("names of feeds and numbers of rows name nobody"))
    .gives::<Page<Feed>>();

pub const DEFINE: Route = Route::post("/v1/sightings/feeds", "Makes a feed, or changes its mapping and places", || axum::routing::post(define))
    .permission("sightings.feeds")
    .audit(Audit::Write)
    .body_bytes_max(DEFINE_BYTES_MAX)
    .takes::<DefineFeed>()
    .gives::<Feed>();

pub const PUSH: Route = Route::post(
    "/v1/sightings/feeds/{feed}",
    "Takes CSV or JSON rows of a feed; the report is given when all of it is on disk",
    || axum::routing::post(push),
)
.access(Access::Partner)
.audit(Audit::None("every row names its feed and the report counts them; a leaf per push would repeat the table"))
.load(Load::Ingest)
.body_bytes_max(PUSH_BYTES_MAX)
.gives::<FeedReport>();

async fn list(State(_): State<App>) -> Result<Json<Page<Feed>>, Problem> {
    Err(crate::ops::not_ready())
}

async fn define(State(_): State<App>, Body(_): Body<DefineFeed>) -> Result<Audited<Feed>, Problem> {
    Err(crate::ops::not_ready())
}

async fn push(State(_): State<App>, _: DevicePeer, Path(_): Path<String>, RawBody(_): RawBody) -> Result<Json<FeedReport>, Problem> {
    Err(crate::ops::not_ready())
}
