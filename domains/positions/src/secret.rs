//! What a tracker proves itself with, and where in a request it may stand.
//!
//! A secret has 160 random bits and is kept as its SHA-256 only: a fast hash is enough, there is nothing to guess.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use shouhu_env::Env;

pub type Hash = [u8; 32];

const SECRET_BYTES: usize = 20;
/// Longer texts are not even hashed: nothing that we gave out is that long.
const SECRET_CHARS_MAX: usize = 64;

/// A new secret: 32 letters and digits that can be typed into a phone.
#[must_use]
pub fn fresh(env: &Env) -> String {
    let random = env.random.bytes32();
    BASE32_NOPAD.encode(random.get(..SECRET_BYTES).unwrap_or(&random)).to_lowercase()
}

/// `None` for a text that cannot be one of ours.
#[must_use]
pub fn hash_of(secret: &str) -> Option<Hash> {
    let secret = secret.trim();
    if secret.is_empty() || secret.len() > SECRET_CHARS_MAX {
        return None;
    }
    // Phones like to begin a word with a capital.
    Some(Sha256::digest(secret.to_ascii_lowercase().as_bytes()).into())
}

/// In a time that says nothing about where they differ.
#[must_use]
pub fn is_same(ours: &Hash, theirs: &Hash) -> bool {
    ours.iter().zip(theirs).fold(0, |differs, (ours, theirs)| differs | (ours ^ theirs)) == 0
}

/// The secret in the header `Authorization`: of `Bearer`, or the password of `Basic` (RFC 6750 §2.1, RFC 7617 §2).
#[must_use]
pub fn in_headers(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_secret_is_found_in_each_form_of_the_header() {
        assert_eq!(in_headers(&headers("Bearer abc")).as_deref(), Some("abc"));
        assert_eq!(in_headers(&headers("bearer  abc ")).as_deref(), Some("abc"));
        let basic = format!("Basic {}", STANDARD.encode("jane:a:bc"));
        assert_eq!(in_headers(&headers(&basic)).as_deref(), Some("a:bc"));
        for odd in ["Bearer", "Digest x", "Basic ???", "Basic QUJD"] {
            assert_eq!(in_headers(&headers(odd)), None, "{odd}");
        }
    }

    #[test]
    fn fresh_secrets_differ_and_capitals_do_not_matter() {
        let env = Env::real();
        let (one, other) = (fresh(&env), fresh(&env));
        assert!(one.len() == 32 && one != other);
        assert!(is_same(&hash_of(&one.to_uppercase()).unwrap(), &hash_of(&one).unwrap()));
        assert!(!is_same(&hash_of(&one).unwrap(), &hash_of(&other).unwrap()));
        assert_eq!((hash_of(" "), hash_of(&"a".repeat(65))), (None, None));
    }
}
