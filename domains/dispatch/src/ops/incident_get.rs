//! Shows one incident with its assignments. A crew sees those that it is or was just sent to, or that its member opened;
//! for anyone else on patrol, other incidents do not exist.

use axum::extract::State;
use shouhu_ids::{IncidentId, Micros};
use shouhu_module::{App, Audit, Audited, Id, Load, Person, Problem, Route};
use shouhu_wire::{Incident, Role};

use crate::store;

/// A crew writes its report after the end; later it asks the case.
const VISIBLE_AFTER_US: i64 = Micros::DAY;

pub const ROUTE: Route =
    Route::get("/v1/incidents/{id}", "Show one incident with its assignments", || axum::routing::get(handle))
        .permission("incidents.read")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Incident>();

/// The incident, where the person may know of it.
///
/// # Errors
/// 404 when there is none, or none that the person may see.
pub async fn visible(app: &App, person: &Person, id: IncidentId) -> Result<Incident, Problem> {
    if person.role == Role::Officer {
        let since = app.env.now().plus(-VISIBLE_AFTER_US);
        if !store::concerns(&app.store, id, person.unit, person.id, since).await? {
            return Err(Problem::not_found("incident"));
        }
    }
    store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))
}

async fn handle(State(app): State<App>, person: Person, Id(id): Id<IncidentId>) -> Result<Audited<Incident>, Problem> {
    let incident = visible(&app, &person, id).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}
