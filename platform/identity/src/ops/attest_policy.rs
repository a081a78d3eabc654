//! Which kinds of device must attest.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Audited, Body, Person, Problem, Route};
use shouhu_store::tag_of;
use shouhu_wire::DeviceKind;

use super::trust_changes::{self, TrustChange, Wish, told};
use crate::attest::change::TrustAct;
use crate::attest::store;

pub const SHOW: Route = Route::get("/v1/devices/attestation-policy", "Kinds of device that must attest", || axum::routing::get(show))
    .permission("devices.read")
    .audit(Audit::None("a setting, no personal data"))
    .gives::<AttestationPolicy>();

pub const SET: Route =
    Route::post("/v1/devices/attestation-policy", "Asks that a kind of device must attest, or need not; another person must approve it", || {
        axum::routing::post(set)
    })
    .permission("devices.manage")
    .audit(Audit::Security)
    .takes::<DemandAttestation>()
    .gives::<TrustChange>();

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DemandAttestation {
    pub kind: DeviceKind,
    pub is_required: bool,
    pub reason: String,
}

async fn show(State(app): State<App>) -> Result<Json<AttestationPolicy>, Problem> {
    let required = store::required(&app.store).await?;
    Ok(Json(AttestationPolicy { required: required.into_iter().map(|(kind, since_us)| RequiredKind { kind, since_us }).collect() }))
}

async fn set(State(app): State<App>, person: Person, Body(body): Body<DemandAttestation>) -> Result<Audited<TrustChange>, Problem> {
    let act = if body.is_required { TrustAct::Demand } else { TrustAct::DemandNoMore };
    let kind = tag_of(&body.kind);
    let mut tx = app.store.begin().await?;
    let is_so = store::is_required(&mut tx, body.kind).await? == body.is_required;
    let wish = Wish { act, subject: &kind, maker: None, reason: &body.reason, is_so };
    let asked = trust_changes::ask(&app, &mut tx, &person, wish).await?;
    tx.commit().await?;
    Ok(Audited::new(format!("asked: {}", told(act, &kind)), asked))
}
