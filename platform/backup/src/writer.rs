//! A backup that is being written: files in, lists and a manifest out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use shouhu_files::{Files, ReadAt};
use shouhu_tlog::Signer;

use crate::BackupError;
use crate::cut::{Cut, each_chunk};
use crate::manifest::{FileEntry, List, Manifest};
use crate::place::Place;

/// Bytes at a file's beginning and end that go into its mark: a picture's nonce, a segment's footer.
const MARK_BYTES: u64 = 4_096;

/// What one backup cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub bytes_read: u64,
    pub bytes_written: u64,
    pub chunks_written: u64,
}

pub struct Writer {
    place: Place,
    known: HashSet<String>,
    /// Files of the backup before and of this one, by path.
    before: HashMap<String, FileEntry>,
    lists: BTreeMap<String, BTreeMap<String, FileEntry>>,
    pub cost: Cost,
}

fn mark_of(file: &dyn ReadAt) -> Result<String, BackupError> {
    let len = file.len();
    let mut bytes = vec![0; usize::try_from(len.min(MARK_BYTES)).unwrap_or_default()];
    let mut hash = Sha256::new_with_prefix(len.to_le_bytes());
    file.read_at(0, &mut bytes)?;
    hash.update(&bytes);
    file.read_at(len - bytes.len() as u64, &mut bytes)?;
    hash.update(&bytes);
    Ok(hex::encode(hash.finalize()))
}

impl Writer {
    /// Knows what the newest backups of this server and of whichever have, so that only the rest is read: pictures may be one server's own, segments are everybody's.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub fn begin(place: Place, node: &str) -> Result<Self, BackupError> {
        let known = place.objects()?;
        let mut before = HashMap::new();
        let own = place.newest_of(node, None)?;
        let other = place.newest(None)?.filter(|newest| own.as_ref().is_none_or(|own| own.id != newest.id));
        // The own one last: what both have under one name is its.
        for list in other.iter().chain(&own).flat_map(|manifest| &manifest.lists) {
            // A damaged list only costs that its files are read again.
            let Ok(entries) = place.list(list) else { continue };
            before.extend(entries.into_iter().map(|entry| (entry.path.clone(), entry)));
        }
        Ok(Self { place, known, before, lists: BTreeMap::new(), cost: Cost::default() })
    }

    /// A file that never changes under its name: known by its mark.
    ///
    /// # Errors
    /// `Missing` when it is gone; what a disk may answer.
    pub fn add_immutable(&mut self, list: &str, path: &str, files: &dyn Files, name: &str) -> Result<(), BackupError> {
        let file = files.open(name)?;
        let mark = mark_of(file.as_ref())?;
        let is_whole = |entry: &&FileEntry| entry.mark == mark && entry.chunks.iter().all(|chunk| self.known.contains(&chunk.hash));
        if let Some(entry) = self.before.get(path).filter(is_whole).cloned() {
            self.note(list, entry);
            return Ok(());
        }
        self.add_read(list, path, file.as_ref(), mark, Cut::Pieces)
    }

    /// A file that is another one each time.
    ///
    /// # Errors
    /// As `add_immutable`.
    pub fn add(&mut self, list: &str, path: &str, file: &dyn ReadAt, cut: Cut) -> Result<(), BackupError> {
        self.add_read(list, path, file, mark_of(file)?, cut)
    }

    /// Content that lies in memory.
    ///
    /// # Errors
    /// What a disk may answer.
    pub fn add_bytes(&mut self, list: &str, path: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.add(list, path, &InMemory(bytes), Cut::Pieces)
    }

    fn add_read(&mut self, list: &str, path: &str, file: &dyn ReadAt, mark: String, cut: Cut) -> Result<(), BackupError> {
        let chunks = self.store(file, cut)?;
        self.cost.bytes_read += file.len();
        self.note(list, FileEntry { path: path.to_owned(), bytes: file.len(), mark, chunks });
        Ok(())
    }

    fn store(&mut self, file: &dyn ReadAt, cut: Cut) -> Result<Vec<crate::manifest::Chunk>, BackupError> {
        let mut chunks = Vec::new();
        let Self { place, known, cost, .. } = self;
        each_chunk::<BackupError>(file, cut, &mut |bytes| {
            let (chunk, is_new) = place.put(bytes, known)?;
            if is_new {
                cost.bytes_written += chunk.bytes;
                cost.chunks_written += 1;
            }
            chunks.push(chunk);
            Ok(())
        })?;
        Ok(chunks)
    }

    fn note(&mut self, list: &str, entry: FileEntry) {
        self.before.insert(entry.path.clone(), entry.clone());
        self.lists.entry(list.to_owned()).or_default().insert(entry.path.clone(), entry);
    }

    /// Forgets what was added to a list: it is added anew. What was read stays known.
    pub fn clear(&mut self, list: &str) {
        self.lists.remove(list);
    }

    /// Whether a list has a file.
    #[must_use]
    pub fn has(&self, list: &str, path: &str) -> bool {
        self.lists.get(list).is_some_and(|entries| entries.contains_key(path))
    }

    /// Forgets all of a list but what is wanted.
    pub fn keep_only(&mut self, list: &str, is_wanted: impl Fn(&str) -> bool) {
        if let Some(entries) = self.lists.get_mut(list) {
            entries.retain(|path, _| is_wanted(path));
        }
    }

    /// A file that is not needed after all.
    pub fn drop_path(&mut self, list: &str, path: &str) {
        if let Some(entries) = self.lists.get_mut(list) {
            entries.remove(path);
        }
    }

    /// Names of lists below a folder.
    pub fn lists_below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.lists.keys().map(String::as_str).filter(move |name| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }

    /// Paths of a list's files so far.
    pub fn paths(&self, list: &str) -> impl Iterator<Item = &str> {
        self.lists.get(list).into_iter().flat_map(|entries| entries.keys().map(String::as_str))
    }

    /// Writes lists, manifest and note, in this order; the backup is there when this returns.
    ///
    /// # Errors
    /// What a disk may answer; there is no new backup then.
    pub fn finish(mut self, mut manifest: Manifest, signer: &Signer) -> Result<(Manifest, Cost), BackupError> {
        for (name, entries) in std::mem::take(&mut self.lists) {
            let entries: Vec<FileEntry> = entries.into_values().collect();
            let bytes = serde_json::to_vec(&entries).map_err(|e| BackupError::malformed(&name, e))?;
            let chunks = self.store(&InMemory(&bytes), Cut::Content)?;
            manifest.lists.push(List {
                name,
                files: entries.len() as u64,
                bytes: entries.iter().map(|entry| entry.bytes).sum(),
                chunks,
            });
        }
        self.place.seal(&manifest, signer)?;
        Ok((manifest, self.cost))
    }
}

/// Bytes as a file.
struct InMemory<'a>(&'a [u8]);

impl ReadAt for InMemory<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), shouhu_files::FilesError> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = from.checked_add(bytes.len()).and_then(|until| self.0.get(from..until));
        let short = || shouhu_files::FilesError::Short { name: "memory".into(), len: self.len(), offset, until: offset + bytes.len() as u64 };
        let found = found.ok_or_else(short)?;
        bytes.copy_from_slice(found);
        Ok(())
    }
}

/// A folder's files, for what is not the lake.
#[must_use]
pub fn below(folder: &std::path::Path) -> Arc<dyn Files> {
    Arc::new(shouhu_env::RealFiles::below(folder))
}
