//! `GET /v1/map/tiles/{z}/{x}/{y}`: the base map as Mapbox Vector Tiles.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_module::{App, Audit, Keyed, Problem, Route};
use shouhu_roads::TileError;

use crate::map::MapState;

pub const ROUTE: Route = Route::get(
    "/v1/map/tiles/{z}/{x}/{y}",
    "One vector tile (Mapbox Vector Tile 2.1; layers areas, water, roads, labels); 204 when it is empty",
    || axum::routing::get(handle),
)
.permission("map.read")
.unproved("roads are no personal data, and the map's worker fetches tiles by the hundred by itself")
.audit(Audit::None("roads are no personal data"))
.gives_media("application/vnd.mapbox-vector-tile")
.gives_nothing_when("The tile is empty, or no map is loaded");

struct Refused(TileError);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Keyed for Refused {
    fn key(&self) -> &'static str {
        self.0.key()
    }

    fn status(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}

async fn handle(State(app): State<App>, path: Result<Path<(u8, u32, u32)>, axum::extract::rejection::PathRejection>) -> Result<Response, Problem> {
    let Ok(Path((z, x, y))) = path else { return Err(Problem::not_found("tile")) };
    let Some(map) = app.room::<MapState>().loaded() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let tile = map.tiles.tile(z, x, y).map_err(Refused)?;
    if tile.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // The page asks with the map's version in the query, so an answer holds for as long as that map does.
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile"),
        (header::CACHE_CONTROL, "private, max-age=86400"),
    ];
    Ok((headers, tile).into_response())
}
