//! Sorts the log of tracks by unit: rows of all units become pieces of one unit each, some minutes long.

use std::collections::BTreeMap;

use shouhu_ids::{Micros, UnitId, uuid_v7};
use shouhu_store::{Store, StoreError, Tx, params, placeholders};

use crate::codec::{Kept, decode, encode};

/// How long rows stay in the log: a piece of one unit then holds some minutes.
pub const FOLD_AFTER_US: i64 = 5 * Micros::MINUTE;
/// A silence of so much ends a piece, so that no piece is long and a day's purge takes only what is of that day.
const PIECE_GAP_US: i64 = 5 * Micros::MINUTE;
/// No piece is longer.
pub const PIECE_MAX_US: i64 = 30 * Micros::MINUTE;
/// Fixes of one transaction: the one writer of SQLite is held for a tenth of a second, not for seconds.
const FIXES_AT_ONCE: i64 = 60_000;
const ROWS_AT_ONCE: i64 = 500;

/// # Errors
/// When stored bytes are not what was written.
pub fn read_body(bytes: &[u8]) -> Result<Vec<Kept>, StoreError> {
    decode(bytes).map_err(|error| StoreError::Corrupt { what: "track", detail: error.to_string() })
}

/// The fixes of one unit in order of time, cut into pieces.
fn pieces(mut fixes: Vec<Kept>) -> Vec<Vec<Kept>> {
    fixes.sort_by_key(|fix| fix.measured_at);
    let mut pieces: Vec<Vec<Kept>> = Vec::new();
    for fix in fixes {
        let is_next = pieces.last().and_then(|piece| piece.first().zip(piece.last())).is_some_and(|(first, last)| {
            fix.measured_at.since(last.measured_at) <= PIECE_GAP_US && fix.measured_at.since(first.measured_at) <= PIECE_MAX_US
        });
        match pieces.last_mut().filter(|_| is_next) {
            Some(piece) => piece.push(fix),
            None => pieces.push(vec![fix]),
        }
    }
    pieces
}

async fn insert(tx: &mut Tx, store: &Store, unit: UnitId, piece: &[Kept]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return Ok(()) };
    let env = store.env();
    let id = uuid_v7(env.now(), env.random.bytes16()).to_string();
    let n = i64::try_from(piece.len()).unwrap_or(i64::MAX);
    let sql = "INSERT INTO positions_piece (id, unit, from_us, until_us, n, body) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, params![id, unit, first.measured_at, last.measured_at, n, encode(piece)]).await.map(drop)
}

/// Folds rows of the log from before `before`. Gives how many fixes were folded; 0 when nothing is left, or when another server
/// folded the same rows.
///
/// # Errors
/// When the database fails; nothing is changed then.
pub async fn fold(store: &Store, before: Micros) -> Result<usize, StoreError> {
    let waiting = store
        .fetch("SELECT id, n FROM positions_log WHERE at_us < $1 ORDER BY id LIMIT $2", params![before, ROWS_AT_ONCE])
        .await?;
    let mut ids: Vec<String> = Vec::new();
    let mut total = 0;
    for row in &waiting {
        total += row.int("n")?;
        ids.push(row.text("id")?);
        if total >= FIXES_AT_ONCE {
            break;
        }
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let among = placeholders(1..=ids.len());
    let values = || ids.iter().map(shouhu_store::Value::from).collect::<Vec<_>>();
    let mut units: BTreeMap<UnitId, Vec<Kept>> = BTreeMap::new();
    let mut folded = 0;
    let mut tx = store.begin().await?;
    let rows = tx.fetch(&format!("SELECT body FROM positions_log WHERE id IN ({among})"), values()).await?;
    for row in rows {
        for fix in read_body(&row.blob("body")?)? {
            units.entry(fix.unit).or_default().push(fix);
            folded += 1;
        }
    }
    let gone = tx.execute(&format!("DELETE FROM positions_log WHERE id IN ({among})"), values()).await?;
    if gone != ids.len() as u64 {
        return Ok(0);
    }
    for (unit, fixes) in units {
        for piece in pieces(fixes) {
            insert(&mut tx, store, unit, &piece).await?;
        }
    }
    tx.commit().await?;
    Ok(folded)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::testing::kept;

    #[test]
    fn a_silence_and_a_long_drive_begin_a_new_piece() {
        let unit = UnitId::new(Micros(1), [1; 16]);
        let fixes: Vec<Kept> = [600, 0, 10, 20, 900, 1_000].into_iter().map(|second| kept(unit, second)).collect();
        let cut: Vec<usize> = pieces(fixes).iter().map(Vec::len).collect();
        assert_eq!(cut, [3, 3], "580 s of silence after the third, 300 s are none");
        let drive: Vec<Kept> = (0..40).map(|minute| kept(unit, minute * 60)).collect();
        assert_eq!(pieces(drive).iter().map(Vec::len).collect::<Vec<_>>(), [31, 9]);
    }
}
