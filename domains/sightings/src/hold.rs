//! Holds: sightings that no purge and no erasure takes.

use std::collections::{BTreeSet, HashSet};

use shouhu_ids::{ActorId, HitId, HoldId, Micros, SightingId};
use shouhu_plate::Plate;
use shouhu_store::{Row, Store, StoreError, Tx, params, shown_page, tag_of};
use shouhu_wire::{Hold, HoldReason};

use crate::passing::micros_of;

const COLUMNS: &str = "id, sighting, captured_at_us, plate, reason, note, case_ref, since_us, until_us, placed_by_name, lifted_at_us";

/// A hold about to be placed.
pub struct NewHold {
    pub sighting: SightingId,
    /// Empty when the passage lies where this server cannot see it yet.
    pub plate: String,
    pub reason: HoldReason,
    pub hit: Option<HitId>,
    pub note: String,
    pub case_ref: Option<String>,
    pub until: Micros,
    pub placed_by: Option<(ActorId, String)>,
}

/// When the passage was captured, by its id.
#[must_use]
pub fn captured_at(sighting: SightingId) -> Option<Micros> {
    sighting.parts().map(|parts| micros_of(parts.at_ms))
}

/// Places it; a hit's hold once, however often the hit is told. `None`: it was there already, or the id names no passage.
pub async fn place(tx: &mut Tx, store: &Store, new: &NewHold) -> Result<Option<HoldId>, StoreError> {
    let Some(captured_at) = captured_at(new.sighting) else { return Ok(None) };
    let (id, now) = (store.env().id(HoldId::new), store.env().now());
    let (by, by_name) = new.placed_by.clone().map_or((None, None), |(id, name)| (Some(id.to_string()), Some(name)));
    let placed = tx
        .execute(
            "INSERT INTO sightings_hold (id, sighting, day, captured_at_us, plate, reason, hit, note, case_ref, since_us, until_us, \
             placed_by, placed_by_name, is_cleared) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0) \
             ON CONFLICT DO NOTHING",
            params![
                id,
                new.sighting,
                captured_at.day(),
                captured_at,
                &new.plate,
                tag_of(&new.reason),
                new.hit.map(|hit| hit.to_string()),
                &new.note,
                new.case_ref.clone(),
                now,
                new.until,
                by,
                by_name,
            ],
        )
        .await?;
    Ok((placed == 1).then_some(id))
}

/// Ends the hold of a hit that a person has turned down.
pub async fn lift_of_hit(tx: &mut Tx, hit: HitId, now: Micros) -> Result<u64, StoreError> {
    let sql = "UPDATE sightings_hold SET lifted_at_us = $2, lift_note = 'the hit was rejected' WHERE hit = $1 AND lifted_at_us IS NULL";
    tx.execute(sql, params![hit, now]).await
}

/// False when there is no such hold in force.
pub async fn lift(tx: &mut Tx, id: HoldId, by: ActorId, note: &str, now: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE sightings_hold SET lifted_at_us = $2, lifted_by = $3, lift_note = $4 WHERE id = $1 AND lifted_at_us IS NULL";
    Ok(tx.execute(sql, params![id, now, by, note]).await? == 1)
}

/// `hidden` are sources whose passages whoever looks may not see.
pub async fn get(store: &Store, hidden: &BTreeSet<u32>, id: HoldId) -> Result<Option<Hold>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sightings_hold WHERE id = $1{}", and_visible(store));
    let hold = store.fetch_opt(&sql, params![id]).await?.as_ref().map(view_of).transpose()?;
    Ok(hold.filter(|hold| is_seen(hidden, hold)))
}

/// A passage's id names its source.
fn is_seen(hidden: &BTreeSet<u32>, hold: &Hold) -> bool {
    hidden.is_empty() || hold.sighting.parts().is_some_and(|parts| !hidden.contains(&parts.source))
}

/// Without holds of plates that whoever looks may not see, nor of passages whose plate this server did not see when it held them.
fn and_visible(store: &Store) -> String {
    store.veil().map_or_else(String::new, |veil| veil.and_not_in("plate") + " AND plate <> ''")
}

/// Newest first, of those that whoever looks may see; `hidden` as for [`get`].
pub async fn page(store: &Store, hidden: &BTreeSet<u32>, before: &str, limit: i64) -> Result<Vec<Hold>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sightings_hold WHERE id < $1{} ORDER BY id DESC LIMIT $2", and_visible(store));
    let most = usize::try_from(limit).unwrap_or_default();
    shown_page(store, &sql, before, most, &[], |row| {
        let hold = view_of(row)?;
        Ok(is_seen(hidden, &hold).then_some(hold))
    })
    .await
}

fn view_of(row: &Row) -> Result<Hold, StoreError> {
    let plate = row.text("plate")?;
    Ok(Hold {
        id: row.parsed("id")?,
        sighting: row.parsed("sighting")?,
        plate_display: Plate::parse(&plate).map_or(plate, |plate| plate.display()),
        captured_at_us: row.micros("captured_at_us")?,
        reason: row.tag("reason")?,
        note: row.text("note")?,
        case_ref: row.opt_text("case_ref")?,
        since_us: row.micros("since_us")?,
        until_us: row.micros("until_us")?,
        placed_by_name: row.opt_text("placed_by_name")?,
        lifted_at_us: row.opt_micros("lifted_at_us")?,
    })
}

/// Every sighting that is held at this moment, whoever holds it.
pub async fn in_force(store: &Store, now: Micros) -> Result<HashSet<SightingId>, StoreError> {
    let sql = "SELECT DISTINCT sighting FROM sightings_hold WHERE lifted_at_us IS NULL AND until_us > $1";
    store.fetch(sql, params![now]).await?.iter().map(|row| row.parsed("sighting")).collect()
}

/// Sightings whose last hold has ended and whose own pictures are still there.
pub async fn ended(store: &Store, now: Micros) -> Result<Vec<SightingId>, StoreError> {
    let sql = "SELECT DISTINCT sighting FROM sightings_hold WHERE is_cleared = 0 AND (lifted_at_us IS NOT NULL OR until_us <= $1)";
    store.fetch(sql, params![now]).await?.iter().map(|row| row.parsed("sighting")).collect()
}

/// Their pictures are destroyed.
pub async fn clear(store: &Store, sighting: SightingId, now: Micros) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "UPDATE sightings_hold SET is_cleared = 1 WHERE sighting = $1 AND (lifted_at_us IS NOT NULL OR until_us <= $2)",
        params![sighting, now],
    )
    .await?;
    tx.commit().await
}
