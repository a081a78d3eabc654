//! Operations data: one SQL text, on SQLite or PostgreSQL, with an outbox and a job table in the same transaction.
//!
//! **Invariant:** `Tx::commit` returns only after the database has synced; what was emitted or enqueued in the
//! transaction is then as durable as what it changed, and neither exists without the other.
//!
//! SQL that both understand: parameters are `$1`, `$2` …; columns are `BIGINT`, `DOUBLE PRECISION`, `TEXT` and `{{BLOB}}`
//! (replaced by the migrator); truth is `BIGINT` 0 or 1; sums are cast (`CAST(SUM(n) AS BIGINT)`); every change of a state
//! is guarded by the old one (`… WHERE id = $1 AND state = $2`), because PostgreSQL's default isolation lets two readers
//! see the same old state.

mod copy;
mod db;
mod error;
mod first;
mod migrate;
mod outbox;
mod pages;
mod relaying;
mod row;
mod rows;
mod seals;
mod shape;
mod tx;
mod value;

#[cfg(feature = "testing")]
pub mod testing;

pub use copy::Moment;
pub use db::{Backend, Store, is_postgres};
pub use error::StoreError;
pub use first::{first, is_first};
pub use migrate::{Migration, ModuleMigrations};
pub use outbox::{OUTBOX_MIGRATIONS, StoredEvent};
pub use pages::{shown_page, tell_each};
pub use relaying::RelayTurn;
pub use row::{Row, tag_of};
pub use rows::{Guards, Shown, Sight};
pub use seals::{Eyes, Named, Seal, Seals, Veil, Veiled};
pub use shape::{ColumnKind, ColumnShape, Shape};
pub use tx::{NewJob, Rider, Tx};
pub use value::{Value, page_before, placeholders};
