//! Lists the catalogue of incident kinds.

use axum::Json;
use shouhu_module::{Access, Audit, Load, Route};

use crate::kinds::{IncidentKind, KINDS};
use crate::model::Items;

pub const ROUTE: Route =
    Route::get("/v1/incident-kinds", "List the kinds of incidents with titles and usual priorities", || axum::routing::get(handle))
        .access(Access::Session)
        .audit(Audit::None("a catalogue in the program; nobody's data"))
        .load(Load::Life)
        .gives::<Items<IncidentKind>>();

#[allow(clippy::unused_async, reason = "axum's handlers are async")]
async fn handle() -> Json<Items<IncidentKind>> {
    Json(Items { items: KINDS.to_vec() })
}
