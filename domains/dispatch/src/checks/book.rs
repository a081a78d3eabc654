//! Checks on disk: reading them, asking, and every way in which one changes. Each change is guarded by the state before it.

use serde_json::{Value as Json, json};
use shouhu_events::Event;
use shouhu_ids::{ActorId, AssignmentId, CheckId, IncidentId, Micros, UnitId};
use shouhu_module::Person;
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_wire::Priority;

use super::{Check, CheckKind, CheckState};
use crate::write::{self, By};

/// As the list and the phone show it.
const CHECK: &str = "SELECT c.id, c.unit, u.call_sign, c.incident, i.number, c.assignment, c.kind, c.state, c.asked_at_us, \
     c.due_at_us, c.asked_by_name, c.answered_at_us, c.answered_by_name, c.ended_at_us, c.ended_by_name, c.reason, \
     CASE WHEN n.priority < c.priority THEN n.priority ELSE c.priority END AS priority \
     FROM dispatch_check c JOIN dispatch_unit u ON u.id = c.unit LEFT JOIN dispatch_incident i ON i.id = c.incident \
     LEFT JOIN (SELECT a.unit, MIN(j.priority) AS priority FROM dispatch_assignment a JOIN dispatch_incident j ON j.id = a.incident \
     WHERE a.state IN ('en_route', 'on_scene') GROUP BY a.unit) n ON n.unit = c.unit";

/// Severity where there is no incident.
pub const PATROL_PRIORITY: Priority = Priority(3);

fn check_of(row: &Row) -> Result<Check, StoreError> {
    Ok(Check {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        call_sign: row.text("call_sign")?,
        incident: row.opt_parsed("incident")?,
        incident_number: row.opt_text("number")?,
        kind: row.tag("kind")?,
        priority: Priority(u8::try_from(row.int("priority")?).unwrap_or(PATROL_PRIORITY.0)),
        state: row.tag("state")?,
        asked_at_us: row.micros("asked_at_us")?,
        due_at_us: row.micros("due_at_us")?,
        asked_by: row.opt_text("asked_by_name")?,
        answered_at_us: row.opt_micros("answered_at_us")?,
        answered_by: row.opt_text("answered_by_name")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
        ended_by: row.opt_text("ended_by_name")?,
        reason: row.opt_text("reason")?,
    })
}

/// Every open check: what is overdue first, then the most pressing, then the oldest.
///
/// # Errors
/// When the database fails.
pub async fn open(store: &Store) -> Result<Vec<Check>, StoreError> {
    let sql = format!("{CHECK} WHERE c.ended_at_us IS NULL ORDER BY CASE WHEN c.state = 'overdue' THEN 0 ELSE 1 END, \
         CASE WHEN n.priority < c.priority THEN n.priority ELSE c.priority END, c.asked_at_us, c.id");
    store.fetch(&sql, vec![]).await?.iter().map(check_of).collect()
}

/// Of one unit: what it is being asked first, then what it did not answer, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn open_of(store: &Store, unit: UnitId) -> Result<Vec<Check>, StoreError> {
    let sql = format!("{CHECK} WHERE c.ended_at_us IS NULL AND c.unit = $1 ORDER BY c.state, c.asked_at_us DESC, c.id");
    store.fetch(&sql, params![unit]).await?.iter().map(check_of).collect()
}

/// # Errors
/// When the database fails.
pub async fn one(store: &Store, id: CheckId) -> Result<Option<Check>, StoreError> {
    store.fetch_opt(&format!("{CHECK} WHERE c.id = $1"), params![id]).await?.as_ref().map(check_of).transpose()
}

/// Who is asked, why, and by when it shall answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub unit: UnitId,
    pub call_sign: String,
    /// Absent on patrol.
    pub job: Option<(IncidentId, AssignmentId)>,
    pub kind: CheckKind,
    pub priority: Priority,
    pub asked_at: Micros,
    pub due_at: Micros,
    /// Absent: the clock asks.
    pub asked_by: Option<String>,
}

/// A line in the incident's log, where there is an incident. Its row is locked first, as for every change around it.
async fn line(tx: &mut Tx, incident: Option<IncidentId>, at: Micros, by: By<'_>, key: &str, values: Json) -> Result<(), StoreError> {
    match incident {
        Some(incident) => write::log(tx, incident, at, by, key, values).await,
        None => Ok(()),
    }
}

async fn lock(tx: &mut Tx, incident: Option<IncidentId>) -> Result<(), StoreError> {
    if let Some(incident) = incident {
        write::lock_incident(tx, incident).await?.ok_or(StoreError::NotOne { found: 0 })?;
    }
    Ok(())
}

/// What the clock does has no person's name.
pub fn clock(check: CheckId) -> By<'static> {
    By { id: ActorId(check.0), name: "安全確認" }
}

/// Asks. False when the unit is being asked, or does not do any more what it is asked about, or does it for another incident by now.
///
/// # Errors
/// When the database fails.
pub async fn ask(store: &Store, question: &Question) -> Result<bool, StoreError> {
    let Question { unit, job, kind, priority, asked_at, due_at, .. } = *question;
    let id = store.env().id(CheckId::new);
    let mut tx = store.begin().await?;
    lock(&mut tx, job.map(|(incident, _)| incident)).await?;
    if let Some((incident, assignment)) = job {
        let wanted = if kind == CheckKind::Par { "on_scene" } else { "en_route" };
        let sql = "SELECT id FROM dispatch_assignment WHERE id = $1 AND state = $2 AND incident = $3";
        if tx.fetch_opt(sql, params![assignment, wanted, incident]).await?.is_none() {
            return Ok(false);
        }
    }
    let sql = "INSERT INTO dispatch_check (id, unit, incident, assignment, kind, priority, state, asked_at_us, due_at_us, asked_by_name) \
         VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, $8, $9) ON CONFLICT DO NOTHING";
    let (incident, assignment) = (job.map(|job| job.0), job.map(|job| job.1));
    let values = params![id, unit, incident, assignment, tag_of(&kind), i64::from(priority.0), asked_at, due_at, question.asked_by.as_deref()];
    if tx.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    let values = json!({ "call_sign": question.call_sign, "kind": kind });
    line(&mut tx, incident, asked_at, clock(id), "check_asked", values).await?;
    tx.emit(&Event::CheckChanged { check: id, unit, incident }).await?;
    tx.commit().await?;
    Ok(true)
}

/// How a check changes.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    Overdue,
    Acted,
    /// The crew's word: the state that it leads to, when it was said and by whom.
    Said { to: CheckState, said_at: Micros, by: &'a Person },
    Dealt { by: &'a Person, reason: &'a str },
}

impl Change<'_> {
    const fn to(&self) -> CheckState {
        match self {
            Self::Overdue => CheckState::Overdue,
            Self::Acted => CheckState::Acted,
            Self::Said { to, .. } => *to,
            Self::Dealt { .. } => CheckState::Dealt,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Overdue => "check_overdue",
            Self::Acted => "check_acted",
            Self::Said { to: CheckState::Safe, .. } => "check_safe",
            Self::Said { to: CheckState::Help, .. } => "check_help",
            Self::Said { .. } => "check_late",
            Self::Dealt { .. } => "check_dealt",
        }
    }
}

/// Changes a check that is as it was read, with its line and its event. False when it has changed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn change(store: &Store, check: &Check, change: Change<'_>, now: Micros) -> Result<bool, StoreError> {
    let to = change.to();
    let ended_at = (!to.is_open()).then_some(now);
    let (said_at, said_by) = match change {
        Change::Said { said_at, by, .. } => (Some(said_at), Some(by.name.as_str())),
        _ => (check.answered_at_us, check.answered_by.as_deref()),
    };
    let (ended_by, reason) = match change {
        Change::Dealt { by, reason } => (Some(by.name.as_str()), Some(reason)),
        Change::Said { by, .. } if ended_at.is_some() => (Some(by.name.as_str()), None),
        _ => (None, None),
    };
    let mut tx = store.begin().await?;
    lock(&mut tx, check.incident).await?;
    let sql = "UPDATE dispatch_check SET state = $1, answered_at_us = $2, answered_by_name = $3, ended_at_us = $4, ended_by_name = $5, \
         reason = $6 WHERE id = $7 AND state = $8 AND ended_at_us IS NULL AND COALESCE(incident, '') = $9";
    // The line goes to the incident that was locked: where a merge has moved the check meanwhile, it is read again.
    let read_under = check.incident.map(|incident| incident.to_string()).unwrap_or_default();
    let values = params![tag_of(&to), said_at, said_by, ended_at, ended_by, reason, check.id, tag_of(&check.state), read_under];
    if tx.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    let by = match change {
        Change::Said { by, .. } | Change::Dealt { by, .. } => By::from(by),
        Change::Overdue | Change::Acted => clock(check.id),
    };
    let values = json!({ "call_sign": check.call_sign, "kind": check.kind, "reason": reason.unwrap_or_default() });
    line(&mut tx, check.incident, now, by, change.key(), values).await?;
    tx.emit(&Event::CheckChanged { check: check.id, unit: check.unit, incident: check.incident }).await?;
    tx.commit().await?;
    Ok(true)
}

/// Hangs the open checks of an assignment under the incident to which the assignment was moved.
///
/// # Errors
/// When the database fails.
pub async fn hang(tx: &mut Tx, assignment: AssignmentId, to: IncidentId) -> Result<(), StoreError> {
    let open = "SELECT id, unit FROM dispatch_check WHERE assignment = $1 AND ended_at_us IS NULL ORDER BY id";
    let open = tx.fetch(open, params![assignment]).await?;
    let sql = "UPDATE dispatch_check SET incident = $1 WHERE assignment = $2 AND ended_at_us IS NULL";
    tx.execute(sql, params![to, assignment]).await?;
    for row in &open {
        tx.emit(&Event::CheckChanged { check: row.parsed("id")?, unit: row.parsed("unit")?, incident: Some(to) }).await?;
    }
    Ok(())
}
