//! The second place: a folder of chunks that are named by their content, and of backups that name chunks.
//!
//! **Invariant:** a backup is there when its note is, and the note is written last: a power cut at any point before leaves the
//! backups of before whole, and at most chunks that nobody names.
//! **Invariant:** nothing that is read here is believed before its hash was computed.

use std::collections::HashSet;
use std::sync::Arc;

use shouhu_files::{Files, FilesError, Hold};
use shouhu_tlog::{Signer, VerifierKey};

use crate::BackupError;
use crate::manifest::{Chunk, FileEntry, List, Manifest, hash_of, is_hash, is_id, opened_note, parse_list, parse_manifest, sign};

const HOLD: &str = "place.lock";
const OBJECTS: &str = "objects";
const BACKUPS: &str = "backups";
const MANIFESTS: &str = "manifests";

/// Cheap to clone.
#[derive(Clone)]
pub struct Place {
    files: Arc<dyn Files>,
}

pub(crate) fn object_name(hash: &str) -> String {
    format!("{OBJECTS}/{}/{hash}", hash.get(..2).unwrap_or("00"))
}

fn note_name(id: &str) -> String {
    format!("{BACKUPS}/{id}.note")
}

fn manifest_name(id: &str) -> String {
    format!("{MANIFESTS}/{id}.json")
}

impl Place {
    #[must_use]
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// The place for one writer.
    ///
    /// # Errors
    /// `Held` when another one has it.
    pub fn hold(&self) -> Result<Hold, BackupError> {
        Ok(self.files.hold(HOLD)?)
    }

    /// Hashes of the chunks that are there, by their names.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub fn objects(&self) -> Result<HashSet<String>, BackupError> {
        let names = self.files.list(OBJECTS)?;
        Ok(names.iter().filter_map(|name| name.rsplit('/').next()).filter(|own| is_hash(own)).map(str::to_owned).collect())
    }

    /// Durable when it returns.
    pub(crate) fn put(&self, bytes: &[u8], known: &mut HashSet<String>) -> Result<(Chunk, bool), BackupError> {
        let chunk = Chunk { hash: hash_of(bytes), bytes: bytes.len() as u64 };
        let is_new = !known.contains(&chunk.hash);
        if is_new {
            self.files.put(&object_name(&chunk.hash), bytes)?;
            known.insert(chunk.hash.clone());
        }
        Ok((chunk, is_new))
    }

    /// A chunk, checked.
    ///
    /// # Errors
    /// `Damaged` when it is missing or not what its name says.
    pub fn chunk(&self, chunk: &Chunk) -> Result<Vec<u8>, BackupError> {
        let name = object_name(&chunk.hash);
        let len = self.files.open(&name).map_err(|e| BackupError::damaged(&name, e))?.len();
        if len != chunk.bytes {
            return Err(BackupError::damaged(name, format!("it has {len} bytes instead of {}", chunk.bytes)));
        }
        let bytes = self.files.read(&name).map_err(|e| BackupError::damaged(&name, e))?;
        if hash_of(&bytes) == chunk.hash { Ok(bytes) } else { Err(BackupError::damaged(name, "its content has another hash")) }
    }

    /// What a list names.
    ///
    /// # Errors
    /// `Damaged` when a chunk of it is, `Malformed` when it is no list.
    pub fn list(&self, list: &List) -> Result<Vec<FileEntry>, BackupError> {
        let mut bytes = Vec::new();
        for chunk in &list.chunks {
            bytes.extend(self.chunk(chunk)?);
        }
        parse_list(&list.name, &bytes)
    }

    /// Ids, oldest first. An id begins with its time.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub fn ids(&self) -> Result<Vec<String>, BackupError> {
        let names = self.files.list(BACKUPS)?;
        let own = |name: &String| name.strip_prefix(BACKUPS)?.strip_prefix('/')?.strip_suffix(".note").map(str::to_owned);
        let mut ids: Vec<String> = names.iter().filter_map(own).filter(|id| is_id(id)).collect();
        ids.sort();
        Ok(ids)
    }

    /// A backup, its manifest checked against its note, and the note against the house's `key`, where the caller has it.
    ///
    /// # Errors
    /// `NoBackup` when there is none of that id, `Damaged` when it is not what was signed.
    pub fn manifest(&self, id: &str, key: Option<&VerifierKey>) -> Result<Manifest, BackupError> {
        let note = note_name(id);
        let text = match self.files.read(&note) {
            Err(FilesError::Missing { .. }) => return Err(BackupError::NoBackup { place: "this place", which: format!(" {id:?}") }),
            other => String::from_utf8(other?).map_err(|e| BackupError::damaged(&note, e))?,
        };
        let hash = opened_note(&note, id, &text, key).map_err(|e| BackupError::damaged(&note, e))?;
        let name = manifest_name(id);
        let bytes = self.files.read(&name).map_err(|e| BackupError::damaged(&name, e))?;
        if hash_of(&bytes) != hash {
            return Err(BackupError::damaged(name, "it is not what was signed"));
        }
        let manifest = parse_manifest(&name, &bytes)?;
        if manifest.id == id { Ok(manifest) } else { Err(BackupError::malformed(name, "it is of another backup")) }
    }

    /// The newest backup that can be read, whichever server of the house took it.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub fn newest(&self, key: Option<&VerifierKey>) -> Result<Option<Manifest>, BackupError> {
        self.newest_that(key, |_| true)
    }

    /// The newest backup of one server that can be read: only that has the server's log.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub fn newest_of(&self, node: &str, key: Option<&VerifierKey>) -> Result<Option<Manifest>, BackupError> {
        self.newest_that(key, |manifest| manifest.node == node)
    }

    fn newest_that(&self, key: Option<&VerifierKey>, is_wanted: impl Fn(&Manifest) -> bool) -> Result<Option<Manifest>, BackupError> {
        for id in self.ids()?.iter().rev() {
            match self.manifest(id, key) {
                Ok(manifest) if is_wanted(&manifest) => return Ok(Some(manifest)),
                Ok(_) => {}
                Err(error) => tracing::warn!(id, %error, "a backup cannot be read and is passed over"),
            }
        }
        Ok(None)
    }

    /// Makes it a backup: durable when it returns.
    pub(crate) fn seal(&self, manifest: &Manifest, signer: &Signer) -> Result<(), BackupError> {
        let bytes = serde_json::to_vec_pretty(manifest).map_err(|e| BackupError::malformed("manifest", e))?;
        self.files.put(&manifest_name(&manifest.id), &bytes)?;
        let note = sign(signer, &manifest.id, &hash_of(&bytes))?;
        Ok(self.files.put(&note_name(&manifest.id), note.to_string().as_bytes())?)
    }

    /// Takes a backup away. Its note goes first: a manifest without one is nothing.
    pub(crate) fn strike(&self, id: &str) -> Result<(), BackupError> {
        self.files.remove(&note_name(id))?;
        Ok(self.files.remove(&manifest_name(id))?)
    }

    /// Every chunk that the backups name.
    ///
    /// # Errors
    /// When one of them cannot be read: what it names is then unknown, and nothing may be called unnamed.
    pub fn named(&self, manifests: &[Manifest]) -> Result<HashSet<String>, BackupError> {
        let (mut named, mut seen) = (HashSet::new(), HashSet::new());
        for list in manifests.iter().flat_map(|manifest| &manifest.lists) {
            if !seen.insert(&list.chunks) {
                continue;
            }
            named.extend(list.chunks.iter().map(|chunk| chunk.hash.clone()));
            for entry in self.list(list)? {
                named.extend(entry.chunks.into_iter().map(|chunk| chunk.hash));
            }
        }
        Ok(named)
    }

    /// Removes chunks and manifests that no backup names; returns how many. Only for who holds the place.
    pub(crate) fn sweep(&self) -> Result<u64, BackupError> {
        let ids = self.ids()?;
        let manifests = ids.iter().map(|id| self.manifest(id, None)).collect::<Result<Vec<_>, _>>()?;
        let named = self.named(&manifests)?;
        let mut removed = 0;
        for name in self.files.list(OBJECTS)? {
            // Also what a crash left half written beside a chunk.
            if name.rsplit('/').next().is_none_or(|own| !named.contains(own)) {
                self.files.remove(&name)?;
                removed += 1;
            }
        }
        let wanted: HashSet<String> = ids.iter().map(|id| manifest_name(id)).collect();
        for name in self.files.list(MANIFESTS)?.into_iter().filter(|name| !wanted.contains(name)) {
            self.files.remove(&name)?;
        }
        Ok(removed)
    }
}
