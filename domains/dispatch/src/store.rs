//! Reading rows into the shared vocabulary.

use std::collections::{BTreeSet, HashMap};

use shouhu_ids::{ActorId, AssignmentId, IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_store::{Row, Sight, Store, StoreError, Tx, Value, page_before, params, placeholders};
use shouhu_wire::{Assignment, AssignmentReply, Incident, Priority, Unit};

use crate::model::{Advice, LogLine};

const INCIDENT: &str = "SELECT id, number, origin, state, priority, kind, summary, address, lon, lat, hit, opened_at_us, \
     closed_at_us, closing_code, merged_into FROM dispatch_incident";

const ASSIGNMENT: &str = "SELECT a.id, a.incident, i.number AS incident_number, a.unit, u.call_sign, a.state, a.offered_at_us, \
     a.offered_by, a.delivered_at_us, a.accepted_at_us, a.en_route_at_us, a.on_scene_at_us, a.ended_at_us, a.closing_code, \
     a.advice FROM dispatch_assignment a JOIN dispatch_incident i ON i.id = a.incident JOIN dispatch_unit u ON u.id = a.unit";

const UNIT: &str = "SELECT u.id, u.call_sign, u.kind, u.state, u.lon, u.lat, u.position_at_us, u.accuracy_m, u.heading_deg, \
     a.id AS assignment FROM dispatch_unit u LEFT JOIN dispatch_assignment a \
     ON a.unit = u.id AND a.state IN ('offered', 'accepted', 'en_route', 'on_scene')";

/// Which incidents of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Nor merged: those are reports of one that is listed.
    NotClosed,
    Closed,
    All,
}

pub fn place_of(row: &Row) -> Result<Option<Wgs84>, StoreError> {
    let (Some(lon), Some(lat)) = (row.opt_real("lon")?, row.opt_real("lat")?) else { return Ok(None) };
    let place = Wgs84::new(lon, lat);
    place.map(Some).map_err(|e| StoreError::Corrupt { what: "position", detail: e.to_string() })
}

fn incident_of(row: &Row) -> Result<Incident, StoreError> {
    let priority = row.int("priority")?;
    Ok(Incident {
        id: row.parsed("id")?,
        number: row.text("number")?,
        origin: row.tag("origin")?,
        state: row.tag("state")?,
        priority: Priority(u8::try_from(priority).unwrap_or(4)),
        kind: row.text("kind")?,
        summary: row.text("summary")?,
        address: row.text("address")?,
        position: place_of(row)?,
        hit: row.opt_parsed("hit")?,
        opened_at_us: row.micros("opened_at_us")?,
        closed_at_us: row.opt_micros("closed_at_us")?,
        closing_code: row.opt_tag("closing_code")?,
        merged_into: row.opt_parsed("merged_into")?,
        assignments: Vec::new(),
    })
}

fn assignment_of(row: &Row) -> Result<Assignment, StoreError> {
    let advice: Advice = row.json("advice")?;
    Ok(Assignment {
        id: row.parsed("id")?,
        incident: row.parsed("incident")?,
        incident_number: row.text("incident_number")?,
        unit: row.parsed("unit")?,
        call_sign: row.text("call_sign")?,
        state: row.tag("state")?,
        offered_at_us: row.micros("offered_at_us")?,
        offered_by: row.parsed("offered_by")?,
        delivered_at_us: row.opt_micros("delivered_at_us")?,
        accepted_at_us: row.opt_micros("accepted_at_us")?,
        en_route_at_us: row.opt_micros("en_route_at_us")?,
        on_scene_at_us: row.opt_micros("on_scene_at_us")?,
        closed_at_us: row.opt_micros("ended_at_us")?,
        closing_code: row.opt_tag("closing_code")?,
        replies: Vec::new(),
        reasons: advice.reasons.into_iter().map(|reason| reason.key).collect(),
    })
}

fn unit_of(row: &Row) -> Result<Unit, StoreError> {
    Ok(Unit {
        id: row.parsed("id")?,
        call_sign: row.text("call_sign")?,
        kind: row.tag("kind")?,
        state: row.tag("state")?,
        position: place_of(row)?,
        position_at_us: row.opt_micros("position_at_us")?,
        accuracy_m: row.opt_real("accuracy_m")?,
        heading_deg: row.opt_real("heading_deg")?,
        assignment: row.opt_parsed("assignment")?,
    })
}

async fn with_replies(store: &Store, mut assignments: Vec<Assignment>) -> Result<Vec<Assignment>, StoreError> {
    if assignments.is_empty() {
        return Ok(assignments);
    }
    let ids: Vec<Value> = assignments.iter().map(|assignment| assignment.id.into()).collect();
    let sql = format!(
        "SELECT assignment, at_us, by_actor, body FROM dispatch_reply WHERE assignment IN ({}) ORDER BY assignment, seq",
        placeholders(1..=ids.len())
    );
    let mut replies: HashMap<AssignmentId, Vec<AssignmentReply>> = HashMap::new();
    for row in store.fetch(&sql, ids).await? {
        let reply = AssignmentReply { at_us: row.micros("at_us")?, by: row.parsed("by_actor")?, text: row.text("body")? };
        replies.entry(row.parsed("assignment")?).or_default().push(reply);
    }
    for assignment in &mut assignments {
        assignment.replies = replies.remove(&assignment.id).unwrap_or_default();
    }
    Ok(assignments)
}

async fn with_assignments(store: &Store, mut incidents: Vec<Incident>) -> Result<Vec<Incident>, StoreError> {
    if incidents.is_empty() {
        return Ok(incidents);
    }
    let ids: Vec<Value> = incidents.iter().map(|incident| incident.id.into()).collect();
    let sql = format!("{ASSIGNMENT} WHERE a.incident IN ({}) ORDER BY a.offered_at_us, a.id", placeholders(1..=ids.len()));
    let rows = store.fetch(&sql, ids).await?;
    let assignments = with_replies(store, rows.iter().map(assignment_of).collect::<Result<_, _>>()?).await?;
    let mut of_incident: HashMap<IncidentId, Vec<Assignment>> = HashMap::new();
    for assignment in assignments {
        of_incident.entry(assignment.incident).or_default().push(assignment);
    }
    for incident in &mut incidents {
        incident.assignments = of_incident.remove(&incident.id).unwrap_or_default();
    }
    Ok(incidents)
}

async fn one_incident(store: &Store, column: &str, value: Value) -> Result<Option<Incident>, StoreError> {
    let row = store.fetch_opt(&format!("{INCIDENT} WHERE {column} = $1"), vec![value]).await?;
    let found = row.as_ref().map(incident_of).transpose()?;
    Ok(with_assignments(store, found.into_iter().collect()).await?.pop())
}

pub async fn incident(store: &Store, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    one_incident(store, "id", id.into()).await
}

/// As it is after whoever acts has changed it, also where a rule hides from him what it has become: it is his own work that he is told.
pub async fn changed_incident(store: &Store, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    Sight::whole().look(incident(store, id)).await
}

/// As the transaction that holds it sees it, without its assignments.
pub async fn incident_in(tx: &mut Tx, id: IncidentId) -> Result<Option<Incident>, StoreError> {
    tx.fetch_opt(&format!("{INCIDENT} WHERE id = $1"), params![id]).await?.as_ref().map(incident_of).transpose()
}

pub async fn incident_of_hit(store: &Store, hit: shouhu_ids::HitId) -> Result<Option<Incident>, StoreError> {
    one_incident(store, "hit", hit.into()).await
}

/// Those that are merged into an incident, the oldest first, with the orders that ended under their own numbers.
pub async fn reports_of(store: &Store, id: IncidentId) -> Result<Vec<Incident>, StoreError> {
    let rows = store.fetch(&format!("{INCIDENT} WHERE merged_into = $1 ORDER BY opened_at_us, id"), params![id]).await?;
    with_assignments(store, rows.iter().map(incident_of).collect::<Result<_, _>>()?).await
}

/// Newest first; `before` is the id of the last one of the page before.
pub async fn incidents(store: &Store, which: Which, before: Option<IncidentId>, limit: i64) -> Result<Vec<Incident>, StoreError> {
    let state = match which {
        Which::NotClosed => "state NOT IN ('closed', 'merged') AND",
        Which::Closed => "state = 'closed' AND",
        Which::All => "",
    };
    let before = page_before(before);
    let rows = store.fetch(&format!("{INCIDENT} WHERE {state} id < $1 ORDER BY id DESC LIMIT $2"), params![before, limit]).await?;
    with_assignments(store, rows.iter().map(incident_of).collect::<Result<_, _>>()?).await
}

pub async fn assignment(store: &Store, id: AssignmentId) -> Result<Option<Assignment>, StoreError> {
    let row = store.fetch_opt(&format!("{ASSIGNMENT} WHERE a.id = $1"), params![id]).await?;
    let found = row.as_ref().map(assignment_of).transpose()?;
    Ok(with_replies(store, found.into_iter().collect()).await?.pop())
}

/// The live ones: at most one as long as the unique index holds.
pub async fn live_assignments_of(store: &Store, unit: UnitId) -> Result<Vec<Assignment>, StoreError> {
    let sql = format!("{ASSIGNMENT} WHERE a.unit = $1 AND a.state IN ('offered', 'accepted', 'en_route', 'on_scene')");
    let rows = store.fetch(&sql, params![unit]).await?;
    with_replies(store, rows.iter().map(assignment_of).collect::<Result<_, _>>()?).await
}

/// In the order of their call signs. Positions are those on disk.
pub async fn units(store: &Store) -> Result<Vec<Unit>, StoreError> {
    let rows = store.fetch(&format!("{UNIT} ORDER BY u.call_sign, u.id"), vec![]).await?;
    rows.iter().map(unit_of).collect()
}

pub async fn unit(store: &Store, id: UnitId) -> Result<Option<Unit>, StoreError> {
    store.fetch_opt(&format!("{UNIT} WHERE u.id = $1"), params![id]).await?.as_ref().map(unit_of).transpose()
}

/// Whether a crew may see an incident: its unit holds it, or held it until less than `since` ago; or the person opened it.
pub async fn concerns(store: &Store, id: IncidentId, unit: Option<UnitId>, actor: ActorId, since: Micros) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM dispatch_incident WHERE id = $1 AND (opened_by = $2 OR id IN (\
         SELECT incident FROM dispatch_assignment WHERE incident = $1 AND unit = $3 AND state NOT IN ('declined', 'cancelled') \
         AND (ended_at_us IS NULL OR ended_at_us >= $4)))";
    Ok(store.fetch_opt(sql, params![id, actor, unit, since]).await?.is_some())
}

/// As whoever looks may read it.
pub async fn log_of(store: &Store, id: IncidentId) -> Result<Vec<LogLine>, StoreError> {
    let sql = "SELECT at_us, by_actor, by_name, log_key, params FROM dispatch_log WHERE incident = $1 ORDER BY seq";
    let line = |row: &Row| {
        Ok::<_, StoreError>(LogLine {
            at_us: row.micros("at_us")?,
            by: row.parsed("by_actor")?,
            by_name: row.text("by_name")?,
            key: row.text("log_key")?,
            params: row.json("params")?,
        })
    };
    let lines = store.fetch(sql, params![id]).await?.iter().map(line).collect::<Result<Vec<LogLine>, StoreError>>()?;
    without_hidden(store, lines).await
}

/// Without the lines that speak of another incident which is hidden from whoever looks: what was merged into this one stands in its log in words.
async fn without_hidden(store: &Store, mut lines: Vec<LogLine>) -> Result<Vec<LogLine>, StoreError> {
    if !store.guards().sight().narrows("dispatch_incident") {
        return Ok(lines);
    }
    let other = |line: &LogLine| line.params.get("incident").and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    let named: BTreeSet<String> = lines.iter().filter_map(other).collect();
    let shown = shown_of(store, named.into_iter().map(Value::from).collect()).await?;
    lines.retain(|line| other(line).is_none_or(|id| shown.contains(&id)));
    Ok(lines)
}

/// Of these incidents the ids of those that whoever looks may see.
pub async fn shown_of(store: &Store, ids: Vec<Value>) -> Result<BTreeSet<String>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = format!("SELECT id FROM dispatch_incident WHERE id IN ({})", placeholders(1..=ids.len()));
    store.fetch(&sql, ids).await?.iter().map(|row| row.text("id")).collect()
}
