//! Opening, reading, and beginning to write.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shouhu_env::Env;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgPool, SqlitePool};
use tokio::sync::Notify;

use crate::first::{Turns, is_first};
use crate::tx::{Inner, Tx};
use crate::{Row, StoreError, Value, row};

/// Readers beside the one writer of SQLite.
const LITE_READERS: u32 = 4;
const PG_CONNECTIONS: u32 = 16;
/// More of them, for those who go first ([`crate::first()`]).
const LITE_READERS_FIRST: u32 = 2;
/// One of them is the relay's while it reacts.
const PG_CONNECTIONS_FIRST: u32 = 5;
/// How long a caller waits for a connection before it is told `Busy`. On SQLite a writer who does not go first waits at most as long for its turn before that, and once
/// more where the connection could only read: three times as long at the most.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Whether a store's address is of a PostgreSQL.
#[must_use]
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// SQLite has one writer: a pool of one makes callers queue fairly instead of failing with `SQLITE_BUSY`.
    Lite { read: SqlitePool, read_first: SqlitePool, write: SqlitePool, turns: Turns, is_unfit: Arc<AtomicBool> },
    Pg { pool: PgPool, first: PgPool },
}

impl Db {
    /// Where whoever asks now reads; on PostgreSQL, where he writes as well.
    fn pool<'d, P>(all: &'d P, first: &'d P) -> &'d P {
        if is_first() { first } else { all }
    }
}

/// A database, cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) env: Env,
    pub(crate) events_waiting: Arc<Notify>,
    pub(crate) jobs_waiting: Arc<Notify>,
    pub(crate) last_order: Arc<std::sync::atomic::AtomicI64>,
    /// Locked by the relay of this process that reacts now.
    pub(crate) relaying: Arc<tokio::sync::Mutex<()>>,
    pub(crate) seals: crate::Seals,
    pub(crate) guards: crate::Guards,
}

macro_rules! bind_all {
    ($query:expr, $params:expr) => {{
        let mut query = $query;
        for value in $params {
            query = match value {
                Value::Int(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Blob(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(crate) use bind_all;

impl Store {
    /// `sqlite:<path>` or `postgres://…`. The SQLite file is created when it is missing.
    ///
    /// # Errors
    /// When the address is of neither kind or the database cannot be opened.
    pub async fn open(url: &str, env: Env) -> Result<Self, StoreError> {
        let db = if let Some(path) = url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL, not NORMAL: in WAL mode only FULL syncs at every commit, and a commit is what is acknowledged.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(WAIT);
            let is_unfit = Arc::new(AtomicBool::new(false));
            let is_unfit_now = is_unfit.clone();
            // Connections to a file do not age; and while one of them is open, SQLite keeps what they share.
            let pool = || SqlitePoolOptions::new().acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None);
            let write = pool()
                .max_connections(1)
                // A full disk makes SQLite itself end the transaction; the driver's rollback then finds none and counts one open for ever,
                // so that no further write would begin on this connection. A fresh one takes its place, as of one that is unfit.
                .before_acquire(move |connection, _| {
                    let is_fit = !is_unfit_now.swap(false, Ordering::SeqCst) && !connection.is_in_transaction();
                    Box::pin(async move { Ok(is_fit) })
                })
                .connect_with(options.clone())
                .await?;
            let read = pool().max_connections(LITE_READERS).connect_with(options.clone()).await?;
            let read_first = pool().max_connections(LITE_READERS_FIRST).connect_lazy_with(options);
            Db::Lite { read, read_first, write, turns: Turns::default(), is_unfit }
        } else if is_postgres(url) {
            let options: PgConnectOptions = url.parse().map_err(|_| StoreError::Address { url: url.to_owned() })?;
            let pool = || PgPoolOptions::new().acquire_timeout(WAIT);
            let first = pool().max_connections(PG_CONNECTIONS_FIRST).connect_lazy_with(options.clone());
            Db::Pg { pool: pool().max_connections(PG_CONNECTIONS).connect_with(options).await?, first }
        } else {
            return Err(StoreError::Address { url: url.to_owned() });
        };
        Ok(Self::of(db, env))
    }

    /// A SQLite file that nobody else opens and that a crash may take: nothing is synced, one connection does everything, and rows may come before those that they name.
    pub(crate) async fn open_scratch(path: &Path, env: Env) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Memory)
            .synchronous(SqliteSynchronous::Off)
            .foreign_keys(false);
        let only = SqlitePoolOptions::new().max_connections(1).acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None).connect_with(options).await?;
        let db = Db::Lite { read: only.clone(), read_first: only.clone(), write: only, turns: Turns::default(), is_unfit: Arc::default() };
        Ok(Self::of(db, env))
    }

    fn of(db: Db, env: Env) -> Self {
        Self {
            db,
            env,
            events_waiting: Arc::default(),
            jobs_waiting: Arc::default(),
            last_order: Arc::default(),
            relaying: Arc::default(),
            seals: crate::Seals::default(),
            guards: crate::Guards::default(),
        }
    }

    #[must_use]
    pub const fn backend(&self) -> Backend {
        match self.db {
            Db::Lite { .. } => Backend::Sqlite,
            Db::Pg { .. } => Backend::Postgres,
        }
    }

    #[must_use]
    pub const fn env(&self) -> &Env {
        &self.env
    }

    /// What is sealed; oversight keeps it up to date.
    #[must_use]
    pub const fn seals(&self) -> &crate::Seals {
        &self.seals
    }

    /// What whoever asks now may not see; `None` where that is nothing, which costs one atomic load while nothing is sealed.
    #[must_use]
    pub fn veil(&self) -> Option<crate::Veil> {
        self.seals.veil(crate::Eyes::now(), || self.env.now())
    }

    /// Which rows a force's rules hide from whoever has not said who looks.
    #[must_use]
    pub const fn guards(&self) -> &crate::Guards {
        &self.guards
    }

    /// Rows of a query outside any transaction, of those that whoever looks may see ([`crate::Sight`]).
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn fetch(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let (sql, params) = crate::rows::narrowed(&self.guards.sight(), self.backend(), sql, params)?;
        match &self.db {
            Db::Lite { read, read_first, .. } => {
                let query = bind_all!(sqlx::query(AssertSqlSafe(sql.into_owned())), params);
                row::from_sqlite(&query.fetch_all(Db::pool(read, read_first)).await?)
            }
            Db::Pg { pool, first } => {
                let query = bind_all!(sqlx::query(AssertSqlSafe(sql.into_owned())), params);
                row::from_postgres(&query.fetch_all(Db::pool(pool, first)).await?)
            }
        }
    }

    /// # Errors
    /// As `fetch`, and when there is more than one row.
    pub async fn fetch_opt(&self, sql: &str, params: Vec<Value>) -> Result<Option<Row>, StoreError> {
        at_most_one(self.fetch(sql, params).await?)
    }

    /// # Errors
    /// As `fetch`, and when there is not exactly one row.
    pub async fn fetch_one(&self, sql: &str, params: Vec<Value>) -> Result<Row, StoreError> {
        self.fetch_opt(sql, params).await?.ok_or(StoreError::NotOne { found: 0 })
    }

    /// Begins to write. On SQLite the caller is now the one writer until it commits or drops the transaction.
    ///
    /// # Errors
    /// `Busy` when the wait for the other writers was too long.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let (inner, turn) = match &self.db {
            Db::Lite { write, turns, is_unfit, .. } => {
                let turn = turns.take().await?;
                (Inner::Lite(begin_lite(write, is_unfit).await?), turn)
            }
            Db::Pg { pool, first } => (Inner::Pg(Db::pool(pool, first).begin().await?), None),
        };
        Ok(Tx::new(inner, self.clone(), turn))
    }

    /// Everything as it is at one moment, for as long as it takes to read it. Nothing is hidden from it, and nothing can be written by it.
    pub(crate) async fn snapshot(&self) -> Result<Tx, StoreError> {
        let inner = match &self.db {
            Db::Lite { read, .. } => Inner::Lite(read.begin().await?),
            Db::Pg { pool, .. } => Inner::Pg(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?),
        };
        let mut tx = Tx::new(inner, self.clone(), None);
        tx.take_its_time().await?;
        Ok(tx)
    }

    /// Waits until a transaction of this process has emitted an event.
    pub async fn event_waiting(&self) {
        self.events_waiting.notified().await;
    }

    /// Waits until a transaction of this process has enqueued a job.
    pub async fn job_waiting(&self) {
        self.jobs_waiting.notified().await;
    }

    /// Closes every connection; SQLite then folds its log into the file.
    pub async fn close(&self) {
        match &self.db {
            Db::Lite { read, read_first, write, .. } => {
                read.close().await;
                read_first.close().await;
                write.close().await;
            }
            Db::Pg { pool, first } => {
                first.close().await;
                pool.close().await;
            }
        }
    }
}

/// SQLite opens for reading what it cannot open for writing, and after a corrupted page or a failed disk it lets a connection only read on:
/// such a connection would never write again, however well the disk is. One fresh connection is tried at once, and one for each later caller;
/// nobody waits for the disk.
async fn begin_lite(write: &SqlitePool, is_unfit: &AtomicBool) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
    let begin = || async { write.begin_with("BEGIN IMMEDIATE").await.inspect_err(|error| is_unfit.store(is_only_readable(error), Ordering::SeqCst)) };
    match begin().await {
        Err(error) if is_only_readable(&error) => begin().await,
        begun => begun,
    }
}

/// `SQLITE_READONLY` and its kinds (SQLite, Result and Error Codes, §2: the primary code is the low byte).
fn is_only_readable(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 8)
}

pub(crate) fn at_most_one(mut rows: Vec<Row>) -> Result<Option<Row>, StoreError> {
    match rows.len() {
        0 | 1 => Ok(rows.pop()),
        found => Err(StoreError::NotOne { found }),
    }
}
