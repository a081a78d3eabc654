//! A provider's public keys, as a JSON Web Key Set (RFC 7517) has them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2_11::{Digest, Sha256};

use crate::DOCUMENT_BYTES_MAX;
use crate::refused::OidcRefused;

/// Keys of one provider. While it turns them it has two or three; of more the first ones are looked at.
pub const KEYS_MAX: usize = 32;
const KID_CHARS_MAX: usize = 200;
const COORDINATE_BYTES: usize = 32;
const RSA_BITS_MIN: u32 = 2_048;
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
const EXPONENT_BYTES: std::ops::RangeInclusive<usize> = 1..=8;
const WHAT: &str = "the set of keys";

/// Of RFC 7518. A shared secret is none of them, and neither is `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Es256,
    Rs256,
    Ps256,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::Ps256];

    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Half {
    P256(VerifyingKey),
    Rsa(RsaPublicKey),
}

/// One that signs.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderKey {
    kid: Option<String>,
    /// The only one that it is for, where it says so.
    alg: Option<Algorithm>,
    half: Half,
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}

/// What is looked at of an entry. Keys of other kinds lack some of it, and are passed over.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

fn bytes_of(text: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

fn p256_of(jwk: &Jwk) -> Option<Half> {
    if jwk.crv.as_deref() != Some("P-256") {
        return None;
    }
    let coordinate = |text: Option<&str>| bytes_of(text).filter(|bytes| bytes.len() == COORDINATE_BYTES);
    let point = [&[0x04][..], &coordinate(jwk.x.as_deref())?, &coordinate(jwk.y.as_deref())?].concat();
    VerifyingKey::from_sec1_bytes(&point).ok().map(Half::P256)
}

fn rsa_of(jwk: &Jwk) -> Option<Half> {
    let (modulus, exponent) = (bytes_of(jwk.n.as_deref())?, bytes_of(jwk.e.as_deref())?);
    // Some libraries write a sign before it (RFC 7518 §6.3.1.1).
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(&modulus);
    if !RSA_BYTES.contains(&modulus.len()) || !EXPONENT_BYTES.contains(&exponent.len()) {
        return None;
    }
    // Each of its own length: an exponent as long as the modulus would make each check as dear as a signature.
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, u32::try_from(bytes.len() * 8).ok()?).ok();
    let key = RsaPublicKey::new(number(modulus)?, number(&exponent)?).ok()?;
    (key.n().bits() >= RSA_BITS_MIN).then_some(Half::Rsa(key))
}

impl ProviderKey {
    /// `None` of what is no key for signatures that are taken here.
    #[must_use]
    pub fn of(jwk: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") || jwk.kid.as_ref().is_some_and(|kid| kid.chars().count() > KID_CHARS_MAX) {
            return None;
        }
        let alg = match jwk.alg.as_deref() {
            None => None,
            Some(said) => Some(Algorithm::parse(said)?),
        };
        let half = match jwk.kty.as_str() {
            "EC" => p256_of(&jwk)?,
            "RSA" => rsa_of(&jwk)?,
            _ => return None,
        };
        Some(Self { kid: jwk.kid, alg, half })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let is_of_kind = match self.half {
            Half::P256(_) => algorithm == Algorithm::Es256,
            Half::Rsa(_) => algorithm != Algorithm::Es256,
        };
        is_of_kind && self.alg.is_none_or(|own| own == algorithm)
    }

    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.half, algorithm) {
            (Half::P256(key), Algorithm::Es256) => Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Half::Rsa(key), _) if signature.len() != key.size() => false,
            (Half::Rsa(key), Algorithm::Rs256) => key.verify(Pkcs1v15Sign::new::<Sha256>(), &digest_of(message), signature).is_ok(),
            (Half::Rsa(key), Algorithm::Ps256) => key.verify(Pss::<Sha256>::new(), &digest_of(message), signature).is_ok(),
            (Half::P256(_), Algorithm::Rs256 | Algorithm::Ps256) | (Half::Rsa(_), Algorithm::Es256) => false,
        }
    }
}

fn digest_of(message: &[u8]) -> Vec<u8> {
    Sha256::digest(message).to_vec()
}

/// The key that a token names, or the only one that fits when it names none.
pub(crate) fn key_for<'a>(keys: &'a [ProviderKey], kid: Option<&str>, algorithm: Algorithm) -> Option<&'a ProviderKey> {
    let mut fitting = keys.iter().filter(|key| key.fits(algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
    let first = fitting.next()?;
    if kid.is_none() && fitting.next().is_some() { None } else { Some(first) }
}

/// The keys of a set that can be used here; others in it are nobody's concern.
///
/// # Errors
/// When it is no set, or none of them can.
pub fn keys_of(document: &[u8]) -> Result<Vec<ProviderKey>, OidcRefused> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(OidcRefused::TooLong { what: WHAT, bytes: document.len(), most: DOCUMENT_BYTES_MAX });
    }
    let jwks: Jwks = serde_json::from_slice(document).map_err(|_| OidcRefused::Form(WHAT))?;
    let keys: Vec<ProviderKey> = jwks.keys.iter().take(KEYS_MAX).filter_map(ProviderKey::of).collect();
    if keys.is_empty() { Err(OidcRefused::NoKey) } else { Ok(keys) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The key of RFC 7515, appendix A.3.
    fn ec() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": "a3",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    #[test]
    fn the_example_of_rfc_7515_verifies_by_its_key_and_by_no_other_algorithm() {
        let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = URL_SAFE_NO_PAD.decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q").unwrap();
        let key = ProviderKey::of(&ec()).unwrap();
        assert!(key.has_signed(Algorithm::Es256, message, &signature));
        assert!(!key.has_signed(Algorithm::Rs256, message, &signature) && !key.has_signed(Algorithm::Es256, b"another", &signature));
        assert!(!key.has_signed(Algorithm::Es256, message, &signature[1..]) && !key.has_signed(Algorithm::Es256, message, &[0; 64]));
    }

    #[test]
    fn keys_that_cannot_be_used_are_passed_over_and_a_set_of_none_is_refused() {
        let with = |name: &str, value: Value| {
            let mut key = ec();
            key[name] = value;
            key
        };
        let others = [
            json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "a3", "alg": "HS256" }),
            with("crv", json!("P-384")),
            with("use", json!("enc")),
            with("alg", json!("ES512")),
            with("x", json!("AAAA")),
            with("y", with("x", json!("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))["x"].clone()),
            with("kid", json!("k".repeat(KID_CHARS_MAX + 1))),
            json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
            json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 513]), "e": "AQAB" }),
            json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": "AQ" }),
            json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": URL_SAFE_NO_PAD.encode([0xff; 9]) }),
            json!("rubbish"),
        ];
        for other in &others {
            assert!(ProviderKey::of(other).is_none(), "{other}");
        }
        let set = |keys: &[Value]| keys_of(json!({ "keys": keys }).to_string().as_bytes());
        assert_eq!(set(&others), Err(OidcRefused::NoKey));
        assert_eq!(set(&[others[0].clone(), ec()]).unwrap().len(), 1);
        assert_eq!(set(&vec![ec(); KEYS_MAX + 5]).unwrap().len(), KEYS_MAX);
        assert_eq!(keys_of(b"[]"), Err(OidcRefused::Form(WHAT)));
        assert!(matches!(keys_of(&vec![b' '; DOCUMENT_BYTES_MAX + 1]), Err(OidcRefused::TooLong { .. })));
    }

    #[test]
    fn a_token_without_a_name_of_its_key_has_one_only_when_there_is_no_choice() {
        let one = ProviderKey::of(&ec()).unwrap();
        let other = ProviderKey { kid: Some("b".into()), ..one.clone() };
        let kid = |keys: &[ProviderKey], kid: Option<&str>| key_for(keys, kid, Algorithm::Es256).and_then(|key| key.kid.clone());
        assert_eq!(kid(&[one.clone()], None).as_deref(), Some("a3"));
        assert_eq!(kid(&[one.clone(), other.clone()], None), None);
        assert_eq!(kid(&[one.clone(), other], Some("b")).as_deref(), Some("b"));
        assert_eq!(kid(&[one.clone()], Some("c")), None);
        assert!(key_for(&[one], None, Algorithm::Ps256).is_none(), "of another kind");
    }

    proptest! {
        #[test]
        fn any_numbers_are_a_key_or_none(n in proptest::collection::vec(any::<u8>(), 0..520), e in proptest::collection::vec(any::<u8>(), 0..10)) {
            let _ = ProviderKey::of(&json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) }));
        }
    }
}
