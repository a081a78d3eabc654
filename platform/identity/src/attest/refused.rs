//! Why an attestation is not taken, each by its name.

use axum::http::StatusCode;
use shouhu_attest::{CertificateRefused, KeyRefused, QuoteRefused, TurnedBack};
use shouhu_module::Keyed;
use shouhu_wire::RestrictionReason;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttestRefused {
    #[error("{field} is malformed or too long")]
    Malformed { field: &'static str },
    #[error("endorsement certificate refused: {0}")]
    Certificate(#[from] CertificateRefused),
    #[error(transparent)]
    Key(#[from] KeyRefused),
    #[error("this TPM is bound to another device: one TPM is one device")]
    TpmTaken,
    #[error("this device was bound to another TPM: revoke it and register it anew")]
    TpmChanged,
    #[error("nothing was asked, or it was answered or has expired: ask for a nonce first")]
    NothingAsked,
    #[error("the secret is another one: endorsement and attestation key are not in one TPM")]
    Secret,
    #[error("this device has no attested TPM: start an attestation first")]
    NotBound,
    #[error("quote refused: {0}")]
    Quote(#[from] QuoteRefused),
    #[error("not the TPM of before: {0}")]
    TurnedBack(#[from] TurnedBack),
    #[error("another answer of this device was faster: ask for a nonce again")]
    Overtaken,
}

impl AttestRefused {
    /// What it means for the device. `None` for what may be a slip of the network or of the caller.
    pub const fn restricts(&self) -> Option<RestrictionReason> {
        match self {
            Self::Certificate(_) | Self::Key(_) | Self::TpmTaken | Self::TpmChanged | Self::Secret => Some(RestrictionReason::TpmRefused),
            Self::Quote(_) => Some(RestrictionReason::QuoteRefused),
            Self::TurnedBack(_) => Some(RestrictionReason::TurnedBack),
            Self::Malformed { .. } | Self::NothingAsked | Self::NotBound | Self::Overtaken => None,
        }
    }
}

impl Keyed for AttestRefused {
    fn key(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "identity.attest.malformed",
            Self::Certificate(CertificateRefused::Maker(_)) => "identity.attest.maker_unknown",
            Self::Certificate(_) => "identity.attest.certificate_refused",
            Self::Key(_) => "identity.attest.key_refused",
            Self::TpmTaken => "identity.attest.tpm_taken",
            Self::TpmChanged => "identity.attest.tpm_changed",
            Self::NothingAsked => "identity.attest.nothing_asked",
            Self::Secret => "identity.attest.secret_wrong",
            Self::NotBound => "identity.attest.not_bound",
            Self::Quote(QuoteRefused::Nonce) => "identity.attest.nonce_wrong",
            Self::Quote(_) => "identity.attest.quote_refused",
            Self::TurnedBack(_) => "identity.attest.turned_back",
            Self::Overtaken => "identity.attest.overtaken",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::TpmTaken | Self::TpmChanged | Self::NothingAsked | Self::NotBound | Self::Overtaken => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}
