//! Units and open incidents as GeoJSON, for maps that are not ours.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shouhu_exchange::geojson::{Feature, FeatureCollection, MEDIA};
use shouhu_module::{App, Audit, AuditObject, Load, Problem, Route};

use crate::positions;
use crate::store::{self, Which};

/// The newest of so many open incidents; a city has some hundreds.
const INCIDENTS_MAX: i64 = 2_000;

pub const INCIDENTS: Route =
    Route::get("/v1/incidents.geojson", "Show the open incidents as GeoJSON", || axum::routing::get(incidents))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .gives_media(MEDIA)
        .load(Load::Interactive);

pub const UNITS: Route =
    Route::get("/v1/units.geojson", "Show the units with their newest positions as GeoJSON", || axum::routing::get(units))
        .permission("units.watch")
        .audit(Audit::WorkRead)
        .gives_media(MEDIA)
        .load(Load::Interactive);

fn answer(what: &str, features: Vec<Feature>) -> Response {
    let object = format!("{} {what} as GeoJSON", features.len());
    let mut response = ([(header::CONTENT_TYPE, MEDIA)], FeatureCollection::new(features).write()).into_response();
    response.extensions_mut().insert(AuditObject(object));
    response
}

async fn incidents(State(app): State<App>) -> Result<Response, Problem> {
    let open = store::incidents(&app.store, Which::NotClosed, None, INCIDENTS_MAX).await?;
    Ok(answer("incidents", open.iter().map(Feature::incident).collect()))
}

async fn units(State(app): State<App>) -> Result<Response, Problem> {
    let known = positions::of(&app);
    let mut units = store::units(&app.store).await?;
    for unit in &mut units {
        known.overlay(unit);
    }
    Ok(answer("units", units.iter().map(Feature::unit).collect()))
}
