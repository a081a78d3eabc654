//! Many rows, a piece at a time: pages some of whose rows are not shown, and facts that are told of each.

use shouhu_events::Event;

use crate::{Row, Store, StoreError, Value};

/// Rows that are read at once after the first look, so that many hidden ones in a row cost few questions.
const PIECE_ROWS: usize = 500;

/// The newest `most` that `shown` keeps, older than `before`. The text asks for ids `< $1`, the newest first, `LIMIT $2`, and for an `id` among
/// its columns; `values` begin at `$3`.
///
/// # Errors
/// When the database or `shown` fails.
pub async fn shown_page<T>(
    store: &Store,
    sql: &str,
    before: &str,
    most: usize,
    values: &[Value],
    mut shown: impl FnMut(&Row) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (mut before, mut piece, mut visible) = (before.to_owned(), most, Vec::new());
    loop {
        let mut all = crate::params![&before, i64::try_from(piece).unwrap_or(i64::MAX)];
        all.extend(values.iter().cloned());
        let rows = store.fetch(sql, all).await?;
        for row in &rows {
            visible.extend(shown(row)?);
            if visible.len() == most {
                return Ok(visible);
            }
        }
        match rows.last() {
            Some(last) if rows.len() == piece => before = last.text("id")?,
            _ => return Ok(visible),
        }
        piece = piece.max(PIECE_ROWS);
    }
}

/// Tells a fact of each row, a piece in a transaction, and how many there were. The text asks for ids `> $1` in their order, `LIMIT $2`, and for an
/// `id` among its columns; `values` begin at `$3`. Cut short, it is told again from the beginning: whoever counts facts counts each once.
///
/// # Errors
/// When the database fails.
pub async fn tell_each(store: &Store, sql: &str, values: &[Value], fact: impl Fn(&str) -> Event) -> Result<usize, StoreError> {
    let (mut last, mut told) = (String::new(), 0);
    let piece = i64::try_from(PIECE_ROWS).unwrap_or(i64::MAX);
    loop {
        let mut all = crate::params![&last, piece];
        all.extend(values.iter().cloned());
        let mut tx = store.begin().await?;
        let rows = tx.fetch(sql, all).await?;
        for row in &rows {
            last = row.text("id")?;
            tx.emit(&fact(&last)).await?;
        }
        tx.commit().await?;
        told += rows.len();
        if rows.len() < PIECE_ROWS {
            return Ok(told);
        }
    }
}
