//! Who of all relays of a database reacts and numbers now: one at a time, whichever process it is of.
//!
//! The turn keeps reactions from running twice; that no number is given twice and none becomes visible before a smaller one follows from the outbox itself, whose
//! numbers are unique and one more than the largest (`number` in platform/bus). So a turn that is lost, with the line to the database, costs a repetition at the worst.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use crate::{Backend, Store, StoreError, Tx, first};

/// Dropping it gives it on, on PostgreSQL a moment later; [`RelayTurn::end`] at once.
pub struct RelayTurn {
    /// Of several relays of one process, such as on SQLite.
    _here: OwnedMutexGuard<()>,
    /// Of several processes: holds the lock, and writes nothing.
    lock: Option<Tx>,
}

impl Store {
    /// `None`: another relay is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn relay_turn(&self) -> Result<Option<RelayTurn>, StoreError> {
        let Ok(here) = Arc::clone(&self.relaying).try_lock_owned() else { return Ok(None) };
        if self.backend() == Backend::Sqlite {
            return Ok(Some(RelayTurn { _here: here, lock: None }));
        }
        // By the connections of those who go first: a cry must not wait for a place to be told from behind a hundred questions.
        let mut lock = first(self.begin()).await?;
        // The table's own number: another schema of the same database is another house. It idles for as long as its reactions take.
        let sql = "SELECT set_config('idle_in_transaction_session_timeout', '0', true) AS idles, \
                   pg_try_advisory_xact_lock(CAST(CAST(CAST('store_outbox' AS REGCLASS) AS OID) AS BIGINT)) AS is_ours";
        let is_ours = lock.fetch_one(sql, vec![]).await?.truth("is_ours")?;
        Ok(is_ours.then_some(RelayTurn { _here: here, lock: Some(lock) }))
    }
}

impl RelayTurn {
    /// To be asked before each fact.
    ///
    /// # Errors
    /// When the line to the database is gone, and the turn with it.
    pub async fn still_held(&mut self) -> Result<(), StoreError> {
        if let Some(lock) = &mut self.lock {
            lock.fetch_one("SELECT 1 AS held", vec![]).await?;
        }
        Ok(())
    }

    /// # Errors
    /// When the line to the database is gone: the turn has then ended before.
    pub async fn end(self) -> Result<(), StoreError> {
        match self.lock {
            Some(lock) => lock.commit().await,
            None => Ok(()),
        }
    }
}
