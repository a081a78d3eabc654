//! Devices that prove what they run: what is asked of them, how an answer is judged, and what follows for what they sent.
//!
//! - A device *shows* its TPM (`ops::attest_start`), opens a secret that only this TPM can open, and sends a first quote: it is *bound*.
//! - Whose word for a TPM counts, and which kinds of device must attest, is *changed* by two persons (`change`).
//! - A person *accepts* what it measured (`ops::attest_accept`); a later change needs two persons.
//! - From then on a quote for a fresh nonce comes every [`QUOTE_EVERY_US`]. One that is late, refused, changed or turned back
//!   *restricts* the device from its last good quote on.
//!
//! **Invariant:** a nonce is answered once: the answer takes it out, right or wrong.
//!
//! **Invariant:** a restriction is one row about the device; which of its sightings it marks is worked out when somebody asks.
//!
//! What this does not see: register 16 can be reset by whoever is root on the device, and the device's Ed25519 key lies beside the TPM, not
//! in it. See docs/adr/0013.

pub mod change;
pub mod judge;
pub mod refused;
pub mod store;
pub mod trust;
pub mod watch;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shouhu_attest::{PcrSet, PcrValue};
use shouhu_ids::Micros;
use shouhu_wire::ATTESTED_PCRS;

pub use refused::AttestRefused;

/// A device in good standing sends a quote so often.
pub const QUOTE_EVERY_US: i64 = 10 * Micros::MINUTE;
/// Without a good quote for so long it is restricted: one that got lost is forgiven, two are not.
pub const QUOTE_LATE_US: i64 = 25 * Micros::MINUTE;
/// Of a quote or certificate as text: no honest one is longer.
const TEXT_CHARS_MAX: usize = 12 * 1024;

/// Register to value, hex: as it is stored and shown.
pub type Values = BTreeMap<u8, String>;

pub fn asked_pcrs() -> PcrSet {
    PcrSet::of(&ATTESTED_PCRS)
}

pub fn bytes_of(field: &'static str, base64: &str) -> Result<Vec<u8>, AttestRefused> {
    let malformed = || AttestRefused::Malformed { field };
    if base64.len() > TEXT_CHARS_MAX {
        return Err(malformed());
    }
    STANDARD.decode(base64).map_err(|_| malformed())
}

/// The values of the registers asked for, in their order.
pub fn pcr_values_of(texts: &[String]) -> Result<Vec<PcrValue>, AttestRefused> {
    let malformed = AttestRefused::Malformed { field: "pcr_values" };
    if texts.len() != ATTESTED_PCRS.len() {
        return Err(malformed);
    }
    let value = |text: &String| hex::decode(text).ok().and_then(|bytes| PcrValue::try_from(bytes).ok());
    texts.iter().map(value).collect::<Option<Vec<_>>>().ok_or(malformed)
}

pub fn named(values: &[PcrValue]) -> Values {
    ATTESTED_PCRS.iter().copied().zip(values.iter().map(hex::encode)).collect()
}

/// Names a measured state in one word, so that a person accepts what they saw and nothing that came since.
pub fn digest_of(values: &Values) -> String {
    let bytes: Vec<PcrValue> = values.values().filter_map(|text| hex::decode(text).ok()?.try_into().ok()).collect();
    hex::encode(shouhu_attest::digest_of(&bytes))
}
