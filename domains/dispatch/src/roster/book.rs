//! The roster on disk. Every change is made under the roster's lock, so that two people who write at once cannot make an overlap.

use std::collections::{HashMap, HashSet};

use shouhu_env::BoxFuture;
use shouhu_exchange::roster::SHIFT_MAX_US;
use shouhu_ids::{ActorId, Micros, ShiftId, UnitId};
use shouhu_module::ports::{Rosters, Serving, Span};
use shouhu_module::{Person, Problem};
use shouhu_store::{Row, Store, StoreError, Tx, Value, params};

use super::{EARLY_US, PAST_US, Shift, WriteShift, person_of};

const SHIFT: &str = "SELECT s.id, s.unit, u.call_sign, s.name, s.from_us, s.until_us, s.joined_at_us \
     FROM dispatch_shift s JOIN dispatch_unit u ON u.id = s.unit WHERE s.removed_at_us IS NULL";

fn shift_of(row: &Row) -> Result<Shift, StoreError> {
    Ok(Shift {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        call_sign: row.text("call_sign")?,
        name: row.text("name")?,
        from_us: row.micros("from_us")?,
        until_us: row.micros("until_us")?,
        joined_at_us: row.opt_micros("joined_at_us")?,
    })
}

/// Shifts that touch a span, the earliest first. A shift lasts a day at most: what began longer before is over, and the index need not
/// be read from its beginning.
fn spanning(from: Micros, until: Micros) -> (String, Vec<Value>) {
    let sql = format!("{SHIFT} AND s.from_us >= $3 AND s.from_us < $2 AND s.until_us > $1 ORDER BY s.from_us, u.call_sign, s.id");
    (sql, params![from, until, from.plus(-SHIFT_MAX_US)])
}

/// Those that touch a span, the earliest first.
///
/// # Errors
/// When the database fails.
pub async fn between(store: &Store, from: Micros, until: Micros) -> Result<Vec<Shift>, StoreError> {
    let (sql, values) = spanning(from, until);
    store.fetch(&sql, values).await?.iter().map(shift_of).collect()
}

/// Answers other rooms.
pub struct ShiftsOfPeople(pub Store);

impl Rosters for ShiftsOfPeople {
    fn shifts_of(&self, people: Vec<Serving>, from: Micros, until: Micros) -> BoxFuture<'static, Result<HashMap<ActorId, Vec<Span>>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let known: HashSet<ActorId> = people.iter().map(|one| one.id).collect();
            let mut named: HashMap<String, Vec<ActorId>> = HashMap::new();
            for one in &people {
                named.entry(person_of(&one.name)).or_default().push(one.id);
            }
            let sql = "SELECT person, actor, from_us, until_us FROM dispatch_shift \
                 WHERE removed_at_us IS NULL AND from_us >= $3 AND from_us < $2 AND until_us > $1 ORDER BY from_us, id";
            let mut shifts: HashMap<ActorId, Vec<Span>> = HashMap::new();
            for row in store.fetch(sql, params![from, until, from.plus(-SHIFT_MAX_US)]).await? {
                let span = (row.micros("from_us")?, row.micros("until_us")?);
                // Whoever joined is the one; before that a name may be of two, and the shift then speaks for both.
                let joined = row.opt_parsed::<ActorId>("actor")?;
                let of: Vec<ActorId> = match joined {
                    Some(actor) => known.get(&actor).copied().into_iter().collect(),
                    None => named.get(&row.text("person")?).cloned().unwrap_or_default(),
                };
                for actor in of {
                    shifts.entry(actor).or_default().push(span);
                }
            }
            Ok(shifts)
        })
    }
}

/// How many touch a span.
///
/// # Errors
/// When the database fails.
pub async fn count(store: &Store, from: Micros, until: Micros) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM dispatch_shift \
         WHERE removed_at_us IS NULL AND from_us >= $3 AND from_us < $2 AND until_us > $1";
    store.fetch_one(sql, params![from, until, from.plus(-SHIFT_MAX_US)]).await?.int("n")
}

/// Those that a board or a choice looks at now.
///
/// # Errors
/// When the database fails.
pub async fn around(store: &Store, now: Micros) -> Result<Vec<Shift>, StoreError> {
    between(store, now.plus(-PAST_US), now.plus(super::AHEAD_US + 1)).await
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: ShiftId) -> Result<Option<Shift>, StoreError> {
    store.fetch_opt(&format!("{SHIFT} AND s.id = $1"), params![id]).await?.as_ref().map(shift_of).transpose()
}

/// The caller's own that may be joined now or begin within a day, the earliest first.
///
/// # Errors
/// When the database fails.
pub async fn mine(store: &Store, person: &Person, now: Micros) -> Result<Vec<Shift>, StoreError> {
    let sql = format!(
        "{SHIFT} AND (s.actor = $1 OR (s.actor IS NULL AND s.person = $2)) AND s.until_us > $3 AND s.from_us <= $4 ORDER BY s.from_us, s.id"
    );
    let values = params![person.id, person_of(&person.name), now, now.plus(super::AHEAD_US)];
    store.fetch(&sql, values).await?.iter().map(shift_of).collect()
}

/// Why a shift is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    UnknownUnit,
    /// The shift of the same person that it overlaps.
    Overlap(Shift),
}

/// The lock of the roster, held until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute("UPDATE dispatch_roster SET revision = revision + 1 WHERE id = 1", vec![]).await.map(|_| ())
}

/// What stands against a shift, other than `but`.
///
/// # Errors
/// When the database fails.
pub async fn clash(tx: &mut Tx, new: &WriteShift, but: Option<ShiftId>) -> Result<Option<Clash>, StoreError> {
    if tx.fetch_opt("SELECT id FROM dispatch_unit WHERE id = $1", params![new.unit]).await?.is_none() {
        return Ok(Some(Clash::UnknownUnit));
    }
    let sql = format!("{SHIFT} AND s.person = $1 AND s.from_us < $3 AND s.until_us > $2 ORDER BY s.from_us");
    for row in tx.fetch(&sql, params![person_of(&new.name), new.from_us, new.until_us]).await? {
        let known = shift_of(&row)?;
        if Some(known.id) != but {
            return Ok(Some(Clash::Overlap(known)));
        }
    }
    Ok(None)
}

/// Everybody's shifts that touch a span, as the transaction that holds the lock sees them.
///
/// # Errors
/// When the database fails.
pub async fn touching(tx: &mut Tx, from: Micros, until: Micros) -> Result<Vec<Shift>, StoreError> {
    let (sql, values) = spanning(from, until);
    tx.fetch(&sql, values).await?.iter().map(shift_of).collect()
}

/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, id: ShiftId, new: &WriteShift, now: Micros, by: &Person) -> Result<(), StoreError> {
    let sql = "INSERT INTO dispatch_shift (id, unit, name, person, from_us, until_us, set_at_us, set_by_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let name = new.name.trim();
    tx.execute(sql, params![id, new.unit, name, person_of(name), new.from_us, new.until_us, now, &by.name]).await.map(|_| ())
}

/// False when it was struck out meanwhile. Another unit or name is another joining; a later end is not.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, id: ShiftId, new: &WriteShift, now: Micros, by: &Person) -> Result<bool, StoreError> {
    let sql = "UPDATE dispatch_shift SET actor = CASE WHEN unit = $2 AND person = $4 THEN actor END, \
         joined_at_us = CASE WHEN unit = $2 AND person = $4 THEN joined_at_us END, \
         unit = $2, name = $3, person = $4, from_us = $5, until_us = $6, set_at_us = $7, set_by_name = $8 WHERE id = $1 AND removed_at_us IS NULL";
    let name = new.name.trim();
    Ok(tx.execute(sql, params![id, new.unit, name, person_of(name), new.from_us, new.until_us, now, &by.name]).await? == 1)
}

/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: ShiftId, now: Micros, by: &Person) -> Result<bool, StoreError> {
    let sql = "UPDATE dispatch_shift SET removed_at_us = $1, set_at_us = $1, set_by_name = $2 WHERE id = $3 AND removed_at_us IS NULL";
    Ok(tx.execute(sql, params![now, &by.name, id]).await? == 1)
}

/// Notes that the caller has joined, once. False when the shift is not the caller's, or it is not time for it.
///
/// # Errors
/// When the database fails.
pub async fn join(tx: &mut Tx, id: ShiftId, by: &Person, now: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE dispatch_shift SET actor = $1, joined_at_us = COALESCE(joined_at_us, $2) WHERE id = $3 AND removed_at_us IS NULL \
         AND (actor = $1 OR (actor IS NULL AND person = $4)) AND from_us <= $5 AND until_us > $2";
    Ok(tx.execute(sql, params![by.id, now, id, person_of(&by.name), now.plus(EARLY_US)]).await? == 1)
}

/// Notes that the caller sits in the unit of the own shift, having chosen it from the list instead of by the shift.
///
/// # Errors
/// When the database fails.
pub async fn sat_down(store: &Store, by: &Person, unit: UnitId) -> Result<(), StoreError> {
    let now = store.env().now();
    for shift in mine(store, by, now).await?.into_iter().filter(|shift| shift.unit == unit && shift.joined_at_us.is_none()) {
        let mut tx = store.begin().await?;
        // One that begins later than an hour from now is not joined yet, and that is no mistake.
        if join(&mut tx, shift.id, by, now).await? {
            tx.commit().await?;
        }
    }
    Ok(())
}
