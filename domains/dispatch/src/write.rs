//! The few writes that every operation is made of. Call them in this order: lock the incident, change assignments and
//! units, write the log, settle the incident.
//!
//! **Invariant:** whoever changes an assignment holds the row of its incident (`lock_incident`), and takes units only
//! after it. So two operations on one incident wait for each other, and no two can wait for each other in a circle. The time
//! of an operation is read after the lock: read before, a step that waited would be stamped earlier than the one it followed.

use shouhu_events::Event;
use shouhu_ids::{ActorId, AssignmentId, HitId, IncidentId, Micros, TrackerId, UnitId};
use shouhu_module::{DevicePeer, Person};
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{AssignmentState, IncidentState, UnitState};

use crate::machine;

/// Who did it, as the log keeps it: a person, a partner's key, or a tracker.
#[derive(Debug, Clone, Copy)]
pub struct By<'b> {
    pub id: ActorId,
    pub name: &'b str,
}

impl<'b> From<&'b Person> for By<'b> {
    fn from(person: &'b Person) -> Self {
        Self { id: person.id, name: &person.name }
    }
}

impl<'b> From<&'b DevicePeer> for By<'b> {
    fn from(device: &'b DevicePeer) -> Self {
        Self { id: ActorId(device.id.0), name: &device.name }
    }
}

impl By<'static> {
    /// A button on a tracker: nobody knows whose thumb it was.
    pub const fn tracker(id: TrackerId) -> Self {
        Self { id: ActorId(id.0), name: "定位器" }
    }
}

/// An incident whose row this transaction holds.
pub struct Locked {
    pub id: IncidentId,
    pub number: String,
    pub state: IncidentState,
    /// The smaller, the more urgent.
    pub priority: i64,
    pub kind: String,
    pub hit: Option<HitId>,
    pub merged_into: Option<IncidentId>,
}

impl Locked {
    /// Closed and merged incidents take no unit and settle no more.
    pub const fn is_over(&self) -> bool {
        matches!(self.state, IncidentState::Closed | IncidentState::Merged)
    }
}

/// An assignment as the transaction that holds its incident sees it.
pub struct Held {
    pub id: AssignmentId,
    pub unit: UnitId,
    pub call_sign: String,
    pub state: AssignmentState,
    pub is_delivered: bool,
}

/// `None` also where whoever acts may not see it, by the force's rules about rows.
pub async fn lock_incident(tx: &mut Tx, id: IncidentId) -> Result<Option<Locked>, StoreError> {
    if !tx.shows("dispatch_incident", id).await? {
        return Ok(None);
    }
    let row = tx
        .fetch_opt(
            "UPDATE dispatch_incident SET revision = revision + 1 WHERE id = $1 \
             RETURNING id, number, state, priority, kind, hit, merged_into",
            params![id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Locked {
        id,
        number: row.text("number")?,
        state: row.tag("state")?,
        priority: row.int("priority")?,
        kind: row.text("kind")?,
        hit: row.opt_parsed("hit")?,
        merged_into: row.opt_parsed("merged_into")?,
    }))
}

/// Locks two incidents, the smaller id first, and gives them in the order of the arguments: operations that cross each other
/// wait and do not lock each other out. `None` when one does not exist.
pub async fn lock_both(tx: &mut Tx, one: IncidentId, other: IncidentId) -> Result<Option<(Locked, Locked)>, StoreError> {
    let Some(first) = lock_incident(tx, one.min(other)).await? else { return Ok(None) };
    let Some(second) = lock_incident(tx, one.max(other)).await? else { return Ok(None) };
    Ok(Some(if one <= other { (first, second) } else { (second, first) }))
}

/// A merge or its undoing may move an assignment between the reading of its incident and the lock.
const MOVES_MAX: usize = 4;

/// Begins a transaction that holds the incident of an assignment, wherever it is by then, and the one that this is merged into.
pub async fn hold(store: &Store, id: AssignmentId) -> Result<Option<(Tx, Locked, Held)>, StoreError> {
    let sql = "SELECT i.id, i.merged_into FROM dispatch_assignment a JOIN dispatch_incident i ON i.id = a.incident WHERE a.id = $1";
    for _ in 0..MOVES_MAX {
        let Some(row) = store.fetch_opt(sql, params![id]).await? else { return Ok(None) };
        let (incident, into): (IncidentId, Option<IncidentId>) = (row.parsed("id")?, row.opt_parsed("merged_into")?);
        let mut tx = store.begin().await?;
        let locked = match into {
            Some(into) => lock_both(&mut tx, incident, into).await?.map(|(incident, _)| incident),
            None => lock_incident(&mut tx, incident).await?,
        };
        let Some(incident) = locked else { return Ok(None) };
        let held = held(&mut tx, &incident).await?.into_iter().find(|held| held.id == id);
        if let Some(held) = held.filter(|_| incident.merged_into == into) {
            return Ok(Some((tx, incident, held)));
        }
    }
    Ok(None)
}

fn held_of(row: &Row) -> Result<Held, StoreError> {
    Ok(Held {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        call_sign: row.text("call_sign")?,
        state: row.tag("state")?,
        is_delivered: row.opt_micros("delivered_at_us")?.is_some(),
    })
}

/// Every assignment of an incident that is held, in the order of the units, which is the order in which units are taken.
pub async fn held(tx: &mut Tx, incident: &Locked) -> Result<Vec<Held>, StoreError> {
    let sql = "SELECT a.id, a.unit, u.call_sign, a.state, a.delivered_at_us FROM dispatch_assignment a \
         JOIN dispatch_unit u ON u.id = a.unit WHERE a.incident = $1 ORDER BY a.unit, a.id";
    tx.fetch(sql, params![incident.id]).await?.iter().map(held_of).collect()
}

/// Moves an assignment, stamps the move, and lets its unit follow. False when it is no longer in the state that was read.
pub async fn move_assignment(tx: &mut Tx, incident: &Locked, held: &Held, to: AssignmentState, at: Micros) -> Result<bool, StoreError> {
    let stamp = match to {
        AssignmentState::Offered => return Ok(false),
        AssignmentState::Accepted => "accepted_at_us",
        AssignmentState::EnRoute => "en_route_at_us",
        AssignmentState::OnScene => "on_scene_at_us",
        AssignmentState::Closed | AssignmentState::Declined | AssignmentState::Cancelled => "ended_at_us",
    };
    let sql = format!("UPDATE dispatch_assignment SET state = $1, {stamp} = $2 WHERE id = $3 AND state = $4");
    if tx.execute(&sql, params![tag_of(&to), at, held.id, tag_of(&held.state)]).await? != 1 {
        return Ok(false);
    }
    tx.emit(&Event::AssignmentChanged { assignment: held.id, incident: incident.id, unit: held.unit, state: to }).await?;
    let before = machine::unit_state(held.state);
    let after = machine::unit_state(to).unwrap_or(UnitState::Available);
    if before != Some(after) {
        tx.execute("UPDATE dispatch_unit SET state = $1 WHERE id = $2", params![tag_of(&after), held.unit]).await?;
        if after == UnitState::Available {
            tx.execute("UPDATE dispatch_unit SET last_job_ended_at_us = $1 WHERE id = $2", params![at, held.unit]).await?;
        }
        tx.emit(&Event::UnitChanged { unit: held.unit, state: after }).await?;
    }
    Ok(true)
}

/// Derives the state of an incident from its assignments and publishes a change. A closed or merged one stays so.
pub async fn settle_incident(tx: &mut Tx, incident: &Locked) -> Result<IncidentState, StoreError> {
    if incident.is_over() {
        return Ok(incident.state);
    }
    let states: Vec<AssignmentState> = held(tx, incident).await?.iter().map(|held| held.state).collect();
    let state = machine::incident_state(&states);
    if state == incident.state {
        return Ok(state);
    }
    let sql = "UPDATE dispatch_incident SET state = $1 WHERE id = $2 AND state NOT IN ('closed', 'merged')";
    tx.execute(sql, params![tag_of(&state), incident.id]).await?;
    tx.emit(&Event::IncidentChanged { incident: incident.id, state, hit: incident.hit }).await?;
    Ok(state)
}

/// Adds a line to the log of an incident that is held.
pub async fn log<'b>(
    tx: &mut Tx,
    incident: IncidentId,
    at: Micros,
    by: impl Into<By<'b>>,
    key: &str,
    values: serde_json::Value,
) -> Result<(), StoreError> {
    let by = by.into();
    let sql = "INSERT INTO dispatch_log (incident, seq, at_us, by_actor, by_name, log_key, params) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6 FROM dispatch_log WHERE incident = $1";
    tx.execute(sql, params![incident, at, by.id, by.name, key, values.to_string()]).await?;
    Ok(())
}
