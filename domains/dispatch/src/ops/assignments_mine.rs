//! Lists what the caller's unit has to do now: the live assignment with its incident.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Load, Person, Problem, Route};

use crate::model::{Items, MyAssignment};
use crate::store;

pub const ROUTE: Route =
    Route::get("/v1/assignments/mine", "List the live assignments of the caller's unit", || axum::routing::get(handle))
        .permission("assignments.answer")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Items<MyAssignment>>();

async fn handle(State(app): State<App>, person: Person) -> Result<Json<Items<MyAssignment>>, Problem> {
    let mut items = Vec::new();
    if let Some(unit) = person.unit {
        for assignment in store::live_assignments_of(&app.store, unit).await? {
            if let Some(incident) = store::incident(&app.store, assignment.incident).await? {
                items.push(MyAssignment { assignment, incident });
            }
        }
    }
    Ok(Json(Items { items }))
}
