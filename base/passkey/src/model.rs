//! What an authenticator says of itself, and how it proves it (WebAuthn Level 3, §6.5 and §8.2).

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};

use crate::{ES256, FLAG_USER_VERIFIED, PasskeyError, cbor};

const FLAG_BACKUP_ELIGIBLE: u8 = 0x08;
const FLAG_BACKED_UP: u8 = 0x10;

/// How a new key is proved to be of its model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Statement {
    /// Not at all, as most browsers have it.
    #[default]
    None,
    /// `packed`, signed with the new key itself: worth as much as nothing.
    Itself,
    /// `packed`, signed with the key of a batch, for which a chain of DER certificates speaks.
    Batch { key: [u8; 32], chain: Vec<Vec<u8>> },
}

/// One make of authenticator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// All zero where nothing is said.
    pub aaguid: [u8; 16],
    /// Its keys may be shared among devices.
    pub is_backup_eligible: bool,
    /// They are.
    pub is_backed_up: bool,
    /// It asks for no finger and no number.
    pub verifies_nobody: bool,
    pub statement: Statement,
}

impl Model {
    pub(crate) const fn flags(&self) -> u8 {
        let eligible = if self.is_backup_eligible { FLAG_BACKUP_ELIGIBLE } else { 0 };
        let backed_up = if self.is_backed_up { FLAG_BACKED_UP } else { 0 };
        let unverified = if self.verifies_nobody { FLAG_USER_VERIFIED } else { 0 };
        eligible | backed_up | unverified
    }

    /// The attestation object of a key with these authenticator data.
    pub(crate) fn attestation(&self, own: &SigningKey, data: &[u8], client_data: &[u8]) -> Result<Vec<u8>, PasskeyError> {
        let signed = [data, Sha256::digest(client_data).as_slice()].concat();
        let mut object = cbor::Writer::default();
        object.map(3).text("fmt");
        match &self.statement {
            Statement::None => {
                object.text("none").text("attStmt").map(0);
            }
            Statement::Itself => {
                let signature: Signature = own.sign(&signed);
                object.text("packed").text("attStmt").map(2).text("alg").int(ES256).text("sig").bytes(signature.to_der().as_bytes());
            }
            Statement::Batch { key, chain } => {
                let key = SigningKey::from_slice(key).map_err(|_| PasskeyError::Randomness)?;
                let signature: Signature = key.sign(&signed);
                object.text("packed").text("attStmt").map(3).text("alg").int(ES256).text("sig").bytes(signature.to_der().as_bytes());
                object.text("x5c").array(chain.len() as u64);
                for certificate in chain {
                    object.bytes(certificate);
                }
            }
        }
        object.text("authData").bytes(data);
        Ok(object.finish())
    }
}
