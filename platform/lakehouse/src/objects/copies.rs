//! Copies of index files on this node's disk, so that a restart reads them from here.
//!
//! A copy is the file and its CRC-32 behind it: one that rotted is fetched anew. Trouble with the local disk only costs time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use shouhu_files::{Files, FilesError};

const FOLDER: &str = "copies";
const CRC_BYTES: usize = 4;

pub(super) struct Copies {
    local: Arc<dyn Files>,
    bytes_max: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By name, which holds class and day: the oldest days go first.
    files: BTreeMap<String, u64>,
    bytes: u64,
    /// How often files were removed.
    removals: u64,
}

impl Copies {
    pub fn open(local: Arc<dyn Files>, bytes_max: u64) -> Result<Self, FilesError> {
        let mut kept = Kept::default();
        for name in local.list(FOLDER)? {
            let bytes = local.open(&name)?.len();
            kept.bytes += bytes;
            kept.files.insert(name, bytes);
        }
        Ok(Self { local, bytes_max, kept: Mutex::new(kept) })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn read(&self, name: &str) -> Option<Bytes> {
        let copy = format!("{FOLDER}/{name}");
        if !self.kept().files.contains_key(&copy) {
            return None;
        }
        let mut bytes = self.local.read(&copy).ok()?;
        let crc = bytes.split_off(bytes.len().checked_sub(CRC_BYTES)?);
        if crc == crc32fast::hash(&bytes).to_le_bytes() {
            return Some(bytes.into());
        }
        self.remove(name);
        None
    }

    /// To be taken before a file is fetched and given to [`Self::keep`].
    pub fn removals(&self) -> u64 {
        self.kept().removals
    }

    /// Keeps what was fetched, unless some file was removed meanwhile: it may have been this one, and the copy of an erased
    /// file would then stay for ever.
    pub fn keep(&self, name: &str, bytes: &Bytes, removals: u64) {
        let len = (bytes.len() + CRC_BYTES) as u64;
        if len > self.bytes_max {
            return;
        }
        let mut kept = self.kept();
        if kept.removals != removals {
            return;
        }
        while kept.bytes + len > self.bytes_max {
            let Some((oldest, freed)) = kept.files.pop_first() else { break };
            kept.bytes -= freed;
            // A copy that stays against our will is only space.
            let _ = self.local.remove(&oldest);
        }
        let copy = format!("{FOLDER}/{name}");
        let whole = [bytes.as_ref(), &crc32fast::hash(bytes).to_le_bytes()].concat();
        if self.local.put(&copy, &whole).is_ok() {
            let before = kept.files.insert(copy, len).unwrap_or(0);
            kept.bytes = kept.bytes + len - before;
        }
    }

    pub fn remove(&self, name: &str) {
        self.keep_only(&|kept| kept != name);
    }

    /// Removes the copies of all other files.
    pub fn keep_only(&self, is_wanted: &dyn Fn(&str) -> bool) {
        let mut kept = self.kept();
        kept.removals += 1;
        let name_of = |copy: &str| copy.strip_prefix(FOLDER).and_then(|name| name.strip_prefix('/')).map(&is_wanted);
        let (wanted, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut kept.files).into_iter().partition(|(copy, _)| name_of(copy).unwrap_or(false));
        kept.bytes -= gone.values().sum::<u64>();
        kept.files = wanted;
        for copy in gone.keys() {
            // One that stays against our will is never read, and the next start of this node removes it.
            let _ = self.local.remove(copy);
        }
    }
}
