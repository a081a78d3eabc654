//! Which crews are being asked whether they are well: all of them for consoles, the own one for a phone.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Load, Person, Problem, Route};

use crate::checks::{Check, book};
use crate::model::Items;

pub const LIST_ROUTE: Route =
    Route::get("/v1/checks", "List crews that are asked whether they are well, overdue first", || axum::routing::get(list))
        .permission("dispatch.watch")
        .audit(Audit::None("whether colleagues are well; every console must see it at once, and nobody else is named"))
        .load(Load::Life)
        .gives::<Items<Check>>();

pub const MINE_ROUTE: Route =
    Route::get("/v1/checks/mine", "Show what the own crew is asked", || axum::routing::get(mine))
        .permission("units.report")
        .audit(Audit::None("a question to the caller's own crew; nobody else's data"))
        .load(Load::Life)
        .gives::<Items<Check>>();

async fn list(State(app): State<App>) -> Result<Json<Items<Check>>, Problem> {
    Ok(Json(Items { items: book::open(&app.store).await? }))
}

async fn mine(State(app): State<App>, person: Person) -> Result<Json<Items<Check>>, Problem> {
    let items = match person.unit {
        Some(unit) => book::open_of(&app.store, unit).await?,
        None => Vec::new(),
    };
    Ok(Json(Items { items }))
}
