//! The log's right end in the database: reading it back, checking it against what was signed, and growing it.

use shouhu_store::{Backend, Store, StoreError, Tx, params, placeholders};
use shouhu_tlog::{Checkpoint, Hash, Note, Signer, Tree, parse_tile, root_spans, span_hash, tiles_of, write_tile};

use crate::AuditError;
use crate::vault::{Sealed, Vault};
use std::collections::HashMap;

/// Rows that one INSERT carries.
const ROWS_AT_ONCE: usize = 64;
const COLUMNS: usize = 5;

/// The log as it is after a commit.
#[derive(Clone)]
pub struct Head {
    pub origin: String,
    pub tree: Tree,
    pub note: Option<Note>,
}

pub async fn origin(store: &Store) -> Result<Option<String>, AuditError> {
    let row = store.fetch_opt("SELECT origin FROM audit_log", vec![]).await.map_err(|e| AuditError::not_read(&e))?;
    row.map(|row| row.text("origin")).transpose().map_err(|e| AuditError::not_read(&e))
}

pub fn written<T>(result: Result<T, StoreError>) -> Result<T, AuditError> {
    result.map_err(|e| AuditError::not_written(&e))
}

fn changed(detail: impl Into<String>) -> AuditError {
    AuditError::Changed { detail: detail.into() }
}

pub fn as_i64(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Begins to write; on PostgreSQL other servers on the same log now wait.
pub async fn begin_locked(store: &Store) -> Result<Tx, AuditError> {
    let mut tx = written(store.begin().await)?;
    if store.backend() == Backend::Postgres {
        written(tx.execute("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE", vec![]).await)?;
    }
    Ok(tx)
}

/// The hashes of a tile in a tree of `size` leaves.
async fn tile(tx: &mut Tx, id: shouhu_tlog::TileId, size: u64) -> Result<Vec<Hash>, AuditError> {
    let row = tx
        .fetch_opt("SELECT hashes FROM audit_tile WHERE level = $1 AND tile = $2", params![i64::from(id.level), as_i64(id.index)])
        .await;
    let row = written(row)?.ok_or_else(|| changed(format!("tile {} of level {} is missing", id.index, id.level)))?;
    let bytes = written(row.blob("hashes"))?;
    let width = id.width_at(size);
    let cut = bytes.get(..width * 32).ok_or_else(|| changed(format!("tile {} of level {} is cut short", id.index, id.level)))?;
    parse_tile(cut, width).map_err(|e| changed(e.to_string()))
}

/// Root that the stored tiles give for an earlier size.
async fn root_at(tx: &mut Tx, size: u64) -> Result<Hash, AuditError> {
    let spans = root_spans(size);
    let mut tiles = HashMap::new();
    for id in tiles_of(&spans) {
        tiles.insert(id, tile(tx, id, size).await?);
    }
    let root = spans.first().and_then(|span| span_hash(*span, |id| tiles.get(&id).map(Vec::as_slice)));
    root.ok_or_else(|| changed("tiles are missing"))
}

impl Head {
    /// The head as the database has it: the one in memory when nobody else has written since, or read back and checked
    /// against every checkpoint that is remembered.
    pub async fn current(tx: &mut Tx, vault: &Vault, known: Option<&Self>) -> Result<Self, AuditError> {
        let last = written(tx.fetch_opt("SELECT seq, leaf FROM audit_entry ORDER BY seq DESC LIMIT 1", vec![]).await)?;
        let size = match &last {
            Some(row) => u64::try_from(written(row.int("seq"))?).map_err(|_| changed("a leaf has a negative number"))?,
            None => 0,
        };
        let noted = written(tx.fetch_opt("SELECT note FROM audit_checkpoint ORDER BY hour DESC LIMIT 1", vec![]).await)?;
        let noted = noted.map(|row| row.text("note")).transpose();
        let noted = written(noted)?;
        if let Some(known) = known
            && known.tree.size() == size
            && known.note.as_ref().map(ToString::to_string) == noted
        {
            return Ok(known.clone());
        }
        let head = Self::read_back(tx, vault, size, noted).await?;
        if let Some(known) = known {
            let before = Checkpoint::of(&known.origin, known.tree.size(), known.tree.root());
            head.must_continue(tx, &before, "what this server wrote").await?;
        }
        Ok(head)
    }

    async fn read_back(tx: &mut Tx, vault: &Vault, size: u64, noted: Option<String>) -> Result<Self, AuditError> {
        let origin = match written(tx.fetch_opt("SELECT origin FROM audit_log", vec![]).await)? {
            Some(row) => written(row.text("origin"))?,
            None => found(tx, vault).await?,
        };
        let mut edge = Vec::new();
        for id in Tree::edge_tiles(size) {
            edge.resize(usize::from(id.level), Vec::new());
            edge.push(tile(tx, id, size).await?);
        }
        let tree = Tree::resume(size, edge).map_err(|e| changed(e.to_string()))?;
        let log = Signer::new(&origin, &vault.log_secret())?.verifier();
        let opened = |text: &str| -> Result<(Note, Checkpoint), AuditError> {
            let note: Note = text.parse().map_err(|e: shouhu_tlog::NoteError| changed(e.to_string()))?;
            let checkpoint = Checkpoint::opened(&note, &log).map_err(|e| changed(e.to_string()))?;
            Ok((note, checkpoint))
        };
        let noted = noted.as_deref().map(opened).transpose()?;
        let anchor = vault.anchor(&origin)?.as_deref().map(opened).transpose()?;
        let head = Self { origin, tree, note: noted.as_ref().map(|(note, _)| note.clone()) };
        match &noted {
            Some((_, checkpoint)) if checkpoint.size != size => {
                return Err(changed(format!("{size} leaves are stored, {} are signed", checkpoint.size)));
            }
            None if size > 0 => return Err(changed(format!("{size} leaves are stored, none is signed"))),
            _ => {}
        }
        for (what, remembered) in [("the last signed checkpoint", &noted), ("the checkpoint kept beside the keys", &anchor)] {
            if let Some((_, checkpoint)) = remembered {
                head.must_continue(tx, checkpoint, what).await?;
            }
        }
        Ok(head)
    }

    /// Is the log that is stored one that grew out of `before`?
    async fn must_continue(&self, tx: &mut Tx, before: &Checkpoint, what: &str) -> Result<(), AuditError> {
        let size = self.tree.size();
        if before.size > size {
            return Err(changed(format!("{size} leaves are stored, {what} has {}", before.size)));
        }
        if root_at(tx, before.size).await? == before.root {
            return Ok(());
        }
        Err(changed(format!("{what} over {} leaves has another root", before.size)))
    }

    /// Adds entries and the signed checkpoint over them; the head is then what a commit will make true.
    pub async fn grow(&mut self, tx: &mut Tx, vault: &Vault, entries: &[Sealed]) -> Result<(), AuditError> {
        let mut seq = as_i64(self.tree.size());
        for rows in entries.chunks(ROWS_AT_ONCE) {
            let mut values = Vec::with_capacity(rows.len() * COLUMNS);
            for row in rows {
                seq += 1;
                self.tree.push(row.leaf);
                values.extend(params![seq, row.day, row.class, row.leaf.as_slice(), row.sealed.as_slice()]);
            }
            let lists: Vec<String> =
                (0..rows.len()).map(|row| format!("({})", placeholders(row * COLUMNS + 1..=(row + 1) * COLUMNS))).collect();
            let sql = format!("INSERT INTO audit_entry (seq, day, class, leaf, sealed) VALUES {}", lists.join(", "));
            written(tx.execute(&sql, values).await)?;
        }
        for (id, hashes) in self.tree.take_grown() {
            let sql = "INSERT INTO audit_tile (level, tile, hashes) VALUES ($1, $2, $3) \
                       ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes";
            written(tx.execute(sql, params![i64::from(id.level), as_i64(id.index), write_tile(&hashes)]).await)?;
        }
        let signer = Signer::new(&self.origin, &vault.log_secret())?;
        let note = Checkpoint::of(&self.origin, self.tree.size(), self.tree.root()).signed_by(&signer)?;
        let hour = vault.env.now().0.div_euclid(shouhu_ids::Micros::HOUR);
        // A clock that was set back must not leave an older checkpoint as the newest of a later hour.
        let sql = "INSERT INTO audit_checkpoint (hour, size, note) \
                   VALUES ((SELECT CASE WHEN MAX(hour) > $1 THEN MAX(hour) ELSE $1 END FROM audit_checkpoint), $2, $3) \
                   ON CONFLICT (hour) DO UPDATE SET size = excluded.size, note = excluded.note";
        written(tx.execute(sql, params![hour, as_i64(self.tree.size()), note.to_string()]).await)?;
        self.note = Some(note);
        Ok(())
    }
}

/// Gives a new log its name: random, so that two logs never share one, and so that it tells nothing.
async fn found(tx: &mut Tx, vault: &Vault) -> Result<String, AuditError> {
    let origin = format!("shouhu.audit/{}", hex::encode(vault.env.random.bytes16()));
    let sql = "INSERT INTO audit_log (only_row, origin, chain_leaves, chain_hash, is_chain_done) VALUES (1, $1, 0, '', 0)";
    written(tx.execute(sql, params![&origin]).await)?;
    Ok(origin)
}
