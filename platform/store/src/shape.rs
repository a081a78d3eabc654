//! Which tables and columns a database has, told alike by both kinds of database, so that rows can go from one to the other.

use std::collections::BTreeMap;

use crate::{Backend, Row, Store, StoreError, Tx};

/// What a column keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnKind {
    Int,
    Real,
    Text,
    Blob,
    /// What no migration of ours makes, in the database's own words: a copy does not know it.
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnShape {
    pub name: String,
    pub kind: ColumnKind,
}

/// Columns by table, in the order in which they were made.
pub type Shape = BTreeMap<String, Vec<ColumnShape>>;

/// Tables whose names begin with `sqlite_` are SQLite's own.
const LITE_COLUMNS: &str = "SELECT t.name AS table_name, c.name AS column_name, c.type AS declared, CASE WHEN c.hidden = 0 THEN 0 ELSE 1 END AS is_made \
    FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid";

/// A column that numbers itself has the database's own next number behind it, which is in no row.
const PG_COLUMNS: &str = "SELECT CAST(c.table_name AS TEXT) AS table_name, CAST(c.column_name AS TEXT) AS column_name, CAST(c.data_type AS TEXT) AS declared, \
    (c.is_identity = 'YES' OR c.is_generated <> 'NEVER' OR COALESCE(CAST(c.column_default AS TEXT), '') LIKE 'nextval(%') AS is_made \
    FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position";

fn kind_of(declared: &str, is_made: bool) -> ColumnKind {
    if is_made {
        return ColumnKind::Other(format!("{declared} that the database fills by itself"));
    }
    match declared.to_ascii_lowercase().as_str() {
        "bigint" => ColumnKind::Int,
        "double precision" => ColumnKind::Real,
        "text" => ColumnKind::Text,
        "blob" | "bytea" => ColumnKind::Blob,
        _ => ColumnKind::Other(declared.to_owned()),
    }
}

fn shape_of(rows: &[Row]) -> Result<Shape, StoreError> {
    let mut shape = Shape::new();
    for row in rows {
        let kind = kind_of(&row.text("declared")?, row.truth("is_made")?);
        shape.entry(row.text("table_name")?).or_default().push(ColumnShape { name: row.text("column_name")?, kind });
    }
    Ok(shape)
}

impl Store {
    /// The tables that there are, with their columns.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shape(&self) -> Result<Shape, StoreError> {
        self.snapshot().await?.shape().await
    }
}

impl Tx {
    pub(crate) async fn shape(&mut self) -> Result<Shape, StoreError> {
        let sql = match self.backend() {
            Backend::Sqlite => LITE_COLUMNS,
            Backend::Postgres => PG_COLUMNS,
        };
        shape_of(&self.fetch(sql, Vec::new()).await?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::ColumnKind::{Blob, Int, Real, Text};
    use super::*;
    use crate::testing::on_each_database;
    use crate::{Migration, ModuleMigrations};

    const KINDS: ModuleMigrations = ModuleMigrations {
        module: "kinds",
        migrations: &[
            Migration { name: "0001", sql: "CREATE TABLE kinds_all (id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, b {{BLOB}});" },
            Migration {
                name: "0002",
                sql: "ALTER TABLE kinds_all ADD COLUMN more TEXT NOT NULL DEFAULT '';
                      CREATE TABLE kinds_other (short INTEGER, twice BIGINT GENERATED ALWAYS AS (2) STORED);",
            },
        ],
    };

    #[tokio::test]
    async fn both_databases_tell_the_same_of_what_a_copy_knows_and_name_what_it_does_not() {
        on_each_database(&[KINDS], |store| async move {
            let shape = store.shape().await.unwrap();
            let tables: Vec<&str> = shape.keys().map(String::as_str).collect();
            assert_eq!(tables, ["kinds_all", "kinds_other", "schema_migration", "store_clock", "store_job", "store_outbox"]);
            let all: Vec<(&str, &ColumnKind)> = shape.get("kinds_all").unwrap().iter().map(|column| (column.name.as_str(), &column.kind)).collect();
            assert_eq!(all, [("id", &Text), ("n", &Int), ("x", &Real), ("b", &Blob), ("more", &Text)]);
            assert!(shape.get("kinds_other").unwrap().iter().all(|column| matches!(column.kind, ColumnKind::Other(_))), "{shape:?}");
        })
        .await;
    }
}
