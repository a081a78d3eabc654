//! When an urgent job takes a crew off its tour, what is left is proposed to the chief anew. Nothing changes until a person publishes it.

use serde::{Deserialize, Serialize};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::{ActorId, IncidentId, Micros, TourPlanId, UnitId};
use shouhu_module::ports::{DispatchFactsPort, IncidentFact, RoadTimesPort};
use shouhu_module::{App, JobKind, Problem, Reaction};
use shouhu_store::{NewJob, StoreError, Tx};
use shouhu_wire::AssignmentState;
use tokio::sync::OwnedMutexGuard;

use super::model::{PlanState, Planned, Retask, TourPlan};
use super::remainder;
use super::store as tour_store;
use super::terms::TourError;
use crate::ops::tour_plan::Planner;
use crate::ops::tours::with_progress;

/// Sees that a crew of a published plan has taken a job.
pub const CALLED_AWAY: Reaction = Reaction { name: "patrol.called_away", kinds: &["assignment_changed"], run: on_assignment };
/// Works out the proposal: seconds of arithmetic, which other reactions must not wait for.
pub const PROPOSE: JobKind = JobKind { kind: "patrol.retask", run: propose };

/// Dispatch's priorities that take a crew off its tour for long; 1 is life in danger.
const URGENT_MAX: u8 = 2;
/// Crews drive on: a proposal that is older than this is of another situation.
pub const FRESH_US: i64 = 15 * Micros::MINUTE;
/// Who made it, in lists.
const MADE_BY: &str = "重新分派建議";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Called {
    unit: UnitId,
    incident: IncidentId,
}

/// By what a proposal is made once. It says too what to work out again, on another plan.
fn key_of(plan: TourPlanId, called: Called) -> String {
    format!("{plan}/{}/{}", called.unit, called.incident)
}

/// The plan that these proposals were of has ended because another holds: what they were made for is worked out on that one.
///
/// # Errors
/// When the database fails.
pub async fn again(tx: &mut Tx, overtaken: &[String], now_holds: TourPlanId) -> Result<(), StoreError> {
    for key in overtaken {
        let mut parts = key.split('/').skip(1);
        let (Some(Ok(unit)), Some(Ok(incident))) = (parts.next().map(str::parse), parts.next().map(str::parse)) else { continue };
        let called = Called { unit, incident };
        let corrupt = |error: serde_json::Error| StoreError::Corrupt { what: "retask", detail: error.to_string() };
        let payload = serde_json::to_value(called).map_err(corrupt)?;
        tx.enqueue(NewJob { kind: PROPOSE.kind, key: key_of(now_holds, called), payload, run_at: None }).await?;
    }
    Ok(())
}

fn on_assignment(app: App, envelope: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Event::AssignmentChanged { assignment, incident, unit, state } = envelope.event else { return Ok(()) };
        // An offer binds nobody yet; each later step of the same job is the same reason.
        if !matches!(state, AssignmentState::Accepted | AssignmentState::EnRoute | AssignmentState::OnScene) {
            return Ok(());
        }
        let now = app.env.now();
        if tour_store::of_unit(&app.store, unit, now, now, now).await?.is_none() {
            return Ok(());
        }
        let payload = serde_json::to_value(Called { unit, incident })?;
        let mut tx = app.store.begin().await?;
        tx.enqueue(NewJob { kind: PROPOSE.kind, key: assignment.to_string(), payload, run_at: None }).await?;
        Ok(tx.commit().await?)
    })
}

fn propose(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let called: Called = serde_json::from_value(payload)?;
        match proposed(&app, called).await {
            Ok(Some(id)) => tracing::info!(plan = %id, unit = %called.unit, "what is left of tours is proposed anew"),
            Ok(None) => {}
            Err(problem) if problem.key.starts_with("patrol.tours.") => {
                tracing::info!(key = problem.key, detail = problem.detail, "what is left of tours cannot be shared out");
            }
            Err(problem) => return Err(format!("{}: {}", problem.key, problem.detail).into()),
        }
        Ok(())
    })
}

async fn urgent(app: &App, incident: IncidentId) -> Result<Option<IncidentFact>, Problem> {
    let Some(port) = app.try_room::<DispatchFactsPort>() else { return Ok(None) };
    let is_urgent = |fact: &IncidentFact| fact.priority <= URGENT_MAX && fact.closed_at_us.is_none();
    Ok(port.0.incident(incident).await?.filter(is_urgent))
}

/// The proposal, made once for each plan, crew and incident; none where the job is not urgent, is over, or leaves nothing to share out.
async fn proposed(app: &App, called: Called) -> Result<Option<TourPlanId>, Problem> {
    let Some(incident) = urgent(app, called.incident).await? else { return Ok(None) };
    let turn = app.room::<Planner>().turn().await;
    let now = app.env.now();
    let Some(mut old) = tour_store::of_unit(&app.store, called.unit, now, now, now).await? else { return Ok(None) };
    let key = key_of(old.id, called);
    if tour_store::is_retasked(&app.store, &key).await? {
        return Ok(None);
    }
    let told = with_progress(app, &mut old).await?;
    let held = old.answer.tours.iter().zip(&told).filter(|(_, told)| told.paused_for.is_some());
    let away: Vec<UnitId> = held.map(|(tour, _)| tour.unit).collect();
    let Some(own) = old.answer.tours.iter().find(|tour| tour.unit == called.unit && away.contains(&tour.unit)) else { return Ok(None) };
    let open = own.stops.iter().filter(|stop| stop.progress.at_us.is_none()).count();
    // Its stops were shared out before, with those of another crew.
    if open == 0 {
        return Ok(None);
    }
    let retask = Retask {
        unit: own.unit,
        call_sign: own.call_sign.clone(),
        incident_number: incident.number,
        at_us: now,
        open_stops: i64::try_from(open).unwrap_or(i64::MAX),
    };
    let Some((answer, old)) = rest(app, old, away, now, turn).await? else { return Ok(None) };
    let plan = TourPlan {
        id: app.env.id(TourPlanId::new),
        state: PlanState::Proposed,
        station: old.station,
        from_us: now,
        to_us: old.to_us,
        created_at_us: app.env.now(),
        created_by_name: MADE_BY.to_owned(),
        decided_at_us: None,
        decided_by_name: None,
        reason: None,
        replaces: Some(old.id),
        retask: Some(retask),
        answer,
    };
    let mut tx = app.store.begin().await?;
    // Of two processes that worked it out at once, one keeps it.
    if !tour_store::insert(&mut tx, &plan, ActorId(called.unit.0), Some(&key)).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(plan.id))
}

async fn rest(
    app: &App,
    old: TourPlan,
    away: Vec<UnitId>,
    now: Micros,
    turn: OwnedMutexGuard<()>,
) -> Result<Option<(Planned, TourPlan)>, Problem> {
    let (env, roads) = (app.env.clone(), app.try_room::<RoadTimesPort>());
    let work = move || {
        let _turn = turn;
        let answer = remainder::solved(&old, &away, now, roads.as_deref().map(|port| port.0.as_ref()), &env)?;
        Ok::<_, TourError>(answer.map(|answer| (answer, old)))
    };
    let solved = tokio::task::spawn_blocking(work).await;
    let solved = solved.map_err(|error| Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "store.failed", error.to_string()))?;
    solved.map_err(|error| Problem::of(&error))
}
