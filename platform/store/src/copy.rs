//! A copy of the whole database at one moment, while others write.

use std::path::Path;

use crate::db::Db;
use crate::{Store, StoreError};

impl Store {
    /// Writes a SQLite database as it is at one moment into a new file; writers go on meanwhile. What was deleted is not in it,
    /// not even in unused pages. PostgreSQL has tools of its own.
    ///
    /// # Errors
    /// When the file is there already, the disk is full, or the database is none of SQLite's.
    pub async fn copy_into(&self, path: &Path) -> Result<(), StoreError> {
        let Db::Lite { read, .. } = &self.db else {
            return Err(StoreError::Sql { detail: "only SQLite is copied into a file".into() });
        };
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(read).await?;
        Ok(())
    }
}
