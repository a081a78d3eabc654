//! What can go wrong, in words that an operator can act on.

use shouhu_audit::AuditError;
use shouhu_blobs::KeyError;
use shouhu_files::FilesError;
use shouhu_lakehouse::LakehouseError;
use shouhu_lakehouse::lake::wal::ScanError;
use shouhu_store::StoreError;
use shouhu_tlog::NoteError;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("disk: {0}")]
    Files(FilesError),
    #[error("database: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Lake(#[from] LakehouseError),
    #[error("{0}")]
    Log(#[from] ScanError),
    #[error("{0}")]
    Audit(#[from] AuditError),
    #[error("{0}")]
    Key(#[from] KeyError),
    #[error("signature: {0}")]
    Note(#[from] NoteError),
    #[error("{file} is not what a backup has there: {detail}")]
    Malformed { file: String, detail: String },
    #[error("{file} is damaged: {detail}")]
    Damaged { file: String, detail: String },
    #[error("{place} has no backup{which}")]
    NoBackup { place: &'static str, which: String },
    /// Nothing is wrong: whoever has the place does the work.
    #[error("another program is writing to this place of backups")]
    Held,
    /// Nothing is wrong: the other backup goes on.
    #[error("another backup of this house is being taken: try again when it is done")]
    HouseHeld,
    #[error("files of the lake went away under the copy {tries} times in a row: try again when the purge is over")]
    Overtaken { tries: usize },
    #[error("{folder} is not empty: nothing is restored over a house")]
    NotEmpty { folder: String },
    #[error("the file of keys does not open: wrong passphrase, or it was changed")]
    Passphrase,
    #[error("a passphrase has at least {min} characters")]
    PassphraseShort { min: usize },
    /// The one way in which a restore that failed leaves something.
    #[error(
        "the rows are in the new database already, but the restored house did not get its name: {detail}; \
         give what ends with .restoring its name by hand, or drop that database, make it anew and restore again"
    )]
    RowsWithoutHouse { detail: String },
    #[error("what the rooms keep of a plate that was forgotten: {0}")]
    Rooms(String),
    #[error("what was restored is not what was backed up: {0}")]
    Differs(String),
}

impl From<FilesError> for BackupError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Held { .. } => Self::Held,
            other => Self::Files(other),
        }
    }
}

impl BackupError {
    pub(crate) fn malformed(file: impl Into<String>, detail: impl ToString) -> Self {
        Self::Malformed { file: file.into(), detail: detail.to_string() }
    }

    pub(crate) fn damaged(file: impl Into<String>, detail: impl ToString) -> Self {
        Self::Damaged { file: file.into(), detail: detail.to_string() }
    }

    pub(crate) fn io(act: &'static str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Files(FilesError::Failed { act, name: path.display().to_string(), reason: error.to_string() })
    }
}
