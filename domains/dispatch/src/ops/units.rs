//! Lists all units with their newest positions.

use axum::Json;
use axum::extract::State;
use shouhu_module::{App, Audit, Load, Page, Problem, Route};
use shouhu_wire::Unit;

use crate::{positions, store};

pub const ROUTE: Route = Route::get("/v1/units", "List units with their states and newest positions", || axum::routing::get(handle))
    .permission("units.watch")
    .audit(Audit::WorkRead)
    .load(Load::Life)
    .gives::<Page<Unit>>();

async fn handle(State(app): State<App>) -> Result<Json<Page<Unit>>, Problem> {
    let known = positions::of(&app);
    let mut units = store::units(&app.store).await?;
    for unit in &mut units {
        known.overlay(unit);
    }
    Ok(Json(Page::whole(units)))
}
