//! Takes a box out of use, or puts it back. What was signed there stays.

use axum::extract::State;
use shouhu_ids::BoxId;
use shouhu_module::{App, Audit, Audited, Id, NoBody, Problem, Route};

use crate::model::PatrolBox;
use crate::store;

pub const RETIRE: Route = Route::post("/v1/patrol/boxes/{id}/retire", "Take a box out of use", || axum::routing::post(retire))
    .permission("patrol.plan")
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<PatrolBox>();

pub const RESTORE: Route = Route::post("/v1/patrol/boxes/{id}/restore", "Put a box back into use", || axum::routing::post(restore))
    .permission("patrol.plan")
    .audit(Audit::Write)
    .takes::<NoBody>()
    .gives::<PatrolBox>();

async fn set(app: &App, id: BoxId, is_active: bool) -> Result<Audited<PatrolBox>, Problem> {
    store::set(&app.store, id, "is_active = $2", is_active.into()).await?;
    let kept = store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("patrol box"))?;
    let done = if is_active { "restored" } else { "retired" };
    Ok(Audited::new(format!("patrol box {} {done}", kept.shown.number), kept.shown))
}

async fn retire(State(app): State<App>, Id(id): Id<BoxId>) -> Result<Audited<PatrolBox>, Problem> {
    set(&app, id, false).await
}

async fn restore(State(app): State<App>, Id(id): Id<BoxId>) -> Result<Audited<PatrolBox>, Problem> {
    set(&app, id, true).await
}
