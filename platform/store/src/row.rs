//! One result row, decoded at once so that no driver type leaves this crate.

use std::str::FromStr;
use std::sync::Arc;

use shouhu_ids::Micros;
use sqlx::{Column, Row as _, TypeInfo, ValueRef};

use crate::{StoreError, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    names: Arc<[String]>,
    values: Vec<Value>,
}

macro_rules! decode_row {
    ($row:expr, $names:expr, $kind_of:expr) => {{
        let row = $row;
        let mut values = Vec::with_capacity(row.columns().len());
        for index in 0..row.columns().len() {
            let raw = row.try_get_raw(index)?;
            let type_name = raw.type_info().name().to_owned();
            values.push(match ($kind_of)(type_name.as_str()) {
                Kind::Int => Value::Int(row.try_get(index)?),
                Kind::SmallInt => Value::Int(row.try_get::<Option<i32>, _>(index)?.map(i64::from)),
                Kind::Real => Value::Real(row.try_get(index)?),
                Kind::Text => Value::Text(row.try_get(index)?),
                Kind::Blob => Value::Blob(row.try_get(index)?),
                Kind::Truth => Value::Int(row.try_get::<Option<bool>, _>(index)?.map(i64::from)),
                Kind::Null => Value::Text(None),
            });
        }
        Row { names: $names, values }
    }};
}

enum Kind {
    Int,
    SmallInt,
    Real,
    Text,
    Blob,
    Truth,
    Null,
}

fn names_of<'a>(columns: impl Iterator<Item = &'a str>) -> Arc<[String]> {
    columns.map(ToOwned::to_owned).collect()
}

pub(crate) fn from_sqlite(rows: &[sqlx::sqlite::SqliteRow]) -> Result<Vec<Row>, StoreError> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let names = names_of(first.columns().iter().map(Column::name));
    let kind = |name: &str| match name {
        "INTEGER" | "BIGINT" | "INT8" | "NUMERIC" => Kind::Int,
        "BOOLEAN" => Kind::Truth,
        "REAL" => Kind::Real,
        "BLOB" => Kind::Blob,
        "NULL" => Kind::Null,
        _ => Kind::Text,
    };
    rows.iter().map(|row| Ok(decode_row!(row, names.clone(), kind))).collect()
}

pub(crate) fn from_postgres(rows: &[sqlx::postgres::PgRow]) -> Result<Vec<Row>, StoreError> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let names = names_of(first.columns().iter().map(Column::name));
    let kind = |name: &str| match name {
        "INT8" => Kind::Int,
        "INT4" => Kind::SmallInt,
        "FLOAT8" => Kind::Real,
        "BYTEA" => Kind::Blob,
        "BOOL" => Kind::Truth,
        _ => Kind::Text,
    };
    rows.iter().map(|row| Ok(decode_row!(row, names.clone(), kind))).collect()
}

impl Row {
    fn value(&self, column: &str) -> Result<&Value, StoreError> {
        let index = self.names.iter().position(|name| name == column);
        index.and_then(|index| self.values.get(index)).ok_or_else(|| StoreError::Column {
            column: column.to_owned(),
            expected: "a column of that name",
            found: self.names.join(", "),
        })
    }

    fn wrong(column: &str, expected: &'static str, found: &Value) -> StoreError {
        StoreError::Column { column: column.to_owned(), expected, found: format!("{found:?}").chars().take(80).collect() }
    }

    /// # Errors
    /// When the column is missing or of another type.
    pub fn opt_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match self.value(column)? {
            Value::Int(value) => Ok(*value),
            Value::Text(None) => Ok(None),
            other => Err(Self::wrong(column, "an integer", other)),
        }
    }

    /// # Errors
    /// As `opt_int`, and when it is NULL.
    pub fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.opt_int(column)?.ok_or_else(|| Self::wrong(column, "an integer", &Value::Int(None)))
    }

    /// # Errors
    /// As `int`.
    pub fn truth(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// # Errors
    /// As `int`.
    pub fn micros(&self, column: &str) -> Result<Micros, StoreError> {
        self.int(column).map(Micros)
    }

    /// # Errors
    /// As `opt_int`.
    pub fn opt_micros(&self, column: &str) -> Result<Option<Micros>, StoreError> {
        Ok(self.opt_int(column)?.map(Micros))
    }

    /// # Errors
    /// When the column is missing or of another type.
    pub fn opt_real(&self, column: &str) -> Result<Option<f64>, StoreError> {
        match self.value(column)? {
            Value::Real(value) => Ok(*value),
            // SQLite stores a whole number in a REAL column as an integer on disk and may report it so.
            #[allow(clippy::cast_precision_loss, reason = "SQLite made it from a double, so it fits one")]
            Value::Int(value) => Ok(value.map(|int| int as f64)),
            Value::Text(None) => Ok(None),
            other => Err(Self::wrong(column, "a number", other)),
        }
    }

    /// # Errors
    /// As `opt_real`, and when it is NULL.
    pub fn real(&self, column: &str) -> Result<f64, StoreError> {
        self.opt_real(column)?.ok_or_else(|| Self::wrong(column, "a number", &Value::Real(None)))
    }

    /// # Errors
    /// When the column is missing or of another type.
    pub fn opt_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        match self.value(column)? {
            Value::Text(value) => Ok(value.clone()),
            Value::Int(None) | Value::Real(None) | Value::Blob(None) => Ok(None),
            other => Err(Self::wrong(column, "text", other)),
        }
    }

    /// # Errors
    /// As `opt_text`, and when it is NULL.
    pub fn text(&self, column: &str) -> Result<String, StoreError> {
        self.opt_text(column)?.ok_or_else(|| Self::wrong(column, "text", &Value::Text(None)))
    }

    /// # Errors
    /// When the column is missing or of another type.
    pub fn opt_blob(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.value(column)? {
            Value::Blob(value) => Ok(value.clone()),
            Value::Text(None) => Ok(None),
            other => Err(Self::wrong(column, "bytes", other)),
        }
    }

    /// # Errors
    /// As `opt_blob`, and when it is NULL.
    pub fn blob(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.opt_blob(column)?.ok_or_else(|| Self::wrong(column, "bytes", &Value::Blob(None)))
    }

    /// A value that has a text form of its own: an id, a plate.
    ///
    /// # Errors
    /// When the stored text does not parse.
    pub fn parsed<T: FromStr>(&self, column: &str) -> Result<T, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        self.text(column)?.parse().map_err(|e| StoreError::Corrupt { what: "value", detail: format!("{column}: {e}") })
    }

    /// # Errors
    /// As `parsed`.
    pub fn opt_parsed<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        match self.opt_text(column)? {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).map_err(|e| StoreError::Corrupt { what: "value", detail: format!("{column}: {e}") })
            }
        }
    }

    /// A value kept as JSON text.
    ///
    /// # Errors
    /// When the stored text is not that JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|e| StoreError::corrupt("json", &e))
    }

    /// An enum whose serde form is a plain string, stored without quotes.
    ///
    /// # Errors
    /// When the stored text is none of its variants.
    pub fn tag<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(self.text(column)?)).map_err(|e| StoreError::corrupt("tag", &e))
    }

    /// # Errors
    /// As `tag`.
    pub fn opt_tag<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        match self.opt_text(column)? {
            None => Ok(None),
            Some(text) => {
                serde_json::from_value(serde_json::Value::String(text)).map(Some).map_err(|e| StoreError::corrupt("tag", &e))
            }
        }
    }
}

/// The stored form of an enum whose serde form is a plain string.
///
/// # Panics
/// Never for such enums; any other type is stored as its JSON text.
pub fn tag_of<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}
