//! The one spelling of an entry: JSON as RFC 8785 (JCS) wants it, so that whoever has the fields has the bytes.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Entry;

/// Bytes of salt and entry together; a C2SP entry bundle counts them in 16 bits.
pub const PAYLOAD_BYTES_MAX: usize = u16::MAX as usize;
pub const SALT_BYTES: usize = 32;
/// Characters that are kept of an object that is too long for the log.
const OBJECT_CHARS_KEPT: usize = 8_000;

/// Fields in the order of their names, which is the order that RFC 8785 §3.2.3 asks for.
#[derive(Serialize)]
struct Sorted<'a> {
    action: &'a str,
    actor: &'a str,
    actor_name: &'a str,
    at_us: i64,
    case_ref: Option<&'a str>,
    class: &'a str,
    object: &'a str,
    outcome: u16,
    purpose: Option<&'a str>,
}

/// Texts, integers below 2^53 and nulls only: for these serde's spelling is that of RFC 8785.
fn spelled(entry: &Entry, object: &str) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Sorted {
        action: &entry.action,
        actor: &entry.actor,
        actor_name: &entry.actor_name,
        at_us: entry.at_us.0,
        case_ref: entry.case_ref.as_deref(),
        class: &entry.class,
        object,
        outcome: entry.outcome,
        purpose: entry.purpose.as_deref(),
    })
}

/// The entry's bytes. An object that would not fit is cut, and what was cut stays provable by its hash.
pub fn canonical(entry: &Entry) -> Result<Vec<u8>, serde_json::Error> {
    let whole = spelled(entry, &entry.object)?;
    if whole.len() + SALT_BYTES <= PAYLOAD_BYTES_MAX {
        return Ok(whole);
    }
    let kept: String = entry.object.chars().take(OBJECT_CHARS_KEPT).collect();
    let hash = hex::encode(Sha256::digest(&entry.object));
    spelled(entry, &format!("{kept}… [cut: {} bytes, SHA-256 {hash}]", entry.object.len()))
}

#[cfg(test)]
mod tests {
    use shouhu_ids::Micros;

    use super::*;

    fn entry(object: &str) -> Entry {
        Entry {
            at_us: Micros(1_790_000_000_000_000),
            actor: "a".into(),
            actor_name: "王小明 \"x\"\n".into(),
            action: "GET /v1/sightings".into(),
            class: "personal_read".into(),
            purpose: Some("dispatch".into()),
            case_ref: None,
            object: object.into(),
            outcome: 200,
        }
    }

    #[test]
    fn the_bytes_are_those_of_rfc_8785() -> Result<(), serde_json::Error> {
        let expected = "{\"action\":\"GET /v1/sightings\",\"actor\":\"a\",\"actor_name\":\"王小明 \\\"x\\\"\\n\",\
            \"at_us\":1790000000000000,\"case_ref\":null,\"class\":\"personal_read\",\"object\":\"plate\",\"outcome\":200,\"purpose\":\"dispatch\"}";
        assert_eq!(String::from_utf8_lossy(&canonical(&entry("plate"))?), expected);
        assert_eq!(serde_json::from_str::<Entry>(expected)?, entry("plate"));
        Ok(())
    }

    #[test]
    fn an_object_too_long_for_a_bundle_is_cut_and_stays_provable() -> Result<(), serde_json::Error> {
        let long = "車".repeat(40_000);
        let bytes = canonical(&entry(&long))?;
        assert!(bytes.len() + SALT_BYTES <= PAYLOAD_BYTES_MAX);
        let read: Entry = serde_json::from_slice(&bytes)?;
        assert!(read.object.contains(&hex::encode(Sha256::digest(&long))) && read.object.contains("120000 bytes"));
        Ok(())
    }
}
