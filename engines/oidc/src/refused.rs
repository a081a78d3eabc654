//! Why an answer of a provider is not taken, and what that means for who waits.

use crate::id_token::{AHEAD_MAX_S, ISSUED_AGO_MAX_S};

/// What a person can do about it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedAs {
    /// The provider, or the person at it, has said no.
    Denied,
    /// The provider has proved too little, or too long ago.
    Weak,
    /// What came is not what was asked for, or not by whom: somebody's mistake, or an attack.
    Untrue,
    /// The provider cannot be spoken with as it stands.
    Unavailable,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcRefused {
    #[error("{what} has {bytes} bytes; at most {most} are read")]
    TooLong { what: &'static str, bytes: usize, most: usize },
    #[error("{0} is not the JSON that is wanted")]
    Form(&'static str),
    #[error("the discovery document is another issuer's than the one whose it should be")]
    OtherIssuer,
    #[error("the provider does not offer {0}, without which nobody signs in here")]
    Unsupported(&'static str),
    #[error("the provider publishes no key that can be used here: P-256, or RSA of 2048 to 4096 bits")]
    NoKey,
    #[error("the provider's token endpoint answered {status} {code}")]
    Answered { status: u16, code: String },
    #[error("this is no answer to what was asked from this browser")]
    State,
    #[error("the answer comes from another provider than was asked, or does not say from which")]
    Mixed,
    #[error("the answer has neither a code nor an error")]
    Empty,
    #[error("the provider said {code}")]
    Denied { code: String },
    #[error("the provider does not take the code: it was used, is too old, or is another's")]
    Code,
    #[error("the token is no compact JWS: three parts of base64url with dots between them, the first two of JSON objects")]
    Token,
    #[error("the token's typ says that it is no ID token")]
    Type,
    #[error("the token's alg is none that is taken of this provider")]
    Algorithm,
    #[error("the token's header has crit: nothing beyond RFC 7515 is understood here")]
    Critical,
    #[error("the token is signed by a key that this provider does not have, or that does not fit its alg")]
    UnknownKey,
    #[error("the token is not signed by the key that it names")]
    Signature,
    #[error("the claim {0} is missing or not of its form")]
    Claim(&'static str),
    #[error("the token is by another issuer")]
    Issuer,
    #[error("the token is not for this house, or also for others without saying that it was asked for by this one")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token was issued more than {ISSUED_AGO_MAX_S} s ago")]
    Old,
    #[error("the token is of a time more than {AHEAD_MAX_S} s from now: one of the clocks is wrong")]
    Ahead,
    #[error("the token answers another request")]
    Nonce,
    #[error("the provider says acr {found:?}, which is not enough here")]
    Weak { found: Option<String> },
    #[error("the person proved himself to the provider {ago_s} s ago; at most {most_s} s are taken")]
    LongAgo { ago_s: i64, most_s: i64 },
}

impl OidcRefused {
    #[must_use]
    pub const fn kind(&self) -> RefusedAs {
        match self {
            Self::Denied { .. } => RefusedAs::Denied,
            Self::Weak { .. } | Self::LongAgo { .. } => RefusedAs::Weak,
            Self::TooLong { .. } | Self::Form(_) | Self::OtherIssuer | Self::Unsupported(_) | Self::NoKey | Self::Answered { .. } => RefusedAs::Unavailable,
            _ => RefusedAs::Untrue,
        }
    }
}
