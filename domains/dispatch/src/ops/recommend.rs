//! Says which units could go to an incident, best first, with reasons for and against each.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_choice::{ChoiceError, CoverView, Reach};
use shouhu_ids::{AssignmentId, IncidentId, UnitId};
use shouhu_module::ports::{Drive, RoadAnswer, RoadTimesPort, Traveller};
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_wire::{Incident, Priority, Recommendation, Unit};

use crate::cover::Covers;
use crate::model::Advice;
use crate::policy::{self, PolicyName};
use crate::rank::{self, Ask, Known};
use crate::standing::{self, JobAtHand, Standing};
use crate::{positions, store};

pub const ROUTE: Route =
    Route::get("/v1/incidents/{id}/recommendations", "Rank the units that could go, with reasons", || axum::routing::get(handle))
        .permission("dispatch.watch")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .gives::<Proposal>();

/// Our own mistakes: nothing that the caller could mend.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    #[error("units were not ranked: {0}")]
    Choice(ChoiceError),
    #[error("ways or the cover were not computed: {0}")]
    Cover(#[from] tokio::task::JoinError),
}

impl Keyed for ProposeError {
    fn key(&self) -> &'static str {
        "dispatch.choice.failed"
    }

    fn status(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

/// All units as seen from one incident. A person sends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Proposal {
    /// By which the units were ordered.
    pub policy: PolicyName,
    /// The policy of the room where it could not be used: there is no cover to look at.
    pub fell_back_from: Option<PolicyName>,
    /// May be busy; then it says what it would be taken from.
    pub chosen: Option<UnitId>,
    /// Those that could go in the policy's order, then the others.
    pub items: Vec<Advised>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Advised {
    #[serde(flatten)]
    pub recommendation: Recommendation,
    /// The less urgent job that the chosen unit would leave.
    pub takes_from: Option<TakesFrom>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TakesFrom {
    pub assignment: AssignmentId,
    pub incident: IncidentId,
    pub incident_number: String,
    pub priority: Priority,
}

impl From<&JobAtHand> for TakesFrom {
    fn from(job: &JobAtHand) -> Self {
        Self {
            assignment: job.assignment,
            incident: job.incident,
            incident_number: job.incident_number.clone(),
            priority: job.priority,
        }
    }
}

/// One answer per unit; the graph is asked only about those that have a position.
fn by_road(port: &RoadTimesPort, scene: Wgs84, units: &[Unit], drive: Drive) -> Option<Vec<Option<RoadAnswer>>> {
    let placed: Vec<Traveller> = units.iter().filter_map(traveller).collect();
    let mut times = port.0.times_to(scene, &placed, drive)?.into_iter();
    Some(units.iter().map(|unit| unit.position.and_then(|_| times.next())).collect())
}

/// None for a unit that has not said where it is.
pub fn traveller(unit: &Unit) -> Option<Traveller> {
    Some(Traveller { at: unit.position?, by: unit.kind })
}

/// All units with their newest position.
///
/// # Errors
/// When the database fails.
pub async fn units_now(app: &App) -> Result<Vec<Unit>, Problem> {
    let known = positions::of(app);
    let mut units = store::units(&app.store).await?;
    for unit in &mut units {
        known.overlay(unit);
    }
    Ok(units)
}

/// Ranks all units for an incident, by road where a road graph is loaded.
///
/// # Errors
/// When the database fails.
pub async fn propose(app: &App, incident: &Incident) -> Result<Proposal, Problem> {
    propose_among(app, incident, units_now(app).await?, standing::of_all(&app.store).await?).await
}

/// As `propose`, for whoever has read already where the units are and how they stand.
///
/// # Errors
/// When the database fails.
pub async fn propose_among(
    app: &App,
    incident: &Incident,
    units: Vec<Unit>,
    mut standings: HashMap<UnitId, Standing>,
) -> Result<Proposal, Problem> {
    let settings = policy::current(&app.store).await?.settings;
    let view = match settings.policy {
        PolicyName::CoverageAware => app.room::<Covers>().soon(app, &units, settings.coverage).await?.ok(),
        _ => None,
    };
    let policy = match settings.policy {
        PolicyName::CoverageAware if view.is_none() => PolicyName::NearestByRoad,
        policy => policy,
    };
    let now = app.env.now();
    let (roads, units) = match (incident.position, app.try_room::<RoadTimesPort>()) {
        (Some(scene), Some(port)) => {
            let drive = rank::drive_to(incident.priority, now);
            // A search over a whole city: not on the thread that serves everybody.
            tokio::task::spawn_blocking(move || (by_road(&port, scene, &units, drive), units)).await.map_err(ProposeError::Cover)?
        }
        _ => (None, units),
    };
    let road = |index: usize| roads.as_ref().and_then(|roads| roads.get(index).copied().flatten());
    let known: Vec<Known> = units
        .into_iter()
        .enumerate()
        .map(|(index, unit)| Known { standing: standings.remove(&unit.id).unwrap_or_default(), road: road(index), unit })
        .collect();
    let ask = Ask { priority: incident.priority, scene: incident.position, needs: settings.needs_of(&incident.kind) };
    let reaches: Option<Vec<Option<&Reach>>> =
        view.as_ref().map(|view| known.iter().map(|known| view.reach(known.unit.id)).collect());
    let cover = view.as_ref().zip(reaches.as_deref()).map(|(view, reaches)| CoverView { cover: view.cover(), reaches });
    let ranked = rank::rank(&known, ask, policy, &settings, cover, now).map_err(ProposeError::Choice)?;
    let takes_from = |unit: UnitId| {
        let known = known.iter().find(|known| ranked.is_taken && ranked.chosen == Some(unit) && known.unit.id == unit)?;
        known.standing.job.as_ref().map(TakesFrom::from)
    };
    let items = ranked.items.into_iter().map(|item| Advised { takes_from: takes_from(item.unit.id), recommendation: item });
    Ok(Proposal {
        policy,
        fell_back_from: (policy != settings.policy).then_some(settings.policy),
        chosen: ranked.chosen,
        items: items.collect(),
    })
}

/// What is kept with an order: how the unit stood among the others when it was sent.
///
/// # Errors
/// When there is no such incident.
pub async fn advice_for(app: &App, incident: IncidentId, unit: UnitId) -> Result<Advice, Problem> {
    Ok(advice_and_first(app, incident, unit).await?.0)
}

/// The same, and whether sending it now is against the proposal.
///
/// # Errors
/// When there is no such incident.
pub async fn advice_against(app: &App, incident: IncidentId, unit: UnitId, is_taken_away: bool) -> Result<(Advice, bool), Problem> {
    let (advice, chosen) = advice_and_first(app, incident, unit).await?;
    // Where nobody is proposed, nobody is passed over.
    let is_against = chosen.is_some_and(|chosen| is_overriding(advice.rank, chosen == unit, is_taken_away));
    Ok((advice, is_against))
}

async fn advice_and_first(app: &App, incident: IncidentId, unit: UnitId) -> Result<(Advice, Option<UnitId>), Problem> {
    let incident = store::incident(&app.store, incident).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let proposal = propose(app, &incident).await?;
    let chosen = proposal.chosen;
    let found = proposal.items.into_iter().find(|item| item.recommendation.unit.id == unit);
    let advice = found.map_or_else(Advice::default, |item| Advice {
        policy: Some(proposal.policy),
        rank: item.recommendation.rank,
        eta_s: item.recommendation.eta_s,
        distance_m: item.recommendation.distance_m,
        is_by_road: item.recommendation.is_by_road,
        reasons: item.recommendation.reasons,
        overriding: None,
    });
    Ok((advice, chosen))
}

/// Whether another unit is proposed than this one: then a person who sends it says why. What cannot be sent at all is refused for that.
const fn is_overriding(rank: Option<u32>, is_chosen: bool, is_taken_away: bool) -> bool {
    match rank {
        Some(1) => false,
        Some(_) => !is_chosen,
        None => !is_chosen && is_taken_away,
    }
}

async fn handle(State(app): State<App>, Id(id): Id<IncidentId>) -> Result<Audited<Proposal>, Problem> {
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let proposal = propose(&app, &incident).await?;
    Ok(Audited::new(incident.number, proposal))
}
