//! Shows everything that happened to an incident, oldest first: who, when, what.

use axum::extract::State;
use shouhu_ids::IncidentId;
use shouhu_module::{App, Audit, Audited, Id, Load, Problem, Route};

use crate::model::{Items, LogLine};
use crate::store;

pub const ROUTE: Route =
    Route::get("/v1/incidents/{id}/log", "Show everything that happened to an incident", || axum::routing::get(handle))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Items<LogLine>>();

async fn handle(State(app): State<App>, Id(id): Id<IncidentId>) -> Result<Audited<Items<LogLine>>, Problem> {
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    Ok(Audited::new(incident.number, Items { items: store::log_of(&app.store, id).await? }))
}
