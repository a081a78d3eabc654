//! Run cards: reads them, and lets a supervisor set them.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Load, Person, Problem, Route};

use crate::cards::{self, SetCards, WriteCards};

pub const GET_ROUTE: Route =
    Route::get("/v1/dispatch/cards", "Read what incidents of each kind ask for, by alarm level", || axum::routing::get(read))
        .permission("dispatch.watch")
        .audit(Audit::None("a setting of the room; nobody's data"))
        .load(Load::Interactive)
        .gives::<SetCards>();

pub const SET_ROUTE: Route =
    Route::post("/v1/dispatch/cards", "Set what incidents of each kind ask for, by alarm level", || axum::routing::post(write))
        .permission("dispatch.policy")
        .audit(Audit::Write)
        .load(Load::Interactive)
        .takes::<WriteCards>()
        .gives::<SetCards>();

async fn read(State(app): State<App>) -> Result<Json<SetCards>, Problem> {
    Ok(Json(cards::current(&app.store).await?))
}

async fn write(State(app): State<App>, person: Person, Body(body): Body<WriteCards>) -> Result<Audited<SetCards>, Problem> {
    let set = cards::set(&app.store, &person, &body).await?;
    // What was set is the object, as with the policy.
    let object = serde_json::to_string(&set.cards).unwrap_or_default();
    Ok(Audited::new(object, set))
}
