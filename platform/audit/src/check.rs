//! Checking the whole log against itself, against everything it ever signed that is still remembered, and against the law.

use std::collections::{BTreeMap, HashMap};

use shouhu_store::params;
use shouhu_tlog::{Checkpoint, Hash, Note, TILE_HASHES, TileId, Tree, VerifierKey, leaf_hash, write_tile};

use crate::erase::{ERASE_ACTION, Erasure};
use crate::erase_entries::{ERASE_ENTRIES_ACTION, EntryErasure};
use crate::head::as_i64;
use crate::pages::Stored;
use crate::vault::{LOG_CLASS, Opened, entry_of};
use crate::{Audit, AuditError, Verdict};

/// Leaves read at once: whole tiles.
const PAGE: i64 = 8 * TILE_HASHES as i64;

/// An erasure that happens while the log is read looks like damage; the log is then walked anew, so often in all.
const WALKS_MAX: usize = 3;

/// The first leaf that is wrong, and what is wrong with it.
struct Bad {
    seq: i64,
    reason: String,
}

fn bad(seq: i64, reason: impl Into<String>) -> Bad {
    Bad { seq, reason: reason.into() }
}

/// What was erased by right, as far as the database says so.
#[derive(PartialEq, Eq)]
struct Gone {
    /// Day and class whose key is gone, and the leaf that says so.
    days: HashMap<(i64, String), i64>,
    /// Entries that were erased one by one, and the leaf that says so.
    singles: HashMap<i64, i64>,
    /// Entries under each further key of a day and class: when all are under the last one, the keys before it go.
    anew: HashMap<(i64, String, i64), i64>,
}

impl Gone {
    async fn read(audit: &Audit) -> Result<Self, AuditError> {
        let rows = audit.store.fetch("SELECT day, class, seq FROM audit_erasure", vec![]).await;
        let rows = rows.map_err(|e| AuditError::not_read(&e))?;
        let mut days = HashMap::new();
        for row in &rows {
            let read = || Ok(((row.int("day")?, row.text("class")?), row.int("seq")?));
            let (of, seq) = read().map_err(|e| AuditError::not_read(&e))?;
            days.insert(of, seq);
        }
        let rows = audit.store.fetch("SELECT seq, said_seq FROM audit_entry_erasure", vec![]).await;
        let rows = rows.map_err(|e| AuditError::not_read(&e))?;
        let mut singles = HashMap::new();
        for row in &rows {
            let read = || Ok((row.int("seq")?, row.int("said_seq")?));
            let (seq, said_seq) = read().map_err(|e| AuditError::not_read(&e))?;
            singles.insert(seq, said_seq);
        }
        let sql = "SELECT day, class, key_no, COUNT(*) AS n FROM audit_entry WHERE key_no > 0 GROUP BY day, class, key_no";
        let rows = audit.store.fetch(sql, vec![]).await.map_err(|e| AuditError::not_read(&e))?;
        let mut anew = HashMap::new();
        for row in &rows {
            let read = || Ok(((row.int("day")?, row.text("class")?, row.int("key_no")?), row.int("n")?));
            let (of, count) = read().map_err(|e| AuditError::not_read(&e))?;
            anew.insert(of, count);
        }
        Ok(Self { days, singles, anew })
    }
}

/// What was read of the log so far.
struct Walk<'a> {
    audit: &'a Audit,
    tree: Tree,
    /// Leaves that were signed when the check began; what is added meanwhile is the next check's.
    until: u64,
    /// Tiles that were built again and not yet compared.
    built: BTreeMap<TileId, Vec<Hash>>,
    /// Checkpoints to be met on the way, by size.
    signed: BTreeMap<u64, Vec<Hash>>,
    /// Day and class whose key is gone by right, and the leaf that says so.
    erasures: HashMap<(i64, String), i64>,
    /// Leaves of each erased day and class, in order; compared with the certificate.
    erased: HashMap<(i64, String), Vec<Hash>>,
    certificates: Vec<(i64, Erasure)>,
    /// Entries that were erased one by one, the leaf that says so, and the leaf that stands.
    singles: HashMap<i64, (i64, Option<Hash>)>,
    single_certificates: Vec<(i64, EntryErasure)>,
    erased_leaves: i64,
}

impl Audit {
    /// Recomputes the whole log.
    ///
    /// # Errors
    /// When the database fails; a changed log is a verdict, not an error.
    pub async fn verify(&self) -> Result<Verdict, AuditError> {
        self.verify_against(&[]).await
    }

    /// Recomputes the whole log and compares it with checkpoints that somebody kept elsewhere: with one of them nobody, not
    /// even the keeper of all keys, can have rewritten what it covers.
    ///
    /// # Errors
    /// When the database fails, or a remembered checkpoint is not one of this log.
    pub async fn verify_against(&self, remembered: &[Note]) -> Result<Verdict, AuditError> {
        // A log that refuses to be written because it was changed is just what must be looked at.
        let not_ready = self.ready().await.err();
        if let Some(error @ (AuditError::NotWritten { .. } | AuditError::Key(_))) = not_ready {
            return Err(error);
        }
        let origin = crate::head::origin(&self.store).await?.unwrap_or_default();
        let key = shouhu_tlog::Signer::new(&origin, &self.vault.log_secret())?.verifier();
        let mut gone = Gone::read(self).await?;
        let mut walks = 0;
        loop {
            walks += 1;
            let verdict = self.walked(&gone, &key, remembered).await?;
            if verdict.is_intact || walks >= WALKS_MAX {
                return Ok(verdict);
            }
            let gone_now = Gone::read(self).await?;
            if gone_now == gone {
                return Ok(verdict);
            }
            gone = gone_now;
        }
    }

    /// One walk over the whole log; `gone` was read before it.
    async fn walked(&self, gone: &Gone, key: &VerifierKey, remembered: &[Note]) -> Result<Verdict, AuditError> {
        let mut walk = Walk::begin(self, gone);
        let found = match walk.remember(key, remembered).await? {
            None => walk.through().await?,
            some => some,
        };
        let leaves = as_i64(walk.tree.size());
        let root = hex::encode(walk.tree.root());
        let found = match found {
            None => walk.at_the_end(leaves).await?,
            some => some,
        };
        Ok(Verdict {
            is_intact: found.is_none(),
            leaves,
            root,
            first_bad_seq: found.as_ref().map(|bad| bad.seq),
            reason: found.map(|bad| bad.reason),
            erased: walk.erased_leaves,
            log_key: key.to_string(),
        })
    }
}

impl<'a> Walk<'a> {
    fn begin(audit: &'a Audit, gone: &Gone) -> Self {
        Self {
            audit,
            tree: Tree::default(),
            until: 0,
            built: BTreeMap::new(),
            signed: BTreeMap::new(),
            erasures: gone.days.clone(),
            erased: HashMap::new(),
            certificates: Vec::new(),
            singles: gone.singles.iter().map(|(seq, said_seq)| (*seq, (*said_seq, None))).collect(),
            single_certificates: Vec::new(),
            erased_leaves: 0,
        }
    }

    /// Collects what must be met on the way: stored checkpoints, the one beside the keys, those from elsewhere.
    async fn remember(&mut self, key: &VerifierKey, elsewhere: &[Note]) -> Result<Option<Bad>, AuditError> {
        // Before the stored ones: the one beside the keys can then never be the newer of two good ones.
        let anchor = self.audit.vault.anchor(key.name())?;
        let mut notes = Vec::new();
        for sql in ["SELECT note FROM audit_cosigned", "SELECT note FROM audit_checkpoint ORDER BY hour"] {
            let rows = self.audit.store.fetch(sql, vec![]).await.map_err(|e| AuditError::not_read(&e))?;
            for row in &rows {
                notes.push(row.text("note").map_err(|e| AuditError::not_read(&e))?);
            }
        }
        let stored = notes.len();
        notes.extend(anchor);
        notes.extend(elsewhere.iter().map(ToString::to_string));
        for (number, text) in notes.iter().enumerate() {
            let note: Result<Note, _> = text.parse();
            let opened = note.map_err(|e| e.to_string()).and_then(|note| Checkpoint::opened(&note, key).map_err(|e| e.to_string()));
            match opened {
                Ok(checkpoint) => {
                    if number < stored {
                        self.until = self.until.max(checkpoint.size);
                    }
                    self.signed.entry(checkpoint.size).or_default().push(checkpoint.root);
                }
                Err(_) if number < stored => return Ok(Some(bad(1, "a stored checkpoint is not signed by the log's key"))),
                Err(detail) => return Err(AuditError::NotRead { detail: format!("a remembered checkpoint is not of this log: {detail}") }),
            }
        }
        Ok(None)
    }

    async fn through(&mut self) -> Result<Option<Bad>, AuditError> {
        let sql = format!("SELECT {} FROM audit_entry WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3", Stored::COLUMNS);
        loop {
            let rows = self.audit.store.fetch(&sql, params![as_i64(self.tree.size()), as_i64(self.until), PAGE]).await;
            let rows = rows.map_err(|e| AuditError::not_read(&e))?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in &rows {
                if let Some(bad) = self.leaf(&Stored::of(row)?)? {
                    return Ok(Some(bad));
                }
            }
            self.built.extend(self.tree.take_grown());
            if let Some(bad) = self.compare_tiles(|hashes| hashes.len() == TILE_HASHES).await? {
                return Ok(Some(bad));
            }
        }
    }

    fn leaf(&mut self, stored: &Stored) -> Result<Option<Bad>, AuditError> {
        let seq = as_i64(self.tree.size()) + 1;
        if stored.seq != seq {
            return Ok(Some(bad(seq, "the leaf is missing")));
        }
        let Ok(leaf) = Hash::try_from(stored.leaf.as_slice()) else {
            return Ok(Some(bad(seq, "the stored leaf is no hash")));
        };
        let of = (stored.day, stored.class.clone());
        if let Some((_, stands)) = self.singles.get_mut(&seq) {
            *stands = Some(leaf);
        }
        let may_be_gone = self.erasures.contains_key(&of) || self.singles.contains_key(&seq);
        match stored.open(&self.audit.vault)? {
            Opened::Payload(payload) if leaf_hash(&payload) != leaf => {
                return Ok(Some(bad(seq, "the entry is not the one whose leaf is stored")));
            }
            Opened::Payload(payload) => self.note_certificate(seq, &payload),
            Opened::Damaged if !(stored.sealed.is_empty() && may_be_gone) => {
                return Ok(Some(bad(seq, "the sealed entry was changed")));
            }
            Opened::NoKey if !may_be_gone => {
                return Ok(Some(bad(seq, "the entry's key is gone and no erasure is recorded")));
            }
            Opened::NoKey | Opened::Damaged => self.erased_leaves += 1,
        }
        if self.erasures.contains_key(&of) {
            self.erased.entry(of).or_default().push(leaf);
        }
        self.tree.push(leaf);
        if let Some(roots) = self.signed.get(&self.tree.size()) {
            let root = self.tree.root();
            if roots.iter().any(|signed| *signed != root) {
                return Ok(Some(bad(seq, "the log up to here has another root than the one that was signed")));
            }
        }
        Ok(None)
    }

    fn note_certificate(&mut self, seq: i64, payload: &[u8]) {
        let Some(entry) = entry_of(payload).filter(|entry| entry.class == LOG_CLASS) else { return };
        match entry.action.as_str() {
            ERASE_ACTION => self.certificates.extend(serde_json::from_str(&entry.object).ok().map(|erasure| (seq, erasure))),
            ERASE_ENTRIES_ACTION => self.single_certificates.extend(serde_json::from_str(&entry.object).ok().map(|erasure| (seq, erasure))),
            _ => {}
        }
    }

    /// Compares built tiles of which `is_ready` with the stored ones.
    async fn compare_tiles(&mut self, is_ready: impl Fn(&[Hash]) -> bool) -> Result<Option<Bad>, AuditError> {
        let ready: Vec<TileId> = self.built.iter().filter(|(_, hashes)| is_ready(hashes)).map(|(id, _)| *id).collect();
        for id in ready {
            let Some(hashes) = self.built.remove(&id) else { continue };
            let sql = "SELECT hashes FROM audit_tile WHERE level = $1 AND tile = $2";
            let row = self.audit.store.fetch_opt(sql, params![i64::from(id.level), as_i64(id.index)]).await;
            let row = row.map_err(|e| AuditError::not_read(&e))?;
            let stored = row.map(|row| row.blob("hashes")).transpose().map_err(|e| AuditError::not_read(&e))?;
            let wanted = write_tile(&hashes);
            // A tile at the right edge may have grown since.
            if !stored.as_deref().is_some_and(|stored| stored.starts_with(&wanted)) {
                let same = wanted.chunks(32).zip(stored.unwrap_or_default().chunks(32)).take_while(|(a, b)| a == b).count();
                let first = (id.index.saturating_mul(TILE_HASHES as u64)).saturating_add(same as u64) << (8 * u32::from(id.level));
                return Ok(Some(bad(as_i64(first) + 1, format!("tile {} of level {} is not what its leaves give", id.index, id.level))));
            }
        }
        Ok(None)
    }

    /// A leaf that no checkpoint covers was not written by the log.
    async fn unsigned_tail(&self) -> Result<Option<Bad>, AuditError> {
        let number = async |sql: &str| {
            let row = self.audit.store.fetch_one(sql, vec![]).await;
            row.and_then(|row| row.opt_int("n")).map_err(|e| AuditError::not_read(&e)).map(Option::unwrap_or_default)
        };
        // In this order: a leaf that was stored when it was looked for has its checkpoint by the time that one is.
        let last = number("SELECT MAX(seq) AS n FROM audit_entry").await?;
        let signed = number("SELECT MAX(size) AS n FROM audit_checkpoint").await?;
        Ok((last > signed).then(|| bad(signed + 1, "the leaf is under no signature")))
    }

    /// What can only be said when all leaves were read.
    async fn at_the_end(&mut self, leaves: i64) -> Result<Option<Bad>, AuditError> {
        if let Some(bad) = self.compare_tiles(|_| true).await? {
            return Ok(Some(bad));
        }
        if let Some((size, _)) = self.signed.last_key_value().filter(|(size, _)| as_i64(**size) > leaves) {
            return Ok(Some(bad(leaves + 1, format!("{size} leaves were signed"))));
        }
        if let Some(bad) = self.unsigned_tail().await? {
            return Ok(Some(bad));
        }
        for (seq, (said_seq, stands)) in &self.singles {
            let leaf = stands.map(hex::encode);
            let is_said = self.single_certificates.iter().any(|(at, said)| {
                at == said_seq && said.entries.iter().any(|entry| entry.seq == *seq && Some(&entry.leaf) == leaf.as_ref())
            });
            if !is_said {
                return Ok(Some(bad(*seq, "no leaf certifies the erasure of this entry")));
            }
        }
        for ((day, class), seq) in &self.erasures {
            let leaves = self.erased.remove(&(*day, class.clone())).unwrap_or_default();
            let root = hex::encode(shouhu_tlog::root_of(&leaves));
            let is_said = self.certificates.iter().any(|(at, said)| {
                at == seq && said.day == *day && said.class == *class && said.root == root && usize::try_from(said.leaves) == Ok(leaves.len())
            });
            if !is_said {
                return Ok(Some(bad(*seq, format!("no leaf certifies the erasure of class {class} of day {day}"))));
            }
        }
        Ok(None)
    }
}
