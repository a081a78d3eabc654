//! Takes a position of the caller's unit.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shouhu_module::ports::{NotWritten, RoadTimesPort, TrackKeeperPort};
use shouhu_module::{App, Audit, Body, Keyed, Load, Person, Problem, Route};
use shouhu_wire::ReportPosition;

use crate::model::PositionReceipt;
use crate::positions::{self, Fix, Taken};
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/units/mine/position", "Report where the caller's unit is", || axum::routing::post(handle))
        .permission("units.report")
        // One leaf per second and crew would bury the log under its least telling line.
        .audit(Audit::None("a crew reports its own place each second; nobody's data is read"))
        .load(Load::Life)
        .takes::<ReportPosition>()
        .gives::<PositionReceipt>();

#[derive(Debug, thiserror::Error)]
pub enum PositionError {
    #[error("you crew no unit: join one first")]
    NoUnit,
    #[error("your place is on the map and cannot be written down now: send it again")]
    NotWritten,
}

impl Keyed for PositionError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoUnit => "dispatch.unit.none_joined",
            Self::NotWritten => "dispatch.position.not_written",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoUnit => StatusCode::CONFLICT,
            Self::NotWritten => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Body(body): Body<ReportPosition>,
) -> Result<Json<PositionReceipt>, Problem> {
    let unit = person.unit.ok_or(PositionError::NoUnit)?;
    let known = positions::of(&app);
    if known.fix(unit).is_none() && store::unit(&app.store, unit).await?.is_none() {
        return Err(PositionError::NoUnit.into());
    }
    let now = app.env.now();
    let fix = Fix::checked(&body, now)?;
    let road_m = app.try_room::<RoadTimesPort>().and_then(|roads| roads.0.off_road_m(fix.position));
    let taken = known.take_beside(unit, fix, road_m, now)?;
    let kept = app.try_room::<TrackKeeperPort>().map_or(Ok(()), |keeper| keeper.0.keep(unit, fix.into(), taken.into()));
    if taken == (Taken::Newest { is_due: true }) {
        known.persist(&app.store, unit).await?;
    }
    // Those who send help see it all the same; its sender is not told that it is safe.
    kept.map_err(|NotWritten| PositionError::NotWritten)?;
    Ok(Json(PositionReceipt { is_newest: matches!(taken, Taken::Newest { .. }) }))
}
