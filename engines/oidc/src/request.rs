//! What a provider is asked: by the browser, and by this house with the code that came back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2_11::{Digest, Sha256};

/// The browser is sent to the provider with it.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    pub client_id: &'a str,
    /// As the provider has it on its list, letter by letter.
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    /// Of the verifier ([`challenge_of`]).
    pub challenge: &'a str,
    /// The levels that will do, the best liked first.
    pub acr: &'a [String],
    /// Who proved himself to the provider longer ago does so again.
    pub max_age_s: i64,
}

/// RFC 7636, S256.
#[must_use]
pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Everything but the unreserved characters of RFC 3986: right in a query, and in a form.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

pub(crate) fn joined(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

/// The address to which the browser goes. An endpoint may have a query of its own (RFC 6749 §3.1).
#[must_use]
pub fn authorization_url(endpoint: &str, request: &AuthorizationRequest<'_>) -> String {
    let (acr, max_age) = (request.acr.join(" "), request.max_age_s.to_string());
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", request.client_id),
        ("redirect_uri", request.redirect_uri),
        // Nothing but who it is: no name, no address.
        ("scope", "openid"),
        ("state", request.state),
        ("nonce", request.nonce),
        ("code_challenge", request.challenge),
        ("code_challenge_method", "S256"),
        ("max_age", max_age.as_str()),
    ];
    if !acr.is_empty() {
        pairs.push(("acr_values", acr.as_str()));
    }
    let mark = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{mark}{}", joined(&pairs))
}

/// The body for the token endpoint.
#[must_use]
pub fn token_form(code: &str, redirect_uri: &str, verifier: &str) -> String {
    joined(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)])
}

/// The header `Authorization` of this client (RFC 6749 §2.3.1, which escapes both before it joins them).
#[must_use]
pub fn basic_credentials(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", escaped(client_id), escaped(secret))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_rfc_7636_has_its_challenge() {
        assert_eq!(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn an_address_says_each_thing_once_and_nothing_breaks_out_of_its_value() {
        let acr = ["urn:gov:high".to_owned(), "a&b=c".to_owned()];
        let request = AuthorizationRequest {
            client_id: "shou hu&x=1",
            redirect_uri: "https://house.example/sign-in/provider",
            state: "s#1",
            nonce: "n",
            challenge: "c",
            acr: &acr,
            max_age_s: 300,
        };
        let url = authorization_url("https://idp.example/authorize", &request);
        assert_eq!(
            url,
            "https://idp.example/authorize?response_type=code&client_id=shou%20hu%26x%3D1&redirect_uri=https%3A%2F%2Fhouse.example%2Fsign-in%2Fprovider\
             &scope=openid&state=s%231&nonce=n&code_challenge=c&code_challenge_method=S256&max_age=300&acr_values=urn%3Agov%3Ahigh%20a%26b%3Dc"
        );
        let plain = authorization_url("https://idp.example/authorize?tenant=1", &AuthorizationRequest { acr: &[], ..request });
        assert!(plain.starts_with("https://idp.example/authorize?tenant=1&response_type=code&") && !plain.contains("acr_values"), "{plain}");
    }

    #[test]
    fn a_code_is_sent_with_its_verifier_and_the_secret_beside_it() {
        assert_eq!(token_form("a/b", "https://h/", "v"), "grant_type=authorization_code&code=a%2Fb&redirect_uri=https%3A%2F%2Fh%2F&code_verifier=v");
        // "a%3Ab:c%25"
        assert_eq!(basic_credentials("a:b", "c%"), "Basic YSUzQWI6YyUyNQ==");
    }

    proptest! {
        #[test]
        fn whatever_a_value_holds_it_stays_a_value(text in any::<String>()) {
            let form = token_form(&text, "r", "v");
            prop_assert_eq!(form.matches('&').count(), 3);
            prop_assert!(form.bytes().all(|byte| byte.is_ascii_graphic()) && !form.contains(['#', '+', '"', ' ']));
        }
    }
}
