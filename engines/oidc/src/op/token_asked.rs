//! What a tool asks for with its code (RFC 6749 §4.1.3), and how it proves itself (§2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::params::{Params, decoded};
use crate::request::challenge_of;

/// Of RFC 7636 §4.1.
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;

/// The words of RFC 6749 §5.2, each with what is wrong for who keeps the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("{0}")]
    InvalidClient(&'static str),
    #[error("{0}")]
    InvalidGrant(&'static str),
    #[error("grant_type is authorization_code: nothing else is given here")]
    UnsupportedGrantType,
}

impl TokenRefused {
    /// As on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient(_) => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

/// How a client proves itself. Not to be shown: it holds the secret.
pub enum ClientProof {
    /// `client_secret_basic`.
    Secret { client_id: String, secret: String },
    /// It has none, and says who it is: what counts is the verifier of its code.
    Public { client_id: String },
}

impl ClientProof {
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::Secret { client_id, .. } | Self::Public { client_id } => client_id,
        }
    }
}

/// A request in good order. Not to be shown.
pub struct TokenAsked {
    pub client: ClientProof,
    pub code: String,
    pub redirect_uri: String,
    pub verifier: String,
}

/// Compares without telling by its time where two texts of one length differ.
#[must_use]
pub fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0_u8, |differing, (a, b)| differing | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differing) == 0
}

/// Whether this is the verifier of that challenge, S256.
#[must_use]
pub fn is_verifier_of(verifier: &str, challenge: &str) -> bool {
    let is_verifier =
        VERIFIER_CHARS.contains(&verifier.len()) && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'));
    is_verifier && same_bytes(challenge_of(verifier).as_bytes(), challenge.as_bytes())
}

/// Client and secret of `Basic …`; both were escaped before they were joined.
fn basic_of(header: &str) -> Option<(String, String)> {
    let (scheme, joined) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = STANDARD.decode(joined.trim()).ok()?;
    let at = joined.iter().position(|byte| *byte == b':')?;
    let (client_id, secret) = joined.split_at_checked(at)?;
    decoded(client_id).zip(decoded(secret.strip_prefix(b":")?))
}

fn client_of(authorization: Option<&str>, form: &Params) -> Result<ClientProof, TokenRefused> {
    use TokenRefused::{InvalidClient, InvalidRequest};
    let has_secret = form.get("client_secret").is_some() || form.get("client_assertion").is_some();
    let Some(header) = authorization else {
        if has_secret {
            return Err(InvalidClient("a tool proves itself by client_secret_basic, in the header Authorization"));
        }
        let client_id = form.get("client_id").ok_or(InvalidClient("the request does not say from which tool it comes"))?;
        return Ok(ClientProof::Public { client_id: client_id.to_owned() });
    };
    if has_secret {
        return Err(InvalidRequest("a tool proves itself once, in the header Authorization alone"));
    }
    let (client_id, secret) = basic_of(header).ok_or(InvalidClient("the header Authorization is Basic, with id and secret of the tool"))?;
    if form.get("client_id").is_some_and(|said| said != client_id) {
        return Err(InvalidClient("the form names another tool than the header"));
    }
    Ok(ClientProof::Secret { client_id, secret })
}

/// Reads a request to the token endpoint; whether any of it is true is not asked here.
///
/// # Errors
/// What is wrong with its form.
pub fn token_asked(authorization: Option<&str>, body: &[u8]) -> Result<TokenAsked, TokenRefused> {
    use TokenRefused::InvalidRequest;
    let form = Params::parse(body).map_err(|_| InvalidRequest("the body is no form that can be read"))?;
    if form.has_repeats() {
        return Err(InvalidRequest("a parameter stands in the form more than once"));
    }
    let client = client_of(authorization, &form)?;
    match form.get("grant_type") {
        Some("authorization_code") => {}
        None => return Err(InvalidRequest("grant_type is missing")),
        Some(_) => return Err(TokenRefused::UnsupportedGrantType),
    }
    let needed = |name: &str, missing: &'static str| form.get(name).map(ToOwned::to_owned).ok_or(InvalidRequest(missing));
    Ok(TokenAsked {
        client,
        code: needed("code", "code is missing")?,
        redirect_uri: needed("redirect_uri", "redirect_uri is missing")?,
        verifier: needed("code_verifier", "code_verifier is missing: PKCE is asked of every tool")?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{basic_credentials, token_form};

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn refused(authorization: Option<&str>, body: &str) -> Option<&'static str> {
        token_asked(authorization, body.as_bytes()).err().map(TokenRefused::code)
    }

    #[test]
    fn what_our_own_relying_party_sends_is_read() {
        let (basic, form) = (basic_credentials("a:b", "c% +"), token_form("c/1", "https://t/?x=1", VERIFIER));
        let asked = token_asked(Some(&basic), form.as_bytes()).ok().unwrap();
        assert_eq!((asked.code.as_str(), asked.redirect_uri.as_str(), asked.verifier.as_str()), ("c/1", "https://t/?x=1", VERIFIER));
        let ClientProof::Secret { client_id, secret } = asked.client else { panic!("it has a secret") };
        assert_eq!((client_id.as_str(), secret.as_str()), ("a:b", "c% +"));
        let public = token_asked(None, format!("{form}&client_id=cli").as_bytes()).ok().unwrap();
        assert!(matches!(public.client, ClientProof::Public { .. }) && public.client.client_id() == "cli");
    }

    #[test]
    fn what_lacks_something_or_says_it_twice_is_refused_in_the_words_of_the_standard() {
        let (basic, form) = (basic_credentials("a", "b"), token_form("c", "https://t/", VERIFIER));
        let with_basic = |body: &str| refused(Some(&basic), body);
        assert_eq!(with_basic(&form), None);
        for name in ["grant_type", "code=", "redirect_uri", "code_verifier"] {
            let without: Vec<&str> = form.split('&').filter(|pair| !pair.starts_with(name)).collect();
            assert_eq!(with_basic(&without.join("&")), Some("invalid_request"), "{name}");
        }
        assert_eq!(with_basic(&form.replace("authorization_code", "client_credentials")), Some("unsupported_grant_type"));
        assert_eq!(with_basic(&format!("{form}&code=d")), Some("invalid_request"));
        assert_eq!(with_basic(&format!("{form}&client_secret=b")), Some("invalid_request"));
        assert_eq!(with_basic(&format!("{form}&client_id=a")), None);
        assert_eq!(with_basic(&format!("{form}&client_id=other")), Some("invalid_client"));
        assert_eq!(refused(None, &format!("{form}&client_id=a&client_secret=b")), Some("invalid_client"));
        assert_eq!(refused(None, &form), Some("invalid_client"));
        assert_eq!(with_basic("a=%zz"), Some("invalid_request"));
        for header in ["", "Basic", "Basic !", "Bearer YTpi", "Basic YQ==", "Basic /w=="] {
            assert_eq!(refused(Some(header), &form), Some("invalid_client"), "{header}");
        }
    }

    #[test]
    fn a_verifier_is_known_by_its_challenge_and_one_that_is_none_has_no_challenge() {
        assert!(is_verifier_of(VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!is_verifier_of(VERIFIER, VERIFIER) && !is_verifier_of("", &challenge_of("")) && !is_verifier_of("short", &challenge_of("short")));
        let strange = format!("{}+", "a".repeat(43));
        assert!(!is_verifier_of(&strange, &challenge_of(&strange)));
        assert!(same_bytes(b"", b"") && same_bytes(b"ab", b"ab") && !same_bytes(b"ab", b"ac") && !same_bytes(b"ab", b"a") && !same_bytes(b"", b"a"));
    }

    proptest! {
        #[test]
        fn any_request_is_read_or_refused(header in any::<Option<String>>(), body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = token_asked(header.as_deref(), &body);
        }

        #[test]
        fn two_texts_are_the_same_when_they_are(one in any::<Vec<u8>>(), other in any::<Vec<u8>>()) {
            prop_assert_eq!(same_bytes(&one, &other), one == other);
        }
    }
}
