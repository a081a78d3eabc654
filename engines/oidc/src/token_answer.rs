//! What the token endpoint answers to a code.

use serde::Deserialize;

use crate::DOCUMENT_BYTES_MAX;
use crate::refused::OidcRefused;
use crate::returned::word_of;

const WHAT: &str = "the answer of the token endpoint";

/// The access token beside it is not even read: this house asks the provider for nothing in anybody's name.
#[derive(Deserialize)]
struct Good {
    id_token: String,
}

#[derive(Deserialize)]
struct Bad {
    error: String,
}

/// The ID token, unread.
///
/// # Errors
/// `Code` when the provider does not take the code, else that it answered something else.
pub fn id_token_of(status: u16, body: &[u8]) -> Result<String, OidcRefused> {
    if body.len() > DOCUMENT_BYTES_MAX {
        return Err(OidcRefused::TooLong { what: WHAT, bytes: body.len(), most: DOCUMENT_BYTES_MAX });
    }
    if status == 200 {
        let good: Good = serde_json::from_slice(body).map_err(|_| OidcRefused::Form(WHAT))?;
        return Ok(good.id_token);
    }
    let said = serde_json::from_slice(body).map(|bad: Bad| bad.error).unwrap_or_default();
    if status == 400 && said == "invalid_grant" {
        return Err(OidcRefused::Code);
    }
    Err(OidcRefused::Answered { status, code: word_of(&said) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_answer_has_a_token_and_a_used_code_is_told_apart_from_a_provider_that_is_out_of_order() {
        assert_eq!(id_token_of(200, br#"{"id_token":"a.b.c","access_token":"x","token_type":"Bearer"}"#), Ok("a.b.c".into()));
        assert_eq!(id_token_of(200, br#"{"access_token":"x"}"#), Err(OidcRefused::Form(WHAT)));
        assert_eq!(id_token_of(200, b"<html>"), Err(OidcRefused::Form(WHAT)));
        assert_eq!(id_token_of(400, br#"{"error":"invalid_grant"}"#), Err(OidcRefused::Code));
        let client = OidcRefused::Answered { status: 401, code: "invalid_client".into() };
        assert_eq!(id_token_of(401, br#"{"error":"invalid_client","error_description":"x"}"#), Err(client));
        assert!(matches!(id_token_of(503, b"<html>"), Err(OidcRefused::Answered { status: 503, .. })));
        assert!(matches!(id_token_of(200, &vec![b' '; DOCUMENT_BYTES_MAX + 1]), Err(OidcRefused::TooLong { .. })));
    }
}
