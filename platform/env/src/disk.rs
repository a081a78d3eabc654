//! Files that are either wholly there after a power cut or not there at all.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::random::lot;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    #[error("file {path:?} does not exist")]
    Missing { path: PathBuf },
    #[error("file {path:?} exists already")]
    Exists { path: PathBuf },
    #[error("disk is full while writing {path:?}")]
    Full { path: PathBuf },
    #[error("cannot {act} {path:?}: {reason}")]
    Failed { act: &'static str, path: PathBuf, reason: String },
}

impl DiskError {
    fn from_io(act: &'static str, path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            std::io::ErrorKind::AlreadyExists => Self::Exists { path: path.to_owned() },
            std::io::ErrorKind::StorageFull => Self::Full { path: path.to_owned() },
            _ => Self::Failed { act, path: path.to_owned(), reason: error.to_string() },
        }
    }
}

pub trait Disk: Send + Sync {
    /// # Errors
    /// `Missing` when there is no such file.
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError>;
    /// Writes beside the target, syncs, renames, syncs the folder: durable when it returns, never half done.
    ///
    /// # Errors
    /// `Full` when the disk is; the target is then as it was.
    fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError>;
    /// Of all who create a file at once, on whatever machine, one does: whole and durable when it returns, in nobody's place. The folder's file system must know hard
    /// links, as those of Linux and NFS do.
    ///
    /// # Errors
    /// `Exists` when somebody was first; [`Disk::settle`] it before anything is built on it. `Full` when the disk is.
    fn create_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError>;
    /// Makes durable that a file is there, which somebody else may have created a moment ago.
    ///
    /// # Errors
    /// When the folder cannot be synced.
    fn settle(&self, path: &Path) -> Result<(), DiskError>;
    /// Gone for good when it returns: a destroyed key must not come back after a power cut.
    ///
    /// # Errors
    /// When the file is there and cannot be removed, or the folder cannot be synced; a file that is not there is no error.
    fn remove(&self, path: &Path) -> Result<(), DiskError>;
    fn exists(&self, path: &Path) -> bool;
    /// Every file below `folder`, in order of their paths; empty when there is no such folder.
    ///
    /// # Errors
    /// When a folder cannot be read.
    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError>;
}

#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

fn sync_folder(path: &Path) -> Result<(), DiskError> {
    std::fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(|e| DiskError::from_io("sync folder", path, &e))
}

fn above(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// The folder of a file, made and durable in the one above where it was missing.
fn made_folder_of(path: &Path) -> Result<&Path, DiskError> {
    let folder = above(path);
    if !folder.exists() {
        std::fs::create_dir_all(folder).map_err(|e| DiskError::from_io("create folder", folder, &e))?;
        sync_folder(above(folder))?;
    }
    Ok(folder)
}

/// Best effort: the file has a name that nobody reads.
fn clear_away(beside: &Path) {
    let _ = std::fs::remove_file(beside);
}

/// Writes and syncs the bytes beside the target.
fn write_beside(path: &Path, bytes: &[u8]) -> std::io::Result<PathBuf> {
    let beside = path.with_extension(format!("{}.part", lot()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    match file.write_all(bytes).and_then(|()| file.sync_all()) {
        Ok(()) => Ok(beside),
        Err(error) => {
            clear_away(&beside);
            Err(error)
        }
    }
}

impl Disk for RealDisk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        std::fs::read(path).map_err(|e| DiskError::from_io("read", path, &e))
    }

    fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let folder = made_folder_of(path)?;
        let written = write_beside(path, bytes).and_then(|beside| std::fs::rename(&beside, path).inspect_err(|_| clear_away(&beside)));
        written.map_err(|e| DiskError::from_io("write", path, &e))?;
        sync_folder(folder)
    }

    fn create_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let folder = made_folder_of(path)?;
        let created = write_beside(path, bytes).and_then(|beside| {
            // A rename would take the place of another's file; a link never does.
            let linked = std::fs::hard_link(&beside, path);
            clear_away(&beside);
            linked
        });
        created.map_err(|e| DiskError::from_io("create", path, &e))?;
        sync_folder(folder)
    }

    fn settle(&self, path: &Path) -> Result<(), DiskError> {
        let folder = above(path);
        sync_folder(folder)?;
        // The folder may be as young as the file.
        sync_folder(above(folder))
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(DiskError::from_io("remove", path, &e)),
            _ => {}
        }
        // Also when the file was not there: the removal before may be the one whose sync failed.
        match sync_folder(above(path)) {
            Err(DiskError::Missing { .. }) => Ok(()),
            synced => synced,
        }
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let entries = match std::fs::read_dir(&next) {
                Ok(entries) => entries,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(DiskError::from_io("list", &next, &e)),
            };
            for entry in entries {
                let path = entry.map_err(|e| DiskError::from_io("list", &next, &e))?.path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Files in memory, with a size limit and a switch for faults.
#[derive(Debug, Default)]
pub struct SimDisk(Mutex<SimFiles>);

#[derive(Debug, Default)]
struct SimFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
    capacity_bytes: Option<usize>,
}

impl SimDisk {
    fn files(&self) -> MutexGuard<'_, SimFiles> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on a write that would exceed this many bytes in all fails as a full disk does.
    pub fn limit_to(&self, capacity_bytes: usize) {
        self.files().capacity_bytes = Some(capacity_bytes);
    }
}

impl SimFiles {
    fn put(&mut self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let others: usize = self.files.iter().filter(|(known, _)| known.as_path() != path).map(|(_, bytes)| bytes.len()).sum();
        if self.capacity_bytes.is_some_and(|capacity| others + bytes.len() > capacity) {
            return Err(DiskError::Full { path: path.to_owned() });
        }
        self.files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }
}

impl Disk for SimDisk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        self.files().files.get(path).cloned().ok_or_else(|| DiskError::Missing { path: path.to_owned() })
    }

    fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        self.files().put(path, bytes)
    }

    fn create_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.files();
        if state.files.contains_key(path) {
            return Err(DiskError::Exists { path: path.to_owned() });
        }
        state.put(path, bytes)
    }

    /// What is in memory is as durable as it gets.
    fn settle(&self, _: &Path) -> Result<(), DiskError> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.files().files.remove(path);
        Ok(())
    }

    fn exists(&self, path: &Path) -> bool {
        self.files().files.contains_key(path)
    }

    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        Ok(self.files().files.keys().filter(|path| path.starts_with(folder)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conforms(disk: &dyn Disk, root: &Path) {
        let path = root.join("a/b/c.bin");
        assert_eq!(disk.read(&path), Err(DiskError::Missing { path: path.clone() }));
        assert_eq!(disk.write_durably(&path, b"one"), Ok(()));
        assert_eq!(disk.write_durably(&path, b"two"), Ok(()));
        assert_eq!(disk.read(&path), Ok(b"two".to_vec()));
        assert_eq!(disk.create_durably(&path, b"three"), Err(DiskError::Exists { path: path.clone() }));
        assert_eq!(disk.settle(&path), Ok(()));
        assert_eq!(disk.read(&path), Ok(b"two".to_vec()));
        assert_eq!(disk.list(root), Ok(vec![path.clone()]), "nothing lies beside it");
        assert_eq!(disk.remove(&path), Ok(()));
        assert_eq!(disk.remove(&path), Ok(()));
        assert!(!disk.exists(&path));
        assert_eq!(disk.remove(&root.join("no/such/folder.bin")), Ok(()));
        let new = root.join("new/one.bin");
        assert_eq!(disk.create_durably(&new, b"one"), Ok(()));
        assert_eq!(disk.read(&new), Ok(b"one".to_vec()));
        assert_eq!(disk.list(root), Ok(vec![new]), "nothing lies beside it");
    }

    #[test]
    fn the_real_and_the_simulated_disk_behave_alike() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        conforms(&RealDisk, folder.path());
        conforms(&SimDisk::default(), Path::new("/sim"));
    }

    #[test]
    fn of_all_who_create_a_file_at_once_one_does_and_its_bytes_stay() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let sim = SimDisk::default();
        for (disk, root) in [(&RealDisk as &dyn Disk, folder.path()), (&sim as &dyn Disk, Path::new("/sim"))] {
            for round in 0..20 {
                let path = root.join(format!("{round}/one.key"));
                let (start, path) = (std::sync::Barrier::new(8), path.as_path());
                let create = |who: u8| {
                    start.wait();
                    disk.create_durably(path, &[who; 32])
                };
                let create = &create;
                let all: Vec<_> = std::thread::scope(|scope| {
                    let started: Vec<_> = (0..8).map(|who| scope.spawn(move || create(who))).collect();
                    started.into_iter().map(|one| one.join().unwrap_or_else(|_| panic!("a writer panicked"))).collect()
                });
                let first = all.iter().position(Result::is_ok).unwrap_or(usize::MAX);
                let late = all.iter().filter(|made| **made == Err(DiskError::Exists { path: path.to_owned() })).count();
                assert_eq!((all.iter().filter(|made| made.is_ok()).count(), late), (1, 7), "{all:?}");
                assert_eq!(disk.read(path), Ok(vec![u8::try_from(first).unwrap_or(u8::MAX); 32]));
                assert_eq!(disk.list(&root.join(round.to_string())), Ok(vec![path.to_owned()]), "nothing lies beside it");
            }
        }
    }

    #[test]
    fn two_who_write_the_same_file_never_write_beside_it_under_the_same_name() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let path = folder.path().join("one.key");
        // From one thread, as two servers whose threads count alike.
        let both = [1, 2].map(|byte| write_beside(&path, &[byte]).unwrap_or_else(|e| panic!("{e}")));
        assert_ne!(both[0], both[1]);
        assert_eq!(both.map(|beside| std::fs::read(beside).unwrap_or_else(|e| panic!("{e}"))), [vec![1], vec![2]]);
    }

    #[test]
    fn a_full_disk_keeps_the_old_file() {
        let disk = SimDisk::default();
        let path = Path::new("/sim/x");
        assert_eq!(disk.write_durably(path, b"old"), Ok(()));
        disk.limit_to(4);
        assert_eq!(disk.write_durably(path, b"too long"), Err(DiskError::Full { path: path.to_owned() }));
        assert_eq!(disk.read(path), Ok(b"old".to_vec()));
    }
}
