//! Erasing entries by law: the key of their day and class is destroyed, their leaves stand, and a leaf says so.

use serde::{Deserialize, Serialize};
use shouhu_store::params;
use shouhu_tlog::{Hash, root_of};

use crate::erase_entries::last_key_no;
use crate::head::{begin_locked, written};
use crate::vault::{LOG_CLASS, OTHER_CLASS, key_class};
use crate::{Audit, AuditError, Entry};

pub(crate) const ERASE_ACTION: &str = "audit.erase";

/// Classes whose days may be erased; the log's own entries stay.
pub const ERASABLE_CLASSES: [&str; 5] = ["personal_read", "work_read", "write", "security", OTHER_CLASS];

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
        let last = last_key_no(&mut tx, class, day).await?;
        written(tx.commit().await)?;
        self.destroy_keys(class, day, last)?;
        Ok(erasure)
    }

    fn destroy_keys(&self, class: &str, day: i64, last: i64) -> Result<(), AuditError> {
        (0..=last).try_for_each(|key_no| self.vault.destroy(class, key_no, day))
    }

    /// Days before `until_day` (since 1970, UTC) of a class that has entries and was not erased, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn days_until(&self, class: &str, until_day: i64) -> Result<Vec<i64>, AuditError> {
        self.ready().await?;
        let sql = "SELECT DISTINCT day FROM audit_entry WHERE class = $1 AND day < $2 AND NOT EXISTS \
                   (SELECT 1 FROM audit_erasure e WHERE e.day = audit_entry.day AND e.class = audit_entry.class) ORDER BY day";
        let rows = self.store.fetch(sql, params![class, until_day]).await.map_err(|e| AuditError::not_read(&e))?;
        rows.iter().map(|row| row.int("day").map_err(|e| AuditError::not_read(&e))).collect()
    }

    /// Destroys the keys of days that are on the list of erased ones and still have them: a crash came between the two.
    /// Returns how many days that were.
    ///
    /// # Errors
    /// When the database or the folder of keys fails.
    pub async fn finish_erasures(&self) -> Result<usize, AuditError> {
        let sql = "SELECT r.day AS day, r.class AS class, (SELECT MAX(e.key_no) FROM audit_entry e WHERE e.day = r.day AND e.class = r.class) \
                   AS last FROM audit_erasure r";
        let rows = self.store.fetch(sql, vec![]).await.map_err(|e| AuditError::not_read(&e))?;
        let mut finished = 0;
        for row in &rows {
            let read = || Ok((row.int("day")?, row.text("class")?, row.opt_int("last")?.unwrap_or_default()));
            let (day, class, last) = read().map_err(|e| AuditError::not_read(&e))?;
            let mut has_keys = false;
            for key_no in 0..=last {
                has_keys |= self.vault.has_key(&class, key_no, day)?;
            }
            if has_keys {
                self.destroy_keys(&class, day, last)?;
                finished += 1;
            }
        }
        Ok(finished)
    }
}
