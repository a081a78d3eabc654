//! Why nobody is signed in by a provider's word. The person is told what to do; what was wrong exactly concerns the log.

use axum::http::StatusCode;
use shouhu_module::Keyed;
use shouhu_oidc::{OidcRefused, RefusedAs};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("this house asks no identity provider of that name")]
    Unknown,
    #[error("this sign-in was finished, took longer than five minutes, began in another browser or never: begin again")]
    FlowUnknown,
    #[error("the identity provider, or you at it, refused to say who you are")]
    Denied(OidcRefused),
    #[error("the identity provider has proved too little of you for this house, or too long ago: sign in there again, with your card")]
    TooWeak(OidcRefused),
    #[error("what came back is no answer of that provider to this browser: begin again, from the page for signing in")]
    Refused(OidcRefused),
    #[error("the identity provider knows you, and no account here is yours by its word: sign in with your passkey, or ask an operator")]
    Stranger { subject: String },
    #[error("the identity provider cannot be reached or is out of order: sign in with your passkey, or try again later")]
    Unavailable { why: String },
}

impl ProviderError {
    pub fn unavailable(why: &dyn std::fmt::Display) -> Self {
        Self::Unavailable { why: why.to_string() }
    }

    /// For the log. The subject of somebody whom nobody here knows stands in it, so that an operator can link it.
    pub fn told(&self) -> String {
        match self {
            Self::Denied(why) | Self::TooWeak(why) | Self::Refused(why) => why.to_string(),
            Self::Stranger { subject } => format!("nobody here is its subject {subject}"),
            Self::Unavailable { why } => format!("unavailable: {why}"),
            Self::Unknown | Self::FlowUnknown => self.to_string(),
        }
    }
}

impl From<OidcRefused> for ProviderError {
    fn from(refused: OidcRefused) -> Self {
        match refused.kind() {
            RefusedAs::Denied => Self::Denied(refused),
            RefusedAs::Weak => Self::TooWeak(refused),
            RefusedAs::Untrue => Self::Refused(refused),
            RefusedAs::Unavailable => Self::unavailable(&refused),
        }
    }
}

impl Keyed for ProviderError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "identity.provider.unknown",
            Self::FlowUnknown => "identity.provider.flow_unknown",
            Self::Denied(_) => "identity.provider.denied",
            Self::TooWeak(_) => "identity.provider.too_weak",
            Self::Refused(_) => "identity.provider.refused",
            Self::Stranger { .. } => "identity.provider.stranger",
            Self::Unavailable { .. } => "identity.provider.unavailable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::FlowUnknown => StatusCode::GONE,
            Self::Refused(_) => StatusCode::UNAUTHORIZED,
            Self::Denied(_) | Self::TooWeak(_) | Self::Stranger { .. } => StatusCode::FORBIDDEN,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_to_do_and_the_log_what_was_wrong() {
        let error = ProviderError::from(OidcRefused::Nonce);
        assert_eq!((error.key(), error.status().as_u16()), ("identity.provider.refused", 401));
        assert!(error.told().contains("another request") && !error.to_string().contains("another request"));
        assert_eq!(ProviderError::from(OidcRefused::Weak { found: None }).key(), "identity.provider.too_weak");
        assert_eq!(ProviderError::from(OidcRefused::Denied { code: "access_denied".into() }).status().as_u16(), 403);
        assert_eq!(ProviderError::from(OidcRefused::OtherIssuer).status().as_u16(), 503);
        let stranger = ProviderError::Stranger { subject: "P-1".into() };
        assert!(stranger.told().contains("P-1") && !stranger.to_string().contains("P-1"));
    }
}
