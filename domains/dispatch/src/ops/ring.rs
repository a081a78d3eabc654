//! Interception 攔截圍捕: which units could close which junctions around somebody who flees. A question; a person sends.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::ports::{
    ClosingRingsPort, NoRing, RingAnswer, RingLeak, RingOrder, RingOutcome, RingQuestion, RingReason, RingUnit,
};
use shouhu_module::{App, Audit, Audited, Body, Id, Keyed, Load, Problem, Route};
use shouhu_place::Wgs84;
use shouhu_wire::{Incident, Unit, UnitState};

use crate::{positions, store};

pub const ROUTE: Route =
    Route::post("/v1/incidents/{id}/ring", "Which units could close which junctions around a fugitive", || axum::routing::post(handle))
        .permission("dispatch.order")
        .audit(Audit::WorkRead)
        .load(Load::Life)
        .takes::<AskRing>()
        .gives::<RingPlan>();

const HORIZON_DEFAULT_S: f64 = 900.0;
const SETUP_DEFAULT_S: f64 = 30.0;
/// Longer ago he may be anywhere.
const SEEN_MAX_US: i64 = Micros::HOUR;
/// The console's clock may be so far ahead.
const AHEAD_MAX_US: i64 = 30 * Micros::SECOND;
/// A unit that has not said for so long where it is holds no junction in time.
const FRESH_US: i64 = 5 * Micros::MINUTE;

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct AskRing {
    pub seen_at_us: Micros,
    /// Where he was seen; the incident's place when absent.
    pub position: Option<Wgs84>,
    /// How far the ring may lie, in seconds of his driving from now; 900 when absent.
    #[schemars(range(min = 60.0, max = 3_600.0))]
    pub horizon_s: Option<f64>,
    /// From a unit's arrival until nobody passes; 30 when absent.
    #[schemars(range(min = 0.0, max = 600.0))]
    pub setup_s: Option<f64>,
}

/// Seconds are from `asked_at_us`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RingPlan {
    pub seen_at_us: Micros,
    pub position: Wgs84,
    pub asked_at_us: Micros,
    pub outcome: RingOutcome,
    /// As asked, or nearer where the map ends before it.
    pub horizon_s: f64,
    pub units_short: usize,
    /// False: a smaller ring may exist, or one where none was found.
    pub is_proven: bool,
    /// When the last of the units has closed its junction.
    pub closed_after_s: Option<f64>,
    /// His latest earliest arrival at a junction of the ring.
    pub radius_s: Option<f64>,
    pub orders: Vec<RingPost>,
    pub leaks: Vec<RingLeak>,
    /// His fastest way out past the units; empty when there is none.
    pub escape: Vec<Wgs84>,
    /// It ends where a road leaves the imported map.
    pub escape_leaves_map: bool,
    /// One for each unit with a fresh position near a road.
    pub verdicts: Vec<RingVerdict>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RingPost {
    pub unit: UnitId,
    pub call_sign: String,
    pub position: Wgs84,
    pub street: String,
    pub drive_s: f64,
    pub suspect_s: f64,
    pub slack_s: f64,
    /// Named for this junction in the answer before.
    pub is_kept: bool,
    /// A road leaves the imported map here: it counts as a way out.
    pub is_map_exit: bool,
    /// Holds an assignment of this incident already: tell it, do not send it again.
    pub is_sent: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RingVerdict {
    pub unit: UnitId,
    pub call_sign: String,
    pub reasons: Vec<RingReason>,
}

#[derive(Debug, thiserror::Error)]
pub enum RingError {
    #[error("the incident has no place: say where he was seen")]
    NoPosition,
    #[error("no road map is loaded")]
    NoMap,
    #[error("no road is near that place")]
    OffTheMap,
    #[error("he was seen in the future, or more than an hour ago")]
    Time,
    #[error("{0}")]
    Limits(String),
    #[error("no unit has said where it is in the last five minutes")]
    NoUnits,
}

impl Keyed for RingError {
    fn key(&self) -> &'static str {
        match self {
            Self::NoPosition => "dispatch.ring.no_position",
            Self::NoMap => "dispatch.ring.no_map",
            Self::OffTheMap => "dispatch.ring.off_the_map",
            Self::Time => "dispatch.ring.time",
            Self::Limits(_) => "dispatch.ring.limits",
            Self::NoUnits => "dispatch.ring.no_units",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoMap | Self::NoUnits => StatusCode::CONFLICT,
            Self::NoPosition | Self::OffTheMap | Self::Time | Self::Limits(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl From<NoRing> for RingError {
    fn from(none: NoRing) -> Self {
        match none {
            NoRing::NoMap => Self::NoMap,
            NoRing::OffTheMap => Self::OffTheMap,
            NoRing::Refused(reason) => Self::Limits(reason),
        }
    }
}

fn limits(ask: &AskRing) -> Result<(f64, f64), RingError> {
    let (horizon_s, setup_s) = (ask.horizon_s.unwrap_or(HORIZON_DEFAULT_S), ask.setup_s.unwrap_or(SETUP_DEFAULT_S));
    if !(60.0..=3_600.0).contains(&horizon_s) || !(0.0..=600.0).contains(&setup_s) {
        return Err(RingError::Limits("the horizon is 60 to 3600 s, the set-up time 0 to 600 s".into()));
    }
    Ok((horizon_s, setup_s))
}

/// Units of this incident that are not there yet can be told another junction; all others are free or busy as they say.
fn is_sent(unit: &Unit, incident: &Incident) -> bool {
    unit.state != UnitState::OnScene && incident.assignments.iter().any(|assignment| Some(assignment.id) == unit.assignment)
}

fn question(incident: &Incident, ask: &AskRing, units: &[Unit], now: Micros) -> Result<RingQuestion, RingError> {
    let seen = ask.position.or(incident.position).ok_or(RingError::NoPosition)?;
    let age_us = now.since(ask.seen_at_us);
    if !(-AHEAD_MAX_US..=SEEN_MAX_US).contains(&age_us) {
        return Err(RingError::Time);
    }
    let (horizon_s, setup_s) = limits(ask)?;
    let is_fresh = |unit: &&Unit| unit.position_at_us.is_some_and(|at| now.since(at) <= FRESH_US);
    let units: Vec<RingUnit> = units
        .iter()
        .filter(is_fresh)
        .filter_map(|unit| {
            let is_busy = unit.state != UnitState::Available && !is_sent(unit, incident);
            Some(RingUnit { unit: unit.id, at: unit.position?, is_busy })
        })
        .collect();
    if units.is_empty() {
        return Err(RingError::NoUnits);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most an hour of microseconds")]
    let ago_s = age_us.max(0) as f64 / Micros::SECOND as f64;
    Ok(RingQuestion { pursuit: incident.number.clone(), at: now, seen, ago_s, horizon_s, setup_s, units })
}

fn told(
    answer: RingAnswer,
    question: &RingQuestion,
    incident: &Incident,
    units: &[Unit],
    seen_at_us: Micros,
    now: Micros,
) -> RingPlan {
    let known = |id: UnitId| units.iter().find(|unit| unit.id == id);
    let call_sign = |id: UnitId| known(id).map(|unit| unit.call_sign.clone()).unwrap_or_default();
    let order = |order: RingOrder| RingPost {
        unit: order.unit,
        call_sign: call_sign(order.unit),
        position: order.at,
        street: order.street,
        drive_s: order.drive_s,
        suspect_s: order.suspect_s,
        slack_s: order.slack_s,
        is_kept: order.is_kept,
        is_map_exit: order.is_map_exit,
        is_sent: known(order.unit).is_some_and(|unit| is_sent(unit, incident)),
    };
    RingPlan {
        seen_at_us,
        position: question.seen,
        asked_at_us: now,
        outcome: answer.outcome,
        horizon_s: answer.horizon_s,
        units_short: answer.units_short,
        is_proven: answer.is_proven,
        closed_after_s: answer.closed_after_s,
        radius_s: answer.radius_s,
        orders: answer.orders.into_iter().map(order).collect(),
        leaks: answer.leaks,
        escape: answer.escape,
        escape_leaves_map: answer.escape_leaves_map,
        verdicts: answer
            .verdicts
            .into_iter()
            .map(|(unit, reasons)| RingVerdict { unit, call_sign: call_sign(unit), reasons })
            .collect(),
    }
}

async fn handle(State(app): State<App>, Id(id): Id<IncidentId>, Body(ask): Body<AskRing>) -> Result<Audited<RingPlan>, Problem> {
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let known = positions::of(&app);
    let mut units = store::units(&app.store).await?;
    for unit in &mut units {
        known.overlay(unit);
    }
    let now = app.env.now();
    let question = question(&incident, &ask, &units, now)?;
    let port = app.try_room::<ClosingRingsPort>().ok_or(RingError::NoMap)?;
    let asked = question.clone();
    let answer = tokio::task::spawn_blocking(move || port.0.close(&asked)).await;
    let answer = answer.map_err(|error| RingError::Limits(error.to_string()))?.map_err(RingError::from)?;
    let plan = told(answer, &question, &incident, &units, ask.seen_at_us, now);
    Ok(Audited::new(format!("{} ring of {} units", incident.number, plan.orders.len()), plan))
}
