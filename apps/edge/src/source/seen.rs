//! Which inputs have been processed, so that a restart does not send them again: 16 bytes each, appended and synced.
//!
//! A torn last key is ignored. A key that was lost with it is made good by the queue, which knows the origins of its
//! newest records.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use crate::queue::Origin;

pub struct Seen {
    path: PathBuf,
    file: File,
    keys: HashSet<Origin>,
}

impl Seen {
    /// # Errors
    /// When the file cannot be read or made.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            crate::files::private_folder(folder)?;
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e),
        };
        let keys = bytes.chunks_exact(16).filter_map(|key| key.try_into().ok()).collect();
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        file.set_len((bytes.len() / 16 * 16) as u64)?;
        Ok(Self { path, file, keys })
    }

    #[must_use]
    pub fn contains(&self, key: &Origin) -> bool {
        self.keys.contains(key)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// # Errors
    /// When it cannot be written down; it is remembered until the agent ends.
    pub fn insert(&mut self, key: Origin) -> io::Result<()> {
        if self.keys.insert(key) {
            self.file.write_all(&key)?;
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Forgets every key that is not in `present`.
    ///
    /// # Errors
    /// When the file cannot be written anew.
    pub fn retain(&mut self, present: &HashSet<Origin>) -> io::Result<()> {
        self.keys.retain(|key| present.contains(key));
        crate::files::replace(&self.path, |out| self.keys.iter().try_for_each(|key| out.write_all(key)))?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_torn_key_is_ignored_and_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        let mut seen = Seen::open(path.clone()).unwrap();
        seen.insert([1; 16]).unwrap();
        fs::write(&path, [[1; 16].as_slice(), &[2; 7]].concat()).unwrap();
        let mut seen = Seen::open(path.clone()).unwrap();
        seen.insert([3; 16]).unwrap();
        let seen = Seen::open(path).unwrap();
        assert!(seen.len() == 2 && seen.contains(&[1; 16]) && seen.contains(&[3; 16]));
    }
}
