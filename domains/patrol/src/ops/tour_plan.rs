//! Plans the tours of a shift: a proposal, until a person publishes it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use shouhu_ids::{Micros, TourPlanId, UnitId};
use shouhu_module::ports::{CitizenReportsPort, DispatchFactsPort, RoadTimesPort};
use shouhu_module::{App, Audit, Audited, Body, Person, Problem, Route};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::tours::model::{AskTours, PlanState, Planned, TourPlan};
use crate::tours::question::Question;
use crate::tours::store as tour_store;
use crate::tours::terms::{TourError, checked};
use crate::store;

pub const ROUTE: Route = Route::post("/v1/patrol/tours", "Propose tours for the crews of a shift", || axum::routing::post(handle))
    .permission("patrol.plan")
    .audit(Audit::Write)
    .takes::<AskTours>()
    .gives::<TourPlan>();

/// One plan is made at a time: each takes a core for seconds, and calls must not wait for it.
#[derive(Clone, Default)]
pub struct Planner(Arc<Mutex<()>>);

impl Planner {
    /// Waits until no plan is being made: for work that nobody stands before.
    pub async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.0).lock_owned().await
    }
}

/// Seconds until a plan that is being made is done.
const AGAIN_S: u32 = 10;

async fn named(app: &App, units: &[UnitId]) -> Result<Vec<(UnitId, String)>, Problem> {
    let mut named = Vec::with_capacity(units.len());
    for unit in units {
        let unknown = TourError::UnknownUnit(*unit);
        let Some(port) = app.try_room::<DispatchFactsPort>() else { return Err(unknown.into()) };
        let Some(fact) = port.0.unit(*unit).await? else { return Err(unknown.into()) };
        named.push((*unit, fact.call_sign));
    }
    Ok(named)
}

async fn question(app: &App, ask: &AskTours) -> Result<Question, Problem> {
    let terms = checked(ask, &app.env)?;
    let units = named(app, &ask.units).await?;
    let station = ask.station.as_deref().map(str::trim).filter(|station| !station.is_empty());
    let mut boxes = store::boxes(&app.store, station).await?;
    boxes.retain(|kept| kept.shown.is_active);
    if let (Some(station), true) = (station, boxes.is_empty()) {
        return Err(TourError::Station(station.chars().take(40).collect()).into());
    }
    let now = app.env.now();
    let since = now.plus(-terms.days * Micros::DAY);
    let mut reports = match app.try_room::<CitizenReportsPort>() {
        Some(port) => port.0.within(since, now).await?,
        None => Vec::new(),
    };
    reports.retain(|report| terms.kinds.is_empty() || terms.kinds.contains(&report.kind));
    Ok(Question { terms, from: ask.from_us, to: ask.to_us, units, base: ask.base, is_station: station.is_some(), boxes, reports })
}

async fn solved(app: &App, question: Question, turn: OwnedMutexGuard<()>) -> Result<Planned, Problem> {
    let (env, roads) = (app.env.clone(), app.try_room::<RoadTimesPort>());
    let work = move || {
        let _turn = turn;
        question.solve(roads.as_deref().map(|port| port.0.as_ref()), &env)
    };
    let planned = tokio::task::spawn_blocking(work).await;
    // Nothing that was asked for is to blame when the planner itself broke off.
    let planned = planned.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store.failed", error.to_string()))?;
    planned.map_err(|error| Problem::of(&error))
}

async fn handle(State(app): State<App>, person: Person, Body(ask): Body<AskTours>) -> Result<Audited<TourPlan>, Problem> {
    // Before the question: a year of calls is read for it, and whoever has to wait would read it again at each try.
    let planner = Arc::clone(&app.room::<Planner>().0);
    let turn = planner.try_lock_owned().map_err(|_| Problem::of(&TourError::Busy).retry_after_s(AGAIN_S))?;
    let question = question(&app, &ask).await?;
    if let Some(old) = ask.replaces {
        let old = tour_store::one(&app.store, old).await?.ok_or_else(|| Problem::not_found("tour plan"))?;
        if !matches!(old.state, PlanState::Proposed | PlanState::Published) {
            return Err(TourError::Replaced.into());
        }
    }
    let answer = solved(&app, question, turn).await?;
    let plan = TourPlan {
        id: app.env.id(TourPlanId::new),
        state: PlanState::Proposed,
        station: ask.station.unwrap_or_default().trim().to_owned(),
        from_us: ask.from_us,
        to_us: ask.to_us,
        created_at_us: app.env.now(),
        created_by_name: person.name.clone(),
        decided_at_us: None,
        decided_by_name: None,
        reason: None,
        replaces: ask.replaces,
        retask: None,
        answer,
    };
    let mut tx = app.store.begin().await?;
    tour_store::insert(&mut tx, &plan, person.id, None).await?;
    tx.commit().await?;
    let stops: usize = plan.answer.tours.iter().map(|tour| tour.stops.len()).sum();
    tracing::info!(plan = %plan.id, stops, took_ms = plan.answer.took_ms, "tours proposed");
    Ok(Audited::new(format!("tour plan {} of {} units", plan.id, plan.answer.tours.len()), plan))
}
