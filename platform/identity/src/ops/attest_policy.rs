//! Which kinds of device must attest.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Body, Person, Problem, Route};
use shouhu_store::tag_of;
use shouhu_wire::DeviceKind;

use super::done;
use crate::attest::store;

pub const SHOW: Route = Route::get("/v1/devices/attestation-policy", "Kinds of device that must attest", || axum::routing::get(show))
    .permission("devices.read")
    .audit(Audit::None("a setting, no personal data"))
    .gives::<AttestationPolicy>();

pub const SET: Route =
    Route::post("/v1/devices/attestation-policy", "Demands attestation of a kind of device, or stops to", || axum::routing::post(set))
        .permission("devices.manage")
        .audit(Audit::Security)
        .takes::<DemandAttestation>();

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationPolicy {
    /// The others need not.
    pub required: Vec<RequiredKind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequiredKind {
    pub kind: DeviceKind,
    /// What came later from a device without an accepted state is marked.
    pub since_us: Micros,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DemandAttestation {
    pub kind: DeviceKind,
    pub is_required: bool,
}

async fn show(State(app): State<App>) -> Result<Json<AttestationPolicy>, Problem> {
    let required = store::required(&app.store).await?;
    Ok(Json(AttestationPolicy { required: required.into_iter().map(|(kind, since_us)| RequiredKind { kind, since_us }).collect() }))
}

async fn set(State(app): State<App>, person: Person, Body(body): Body<DemandAttestation>) -> Result<Response, Problem> {
    let mut tx = app.store.begin().await?;
    store::set_required(&mut tx, app.env.now(), body.kind, body.is_required, person.id).await?;
    tx.commit().await?;
    Ok(done(format!("{} {}", tag_of(&body.kind), if body.is_required { "must attest" } else { "need not attest" })))
}
