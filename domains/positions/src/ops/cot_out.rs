//! Units as events of Cursor on Target, for TAK clients and servers that fetch them.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shouhu_module::ports::{ForWhom, HandOut, Partner, UnitNow, hand_out};
use shouhu_module::{App, Audit, AuditObject, Params, Problem, Route};
use shouhu_trackers::cot::{Friend, write};
use shouhu_wire::{UnitKind, UnitState};

use crate::model::AGEING_US;
use crate::ops::units::units;

const PATH: &str = "/v1/positions/cot";

pub const ROUTE: Route =
    Route::get(PATH, "Units as events of Cursor on Target, one after the other", || axum::routing::get(handle))
        .permission("positions.watch")
        .audit(Audit::WorkRead)
        .asks::<ForWhom>()
        .gives_media("application/xml");

/// Types of the CoT list: a friendly ground vehicle of civilians, a friendly ground unit that fights nobody.
const fn kind_of(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Car | UnitKind::Motorcycle => "a-f-G-E-V-C",
        UnitKind::Foot => "a-f-G-U-C",
    }
}

const fn remarks_of(state: UnitState) -> &'static str {
    match state {
        UnitState::OffDuty => "退勤",
        UnitState::Available => "待命",
        UnitState::Dispatched => "已派遣",
        UnitState::EnRoute => "前往中",
        UnitState::OnScene => "到場",
        UnitState::Busy => "忙碌",
    }
}

/// The event of a unit; `None` while nobody knows where it is.
#[must_use]
pub fn event_of(unit: &UnitNow) -> Option<String> {
    let fix = unit.fix?;
    Some(write(&Friend {
        uid: &format!("shouhu-unit-{}", unit.unit),
        kind: kind_of(unit.kind),
        callsign: &unit.call_sign,
        position: fix.position,
        measured_at: fix.measured_at,
        stale_at: fix.measured_at.plus(AGEING_US),
        accuracy_m: fix.accuracy_m,
        heading_deg: fix.heading_deg,
        speed_kmh: None,
        remarks: remarks_of(unit.state),
    }))
}

async fn handle(State(app): State<App>, Params(asked): Params<ForWhom>) -> Result<Response, Problem> {
    // The crews' own TAK clients name nobody, and no date on a paper stops whom nobody named.
    let to = asked.partner()?.unwrap_or_else(|| Partner::unnamed("Cursor on Target"));
    hand_out(&app, &to, HandOut { what: "positions as CoT", route: PATH, is_life: false }).await?;
    // Whoever went home is nobody's friend on a map.
    let on_duty = units(&app).await?.into_iter().filter(|unit| unit.state != UnitState::OffDuty);
    let events: Vec<String> = on_duty.filter_map(|unit| event_of(&unit)).collect();
    let object = AuditObject(format!("positions of {} units as CoT for {}", events.len(), to.said()));
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<events>\n{}\n</events>\n", events.join("\n"));
    let mut response = ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], body).into_response();
    response.extensions_mut().insert(object);
    Ok(response)
}
