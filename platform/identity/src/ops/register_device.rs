//! Registers a device: a token that the device turns into an enrolled key, once.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_ids::DeviceId;
use shouhu_module::{App, Audit, Audited, Body, Keyed, Person, Problem, Route};
use shouhu_wire::{DeviceInvitation, RegisterDevice};

use super::invite::LINK_LIFE_US;
use crate::device_store::{self, NewDevice};
use crate::model::{NameError, checked_name};
use crate::secret;

pub const ROUTE: Route =
    Route::post("/v1/devices", "Registers a device and gives a token that enrols it once", || axum::routing::post(handle))
        .permission("devices.manage")
        .audit(Audit::Security)
        .takes::<RegisterDevice>()
        .gives::<DeviceInvitation>();

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct RegisterError(#[from] NameError);

impl Keyed for RegisterError {
    fn key(&self) -> &'static str {
        "identity.name_invalid"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Body(body): Body<RegisterDevice>,
) -> Result<Audited<DeviceInvitation>, Problem> {
    let name = checked_name(&body.name).map_err(RegisterError)?;
    let now = app.env.now();
    let (token, token_hash) = secret::fresh(&app.env);
    let id = app.env.id(DeviceId::new);
    let token_expires_at = now.plus(LINK_LIFE_US);
    let mut tx = app.store.begin().await?;
    let new = NewDevice { id, name: &name, asked: &body, by: person.id, token_hash: &token_hash, token_expires_at };
    device_store::insert(&mut tx, now, &new).await?;
    tx.emit(&Event::DeviceChanged { device: id }).await?;
    tx.commit().await?;
    Ok(Audited::new(id.to_string(), DeviceInvitation { device: id, token, expires_at_us: token_expires_at }))
}
