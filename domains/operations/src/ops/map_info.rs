//! `GET /v1/map`: where the map is and how old.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_module::{App, Audit, Route};

use crate::map::{MapInfo, MapState};
use crate::ways::{Roads, WaysInfo};

pub const ROUTE: Route = Route::get("/v1/map", "The imported base map: bounds, version, source", || axum::routing::get(handle))
    .permission("map.read")
    .audit(Audit::None("no personal data"))
    .gives::<MapNow>();

#[derive(Debug, Serialize, JsonSchema)]
struct MapNow {
    #[serde(flatten)]
    map: MapInfo,
    ways: WaysInfo,
}

async fn handle(State(app): State<App>) -> Json<MapNow> {
    let none =
        MapInfo { version: 0, bounds: None, center: None, roads: 0, attribution: String::new(), imported_at_us: None };
    let map = app.room::<MapState>().loaded().map_or(none, |map| map.info.clone());
    Json(MapNow { map, ways: app.room::<Roads>().info() })
}
