//! The list of what was forgotten, in each backup, so that the newest word counts for the oldest backup.

use std::collections::BTreeMap;

use shouhu_lakehouse::Forgotten;
use shouhu_tlog::VerifierKey;

use crate::BackupError;
use crate::manifest::Manifest;
use crate::place::Place;
use crate::writer::Writer;

/// Name of the list, and of its one file.
pub const FORGOTTEN: &str = "forgotten";
const PATH: &str = "forgotten.json";

pub fn add(writer: &mut Writer, forgotten: &[Forgotten]) -> Result<(), BackupError> {
    let bytes = serde_json::to_vec(forgotten).map_err(|e| BackupError::malformed(PATH, e))?;
    writer.add_bytes(FORGOTTEN, PATH, &bytes)
}

/// What one backup says was forgotten.
fn of(place: &Place, manifest: &Manifest) -> Result<Vec<Forgotten>, BackupError> {
    let mut bytes = Vec::new();
    for list in manifest.lists.iter().filter(|list| list.name == FORGOTTEN) {
        for entry in place.list(list)? {
            for chunk in &entry.chunks {
                bytes.extend(place.chunk(chunk)?);
            }
        }
    }
    serde_json::from_slice(&bytes).map_err(|e| BackupError::malformed(PATH, e))
}

/// What all backups of a place say together, oldest first: also a backup that is older than an erasure does not bring back what
/// was erased.
///
/// # Errors
/// When the newest backup cannot be read: its word must not be missed.
pub fn forgotten_at(place: &Place, key: Option<&VerifierKey>) -> Result<Vec<Forgotten>, BackupError> {
    let mut all = BTreeMap::new();
    for (number, id) in place.ids()?.iter().rev().enumerate() {
        let found = place.manifest(id, key).and_then(|manifest| of(place, &manifest));
        match found {
            Ok(forgotten) => learn(&mut all, forgotten),
            Err(error) if number == 0 => return Err(error),
            Err(error) => tracing::warn!(id, %error, "what this backup says was forgotten cannot be read"),
        }
    }
    Ok(all.into_values().collect())
}

/// Later words about the same act complete it.
pub fn learn(all: &mut BTreeMap<(i64, String), Forgotten>, more: Vec<Forgotten>) {
    for entry in more {
        let known = all.entry((entry.forgotten_at_us.0, entry.id.clone())).or_insert_with(|| entry.clone());
        if known.kept.is_none() {
            known.kept = entry.kept;
        }
    }
}
