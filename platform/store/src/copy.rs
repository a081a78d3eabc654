//! The whole database, copied: at one moment, while others write, into a SQLite file; and from such a file into an empty PostgreSQL.
//!
//! Between two kinds of database rows go one by one, by the kinds of their columns, into tables that the same migrations have made. Whatever the other side could not
//! keep as it is stops the copy and is named: a copy that is nearly right is none.
//!
//! **Invariant:** a copy sees every row. It reads through a transaction, which no guard narrows ([`crate::Sight`]).

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use shouhu_env::Env;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, TypeInfo as _, ValueRef as _};

use crate::db::Db;
use crate::tx::{Inner, Tx};
use crate::{Backend, ColumnKind, ColumnShape, ModuleMigrations, Row, Store, StoreError, Value, params, placeholders};

/// Values that one statement writes: enough to be fast, few enough to be parsed in no time.
const VALUES_MAX: usize = 480;
/// Bytes that wait to be written at most, but for one row that is longer.
const BYTES_MAX: usize = 1 << 20;

/// Until the transaction's end: none of the bounds in time that this server knows. One that it does not know (`transaction_timeout` came with PostgreSQL 17) would be an
/// error to set by its name.
const NO_BOUNDS: &str = "SELECT set_config(name, '0', true) FROM pg_settings \
    WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')";

fn cannot(detail: impl Into<String>) -> StoreError {
    StoreError::Copy { detail: detail.into() }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A PostgreSQL as it is at one moment, for who has to ask something of that moment before hours of copying its rows begin.
pub struct Moment {
    from: Tx,
    env: Env,
}

impl Moment {
    /// Rows as they were then, all of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fetch(&mut self, sql: &str) -> Result<Vec<Row>, StoreError> {
        self.from.fetch(sql, Vec::new()).await
    }

    /// As [`Store::copy_into`].
    ///
    /// # Errors
    /// As there.
    pub async fn copy_into(self, path: &Path, schemas: &[ModuleMigrations], rows: &AtomicU64) -> Result<Vec<String>, StoreError> {
        // Written anew in the end, so that the file of a row by row copy is as tight, and as alike from day to day, as that of a SQLite.
        let building = path.with_extension("building");
        let scratch = Store::open_scratch(&building, self.env.clone()).await?;
        let copied = self.copy_to_scratch(&scratch, schemas, rows).await;
        let written = match copied {
            Ok(left_out) => scratch.vacuum_into(path).await.map(|()| left_out),
            Err(error) => Err(error),
        };
        scratch.close().await;
        std::fs::remove_file(&building).map_err(|error| cannot(format!("{} cannot be removed: {error}", building.display())))?;
        written
    }

    /// The moment ends with it: it holds up vacuuming there.
    async fn copy_to_scratch(mut self, scratch: &Store, schemas: &[ModuleMigrations], rows: &AtomicU64) -> Result<Vec<String>, StoreError> {
        scratch.migrate(schemas).await?;
        let mut to = scratch.begin().await?;
        let left_out = pour_all(&mut self.from, &mut to, rows).await?;
        let orphan = to.fetch("SELECT \"table\" AS child, parent FROM pragma_foreign_key_check LIMIT 1", Vec::new()).await?;
        if let Some(orphan) = orphan.first() {
            return Err(cannot(format!("a row of {} names one of {} that is not there", orphan.text("child")?, orphan.text("parent")?)));
        }
        to.commit().await?;
        Ok(left_out)
    }
}

impl Store {
    /// Holds the moment for a copy. `None` on a SQLite: its copy is one statement, and what is asked of its moment is asked of the copy.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn moment(&self) -> Result<Option<Moment>, StoreError> {
        Ok(match self.backend() {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Moment { from: self.snapshot().await?, env: self.env.clone() }),
        })
    }

    /// Writes everything as it is at one moment into a new SQLite file; writers go on meanwhile. What was deleted is not in it, not even in unused pages. `schemas` make the
    /// tables where this is no SQLite; `rows` then counts what was copied. Returns tables that are there beside those, which are left out.
    ///
    /// # Errors
    /// When the file is there already, the disk is full, or a row could not be kept as it is.
    pub async fn copy_into(&self, path: &Path, schemas: &[ModuleMigrations], rows: &AtomicU64) -> Result<Vec<String>, StoreError> {
        if let Some(moment) = self.moment().await? {
            return moment.copy_into(path, schemas, rows).await;
        }
        self.vacuum_into(path).await?;
        Ok(Vec::new())
    }

    async fn vacuum_into(&self, path: &Path) -> Result<(), StoreError> {
        let Db::Lite { read, .. } = &self.db else {
            return Err(cannot("only SQLite is copied page by page"));
        };
        sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(read).await?;
        Ok(())
    }

    /// Makes the tables of `schemas` in a PostgreSQL that has none, and fills them with the rows of `lite`; all of it or nothing. Returns tables of `lite` that are none of
    /// those, which are left out.
    ///
    /// # Errors
    /// `NotEmpty` where there is a table already; when a row could not be kept as it is.
    pub async fn fill_from(&self, lite: &Self, schemas: &[ModuleMigrations], rows: &AtomicU64) -> Result<Vec<String>, StoreError> {
        if lite.backend() != Backend::Sqlite {
            return Err(cannot("a PostgreSQL is filled from a SQLite"));
        }
        self.must_be_empty().await?;
        let (mut from, mut to) = (lite.snapshot().await?, self.begin().await?);
        to.take_its_time().await?;
        self.lock_schema(&mut to).await?;
        // Again: a server may have started there meanwhile.
        to.must_be_empty().await?;
        self.migrate_in(&mut to, schemas).await?;
        // As when a dump is restored: with them, rows would have to come in an order that rows which name rows of their own table do not have.
        let references = References::taken_from(&mut to).await?;
        let left_out = pour_all(&mut from, &mut to, rows).await?;
        references.given_back_to(&mut to).await?;
        to.commit().await?;
        Ok(left_out)
    }

    /// Whether this is a database that can be filled: asked before hours of work, and again where it counts.
    ///
    /// # Errors
    /// `NotEmpty` where there is a table; `Copy` where this is no PostgreSQL.
    pub async fn must_be_empty(&self) -> Result<(), StoreError> {
        if self.backend() != Backend::Postgres {
            return Err(cannot("a PostgreSQL is filled from a SQLite"));
        }
        self.snapshot().await?.must_be_empty().await
    }
}

impl Tx {
    async fn must_be_empty(&mut self) -> Result<(), StoreError> {
        match self.shape().await?.into_keys().next() {
            Some(table) => Err(StoreError::NotEmpty { table }),
            None => Ok(()),
        }
    }

    /// Bounds that a server sets for questions of people do not hold for a copy.
    pub(crate) async fn take_its_time(&mut self) -> Result<(), StoreError> {
        match self.backend() {
            Backend::Sqlite => Ok(()),
            Backend::Postgres => self.execute_script(NO_BOUNDS).await,
        }
    }

    async fn count(&mut self, table: &str) -> Result<i64, StoreError> {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {}", quoted(table));
        self.fetch_one(&sql, Vec::new()).await?.int("n")
    }
}

/// Foreign keys of PostgreSQL, by table and name, while they are away.
struct References(Vec<(String, String, String)>);

impl References {
    async fn taken_from(tx: &mut Tx) -> Result<Self, StoreError> {
        let sql = "SELECT CAST(r.relname AS TEXT) AS table_name, CAST(c.conname AS TEXT) AS name, pg_get_constraintdef(c.oid) AS definition \
                   FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
                   WHERE c.contype = 'f' AND n.nspname = current_schema() ORDER BY r.relname, c.conname";
        let mut all = Vec::new();
        for row in tx.fetch(sql, Vec::new()).await? {
            all.push((quoted(&row.text("table_name")?), quoted(&row.text("name")?), row.text("definition")?));
        }
        for (table, name, _) in &all {
            tx.execute_script(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}")).await?;
        }
        Ok(Self(all))
    }

    /// Each is checked over all rows as it comes back.
    async fn given_back_to(self, tx: &mut Tx) -> Result<(), StoreError> {
        for (table, name, definition) in self.0 {
            tx.execute_script(&format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")).await?;
        }
        Ok(())
    }
}

/// All rows of all tables that `to` has, and only those; tables that only `from` has are returned.
async fn pour_all(from: &mut Tx, to: &mut Tx, rows: &AtomicU64) -> Result<Vec<String>, StoreError> {
    let (there, wanted) = (from.shape().await?, to.shape().await?);
    for (table, columns) in &wanted {
        let found = there.get(table).ok_or_else(|| cannot(format!("there is no table {table}")))?;
        same_columns(table, found, columns)?;
    }
    for (table, columns) in &wanted {
        // What the migrations put there is among the rows that come, as it has become.
        to.execute(&format!("DELETE FROM {}", quoted(table)), Vec::new()).await?;
        let key = if to.backend() == Backend::Sqlite { key_of(to, table).await? } else { Vec::new() };
        pour(from, to, table, columns, &key, rows).await?;
        let (had, has) = (from.count(table).await?, to.count(table).await?);
        if had != has {
            return Err(cannot(format!("table {table} has {has} rows after it was copied, and had {had}")));
        }
    }
    Ok(there.into_keys().filter(|table| !wanted.contains_key(table)).collect())
}

fn same_columns(table: &str, found: &[ColumnShape], wanted: &[ColumnShape]) -> Result<(), StoreError> {
    if let Some((column, what)) = wanted.iter().find_map(|column| match &column.kind {
        ColumnKind::Other(what) => Some((&column.name, what)),
        _ => None,
    }) {
        return Err(cannot(format!("{table}.{column} is {what}, which this program does not know")));
    }
    if found.len() != wanted.len() || wanted.iter().any(|column| !found.contains(column)) {
        return Err(cannot(format!("table {table} has other columns there than here")));
    }
    Ok(())
}

/// Names of the primary key's columns: in its order a SQLite would have got most of the rows, and it is the same each night.
async fn key_of(lite: &mut Tx, table: &str) -> Result<Vec<String>, StoreError> {
    let rows = lite.fetch("SELECT c.name AS name FROM pragma_table_info($1) c WHERE c.pk > 0 ORDER BY c.pk", params![table]).await?;
    rows.iter().map(|row| row.text("name")).collect()
}

/// A table, with no more of it in memory than is written at once.
async fn pour(from: &mut Tx, to: &mut Tx, table: &str, columns: &[ColumnShape], key: &[String], rows: &AtomicU64) -> Result<(), StoreError> {
    let names = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ");
    let order = key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {order}") };
    let sql = format!("SELECT {names} FROM {}{order}", quoted(table));
    let target = to.backend();
    let mut found: BoxStream<'_, Result<Vec<Value>, StoreError>> = match &mut from.inner {
        Inner::Lite(tx) => sqlx::query(AssertSqlSafe(sql)).fetch(&mut **tx).map(|row| from_lite(table, columns, &row?)).boxed(),
        Inner::Pg(tx) => sqlx::query(AssertSqlSafe(sql)).fetch(&mut **tx).map(|row| from_pg(columns, &row?)).boxed(),
    };
    let mut batch = Batch::into(table, &names, columns.len());
    while let Some(values) = found.try_next().await? {
        keepable(target, table, columns, &values)?;
        batch.add(values);
        if batch.is_full() {
            rows.fetch_add(batch.write(to).await?, Ordering::Relaxed);
        }
    }
    rows.fetch_add(batch.write(to).await?, Ordering::Relaxed);
    Ok(())
}

/// SQLite keeps anything in any column; what the column does not say is refused.
fn from_lite(table: &str, columns: &[ColumnShape], row: &SqliteRow) -> Result<Vec<Value>, StoreError> {
    let value = |(index, column): (usize, &ColumnShape)| -> Result<Value, StoreError> {
        let raw = row.try_get_raw(index)?;
        let info = raw.type_info();
        let is_of_kind = match column.kind {
            ColumnKind::Int => info.name() == "INTEGER",
            ColumnKind::Real => info.name() == "REAL",
            ColumnKind::Text => info.name() == "TEXT",
            ColumnKind::Blob => info.name() == "BLOB",
            ColumnKind::Other(_) => false,
        };
        if !raw.is_null() && !is_of_kind {
            return Err(cannot(format!("{table}.{} has a value of the type {}", column.name, info.name())));
        }
        Ok(match column.kind {
            ColumnKind::Int => Value::Int(row.try_get(index)?),
            ColumnKind::Real => Value::Real(row.try_get(index)?),
            ColumnKind::Text | ColumnKind::Other(_) => Value::Text(row.try_get(index)?),
            ColumnKind::Blob => Value::Blob(row.try_get(index)?),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

fn from_pg(columns: &[ColumnShape], row: &PgRow) -> Result<Vec<Value>, StoreError> {
    let value = |(index, column): (usize, &ColumnShape)| -> Result<Value, StoreError> {
        Ok(match column.kind {
            ColumnKind::Int => Value::Int(row.try_get(index)?),
            ColumnKind::Real => Value::Real(row.try_get(index)?),
            ColumnKind::Text | ColumnKind::Other(_) => Value::Text(row.try_get(index)?),
            ColumnKind::Blob => Value::Blob(row.try_get(index)?),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

/// SQLite makes NULL of a number that is none; PostgreSQL has no text with a zero in it.
fn keepable(target: Backend, table: &str, columns: &[ColumnShape], values: &[Value]) -> Result<(), StoreError> {
    for (column, value) in columns.iter().zip(values) {
        let what = match (target, value) {
            (Backend::Sqlite, Value::Real(Some(number))) if number.is_nan() => "a number that is none (NaN), which SQLite cannot keep",
            (Backend::Postgres, Value::Text(Some(text))) if text.contains('\0') => "a text with a NUL in it, which PostgreSQL cannot keep",
            _ => continue,
        };
        return Err(cannot(format!("{table}.{} has {what}", column.name)));
    }
    Ok(())
}

/// Rows that one statement writes.
struct Batch {
    /// The statement up to its rows.
    head: String,
    columns: usize,
    values: Vec<Value>,
    bytes: usize,
}

impl Batch {
    fn into(table: &str, names: &str, columns: usize) -> Self {
        Self { head: format!("INSERT INTO {} ({names}) VALUES ", quoted(table)), columns, values: Vec::new(), bytes: 0 }
    }

    fn add(&mut self, values: Vec<Value>) {
        self.bytes += values.iter().map(bytes_of).sum::<usize>();
        self.values.extend(values);
    }

    fn is_full(&self) -> bool {
        self.bytes >= BYTES_MAX || self.values.len() + self.columns > VALUES_MAX
    }

    /// Returns how many they were.
    async fn write(&mut self, to: &mut Tx) -> Result<u64, StoreError> {
        self.bytes = 0;
        let values = std::mem::take(&mut self.values);
        if values.is_empty() {
            return Ok(0);
        }
        let tuples: Vec<String> = (0..values.len()).step_by(self.columns).map(|first| format!("({})", placeholders(first + 1..=first + self.columns))).collect();
        to.execute(&format!("{}{}", self.head, tuples.join(", ")), values).await
    }
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Text(Some(text)) => text.len(),
        Value::Blob(Some(bytes)) => bytes.len(),
        _ => size_of::<Value>(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::testing::on_empty_postgres;

    /// By name, what bounds the time of whoever asks; milliseconds.
    async fn bounds(tx: &mut Tx) -> Vec<(String, String)> {
        let sql = "SELECT CAST(name AS TEXT) AS name, CAST(setting AS TEXT) AS setting FROM pg_settings \
                   WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') ORDER BY name";
        let rows = tx.fetch(sql, Vec::new()).await.unwrap();
        rows.iter().map(|row| (row.text("name").unwrap(), row.text("setting").unwrap())).collect()
    }

    #[tokio::test]
    async fn no_bound_in_time_that_a_server_sets_for_people_holds_for_a_copy() {
        on_empty_postgres(|url| async move {
            let plain = Store::open(&url, Env::real()).await.unwrap();
            let names: Vec<String> = bounds(&mut plain.begin().await.unwrap()).await.into_iter().map(|(name, _)| name).collect();
            plain.close().await;
            assert!(names.len() >= 3, "{names:?}");
            // As an administrator sets them for a role or a database.
            let bounded = names.iter().fold(url, |url, name| format!("{url}&options=-c{name}%3D600000"));
            let store = Store::open(&bounded, Env::real()).await.unwrap();
            let all = |setting: &str| names.iter().map(|name| (name.clone(), setting.to_owned())).collect::<Vec<_>>();
            assert_eq!(bounds(&mut store.begin().await.unwrap()).await, all("600000"));
            assert_eq!(bounds(&mut store.snapshot().await.unwrap()).await, all("0"), "a copy that reads");
            let mut fills = store.begin().await.unwrap();
            fills.take_its_time().await.unwrap();
            assert_eq!(bounds(&mut fills).await, all("0"), "a copy that writes");
            drop(fills);
            assert_eq!(bounds(&mut store.begin().await.unwrap()).await, all("600000"), "and afterwards they hold again");
            store.close().await;
        })
        .await;
    }

    #[test]
    fn a_batch_is_full_by_its_values_or_its_bytes() {
        let mut batch = Batch::into("a\"b", "x, y", 2);
        assert_eq!(batch.head, "INSERT INTO \"a\"\"b\" (x, y) VALUES ");
        for _ in 0..VALUES_MAX / 2 - 1 {
            batch.add(params![1_i64, "a"]);
        }
        assert!(!batch.is_full());
        batch.add(params![1_i64, "a"]);
        assert!(batch.is_full());
        let mut long = Batch::into("a", "x, y", 2);
        long.add(params![vec![0_u8; BYTES_MAX], "a"]);
        assert!(long.is_full());
    }

    #[test]
    fn what_the_other_database_could_not_keep_is_named() {
        let columns = [ColumnKind::Real, ColumnKind::Text].map(|kind| ColumnShape { name: "x".into(), kind });
        let said = |target, number: f64, text: &str| keepable(target, "t", &columns, &params![number, text]).err().map(|error| error.to_string());
        assert_eq!(said(Backend::Sqlite, f64::INFINITY, "a\0"), None);
        assert_eq!(said(Backend::Postgres, f64::NAN, "臺南"), None);
        assert!(said(Backend::Sqlite, f64::NAN, "a").is_some_and(|text| text.contains("t.x has a number that is none")));
        assert!(said(Backend::Postgres, 1.0, "a\0").is_some_and(|text| text.contains("t.x has a text with a NUL")));
    }
}
