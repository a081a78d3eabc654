//! What happened to an incident, with where its units were meanwhile: for looking back at it, or at it while it goes on.
//!
//! Where an officer was is personal data: it needs a purpose and a case, and only the time of the order is told, as far as the room of
//! positions still keeps it. The log alone is `incident_log`. What was merged into the incident is told with it: its lines and orders.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{IncidentId, Micros, UnitId};
use shouhu_module::ports::{UnitFix, UnitTracksPort};
use shouhu_module::{App, Audit, Audited, Id, Load, Problem, Purpose, Route};
use shouhu_place::Wgs84;
use shouhu_store::{Sight, Store, StoreError};
use shouhu_wire::{Assignment, AssignmentState, Incident, IncidentState};

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
    /// What is merged into it, the oldest first, with the orders that ended under those numbers.
    pub reports: Vec<Incident>,
    /// When the first of them was opened.
    pub from_us: Micros,
    /// Its end, or that of its own number by a merge, or now.
    pub until_us: Micros,
    /// Its own and those of its reports, in the order of time.
    pub log: Vec<ReplayLine>,
    /// One for each order that was not declined, in the order in which they were given.
    pub units: Vec<ReplayUnit>,
    /// False: no room of this house keeps tracks.
    pub has_tracks: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReplayLine {
    #[serde(flatten)]
    pub line: LogLine,
    /// The number under which it was written, where that is a report's.
    pub report: Option<String>,
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

/// The lines of an incident and of its reports, in the order of time; of one moment, the incident's own first. What was written under
/// both numbers is told once.
///
/// # Errors
/// When the database fails.
pub async fn lines(store: &Store, incident: &Incident, reports: &[Incident]) -> Result<Vec<ReplayLine>, StoreError> {
    let own = store::log_of(store, incident.id).await?;
    let mut lines: Vec<ReplayLine> = own.into_iter().map(|line| ReplayLine { line, report: None }).collect();
    for report in reports {
        let told = store::log_of(store, report.id).await?;
        let only_there: Vec<LogLine> = told.into_iter().filter(|line| lines.iter().all(|known| known.line != *line)).collect();
        lines.extend(only_there.into_iter().map(|line| ReplayLine { line, report: Some(report.number.clone()) }));
    }
    lines.sort_by_key(|one| one.line.at_us);
    Ok(lines)
}

/// When an incident became part of another one. The line that says so names the other, and is hidden with it; the moment is no secret.
///
/// # Errors
/// When the database fails.
pub async fn merged_at(store: &Store, incident: &Incident) -> Result<Option<Micros>, StoreError> {
    if incident.state != IncidentState::Merged {
        return Ok(None);
    }
    let log = Sight::whole().look(store::log_of(store, incident.id)).await?;
    Ok(log.iter().rfind(|line| line.key == "incident_merged").map(|line| line.at_us))
}

/// From the first report to the end; what is merged ends where it became part of another one.
#[must_use]
pub fn span_of(incident: &Incident, reports: &[Incident], merged_at: Option<Micros>, now: Micros) -> (Micros, Micros) {
    let from = reports.iter().map(|report| report.opened_at_us).fold(incident.opened_at_us, Micros::min);
    (from, incident.closed_at_us.or(merged_at).unwrap_or(now))
}

async fn handle(State(app): State<App>, purpose: Purpose, Id(id): Id<IncidentId>) -> Result<Audited<Replay>, Problem> {
    purpose.with_case()?;
    let incident = store::incident(&app.store, id).await?.ok_or_else(|| Problem::not_found("incident"))?;
    let port = app.try_room::<UnitTracksPort>();
    let now = app.env.now();
    let reports = store::reports_of(&app.store, id).await?;
    let everybody = std::iter::once(&incident).chain(&reports).flat_map(|one| &one.assignments);
    let mut orders: Vec<&Assignment> = everybody.filter(|order| order.state != AssignmentState::Declined).collect();
    orders.sort_by_key(|order| order.offered_at_us);
    let mut units = Vec::new();
    for order in orders {
        units.push(unit_of(port.as_deref(), order, now).await?);
    }
    let log = lines(&app.store, &incident, &reports).await?;
    let (from_us, until_us) = span_of(&incident, &reports, merged_at(&app.store, &incident).await?, now);
    let fixes: usize = units.iter().map(|unit| unit.fixes.len()).sum();
    let object = format!("replay of {} with {} reports, {} orders, {fixes} fixes", incident.number, reports.len(), units.len());
    Ok(Audited::new(object, Replay { incident, reports, from_us, until_us, log, units, has_tracks: port.is_some() }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::ops::{cancel, merge};
    use crate::testing::Scene;
    use crate::write;

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

    #[tokio::test]
    async fn what_was_merged_into_it_is_told_with_it_and_what_was_taken_out_again_is_not() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let (first, second, stays) = (scene.incident().await, scene.incident().await, scene.incident().await);
            let recalled = scene.unit("永康 21").await;
            let sent = scene.assign(first, recalled).await.unwrap().id;
            cancel::cancel(&store, &scene.by, sent, "重複").await.unwrap();
            for id in [first, second] {
                merge::merge(&store, &scene.by, id, stays).await.unwrap();
            }
            merge::unmerge(&store, &scene.by, second).await.unwrap();
            let incident = store::incident(&store, stays).await.unwrap().unwrap();
            let reports = store::reports_of(&store, stays).await.unwrap();
            assert_eq!(reports.iter().map(|report| report.id).collect::<Vec<_>>(), [first]);
            assert_eq!(reports.iter().flat_map(|report| &report.assignments).map(|order| order.id).collect::<Vec<_>>(), [sent]);
            let log = lines(&store, &incident, &reports).await.unwrap();
            assert!(log.is_sorted_by_key(|one| one.line.at_us));
            let of_first = log.iter().filter(|one| one.report.as_deref() == reports.first().map(|report| report.number.as_str()));
            assert!(of_first.clone().any(|one| one.line.key == "incident_merged") && of_first.count() >= 3, "{log:?}");
            assert_eq!(log.iter().filter(|one| one.report.is_none() && one.line.key == "incident_took_in").count(), 2);
            let both = store::log_of(&store, first).await.unwrap().pop().unwrap();
            let mut tx = store.begin().await.unwrap();
            for id in [first, stays] {
                write::log(&mut tx, id, both.at_us, &scene.by, "assignment_reply", serde_json::json!({ "text": "補充" })).await.unwrap();
            }
            tx.commit().await.unwrap();
            let replied = lines(&store, &incident, &reports).await.unwrap();
            assert_eq!(replied.iter().filter(|one| one.line.key == "assignment_reply").count(), 1, "written under both numbers, told once");
            let now = store.env().now();
            let opened = reports.first().map(|report| report.opened_at_us).unwrap();
            assert_eq!((merged_at(&store, &incident).await.unwrap(), span_of(&incident, &reports, None, now)), (None, (opened, now)));
            let merged = store::incident(&store, first).await.unwrap().unwrap();
            let at = merged_at(&store, &merged).await.unwrap();
            assert!(at.is_some() && span_of(&merged, &[], at, now.plus(Micros::DAY)).1 <= now, "its own number ended when it was merged");
        })
        .await;
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
