//! Taking the log, or one proof, out of the house, so that others can check it without us.

use std::collections::HashMap;

use shouhu_files::Files;
use shouhu_store::{Store, params};
use shouhu_tlog::{
    Bundle, Hash, LogProof, Note, TILE_HASHES, TileId, TilePath, inclusion_spans, parse_tile, span_hash, tiles_of, write_bundle,
};

use crate::head::as_i64;
use crate::pages::Stored;
use crate::vault::Opened;
use crate::{Audit, AuditError};

const HASH_BYTES: usize = 32;

/// One entry's proof as a file (`.tlog-proof`) that anybody can check with the log's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryProof {
    pub seq: i64,
    /// C2SP tlog-proof; the extra line carries salt and entry.
    pub text: String,
}

fn not_read(error: impl ToString) -> AuditError {
    AuditError::NotRead { detail: error.to_string() }
}

/// The last signed checkpoint in a copy of a database that nobody logs to; `None` of an empty log.
///
/// # Errors
/// When the database fails.
pub async fn checkpoint_in(store: &Store) -> Result<Option<Note>, AuditError> {
    let row = store.fetch_opt("SELECT note FROM audit_checkpoint ORDER BY hour DESC LIMIT 1", vec![]).await;
    let note = row.map_err(|e| AuditError::not_read(&e))?.map(|row| row.text("note")).transpose();
    note.map_err(|e| AuditError::not_read(&e))?.map(|note| note.parse()).transpose().map_err(not_read)
}

impl Audit {
    /// The last signed checkpoint; `None` of an empty log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoint(&self) -> Result<Option<Note>, AuditError> {
        self.ready().await?;
        checkpoint_in(&self.store).await
    }

    async fn newest(&self) -> Result<Note, AuditError> {
        self.checkpoint().await?.ok_or(AuditError::NoSuchLeaf { seq: 1 })
    }

    pub(crate) async fn tile(&self, id: TileId, size: u64) -> Result<Vec<Hash>, AuditError> {
        let sql = "SELECT hashes FROM audit_tile WHERE level = $1 AND tile = $2";
        let row = self.store.fetch_one(sql, params![i64::from(id.level), as_i64(id.index)]).await;
        let bytes = row.and_then(|row| row.blob("hashes")).map_err(|e| AuditError::not_read(&e))?;
        let width = id.width_at(size);
        parse_tile(bytes.get(..width * HASH_BYTES).unwrap_or(&bytes), width).map_err(not_read)
    }

    /// Writes the log as it was signed last: `checkpoint`, `log.key`, `tile/…` and `tile/entries/…` (C2SP tlog-tiles; an entry
    /// that is erased has length 0). Returns how many leaves there are.
    ///
    /// # Errors
    /// When the database or the folder fails, or an entry was changed.
    pub async fn export(&self, files: &dyn Files) -> Result<u64, AuditError> {
        self.export_under(files, &self.newest().await?).await
    }

    /// As `export`, of the log as it was at a checkpoint of its own, such as one that witnesses have signed.
    ///
    /// # Errors
    /// As `export`, and when the checkpoint is not one of this log.
    pub async fn export_under(&self, files: &dyn Files, note: &Note) -> Result<u64, AuditError> {
        let size = self.opened(note).await?.size;
        let mut level = 0;
        while (TileId { level, index: 0 }).width_at(size) > 0 {
            let mut id = TileId { level, index: 0 };
            while id.width_at(size) > 0 {
                let hashes = self.tile(id, size).await?;
                let name = TilePath::of_tile(id, hashes.len()).to_string();
                files.put(&name, &shouhu_tlog::write_tile(&hashes)).map_err(not_read)?;
                if level == 0 {
                    self.export_bundle(files, id.index, hashes.len()).await?;
                }
                id.index += 1;
            }
            level += 1;
        }
        files.put("log.key", format!("{}\n", self.log_key().await?).as_bytes()).map_err(not_read)?;
        // Last: a folder with a checkpoint is whole.
        files.put("checkpoint", note.to_string().as_bytes()).map_err(not_read)?;
        Ok(size)
    }

    async fn export_bundle(&self, files: &dyn Files, index: u64, width: usize) -> Result<(), AuditError> {
        let first = as_i64(index * TILE_HASHES as u64) + 1;
        let last = first + i64::try_from(width).unwrap_or(0) - 1;
        let sql = format!("SELECT {} FROM audit_entry WHERE seq BETWEEN $1 AND $2 ORDER BY seq", Stored::COLUMNS);
        let rows = self.store.fetch(&sql, params![first, last]).await.map_err(|e| AuditError::not_read(&e))?;
        let mut bundle = Bundle::with_capacity(width);
        for row in &rows {
            let stored = Stored::of(row)?;
            bundle.push(match stored.open(&self.vault)? {
                Opened::Payload(payload) => Some(payload),
                Opened::NoKey => None,
                Opened::Damaged if stored.sealed.is_empty() => None,
                Opened::Damaged => return Err(not_read(format!("the entry of leaf {} was changed: verify the log", stored.seq))),
            });
        }
        let bytes = write_bundle(&bundle).map_err(not_read)?;
        files.put(&TilePath::of_entries(index, width).to_string(), &bytes).map_err(not_read)
    }

    /// The proof of one entry under the last checkpoint.
    ///
    /// # Errors
    /// When there is no such leaf, its entry is erased, or the database fails.
    pub async fn proof(&self, seq: i64) -> Result<EntryProof, AuditError> {
        self.proof_under(seq, self.newest().await?).await
    }

    /// The proof of one entry under a checkpoint of this log.
    ///
    /// # Errors
    /// As `proof`, and when the checkpoint is not one of this log.
    pub async fn proof_under(&self, seq: i64, note: Note) -> Result<EntryProof, AuditError> {
        let missing = || AuditError::NoSuchLeaf { seq };
        let checkpoint = self.opened(&note).await?;
        let index = u64::try_from(seq - 1).map_err(|_| missing())?;
        if index >= checkpoint.size {
            return Err(missing());
        }
        let sql = format!("SELECT {} FROM audit_entry WHERE seq = $1", Stored::COLUMNS);
        let row = self.store.fetch_opt(&sql, params![seq]).await.map_err(|e| AuditError::not_read(&e))?;
        let stored = Stored::of(&row.ok_or_else(missing)?)?;
        let Opened::Payload(payload) = stored.open(&self.vault)? else { return Err(missing()) };
        let spans = inclusion_spans(index, checkpoint.size);
        let mut tiles = HashMap::new();
        for id in tiles_of(&spans) {
            tiles.insert(id, self.tile(id, checkpoint.size).await?);
        }
        let hash = |span| span_hash(span, |id| tiles.get(&id).map(Vec::as_slice));
        let proof = spans.into_iter().map(hash).collect::<Option<Vec<Hash>>>().ok_or_else(|| not_read("tiles are missing"))?;
        Ok(EntryProof { seq, text: LogProof { extra: Some(payload), index, proof, checkpoint: note }.to_string() })
    }
}
