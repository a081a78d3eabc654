//! How a device signs a request, so that server and agent cannot disagree.

use sha2::{Digest, Sha256};

/// The device's id.
pub const DEVICE_HEADER: &str = "shouhu-device";
/// Ed25519 signature (RFC 8032) over [`signed_text`], base64 with padding.
pub const SIGNATURE_HEADER: &str = "shouhu-signature";
/// The device's clock when it signed, microseconds since 1970 UTC. Only judged, never trusted.
pub const SIGNED_AT_HEADER: &str = "shouhu-signed-at";
/// Why a person asks for data about a vehicle or person.
pub const PURPOSE_HEADER: &str = "shouhu-purpose";
/// The case or 110 number that the query belongs to.
pub const CASE_HEADER: &str = "shouhu-case";

/// The text that is signed: a domain tag, method, path with query, time and SHA-256 of the body, a line each.
#[must_use]
pub fn signed_text(method: &str, path_and_query: &str, signed_at_us: i64, body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let mut hex = String::with_capacity(64);
    for byte in digest {
        hex.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        hex.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    format!("shouhu-device-request-v1\n{method}\n{path_and_query}\n{signed_at_us}\n{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_request_changes_the_signed_text() {
        let base = signed_text("POST", "/v1/sightings", 1, b"{}");
        for other in [
            signed_text("PUT", "/v1/sightings", 1, b"{}"),
            signed_text("POST", "/v1/sightings?x", 1, b"{}"),
            signed_text("POST", "/v1/sightings", 2, b"{}"),
            signed_text("POST", "/v1/sightings", 1, b"{ }"),
        ] {
            assert_ne!(base, other);
        }
        assert!(base.ends_with("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"), "{base}");
    }
}
