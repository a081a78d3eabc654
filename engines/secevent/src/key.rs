//! Keys on P-256, as a JSON Web Key (RFC 7517) has them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const COORDINATE_BYTES: usize = 32;
const KTY: &str = "EC";
const CRV: &str = "P-256";
const KID_CHARS_MAX: usize = 100;

/// Why a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    #[error("kty is EC and crv is P-256: no other keys are taken")]
    Kind,
    #[error("kid has 1 to {KID_CHARS_MAX} characters, none of them control characters")]
    Name,
    #[error("x and y are 32 bytes each, as base64url without padding")]
    Coordinate,
    #[error("x and y are no point of P-256")]
    Point,
    #[error("these 32 bytes are no private key, which happens once in 2³² tries")]
    Secret,
}

/// The public half as it is published and pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SignalKey")]
pub struct Jwk {
    pub kty: String,
    pub crv: String,
    pub x: String,
    pub y: String,
    pub kid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
}

impl Jwk {
    fn of(key: &VerifyingKey) -> Self {
        let point = key.to_sec1_point(false);
        // The uncompressed point is 0x04, x, y.
        let part = |from: usize| point.as_bytes().get(from..from + COORDINATE_BYTES).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        let (x, y) = (part(1), part(1 + COORDINATE_BYTES));
        let kid = thumbprint(&x, &y);
        Self { kty: KTY.into(), crv: CRV.into(), x, y, kid, alg: Some("ES256".into()), usage: Some("sig".into()) }
    }
}

/// RFC 7638: the members that make the key, in the order of their names, hashed.
fn thumbprint(x: &str, y: &str) -> String {
    let text = format!("{{\"crv\":\"{CRV}\",\"kty\":\"{KTY}\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// A key of a transmitter, by which its tokens are checked.
#[derive(Clone, PartialEq, Eq)]
pub struct SetKey {
    kid: String,
    key: VerifyingKey,
}

impl fmt::Debug for SetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SetKey {
    /// # Errors
    /// When it is no P-256 key, or has no name.
    pub fn of(jwk: &Jwk) -> Result<Self, KeyRefused> {
        if jwk.kty != KTY || jwk.crv != CRV {
            return Err(KeyRefused::Kind);
        }
        if jwk.kid.is_empty() || jwk.kid.chars().count() > KID_CHARS_MAX || jwk.kid.chars().any(char::is_control) {
            return Err(KeyRefused::Name);
        }
        let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == COORDINATE_BYTES).ok_or(KeyRefused::Coordinate);
        let point = [&[0x04][..], &coordinate(&jwk.x)?, &coordinate(&jwk.y)?].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| KeyRefused::Point)?;
        Ok(Self { kid: jwk.kid.clone(), key })
    }

    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }
}

/// Our own key. It signs tokens and nothing else.
#[derive(Clone)]
pub struct SetSigner {
    key: SigningKey,
    public: Jwk,
}

impl SetSigner {
    /// # Errors
    /// When the bytes are no private key.
    pub fn of(secret: &[u8; 32]) -> Result<Self, KeyRefused> {
        let key = SigningKey::from_slice(secret).map_err(|_| KeyRefused::Secret)?;
        let public = Jwk::of(key.verifying_key());
        Ok(Self { key, public })
    }

    /// What receivers pin, named by its thumbprint.
    #[must_use]
    pub const fn public(&self) -> &Jwk {
        &self.public
    }

    /// r and s (RFC 7518 §3.4); the same message has the same signature (RFC 6979).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        signature.to_bytes().to_vec()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// The key of RFC 7515, appendix A.3.
    fn rfc_7515() -> Jwk {
        Jwk {
            kty: "EC".into(),
            crv: "P-256".into(),
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
            kid: "a3".into(),
            alg: None,
            usage: None,
        }
    }

    #[test]
    fn the_example_of_rfc_7515_verifies_and_its_private_half_has_its_public_one() {
        let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = SetKey::of(&rfc_7515()).unwrap();
        assert!(key.has_signed(message, &signature));
        assert!(!key.has_signed(b"another", &signature) && !key.has_signed(message, &signature[1..]) && !key.has_signed(message, &[0; 64]));

        let secret: [u8; 32] = URL_SAFE_NO_PAD.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI").unwrap().try_into().unwrap();
        let signer = SetSigner::of(&secret).unwrap();
        assert_eq!((&signer.public().x, &signer.public().y), (&rfc_7515().x, &rfc_7515().y));
        assert!(key.has_signed(message, &signer.sign(message)));
        assert_eq!(signer.sign(message), signer.sign(message), "a second try sends the same bytes");
    }

    #[test]
    fn a_key_is_named_by_the_hash_of_its_members_in_their_order() {
        let jwk = SetSigner::of(&[7; 32]).unwrap().public().clone();
        let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, jwk.x, jwk.y);
        assert_eq!(jwk.kid, URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())));
        assert_eq!(jwk.kid.len(), 43);
        assert_eq!(SetKey::of(&jwk).unwrap().kid(), jwk.kid);
    }

    #[test]
    fn what_is_no_point_of_p_256_is_no_key() {
        let refused = |change: fn(&mut Jwk)| {
            let mut jwk = rfc_7515();
            change(&mut jwk);
            SetKey::of(&jwk).err()
        };
        assert_eq!(refused(|jwk| jwk.kty = "RSA".into()), Some(KeyRefused::Kind));
        assert_eq!(refused(|jwk| jwk.crv = "P-384".into()), Some(KeyRefused::Kind));
        assert_eq!(refused(|jwk| jwk.kid = String::new()), Some(KeyRefused::Name));
        assert_eq!(refused(|jwk| jwk.x = "AAAA".into()), Some(KeyRefused::Coordinate));
        assert_eq!(refused(|jwk| jwk.y = jwk.x.clone()), Some(KeyRefused::Point));
        assert!(SetSigner::of(&[0; 32]).is_err() && SetSigner::of(&[0xff; 32]).is_err());
    }
}
