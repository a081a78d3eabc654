//! Why a token is refused, and what the transmitter is told.

use crate::set::{AGE_MAX_S, AHEAD_MAX_S, SET_BYTES_MAX};

/// The words that RFC 8935 §2.4 has for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Err8935 {
    InvalidRequest,
    InvalidKey,
    InvalidIssuer,
    InvalidAudience,
}

impl Err8935 {
    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidKey => "invalid_key",
            Self::InvalidIssuer => "invalid_issuer",
            Self::InvalidAudience => "invalid_audience",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetRefused {
    #[error("the token has {bytes} bytes; at most {SET_BYTES_MAX} are read")]
    TooLong { bytes: usize },
    #[error("the token is no compact JWS: three parts of base64url with dots between them, the first two of JSON objects")]
    Form,
    #[error("the token's typ is not secevent+jwt")]
    Type,
    #[error("the token's alg is not ES256, the only one that is taken here")]
    Algorithm,
    #[error("the token's header has crit: nothing beyond RFC 7515 is understood here")]
    Critical,
    #[error("the token is signed by a key that is not pinned here for this transmitter; without kid there must be one only")]
    UnknownKey,
    #[error("the token is not signed by the key that it names")]
    Signature,
    #[error("the claim {0} is missing or not of its form")]
    Claim(&'static str),
    /// SSF 1.0 §4.1.2 and §4.1.7: so that no event passes for an access token, or the other way round.
    #[error("the claim {0} is in no token of shared signals")]
    Foreign(&'static str),
    #[error("the token is by another issuer than this stream's")]
    Issuer,
    #[error("the token is not for this house")]
    Audience,
    #[error("the token was issued more than {AHEAD_MAX_S} s from now: one of the clocks is wrong")]
    Ahead,
    #[error("the token was issued more than {AGE_MAX_S} s ago")]
    Old,
    #[error("the token has {found} events; one is taken")]
    Events { found: usize },
}

impl SetRefused {
    #[must_use]
    pub const fn err(&self) -> Err8935 {
        match self {
            Self::UnknownKey | Self::Signature | Self::Algorithm => Err8935::InvalidKey,
            Self::Issuer => Err8935::InvalidIssuer,
            Self::Audience => Err8935::InvalidAudience,
            _ => Err8935::InvalidRequest,
        }
    }
}
