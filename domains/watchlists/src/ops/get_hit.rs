//! `GET /v1/hits/{id}`: everything that a person needs to decide, or to recognise the vehicle on the road.

use axum::extract::State;
use shouhu_ids::HitId;
use shouhu_module::{App, Audit, Audited, Id, Load, Person, Problem, Route};
use shouhu_wire::Hit;

use crate::sight;

pub const ROUTE: Route =
    Route::get("/v1/hits/{id}", "One hit, with entry, reading, alternatives and conflicts", || axum::routing::get(handle))
        .permission("hits.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Hit>();

async fn handle(State(app): State<App>, person: Person, Id(id): Id<HitId>) -> Result<Audited<Hit>, Problem> {
    let mut hit = sight::hit(&app, &person, id).await?;
    sight::leave_out_hidden_incidents(&app, std::slice::from_mut(&mut hit)).await?;
    Ok(Audited::new(format!("hit {id} {}", hit.plate), hit))
}
