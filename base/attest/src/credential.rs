//! `TPM2_MakeCredential` without a TPM (Part 1, §24; Part 1, §11.4.10 for the key derivations).
//!
//! Whoever returns the secret has, in one TPM, both the endorsement key that the maker vouched for and the attestation key of that name.

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit as _};
use hmac::{EagerHash, Hmac, Mac as _};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{Oaep, RsaPublicKey};
use sha2_11::{Digest, Sha256, Sha384};

use crate::certificate::{EndorsementKey, Recipient};
use crate::key::AttestationKey;
use crate::read::sized;

/// Of the secret that comes back; no longer than the name algorithm's digest.
pub const SECRET_BYTES: usize = 32;
/// Fresh random bytes that one credential uses up.
pub const RANDOM_BYTES: usize = 64;
const AES_BLOCK_BYTES: usize = 16;
/// The label's final zero is part of what is hashed (Part 1, §11.4.10.2).
const IDENTITY: &[u8] = b"IDENTITY\0";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    #[error("the random bytes are no private key: pass others")]
    Randomness,
    #[error("nothing can be encrypted to this endorsement key")]
    Encryption,
}

/// The two arguments of `TPM2_ActivateCredential`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// `TPM2B_ID_OBJECT`: the secret, sealed for one attestation key's name.
    pub id_object: Vec<u8>,
    /// `TPM2B_ENCRYPTED_SECRET`: the seed of that seal, for the endorsement key.
    pub encrypted_seed: Vec<u8>,
}

/// Seals `secret` so that only the TPM with both keys can open it. The algorithms are those of the EK's default template: SHA-256 and
/// AES-128 for RSA 2048 and P-256 (L-1, L-2), SHA-384 and AES-256 for P-384 (H-3).
///
/// # Errors
/// When the random bytes make no key, which happens once in 2^32 at most, or the key takes nothing.
pub fn make_credential(
    to: &EndorsementKey,
    for_key: &AttestationKey,
    secret: &[u8; SECRET_BYTES],
    random: &[u8; RANDOM_BYTES],
) -> Result<Credential, CredentialError> {
    let (seed, padding) = random.split_at(SECRET_BYTES);
    let name = for_key.name();
    match to.recipient() {
        Recipient::Rsa(key) => {
            let id_object = sealed::<Sha256, aes::Aes128>(seed, name, secret);
            Ok(Credential { id_object, encrypted_seed: sized(&to_rsa(key, seed, padding)?) })
        }
        Recipient::P256(key) => {
            let ours = p256::SecretKey::from_slice(seed).map_err(|_| CredentialError::Randomness)?;
            let z = p256::ecdh::diffie_hellman(ours.to_nonzero_scalar(), key.as_affine());
            let (our_point, their_point) = (ours.public_key().to_sec1_point(false), key.to_sec1_point(false));
            let seed = kdf_e::<Sha256>(z.raw_secret_bytes(), coordinate(our_point.x()), coordinate(their_point.x()));
            let encrypted_seed = point(coordinate(our_point.x()), coordinate(our_point.y()));
            Ok(Credential { id_object: sealed::<Sha256, aes::Aes128>(&seed, name, secret), encrypted_seed })
        }
        Recipient::P384(key) => {
            let scalar = random.get(..48).ok_or(CredentialError::Randomness)?;
            let ours = p384::SecretKey::from_slice(scalar).map_err(|_| CredentialError::Randomness)?;
            let z = p384::ecdh::diffie_hellman(ours.to_nonzero_scalar(), key.as_affine());
            let (our_point, their_point) = (ours.public_key().to_sec1_point(false), key.to_sec1_point(false));
            let seed = kdf_e::<Sha384>(z.raw_secret_bytes(), coordinate(our_point.x()), coordinate(their_point.x()));
            let encrypted_seed = point(coordinate(our_point.x()), coordinate(our_point.y()));
            Ok(Credential { id_object: sealed::<Sha384, aes::Aes256>(&seed, name, secret), encrypted_seed })
        }
    }
}

/// Points of keys are never the one at infinity, which alone has no coordinates.
fn coordinate<N: AsRef<[u8]>>(number: Option<&N>) -> &[u8] {
    number.map_or(&[], AsRef::as_ref)
}

/// `TPM2B_ENCRYPTED_SECRET` of a curve: a point.
fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    sized(&[sized(x), sized(y)].concat())
}

/// Encrypts and authenticates: `HMAC ‖ AES-CFB(secret)` under keys derived from the seed (Part 1, §24.4).
fn sealed<H, C>(seed: &[u8], name: &[u8], secret: &[u8]) -> Vec<u8>
where
    H: EagerHash,
    C: BlockCipherEncrypt + aes::cipher::KeyInit,
{
    let cipher_key = kdf_a::<H>(seed, b"STORAGE\0", name, C::key_size());
    let hmac_key = kdf_a::<H>(seed, b"INTEGRITY\0", b"", <H as hmac::digest::OutputSizeUser>::output_size());
    let mut sealed = sized(secret);
    if let Ok(cipher) = C::new_from_slice(&cipher_key) {
        cfb_encrypt(&cipher, &mut sealed);
    }
    let integrity = hmac_of::<H>(&hmac_key, &[&sealed, name]);
    sized(&[sized(&integrity), sealed].concat())
}

/// CFB with blocks of 128 bits and a zero vector (NIST SP 800-38A, §6.3).
fn cfb_encrypt<C: BlockCipherEncrypt>(cipher: &C, text: &mut [u8]) {
    let mut feedback = Array::<u8, C::BlockSize>::default();
    for block in text.chunks_mut(AES_BLOCK_BYTES) {
        cipher.encrypt_block(&mut feedback);
        for (byte, key) in block.iter_mut().zip(&feedback) {
            *byte ^= key;
        }
        for (kept, byte) in feedback.iter_mut().zip(block.iter()) {
            *kept = *byte;
        }
    }
}

fn hmac_of<H: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // An HMAC takes a key of any length; without one there would be no integrity to check, and the TPM would refuse it.
    let Ok(mut mac) = Hmac::<H>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// `KDFa` (Part 1, §11.4.10.2): NIST SP 800-108 in counter mode, the second context empty.
fn kdf_a<H: EagerHash>(key: &[u8], label: &[u8], context: &[u8], bytes: usize) -> Vec<u8> {
    let bits = u32::try_from(bytes * 8).unwrap_or(u32::MAX).to_be_bytes();
    let mut made = Vec::new();
    let mut counter = 0_u32;
    while made.len() < bytes {
        counter += 1;
        let block = hmac_of::<H>(key, &[&counter.to_be_bytes(), label, context, &bits]);
        if block.is_empty() {
            break;
        }
        made.extend(block);
    }
    made.truncate(bytes);
    made
}

/// `KDFe` (Part 1, §11.4.10.3) for one block, which is all that a seed needs.
fn kdf_e<H: Digest>(z: &[u8], ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    H::new().chain_update(1_u32.to_be_bytes()).chain_update(z).chain_update(IDENTITY).chain_update(ours).chain_update(theirs).finalize().to_vec()
}

fn to_rsa(key: &RsaPublicKey, seed: &[u8], padding: &[u8]) -> Result<Vec<u8>, CredentialError> {
    let mut given = Given(padding);
    key.encrypt(&mut given, Oaep::<Sha256>::new_with_label(IDENTITY), seed).map_err(|_| CredentialError::Encryption)
}

/// Hands on the caller's random bytes: OAEP draws one seed, of the digest's length.
struct Given<'a>(&'a [u8]);

impl TryRng for Given<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, wanted: &mut [u8]) -> Result<(), Self::Error> {
        let (now, later) = self.0.split_at(wanted.len().min(self.0.len()));
        if let Some(head) = wanted.get_mut(..now.len()) {
            head.copy_from_slice(now);
        }
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for Given<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Expected values: Python's `hmac`, following SP 800-108 by hand. A TPM's own answer is in the ceremony's test.
    #[test]
    fn derived_keys_are_those_of_another_program() {
        let of = |label: &[u8], context: &[u8], bytes| hex(&kdf_a::<Sha256>(&[7; 32], label, context, bytes));
        assert_eq!(of(b"STORAGE\0", b"name", 16), "bd0ce59922f760cb045dea72a7f4392b");
        assert_eq!(of(b"INTEGRITY\0", b"", 32), "505f15e710b257cf44641025dc9ea21342945c4479ad6d613da257d6a8a67d84");
        assert_eq!(of(b"LONG\0", b"", 40), "2b64653b3ad04bb0e57d9b920daa43884d19cef000dae10de442dd589ebddfe3acc9541a1a84bc3f", "a second block");
    }

    #[test]
    fn cfb_is_that_of_nist_sp_800_38a() {
        // Of zeros under a zero key it is AES(0), AES(AES(0)) …: the first is a known answer of the AES validation suite.
        let Ok(cipher) = aes::Aes128::new_from_slice(&[0; 16]) else { panic!("16 bytes are a key") };
        let mut text = [0_u8; 20];
        cfb_encrypt(&cipher, &mut text);
        assert_eq!(text.get(..16), Some(&[0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b, 0x88, 0x4c, 0xfa, 0x59, 0xca, 0x34, 0x2b, 0x2e][..]));
        assert_eq!(text.get(16..), Some(&[0xf7, 0x95, 0xbd, 0x4a][..]), "AES(AES(0)): the cipher text is fed back");
    }
}
