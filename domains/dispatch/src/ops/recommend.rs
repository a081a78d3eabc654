//! Says which units could go to an incident, best first, with reasons for and against each.

use axum::extract::State;
use shouhu_ids::{IncidentId, UnitId};
use shouhu_module::ports::RoadTimesPort;
use shouhu_module::{App, Audit, Audited, Id, Load, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_wire::{Recommendation, Unit};

use crate::model::{Advice, Items};
use crate::{positions, rank, store};

pub const ROUTE: Route =
    Route::get("/v1/incidents/{id}/recommendations", "Rank the units that could go, with reasons", || axum::routing::get(handle))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Items<Recommendation>>();

/// Ranks all units for a scene, by road where a road graph is loaded.
///
/// # Errors
/// When the database fails.
pub async fn recommend(app: &App, scene: Option<Wgs84>) -> Result<Vec<Recommendation>, Problem> {
    let known = positions::of(app);
    let mut units = store::units(&app.store).await?;
    for unit in &mut units {
        known.overlay(unit);
    }
    let roads = match (scene, app.try_room::<RoadTimesPort>()) {
        (Some(scene), Some(port)) => by_road(&port, scene, &units),
        _ => None,
    };
    Ok(rank::rank(units, scene, roads.as_deref(), app.env.now()))
}

/// One answer per unit; the graph is asked only about those that have a position.
fn by_road(port: &RoadTimesPort, scene: Wgs84, units: &[Unit]) -> Option<Vec<Option<shouhu_module::ports::RoadTime>>> {
    let sources: Vec<Wgs84> = units.iter().filter_map(|unit| unit.position).collect();
    let mut times = port.0.times_to(scene, &sources)?.into_iter();
    Some(units.iter().map(|unit| unit.position.and_then(|_| times.next().flatten())).collect())
}

/// What is kept with an order: how the unit stood among the others when it was sent.
///
/// # Errors
/// When there is no such incident.
pub async fn advice_for(app: &App, incident: IncidentId, unit: UnitId) -> Result<Advice, Problem> {
    let incident = store::incident(&app.store, incident).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let ranked = recommend(app, incident.position).await?;
    let found = ranked.into_iter().find(|recommendation| recommendation.unit.id == unit);
    Ok(found.map_or_else(Advice::default, |r| Advice {
        rank: r.rank,
        eta_s: r.eta_s,
        distance_m: r.distance_m,
        is_by_road: r.is_by_road,
        reasons: r.reasons,
    }))
}

async fn handle(State(app): State<App>, Id(id): Id<IncidentId>) -> Result<Audited<Items<Recommendation>>, Problem> {
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let items = recommend(&app, incident.position).await?;
    Ok(Audited::new(incident.number, Items { items }))
}
