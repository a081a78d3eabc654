//! The outbox: facts that wait to be published, and the recent past that a stream can resume from.

use shouhu_events::{Envelope, Event};
use shouhu_ids::{EventId, Micros};

use crate::{Migration, ModuleMigrations, Row, Store, StoreError, params};

pub const OUTBOX_MIGRATIONS: ModuleMigrations = ModuleMigrations {
    module: "store",
    migrations: &[
        Migration { name: "0001_outbox_and_jobs", sql: include_str!("../migrations/0001_outbox_and_jobs.sql") },
        Migration { name: "0002_clock", sql: include_str!("../migrations/0002_clock.sql") },
        Migration { name: "0003_job_lane", sql: include_str!("../migrations/0003_job_lane.sql") },
    ],
};

/// An event that is committed and perhaps not yet published.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    pub id: EventId,
    pub at: Micros,
    pub event: Event,
}

fn envelope_of(row: &Row) -> Result<Envelope, StoreError> {
    Ok(Envelope { seq: row.int("seq")?, id: row.parsed("id")?, at_us: row.micros("at_us")?, event: row.json("body")? })
}

impl Store {
    /// The oldest unpublished events, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unpublished(&self, limit: i64) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self
            .fetch(
                "SELECT id, at_us, body FROM store_outbox WHERE seq IS NULL ORDER BY emitted_order, id LIMIT $1",
                params![limit],
            )
            .await?;
        rows.iter()
            .map(|row| Ok(StoredEvent { id: row.parsed("id")?, at: row.micros("at_us")?, event: row.json("body")? }))
            .collect()
    }

    /// The number of the last published event; 0 before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_seq(&self) -> Result<i64, StoreError> {
        let row = self.fetch_one("SELECT COALESCE(MAX(seq), 0) AS seq FROM store_outbox", vec![]).await?;
        row.int("seq")
    }

    /// Published events after `seq`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn published_after(&self, seq: i64, limit: i64) -> Result<Vec<Envelope>, StoreError> {
        let rows = self
            .fetch("SELECT seq, id, at_us, body FROM store_outbox WHERE seq > $1 ORDER BY seq LIMIT $2", params![seq, limit])
            .await?;
        rows.iter().map(envelope_of).collect()
    }

    /// The smallest number that is still kept: a stream that asks for older ones must start anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_kept_seq(&self) -> Result<Option<i64>, StoreError> {
        let row = self.fetch_one("SELECT MIN(seq) AS seq FROM store_outbox WHERE seq IS NOT NULL", vec![]).await?;
        row.opt_int("seq")
    }

    /// Forgets published events from before `before`, except the newest one, whose number must not be given twice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_published(&self, before: Micros) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let gone = tx
            .execute(
                "DELETE FROM store_outbox WHERE seq IS NOT NULL AND at_us < $1 AND seq < (SELECT MAX(seq) FROM store_outbox)",
                params![before],
            )
            .await?;
        tx.commit().await?;
        Ok(gone)
    }
}
