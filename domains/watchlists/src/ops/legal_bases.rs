//! `GET /v1/watchlists/legal-bases`: the grounds on which a vehicle may be looked for.

use axum::Json;
use shouhu_module::{Audit, Page, Route};

use crate::bases::{LEGAL_BASES, LegalBasis};

pub const ROUTE: Route =
    Route::get("/v1/watchlists/legal-bases", "Legal bases of watchlist entries, with articles and longest terms", || {
        axum::routing::get(handle)
    })
    .permission("watchlists.read")
    .audit(Audit::None("a table of the program, without personal data"))
    .gives::<Page<LegalBasis>>();

async fn handle() -> Json<Page<LegalBasis>> {
    Json(Page::whole(LEGAL_BASES.to_vec()))
}
