//! What the card of an incident's level asks for, what of it is on its way, what is missing, and who could fill it. Sends nobody.

use std::collections::HashMap;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::{App, Audit, Audited, Id, Load, Problem, Route};
use shouhu_store::{Store, StoreError, params};
use shouhu_wire::{Incident, IncidentState, UnitState};

use super::recommend::{Advised, propose_among, units_now};
use crate::cards::{self, Able, Ask};
use crate::standing::{self, Standing};
use crate::{machine, skills, store};

pub const ROUTE: Route = Route::get(
    "/v1/incidents/{id}/card",
    "Show what the run card of an incident's alarm level asks for, what is missing and who could fill it",
    || axum::routing::get(handle),
)
.permission("dispatch.watch")
.audit(Audit::WorkRead)
.load(Load::Life)
.gives::<CardStatus>();

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CardStatus {
    /// 1 to 3.
    pub level: usize,
    /// Levels of the card of this kind; 0 where there is no card.
    pub levels: usize,
    /// Who set the cards, and when; absent where nobody has.
    pub set_at_us: Option<Micros>,
    pub set_by: Option<String>,
    pub asks: Vec<AskStatus>,
    /// Sent beyond what the card asks for.
    pub beyond: Vec<String>,
    /// Free units for what is missing, best first by the room's policy. A person sends each.
    pub offers: Vec<CardOffer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AskStatus {
    #[serde(flatten)]
    pub ask: Ask,
    /// Call signs.
    pub filled_by: Vec<String>,
    pub missing: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CardOffer {
    /// Which of `asks`, from 0.
    pub ask: usize,
    pub advised: Advised,
}

/// An incident stands at the highest level that it or one of its reports was raised to: a merge loses none.
pub const LEVEL: &str = "SELECT COALESCE(MAX(level), 1) AS level FROM dispatch_incident WHERE id = $1 OR merged_into = $1";

/// # Errors
/// When the database fails.
pub async fn level_of(store: &Store, id: IncidentId) -> Result<usize, StoreError> {
    let row = store.fetch_one(LEVEL, params![id]).await?;
    Ok(usize::try_from(row.int("level")?).unwrap_or(1))
}

/// # Errors
/// When the database fails.
pub async fn status(app: &App, incident: &Incident) -> Result<CardStatus, Problem> {
    let held = cards::current(&app.store).await?;
    let level = level_of(&app.store, incident.id).await?;
    let asks = held.cards.asks(&incident.kind, level);
    let mut told = CardStatus {
        level,
        levels: held.cards.levels_of(&incident.kind),
        set_at_us: held.set_at_us,
        set_by: held.set_by.clone(),
        asks: Vec::new(),
        beyond: Vec::new(),
        offers: Vec::new(),
    };
    if asks.is_empty() {
        return Ok(told);
    }
    let standings = standing::of_all(&app.store).await?;
    let units = units_now(app).await?;
    let kinds: HashMap<UnitId, _> = units.iter().map(|unit| (unit.id, unit.kind)).collect();
    let able = |unit: UnitId| {
        let skills = standings.get(&unit).map(|Standing { skills, .. }| skills::set_of(skills));
        kinds.get(&unit).map(|kind| Able { kind: *kind, skills: skills.unwrap_or_default() })
    };
    let sent: Vec<_> = incident.assignments.iter().filter(|sent| machine::is_live(sent.state)).collect();
    let is_over = matches!(incident.state, IncidentState::Closed | IncidentState::Merged);
    let proposed = if is_over { Vec::new() } else { propose_among(app, incident, units, standings.clone()).await?.items };
    let is_free = |one: &Advised| {
        let Advised { recommendation, takes_from } = one;
        recommendation.rank.is_some() && recommendation.unit.state == UnitState::Available && takes_from.is_none()
    };
    let free: Vec<Advised> = proposed.into_iter().filter(is_free).collect();
    let everybody = sent.iter().map(|one| one.unit).chain(free.iter().map(|one| one.recommendation.unit.id));
    // A unit that was deleted under an order would shift the others: it is kept in the row as one that can nothing.
    let units: Vec<Able> = everybody.map(|unit| able(unit).unwrap_or(NOBODY)).collect();
    let filled = cards::fill(asks, &units);
    told.asks = asks.iter().map(|ask| AskStatus { ask: ask.clone(), filled_by: Vec::new(), missing: usize::from(ask.count) }).collect();
    for (one, line) in sent.iter().zip(&filled) {
        match line.and_then(|line| told.asks.get_mut(line)) {
            Some(ask) => {
                ask.filled_by.push(one.call_sign.clone());
                ask.missing = ask.missing.saturating_sub(1);
            }
            None => told.beyond.push(one.call_sign.clone()),
        }
    }
    let offers = free.into_iter().zip(filled.into_iter().skip(sent.len()));
    told.offers = offers.filter_map(|(advised, line)| Some(CardOffer { ask: line?, advised })).collect();
    Ok(told)
}

const NOBODY: Able = Able { kind: shouhu_wire::UnitKind::Foot, skills: shouhu_choice::Skills::NONE };

async fn handle(State(app): State<App>, Id(id): Id<IncidentId>) -> Result<Audited<CardStatus>, Problem> {
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let told = status(&app, &incident).await?;
    Ok(Audited::new(incident.number, told))
}
