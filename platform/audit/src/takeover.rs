//! The leaves of the older hash chain, taken over as entries of this log: each with its old text byte by byte, then one entry
//! that names the chain's last hash. Nothing is lost, and what was wrong with the chain is said in that entry.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use shouhu_ids::Micros;
use shouhu_store::{Row, Store, Tx, params};

use crate::canonical::{PAYLOAD_BYTES_MAX, SALT_BYTES};
use crate::head::{Head, as_i64, begin_locked, written};
use crate::vault::{LOG_CLASS, Sealed, Vault, key_class};
use crate::{AuditError, Entry};

/// Leaves that one transaction takes over.
const PAGE: i64 = 2_000;

/// How far the chain was followed.
struct Chain {
    leaves: i64,
    hash: String,
    bad_seq: Option<i64>,
}

#[derive(Deserialize)]
struct Class {
    class: String,
}

/// The link of the older chain: hex SHA-256(hex of the hash before ‖ entry's text).
fn link(before: &str, entry: &str) -> String {
    hex::encode(Sha256::new().chain_update(before).chain_update(entry).finalize())
}

/// Takes over the next leaves; `None` when there is nothing left to do. The given head is the one that was last committed.
pub async fn take_some(store: &Store, vault: &Vault, known: Option<&Head>) -> Result<Option<Head>, AuditError> {
    let mut tx = begin_locked(store).await?;
    let mut head = Head::current(&mut tx, vault, known).await?;
    let state = written(tx.fetch_one("SELECT chain_leaves, chain_hash, chain_bad_seq, is_chain_done FROM audit_log", vec![]).await)?;
    if written(state.truth("is_chain_done"))? {
        return Ok(None);
    }
    let mut chain = Chain {
        leaves: written(state.int("chain_leaves"))?,
        hash: written(state.text("chain_hash"))?,
        bad_seq: written(state.opt_int("chain_bad_seq"))?,
    };
    let rows = tx.fetch("SELECT seq, at_us, entry, hash FROM audit_leaf ORDER BY seq LIMIT $1", params![PAGE]).await;
    let rows = written(rows)?;
    let first = as_i64(head.tree.size()) + 1;
    let is_done = rows.is_empty();
    let sealed = if is_done { chain.last_word(vault, first)? } else { chain.follow(vault, first, &rows)? };
    if !sealed.is_empty() {
        head.grow(&mut tx, vault, &sealed).await?;
    }
    keep(&mut tx, &chain, &rows, is_done).await?;
    written(tx.commit().await)?;
    if is_done && !sealed.is_empty() {
        tracing::info!(leaves = chain.leaves, bad_seq = chain.bad_seq, "the older audit chain stands in the Merkle log");
    }
    Ok(Some(head))
}

async fn keep(tx: &mut Tx, chain: &Chain, rows: &[Row], is_done: bool) -> Result<(), AuditError> {
    if let Some(last) = rows.last() {
        written(tx.execute("DELETE FROM audit_leaf WHERE seq <= $1", params![written(last.int("seq"))?]).await)?;
    }
    let sql = "UPDATE audit_log SET chain_leaves = $1, chain_hash = $2, chain_bad_seq = $3, is_chain_done = $4";
    written(tx.execute(sql, params![chain.leaves, &chain.hash, chain.bad_seq, is_done]).await)?;
    Ok(())
}

impl Chain {
    fn follow(&mut self, vault: &Vault, first: i64, rows: &[Row]) -> Result<Vec<Sealed>, AuditError> {
        let mut sealed = Vec::with_capacity(rows.len());
        for (seq, row) in (first..).zip(rows) {
            let (old_seq, entry, hash) = (written(row.int("seq"))?, written(row.text("entry"))?, written(row.text("hash"))?);
            if self.bad_seq.is_none() && (old_seq != self.leaves + 1 || hash != link(&self.hash, &entry)) {
                self.bad_seq = Some(self.leaves + 1);
            }
            self.leaves += 1;
            self.hash = hash;
            let class = serde_json::from_str::<Class>(&entry).map_or("", |found| key_class(&found.class));
            let at = Micros(written(row.int("at_us"))?);
            // Only a text that no bundle can hold is spelled anew, with its object cut.
            sealed.push(match serde_json::from_str::<Entry>(&entry) {
                Ok(long) if entry.len() + SALT_BYTES > PAYLOAD_BYTES_MAX => vault.seal(seq, &long)?,
                _ => vault.seal_bytes(seq, key_class(class), at, entry.as_bytes())?,
            });
        }
        Ok(sealed)
    }

    /// The entry that binds the end of the chain into this log; none when there was no chain.
    fn last_word(&self, vault: &Vault, seq: i64) -> Result<Vec<Sealed>, AuditError> {
        if self.leaves == 0 {
            return Ok(Vec::new());
        }
        let object = serde_json::json!({ "bad_seq": self.bad_seq, "last_hash": self.hash, "leaves": self.leaves });
        let entry = Entry {
            at_us: vault.env.now(),
            actor: "none".into(),
            actor_name: "shouhu".into(),
            action: "audit.takeover".into(),
            class: LOG_CLASS.into(),
            purpose: None,
            case_ref: None,
            object: object.to_string(),
            outcome: 200,
        };
        Ok(vec![vault.seal(seq, &entry)?])
    }
}
