//! Believes or refuses what a TPM 2.0 says about a device: no I/O, no clock, no randomness of its own.
//!
//! - An *endorsement key* (EK) is burnt into a TPM; its maker's certificate says that it is one ([`endorsement`]).
//! - An *attestation key* (AK) is made in the TPM and signs only what the TPM wrote ([`AttestationKey`]).
//! - A *credential* ([`make_credential`]) can be opened only by the TPM that has both: that binds the AK to the EK.
//! - A *quote* ([`verify`]) is the AK's signature over the measured registers (PCRs) and a nonce of ours.
//! - The TPM's own *clock* ([`TpmClock::since`]) tells a reboot from a copy.
//!
//! **Invariant:** what is refused is refused with a reason, and nothing that is parsed here can panic.
//!
//! Sources: TCG TPM 2.0 Library 1.59 (Parts 1 and 2), TCG EK Credential Profile 2.5, RFC 5280.

mod certificate;
mod clock;
mod credential;
mod key;
mod quote;
mod read;

pub use certificate::{CERTIFICATE_BYTES_MAX, CertificateRefused, Endorsement, EndorsementKey, INTERMEDIATES_MAX, Makers, endorsement};
pub use clock::{Between, TpmClock, TurnedBack, UNSAFE_SPAN_MS};
pub use credential::{Credential, CredentialError, RANDOM_BYTES, SECRET_BYTES, make_credential};
pub use key::{AttestationKey, KeyRefused, PUBLIC_BYTES_MAX};
pub use quote::{ATTEST_BYTES_MAX, Asked, PCRS, PcrSet, PcrValue, Quote, QuoteRefused, SIGNATURE_BYTES_MAX, digest_of, verify};
pub use read::Malformed;

/// `TPM_ALG_ID` and `TPM_ECC_CURVE` (Part 2, §6.3 and §6.4).
mod alg {
    pub const SHA256: u16 = 0x000b;
    pub const SHA384: u16 = 0x000c;
    pub const NULL: u16 = 0x0010;
    pub const ECDSA: u16 = 0x0018;
    pub const ECC: u16 = 0x0023;
    pub const CURVE_P256: u16 = 0x0003;
}
