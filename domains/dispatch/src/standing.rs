//! What a choice weighs of a unit beside its place and state: duty, skills, the job that it has, whether it needs help itself.

use std::collections::{HashMap, HashSet};

use shouhu_ids::{AssignmentId, IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{AssignmentState, Priority};

use crate::roster::{self, CrewTime, Shift};
use crate::store::place_of;

/// The assignment that a unit holds.
#[derive(Debug, Clone, PartialEq)]
pub struct JobAtHand {
    pub assignment: AssignmentId,
    pub incident: IncidentId,
    pub incident_number: String,
    pub priority: Priority,
    pub kind: String,
    pub scene: Option<Wgs84>,
    pub state: AssignmentState,
    /// How often this incident has lost a unit to a more urgent one.
    pub times_taken: u8,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    pub skills: Vec<String>,
    /// Of the present crew, where the roster knows when it joined.
    pub on_duty_since: Option<Micros>,
    /// When the crew's shift ended, if it did and the crew is still out.
    pub shift_over_since: Option<Micros>,
    pub last_job_ended_at: Option<Micros>,
    pub job: Option<JobAtHand>,
    pub is_in_panic: bool,
}

/// Of all units.
///
/// # Errors
/// When the database fails.
pub async fn of_all(store: &Store) -> Result<HashMap<UnitId, Standing>, StoreError> {
    let mut jobs = jobs(store).await?;
    let in_panic = in_panic(store).await?;
    let now = store.env().now();
    let mut shifts: HashMap<UnitId, Vec<Shift>> = HashMap::new();
    for shift in roster::book::around(store, now).await? {
        shifts.entry(shift.unit).or_default().push(shift);
    }
    let rows = store.fetch("SELECT id, state, skills, on_duty_since_us, last_job_ended_at_us FROM dispatch_unit", params![]).await?;
    rows.iter()
        .map(|row| {
            let unit: UnitId = row.parsed("id")?;
            let CrewTime { joined_at, over_since } = roster::crew_time(row.tag("state")?, shifts.get(&unit).map_or(&[][..], Vec::as_slice), now);
            let standing = Standing {
                skills: row.json("skills")?,
                // A unit that changes crews without a pause stays on duty; the crew that joined later is rested.
                on_duty_since: row.opt_micros("on_duty_since_us")?.map(|since| joined_at.map_or(since, |joined| joined.max(since))),
                shift_over_since: over_since,
                last_job_ended_at: row.opt_micros("last_job_ended_at_us")?,
                job: jobs.remove(&unit),
                is_in_panic: in_panic.contains(&unit),
            };
            Ok((unit, standing))
        })
        .collect()
}

async fn jobs(store: &Store) -> Result<HashMap<UnitId, JobAtHand>, StoreError> {
    let sql = "SELECT a.unit, a.id, a.state, a.incident, i.number, i.priority, i.kind, i.lon, i.lat, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM dispatch_assignment p WHERE p.incident = a.incident AND p.taken_for IS NOT NULL) AS taken \
         FROM dispatch_assignment a JOIN dispatch_incident i ON i.id = a.incident \
         WHERE a.state IN ('offered', 'accepted', 'en_route', 'on_scene')";
    let rows = store.fetch(sql, params![]).await?;
    rows.iter()
        .map(|row| {
            let job = JobAtHand {
                assignment: row.parsed("id")?,
                incident: row.parsed("incident")?,
                incident_number: row.text("number")?,
                priority: Priority(u8::try_from(row.int("priority")?).unwrap_or(4)),
                kind: row.text("kind")?,
                scene: place_of(row)?,
                state: row.tag("state")?,
                times_taken: u8::try_from(row.int("taken")?).unwrap_or(u8::MAX),
            };
            Ok((row.parsed("unit")?, job))
        })
        .collect()
}

/// Units whose crew has asked for help and has not said that it is safe.
async fn in_panic(store: &Store) -> Result<HashSet<UnitId>, StoreError> {
    let sql = "SELECT unit FROM dispatch_panic WHERE ended_at_us IS NULL AND cancelled_at_us IS NULL";
    store.fetch(sql, params![]).await?.iter().map(|row| row.parsed("unit")).collect()
}

#[cfg(test)]
impl JobAtHand {
    pub fn testing(at: Micros) -> Self {
        Self {
            assignment: AssignmentId::new(at, [1; 16]),
            incident: IncidentId::new(at, [2; 16]),
            incident_number: "115-1121-0001".into(),
            priority: Priority(3),
            kind: "noise".into(),
            scene: None,
            state: AssignmentState::EnRoute,
            times_taken: 0,
        }
    }
}
