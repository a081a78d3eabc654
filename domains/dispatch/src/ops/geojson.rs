//! Units and open incidents as GeoJSON, for maps that are not ours.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shouhu_exchange::geojson::{Feature, FeatureCollection, MEDIA};
use shouhu_module::ports::{ForWhom, HandOut, Partner, hand_out};
use shouhu_module::{App, Audit, AuditObject, Load, Params, Problem, Route};

use crate::positions;
use crate::store::{self, Which};

/// The newest of so many open incidents; a city has some hundreds.
const INCIDENTS_MAX: i64 = 2_000;

const INCIDENTS_PATH: &str = "/v1/incidents.geojson";
const UNITS_PATH: &str = "/v1/units.geojson";

pub const INCIDENTS: Route =
    Route::get(INCIDENTS_PATH, "Show the open incidents as GeoJSON", || axum::routing::get(incidents))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .asks::<ForWhom>()
        .gives_media(MEDIA)
        .load(Load::Interactive);

pub const UNITS: Route =
    Route::get(UNITS_PATH, "Show the units with their newest positions as GeoJSON", || axum::routing::get(units))
        .permission("units.watch")
        .audit(Audit::WorkRead)
        .asks::<ForWhom>()
        .gives_media(MEDIA)
        .load(Load::Interactive);

/// Who gets it; in the ledger when this returns. Without a name it is a map of the house's own, or nobody said: counted by itself, and
/// stopped by a switch of its own; the ledger knows no date for it.
async fn recipient(app: &App, asked: &ForWhom, what: &str, route: &str) -> Result<Partner, Problem> {
    let partner = asked.partner()?.unwrap_or_else(|| Partner::unnamed("GeoJSON"));
    hand_out(app, &partner, HandOut { what: &format!("{what} as GeoJSON"), route, is_life: false }).await?;
    Ok(partner)
}

fn answer(what: &str, features: Vec<Feature>, to: &Partner) -> Response {
    let object = format!("{} {what} as GeoJSON for {}", features.len(), to.said());
    let mut response = ([(header::CONTENT_TYPE, MEDIA)], FeatureCollection::new(features).write()).into_response();
    response.extensions_mut().insert(AuditObject(object));
    response
}

async fn incidents(State(app): State<App>, Params(asked): Params<ForWhom>) -> Result<Response, Problem> {
    let to = recipient(&app, &asked, "incidents", INCIDENTS_PATH).await?;
    let open = store::incidents(&app.store, Which::NotClosed, None, INCIDENTS_MAX).await?;
    Ok(answer("incidents", open.iter().map(Feature::incident).collect(), &to))
}

async fn units(State(app): State<App>, Params(asked): Params<ForWhom>) -> Result<Response, Problem> {
    let to = recipient(&app, &asked, "units", UNITS_PATH).await?;
    let known = positions::of(&app);
    let mut units = store::units(&app.store).await?;
    for unit in &mut units {
        known.overlay(unit);
    }
    Ok(answer("units", units.iter().map(Feature::unit).collect(), &to))
}
