//! How the room chooses: reads the policy, and lets a supervisor set it.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Body, Load, Person, Problem, Route};

use crate::policy::{self, DispatchPolicy, PolicySettings};

pub const GET_ROUTE: Route =
    Route::get("/v1/dispatch/policy", "Read how units are ordered and when taking away or handing over is proposed", || {
        axum::routing::get(read)
    })
    .permission("dispatch.watch")
    .audit(Audit::None("a setting of the room; nobody's data"))
    .load(Load::Interactive)
    .gives::<DispatchPolicy>();

pub const SET_ROUTE: Route = Route::post("/v1/dispatch/policy", "Set how units are ordered", || axum::routing::post(write))
    .permission("dispatch.policy")
    .audit(Audit::Write)
    .load(Load::Interactive)
    .takes::<PolicySettings>()
    .gives::<DispatchPolicy>();

async fn read(State(app): State<App>) -> Result<Json<DispatchPolicy>, Problem> {
    Ok(Json(policy::current(&app.store).await?))
}

async fn write(
    State(app): State<App>,
    person: Person,
    Body(body): Body<PolicySettings>,
) -> Result<Audited<DispatchPolicy>, Problem> {
    let set = policy::set(&app.store, &person, &body).await?;
    // What was set is the object: a policy decides about people's safety.
    let object = serde_json::to_string(&set.settings).unwrap_or_default();
    Ok(Audited::new(object, set))
}
