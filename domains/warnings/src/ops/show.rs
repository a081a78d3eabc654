//! Shows one warning and who lies in it; and, once it is issued, ours to anybody as CAP.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shouhu_exchange::cap::{Cover, Scope};
use shouhu_ids::WarningId;
use shouhu_module::ports::OnTheMapPort;
use shouhu_module::{Access, App, Audit, Audited, Id, Problem, Route};

use crate::model::{IncidentInArea, UnitInArea, WarningInForce, WarningState};
use crate::store::{self, Kept};

/// Media type of CAP documents (CAP 1.2 §3.5 leaves it to the transport; feeds use this one).
const MEDIA: &str = "application/cap+xml";

pub const ROUTE: Route =
    Route::get("/v1/warnings/{id}", "Show one warning, and which incidents and units lie in its area", || {
        axum::routing::get(handle)
    })
    .permission("warnings.watch")
    .audit(Audit::WorkRead)
    .gives::<WarningInForce>();

pub const XML: Route =
    Route::get("/v1/warnings/{id}/cap.xml", "Show an issued warning of ours as CAP 1.2", || axum::routing::get(xml))
        .access(Access::Public("a warning is for everybody once a second person has issued it"))
        .audit(Audit::None("an issued warning is public"))
        .gives_media(MEDIA);

async fn in_area(app: &App, kept: Kept) -> Result<WarningInForce, Problem> {
    let has_shape = kept.warning.areas.iter().any(|area| !area.polygons.is_empty() || !area.circles.is_empty());
    let mut shown = WarningInForce { has_shape, incidents: Vec::new(), units: Vec::new(), warning: kept.warning };
    let Some(map) = app.try_room::<OnTheMapPort>().filter(|_| has_shape) else { return Ok(shown) };
    let is_inside = |place| kept.alert.covers(place) == Cover::Inside;
    for incident in map.0.incidents().await?.into_iter().filter(|incident| is_inside(incident.position)) {
        shown.incidents.push(IncidentInArea { id: incident.id, number: incident.number, kind: incident.kind });
    }
    for unit in map.0.units().await?.into_iter().filter(|unit| is_inside(unit.position)) {
        shown.units.push(UnitInArea { id: unit.id, call_sign: unit.call_sign, position_at_us: unit.measured_at });
    }
    Ok(shown)
}

async fn handle(State(app): State<App>, Id(id): Id<WarningId>) -> Result<Audited<WarningInForce>, Problem> {
    let kept = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("warning"))?;
    Ok(Audited::new(format!("warning {}", kept.warning.identifier), in_area(&app, kept).await?))
}

async fn xml(State(app): State<App>, Id(id): Id<WarningId>) -> Result<Response, Problem> {
    let kept = store::one(&app.store, id).await?;
    let is_public = |kept: &Kept| {
        let is_issued = !matches!(kept.warning.state, WarningState::Draft | WarningState::Discarded);
        kept.warning.is_ours && is_issued && kept.alert.scope == Scope::Public
    };
    let kept = kept.filter(is_public).ok_or_else(|| Problem::not_found("warning"))?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, MEDIA)], kept.body).into_response())
}
