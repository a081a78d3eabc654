//! Crews that need help themselves: what the alarm writes, and what every screen is told.
//!
//! **Invariant:** an alarm ends only with its incident, which a dispatcher closes. A crew that says it is safe may have been
//! made to say so.

use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_store::{Row, Store, StoreError, Tx, params};

use crate::model::{Panic, PanicState};
use crate::store::place_of;
use crate::write::{self, By};

/// Over ones are shown for so long, so that a screen that was away learns how it ended.
const SHOWN_US: i64 = 10 * Micros::MINUTE;

const PANIC: &str = "SELECT p.incident, i.number, p.unit, u.call_sign, u.lon, u.lat, u.position_at_us, u.accuracy_m, \
     p.raised_at_us, p.acknowledged_at_us, p.acknowledged_by_name, p.cancelled_at_us, p.ended_at_us \
     FROM dispatch_panic p JOIN dispatch_incident i ON i.id = p.incident JOIN dispatch_unit u ON u.id = p.unit";

fn panic_of(row: &Row) -> Result<Panic, StoreError> {
    let state = if row.opt_micros("ended_at_us")?.is_some() {
        PanicState::Over
    } else if row.opt_micros("cancelled_at_us")?.is_some() {
        PanicState::Cancelled
    } else if row.opt_micros("acknowledged_at_us")?.is_some() {
        PanicState::Acknowledged
    } else {
        PanicState::Raised
    };
    Ok(Panic {
        incident: row.parsed("incident")?,
        incident_number: row.text("number")?,
        unit: row.parsed("unit")?,
        call_sign: row.text("call_sign")?,
        position: place_of(row)?,
        position_at_us: row.opt_micros("position_at_us")?,
        accuracy_m: row.opt_real("accuracy_m")?,
        raised_at_us: row.micros("raised_at_us")?,
        state,
        acknowledged_by: row.opt_text("acknowledged_by_name")?,
    })
}

/// Those that are not over, and those that have just ended; the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(store: &Store, now: Micros) -> Result<Vec<Panic>, StoreError> {
    let sql = format!("{PANIC} WHERE p.ended_at_us IS NULL OR p.ended_at_us >= $1 ORDER BY p.raised_at_us DESC");
    store.fetch(&sql, params![now.plus(-SHOWN_US)]).await?.iter().map(panic_of).collect()
}

/// The open alarm of a unit.
///
/// # Errors
/// When the database fails.
pub async fn open_of(store: &Store, unit: UnitId) -> Result<Option<Panic>, StoreError> {
    let sql = format!("{PANIC} WHERE p.unit = $1 AND p.ended_at_us IS NULL");
    store.fetch_opt(&sql, params![unit]).await?.as_ref().map(panic_of).transpose()
}

/// Tells every screen that something about the alarm of an incident has changed.
///
/// # Errors
/// When the database fails.
pub async fn tell(tx: &mut Tx, incident: IncidentId, unit: UnitId) -> Result<(), StoreError> {
    tx.emit(&Event::PanicChanged { incident, unit }).await?;
    Ok(())
}

/// The alarm of a new incident. A second alarm of the unit fails as a duplicate.
///
/// # Errors
/// When the unit has an open alarm, or the database fails.
pub async fn begin(tx: &mut Tx, incident: IncidentId, unit: UnitId, now: Micros) -> Result<(), StoreError> {
    tx.execute("INSERT INTO dispatch_panic (incident, unit, raised_at_us) VALUES ($1, $2, $3)", params![incident, unit, now])
        .await?;
    tell(tx, incident, unit).await
}

/// Pressed again: whatever was said before, the crew needs help now.
///
/// # Errors
/// When the database fails.
pub async fn again(store: &Store, by: By<'_>, panic: &Panic) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    if write::lock_incident(&mut tx, panic.incident).await?.is_none() {
        return Ok(());
    }
    let raised = "UPDATE dispatch_panic SET cancelled_at_us = NULL, acknowledged_at_us = NULL, acknowledged_by_name = NULL \
         WHERE incident = $1 AND ended_at_us IS NULL";
    tx.execute(raised, params![panic.incident]).await?;
    let now = store.env().now();
    write::log(&mut tx, panic.incident, now, by, "panic_repeated", json!({ "call_sign": panic.call_sign })).await?;
    tell(&mut tx, panic.incident, panic.unit).await?;
    tx.commit().await
}

/// With its incident.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, incident: IncidentId, now: Micros) -> Result<(), StoreError> {
    let sql = "UPDATE dispatch_panic SET ended_at_us = $1 WHERE incident = $2 AND ended_at_us IS NULL RETURNING unit";
    if let Some(row) = tx.fetch_opt(sql, params![now, incident]).await? {
        tell(tx, incident, row.parsed("unit")?).await?;
    }
    Ok(())
}
