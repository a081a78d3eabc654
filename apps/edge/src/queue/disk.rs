//! The few disk operations that the queue needs, so that a test can cut the power at every byte.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// One flat folder. Nothing is durable before [`Disk::sync`] (a file's content) or [`Disk::sync_names`] (which files
/// there are) has returned.
pub trait Disk: Send + Sync {
    /// Names of all files, in no order.
    fn names(&self) -> io::Result<Vec<String>>;
    fn len(&self, name: &str) -> io::Result<u64>;
    /// As many bytes as there are, at most `buffer.len()`.
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Makes an empty file, or empties it.
    fn create(&self, name: &str) -> io::Result<()>;
    /// Writes at `offset`, which is the file's end.
    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;
    fn truncate(&self, name: &str, len: u64) -> io::Result<()>;
    fn sync(&self, name: &str) -> io::Result<()>;
    fn sync_names(&self) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
}

/// Files kept open; a queue works on its newest segment, the one it sends from, and the same of the frames.
const OPEN_FILES_MAX: usize = 8;

/// A real folder, readable by its owner only: the queue holds plates and pictures.
pub struct RealDisk {
    folder: PathBuf,
    open: Mutex<VecDeque<(String, Arc<File>)>>,
}

impl RealDisk {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        crate::files::private_folder(&folder)?;
        Ok(Self { folder, open: Mutex::new(VecDeque::new()) })
    }

    fn file(&self, name: &str) -> io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = open.iter().find(|(known, _)| known == name) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(OpenOptions::new().read(true).write(true).open(self.folder.join(name))?);
        if open.len() >= OPEN_FILES_MAX {
            open.pop_front();
        }
        open.push_back((name.to_owned(), Arc::clone(&file)));
        Ok(file)
    }

    fn forget(&self, name: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known != name);
    }
}

impl Disk for RealDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for item in fs::read_dir(&self.folder)? {
            let item = item?;
            if item.file_type()?.is_file()
                && let Ok(name) = item.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        Ok(self.file(name)?.metadata()?.len())
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let file = self.file(name)?;
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }

    fn create(&self, name: &str) -> io::Result<()> {
        self.forget(name);
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.folder.join(name))?;
        Ok(())
    }

    fn write_at(&self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all_at(bytes, offset)
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.file(name)?.set_len(len)
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.forget(name);
        fs::remove_file(self.folder.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.forget(from);
        self.forget(to);
        fs::rename(self.folder.join(from), self.folder.join(to))
    }
}
