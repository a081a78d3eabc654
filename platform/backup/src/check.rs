//! Is every byte of the backups still what was written?

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use shouhu_tlog::VerifierKey;

use crate::BackupError;
use crate::manifest::{Chunk, Manifest};
use crate::place::Place;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    pub file: String,
    pub reason: String,
    /// Backups that cannot be restored because of it.
    pub backups: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub backups: u64,
    pub chunks: u64,
    pub bytes: u64,
    pub damaged: Vec<Damage>,
    /// Chunks that no backup names: a backup was cut off. The next one removes them.
    pub unnamed: u64,
    /// Were the signatures checked too?
    pub is_signature_checked: bool,
}

impl Place {
    /// Reads all backups, or one, whole.
    ///
    /// # Errors
    /// When the place cannot be read at all; damage is a verdict.
    pub fn verify(&self, only: Option<&str>, key: Option<&VerifierKey>) -> Result<Verdict, BackupError> {
        let ids: Vec<String> = self.ids()?.into_iter().filter(|id| only.is_none_or(|only| only == id)).collect();
        if let Some(only) = only.filter(|_| ids.is_empty()) {
            return Err(BackupError::NoBackup { place: "this place", which: format!(" {only:?}") });
        }
        let mut check = Check { place: self, chunks: HashMap::new(), damaged: BTreeMap::new(), bytes: 0 };
        for id in &ids {
            match self.manifest(id, key) {
                Ok(manifest) => check.backup(&manifest),
                Err(error) => check.note(id, &error),
            }
        }
        let there = self.objects()?;
        let unnamed = if only.is_none() { there.iter().filter(|hash| !check.chunks.contains_key(*hash)).count() as u64 } else { 0 };
        let damaged = check.damaged.into_iter().map(|((file, reason), backups)| Damage { file, reason, backups: backups.into_iter().collect() });
        Ok(Verdict {
            backups: ids.len() as u64,
            chunks: check.chunks.len() as u64,
            bytes: check.bytes,
            damaged: damaged.collect(),
            unnamed,
            is_signature_checked: key.is_some(),
        })
    }
}

struct Check<'a> {
    place: &'a Place,
    /// Each chunk is read once, however many backups name it.
    chunks: HashMap<String, Option<(String, String)>>,
    damaged: BTreeMap<(String, String), BTreeSet<String>>,
    bytes: u64,
}

fn said(error: &BackupError) -> (String, String) {
    match error {
        BackupError::Damaged { file, detail } | BackupError::Malformed { file, detail } => (file.clone(), detail.clone()),
        other => ("place".into(), other.to_string()),
    }
}

impl Check<'_> {
    fn note(&mut self, id: &str, error: &BackupError) {
        self.damaged.entry(said(error)).or_default().insert(id.to_owned());
    }

    fn chunk(&mut self, id: &str, chunk: &Chunk) {
        let (place, bytes) = (self.place, &mut self.bytes);
        let found = self.chunks.entry(chunk.hash.clone()).or_insert_with(|| {
            *bytes += chunk.bytes;
            place.chunk(chunk).err().map(|error| said(&error))
        });
        if let Some(found) = found {
            self.damaged.entry(found.clone()).or_default().insert(id.to_owned());
        }
    }

    fn backup(&mut self, manifest: &Manifest) {
        for list in &manifest.lists {
            list.chunks.iter().for_each(|chunk| self.chunk(&manifest.id, chunk));
            match self.place.list(list) {
                Ok(entries) => entries.iter().flat_map(|entry| &entry.chunks).for_each(|chunk| self.chunk(&manifest.id, chunk)),
                Err(error) => self.note(&manifest.id, &error),
            }
        }
    }
}
