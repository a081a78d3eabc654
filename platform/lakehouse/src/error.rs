//! What can go wrong, told apart by what the caller can do.

use shouhu_files::FilesError;
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
        "write-ahead log {file:?} is damaged at byte {offset}: {detail}. Restore the file from this disk's mirror or backup, or move it \
         away to start without the passages that only it holds: devices send what they still have"
    )]
    Log { file: String, offset: u64, detail: String },
    /// Memory is full of passages that the disk or the database does not take: devices must wait.
    #[error("the lake cannot take passages right now: {reason}")]
    Full { reason: String },
    /// Nothing can be taken in until the program starts again; what was acknowledged is safe.
    #[error("the lake takes nothing more: {reason}")]
    Stopped { reason: String },
    #[error("the lake has {found} sources; at most {max} can be numbered")]
    Sources { found: usize, max: usize },
    #[error("lake: {0}")]
    Lake(String),
}

impl LakehouseError {
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
