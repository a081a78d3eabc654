//! How a browser proves with each request that the session's key is its own, so that server and page cannot disagree.
//!
//! After DPoP (RFC 9449), fitted to a cookie: what is signed is the request and a number that the server gave out, not a token.

use sha2::{Digest, Sha256};

/// A [`Proof`] as text.
pub const PROOF_HEADER: &str = "shouhu-proof";
/// As [`PROOF_HEADER`], at the end of the query of a GET: a stream and a download send no headers. It is no part of what is signed.
pub const PROOF_PARAMETER: &str = "proof";
/// Tells the nonce for the next proofs. It stands in answers to a proof with another one.
pub const NONCE_HEADER: &str = "shouhu-nonce";
/// In the place of the body's hash where there is no body.
const NO_BODY: &str = "-";
/// Nonces, ids and hashes are base64url without padding; a P-256 signature has 86 characters of it.
const PART_CHARS_MAX: usize = 86;

/// What stands in [`PROOF_HEADER`]: nonce, id, hash of the body, signature, with dots between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof<'a> {
    /// As the server told it last.
    pub nonce: &'a str,
    /// Chosen by the browser, another for each request.
    pub id: &'a str,
    /// SHA-256 of the body; `-` for none.
    pub body: &'a str,
    /// ECDSA on P-256 with SHA-256 over [`proof_text`]: r and s, 64 bytes, as WebCrypto gives them.
    pub signature: &'a str,
}

impl<'a> Proof<'a> {
    /// `None` when the text has no such four parts.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('.');
        let (nonce, id, body, signature) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_part = |part: &str| !part.is_empty() && part.len() <= PART_CHARS_MAX && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let is_whole = parts.next().is_none() && [nonce, id, body, signature].into_iter().all(is_part);
        is_whole.then_some(Self { nonce, id, body, signature })
    }

    /// Whether it was made for that body.
    #[must_use]
    pub fn is_about(&self, body: &[u8]) -> bool {
        self.body == body_hash(body)
    }
}

/// The text that is signed: a domain tag, nonce, id, method, path with query (without the proof itself), and hash of the body, a line each.
#[must_use]
pub fn proof_text(nonce: &str, id: &str, method: &str, path_and_query: &str, body_hash: &str) -> String {
    format!("shouhu-proof-v1\n{nonce}\n{id}\n{method}\n{path_and_query}\n{body_hash}")
}

/// SHA-256, base64url; `-` of nothing.
#[must_use]
pub fn body_hash(body: &[u8]) -> String {
    if body.is_empty() { NO_BODY.to_owned() } else { base64url(&Sha256::digest(body)) }
}

/// Path and query without the proof that may end it, and the proof.
#[must_use]
pub fn without_proof(path_and_query: &str) -> (&str, Option<&str>) {
    let Some((before, last)) = path_and_query.rsplit_once(['?', '&']) else { return (path_and_query, None) };
    match last.split_once('=') {
        Some((name, proof)) if name == PROOF_PARAMETER => (before, Some(proof)),
        _ => (path_and_query, None),
    }
}

/// Six bits are a character; this crate has no other use for base64.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 1);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        (bits, held) = (((bits << 8) | u32::from(*byte)) & 0xffff, held + 8);
        while held >= 6 {
            held -= 6;
            let at = usize::try_from((bits >> held) & 63).unwrap_or(0);
            text.push(char::from(ALPHABET.get(at).copied().unwrap_or(b'A')));
        }
    }
    if held > 0 {
        let at = usize::try_from((bits << (6 - held)) & 63).unwrap_or(0);
        text.push(char::from(ALPHABET.get(at).copied().unwrap_or(b'A')));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_part_of_a_request_changes_what_is_signed() {
        let base = proof_text("n", "i", "POST", "/v1/hits", &body_hash(b"{}"));
        for other in [
            proof_text("m", "i", "POST", "/v1/hits", &body_hash(b"{}")),
            proof_text("n", "j", "POST", "/v1/hits", &body_hash(b"{}")),
            proof_text("n", "i", "GET", "/v1/hits", &body_hash(b"{}")),
            proof_text("n", "i", "POST", "/v1/hits?x", &body_hash(b"{}")),
            proof_text("n", "i", "POST", "/v1/hits", &body_hash(b"{ }")),
            proof_text("n", "i", "POST", "/v1/hits", &body_hash(b"")),
        ] {
            assert_ne!(base, other);
        }
        assert!(base.ends_with("\nRBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o"), "{base}");
    }

    #[test]
    fn a_proof_stands_at_the_end_of_the_query_only() {
        assert_eq!(without_proof("/v1/events"), ("/v1/events", None));
        assert_eq!(without_proof("/v1/events?proof=a.b.c.d"), ("/v1/events", Some("a.b.c.d")));
        assert_eq!(without_proof("/v1/events?after=7&proof=a.b.c.d"), ("/v1/events?after=7", Some("a.b.c.d")));
        assert_eq!(without_proof("/v1/events?proof=a&after=7"), ("/v1/events?proof=a&after=7", None));
        assert_eq!(without_proof("/v1/events?waterproof=a"), ("/v1/events?waterproof=a", None));
    }

    #[test]
    fn base64url_is_that_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xff, 0xfe, 0xfb]), "__77");
    }

    proptest! {
        #[test]
        fn any_text_is_a_proof_of_four_parts_or_none(text in "[ -~]{0,200}") {
            if let Some(proof) = Proof::parse(&text) {
                prop_assert_eq!(&text, &format!("{}.{}.{}.{}", proof.nonce, proof.id, proof.body, proof.signature));
            }
        }

        #[test]
        fn what_is_put_at_the_end_is_taken_off_again(path in "/[a-z/]{0,20}", query in proptest::option::of("[a-z=&]{1,20}"), proof in "[A-Za-z0-9._-]{1,40}") {
            let plain = query.map_or(path.clone(), |query| format!("{path}?{query}"));
            let mark = if plain.contains('?') { '&' } else { '?' };
            let asked = format!("{plain}{mark}{PROOF_PARAMETER}={proof}");
            prop_assert_eq!(without_proof(&asked), (plain.as_str(), Some(proof.as_str())));
        }
    }
}
