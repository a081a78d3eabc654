//! Writing: everything in a transaction, its events and jobs with it.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use shouhu_events::Event;
use shouhu_ids::{EventId, JobId, Micros};
use sqlx::{AssertSqlSafe, Executor, Postgres, Sqlite, Transaction};

use crate::db::{at_most_one, bind_all};
use crate::first::Turn;
use crate::{Backend, Row, Store, StoreError, Value, params, row};

pub(crate) enum Inner {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

/// A statement that becomes true together with the first change that a piece of work makes, whoever makes it.
pub struct Rider {
    sql: &'static str,
    params: Vec<Value>,
    has_ridden: AtomicBool,
}

impl Rider {
    #[must_use]
    pub const fn new(sql: &'static str, params: Vec<Value>) -> Self {
        Self { sql, params, has_ridden: AtomicBool::new(false) }
    }

    fn waiting(&self) -> Option<(&'static str, Vec<Value>)> {
        (!self.has_ridden.load(Ordering::SeqCst)).then(|| (self.sql, self.params.clone()))
    }

    /// Does `work`; the first of its transactions that changes something takes the statement along. What it hands to other tasks takes nothing.
    pub async fn along_with<F: Future>(self, work: F) -> F::Output {
        RIDER.scope(self, work).await
    }
}

tokio::task_local! {
    static RIDER: Rider;
}

/// A transaction. Dropping it without `commit` undoes it.
pub struct Tx {
    pub(crate) inner: Inner,
    store: Store,
    has_events: bool,
    has_jobs: bool,
    has_changes: bool,
    /// Given on when it ends.
    _turn: Turn,
}

/// Work to do after the commit.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// One of the job kinds of the modules.
    pub kind: &'static str,
    /// The same kind and key is one job for as long as the job is kept (a day after it was done); enqueueing it again is
    /// no error. A job that recurs puts the time of its turn into the key.
    pub key: String,
    pub payload: serde_json::Value,
    /// Not before; `None` = at once.
    pub run_at: Option<Micros>,
}

impl Tx {
    pub(crate) const fn new(inner: Inner, store: Store, turn: Turn) -> Self {
        Self { inner, store, has_events: false, has_jobs: false, has_changes: false, _turn: turn }
    }

    pub(crate) const fn backend(&self) -> Backend {
        self.store.backend()
    }

    /// # Errors
    /// When the database refuses.
    pub async fn fetch(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows_of(sql, params).await?;
        // `UPDATE … RETURNING` is asked for as a question is.
        self.has_changes |= !rows.is_empty() && !sql.trim_start().starts_with("SELECT");
        Ok(rows)
    }

    /// Whether whoever looks may see a row of a guarded table, and so may change it ([`crate::Sight`]). One that is not there he may not see where some are hidden from
    /// him.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn shows(&mut self, table: &str, id: impl Into<Value>) -> Result<bool, StoreError> {
        if !self.store.guards().sight().narrows(table) {
            return Ok(true);
        }
        let sql = format!("SELECT id FROM {table} WHERE id = $1");
        Ok(!self.fetch_shown(&sql, vec![id.into()]).await?.is_empty())
    }

    /// A `SELECT` as [`Store::fetch`] answers it, of those rows that whoever looks may see ([`crate::Sight`]): for what is told, not for what is decided by.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn fetch_shown(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let (sql, values) = crate::rows::narrowed(&self.store.guards().sight(), self.store.backend(), sql, params)?;
        self.rows_of(&sql, values).await
    }

    async fn rows_of(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &mut self.inner {
            Inner::Lite(tx) => {
                let query = bind_all!(sqlx::query(AssertSqlSafe(sql.to_owned())), params);
                row::from_sqlite(&query.fetch_all(&mut **tx).await?)
            }
            Inner::Pg(tx) => {
                let query = bind_all!(sqlx::query(AssertSqlSafe(sql.to_owned())), params);
                row::from_postgres(&query.fetch_all(&mut **tx).await?)
            }
        }
    }

    /// # Errors
    /// As `fetch`, and when there is more than one row.
    pub async fn fetch_opt(&mut self, sql: &str, params: Vec<Value>) -> Result<Option<Row>, StoreError> {
        at_most_one(self.fetch(sql, params).await?)
    }

    /// # Errors
    /// As `fetch`, and when there is not exactly one row.
    pub async fn fetch_one(&mut self, sql: &str, params: Vec<Value>) -> Result<Row, StoreError> {
        self.fetch_opt(sql, params).await?.ok_or(StoreError::NotOne { found: 0 })
    }

    /// Rows that were changed.
    ///
    /// # Errors
    /// `Duplicate` when a unique value is taken; on PostgreSQL the transaction is then lost, so write
    /// `… ON CONFLICT DO NOTHING` where a duplicate is expected.
    pub async fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, StoreError> {
        let changed = match &mut self.inner {
            Inner::Lite(tx) => {
                bind_all!(sqlx::query(AssertSqlSafe(sql.to_owned())), params).execute(&mut **tx).await?.rows_affected()
            }
            Inner::Pg(tx) => {
                bind_all!(sqlx::query(AssertSqlSafe(sql.to_owned())), params).execute(&mut **tx).await?.rows_affected()
            }
        };
        self.has_changes |= changed > 0;
        Ok(changed)
    }

    /// Several statements without parameters: migrations.
    pub(crate) async fn execute_script(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Lite(tx) => (&mut **tx).execute(AssertSqlSafe(sql.to_owned())).await.map(|_| ())?,
            Inner::Pg(tx) => (&mut **tx).execute(AssertSqlSafe(sql.to_owned())).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Puts a fact into the outbox; it is published after the commit, at least once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn emit(&mut self, event: &Event) -> Result<EventId, StoreError> {
        let at = self.store.env.now();
        let id = self.store.env.id(EventId::new);
        let body = serde_json::to_string(event).map_err(|e| StoreError::corrupt("event", &e))?;
        // Rises even when the clock stands still or jumps back, so that facts of one process keep their order.
        let order = self
            .store
            .last_order
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(at.0.max(last + 1)))
            .map_or(at.0, |last| at.0.max(last + 1));
        self.execute(
            "INSERT INTO store_outbox (id, emitted_order, at_us, kind, body) VALUES ($1, $2, $3, $4, $5)",
            params![id, order, at, event.kind(), body],
        )
        .await?;
        self.has_events = true;
        Ok(id)
    }

    /// Enqueues work in this transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enqueue(&mut self, job: NewJob) -> Result<(), StoreError> {
        self.put_job(job, None).await
    }

    /// Enqueues work that calls somebody: of those of its kind that call the same `whom`, one runs at a time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enqueue_call(&mut self, whom: &str, job: NewJob) -> Result<(), StoreError> {
        let lane = format!("{}:{whom}", job.kind);
        self.put_job(job, Some(lane)).await
    }

    async fn put_job(&mut self, job: NewJob, lane: Option<String>) -> Result<(), StoreError> {
        let now = self.store.env.now();
        let id = self.store.env.id(JobId::new);
        self.execute(
            "INSERT INTO store_job (id, kind, job_key, lane, payload, state, attempts, run_at_us, enqueued_at_us) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, $7) \
             ON CONFLICT (kind, job_key) DO NOTHING",
            params![id, job.kind, job.key, lane, job.payload.to_string(), job.run_at.unwrap_or(now), now],
        )
        .await?;
        self.has_jobs = true;
        Ok(())
    }

    /// Makes it durable, then wakes whoever waits for its events and jobs.
    ///
    /// # Errors
    /// When the database could not sync; nothing of the transaction is then kept.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let rider = self.has_changes.then(|| RIDER.try_with(Rider::waiting).ok().flatten()).flatten();
        let takes_one = rider.is_some();
        if let Some((sql, params)) = rider {
            self.execute(sql, params).await?;
        }
        match self.inner {
            Inner::Lite(tx) => tx.commit().await?,
            Inner::Pg(tx) => tx.commit().await?,
        }
        if takes_one {
            // Only now: a transaction that failed has taken nothing along.
            RIDER.with(|rider| rider.has_ridden.store(true, Ordering::SeqCst));
        }
        if self.has_events {
            self.store.events_waiting.notify_one();
        }
        if self.has_jobs {
            self.store.jobs_waiting.notify_one();
        }
        Ok(())
    }
}
