//! Sets what whoever stands at a box should know.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::BoxId;
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Problem, Route};

use crate::model::{NOTE_MAX, PatrolBox, SetNote};
use crate::store;

pub const ROUTE: Route = Route::post("/v1/patrol/boxes/{id}/note", "Set what officers at a box should know", || axum::routing::post(handle))
    .permission("patrol.check_in")
    .audit(Audit::Write)
    .takes::<SetNote>()
    .gives::<PatrolBox>();

#[derive(Debug, thiserror::Error)]
#[error("a note has at most {NOTE_MAX} characters")]
struct TooLong;

impl Keyed for TooLong {
    fn key(&self) -> &'static str {
        "patrol.box.note_too_long"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn handle(State(app): State<App>, Id(id): Id<BoxId>, Body(body): Body<SetNote>) -> Result<Audited<PatrolBox>, Problem> {
    let note = body.note.trim();
    if note.chars().count() > NOTE_MAX {
        return Err(TooLong.into());
    }
    store::set(&app.store, id, "note = $2", note.into()).await?;
    let kept = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("patrol box"))?;
    Ok(Audited::new(format!("note of patrol box {}", kept.shown.number), kept.shown))
}
