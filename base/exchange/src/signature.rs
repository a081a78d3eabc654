//! How the receiver of a webhook knows that it came from us, unchanged and now.
//!
//! The header [`HEADER`] is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 (RFC 2104, FIPS 180-4) of the text of `t`, a full
//! stop and the body, under the secret of the subscription. The receiver computes the same, compares in constant time, and
//! refuses what is older than [`TOLERANCE_S`], so that a recorded call cannot be played again later.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shouhu_ids::Micros;

pub const HEADER: &str = "shouhu-signature";
/// Seconds between the clocks of sender and receiver that are forgiven.
pub const TOLERANCE_S: i64 = 300;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the header is not t=<seconds>,v1=<64 hexadecimal digits>")]
    Form,
    #[error("it was signed {age_s} s ago; {TOLERANCE_S} s are forgiven either way")]
    Time { age_s: i64 },
    #[error("the signature is not that of this body under this secret")]
    Wrong,
}

fn mac(secret: &[u8], at_s: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(at_s.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// The header's value for a body that is sent now.
#[must_use]
pub fn sign(secret: &[u8], now: Micros, body: &[u8]) -> String {
    let at_s = (now.0 / Micros::SECOND).to_string();
    let digest = mac(secret, &at_s, body).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at_s},v1={hex}")
}

/// Checks a header as a receiver should.
///
/// # Errors
/// When it is malformed, too old, from the future, or wrong.
pub fn verify(secret: &[u8], now: Micros, header: &str, body: &[u8]) -> Result<(), SignatureError> {
    let (at, digest) = header.split_once(',').ok_or(SignatureError::Form)?;
    let at_s = at.trim().strip_prefix("t=").ok_or(SignatureError::Form)?;
    let digest = digest.trim().strip_prefix("v1=").and_then(bytes_of_hex).ok_or(SignatureError::Form)?;
    let signed_s: i64 = at_s.parse().map_err(|_| SignatureError::Form)?;
    let mac = mac(secret, at_s, body).ok_or(SignatureError::Wrong)?;
    mac.verify_slice(&digest).map_err(|_| SignatureError::Wrong)?;
    let age_s = (now.0 / Micros::SECOND).saturating_sub(signed_s);
    if age_s.checked_abs().is_none_or(|age_s| age_s > TOLERANCE_S) {
        return Err(SignatureError::Time { age_s });
    }
    Ok(())
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let pair = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Micros = Micros(1_795_190_400_000_000);

    /// RFC 4231 §4.3 (test case 2), with the full stop of our construction counted out: checked against HMAC itself.
    #[test]
    fn the_algorithm_is_that_of_the_rfc() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap_or_else(|e| panic!("{e}"));
        mac.update(b"what do ya want for nothing?");
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn another_body_secret_or_time_is_refused() {
        let header = sign(b"secret", NOW, b"{}");
        assert_eq!(verify(b"secret", NOW, &header, b"{}"), Ok(()));
        assert_eq!(verify(b"secret", NOW, &header, b"{ }"), Err(SignatureError::Wrong));
        assert_eq!(verify(b"Secret", NOW, &header, b"{}"), Err(SignatureError::Wrong));
        let later = NOW.plus(301 * Micros::SECOND);
        assert_eq!(verify(b"secret", later, &header, b"{}"), Err(SignatureError::Time { age_s: 301 }));
        assert_eq!(
            verify(b"secret", later, &header.replacen("t=1795190400", "t=1795190701", 1), b"{}"),
            Err(SignatureError::Wrong)
        );
    }

    proptest! {
        #[test]
        fn rubbish_is_no_signature(header in "(t=)?[0-9-]{0,20},?(v1=)?[0-9a-fg+]{0,70}|\\PC{0,40}", body in "\\PC{0,20}") {
            prop_assert!(verify(b"secret", NOW, &header, body.as_bytes()).is_err());
        }
    }
}
