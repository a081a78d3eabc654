//! Salting, sealing and opening entries; the log's own secret.

use std::sync::Arc;

use shouhu_blobs::{Key, Keys, open_sealed, seal};
use shouhu_env::Env;
use shouhu_ids::Micros;
use shouhu_tlog::{Hash, leaf_hash};

use crate::canonical::{SALT_BYTES, canonical};
use crate::{AuditError, Entry};

/// What the log says about itself; its keys are never destroyed.
pub const LOG_CLASS: &str = "log";
/// Classes with keys of their own; anything else shares one.
const CLASSES: [&str; 5] = ["personal_read", "work_read", "write", "security", LOG_CLASS];
pub const OTHER_CLASS: &str = "other";
/// File of the log's secret in the folder of keys.
const LOG_KEY_NAME: &str = "audit-log";

/// Keys and randomness, cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pub env: Env,
    keys: Keys,
    log_secret: Arc<Key>,
}

/// An entry that is ready to be stored.
pub struct Sealed {
    pub day: i64,
    pub class: &'static str,
    pub leaf: Hash,
    pub sealed: Vec<u8>,
}

/// What is left of an entry.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened {
    /// Salt and entry, as they were hashed.
    Payload(Vec<u8>),
    /// There is no key for it.
    NoKey,
    /// There is a key and it does not open.
    Damaged,
}

/// The class by which an entry's key goes.
pub fn key_class(class: &str) -> &'static str {
    CLASSES.into_iter().find(|known| *known == class).unwrap_or(OTHER_CLASS)
}

/// The folder of a class's keys; `key_no` counts those that came after an erasure of single entries.
fn folder(class: &str, key_no: i64) -> String {
    if key_no == 0 { format!("audit-{class}") } else { format!("audit-{class}-{key_no}") }
}

fn bound_name(seq: i64, class: &str, day: i64) -> String {
    format!("audit {seq} {class} {day}")
}

/// The entry behind the salt.
pub fn entry_of(payload: &[u8]) -> Option<Entry> {
    serde_json::from_slice(payload.get(SALT_BYTES..)?).ok()
}

impl Vault {
    pub fn new(env: Env, keys: Keys) -> Result<Self, AuditError> {
        let log_secret = Arc::new(keys.lasting(LOG_KEY_NAME)?);
        Ok(Self { env, keys, log_secret })
    }

    pub fn log_secret(&self) -> Key {
        *self.log_secret
    }

    pub fn seal(&self, seq: i64, entry: &Entry) -> Result<Sealed, AuditError> {
        let bytes = canonical(entry).map_err(|e| AuditError::NotWritten { detail: e.to_string() })?;
        self.seal_bytes(seq, key_class(&entry.class), entry.at_us, &bytes)
    }

    /// Bytes that are an entry already, in whatever spelling. Must be called while the log is locked: of two servers on one
    /// database only one may then make the day's key.
    pub fn seal_bytes(&self, seq: i64, class: &'static str, at: Micros, bytes: &[u8]) -> Result<Sealed, AuditError> {
        let payload = [self.env.random.bytes32().as_slice(), bytes].concat();
        let day = at.day();
        let sealed = self.seal_payload(seq, class, 0, day, &payload)?;
        Ok(Sealed { day, class, leaf: leaf_hash(&payload), sealed })
    }

    /// Salt and entry as they were hashed, under one of the day's keys. To be called as `seal_bytes` is.
    pub fn seal_payload(&self, seq: i64, class: &str, key_no: i64, day: i64, payload: &[u8]) -> Result<Vec<u8>, AuditError> {
        let key = self.keys.of_day_or_new(&folder(class, key_no), day)?;
        Ok(seal(&self.env, &key, &bound_name(seq, class, day), payload))
    }

    pub fn open(&self, seq: i64, class: &str, key_no: i64, day: i64, sealed: &[u8]) -> Result<Opened, AuditError> {
        let Some(key) = self.keys.of_day(&folder(class, key_no), day)? else { return Ok(Opened::NoKey) };
        Ok(match open_sealed(&key, &bound_name(seq, class, day), sealed) {
            Some(payload) if payload.len() >= SALT_BYTES => Opened::Payload(payload),
            _ => Opened::Damaged,
        })
    }

    pub fn destroy(&self, class: &str, key_no: i64, day: i64) -> Result<(), AuditError> {
        Ok(self.keys.destroy_day(&folder(class, key_no), day)?)
    }

    pub fn has_key(&self, class: &str, key_no: i64, day: i64) -> Result<bool, AuditError> {
        Ok(self.keys.of_day(&folder(class, key_no), day)?.is_some())
    }

    /// The last checkpoint that was published, kept apart from the database: a database that is shorter, or another, has lost
    /// or changed something.
    pub fn anchor(&self, origin: &str) -> Result<Option<String>, AuditError> {
        Ok(self.keys.note(&anchor_name(origin))?)
    }

    pub fn keep_anchor(&self, origin: &str, note: &str) -> Result<(), AuditError> {
        Ok(self.keys.keep_note(&anchor_name(origin), note)?)
    }
}

fn anchor_name(origin: &str) -> String {
    origin.replace('/', "-")
}
