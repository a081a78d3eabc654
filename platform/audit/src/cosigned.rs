//! What witnesses need of this log, and what they gave: proofs that it grew, and checkpoints with their signatures.
//!
//! A cosigned checkpoint lies beside the log's own ones and not in their place: the log signs each group of entries and never
//! waits for others; a witness follows some seconds behind.

use std::collections::HashMap;

use shouhu_ids::Micros;
use shouhu_store::params;
use shouhu_tlog::{Checkpoint, Hash, Note, VerifierKey, consistency_spans, cosigned_at_s, span_hash, tiles_of};

use crate::head::{as_i64, begin_locked, written};
use crate::{Audit, AuditError};

fn not_read(error: impl ToString) -> AuditError {
    AuditError::NotRead { detail: error.to_string() }
}

impl Audit {
    /// The checkpoint of a note of ours.
    ///
    /// # Errors
    /// When it is none, or the database fails.
    pub async fn opened(&self, note: &Note) -> Result<Checkpoint, AuditError> {
        Checkpoint::opened(note, &self.log_key().await?).map_err(not_read)
    }

    /// The hashes that prove that the log of `size` leaves grew out of the one of `old` leaves (RFC 6962 §2.1.2).
    ///
    /// # Errors
    /// When the log is not that long, or the database fails.
    pub async fn growth(&self, old: u64, size: u64) -> Result<Vec<Hash>, AuditError> {
        let spans = consistency_spans(old, size);
        let mut tiles = HashMap::new();
        for id in tiles_of(&spans) {
            tiles.insert(id, self.tile(id, size).await?);
        }
        let hash = |span| span_hash(span, |id| tiles.get(&id).map(Vec::as_slice));
        spans.into_iter().map(hash).collect::<Option<Vec<Hash>>>().ok_or_else(|| not_read("tiles are missing"))
    }

    /// Keeps a checkpoint with the cosignatures that are good, together with those that were kept for it before. Returns how
    /// many of the witnesses have signed it now.
    ///
    /// # Errors
    /// When the checkpoint is not of this log, or could not be made durable.
    pub async fn keep_cosigned(&self, note: &Note, witnesses: &[VerifierKey]) -> Result<usize, AuditError> {
        let checkpoint = self.opened(note).await?;
        let log = self.log_key().await?;
        let mut tx = begin_locked(&self.store).await?;
        let rows = written(tx.fetch("SELECT note FROM audit_cosigned WHERE size = $1", params![as_i64(checkpoint.size)]).await)?;
        let mut lines = note.signatures.clone();
        for row in &rows {
            let kept: Note = written(row.text("note"))?.parse().map_err(not_read)?;
            // Of the same size and another root: not a checkpoint that may be joined with this one.
            if kept.text == note.text {
                lines.extend(kept.signatures);
            }
        }
        let mut joined = Note { text: note.text.clone(), signatures: Vec::new() };
        let mut signers = 0;
        for line in lines {
            let alone = Note { text: note.text.clone(), signatures: vec![line] };
            let is_new = |key: &VerifierKey| cosigned_at_s(&alone, key).is_ok() && cosigned_at_s(&joined, key).is_err();
            let is_witness = witnesses.iter().any(is_new);
            let is_log = alone.checked_by(&log).is_ok() && joined.checked_by(&log).is_err();
            if is_witness || is_log {
                signers += usize::from(is_witness);
                joined.signatures.extend(alone.signatures);
            }
        }
        if signers == 0 {
            return Ok(0);
        }
        let hour = self.store.env().now().0.div_euclid(Micros::HOUR);
        let sql = "INSERT INTO audit_cosigned (hour, signers, size, note) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (hour, signers) DO UPDATE SET size = excluded.size, note = excluded.note \
                   WHERE excluded.size >= audit_cosigned.size";
        let count = i64::try_from(signers).unwrap_or(i64::MAX);
        written(tx.execute(sql, params![hour, count, as_i64(checkpoint.size), joined.to_string()]).await)?;
        written(tx.commit().await)?;
        Ok(signers)
    }

    /// The newest checkpoint that at least so many witnesses have signed; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cosigned(&self, signers: usize) -> Result<Option<Note>, AuditError> {
        let sql = "SELECT note FROM audit_cosigned WHERE signers >= $1 ORDER BY size DESC, signers DESC LIMIT 1";
        let signers = i64::try_from(signers).unwrap_or(i64::MAX);
        let row = self.store.fetch_opt(sql, params![signers]).await.map_err(|e| AuditError::not_read(&e))?;
        let note = row.map(|row| row.text("note")).transpose().map_err(|e| AuditError::not_read(&e))?;
        note.map(|note| note.parse()).transpose().map_err(not_read)
    }
}
