//! Reading the log.

use shouhu_ids::Micros;
use shouhu_store::{Row, params};

use crate::vault::{Opened, Vault, entry_of};
use crate::{Audit, AuditError, Entry, Leaf};

/// A row of `audit_entry`.
pub struct Stored {
    pub seq: i64,
    pub day: i64,
    pub class: String,
    pub leaf: Vec<u8>,
    pub sealed: Vec<u8>,
    /// Which of the day's keys it is sealed with.
    pub key_no: i64,
}

impl Stored {
    pub const COLUMNS: &'static str = "seq, day, class, leaf, sealed, key_no";

    pub fn of(row: &Row) -> Result<Self, AuditError> {
        let read = || {
            Ok(Self {
                seq: row.int("seq")?,
                day: row.int("day")?,
                class: row.text("class")?,
                leaf: row.blob("leaf")?,
                sealed: row.blob("sealed")?,
                key_no: row.int("key_no")?,
            })
        };
        read().map_err(|e| AuditError::not_read(&e))
    }

    pub fn open(&self, vault: &Vault) -> Result<Opened, AuditError> {
        vault.open(self.seq, &self.class, self.key_no, self.day, &self.sealed)
    }

    fn shown(&self, vault: &Vault) -> Result<Leaf, AuditError> {
        let opened = self.open(vault)?;
        let entry = match &opened {
            Opened::Payload(payload) => entry_of(payload),
            Opened::NoKey | Opened::Damaged => None,
        };
        let damaged = || AuditError::NotRead { detail: format!("the entry of leaf {} was changed: verify the log", self.seq) };
        let (entry, is_erased) = match entry {
            Some(entry) => (entry, false),
            None if opened == Opened::NoKey || self.sealed.is_empty() => (self.remains(), true),
            None => return Err(damaged()),
        };
        Ok(Leaf { seq: self.seq, entry, hash: hex::encode(&self.leaf), is_erased })
    }

    /// What an erasure leaves.
    fn remains(&self) -> Entry {
        Entry {
            at_us: Micros(self.day.saturating_mul(Micros::DAY)),
            actor: String::new(),
            actor_name: String::new(),
            action: String::new(),
            class: self.class.clone(),
            purpose: None,
            case_ref: None,
            object: String::new(),
            outcome: 0,
        }
    }
}

impl Audit {
    /// Leaves before `before_seq` (or the newest), newest first.
    ///
    /// # Errors
    /// When the database fails, or an entry does not open with its key.
    pub async fn page(&self, before_seq: Option<i64>, limit: i64) -> Result<Vec<Leaf>, AuditError> {
        self.ready().await?;
        let sql = format!("SELECT {} FROM audit_entry WHERE seq < $1 ORDER BY seq DESC LIMIT $2", Stored::COLUMNS);
        let rows = self.store.fetch(&sql, params![before_seq.unwrap_or(i64::MAX), limit]).await;
        let rows = rows.map_err(|e| AuditError::not_read(&e))?;
        rows.iter().map(|row| Stored::of(row)?.shown(&self.vault)).collect()
    }
}
