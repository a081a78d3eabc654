//! `GET /v1/map/closures`, `POST /v1/map/closures`, `POST /v1/map/closures/{id}/lift`: roads that are closed for a while.
//!
//! Whoever is asked for a way after the answer gets one that avoids them: a proposal, a cover, a tour and a crew's own way.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ClosureId, Micros};
use shouhu_module::{App, Audit, Audited, Body, Id, Load, NoBody, Person, Problem, Route};
use shouhu_place::Wgs84;

use crate::closures::{self, Closure, ClosureError, Shut, Wish};
use crate::ways::Roads;

pub const LIST_ROUTE: Route = Route::get("/v1/map/closures", "Roads that are closed now, with their pieces", || axum::routing::get(list))
    .permission("map.read")
    .audit(Audit::None("roads and hours; nobody is named"))
    .load(Load::Life)
    .gives::<Closures>();

pub const MAKE_ROUTE: Route = Route::post("/v1/map/closures", "Close a road for a while", || axum::routing::post(make))
    .permission("map.close")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<CloseRoad>()
    .gives::<Closure>();

pub const LIFT_ROUTE: Route =
    Route::post("/v1/map/closures/{id}/lift", "Open a closed road before its time", || axum::routing::post(lift))
        .permission("map.close")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<NoBody>()
        .gives::<Lifted>();

#[derive(Debug, Serialize, JsonSchema)]
struct Closures {
    items: Vec<Closure>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CloseRoad {
    /// One place on the road, or a line along it: 1 to 50 points over at most 5 km.
    line: Vec<Wgs84>,
    /// Why: a fire, a march, an accident. Seen by everybody who sees the map, so it names nobody. 1 to 200 characters.
    reason: String,
    /// When it opens by itself; at most 30 days ahead.
    until_us: Micros,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Lifted {
    id: ClosureId,
    lifted_at_us: Micros,
}

async fn list(State(app): State<App>) -> Json<Closures> {
    Json(Closures { items: app.room::<Roads>().closed(app.env.now()) })
}

async fn make(State(app): State<App>, person: Person, Body(body): Body<CloseRoad>) -> Result<Audited<Closure>, Problem> {
    let wish = Wish::checked(body.line, &body.reason, body.until_us, app.env.now())?;
    let roads = app.room::<Roads>();
    let ways = roads.current().ok_or(ClosureError::NoMap)?;
    let (line, network) = (wish.line.clone(), std::sync::Arc::clone(ways.network()));
    let found = tokio::task::spawn_blocking(move || closures::pieces(&ways, &line)).await;
    let edges = found.map_err(ClosureError::Search)?;
    if edges.is_empty() {
        return Err(ClosureError::NoRoad.into());
    }
    let kept = closures::make(&app.store, &person, &wish).await?;
    relearn(&app, &roads).await;
    tracing::info!(closure = %kept.id, pieces = edges.len(), "road closed");
    let object = format!("closure {}", kept.id);
    Ok(Audited::new(object, Shut { kept, edges }.told(&network)))
}

async fn lift(State(app): State<App>, person: Person, Id(id): Id<ClosureId>, _: Body<NoBody>) -> Result<Audited<Lifted>, Problem> {
    let lifted_at_us = closures::lift(&app.store, &person, id).await?;
    relearn(&app, &app.room::<Roads>()).await;
    tracing::info!(closure = %id, "road opened");
    Ok(Audited::new(format!("closure {id}"), Lifted { id, lifted_at_us }))
}

/// The answer says that proposals heed it, so this server's do. What fails here is tried again within the second.
async fn relearn(app: &App, roads: &Roads) {
    if let Err(error) = closures::learn(app, roads).await {
        tracing::warn!(%error, "closures not read back; they will be");
    }
}
