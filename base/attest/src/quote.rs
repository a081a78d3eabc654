//! A quote: the TPM's signed word about its measurements, for one nonce.

use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;
use sha2_11::{Digest, Sha256};

use crate::alg;
use crate::clock::TpmClock;
use crate::key::AttestationKey;
use crate::read::{Malformed, Reader, padded};

/// `TPM_GENERATED_VALUE`: what a restricted key puts before everything that the TPM itself wrote, and nobody else can have signed.
const MAGIC: u32 = 0xff54_4347;
const ATTEST_QUOTE: u16 = 0x8018;
const NAME_BYTES_MAX: usize = 66;
const NONCE_BYTES_MAX: usize = 64;
const DIGEST_BYTES: usize = 32;
const SELECT_BYTES_MAX: u8 = 4;
/// Both are about 150 bytes.
pub const ATTEST_BYTES_MAX: usize = 1_024;
pub const SIGNATURE_BYTES_MAX: usize = 256;
/// PCRs that a set can name: the PC platform has 24.
pub const PCRS: u8 = 24;

/// Registers of the SHA-256 bank; bit n is PCR n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcrSet(u32);

impl PcrSet {
    /// Numbers from [`PCRS`] on are left out.
    #[must_use]
    pub const fn of(numbers: &[u8]) -> Self {
        let (mut bits, mut rest) = (0, numbers);
        while let [number, tail @ ..] = rest {
            if *number < PCRS {
                bits |= 1 << *number;
            }
            rest = tail;
        }
        Self(bits)
    }

    /// In rising order, which is the order in which a TPM hashes their values.
    pub fn numbers(self) -> impl Iterator<Item = u8> {
        (0..PCRS).filter(move |number| self.0 >> number & 1 == 1)
    }

    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The value of one register, SHA-256.
pub type PcrValue = [u8; DIGEST_BYTES];

/// Why a quote is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteRefused {
    #[error("quote cannot be read: {0}")]
    Malformed(#[from] Malformed),
    #[error("the attestation key did not sign this quote")]
    Signature,
    #[error("no TPM wrote this: it lacks the mark that only a TPM can sign")]
    Magic,
    #[error("the TPM attests something else (type 0x{0:04x}), not a quote")]
    Type(u16),
    #[error("the quote answers another nonce: it was recorded before or elsewhere")]
    Nonce,
    #[error("the quote is about other registers than were asked for")]
    Selection,
    #[error("the values sent are not those that the TPM signed")]
    Values,
}

impl QuoteRefused {
    /// For lists and translations.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Signature => "signature",
            Self::Magic => "magic",
            Self::Type(_) => "type",
            Self::Nonce => "nonce",
            Self::Selection => "selection",
            Self::Values => "values",
        }
    }
}

/// What the verifier asked for, and what the device says beside the quote.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub nonce: &'a [u8],
    pub pcrs: PcrSet,
    /// One for each register asked for, in rising order; believed because their hash is in the quote.
    pub values: &'a [PcrValue],
}

/// What a believed quote says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    pub clock: TpmClock,
    pub firmware_version: u64,
    pub pcr_digest: PcrValue,
}

/// Believes a quote, or says why not. `attest` is a `TPMS_ATTEST` (Part 2, §10.12.8), `signature` a `TPMT_SIGNATURE` (§11.3.4).
///
/// # Errors
/// The first reason against it. Nothing of `attest` is looked at before the signature over it holds.
pub fn verify(key: &AttestationKey, attest: &[u8], signature: &[u8], asked: &Asked<'_>) -> Result<Quote, QuoteRefused> {
    if attest.len() > ATTEST_BYTES_MAX {
        return Err(Malformed::TooLong { what: "quote", bytes: attest.len(), max: ATTEST_BYTES_MAX }.into());
    }
    let signature = signature_of(signature)?;
    key.verifying().verify(attest, &signature).map_err(|_| QuoteRefused::Signature)?;
    let said = Said::parse(attest)?;
    if said.nonce != asked.nonce {
        return Err(QuoteRefused::Nonce);
    }
    if said.pcrs != asked.pcrs {
        return Err(QuoteRefused::Selection);
    }
    if asked.values.len() != asked.pcrs.len() || digest_of(asked.values) != said.quote.pcr_digest {
        return Err(QuoteRefused::Values);
    }
    Ok(said.quote)
}

/// What a TPM puts into a quote for these values.
#[must_use]
pub fn digest_of(values: &[PcrValue]) -> PcrValue {
    Sha256::digest(values.concat()).into()
}

fn signature_of(bytes: &[u8]) -> Result<Signature, QuoteRefused> {
    let mut r = Reader::new(bytes);
    r.expect_u16(alg::ECDSA, "signature scheme")?;
    r.expect_u16(alg::SHA256, "signature hash")?;
    let (first, second) = (r.sized(DIGEST_BYTES, "r")?, r.sized(DIGEST_BYTES, "s")?);
    r.end("signature")?;
    let (Some(first), Some(second)) = (padded::<DIGEST_BYTES>(first), padded::<DIGEST_BYTES>(second)) else {
        return Err(QuoteRefused::Signature);
    };
    Signature::from_scalars(first, second).map_err(|_| QuoteRefused::Signature)
}

struct Said<'a> {
    nonce: &'a [u8],
    pcrs: PcrSet,
    quote: Quote,
}

impl<'a> Said<'a> {
    fn parse(attest: &'a [u8]) -> Result<Self, QuoteRefused> {
        let mut r = Reader::new(attest);
        if r.u32("magic")? != MAGIC {
            return Err(QuoteRefused::Magic);
        }
        let kind = r.u16("type")?;
        if kind != ATTEST_QUOTE {
            return Err(QuoteRefused::Type(kind));
        }
        r.sized(NAME_BYTES_MAX, "signer")?;
        let nonce = r.sized(NONCE_BYTES_MAX, "nonce")?;
        let clock = TpmClock {
            clock_ms: r.u64("clock")?,
            reset_count: r.u32("reset count")?,
            restart_count: r.u32("restart count")?,
            is_safe: r.u8("safe")? == 1,
        };
        let firmware_version = r.u64("firmware version")?;
        let pcrs = selection(&mut r)?;
        let digest = r.sized(DIGEST_BYTES, "register digest")?;
        r.end("quote")?;
        let pcr_digest = digest.try_into().map_err(|_| Malformed::Truncated { what: "register digest" })?;
        Ok(Self { nonce, pcrs, quote: Quote { clock, firmware_version, pcr_digest } })
    }
}

/// `TPML_PCR_SELECTION` of one bank.
fn selection(r: &mut Reader<'_>) -> Result<PcrSet, QuoteRefused> {
    if r.u32("number of banks")? != 1 || r.u16("bank")? != alg::SHA256 {
        return Err(QuoteRefused::Selection);
    }
    let bytes = r.u8("selection")?;
    if bytes > SELECT_BYTES_MAX {
        return Err(QuoteRefused::Selection);
    }
    let select = r.take(usize::from(bytes), "selection")?;
    let bits = select.iter().rev().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    Ok(PcrSet(bits))
}
