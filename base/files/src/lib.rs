//! What a durable engine asks of a disk, as traits, and a disk in memory that can lose power.
//!
//! Names are relative paths with `/`, below a root that the implementation knows. Nothing here touches a real disk:
//! `platform/env` does, and an engine that takes `&dyn Files` runs unchanged on the simulated one.
//!
//! **Invariant:** what was appended but not synced, and what was made, renamed or removed in a folder that was not synced,
//! may be gone, half there or torn after a power cut; everything else is there.

mod sim;

pub use sim::{Act, Fault, SimFiles};

use std::any::Any;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    #[error("file {name:?} does not exist")]
    Missing { name: String },
    #[error("file {name:?} exists already")]
    Exists { name: String },
    #[error("disk is full while writing {name:?}")]
    Full { name: String },
    #[error("file {name:?} ends at {len} bytes; bytes {offset} to {until} were wanted")]
    Short { name: String, len: u64, offset: u64, until: u64 },
    #[error("cannot {act} {name:?}: {reason}")]
    Failed { act: &'static str, name: String, reason: String },
    #[error("{name:?} is held by another writer")]
    Held { name: String },
    /// The machine lost power: only the simulated disk says so.
    #[error("the power is off")]
    PowerOff,
}

/// Dropping it lets the next writer in.
pub type Hold = Box<dyn Any + Send + Sync>;

/// A folder of files.
pub trait Files: Send + Sync {
    /// A new file to append to; its folders are made as needed. Durable only after [`Append::sync`].
    ///
    /// # Errors
    /// `Exists` when there is one of that name.
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError>;
    /// # Errors
    /// `Missing` when there is none.
    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError>;
    /// Writes beside the target, syncs, renames, syncs the folder: durable when it returns, never half done.
    ///
    /// # Errors
    /// `Full` when the disk is; the target is then as it was.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError>;
    /// Durable when it returns; a file that is not there is no error.
    ///
    /// # Errors
    /// When the file is there and cannot be removed.
    fn remove(&self, name: &str) -> Result<(), FilesError>;
    /// Gives back the space behind the first `bytes` of a file to which nobody appends any more. Only where nothing behind them counts: after a power cut
    /// they may be there again. A hint, as [`Append::expect_bytes`] is, whose space it gives back: may do nothing.
    fn trim(&self, name: &str, bytes: u64) {
        let _ = (name, bytes);
    }
    /// Every file below `folder` (empty: all), sorted; none when there is no such folder.
    ///
    /// # Errors
    /// When a folder cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<String>, FilesError>;
    /// Keeps a second writer, started by mistake, out of the folder for as long as the guard lives; the guard also goes with
    /// its process. A store that many nodes share by design holds nobody off.
    ///
    /// # Errors
    /// `Held` when somebody, this process included, has it.
    fn hold(&self, name: &str) -> Result<Hold, FilesError> {
        let _ = name;
        Ok(Box::new(()))
    }

    /// The whole file.
    ///
    /// # Errors
    /// `Missing` when there is none.
    fn read(&self, name: &str) -> Result<Vec<u8>, FilesError> {
        let file = self.open(name)?;
        let mut bytes = vec![0; usize::try_from(file.len()).unwrap_or(usize::MAX)];
        file.read_at(0, &mut bytes)?;
        Ok(bytes)
    }
}

/// The end of a file that is being written.
pub trait Append: Send {
    /// # Errors
    /// When the disk refuses; the file's tail is then unknown and must not be appended to.
    fn append(&mut self, bytes: &[u8]) -> Result<(), FilesError>;
    /// Content, length and name are durable when it returns. After an error nothing that was appended since the last
    /// success may be trusted, and a second try that succeeds proves nothing: the writer must stop.
    ///
    /// # Errors
    /// When the disk refuses.
    fn sync(&mut self) -> Result<(), FilesError>;
    /// Asks for space ahead, so that a sync need not also write the file's new length. A hint: may do nothing.
    fn expect_bytes(&mut self, bytes: u64) {
        let _ = bytes;
    }
}

/// A file that does not change any more.
pub trait ReadAt: Send + Sync {
    fn len(&self) -> u64;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Fills `bytes` from `offset`.
    ///
    /// # Errors
    /// `Short` when the file ends before.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), FilesError>;
    /// Says that these bytes are read soon, so that a cold disk can fetch several places at once. A hint.
    fn will_need(&self, offset: u64, len: u64) {
        let _ = (offset, len);
    }
}
