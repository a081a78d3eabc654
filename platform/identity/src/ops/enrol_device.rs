//! Enrols a device: its token is used up, its public key is kept.

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_module::{Access, App, Audit, Audited, Body, Keyed, Problem, Route};
use shouhu_store::StoreError;
use shouhu_wire::{EnrolDevice, EnrolledDevice};

use crate::door::public_key_of;
use crate::model::Peer;
use crate::room::limited;
use crate::{device_store, secret};

pub const ROUTE: Route = Route::post("/v1/devices/enrol", "Enrols a device by its one-time token", || axum::routing::post(handle))
    .access(Access::Public("the one-time token is the proof"))
    .audit(Audit::Security)
    .takes::<EnrolDevice>()
    .gives::<EnrolledDevice>();

#[derive(Debug, thiserror::Error)]
enum EnrolDeviceError {
    #[error("this token is unknown, was used or has expired: register the device anew")]
    TokenInvalid,
    #[error("public key is no Ed25519 key: give 32 bytes as base64")]
    KeyInvalid,
    #[error("this public key belongs to another device: every device makes its own")]
    KeyTaken,
}

impl Keyed for EnrolDeviceError {
    fn key(&self) -> &'static str {
        match self {
            Self::TokenInvalid => "identity.enrol_device.token_invalid",
            Self::KeyInvalid => "identity.enrol_device.key_invalid",
            Self::KeyTaken => "identity.enrol_device.key_taken",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TokenInvalid => StatusCode::GONE,
            Self::KeyInvalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyTaken => StatusCode::CONFLICT,
        }
    }
}

async fn handle(State(app): State<App>, peer: Peer, Body(body): Body<EnrolDevice>) -> Result<Audited<EnrolledDevice>, Problem> {
    limited(&app, peer, async {
        public_key_of(&body.public_key).ok_or(EnrolDeviceError::KeyInvalid)?;
        let mut tx = app.store.begin().await?;
        let enrolled = device_store::enrol(&mut tx, app.env.now(), &secret::hash_of(&body.token), &body.public_key).await;
        let device = match enrolled {
            Err(StoreError::Duplicate { .. }) => return Err(EnrolDeviceError::KeyTaken.into()),
            other => other?.ok_or(EnrolDeviceError::TokenInvalid)?,
        };
        tx.emit(&Event::DeviceChanged { device: device.id }).await?;
        tx.commit().await?;
        tracing::info!(device = %device.id, "device enrolled");
        Ok(Audited::new(device.id.to_string(), device.enrolled()))
    })
    .await
}
