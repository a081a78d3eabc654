//! The catalogue in one file, where there is no database.
//!
//! `catalogue.json`: a line `shouhu-lake-catalogue 1 CRC32 BYTES` (both hexadecimal), then that many bytes of JSON. Every change
//! writes it anew beside the old one and renames: it is small, and never half there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use shouhu_files::{Files, FilesError, Hold};

use super::{Catalogue, CatalogueError, Change, Listing, SegmentId, SegmentMeta};

const NAME: &str = "catalogue.json";
const MAGIC: &str = "shouhu-lake-catalogue";
/// Segment numbers taken at once, so that a number costs no write of its own.
const IDS_AT_ONCE: u64 = 256;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u64,
    node: u32,
    wal_until: u64,
    /// No segment has this counter or a higher one.
    ids_until: u64,
    segments: BTreeMap<u64, SegmentMeta>,
    receipts: BTreeMap<u32, Vec<u8>>,
}

struct State {
    manifest: Manifest,
    next_id: u64,
}

/// Kept by one process for its own node.
pub struct FileCatalogue {
    files: Arc<dyn Files>,
    state: Mutex<State>,
    _hold: Hold,
}

fn failed(error: impl std::fmt::Display) -> CatalogueError {
    CatalogueError::Failed(error.to_string())
}

impl Manifest {
    fn encode(&self) -> Result<Vec<u8>, CatalogueError> {
        let body = serde_json::to_vec(self).map_err(failed)?;
        let mut bytes = format!("{MAGIC} 1 {:08x} {:x}\n", crc32fast::hash(&body), body.len()).into_bytes();
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, CatalogueError> {
        let damaged = |offset: usize, detail: &str| failed(format!("file {NAME:?} is damaged at byte {offset}: {detail}"));
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged(0, "it has no first line"))?;
        let (line, body) = bytes.split_at(end);
        let body = body.get(1..).unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| damaged(0, "its first line is no text"))?;
        let expected = format!("{MAGIC} 1 {:08x} {:x}", crc32fast::hash(body), body.len());
        if !line.starts_with(MAGIC) {
            return Err(damaged(0, "its first line is not a catalogue's"));
        }
        if line.split(' ').nth(1) != Some("1") {
            return Err(failed(format!("file {NAME:?} is of another version than 1: {line:?}")));
        }
        if line != expected {
            return Err(damaged(end + 1, "its checksum or length is wrong"));
        }
        serde_json::from_slice(body).map_err(failed)
    }
}

impl Manifest {
    fn into_listing(self) -> Listing {
        Listing {
            version: self.version,
            segments: self.segments.into_values().collect(),
            wal_until: self.wal_until,
            receipts: self.receipts.into_iter().collect(),
        }
    }
}

impl FileCatalogue {
    /// # Errors
    /// `Held` when another process has it; `Failed` when it is damaged or of another node.
    pub fn open(files: Arc<dyn Files>, node: u32) -> Result<Self, CatalogueError> {
        let hold = files.hold("catalogue.lock").map_err(|error| match error {
            FilesError::Held { .. } => CatalogueError::Held(error.to_string()),
            other => failed(other),
        })?;
        let manifest = match files.read(NAME) {
            Ok(bytes) => Manifest::decode(&bytes)?,
            Err(FilesError::Missing { .. }) => Manifest { node, ids_until: 1, ..Manifest::default() },
            Err(error) => return Err(failed(error)),
        };
        if manifest.node != node {
            return Err(failed(format!("file {NAME:?} is of node {}, not of {node}", manifest.node)));
        }
        // Numbers that the start before had taken and perhaps used are not used again.
        let next_id = manifest.ids_until;
        Ok(Self { files, state: Mutex::new(State { manifest, next_id }), _hold: hold })
    }

    /// What is published, for programs that only read: whoever writes goes on.
    ///
    /// # Errors
    /// `Failed` when there is no catalogue or it is damaged.
    pub fn read(files: &dyn Files) -> Result<Listing, CatalogueError> {
        Ok(Manifest::decode(&files.read(NAME).map_err(failed)?)?.into_listing())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, state: &mut State, manifest: Manifest) -> Result<(), CatalogueError> {
        self.files.put(NAME, &manifest.encode()?).map_err(failed)?;
        state.manifest = manifest;
        Ok(())
    }
}

impl Catalogue for FileCatalogue {
    fn load(&self) -> Result<Listing, CatalogueError> {
        Ok(self.state().manifest.clone().into_listing())
    }

    fn publish(&self, change: &Change) -> Result<u64, CatalogueError> {
        let mut state = self.state();
        let mut manifest = state.manifest.clone();
        let dropped: BTreeSet<_> = change.drop.iter().collect();
        for id in dropped {
            manifest.segments.remove(&id.0).ok_or(CatalogueError::Exchanged(*id))?;
        }
        manifest.segments.extend(change.add.iter().map(|meta| (meta.id.0, meta.clone())));
        manifest.wal_until = manifest.wal_until.max(change.wal_until.unwrap_or(0));
        manifest.receipts.extend(change.receipts.iter().cloned());
        manifest.version += 1;
        let version = manifest.version;
        self.write(&mut state, manifest)?;
        Ok(version)
    }

    fn version(&self) -> Result<u64, CatalogueError> {
        Ok(self.state().manifest.version)
    }

    fn next_id(&self) -> Result<SegmentId, CatalogueError> {
        let mut state = self.state();
        if state.next_id >= state.manifest.ids_until {
            let ids_until = state.next_id + IDS_AT_ONCE;
            let manifest = Manifest { ids_until, ..state.manifest.clone() };
            self.write(&mut state, manifest)?;
        }
        let id = SegmentId::new(state.manifest.node, state.next_id);
        state.next_id += 1;
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use shouhu_files::SimFiles;

    use super::*;
    use crate::row::Class;

    fn good<T>(result: Result<T, CatalogueError>) -> T {
        result.unwrap_or_else(|e| panic!("{e}"))
    }

    fn meta(id: SegmentId) -> SegmentMeta {
        SegmentMeta {
            id,
            class: Class::PASSAGE,
            day: 20_000,
            rows: 1,
            plates: 1,
            first_ms: 0,
            last_ms: 0,
            bytes: [1, 2, 3],
            index_crc: 9,
        }
    }

    #[test]
    fn what_was_published_is_there_after_a_power_cut_and_no_number_comes_twice() {
        let disk = SimFiles::default();
        let catalogue = good(FileCatalogue::open(Arc::new(disk.clone()), 3));
        let first = good(catalogue.next_id());
        let change = Change { add: vec![meta(first)], wal_until: Some(7), receipts: vec![(5, vec![1, 2])], ..Change::default() };
        assert_eq!(good(catalogue.publish(&change)), 1);
        assert!(matches!(FileCatalogue::open(Arc::new(disk.clone()), 3).err(), Some(CatalogueError::Held(_))));
        let before = good(catalogue.load());
        disk.power_cut(1);
        let catalogue = good(FileCatalogue::open(Arc::new(disk), 3));
        assert_eq!(good(catalogue.load()), before);
        assert!(good(catalogue.next_id()).counter() > first.counter());
        let gone = Change { drop: vec![first], ..Change::default() };
        assert_eq!(good(catalogue.publish(&gone)), 2);
        assert_eq!(catalogue.publish(&gone), Err(CatalogueError::Exchanged(first)));
    }

    #[test]
    fn every_bit_that_turns_is_found_and_named() {
        let disk = SimFiles::default();
        let catalogue = good(FileCatalogue::open(Arc::new(disk.clone()), 3));
        good(catalogue.publish(&Change { add: vec![meta(SegmentId(1))], ..Change::default() }));
        drop(catalogue);
        let bits = disk.read(NAME).map_or(0, |bytes| bytes.len() * 8);
        for bit in 0..bits {
            assert!(disk.flip(NAME, bit));
            let error = FileCatalogue::open(Arc::new(disk.clone()), 3).err();
            assert!(error.as_ref().is_some_and(|error| error.to_string().contains(NAME)), "bit {bit}: {error:?}");
            assert!(disk.flip(NAME, bit));
        }
    }
}
