//! What can go wrong with a database, told apart by what the caller can do about it.

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote the same key first.
    #[error("a row with the same unique value exists: {detail}")]
    Duplicate { detail: String },
    #[error("disk is full: the database refused to write")]
    DiskFull,
    /// Try again: another writer held the database for too long, or the transaction lost a race.
    #[error("database is busy: {detail}")]
    Busy { detail: String },
    #[error("database cannot be reached: {detail}")]
    Unavailable { detail: String },
    #[error("column {column:?}: expected {expected}, found {found}")]
    Column { column: String, expected: &'static str, found: String },
    #[error("expected one row, found {found}")]
    NotOne { found: usize },
    #[error("migration {module}/{name} was changed after it was applied: restore the file, or write a new migration")]
    MigrationChanged { module: String, name: String },
    #[error("database has migration {module}/{name}, which this program does not know: it was opened by a newer version")]
    MigrationUnknown { module: String, name: String },
    #[error("store address {url:?} is not supported: use sqlite:<path> or postgres://<user>@<host>/<database>")]
    Address { url: String },
    /// Nothing is written over rows, nor among them.
    #[error("database is not empty: it has the table {table:?}; name an empty one")]
    NotEmpty { table: String },
    #[error("rows cannot be copied from one database to the other: {detail}")]
    Copy { detail: String },
    #[error("stored {what} cannot be read: {detail}")]
    Corrupt { what: &'static str, detail: String },
    #[error("sql failed: {detail}")]
    Sql { detail: String },
}

impl StoreError {
    /// Stable key of the problem document.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "store.duplicate",
            Self::DiskFull => "store.disk_full",
            Self::Busy { .. } => "store.busy",
            Self::Unavailable { .. } => "store.unavailable",
            _ => "store.failed",
        }
    }

    pub(crate) fn corrupt(what: &'static str, error: &dyn std::fmt::Display) -> Self {
        Self::Corrupt { what, detail: error.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) => {
                // SQLite: primary code in the low byte (13 FULL, 5 BUSY, 6 LOCKED). PostgreSQL: SQLSTATE
                // (53100 disk_full, 40001 serialization_failure, 40P01 deadlock_detected, 55P03 lock_not_available; 25006
                // read_only_sql_transaction is a standby that was not promoted yet, 57P01 to 57P03 one that stops or starts, 08 a line
                // that broke: PostgreSQL 15, appendix A).
                let code = db.code().unwrap_or_default();
                let primary = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
                if db.is_unique_violation() {
                    Self::Duplicate { detail: db.message().to_owned() }
                } else if primary == Some(13) || code == "53100" {
                    Self::DiskFull
                } else if matches!(primary, Some(5 | 6)) || matches!(code.as_ref(), "40001" | "40P01" | "55P03") {
                    Self::Busy { detail: db.message().to_owned() }
                } else if matches!(code.as_ref(), "25006" | "57P01" | "57P02" | "57P03") || (code.len() == 5 && code.starts_with("08")) {
                    Self::Unavailable { detail: db.message().to_owned() }
                } else {
                    Self::Sql { detail: db.to_string() }
                }
            }
            sqlx::Error::PoolTimedOut => Self::Busy { detail: "no free connection".into() },
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => Self::Unavailable { detail: error.to_string() },
            _ => Self::Sql { detail: error.to_string() },
        }
    }
}
