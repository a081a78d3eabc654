//! Two ways in which a unit leaves an assignment for another, each one transaction: a more urgent incident takes it away, and
//! a free unit takes over what it was on its way to.
//!
//! **Invariant:** of two incidents, the one with the smaller id is locked first, whichever takes from which; so two operations
//! that cross each other wait and do not lock each other out.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shouhu_ids::{AssignmentId, IncidentId, Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, Tx, params};
use shouhu_wire::{Assignment, AssignmentState};

use super::assign::{self, AssignError, Order, offer};
use crate::model::{Advice, HandOver};
use crate::write::{Held, Locked};
use crate::{machine, store, write};

pub const ROUTE: Route =
    Route::post("/v1/incidents/{id}/handover", "Let a free unit take over from one that is on its way", || {
        axum::routing::post(handle)
    })
    .permission("dispatch.order")
    .audit(Audit::Write)
    .load(Load::Life)
    .takes::<HandOver>()
    .gives::<Assignment>();

#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    #[error("{call_sign} has arrived or is not on this incident any more: there is nothing to hand over")]
    Arrived { call_sign: String },
    #[error(transparent)]
    Assign(#[from] AssignError),
}

impl From<StoreError> for HandOverError {
    fn from(error: StoreError) -> Self {
        Self::Assign(error.into())
    }
}

impl Keyed for HandOverError {
    fn key(&self) -> &'static str {
        match self {
            Self::Arrived { .. } => "dispatch.handover.arrived",
            Self::Assign(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Arrived { .. } => StatusCode::CONFLICT,
            Self::Assign(error) => error.status(),
        }
    }
}

async fn held(tx: &mut Tx, incident: &Locked, id: AssignmentId) -> Result<Option<Held>, StoreError> {
    Ok(write::held(tx, incident).await?.into_iter().find(|held| held.id == id))
}

/// Makes an available unit `dispatched`; its call sign. `None`: it is not available.
async fn take(tx: &mut Tx, unit: UnitId) -> Result<Option<String>, StoreError> {
    let sql = "UPDATE dispatch_unit SET state = 'dispatched' WHERE id = $1 AND state = 'available' RETURNING call_sign";
    tx.fetch_opt(sql, params![unit]).await?.map(|row| row.text("call_sign")).transpose()
}

/// Takes `unit` from the assignment `from` and sends it to `incident`.
///
/// # Errors
/// When the other incident is as urgent or more, or the crew is on scene, in panic, or not on that assignment any more.
pub async fn take_away(
    store: &Store,
    by: &Person,
    incident: IncidentId,
    from: AssignmentId,
    unit: UnitId,
    advice: &Advice,
) -> Result<Assignment, AssignError> {
    let known = store::assignment(store, from).await?.filter(|known| known.unit == unit).ok_or(AssignError::UnknownUnit)?;
    if known.incident == incident {
        return Ok(known);
    }
    let id = store.env().id(AssignmentId::new);
    let mut tx = store.begin().await?;
    let (target, source) = write::lock_both(&mut tx, incident, known.incident).await?.ok_or(AssignError::NotFound)?;
    let now = store.env().now();
    assign::takes_units(&target)?;
    let call_sign = known.call_sign;
    let held = held(&mut tx, &source, from).await?.filter(|held| machine::is_live(held.state));
    let Some(held) = held else { return Err(AssignError::OtherJob { call_sign }) };
    if held.state == AssignmentState::OnScene {
        return Err(AssignError::OnScene { call_sign, incident_number: source.number });
    }
    let panic = "SELECT incident FROM dispatch_panic WHERE unit = $1 AND ended_at_us IS NULL AND cancelled_at_us IS NULL";
    if tx.fetch_opt(panic, params![unit]).await?.is_some() {
        return Err(AssignError::InPanic { call_sign });
    }
    if target.priority >= source.priority {
        return Err(AssignError::NotMoreUrgent { call_sign, incident_number: source.number });
    }
    end(&mut tx, &source, &held, Leaving::TakenFor(&target.number), by, now).await?;
    tx.execute("UPDATE dispatch_assignment SET taken_for = $1 WHERE id = $2", params![incident, from]).await?;
    // Freed a line above, in this very transaction: only a broken machine could have it otherwise.
    let Some(call_sign) = take(&mut tx, unit).await? else { return Err(AssignError::OtherJob { call_sign }) };
    offer(&mut tx, &target, &Order { id, unit, call_sign: &call_sign, advice }, by, now).await?;
    write::settle_incident(&mut tx, &source).await?;
    write::settle_incident(&mut tx, &target).await?;
    tx.commit().await?;
    tracing::info!(from = source.number, to = target.number, unit = call_sign, "unit taken for a more urgent incident");
    store::assignment(store, id).await?.ok_or(AssignError::NotFound)
}

/// Why a unit leaves an assignment, without words of any language.
#[derive(Debug, Clone, Copy)]
enum Leaving<'a> {
    /// The number of the more urgent incident.
    TakenFor(&'a str),
    /// The call sign of the unit that goes instead.
    HandedTo(&'a str),
}

async fn end(tx: &mut Tx, incident: &Locked, held: &Held, why: Leaving<'_>, by: &Person, now: Micros) -> Result<(), StoreError> {
    write::move_assignment(tx, incident, held, AssignmentState::Cancelled, now).await?;
    let (key, to) = match why {
        Leaving::TakenFor(number) => ("assignment_taken", number),
        Leaving::HandedTo(call_sign) => ("assignment_handed_over", call_sign),
    };
    let sql = "UPDATE dispatch_assignment SET end_reason = $1 WHERE id = $2";
    tx.execute(sql, params![format!("→ {to}"), held.id]).await?;
    write::log(tx, incident.id, now, by, key, json!({ "call_sign": held.call_sign, "to": to })).await
}

/// Lets `to` take over the incident from the unit of the assignment `from`, which has not arrived.
///
/// # Errors
/// When the unit has arrived or left, or `to` is not available; then nothing has changed.
pub async fn hand_over(
    store: &Store,
    by: &Person,
    incident: IncidentId,
    order: &HandOver,
    advice: &Advice,
) -> Result<Assignment, HandOverError> {
    let id = store.env().id(AssignmentId::new);
    let mut tx = store.begin().await?;
    let locked = write::lock_incident(&mut tx, incident).await?.ok_or(AssignError::NotFound)?;
    let now = store.env().now();
    let held = held(&mut tx, &locked, order.from).await?.ok_or(AssignError::NotFound)?;
    if !machine::is_live(held.state) || held.state == AssignmentState::OnScene {
        return Err(HandOverError::Arrived { call_sign: held.call_sign });
    }
    let Some(call_sign) = take(&mut tx, order.to).await? else {
        // On PostgreSQL it holds one of the few connections that the next question asks for: as many at once as there are would wait for each other, and a cry for help
        // for them.
        drop(tx);
        let known = store::unit(store, order.to).await?.ok_or(AssignError::UnknownUnit)?;
        let state = shouhu_store::tag_of(&known.state);
        return Err(AssignError::NotAvailable { call_sign: known.call_sign, state }.into());
    };
    end(&mut tx, &locked, &held, Leaving::HandedTo(&call_sign), by, now).await?;
    offer(&mut tx, &locked, &Order { id, unit: order.to, call_sign: &call_sign, advice }, by, now).await?;
    write::settle_incident(&mut tx, &locked).await?;
    tx.commit().await?;
    tracing::info!(incident = locked.number, from = held.call_sign, to = call_sign, "handed over");
    Ok(store::assignment(store, id).await?.ok_or(AssignError::NotFound)?)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    Id(id): Id<IncidentId>,
    Body(body): Body<HandOver>,
) -> Result<Audited<Assignment>, Problem> {
    let advice = super::recommend::advice_for(&app, id, body.to).await?;
    let assignment = hand_over(&app.store, &person, id, &body, &advice).await?;
    Ok(Audited::new(format!("{} {}", assignment.incident_number, assignment.call_sign), assignment))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, IncidentState, UnitState};

    use super::*;
    use crate::MODULE;
    use crate::ops::step;
    use crate::testing::Scene;

    async fn taken(
        store: &Store,
        scene: &Scene,
        to: IncidentId,
        from: AssignmentId,
        unit: UnitId,
    ) -> Result<Assignment, AssignError> {
        take_away(store, &scene.by, to, from, unit, &Advice::default()).await
    }

    #[tokio::test]
    async fn a_more_urgent_incident_takes_a_unit_and_the_other_waits_again_with_the_reason_on_record() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (lesser, urgent) = (scene.incident_of(4).await, scene.incident_of(1).await);
            let unit = scene.unit("永康 21").await;
            let first = scene.assign(lesser, unit).await.unwrap();
            let second = taken(&store, &scene, urgent, first.id, unit).await.unwrap();
            assert_eq!((second.incident, second.state), (urgent, AssignmentState::Offered));
            assert_eq!(store::unit(&store, unit).await.unwrap().unwrap().state, UnitState::Dispatched);
            assert_eq!(store::incident(&store, lesser).await.unwrap().unwrap().state, IncidentState::Open);
            let said = store::log_of(&store, lesser).await.unwrap();
            assert!(said.last().unwrap().params.to_string().contains(&second.incident_number), "{said:?}");
            let standing = crate::standing::of_all(&store).await.unwrap();
            assert_eq!(standing.get(&unit).unwrap().job.as_ref().unwrap().incident, urgent);
            let again = taken(&store, &scene, urgent, first.id, unit).await.unwrap_err();
            assert_eq!(again.key(), "dispatch.assign.other_job");
        })
        .await;
    }

    #[tokio::test]
    async fn nothing_is_taken_from_an_equal_from_a_scene_or_by_a_closed_one() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (lesser, equal, urgent) = (scene.incident_of(3).await, scene.incident_of(3).await, scene.incident_of(1).await);
            let unit = scene.unit("永康 21").await;
            let held = scene.assign(lesser, unit).await.unwrap();
            let refused = taken(&store, &scene, equal, held.id, unit).await.unwrap_err();
            assert_eq!(refused.key(), "dispatch.assign.not_more_urgent");
            for step in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
                step::step(&store, &scene.crew(unit), held.id, &step).await.unwrap();
            }
            let refused = taken(&store, &scene, urgent, held.id, unit).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.assign.on_scene", StatusCode::CONFLICT));
            assert_eq!(store::assignment(&store, held.id).await.unwrap().unwrap().state, AssignmentState::OnScene);
        })
        .await;
    }

    #[tokio::test]
    async fn two_incidents_that_reach_for_each_others_units_never_lock_each_other_out() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (lesser, urgent) = (scene.incident_of(4).await, scene.incident_of(1).await);
            let mut racing = tokio::task::JoinSet::new();
            for n in 0..6 {
                let unit = scene.unit(&format!("永康 {n}")).await;
                let (at, to) = if n % 2 == 0 { (lesser, urgent) } else { (urgent, lesser) };
                let held = scene.assign(at, unit).await.unwrap();
                let (store, scene) = (store.clone(), scene.clone());
                racing.spawn(async move { taken(&store, &scene, to, held.id, unit).await.is_ok() });
            }
            let won = racing.join_all().await.into_iter().filter(|won| *won).count();
            assert_eq!(won, 3, "only the more urgent one takes");
        })
        .await;
    }

    #[tokio::test]
    async fn a_free_unit_takes_over_what_another_is_on_its_way_to_and_not_what_it_has_reached() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let (far, near) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let first = scene.assign(incident, far).await.unwrap();
            let order = HandOver { from: first.id, to: near };
            let second = hand_over(&store, &scene.by, incident, &order, &Advice::default()).await.unwrap();
            assert_eq!((second.unit, second.incident), (near, incident));
            assert_eq!(store::unit(&store, far).await.unwrap().unwrap().state, UnitState::Available);
            let late = hand_over(&store, &scene.by, incident, &order, &Advice::default()).await.unwrap_err();
            assert_eq!(late.key(), "dispatch.handover.arrived");
            let busy = HandOver { from: second.id, to: near };
            let refused = hand_over(&store, &scene.by, incident, &busy, &Advice::default()).await.unwrap_err();
            assert_eq!(refused.key(), "dispatch.assign.unit_not_available");
            assert_eq!(store::assignment(&store, second.id).await.unwrap().unwrap().state, AssignmentState::Offered);
        })
        .await;
    }

    #[tokio::test]
    async fn more_refusals_at_once_than_there_are_connections_do_not_wait_for_each_other() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let busy = scene.unit("永康 1").await;
            scene.assign(scene.incident().await, busy).await.unwrap();
            let mut handing = tokio::task::JoinSet::new();
            for number in 2..10 {
                let incident = scene.incident().await;
                let unit = scene.unit(&format!("永康 {number}")).await;
                let order = HandOver { from: scene.assign(incident, unit).await.unwrap().id, to: busy };
                let (store, by) = (store.clone(), scene.by.clone());
                let work = async move { hand_over(&store, &by, incident, &order, &Advice::default()).await.err().map(|error| error.key()) };
                handing.spawn(shouhu_store::first(work));
            }
            let refused = handing.join_all().await;
            assert!(refused.iter().all(|key| *key == Some("dispatch.assign.unit_not_available")), "{refused:?}");
        })
        .await;
    }
}
