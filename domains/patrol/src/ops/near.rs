//! Boxes that wait to be signed near a crew: what it can do of its own accord, with or without a published tour.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::ports::UnitPlacesPort;
use shouhu_module::{App, Audit, Keyed, Params, Person, Problem, Route};
use shouhu_place::Wgs84;

use crate::model::PatrolBox;
use crate::store::{self, Kept};

pub const ROUTE: Route = Route::get("/v1/patrol/boxes/near", "Boxes due or overdue near the crew, nearest first", || axum::routing::get(handle))
    .permission("patrol.check_in")
    .audit(Audit::None("where boxes stand and when they are due is no personal data; where the asker stands is used and not kept"))
    .asks::<NearQuery>()
    .gives::<NearBoxes>();

/// A patrol on its way has time for a detour of some minutes.
const RADIUS_DEFAULT_M: f64 = 1_500.0;
const RADIUS_MIN_M: f64 = 100.0;
const RADIUS_MAX_M: f64 = 10_000.0;
/// What falls due within this time may be signed on the way as well.
const SOON_US: i64 = 2 * Micros::HOUR;
/// A thumb scrolls no further.
const ITEMS_MAX: usize = 50;

#[derive(Debug, thiserror::Error)]
#[error("say where you are in degrees, or join a unit whose position is known")]
struct NoPlace;

impl Keyed for NoPlace {
    fn key(&self) -> &'static str {
        "patrol.near.place"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "NearBoxQuery")]
pub struct NearQuery {
    /// Degrees, WGS84; where the own unit was last where both are left out.
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    /// 1,500 where it is left out.
    #[schemars(range(min = 100, max = 10_000))]
    pub radius_m: Option<f64>,
    /// 派出所; all where it is left out.
    pub station: Option<String>,
    /// 勤區; all where it is left out.
    pub beat: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NearBox {
    #[serde(rename = "box")]
    pub patrol_box: PatrolBox,
    /// In a straight line.
    pub distance_m: f64,
    /// One interval after the last signature, or after it was put up.
    pub due_at_us: Micros,
    pub is_overdue: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NearBoxes {
    pub items: Vec<NearBox>,
    /// Due within the circle, those that are not listed included.
    pub count: i64,
}

/// The box with when it is due; none while that is far off.
fn due(kept: Kept, from: Wgs84, now: Micros) -> Option<NearBox> {
    let since = kept.shown.last_check_in_at_us.unwrap_or(kept.created_at);
    let due_at_us = since.plus(kept.shown.every_h.saturating_mul(Micros::HOUR));
    let is_waiting = kept.shown.is_active && due_at_us <= now.plus(SOON_US);
    let distance_m = kept.shown.position.distance_m(from);
    is_waiting.then_some(NearBox { patrol_box: kept.shown, distance_m, due_at_us, is_overdue: due_at_us <= now })
}

fn place(app: &App, person: &Person, query: &NearQuery) -> Result<Wgs84, NoPlace> {
    if let Some((lon, lat)) = query.lon.zip(query.lat) {
        return Wgs84::new(lon, lat).map_err(|_| NoPlace);
    }
    let port = app.try_room::<UnitPlacesPort>();
    person.unit.zip(port).and_then(|(unit, places)| places.0.place(unit)).map(|(at, _)| at).ok_or(NoPlace)
}

async fn handle(State(app): State<App>, person: Person, Params(query): Params<NearQuery>) -> Result<Json<NearBoxes>, Problem> {
    let (from, now) = (place(&app, &person, &query)?, app.env.now());
    let radius_m = query.radius_m.filter(|metres| metres.is_finite()).unwrap_or(RADIUS_DEFAULT_M).clamp(RADIUS_MIN_M, RADIUS_MAX_M);
    let is_of = |named: &Option<String>, own: &str| named.as_deref().is_none_or(|named| named.is_empty() || named == own);
    let around = store::boxes_around(&app.store, from, radius_m).await?;
    let own = around.into_iter().filter(|kept| is_of(&query.station, &kept.shown.station) && is_of(&query.beat, &kept.shown.beat));
    let mut items: Vec<NearBox> = own.filter_map(|kept| due(kept, from, now)).filter(|near| near.distance_m <= radius_m).collect();
    items.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then_with(|| a.patrol_box.number.cmp(&b.patrol_box.number)));
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    items.truncate(ITEMS_MAX);
    Ok(Json(NearBoxes { items, count }))
}
