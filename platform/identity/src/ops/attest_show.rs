//! What an operator must know of a device's TPM before accepting what it runs.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DeviceId, Micros};
use shouhu_module::{App, Audit, Id, Problem, Route};
use shouhu_wire::{AGENT_PCR, Attestation, SenderRestriction};

use crate::attest::{Values, digest_of, trust};
use crate::device_store;

pub const ROUTE: Route =
    Route::get("/v1/devices/{id}/attestation", "What a device's TPM says it runs, and what was accepted", || axum::routing::get(handle))
        .permission("devices.read")
        .audit(Audit::None("machines, no personal data but who accepted"))
        .gives::<AttestationView>();

/// Past restrictions that are shown, newest first.
const RESTRICTIONS_SHOWN: usize = 50;

/// A device's trust, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationView {
    pub attestation: Attestation,
    /// Whether its kind must attest.
    pub is_required: bool,
    /// Absent while it has shown no TPM.
    pub tpm: Option<TpmView>,
    pub restrictions: Vec<SenderRestriction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TpmView {
    /// SHA-256 of the endorsement key, hex.
    pub ek_fingerprint: String,
    /// Who vouches for it.
    pub maker: String,
    pub bound_at_us: Micros,
    pub measured_at_us: Micros,
    /// Names the measured state; accepting names it again.
    pub measured_digest: String,
    pub registers: Vec<RegisterView>,
    /// Cold starts in the TPM's life.
    pub reset_count: u32,
    /// When it was last found started anew.
    pub rebooted_at_us: Option<Micros>,
    pub last_good_at_us: Micros,
    pub accepted_at_us: Option<Micros>,
    pub accepted_by_name: Option<String>,
    pub accepted_reason: Option<String>,
    /// Who gave a first word for the measured state; another person must give the second.
    pub proposed_by_name: Option<String>,
    pub proposed_reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegisterView {
    pub register: u8,
    /// The one that holds the agent's own program.
    pub is_agent: bool,
    pub measured: String,
    /// Absent while nothing was accepted.
    pub accepted: Option<String>,
}

fn registers(measured: &Values, accepted: Option<&Values>) -> Vec<RegisterView> {
    let shown = |(register, value): (&u8, &String)| RegisterView {
        register: *register,
        is_agent: *register == AGENT_PCR,
        measured: value.clone(),
        accepted: accepted.and_then(|accepted| accepted.get(register).cloned()),
    };
    measured.iter().map(shown).collect()
}

async fn handle(State(app): State<App>, Id(id): Id<DeviceId>) -> Result<Json<AttestationView>, Problem> {
    device_store::with_key(&app.store, id).await?.ok_or_else(|| Problem::not_found("device"))?;
    let standing = trust::standing(&app.store, app.env.now(), id).await?;
    let attestation = standing.attestation();
    let mut restrictions = standing.restrictions;
    restrictions.truncate(RESTRICTIONS_SHOWN);
    let mut tpm = None;
    if let Some(bound) = standing.bound {
        let people: Vec<_> = [bound.accepted_by, bound.proposed_by].into_iter().flatten().collect();
        let names = crate::actor_names(&app, &people).await;
        tpm = Some(TpmView {
            measured_digest: digest_of(&bound.measured),
            registers: registers(&bound.measured, bound.accepted.as_ref()),
            ek_fingerprint: bound.ek_fingerprint,
            maker: bound.maker,
            bound_at_us: bound.bound_at,
            measured_at_us: bound.measured_at,
            reset_count: bound.clock.reset_count,
            rebooted_at_us: bound.rebooted_at,
            last_good_at_us: bound.good_at,
            accepted_at_us: bound.accepted_at,
            accepted_by_name: bound.accepted_by.and_then(|id| names.get(&id).cloned()),
            accepted_reason: bound.accepted_reason,
            proposed_by_name: bound.proposed_by.and_then(|id| names.get(&id).cloned()),
            proposed_reason: bound.proposed_by.and(bound.proposed_reason),
        });
    }
    Ok(Json(AttestationView { attestation, is_required: standing.is_required, tpm, restrictions }))
}
