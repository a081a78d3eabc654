//! A provider's signing half, for tests and fuzzing: it signs whatever it is given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

/// Signs by ES256.
#[derive(Clone)]
pub struct SimSigner {
    key: SigningKey,
    kid: String,
}

impl SimSigner {
    /// # Panics
    /// When the seed is no private key, which that of a small number is.
    #[must_use]
    pub fn new(seed: u8, kid: &str) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        Self { key, kid: kid.to_owned() }
    }

    /// The public half, as a set of keys has it.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        // The uncompressed point is 0x04, x, y.
        let part = |from: usize| point.as_bytes().get(from..from + 32).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "alg": "ES256", "x": part(1), "y": part(33) })
    }

    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "alg": "ES256", "typ": "JWT", "kid": self.kid }), claims)
    }

    /// With a header of another's choice.
    #[must_use]
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature: Signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}
