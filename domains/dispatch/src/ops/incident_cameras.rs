//! The cameras in service that stand nearest to an incident. Cameras says which; the pictures are those of sightings, behind its own
//! route, purpose and leaf.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::IncidentId;
use shouhu_module::ports::{CamerasNearPort, NearCamera};
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, Params, Problem, Route};

use crate::model::Items;
use crate::store;

pub const ROUTE: Route = Route::get("/v1/incidents/{id}/cameras", "List the cameras in service nearest to an incident", || {
    axum::routing::get(handle)
})
.permission("dispatch.watch")
.audit(Audit::WorkRead)
.load(Load::Life)
.asks::<AskCamerasNear>()
.gives::<Items<NearCamera>>();

/// What is looked at beside an incident; more is a wall, and a search of its own.
pub const CAMERAS_MAX: usize = 20;
const CAMERAS_USUAL: usize = 6;

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub struct AskCamerasNear {
    /// How many: 1 to 20; 6 when absent.
    pub k: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum CamerasError {
    #[error("{number} has no place: nothing is near it")]
    NoPosition { number: String },
    #[error("{asked} cameras were asked for: 1 to {CAMERAS_MAX} are given")]
    Number { asked: usize },
}

impl Keyed for CamerasError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoPosition { .. } => "dispatch.cameras.no_position",
            Self::Number { .. } => "dispatch.cameras.number",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoPosition { .. } => StatusCode::CONFLICT,
            Self::Number { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

async fn handle(
    State(app): State<App>,
    Id(id): Id<IncidentId>,
    Params(asked): Params<AskCamerasNear>,
) -> Result<Audited<Items<NearCamera>>, Problem> {
    let k = asked.k.unwrap_or(CAMERAS_USUAL);
    if !(1..=CAMERAS_MAX).contains(&k) {
        return Err(CamerasError::Number { asked: k }.into());
    }
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let number = incident.number;
    let place = incident.position.ok_or_else(|| CamerasError::NoPosition { number: number.clone() })?;
    // A house without cameras has none near.
    let items = app.try_room::<CamerasNearPort>().map_or_else(Vec::new, |port| port.0.near(place, k));
    Ok(Audited::new(number, Items { items }))
}
