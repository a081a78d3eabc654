//! Small files that are either the old ones or the new ones, never half of each.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder and its parents, for the owner only where they are new.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes beside the target, syncs, renames over it and syncs the folder. Mode 0600.
///
/// # Errors
/// When any step fails; the old file is then still there.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut beside = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    beside.push(".new");
    let beside = folder.join(beside);
    let written = (|| {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        let mut buffered = io::BufWriter::new(file);
        write(&mut buffered)?;
        let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    })();
    if let Err(e) = written {
        // A full disk must not keep the half-written file too; the error that matters is the first.
        let _ = fs::remove_file(&beside);
        return Err(e);
    }
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

/// [`replace`] with ready bytes.
///
/// # Errors
/// As [`replace`].
pub fn replace_with(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, |out| out.write_all(bytes))
}

/// Whether the disk has no room: the error that is waited out rather than reported as damage.
#[must_use]
pub fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_debris() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let path = folder.path().join("a.json");
        replace_with(&path, b"old").unwrap_or_else(|e| panic!("{e}"));
        let failed = replace(&path, |out| {
            out.write_all(b"ne")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(failed.is_err_and(|e| is_disk_full(&e)));
        assert_eq!(fs::read(&path).ok().as_deref(), Some(b"old".as_slice()));
        assert_eq!(fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(1));
        assert_eq!(fs::metadata(&path).map(|m| m.permissions().mode() & 0o777).ok(), Some(0o600));
    }
}
