//! Plans of tours: the list, and one with what became of its stops.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::{Micros, TourPlanId};
use shouhu_module::ports::{UnitTask, UnitTasksPort};
use shouhu_module::{App, Audit, Audited, Id, Page, Params, Problem, Route, page_limit};

use crate::tours::held::HeldPlan;
use crate::tours::model::{PlanState, TourPlan, TourPlanLine};
use crate::tours::progress::{Facts, Retimed, derive, others};
use crate::tours::store as tour_store;

pub const LIST: Route = Route::get("/v1/patrol/tours", "List plans of tours, newest first", || axum::routing::get(list))
    .permission("patrol.watch")
    .audit(Audit::WorkRead)
    .asks::<TourQuery>()
    .gives::<Page<TourPlanLine>>();

pub const GET: Route = Route::get("/v1/patrol/tours/{id}", "One plan of tours, with what became of each stop", || axum::routing::get(get))
    .permission("patrol.watch")
    .audit(Audit::WorkRead)
    .gives::<TourPlan>();

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct TourQuery {
    pub station: Option<String>,
    pub state: Option<PlanState>,
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

/// What is known of one crew of a plan.
#[derive(Debug, Clone, Default)]
pub struct CrewTold {
    /// Number of the incident that holds the crew now.
    pub paused_for: Option<String>,
    pub delay_us: i64,
    /// Its jobs that touch the shift, the earliest first.
    pub tasks: Vec<UnitTask>,
}

/// Plans whose shift begins within a span, as they held; and whether there are more than `most`.
///
/// # Errors
/// When a database fails.
pub async fn held(app: &App, station: &str, (from, to): (Micros, Micros), most: i64) -> Result<(Vec<HeldPlan>, bool), Problem> {
    let mut plans = tour_store::published(&app.store, station, from, to, most + 1).await?;
    let is_cut = i64::try_from(plans.len()).unwrap_or(i64::MAX) > most;
    plans.truncate(usize::try_from(most).unwrap_or_default());
    let mut held = Vec::with_capacity(plans.len());
    for mut plan in plans {
        let told = with_progress(app, &mut plan).await?;
        let tasks: Vec<Vec<UnitTask>> = told.into_iter().map(|told| told.tasks).collect();
        held.push(HeldPlan::of(plan, &tasks, app.env.now()));
    }
    Ok((held, is_cut))
}

/// Writes into each stop what became of it, and says what holds each crew; a plan that is over for other reasons stays as it was then.
///
/// # Errors
/// When a database fails.
pub async fn with_progress(app: &App, plan: &mut TourPlan) -> Result<Vec<CrewTold>, Problem> {
    if matches!(plan.state, PlanState::Proposed | PlanState::Discarded) {
        return Ok(vec![CrewTold::default(); plan.answer.tours.len()]);
    }
    let ended = plan.decided_at_us.filter(|_| plan.state != PlanState::Published);
    let now = ended.unwrap_or_else(|| app.env.now());
    let marks = tour_store::marks(&app.store, plan.id).await?;
    let signed = tour_store::signed(&app.store, plan.from_us, plan.to_us.min(now.max(plan.from_us))).await?;
    let mut told = Vec::with_capacity(plan.answer.tours.len());
    let all = plan.answer.tours.clone();
    for (no, tour) in plan.answer.tours.iter_mut().enumerate() {
        let tasks = match app.try_room::<UnitTasksPort>() {
            Some(port) => port.0.tasks(tour.unit, plan.from_us, plan.to_us).await?,
            None => Vec::new(),
        };
        let none = std::collections::BTreeMap::new();
        let facts = Facts {
            now,
            from: plan.from_us,
            to: plan.to_us,
            marks: marks.get(&tour.unit).unwrap_or(&none),
            signed: &signed,
            tasks: &tasks,
            others: &others(&all, no),
        };
        let Retimed { paused_for, delay_us } = derive(&mut tour.stops, &facts);
        told.push(CrewTold { paused_for, delay_us, tasks });
    }
    Ok(told)
}

async fn list(State(app): State<App>, Params(query): Params<TourQuery>) -> Result<Audited<Page<TourPlanLine>>, Problem> {
    let limit = page_limit(query.limit);
    let station = query.station.unwrap_or_default();
    let before = query.cursor.as_deref().and_then(|text| text.parse().ok());
    let found = tour_store::lines(&app.store, &station, query.state, before, limit + 1).await?;
    let page = Page::cut(found, limit, |line| line.id.to_string());
    Ok(Audited::new(format!("{} tour plans {station}", page.items.len()), page))
}

async fn get(State(app): State<App>, Id(id): Id<TourPlanId>) -> Result<Audited<TourPlan>, Problem> {
    let mut plan = tour_store::one(&app.store, id).await?.ok_or_else(|| Problem::not_found("tour plan"))?;
    with_progress(&app, &mut plan).await?;
    Ok(Audited::new(format!("tour plan {id}"), plan))
}
