//! Erasing entries by law: the key of their day and class is destroyed, their leaves stand, and a leaf says so.

use serde::{Deserialize, Serialize};
use shouhu_store::params;
use shouhu_tlog::{Hash, root_of};

use crate::head::{begin_locked, written};
use crate::vault::{LOG_CLASS, key_class};
use crate::{Audit, AuditError, Entry};

pub(crate) const ERASE_ACTION: &str = "audit.erase";

/// The certificate of an erasure, which is the object of its own entry: how much, and a root over what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    pub class: String,
    /// Since 1970, UTC.
    pub day: i64,
    pub leaves: i64,
    /// Hex root over the leaves of the erased entries, in the order of the log.
    pub root: String,
    /// Which rule demanded it.
    pub legal_basis: String,
}

impl Audit {
    /// Destroys the key of a class and day, after a leaf that says who did it by which rule. Repeating it is no error.
    ///
    /// # Errors
    /// When the day is not over, the class is the log's own or unknown, or the leaf could not be made durable.
    pub async fn erase(&self, class: &str, day: i64, actor: &str, legal_basis: &str) -> Result<Erasure, AuditError> {
        let refused = |reason| AuditError::NotErased { class: class.to_owned(), day, reason };
        if class == LOG_CLASS || key_class(class) != class {
            return Err(refused("this class has no key that may be destroyed"));
        }
        let now = self.store.env().now();
        if day >= now.day() {
            return Err(refused("the day is not over"));
        }
        let rows = self.store.fetch("SELECT leaf FROM audit_entry WHERE day = $1 AND class = $2 ORDER BY seq", params![day, class]).await;
        let rows = rows.map_err(|e| AuditError::not_read(&e))?;
        let leaves = rows.iter().map(|row| row.blob("leaf").ok().and_then(|leaf| Hash::try_from(leaf).ok())).collect::<Option<Vec<_>>>();
        let leaves = leaves.ok_or_else(|| refused("a leaf is damaged: verify the log"))?;
        let erasure = Erasure {
            class: class.to_owned(),
            day,
            leaves: i64::try_from(leaves.len()).unwrap_or(i64::MAX),
            root: hex::encode(root_of(&leaves)),
            legal_basis: legal_basis.to_owned(),
        };
        let object = serde_json::to_string(&erasure).map_err(|e| AuditError::NotWritten { detail: e.to_string() })?;
        let entry = Entry {
            at_us: now,
            actor: actor.to_owned(),
            actor_name: actor.to_owned(),
            action: ERASE_ACTION.into(),
            class: LOG_CLASS.into(),
            purpose: Some(legal_basis.to_owned()),
            case_ref: None,
            object,
            outcome: 200,
        };
        let seq = self.append(entry).await?;
        // Said before it is done: a crash between leaves a day that can be erased again, never one that vanished unsaid.
        let mut tx = begin_locked(&self.store).await?;
        let sql = "INSERT INTO audit_erasure (day, class, seq) VALUES ($1, $2, $3) ON CONFLICT (day, class) DO NOTHING";
        written(tx.execute(sql, params![day, class, seq]).await)?;
        let emptied = "UPDATE audit_entry SET sealed = $1 WHERE day = $2 AND class = $3";
        written(tx.execute(emptied, params![Vec::<u8>::new(), day, class]).await)?;
        written(tx.commit().await)?;
        self.vault.destroy(class, day)?;
        Ok(erasure)
    }
}
