//! The provider's own key on P-256: it signs tokens about who somebody is and that he has left, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2_11::{Digest, Sha256};

const COORDINATE_BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these 32 bytes are no private key, which happens once in 2³² tries")]
pub struct SignerRefused;

/// The public half as it is published (RFC 7517), named by its thumbprint (RFC 7638).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    pub kty: &'static str,
    pub crv: &'static str,
    pub x: String,
    pub y: String,
    pub kid: String,
    pub alg: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
}

impl PublicJwk {
    fn of(key: &VerifyingKey) -> Self {
        let point = key.to_sec1_point(false);
        // The uncompressed point is 0x04, x, y.
        let part = |from: usize| point.as_bytes().get(from..from + COORDINATE_BYTES).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        let (x, y) = (part(1), part(1 + COORDINATE_BYTES));
        let members = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()));
        Self { kty: "EC", crv: "P-256", x, y, kid, alg: "ES256", usage: "sig" }
    }
}

#[derive(Clone)]
pub struct ProviderSigner {
    key: SigningKey,
    public: PublicJwk,
}

impl ProviderSigner {
    /// # Errors
    /// When the bytes are no private key.
    pub fn of(secret: &[u8; 32]) -> Result<Self, SignerRefused> {
        let key = SigningKey::from_slice(secret).map_err(|_| SignerRefused)?;
        let public = PublicJwk::of(key.verifying_key());
        Ok(Self { key, public })
    }

    #[must_use]
    pub const fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// Each kind of token has a type of its own, so that none passes for the other (RFC 8725 §3.11).
    fn signed(&self, typ: &str, claims: &Value) -> String {
        let header = json!({ "alg": self.public.alg, "kid": self.public.kid, "typ": typ });
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature: Signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Of what [`super::IdTokenSaid::claims`] gives.
    #[must_use]
    pub fn id_token(&self, claims: &Value) -> String {
        self.signed("JWT", claims)
    }

    /// Of what [`super::LogoutSaid::claims`] gives (Back-Channel Logout 1.0 §2.4).
    #[must_use]
    pub fn logout_token(&self, claims: &Value) -> String {
        self.signed("logout+jwt", claims)
    }
}
