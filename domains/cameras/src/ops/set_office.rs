//! `POST /v1/cameras/{id}/office`: whose camera it is. Rules of the force may let nobody but that office see what it recorded.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_events::Event;
use shouhu_ids::CameraId;
use shouhu_module::{App, Audit, Audited, Body, Id, Problem, Route};

use crate::model::{Camera, checked_office};
use crate::store;

pub const ROUTE: Route = Route::post("/v1/cameras/{id}/office", "Says whose camera it is", || axum::routing::post(handle))
    .permission("cameras.manage")
    .audit(Audit::Write)
    .takes::<SetOffice>()
    .gives::<Camera>();

#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SetOffice {
    /// As the offices of people are written; blank or absent: nobody's.
    #[serde(default)]
    pub office: Option<String>,
}

async fn handle(State(app): State<App>, Id(id): Id<CameraId>, Body(body): Body<SetOffice>) -> Result<Audited<Camera>, Problem> {
    let office = checked_office(body.office.as_deref())?;
    let mut tx = app.store.begin().await?;
    if !store::set_office(&mut tx, id, office.as_deref()).await? {
        return Err(Problem::not_found("camera"));
    }
    tx.emit(&Event::CameraChanged { camera: id }).await?;
    tx.commit().await?;
    let camera = store::get(&app.store, id).await?.ok_or_else(|| Problem::not_found("camera"))?;
    // Who may see what it recorded follows from it: the leaf says what it is now.
    Ok(Audited::new(format!("camera {} is of office {}", camera.name, camera.office.as_deref().unwrap_or("none")), camera))
}
