//! Who the caller is and what they may do.

use axum::Json;
use axum::extract::State;
use shouhu_module::{Access, App, Audit, Person, Route};
use shouhu_wire::Me;

use crate::model::me_of;

pub const ROUTE: Route = Route::get("/v1/identity/me", "Who I am and what I may do", || axum::routing::get(handle))
    .access(Access::Session)
    .audit(Audit::None("the caller's own name and permissions"))
    .gives::<Me>();

async fn handle(State(app): State<App>, person: Person) -> Json<Me> {
    Json(me_of(&app, &person))
}
