//! `GET /v1/oversight/disclosures/{id}/preview`: what would be given out, for whoever decides, before anything is released.

use axum::extract::State;
use shouhu_ids::DisclosureId;
use shouhu_module::{App, Audit, Audited, Id, Load, Problem, Route};

use super::{DisclosurePreview, make, store};

pub const ROUTE: Route = Route::get("/v1/oversight/disclosures/{id}/preview", "What a disclosure would hold if it were released now", || {
    axum::routing::get(preview)
})
.permission("disclosures.decide")
.audit(Audit::WorkRead)
.load(Load::Bulk)
.gives::<DisclosurePreview>();

async fn preview(State(app): State<App>, Id(id): Id<DisclosureId>) -> Result<Audited<DisclosurePreview>, Problem> {
    let content = make::content(&app, &store::waiting(&app.store, id).await?).await?;
    let preview = DisclosurePreview { disclosure: id, entries_sha256: content.sha256(), entries: content.entries };
    let object = format!("disclosure {id} before it is decided: {} entries, sha256 {}", preview.entries.len(), preview.entries_sha256);
    Ok(Audited::new(object, preview))
}
