//! Sends a unit to an incident.
//!
//! **Invariant:** a unit has one live assignment at most. A unit that is not available is never silently taken from what it
//! does: the refusal names it, and the caller may then name the assignment that it shall leave, which must be a less urgent one
//! and not yet on scene. Of two dispatchers who take one unit, one wins and the other is told.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{AssignmentId, IncidentId, Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{Asked, AssignUnit, Assignment, AssignmentState, IncidentState, UnitState};

use super::take_away::take_away;
use crate::model::Advice;
use crate::write::Locked;
use crate::{store, write};

pub const ROUTE: Route =
    Route::post("/v1/incidents/{id}/assignments", "Send a unit to an incident", || axum::routing::post(handle))
        .permission("dispatch.order")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<AssignUnit>()
        .gives::<Assignment>();

#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    #[error("there is no such incident, or you may not see it")]
    NotFound,
    #[error("there is no such unit")]
    UnknownUnit,
    #[error("incident is closed: open a new one that refers to it")]
    IncidentClosed,
    #[error("incident {number} is merged: send the unit to the one that it belongs to")]
    IncidentMerged { number: String },
    #[error("{call_sign} is on {incident_number} (assignment {assignment}): cancel that first, or send another unit")]
    Held { call_sign: String, incident_number: String, assignment: AssignmentId },
    #[error("{call_sign} is {state}: it must be available to be sent")]
    NotAvailable { call_sign: String, state: String },
    #[error("{call_sign} does not hold that assignment any more: look again")]
    OtherJob { call_sign: String },
    #[error("{call_sign} is on scene of {incident_number}: a crew on scene is never taken away")]
    OnScene { call_sign: String, incident_number: String },
    #[error("the crew of {call_sign} has asked for help itself")]
    InPanic { call_sign: String },
    #[error("another unit is ranked first: say with \"overriding\" why this one is sent")]
    ReasonNeeded,
    #[error("{incident_number} is as urgent or more: {call_sign} stays with it")]
    NotMoreUrgent { call_sign: String, incident_number: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for AssignError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::UnknownUnit => "dispatch.assign.unknown_unit",
            Self::IncidentClosed => "dispatch.assign.incident_closed",
            Self::IncidentMerged { .. } => "dispatch.assign.incident_merged",
            Self::Held { .. } | Self::NotAvailable { .. } => "dispatch.assign.unit_not_available",
            Self::OtherJob { .. } => "dispatch.assign.other_job",
            Self::OnScene { .. } => "dispatch.assign.on_scene",
            Self::InPanic { .. } => "dispatch.assign.in_panic",
            Self::NotMoreUrgent { .. } => "dispatch.assign.not_more_urgent",
            Self::ReasonNeeded => "dispatch.assign.reason_needed",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::UnknownUnit | Self::ReasonNeeded => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
            _ => StatusCode::CONFLICT,
        }
    }
}

/// Who holds the unit, or why else it cannot be sent. `Ok` is the assignment that sent it to this very incident before.
async fn why_not(tx: &mut Tx, incident: IncidentId, unit: UnitId) -> Result<AssignmentId, AssignError> {
    let row = tx.fetch_opt("SELECT call_sign, state FROM dispatch_unit WHERE id = $1", params![unit]).await?;
    let Some(row) = row else { return Err(AssignError::UnknownUnit) };
    let call_sign = row.text("call_sign")?;
    let live = tx
        .fetch_opt(
            "SELECT a.id, a.incident, i.number FROM dispatch_assignment a JOIN dispatch_incident i ON i.id = a.incident \
             WHERE a.unit = $1 AND a.state IN ('offered', 'accepted', 'en_route', 'on_scene')",
            params![unit],
        )
        .await?;
    let Some(live) = live else { return Err(AssignError::NotAvailable { call_sign, state: row.text("state")? }) };
    let assignment = live.parsed("id")?;
    if live.parsed::<IncidentId>("incident")? == incident {
        return Ok(assignment);
    }
    Err(AssignError::Held { call_sign, incident_number: live.text("number")?, assignment })
}

/// Whether an incident that is held takes a unit at all.
///
/// # Errors
/// When it is closed or merged.
pub fn takes_units(incident: &Locked) -> Result<(), AssignError> {
    match incident.state {
        IncidentState::Closed => Err(AssignError::IncidentClosed),
        IncidentState::Merged => Err(AssignError::IncidentMerged { number: incident.number.clone() }),
        IncidentState::Open | IncidentState::Assigned | IncidentState::OnScene => Ok(()),
    }
}

/// A unit on its way into an incident.
pub struct Order<'a> {
    pub id: AssignmentId,
    pub unit: UnitId,
    pub call_sign: &'a str,
    pub advice: &'a Advice,
}

/// Writes the assignment of a unit that this transaction has made `dispatched`.
///
/// # Errors
/// When the database fails, or the unit has a live assignment.
pub async fn offer(tx: &mut Tx, incident: &Locked, order: &Order<'_>, by: &Person, now: Micros) -> Result<(), StoreError> {
    let Order { id, unit, call_sign, advice } = *order;
    let advice_json = serde_json::to_value(advice).unwrap_or_else(|_| json!({}));
    tx.execute(
        "INSERT INTO dispatch_assignment (id, incident, unit, state, offered_at_us, offered_by, advice) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![id, incident.id, unit, tag_of(&AssignmentState::Offered), now, by.id, advice_json.to_string()],
    )
    .await?;
    let values = json!({ "call_sign": call_sign, "assignment": id, "rank": advice.rank, "eta_s": advice.eta_s });
    if let Some(why) = advice.overriding {
        tx.emit(&Event::not_done(Asked::Proposal, &id, why.as_str(), by.id)).await?;
    }
    write::log(tx, incident.id, now, by, "unit_assigned", values).await?;
    tx.emit(&Event::AssignmentChanged { assignment: id, incident: incident.id, unit, state: AssignmentState::Offered }).await?;
    tx.emit(&Event::UnitChanged { unit, state: UnitState::Dispatched }).await?;
    Ok(())
}

/// Sends it, and keeps why. Sending it again to where it was sent gives the same assignment.
///
/// # Errors
/// When the unit is not available or the incident is closed.
pub async fn assign(
    store: &Store,
    by: &Person,
    incident: IncidentId,
    unit: UnitId,
    advice: &Advice,
) -> Result<Assignment, AssignError> {
    let id = store.env().id(AssignmentId::new);
    let mut tx = store.begin().await?;
    let locked = write::lock_incident(&mut tx, incident).await?.ok_or(AssignError::NotFound)?;
    let now = store.env().now();
    takes_units(&locked)?;
    let take = "UPDATE dispatch_unit SET state = 'dispatched' WHERE id = $1 AND state = 'available' RETURNING call_sign";
    let Some(taken) = tx.fetch_opt(take, params![unit]).await? else {
        let known = why_not(&mut tx, incident, unit).await?;
        drop(tx);
        return store::assignment(store, known).await?.ok_or(AssignError::NotFound);
    };
    let call_sign = taken.text("call_sign")?;
    let order = Order { id, unit, call_sign: &call_sign, advice };
    offer(&mut tx, &locked, &order, by, now).await?;
    write::settle_incident(&mut tx, &locked).await?;
    tx.commit().await?;
    tracing::info!(incident = locked.number, unit = call_sign, rank = ?advice.rank, "unit sent");
    store::assignment(store, id).await?.ok_or(AssignError::NotFound)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<AssignUnit>,
) -> Result<Audited<Assignment>, Problem> {
    let (mut advice, is_against) = super::recommend::advice_against(&app, id, body.unit, body.take_from.is_some()).await?;
    if is_against {
        advice.overriding = Some(body.overriding.ok_or(AssignError::ReasonNeeded)?);
    }
    let assignment = match body.take_from {
        None => assign(&app.store, &person, id, body.unit, &advice).await?,
        Some(from) => take_away(&app.store, &person, id, from, body.unit, &advice).await?,
    };
    let why = advice.overriding.map(|why| format!(", not as proposed: {}", why.as_str())).unwrap_or_default();
    Ok(Audited::new(format!("{} {}{why}", assignment.incident_number, assignment.call_sign), assignment))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    #[tokio::test]
    async fn a_busy_unit_is_never_silently_reassigned() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (first, second) = (scene.incident().await, scene.incident().await);
            let unit = scene.unit("永康 21").await;
            let held = scene.assign(first, unit).await.unwrap();
            let refused = scene.assign(second, unit).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.assign.unit_not_available", StatusCode::CONFLICT));
            let said = refused.to_string();
            assert!(said.contains(&held.incident_number) && said.contains(&held.id.to_string()), "{said}");
            assert_eq!(store::assignment(&store, held.id).await.unwrap().unwrap(), held);
        })
        .await;
    }

    #[tokio::test]
    async fn of_two_dispatchers_who_take_one_unit_one_wins() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let mut sending = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let (scene, incident) = (scene.clone(), scene.incident().await);
                sending.spawn(async move { scene.assign(incident, unit).await });
            }
            let (won, lost): (Vec<_>, Vec<_>) = sending.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 7));
            assert!(lost.iter().all(|l| l.as_ref().is_err_and(|e| e.key() == "dispatch.assign.unit_not_available")));
        })
        .await;
    }

    #[tokio::test]
    async fn the_index_refuses_a_second_live_assignment_even_to_sql_that_forgot_to_ask() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let unit = scene.unit("永康 21").await;
            let (first, second) = (scene.incident().await, scene.incident().await);
            scene.assign(first, unit).await.unwrap();
            let mut tx = store.begin().await.unwrap();
            let careless = "INSERT INTO dispatch_assignment (id, incident, unit, state, offered_at_us, offered_by, advice) \
                 VALUES ('x', $1, $2, 'offered', 1, 'x', '{}')";
            let refused = tx.execute(careless, params![second, unit]).await;
            assert!(matches!(refused, Err(StoreError::Duplicate { .. })), "{refused:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn sending_a_unit_twice_to_the_same_incident_is_one_assignment() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (incident, unit) = (scene.incident().await, scene.unit("永康 21").await);
            let first = scene.assign(incident, unit).await.unwrap();
            assert_eq!(scene.assign(incident, unit).await.unwrap(), first);
        })
        .await;
    }
}
