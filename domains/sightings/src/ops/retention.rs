//! `GET /v1/sightings/retention`: how long each class is kept and why, and the certificates of what was destroyed.

use axum::extract::State;
use shouhu_module::{App, Audit, Audited, Problem, Route};
use shouhu_wire::Retention;

pub const ROUTE: Route =
    Route::get("/v1/sightings/retention", "Shows retention by class and the certificates of purges and erasures", || axum::routing::get(handle))
        .permission("sightings.retention")
        .audit(Audit::None("numbers of rows name nobody"))
        .gives::<Retention>();

async fn handle(State(_): State<App>) -> Result<Audited<Retention>, Problem> {
    Err(crate::ops::not_ready())
}
