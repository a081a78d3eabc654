//! Gives a device the nonce that its next quote must be about.

use axum::Json;
use axum::extract::State;
use shouhu_module::{Access, App, Audit, DevicePeer, Load, NoBody, Problem, Route};
use shouhu_wire::{ATTESTED_PCRS, AttestationNonce};

use crate::CHALLENGE_LIFE_US;
use crate::attest::AttestRefused;
use crate::attest::store::{self, Challenge};

pub const ROUTE: Route =
    Route::post("/v1/devices/mine/attestation/nonce", "A nonce for the calling device's next quote", || axum::routing::post(handle))
        .access(Access::Device)
        .audit(Audit::None("a random number for a machine; what it answers is kept"))
        .load(Load::Ingest)
        .takes::<NoBody>()
        .gives::<AttestationNonce>();

async fn handle(State(app): State<App>, peer: DevicePeer) -> Result<Json<AttestationNonce>, Problem> {
    let nonce = hex::encode(app.env.random.bytes32());
    let expires_at = app.env.now().plus(CHALLENGE_LIFE_US);
    let mut tx = app.store.begin().await?;
    store::bound(&mut tx, peer.id).await?.ok_or(AttestRefused::NotBound)?;
    store::ask(&mut tx, peer.id, &Challenge { nonce: nonce.clone(), binding: None }, expires_at).await?;
    tx.commit().await?;
    Ok(Json(AttestationNonce { nonce, pcrs: ATTESTED_PCRS.to_vec(), expires_at_us: expires_at }))
}
