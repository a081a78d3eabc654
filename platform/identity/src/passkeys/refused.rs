//! Why a key is not taken. Whoever holds it is told what would be.

use axum::http::StatusCode;
use shouhu_module::Keyed;
use webauthn_rs::prelude::WebauthnError;

use super::settings::PasskeySettings;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    #[error("the passkey was refused: {reason}")]
    Ceremony { reason: String },
    #[error("nothing proves which authenticator made this key: make it on one of these: {models}")]
    Unattested { models: String },
    #[error("this authenticator is of no model that is taken for your role: use one of these: {models}")]
    Model { models: String },
    #[error("the proof of this authenticator's maker does not hold ({reason}): use one of these: {models}")]
    Unproved { reason: String, models: String },
    #[error("this key may be shared among devices, which your role's may not: make it on a key or a device that keeps it to itself{}", those(.models))]
    Synced { models: String },
    /// Which keys will do depends on what is asked of the role; the page behind the invitation says it.
    #[error("this key is older than the rule about keys of your role, and its time is over: have yourself invited anew")]
    Over,
}

/// The models that would do, where the house has named some.
fn those(models: &str) -> String {
    if models.is_empty() { String::new() } else { format!(": {models}") }
}

fn named(settings: &PasskeySettings) -> String {
    settings.names().join(", ")
}

impl KeyRefused {
    pub fn synced(settings: &PasskeySettings) -> Self {
        Self::Synced { models: named(settings) }
    }

    pub fn model(settings: &PasskeySettings) -> Self {
        Self::Model { models: named(settings) }
    }

    /// For the log, which knows the models from the file.
    pub fn told(&self) -> String {
        match self {
            Self::Ceremony { reason } => reason.clone(),
            Self::Unattested { .. } => "nothing proves its model".to_owned(),
            Self::Model { .. } => "its model is not taken".to_owned(),
            Self::Unproved { reason, .. } => format!("its maker's proof does not hold: {reason}"),
            Self::Synced { .. } => "it may be shared among devices".to_owned(),
            Self::Over => "it is older than the rule, whose day has come".to_owned(),
        }
    }

    /// What the library has found wrong with a key that had to prove its model. Whatever a statement can be refused for, in whichever form, names the
    /// models that would do: to try again with the same key never helps. What is wrong beside that (challenge, origin, a touch that verified nobody) is
    /// wrong with any key.
    pub fn of_attested(error: &WebauthnError, settings: &PasskeySettings) -> Self {
        let (models, reason) = (named(settings), error.to_string());
        match error {
            WebauthnError::AttestationChainNotTrusted(why) => Self::Unproved { reason: format!("{reason}: {why:?}"), models },
            // No statement, or one that the key has signed itself.
            WebauthnError::AttestationNotVerifiable => Self::Unattested { models },
            WebauthnError::AttestationUntrustedAaguid | WebauthnError::AttestationFormatMissingAaguid => Self::Model { models },
            WebauthnError::CredentialMayNotBeHardwareBound => Self::Synced { models },
            WebauthnError::AttestationNotSupported
            | WebauthnError::AttestationStatementMapInvalid
            | WebauthnError::AttestationStatementSigMissing
            | WebauthnError::AttestationStatementSigInvalid
            | WebauthnError::AttestationStatementX5CMissing
            | WebauthnError::AttestationStatementX5CInvalid
            | WebauthnError::AttestationStatementAlgMissing
            | WebauthnError::AttestationStatementAlgInvalid
            | WebauthnError::AttestationStatementAlgMismatch
            | WebauthnError::AttestationCertificateAAGUIDMismatch
            | WebauthnError::AttestationCertificateRequirementsNotMet
            | WebauthnError::AttestationLeafCertMissing
            | WebauthnError::AttestationTrustFailure
            | WebauthnError::AttestationStatementVerMissing
            | WebauthnError::AttestationStatementVerInvalid
            | WebauthnError::AttestationStatementVerUnsupported
            | WebauthnError::AttestationStatementResponseMissing
            | WebauthnError::AttestationStatementResponseInvalid
            | WebauthnError::AttestationStatementCertInfoMissing
            | WebauthnError::AttestationStatementPubAreaMissing
            | WebauthnError::AttestationStatementMissingExtension
            | WebauthnError::AttestationCertificateNonceMismatch
            | WebauthnError::AttestationCredentialSubjectKeyMismatch
            | WebauthnError::AttestationTpmStInvalid
            | WebauthnError::AttestationTpmPubAreaMismatch
            | WebauthnError::AttestationTpmExtraDataInvalid
            | WebauthnError::AttestationTpmExtraDataMismatch
            | WebauthnError::AttestationTpmPubAreaHashUnknown
            | WebauthnError::AttestationTpmPubAreaHashInvalid
            | WebauthnError::AttestationTpmAttestCertifyInvalid
            | WebauthnError::CertificatePublicKeyAlgorthimMismatch
            // A TPM's structures that cannot be read, and its hashes: the library computes none of them, so that every TPM ends here (ADR 0028).
            | WebauthnError::ParseNOMFailure
            | WebauthnError::CredentialInsecureCryptography
            | WebauthnError::COSEKeyInvalidType
            | WebauthnError::COSEKeyInvalidAlgorithm
            | WebauthnError::X509DerInvalid => Self::Unproved { reason, models },
            _ => Self::Ceremony { reason },
        }
    }
}

impl Keyed for KeyRefused {
    fn key(&self) -> &'static str {
        match self {
            Self::Ceremony { .. } => "identity.enrol.refused",
            Self::Unattested { .. } => "identity.passkey.unattested",
            Self::Model { .. } => "identity.passkey.model",
            Self::Unproved { .. } => "identity.passkey.unproved",
            Self::Synced { .. } => "identity.passkey.synced",
            Self::Over => "identity.passkey.over",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            // It is known whose it is; it opens nothing.
            Self::Over => StatusCode::FORBIDDEN,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Ceremony { .. } | Self::Over => Vec::new(),
            Self::Unattested { models } | Self::Model { models } | Self::Unproved { models, .. } | Self::Synced { models } => {
                vec![("models", if models.is_empty() { "—".to_owned() } else { models.clone() })]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_holds_the_key_reads_what_would_do_and_the_log_what_was_wrong() {
        let settings = PasskeySettings::default();
        let refused = KeyRefused::of_attested(&WebauthnError::AttestationStatementSigInvalid, &settings);
        assert_eq!((refused.key(), refused.status().as_u16()), ("identity.passkey.unproved", 422));
        assert!(refused.told().contains("signature"), "{}", refused.told());
        assert_eq!(refused.params(), [("models", "—".to_owned())]);
        let ordinary = KeyRefused::of_attested(&WebauthnError::MismatchedChallenge, &settings);
        assert_eq!((ordinary.key(), ordinary.params().len()), ("identity.enrol.refused", 0));
        assert!(KeyRefused::Over.to_string().ends_with("invited anew") && KeyRefused::Over.params().is_empty());
    }

    #[test]
    fn a_tpm_whose_proof_fails_is_told_which_models_would_do_and_not_to_try_again() {
        let settings = PasskeySettings::default();
        for error in [
            WebauthnError::AttestationStatementVerMissing,
            WebauthnError::AttestationStatementCertInfoMissing,
            WebauthnError::AttestationStatementPubAreaMissing,
            WebauthnError::AttestationTpmStInvalid,
            WebauthnError::AttestationTpmPubAreaMismatch,
            WebauthnError::AttestationTpmExtraDataInvalid,
            WebauthnError::AttestationTpmExtraDataMismatch,
            WebauthnError::AttestationTpmPubAreaHashUnknown,
            WebauthnError::AttestationTpmPubAreaHashInvalid,
            WebauthnError::AttestationTpmAttestCertifyInvalid,
            // SHA-1, and any other hash.
            WebauthnError::CredentialInsecureCryptography,
            WebauthnError::COSEKeyInvalidType,
        ] {
            let refused = KeyRefused::of_attested(&error, &settings);
            assert_eq!((refused.key(), refused.params().len()), ("identity.passkey.unproved", 1), "{error}");
            assert!(refused.told().contains(&error.to_string()), "{error}");
        }
    }
}
