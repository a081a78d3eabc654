//! Files that are either wholly there after a power cut or not there at all.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    #[error("file {path:?} does not exist")]
    Missing { path: PathBuf },
    #[error("disk is full while writing {path:?}")]
    Full { path: PathBuf },
    #[error("cannot {act} {path:?}: {reason}")]
    Failed { act: &'static str, path: PathBuf, reason: String },
}

impl DiskError {
    fn from_io(act: &'static str, path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
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

impl Disk for RealDisk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        std::fs::read(path).map_err(|e| DiskError::from_io("read", path, &e))
    }

    fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        if !folder.exists() {
            std::fs::create_dir_all(folder).map_err(|e| DiskError::from_io("create folder", folder, &e))?;
            if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
                sync_folder(above)?;
            }
        }
        // The name is unique per process and target, so that two writers of one content-addressed file do not collide.
        let unique = std::thread::current().id();
        let beside = path.with_extension(format!("{unique:?}.part").replace(['(', ')'], ""));
        let written = std::fs::File::create(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if let Err(error) = written.and_then(|()| std::fs::rename(&beside, path)) {
            // Best effort: the half file has a name that nobody reads.
            let _ = std::fs::remove_file(&beside);
            return Err(DiskError::from_io("write", path, &error));
        }
        sync_folder(folder)
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(DiskError::from_io("remove", path, &e)),
            _ => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        // Also when the file was not there: the removal before may be the one whose sync failed.
        match sync_folder(folder) {
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

impl Disk for SimDisk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        self.files().files.get(path).cloned().ok_or_else(|| DiskError::Missing { path: path.to_owned() })
    }

    fn write_durably(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.files();
        let others: usize = state.files.iter().filter(|(known, _)| known.as_path() != path).map(|(_, bytes)| bytes.len()).sum();
        if state.capacity_bytes.is_some_and(|capacity| others + bytes.len() > capacity) {
            return Err(DiskError::Full { path: path.to_owned() });
        }
        state.files.insert(path.to_owned(), bytes.to_vec());
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
        assert_eq!(disk.list(root), Ok(vec![path.clone()]));
        assert_eq!(disk.remove(&path), Ok(()));
        assert_eq!(disk.remove(&path), Ok(()));
        assert!(!disk.exists(&path));
        assert_eq!(disk.remove(&root.join("no/such/folder.bin")), Ok(()));
    }

    #[test]
    fn the_real_and_the_simulated_disk_behave_alike() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        conforms(&RealDisk, folder.path());
        conforms(&SimDisk::default(), Path::new("/sim"));
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
