//! What a device with a TPM and the server say to each other, and what an operator sees of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;

/// Registers that are attested, SHA-256: firmware (0–3), secure boot (7), and the agent's own program (16).
pub const ATTESTED_PCRS: [u8; 6] = [0, 1, 2, 3, 7, 16];
/// The register that the agent extends by the hash of its own program when it starts.
pub const AGENT_PCR: u8 = 16;

/// `POST /v1/devices/mine/attestation/start`: a device shows what vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "attestor", rename_all = "snake_case")]
pub enum AttestationStart {
    Tpm2(TpmEvidence),
}

/// A TPM 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TpmEvidence {
    /// Certificate of the endorsement key, DER as base64.
    pub ek_certificate: String,
    /// Authorities between it and the maker's root, DER as base64 each.
    #[serde(default)]
    pub intermediates: Vec<String>,
    /// `TPM2B_PUBLIC` of the attestation key, base64.
    pub ak_public: String,
}

/// What only that TPM can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationChallenge {
    /// `TPM2B_ID_OBJECT`, base64: a secret, sealed for the attestation key.
    pub id_object: String,
    /// `TPM2B_ENCRYPTED_SECRET`, base64: its seed, for the endorsement key.
    pub encrypted_seed: String,
    #[serde(flatten)]
    pub nonce: AttestationNonce,
}

/// `POST /v1/devices/mine/attestation/nonce` answers it: what the next quote must be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationNonce {
    /// 32 bytes, hex; good for one quote.
    pub nonce: String,
    /// Registers of the SHA-256 bank that the quote covers.
    pub pcrs: Vec<u8>,
    pub expires_at_us: Micros,
}

/// `POST /v1/devices/mine/attestation/quote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationQuote {
    /// `TPMS_ATTEST`, base64.
    pub attest: String,
    /// `TPMT_SIGNATURE`, base64.
    pub signature: String,
    /// One value for each register asked for, in their order, hex.
    pub pcr_values: Vec<String>,
}

/// `POST /v1/devices/mine/attestation/finish`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationFinish {
    /// The opened credential, base64.
    pub secret: String,
    pub quote: AttestationQuote,
}

/// How a device stands with its TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attestation {
    /// It has shown no TPM, and none is demanded of its kind.
    Unattested,
    /// Its TPM is known; an operator has yet to accept what it measured first.
    AwaitsAcceptance,
    /// The last quote was in time and in the accepted state.
    Attested,
    /// What it sends is marked, and raises no hit.
    Restricted,
}

/// Why a device is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionReason {
    /// Its kind must attest, and it has no accepted state.
    NotAttested,
    /// It showed a TPM that is another device's, or one that no trusted maker vouches for.
    TpmRefused,
    /// No good quote came in time.
    QuoteLate,
    /// A quote came that is not to be believed: another nonce, signature or set of registers.
    QuoteRefused,
    /// The measured state is not the accepted one.
    StateChanged,
    /// The TPM's counters or clock went back: there are two of it, or an old state was put back.
    TurnedBack,
}

/// A time during which a device is not to be believed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SenderRestriction {
    pub reason: RestrictionReason,
    /// The last good quote before it; what came later is marked.
    pub since_us: Micros,
    /// Absent while it lasts.
    pub until_us: Option<Micros>,
}

impl SenderRestriction {
    /// Whether something of that time falls under it.
    #[must_use]
    pub fn covers(&self, at: Micros) -> bool {
        at > self.since_us && self.until_us.is_none_or(|until| at <= until)
    }
}

/// What a device hears about its quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttestationAnswer {
    pub attestation: Attestation,
    pub reason: Option<RestrictionReason>,
    /// By then the next quote should have come.
    pub next_quote_by_us: Micros,
}
