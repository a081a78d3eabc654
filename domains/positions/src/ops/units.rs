//! Units with their newest position, its age and its accuracy.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::Micros;
use shouhu_module::ports::{UnitFixesPort, UnitNow};
use shouhu_module::{App, Audit, Audited, Load, Page, Problem, Route};

use crate::model::{Age, UnitPosition};
use crate::room::{self, Room};

pub const ROUTE: Route =
    Route::get("/v1/positions/units", "Where units are now, how old each position is and how accurate", || {
        axum::routing::get(handle)
    })
    .permission("positions.watch")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives::<Page<UnitPosition>>();

/// Every unit, by call sign.
///
/// # Errors
/// When nobody knows them.
pub async fn units(app: &App) -> Result<Vec<UnitNow>, Problem> {
    let none = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "positions.units.unavailable", "no room here knows the units");
    app.try_room::<UnitFixesPort>().ok_or_else(none)?.0.units().await
}

fn shown(room: &Room, unit: UnitNow, now: Micros) -> Option<UnitPosition> {
    let fix = unit.fix?;
    Some(UnitPosition {
        unit: unit.unit,
        call_sign: unit.call_sign,
        kind: unit.kind,
        state: unit.state,
        position: fix.position,
        measured_at_us: fix.measured_at,
        age: Age::of(fix.measured_at, now),
        age_s: now.since(fix.measured_at).max(0) / Micros::SECOND,
        accuracy_m: fix.accuracy_m,
        heading_deg: fix.heading_deg,
        source: room.source_of(unit.unit, fix.measured_at),
    })
}

async fn handle(State(app): State<App>) -> Result<Audited<Page<UnitPosition>>, Problem> {
    let (room, now) = (room::of(&app), app.env.now());
    let found: Vec<UnitPosition> = units(&app).await?.into_iter().filter_map(|unit| shown(&room, unit, now)).collect();
    Ok(Audited::new(format!("positions of {} units", found.len()), Page::whole(found)))
}
