//! What can go wrong, told apart by what the caller can do.

use std::path::Path;

use shouhu_files::FilesError;
use shouhu_lake::lake::{AppendError, FlushError, ForgetError, OpenError};
use shouhu_lake::{CatalogueError, PartError};
use shouhu_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum LakehouseError {
    #[error("lake place {text:?} is neither a folder nor s3://bucket/prefix")]
    Place { text: String },
    #[error("object storage: {0}")]
    Objects(String),
    #[error("database of the lake: {0}")]
    Store(#[from] StoreError),
    #[error("catalogue of the lake: {0}")]
    Catalogue(#[from] CatalogueError),
    #[error("file of the lake: {0}")]
    Part(#[from] PartError),
    #[error("disk of the lake: {0}")]
    Files(#[from] FilesError),
    #[error(
        "the write-ahead log below {home:?} is damaged: {detail}. Restore the file from this disk's mirror or backup; or start once \
         with --lake-log-damage=set-aside, which keeps the file under damaged/, reads what is around the damage, and says what may \
         be missing: devices send again what they still have"
    )]
    Log { home: String, detail: String },
    #[error("another program has the lake's folder {home:?} open: end it first")]
    Held { home: String },
    /// Memory is full of passages that the disk or the database does not take: devices must wait.
    #[error("the lake cannot take passages right now: {reason}")]
    Full { reason: String },
    /// Nothing can be taken in until the program starts again; what was acknowledged is safe.
    #[error("the lake takes nothing more: {reason}")]
    Stopped { reason: String },
    #[error("the lake has {found} sources; at most {max} can be numbered")]
    Sources { found: usize, max: usize },
    #[error("memory cannot be written out: {0}")]
    Flush(#[from] FlushError),
    #[error("lake: {0}")]
    Lake(String),
}

impl From<AppendError> for LakehouseError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Busy { .. } => Self::Full { reason: error.to_string() },
            AppendError::Full(full) => Self::Files(full),
            AppendError::Stopped { reason } => Self::Stopped { reason },
            AppendError::Lookup(part) => Self::Part(part),
            other => Self::Lake(other.to_string()),
        }
    }
}

impl From<ForgetError> for LakehouseError {
    fn from(error: ForgetError) -> Self {
        Self::Lake(error.to_string())
    }
}

impl LakehouseError {
    pub(crate) fn from_open(error: OpenError, home: &Path) -> Self {
        let home = home.display().to_string();
        match error {
            OpenError::Held(_) => Self::Held { home },
            OpenError::Log(error) => Self::Log { home, detail: error.to_string() },
            OpenError::Catalogue(error) => Self::Catalogue(error),
            OpenError::Files(error) => Self::Files(error),
            other => Self::Lake(other.to_string()),
        }
    }

    /// Stable key of the problem document.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Files(FilesError::Full { .. }) => "store.disk_full",
            Self::Store(error) => error.key(),
            Self::Full { .. } => "lakehouse.full",
            Self::Part(PartError::Damaged { .. }) | Self::Log { .. } => "lakehouse.damaged",
            Self::Stopped { .. } => "lakehouse.stopped",
            _ => "lakehouse.failed",
        }
    }
}
