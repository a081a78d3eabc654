//! The real disk below a folder, for engines that take [`Files`].

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, FallocateFlags};
use shouhu_files::{Append, Files, FilesError, Hold, ReadAt};

use crate::random::lot;

/// Lets this process open as many files as the machine allows it to: an open segment of the lake holds three, a year of a city
/// some thousands, and the usual soft limit is 1,024. Gives the limit that holds now; `None`: none.
pub fn raise_open_files_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised the old limit holds, and opening too many says so by itself.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current
}

/// Files below one folder of this machine.
///
/// **Invariant:** a name becomes durable by syncing its folder, and a folder by syncing the one above: both happen before the
/// call that promises it returns.
#[derive(Debug, Clone)]
pub struct RealFiles {
    root: PathBuf,
}

fn from_io(act: &'static str, name: &str, error: &Error) -> FilesError {
    match error.kind() {
        ErrorKind::NotFound => FilesError::Missing { name: name.to_owned() },
        ErrorKind::AlreadyExists => FilesError::Exists { name: name.to_owned() },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FilesError::Full { name: name.to_owned() },
        _ => FilesError::Failed { act, name: name.to_owned(), reason: error.to_string() },
    }
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)?.sync_all()
}

/// Makes the folder and those above it that are missing, each one durable in the one above.
fn make_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    make_folder(above)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder(above)
}

impl RealFiles {
    /// The folder is made when the first file is.
    #[must_use]
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// No name leads out of the root.
    fn path(&self, name: &str) -> Result<PathBuf, FilesError> {
        let relative = Path::new(name);
        if relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(self.root.join(relative));
        }
        let reason = "a name is a relative path without dots".to_owned();
        Err(FilesError::Failed { act: "name", name: name.to_owned(), reason })
    }

    /// The path, its folder made.
    fn path_to_write(&self, name: &str) -> Result<(PathBuf, PathBuf), FilesError> {
        let path = self.path(name)?;
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        make_folder(&folder).map_err(|e| from_io("make the folder of", name, &e))?;
        Ok((path, folder))
    }
}

impl Files for RealFiles {
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError> {
        let (path, folder) = self.path_to_write(name)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|e| from_io("create", name, &e))?;
        Ok(Box::new(RealAppend { file, name: name.to_owned(), end: 0, folder: Some(folder) }))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError> {
        let file = File::open(self.path(name)?).map_err(|e| from_io("open", name, &e))?;
        let len = file.metadata().map_err(|e| from_io("measure", name, &e))?.len();
        Ok(Arc::new(RealRead { file, len, name: name.to_owned() }))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let (path, folder) = self.path_to_write(name)?;
        let beside = self.path(&format!("{name}.{}.part", lot()))?;
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if let Err(error) = written.and_then(|()| std::fs::rename(&beside, &path)) {
            // Best effort: the half file has a name that nobody reads.
            let _ = std::fs::remove_file(&beside);
            return Err(from_io("write", name, &error));
        }
        sync_folder(&folder).map_err(|e| from_io("sync the folder of", name, &e))
    }

    fn remove(&self, name: &str) -> Result<(), FilesError> {
        let path = self.path(name)?;
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(from_io("remove", name, &e)),
        }
        sync_folder(path.parent().unwrap_or(&self.root)).map_err(|e| from_io("sync the folder of", name, &e))
    }

    fn trim(&self, name: &str, bytes: u64) {
        let Ok(path) = self.path(name) else { return };
        if let Ok(file) = OpenOptions::new().write(true).open(path)
            && file.metadata().is_ok_and(|found| found.len() > bytes)
        {
            // A hint: what stays is space that the file had before.
            let _ = file.set_len(bytes);
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FilesError> {
        let folder = folder.trim_end_matches('/');
        let mut names = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            let failed = |e: Error| from_io("list", &next, &e);
            let entries = match std::fs::read_dir(self.path(&next)?) {
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                entries => entries.map_err(failed)?,
            };
            for entry in entries {
                let entry = entry.map_err(failed)?;
                // Names of ours are plain: one that is not Unicode was put there by somebody else.
                let Ok(own) = entry.file_name().into_string() else { continue };
                let name = if next.is_empty() { own } else { format!("{next}/{own}") };
                let is_folder = entry.file_type().map_err(failed)?.is_dir();
                if is_folder { folders.push(name) } else { names.push(name) }
            }
        }
        names.sort();
        Ok(names)
    }

    /// An advisory lock of the operating system: gone with the process, however it ends.
    fn hold(&self, name: &str) -> Result<Hold, FilesError> {
        let (path, _) = self.path_to_write(name)?;
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(|e| from_io("lock", name, &e))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(TryLockError::WouldBlock) => Err(FilesError::Held { name: name.to_owned() }),
            Err(TryLockError::Error(e)) => Err(from_io("lock", name, &e)),
        }
    }
}

struct RealAppend {
    file: File,
    name: String,
    /// Where the next append goes: the file may be longer, by space that was asked for ahead.
    end: u64,
    /// Until the first sync: where the name has yet to become durable.
    folder: Option<PathBuf>,
}

impl Append for RealAppend {
    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        self.file.write_all_at(bytes, self.end).map_err(|e| from_io("append to", &self.name, &e))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), FilesError> {
        // fdatasync also writes the length where it grew: without it the content could not be found again.
        self.file.sync_data().map_err(|e| from_io("sync", &self.name, &e))?;
        if let Some(folder) = &self.folder {
            sync_folder(folder).map_err(|e| from_io("sync the folder of", &self.name, &e))?;
            self.folder = None;
        }
        Ok(())
    }

    fn expect_bytes(&mut self, bytes: u64) {
        // A file system without the call, or without the space, is found out by the append.
        let _ = rustix::fs::fallocate(&self.file, FallocateFlags::empty(), 0, bytes);
    }
}

struct RealRead {
    file: File,
    len: u64,
    name: String,
}

impl ReadAt for RealRead {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FilesError> {
        let until = offset.saturating_add(bytes.len() as u64);
        self.file.read_exact_at(bytes, offset).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => FilesError::Short { name: self.name.clone(), len: self.len, offset, until },
            _ => from_io("read", &self.name, &e),
        })
    }

    fn will_need(&self, offset: u64, len: u64) {
        let _ = rustix::fs::fadvise(&self.file, offset, std::num::NonZeroU64::new(len), Advice::WillNeed);
    }
}

#[cfg(test)]
mod tests {
    use shouhu_files::SimFiles;

    use super::*;

    fn good<T>(result: Result<T, FilesError>) -> T {
        result.unwrap_or_else(|e| panic!("{e}"))
    }

    fn conforms(files: &dyn Files) {
        assert_eq!(files.read("a/x"), Err(FilesError::Missing { name: "a/x".into() }));
        let mut file = good(files.create("a/x"));
        assert_eq!(files.create("a/x").err(), Some(FilesError::Exists { name: "a/x".into() }));
        file.expect_bytes(8_192);
        good(file.append(b"one"));
        good(file.append(b"two"));
        good(file.sync());
        let read = good(files.open("a/x"));
        let mut bytes = [0; 6];
        good(read.read_at(0, &mut bytes));
        assert_eq!(&bytes, b"onetwo");
        // Space ahead reads as zeros and is not the file's end.
        let all = good(files.read("a/x"));
        assert!(all.get(6..).is_some_and(|tail| tail.iter().all(|byte| *byte == 0)));
        let short = read.read_at(read.len(), &mut bytes);
        assert!(matches!(short, Err(FilesError::Short { .. })), "{short:?}");
        good(files.put("b/y", b"old"));
        good(files.put("b/y", b"new"));
        assert_eq!(good(files.read("b/y")), b"new");
        assert_eq!(good(files.list("")), ["a/x", "b/y"]);
        assert_eq!(good(files.list("a")), ["a/x"]);
        good(files.remove("a/x"));
        good(files.remove("a/x"));
        good(read.read_at(0, &mut bytes));
        assert!(good(files.list("a")).is_empty());
        let held = good(files.hold("lock"));
        assert_eq!(files.hold("lock").err(), Some(FilesError::Held { name: "lock".into() }));
        drop(held);
        drop(good(files.hold("lock")));
    }

    #[test]
    fn the_real_and_the_simulated_disk_behave_alike() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        conforms(&RealFiles::below(folder.path().join("made/as/needed")));
        conforms(&SimFiles::default());
    }

    #[test]
    fn no_name_leads_out_of_the_root() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let files = RealFiles::below(folder.path().join("in"));
        for name in ["../out", "/etc/out", "a/../../out", "./a"] {
            assert!(matches!(files.put(name, b"x"), Err(FilesError::Failed { act: "name", .. })), "{name}");
        }
    }
}
