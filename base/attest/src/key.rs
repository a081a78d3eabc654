//! The attestation key (AK): what it must be so that what it signs was said by a TPM and by nobody else.

use p256::ecdsa::VerifyingKey;
use sha2_11::{Digest, Sha256, Sha384};

use crate::alg;
use crate::read::{Malformed, Reader, padded};

/// A public area is far shorter; what is longer is none.
pub const PUBLIC_BYTES_MAX: usize = 512;
const COORDINATE_BYTES: usize = 32;
const POLICY_BYTES_MAX: usize = 64;

/// `TPMA_OBJECT` (Part 2, §8.3).
mod attribute {
    pub const FIXED_TPM: u32 = 1 << 1;
    pub const FIXED_PARENT: u32 = 1 << 4;
    pub const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
    pub const RESTRICTED: u32 = 1 << 16;
    pub const DECRYPT: u32 = 1 << 17;
    pub const SIGN: u32 = 1 << 18;
}

/// Each says what a key without it could do.
const NEEDED: [(u32, &str); 5] = [
    (attribute::FIXED_TPM, "fixedTPM: it could be copied to another TPM"),
    (attribute::FIXED_PARENT, "fixedParent: it could be copied to another TPM with its parent"),
    (attribute::SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin: its private half could have been made outside"),
    (attribute::RESTRICTED, "restricted: it would sign a quote that no TPM wrote"),
    (attribute::SIGN, "sign: it signs nothing"),
];

/// Why a key is not taken as an attestation key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    #[error("attestation key cannot be read: {0}")]
    Malformed(#[from] Malformed),
    #[error("attestation key lacks {0}")]
    Attribute(&'static str),
    #[error("attestation key may decrypt: such a key is a parent of others, not a witness")]
    Decrypts,
    #[error("attestation key is no point of P-256")]
    Point,
}

/// A restricted P-256 signing key that lives in one TPM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationKey {
    verifying: VerifyingKey,
    name: Vec<u8>,
}

impl AttestationKey {
    /// From a `TPM2B_PUBLIC` (Part 2, §12.2.5), as `tpm2_createak -f tss` writes it.
    ///
    /// # Errors
    /// When it is not exactly one public area of an ECDSA P-256 SHA-256 key, or one that could leave its TPM or sign what no TPM wrote.
    pub fn parse(public: &[u8]) -> Result<Self, KeyRefused> {
        let mut outer = Reader::new(public);
        let area = outer.sized(PUBLIC_BYTES_MAX, "public area")?;
        outer.end("public area")?;
        let mut r = Reader::new(area);
        r.expect_u16(alg::ECC, "key type")?;
        let name_algorithm = r.u16("name algorithm")?;
        let digest = match name_algorithm {
            alg::SHA256 => Sha256::digest(area).to_vec(),
            // What tpm2-tools give a key under a P-384 endorsement key.
            alg::SHA384 => Sha384::digest(area).to_vec(),
            found => return Err(Malformed::Not { what: "name algorithm", found: found.into(), expected: alg::SHA256.into() }.into()),
        };
        let attributes = r.u32("attributes")?;
        r.sized(POLICY_BYTES_MAX, "policy")?;
        r.expect_u16(alg::NULL, "symmetric algorithm")?;
        r.expect_u16(alg::ECDSA, "signature scheme")?;
        r.expect_u16(alg::SHA256, "signature hash")?;
        r.expect_u16(alg::CURVE_P256, "curve")?;
        r.expect_u16(alg::NULL, "key derivation")?;
        let x = r.sized(COORDINATE_BYTES, "x")?;
        let y = r.sized(COORDINATE_BYTES, "y")?;
        r.end("public area")?;
        if let Some((_, lacks)) = NEEDED.iter().find(|(bit, _)| attributes & bit == 0) {
            return Err(KeyRefused::Attribute(lacks));
        }
        if attributes & attribute::DECRYPT != 0 {
            return Err(KeyRefused::Decrypts);
        }
        let (Some(x), Some(y)) = (padded::<COORDINATE_BYTES>(x), padded::<COORDINATE_BYTES>(y)) else { return Err(KeyRefused::Point) };
        let point = [&[0x04][..], &x, &y].concat();
        let verifying = VerifyingKey::from_sec1_bytes(&point).map_err(|_| KeyRefused::Point)?;
        let name = [&name_algorithm.to_be_bytes()[..], &digest].concat();
        Ok(Self { verifying, name })
    }

    /// `TPM2B_NAME` without its length: the hash algorithm and the hash of the public area (Part 1, §16).
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub(crate) const fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }
}
