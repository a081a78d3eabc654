//! Erasing single entries: a right of one person must not wait until a whole day may go, and must not take the day with it.
//!
//! The other entries of that day and class are sealed anew under a further key, and the keys that were used until then are
//! destroyed: the erased entry is then unreadable in every copy. So are the others in copies of the database that were made
//! before; a backup after an erasure is part of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shouhu_store::{Tx, params};

use crate::head::{begin_locked, written};
use crate::pages::Stored;
use crate::vault::{LOG_CLASS, Opened};
use crate::{Audit, AuditError, Entry};

pub(crate) const ERASE_ENTRIES_ACTION: &str = "audit.erase_entries";
/// Entries that are sealed anew in one transaction, while nobody else can write.
const ROWS_AT_ONCE: i64 = 500;
/// Entries of one order.
pub const ERASED_AT_ONCE_MAX: usize = 100;

/// Why, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureOrder {
    /// Which rule demands it, such as `個人資料保護法 §11 III`.
    pub legal_basis: String,
    /// Must not repeat what is erased: it stays.
    pub reason: String,
    pub asked_by: Orderer,
    pub approved_by: Orderer,
}

/// One of the two people of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orderer {
    pub id: String,
    pub name: String,
}

impl Orderer {
    /// Names are shared and change; the certificate stays for ever.
    fn certified(&self) -> String {
        format!("{} ({})", self.name, self.id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedEntry {
    pub seq: i64,
    /// Hex; stays in the log.
    pub leaf: String,
}

/// The certificate of an erasure of single entries of one day and class, which is the object of its own entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryErasure {
    pub class: String,
    /// Since 1970, UTC.
    pub day: i64,
    pub entries: Vec<ErasedEntry>,
    pub legal_basis: String,
    pub reason: String,
    /// Name, and id in brackets.
    pub asked_by: String,
    pub approved_by: String,
}

impl Audit {
    /// Erases entries, after a leaf for each day and class that says which, who and by which rule. Repeating it is no error,
    /// and finishes what a crash left undone; what was certified is not certified again.
    ///
    /// # Errors
    /// Before anything is done: when an entry is not there, is of today, or the log's own, or there are too many of them.
    /// Also when an entry beside them does not open: no key is destroyed while something would be lost that nobody ordered,
    /// and no leaf says that it was.
    pub async fn erase_entries(&self, seqs: &[i64], order: &ErasureOrder) -> Result<Vec<EntryErasure>, AuditError> {
        self.ready().await?;
        let mut groups: BTreeMap<(i64, String), Vec<ErasedEntry>> = BTreeMap::new();
        for seq in seqs {
            let stored = self.erasable(*seq, seqs.len()).await?;
            let group = groups.entry((stored.day, stored.class)).or_default();
            if !group.iter().any(|entry| entry.seq == *seq) {
                group.push(ErasedEntry { seq: *seq, leaf: hex::encode(&stored.leaf) });
            }
        }
        for ((day, class), entries) in &groups {
            self.check_others_open(class, *day, entries).await?;
        }
        let mut done = Vec::new();
        for ((day, class), entries) in groups {
            let erasure = EntryErasure {
                class,
                day,
                entries,
                legal_basis: order.legal_basis.clone(),
                reason: order.reason.clone(),
                asked_by: order.asked_by.certified(),
                approved_by: order.approved_by.certified(),
            };
            self.erase_group(&erasure, &order.approved_by).await?;
            done.push(erasure);
        }
        Ok(done)
    }

    /// Whether `erase_entries` would begin with these.
    ///
    /// # Errors
    /// Why not.
    pub async fn check_erasable(&self, seqs: &[i64]) -> Result<(), AuditError> {
        self.ready().await?;
        for seq in seqs {
            self.erasable(*seq, seqs.len()).await?;
        }
        Ok(())
    }

    async fn erasable(&self, seq: i64, of: usize) -> Result<Stored, AuditError> {
        let sql = format!("SELECT {} FROM audit_entry WHERE seq = $1", Stored::COLUMNS);
        let row = self.store.fetch_opt(&sql, params![seq]).await.map_err(|e| AuditError::not_read(&e))?;
        let stored = Stored::of(&row.ok_or(AuditError::NoSuchLeaf { seq })?)?;
        let refused = |reason| Err(AuditError::NotErased { class: stored.class.clone(), day: stored.day, reason });
        if of > ERASED_AT_ONCE_MAX {
            return refused("more than 100 entries at once");
        }
        if stored.class == LOG_CLASS {
            return refused("what the log says about itself stays");
        }
        if stored.day >= self.store.env().now().day() {
            return refused("the day is not over");
        }
        Ok(stored)
    }

    /// Refuses when the keys of that day could not go: another entry, which would have to be sealed anew, does not open.
    async fn check_others_open(&self, class: &str, day: i64, erased: &[ErasedEntry]) -> Result<(), AuditError> {
        let sql = format!(
            "SELECT {} FROM audit_entry WHERE day = $1 AND class = $2 AND seq > $3 ORDER BY seq LIMIT $4",
            Stored::COLUMNS
        );
        let mut after = 0_i64;
        loop {
            let rows =
                self.store.fetch(&sql, params![day, class, after, ROWS_AT_ONCE]).await.map_err(|e| AuditError::not_read(&e))?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                let stored = Stored::of(row)?;
                after = stored.seq;
                if stored.sealed.is_empty() || erased.iter().any(|entry| entry.seq == stored.seq) {
                    continue;
                }
                if !matches!(stored.open(&self.vault)?, Opened::Payload(_)) {
                    return Err(others_do_not_open(class, day));
                }
            }
        }
    }

    /// Does a leaf say of each of them already that it was erased?
    async fn are_certified(&self, entries: &[ErasedEntry]) -> Result<bool, AuditError> {
        for entry in entries {
            let row = self.store.fetch_opt("SELECT said_seq FROM audit_entry_erasure WHERE seq = $1", params![entry.seq]).await;
            if row.map_err(|e| AuditError::not_read(&e))?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn erase_group(&self, erasure: &EntryErasure, approved_by: &Orderer) -> Result<(), AuditError> {
        let object = serde_json::to_string(erasure).map_err(|e| AuditError::NotWritten { detail: e.to_string() })?;
        let entry = Entry {
            at_us: self.store.env().now(),
            actor: approved_by.id.clone(),
            actor_name: approved_by.name.clone(),
            action: ERASE_ENTRIES_ACTION.into(),
            class: LOG_CLASS.into(),
            purpose: Some(erasure.legal_basis.clone()),
            case_ref: None,
            object,
            outcome: 200,
        };
        // Said before it is done, as a whole day's erasure is. A job that is tried again must not say it each time.
        let said_seq = if self.are_certified(&erasure.entries).await? { None } else { Some(self.append(entry).await?) };
        let mut tx = begin_locked(&self.store).await?;
        for ErasedEntry { seq, .. } in &erasure.entries {
            if let Some(said_seq) = said_seq {
                let sql = "INSERT INTO audit_entry_erasure (seq, said_seq) VALUES ($1, $2) ON CONFLICT (seq) DO NOTHING";
                written(tx.execute(sql, params![*seq, said_seq]).await)?;
            }
            written(tx.execute("UPDATE audit_entry SET sealed = $1 WHERE seq = $2", params![Vec::<u8>::new(), *seq]).await)?;
        }
        written(tx.commit().await)?;
        self.seal_day_anew(&erasure.class, erasure.day).await
    }

    /// Gives the day a key that never sealed the erased entries, then destroys those that did. A run that was cut off left
    /// entries under several keys: the next run takes them all to one more.
    async fn seal_day_anew(&self, class: &str, day: i64) -> Result<(), AuditError> {
        let mut tx = begin_locked(&self.store).await?;
        let next = last_key_no(&mut tx, class, day).await? + 1;
        loop {
            if self.seal_some_anew(&mut tx, class, day, next).await? == 0 {
                // Still locked: nothing can come in under a key that is about to go.
                for key_no in 0..next {
                    self.vault.destroy(class, key_no, day)?;
                }
                return written(tx.commit().await);
            }
            written(tx.commit().await)?;
            tx = begin_locked(&self.store).await?;
        }
    }

    async fn seal_some_anew(&self, tx: &mut Tx, class: &str, day: i64, next: i64) -> Result<usize, AuditError> {
        let sql = format!(
            "SELECT {} FROM audit_entry WHERE day = $1 AND class = $2 AND key_no < $3 ORDER BY seq LIMIT $4",
            Stored::COLUMNS
        );
        let rows = written(tx.fetch(&sql, params![day, class, next, ROWS_AT_ONCE]).await)?;
        for row in &rows {
            let stored = Stored::of(row)?;
            let sealed = match stored.open(&self.vault)? {
                Opened::Payload(payload) => self.vault.seal_payload(stored.seq, class, next, day, &payload)?,
                Opened::NoKey | Opened::Damaged if stored.sealed.is_empty() => Vec::new(),
                Opened::NoKey | Opened::Damaged => return Err(others_do_not_open(class, day)),
            };
            let sql = "UPDATE audit_entry SET sealed = $1, key_no = $2 WHERE seq = $3";
            written(tx.execute(sql, params![sealed, next, stored.seq]).await)?;
        }
        Ok(rows.len())
    }
}

fn others_do_not_open(class: &str, day: i64) -> AuditError {
    AuditError::NotErased { class: class.to_owned(), day, reason: "another entry of that day does not open: verify the log" }
}

/// The highest number of a key of that day and class.
pub(crate) async fn last_key_no(tx: &mut Tx, class: &str, day: i64) -> Result<i64, AuditError> {
    let sql = "SELECT MAX(key_no) AS n FROM audit_entry WHERE day = $1 AND class = $2";
    let row = written(tx.fetch_one(sql, params![day, class]).await)?;
    Ok(written(row.opt_int("n"))?.unwrap_or_default())
}
