//! How much of one plate is shown without a consent: read by whoever asks, set by oversight alone.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Person, Problem, Route};

use crate::movements::policy::{self, BoundSettings, MovementBound};

pub const GET_ROUTE: Route =
    Route::get("/v1/oversight/bound", "Read how much of one plate is shown without a consent", || axum::routing::get(read))
        .permission("observations.watch")
        .audit(Audit::None("a setting of the house; nobody's data"))
        .gives::<MovementBound>();

pub const SET_ROUTE: Route =
    Route::post("/v1/oversight/bound", "Set how much of one plate is shown without a consent", || axum::routing::post(write))
        .permission("oversight.bound")
        .audit(Audit::Security)
        .takes::<BoundSettings>()
        .gives::<MovementBound>();

async fn read(State(app): State<App>) -> Result<Json<MovementBound>, Problem> {
    Ok(Json(policy::current(&app.store).await?))
}

async fn write(State(app): State<App>, person: Person, Body(settings): Body<BoundSettings>) -> Result<Audited<MovementBound>, Problem> {
    let set = policy::set(&app.store, &person, settings).await?;
    Ok(Audited::new(format!("bound of {} days and {} passages", settings.days_max, settings.points_max), set))
}
