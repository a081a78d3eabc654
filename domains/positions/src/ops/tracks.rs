//! Where a unit was: with a purpose and a case, because an officer is a person too.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::{App, Audit, AuditObject, Audited, Id, Keyed, Load, Params, Problem, Purpose, Route};
use shouhu_store::StoreError;

use crate::export::{TrackJson, features, gpx};
use crate::ops::units::units;
use crate::room;
use crate::track::{self, FIXES_MAX, Stretch, WINDOW_MAX_US};

pub const GEOJSON: Route =
    Route::get("/v1/positions/units/{id}/track", "Where a unit was, as GeoJSON, thinned for drawing, gaps marked", || {
        axum::routing::get(geojson)
    })
    .permission("positions.tracks")
    .audit(Audit::PersonalRead)
    .asks::<TrackQuery>()
    .gives::<TrackJson>();

pub const GPX: Route = Route::get("/v1/positions/units/{id}/track.gpx", "Where a unit was, as a GPX file with every fix", || {
    axum::routing::get(gpx_file)
})
.permission("positions.tracks")
.audit(Audit::PersonalRead)
.load(Load::Bulk)
.asks::<TrackQuery>()
.gives_media("application/gpx+xml");

/// For drawing: a line that is five metres off is on the same street.
const TOLERANCE_M: f64 = 5.0;
const TOLERANCE_MAX_M: f64 = 1_000.0;

#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TrackQuery {
    pub from_us: i64,
    pub until_us: i64,
    /// How far a point that is left out may be from the line, metres; 0 leaves none out. 5 for GeoJSON, 0 for GPX.
    pub tolerance_m: Option<f64>,
}

#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    #[error("there is no such unit")]
    UnknownUnit,
    #[error("a track is asked for from a time to a later one, at most {} hours", WINDOW_MAX_US / Micros::HOUR)]
    Window,
    #[error("tolerance {0} m is not within 0 and {TOLERANCE_MAX_M}")]
    Tolerance(f64),
    #[error("more than {FIXES_MAX} fixes in this time: ask for a shorter one")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for TrackError {
    fn key(&self) -> &'static str {
        match self {
            Self::UnknownUnit => "positions.track.unknown_unit",
            Self::Window => "positions.track.window",
            Self::Tolerance(_) => "positions.track.tolerance",
            Self::TooMany => "positions.track.too_many",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownUnit => StatusCode::NOT_FOUND,
            Self::Store(error) => Keyed::status(error),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

struct Asked {
    call_sign: String,
    object: String,
    fixes: usize,
    stretches: Vec<Stretch>,
    tolerance_m: f64,
}

async fn asked(app: &App, purpose: &Purpose, unit: UnitId, query: &TrackQuery, tolerance_m: f64) -> Result<Asked, Problem> {
    purpose.with_case()?;
    let window_us = query.until_us.saturating_sub(query.from_us);
    if window_us <= 0 || window_us > WINDOW_MAX_US {
        return Err(TrackError::Window.into());
    }
    let tolerance_m = query.tolerance_m.unwrap_or(tolerance_m);
    if !(0.0..=TOLERANCE_MAX_M).contains(&tolerance_m) {
        return Err(TrackError::Tolerance(tolerance_m).into());
    }
    let call_sign = units(app).await?.into_iter().find(|known| known.unit == unit).map(|known| known.call_sign);
    let call_sign = call_sign.ok_or(TrackError::UnknownUnit)?;
    let (from, until) = (Micros(query.from_us), Micros(query.until_us));
    // What was answered a moment ago belongs to the answer.
    if room::of(app).keeper.flush().await.is_err() {
        tracing::warn!("a track is read without its newest second: the writer of tracks is behind");
    }
    let fixes = track::read(&app.store, unit, from, until).await.map_err(TrackError::from)?.ok_or(TrackError::TooMany)?;
    let iso = shouhu_trackers::time::to_iso;
    let object = format!("track of {call_sign}, {} to {}, {} fixes", iso(from), iso(until), fixes.len());
    Ok(Asked { call_sign, object, fixes: fixes.len(), stretches: track::stretches(fixes), tolerance_m })
}

async fn geojson(
    State(app): State<App>,
    purpose: Purpose,
    Id(unit): Id<UnitId>,
    Params(query): Params<TrackQuery>,
) -> Result<Audited<TrackJson>, Problem> {
    let asked = asked(&app, &purpose, unit, &query, TOLERANCE_M).await?;
    let answer = TrackJson {
        kind: "FeatureCollection",
        unit,
        from_us: Micros(query.from_us),
        until_us: Micros(query.until_us),
        tolerance_m: asked.tolerance_m,
        fixes: asked.fixes,
        features: features(&asked.stretches, asked.tolerance_m),
        call_sign: asked.call_sign,
    };
    Ok(Audited::new(asked.object, answer))
}

async fn gpx_file(
    State(app): State<App>,
    purpose: Purpose,
    Id(unit): Id<UnitId>,
    Params(query): Params<TrackQuery>,
) -> Result<Response, Problem> {
    let asked = asked(&app, &purpose, unit, &query, 0.0).await?;
    let headers =
        [(header::CONTENT_TYPE, "application/gpx+xml"), (header::CONTENT_DISPOSITION, "attachment; filename=\"track.gpx\"")];
    let mut response = (headers, gpx(&asked.call_sign, &asked.stretches, asked.tolerance_m)).into_response();
    response.extensions_mut().insert(AuditObject(asked.object));
    Ok(response)
}
