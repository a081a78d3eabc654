//! What happened to an incident, with where its units were meanwhile: for looking back at it, or at it while it goes on.
//!
//! Where an officer was is personal data: it needs a purpose and a case, and only the time of the order is told, as far as the room of
//! positions still keeps it. The log alone is `incident_log`.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::ports::{UnitFix, UnitTracksPort};
use shouhu_module::{App, Audit, Audited, Id, Keyed, Load, Problem, Purpose, Route};
use shouhu_place::Wgs84;
use shouhu_wire::{Assignment, Incident};

use crate::model::LogLine;
use crate::store;

pub const ROUTE: Route = Route::get(
    "/v1/incidents/{id}/replay",
    "Show what happened to an incident with where its units were, as far as tracks are kept",
    || axum::routing::get(handle),
)
.permission("dispatch.replay")
.audit(Audit::PersonalRead)
.load(Load::Bulk)
.gives::<Replay>();

/// Fixes of one unit in one answer: more than a slider has places.
const FIXES_MAX: usize = 4_000;
/// As the tracks have it: an order that goes on for longer is shown in its first day.
const SPAN_MAX_US: i64 = 24 * Micros::HOUR;
/// A place counts as current for two minutes: where the unit was when it was sent was measured before.
const LEAD_US: i64 = 2 * Micros::MINUTE;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Replay {
    pub incident: Incident,
    pub from_us: Micros,
    /// Its end, or now.
    pub until_us: Micros,
    pub log: Vec<LogLine>,
    /// One for each order that was not declined, in the order in which they were given.
    pub units: Vec<ReplayUnit>,
    /// False: no room of this house keeps tracks.
    pub has_tracks: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReplayUnit {
    pub unit: UnitId,
    pub call_sign: String,
    pub from_us: Micros,
    pub until_us: Micros,
    /// Oldest first; empty where nothing is kept (any more).
    pub fixes: Vec<ReplayFix>,
    /// More than one answer holds: none, or not all, are here.
    pub is_cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ReplayFix {
    pub at_us: Micros,
    pub position: Wgs84,
    pub accuracy_m: Option<f64>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("where units were is asked for with a case or 110 number in the header shouhu-case")]
    NoCase,
}

impl Keyed for ReplayError {
    fn key(&self) -> &'static str {
        "oversight.case_required"
    }

    fn status(&self) -> StatusCode {
        StatusCode::PRECONDITION_REQUIRED
    }
}

/// At most so many, evenly in time: the first of each step, so that every one that is left was measured.
#[must_use]
pub fn thinned(fixes: &[UnitFix], most: usize) -> Vec<ReplayFix> {
    let (Some(first), Some(last)) = (fixes.first(), fixes.last()) else { return Vec::new() };
    let span_us = last.measured_at.since(first.measured_at).max(0);
    let step_us = if fixes.len() <= most { 0 } else { span_us / i64::try_from(most.max(1)).unwrap_or(i64::MAX) + 1 };
    let mut kept: Vec<ReplayFix> = Vec::with_capacity(fixes.len().min(most));
    let mut next = first.measured_at;
    for fix in fixes {
        if fix.measured_at >= next {
            kept.push(ReplayFix { at_us: fix.measured_at, position: fix.position, accuracy_m: fix.accuracy_m });
            next = if step_us == 0 { fix.measured_at } else { fix.measured_at.plus(step_us) };
        }
    }
    kept
}

async fn unit_of(port: Option<&UnitTracksPort>, order: &Assignment, now: Micros) -> Result<ReplayUnit, Problem> {
    let from_us = order.offered_at_us;
    let until_us = order.closed_at_us.unwrap_or(now).min(from_us.plus(SPAN_MAX_US));
    let fixes = match port {
        Some(port) => port.0.fixes(order.unit, from_us.plus(-LEAD_US), until_us).await?,
        None => Some(Vec::new()),
    };
    let told = fixes.as_deref().map(|fixes| thinned(fixes, FIXES_MAX));
    let is_cut = fixes.as_ref().is_none_or(|fixes| fixes.len() > FIXES_MAX);
    Ok(ReplayUnit { unit: order.unit, call_sign: order.call_sign.clone(), from_us, until_us, fixes: told.unwrap_or_default(), is_cut })
}

async fn handle(State(app): State<App>, purpose: Purpose, Id(id): Id<IncidentId>) -> Result<Audited<Replay>, Problem> {
    // As for tracks: of all purposes, only a life in danger has no time for a number.
    if purpose.case_ref.is_none() && purpose.code != "life_threat" {
        return Err(ReplayError::NoCase.into());
    }
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let port = app.try_room::<UnitTracksPort>();
    let now = app.env.now();
    let mut units = Vec::new();
    for order in incident.assignments.iter().filter(|order| order.state != shouhu_wire::AssignmentState::Declined) {
        units.push(unit_of(port.as_deref(), order, now).await?);
    }
    let log = store::log_of(&app.store, id).await?;
    let (from_us, until_us) = (incident.opened_at_us, incident.closed_at_us.unwrap_or(now));
    let fixes: usize = units.iter().map(|unit| unit.fixes.len()).sum();
    let object = format!("replay of {}, {} orders, {fixes} fixes", incident.number, units.len());
    Ok(Audited::new(object, Replay { incident, from_us, until_us, log, units, has_tracks: port.is_some() }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fix(second: i64) -> UnitFix {
        let position = Wgs84::new(120.2, 23.0).unwrap();
        UnitFix { position, measured_at: Micros(second * Micros::SECOND), accuracy_m: None, heading_deg: None }
    }

    #[test]
    fn few_fixes_all_stay() {
        let all: Vec<UnitFix> = [1, 1, 2, 9].map(fix).to_vec();
        assert_eq!(thinned(&all, 4).len(), 4);
        assert!(thinned(&[], 4).is_empty());
    }

    proptest! {
        #[test]
        fn thinned_fixes_are_some_of_the_measured_in_order_with_the_first(mut seconds in prop::collection::vec(0_i64..100_000, 1..300), most in 1_usize..50) {
            seconds.sort_unstable();
            let all: Vec<UnitFix> = seconds.iter().copied().map(fix).collect();
            let kept = thinned(&all, most);
            prop_assert!(all.len() <= most || kept.len() <= most);
            prop_assert!(kept.is_sorted_by_key(|fix| fix.at_us) && kept.first().map(|fix| fix.at_us) == all.first().map(|fix| fix.measured_at));
            prop_assert!(kept.iter().all(|kept| all.iter().any(|fix| fix.measured_at == kept.at_us)));
        }
    }
}
