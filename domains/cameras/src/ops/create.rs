//! `POST /v1/cameras`: one new camera.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_events::Event;
use shouhu_module::{App, Audit, Audited, Body, Problem, Route};
use shouhu_place::Wgs84;

use crate::directory::Directory;
use crate::model::{Camera, CameraError, CameraKind, NewCamera};
use crate::store;

pub const ROUTE: Route = Route::post("/v1/cameras", "Adds a camera", || axum::routing::post(handle))
    .permission("cameras.manage")
    .audit(Audit::Write)
    .takes::<CreateCamera>()
    .gives::<Camera>();

#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct CreateCamera {
    /// Unique: what people call it, such as the crossing.
    pub name: String,
    #[serde(default)]
    pub kind: CameraKind,
    pub position: Wgs84,
    /// Where it looks, degrees clockwise from north.
    #[serde(default)]
    pub heading_deg: Option<f64>,
    /// Whose camera it is, as the offices of people are written.
    #[serde(default)]
    pub office: Option<String>,
}

async fn handle(State(app): State<App>, Body(body): Body<CreateCamera>) -> Result<Audited<Camera>, Problem> {
    let new = NewCamera::checked(&body.name, body.kind, body.position, body.heading_deg)?.of_office(body.office.as_deref())?;
    let mut tx = app.store.begin().await?;
    let Some(id) = store::insert(&mut tx, &app.store, &new).await? else {
        return Err(CameraError::NameTaken(new.name).into());
    };
    tx.emit(&Event::CameraChanged { camera: id }).await?;
    tx.commit().await?;
    app.room::<Directory>().reload(&app.store).await?;
    let camera = store::get(&app.store, id).await?.ok_or_else(|| Problem::not_found("camera"))?;
    Ok(Audited::new(format!("camera {}", camera.name), camera))
}
