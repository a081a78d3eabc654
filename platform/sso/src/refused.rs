//! Why a tool's request is answered on our own page, or its code or token is not taken.

use axum::http::StatusCode;
use shouhu_module::Keyed;
use shouhu_oidc::op::{DestinationRefused, ParamsRefused, TokenRefused};

/// What the person reads: nothing of it is told to whoever has made the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error(transparent)]
    Unreadable(#[from] ParamsRefused),
    #[error("{0}: begin again at the tool, and tell its keeper if it happens again")]
    Nowhere(#[from] DestinationRefused),
}

impl Keyed for RequestError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "sso.request.unreadable",
            Self::Nowhere(DestinationRefused::NoClient | DestinationRefused::UnknownClient) => "sso.request.unknown_tool",
            Self::Nowhere(DestinationRefused::NoAddress | DestinationRefused::OtherAddress) => "sso.request.other_address",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

/// Another tab has signed somebody else in: whom the page names is not who would say yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody else is signed in here than the page shows: load it again")]
pub struct OtherPerson;

impl Keyed for OtherPerson {
    fn key(&self) -> &'static str {
        "sso.authorization.other_person"
    }

    fn status(&self) -> StatusCode {
        StatusCode::CONFLICT
    }
}

/// What the token endpoint answers, by the words of RFC 6749 §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct TokenError(#[from] pub TokenRefused);

impl Keyed for TokenError {
    fn key(&self) -> &'static str {
        match self.0 {
            TokenRefused::InvalidRequest(_) => "sso.token.invalid_request",
            TokenRefused::InvalidClient(_) => "sso.token.invalid_client",
            TokenRefused::InvalidGrant(_) => "sso.token.invalid_grant",
            TokenRefused::UnsupportedGrantType => "sso.token.unsupported_grant_type",
        }
    }

    fn status(&self) -> StatusCode {
        match self.0 {
            TokenRefused::InvalidClient(_) => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// One answer for every cause: which it is concerns the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this access token opens nothing: it is over, was taken back, or never was one")]
pub struct UserInfoError;

impl Keyed for UserInfoError {
    fn key(&self) -> &'static str {
        "sso.userinfo.invalid_token"
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_standard_is_the_end_of_our_key() {
        let all = [TokenRefused::InvalidRequest(""), TokenRefused::InvalidClient(""), TokenRefused::InvalidGrant(""), TokenRefused::UnsupportedGrantType];
        for refused in all {
            let error = TokenError(refused);
            assert_eq!(error.key().rsplit('.').next(), Some(refused.code()));
            assert_eq!(error.status() == StatusCode::UNAUTHORIZED, refused.code() == "invalid_client");
        }
    }
}
