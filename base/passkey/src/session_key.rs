//! The key that a browser keeps for its session, and the proofs that it makes with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use shouhu_wire::{body_hash, proof_text};

use crate::PasskeyError;

/// Any nonce that no server gives out: the first proof is made with it, and the refusal tells the right one.
const NO_NONCE: &str = "none";

/// As a page holds it: the key, the nonce that the server told last, and how many proofs were made.
#[derive(Debug)]
pub struct SessionKey {
    key: SigningKey,
    nonce: Mutex<String>,
    proofs: AtomicU64,
}

impl SessionKey {
    /// # Errors
    /// When the bytes are no private key, which happens once in 2³² tries.
    pub fn new(random: [u8; 32]) -> Result<Self, PasskeyError> {
        let key = SigningKey::from_slice(&random).map_err(|_| PasskeyError::Randomness)?;
        Ok(Self { key, nonce: Mutex::new(NO_NONCE.to_owned()), proofs: AtomicU64::new(0) })
    }

    /// For `session_key` of the call that signs in: the uncompressed point, base64url.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.verifying_key().to_sec1_point(false).as_bytes())
    }

    /// Notes the nonce that an answer told.
    pub fn told(&self, nonce: &str) {
        nonce.clone_into(&mut self.nonce.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A proof for one request; the next request needs another.
    #[must_use]
    pub fn prove(&self, method: &str, path_and_query: &str, body: &[u8]) -> String {
        let number = self.proofs.fetch_add(1, Ordering::Relaxed);
        let id = URL_SAFE_NO_PAD.encode(u128::from(number).to_be_bytes());
        let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let hash = body_hash(body);
        let signature: Signature = self.key.sign(proof_text(&nonce, &id, method, path_and_query, &hash).as_bytes());
        format!("{nonce}.{id}.{hash}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}
