//! Where a provider is asked (OpenID Connect Discovery 1.0).

use serde::{Deserialize, Serialize};

use crate::DOCUMENT_BYTES_MAX;
use crate::refused::OidcRefused;

const WHAT: &str = "the discovery document";

/// What is used of a provider's own description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    /// Its answers say from whom they come (RFC 9207): one that does not is another's.
    pub sends_iss: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Where the document of an issuer lies (§4.1).
#[must_use]
pub fn well_known(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// What is not said is not known; what is said must allow it.
fn offers(said: Option<&[String]>, wanted: &'static str) -> Result<(), OidcRefused> {
    let is_offered = said.is_none_or(|said| said.iter().any(|one| one == wanted));
    if is_offered { Ok(()) } else { Err(OidcRefused::Unsupported(wanted)) }
}

impl Metadata {
    /// # Errors
    /// When it is no description of this very issuer, or of one that cannot do what is needed.
    pub fn parse(document: &[u8], issuer: &str) -> Result<Self, OidcRefused> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(OidcRefused::TooLong { what: WHAT, bytes: document.len(), most: DOCUMENT_BYTES_MAX });
        }
        let document: Document = serde_json::from_slice(document).map_err(|_| OidcRefused::Form(WHAT))?;
        // Letter by letter (§4.3): who answers for another issuer would make this house send a code to the wrong place.
        if document.issuer != issuer {
            return Err(OidcRefused::OtherIssuer);
        }
        offers(Some(&document.response_types_supported), "code")?;
        offers(document.code_challenge_methods_supported.as_deref(), "S256")?;
        offers(document.token_endpoint_auth_methods_supported.as_deref(), "client_secret_basic")?;
        Ok(Self {
            authorization_endpoint: document.authorization_endpoint,
            token_endpoint: document.token_endpoint,
            jwks_uri: document.jwks_uri,
            sends_iss: document.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://idp.example/realm";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://idp.example/keys",
            "response_types_supported": ["code", "id_token"],
        })
    }

    fn refused(name: &str, value: Value) -> Option<OidcRefused> {
        let mut document = document();
        document[name] = value;
        Metadata::parse(document.to_string().as_bytes(), ISSUER).err()
    }

    #[test]
    fn a_document_is_taken_of_its_own_issuer_only() {
        let read = Metadata::parse(document().to_string().as_bytes(), ISSUER).unwrap();
        assert_eq!((read.token_endpoint.as_str(), read.sends_iss), ("https://idp.example/token", false));
        for other in ["https://idp.example/realm/", "https://idp.example", "https://IDP.example/realm", ""] {
            assert_eq!(refused("issuer", json!(other)), Some(OidcRefused::OtherIssuer), "{other}");
        }
        assert_eq!(well_known(ISSUER), "https://idp.example/realm/.well-known/openid-configuration");
        assert_eq!(well_known("https://idp.example/"), "https://idp.example/.well-known/openid-configuration");
    }

    #[test]
    fn a_provider_that_says_it_cannot_do_what_is_needed_is_refused_and_one_that_says_nothing_is_not() {
        assert_eq!(refused("response_types_supported", json!(["id_token"])), Some(OidcRefused::Unsupported("code")));
        assert_eq!(refused("code_challenge_methods_supported", json!(["plain"])), Some(OidcRefused::Unsupported("S256")));
        assert_eq!(refused("code_challenge_methods_supported", json!(["plain", "S256"])), None);
        assert_eq!(refused("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])), Some(OidcRefused::Unsupported("client_secret_basic")));
        assert_eq!(refused("jwks_uri", Value::Null), Some(OidcRefused::Form(WHAT)));
        let long = vec![b' '; DOCUMENT_BYTES_MAX + 1];
        assert!(matches!(Metadata::parse(&long, ISSUER), Err(OidcRefused::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn any_document_is_read_or_refused(text in any::<String>()) {
            prop_assert!(Metadata::parse(text.as_bytes(), ISSUER).is_err());
        }
    }
}
