//! `POST /v1/cameras/{id}/active`: takes a camera out of service, or puts it back.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_events::Event;
use shouhu_ids::CameraId;
use shouhu_module::{App, Audit, Audited, Body, Id, Problem, Route};

use crate::directory::Directory;
use crate::model::Camera;
use crate::store;

pub const ROUTE: Route =
    Route::post("/v1/cameras/{id}/active", "Takes a camera out of service, or puts it back", || axum::routing::post(handle))
        .permission("cameras.manage")
        .audit(Audit::Write)
        .takes::<SetActive>()
        .gives::<Camera>();

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct SetActive {
    pub is_active: bool,
}

async fn handle(State(app): State<App>, Id(id): Id<CameraId>, Body(body): Body<SetActive>) -> Result<Audited<Camera>, Problem> {
    let mut tx = app.store.begin().await?;
    if store::set_active(&mut tx, id, body.is_active).await? {
        tx.emit(&Event::CameraChanged { camera: id }).await?;
        tx.commit().await?;
        app.room::<Directory>().reload(&app.store).await?;
    } else {
        drop(tx);
    }
    let camera = store::get(&app.store, id).await?.ok_or_else(|| Problem::not_found("camera"))?;
    let state = if camera.is_active { "in service" } else { "out of service" };
    Ok(Audited::new(format!("camera {} {state}", camera.name), camera))
}
