//! How long each link of the chain took, by day, week or month, with percentiles.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{IncidentId, Micros};
use shouhu_module::{App, Audit, Keyed, Load, Params, Problem, Route};
use shouhu_store::{Row, Store, StoreError, params};

use crate::intervals::{self, Division, FEW, IntervalRow, Passed, Period};

pub const ROUTE: Route =
    Route::get("/v1/dispatch/intervals", "Show how long each link took, by period, with percentiles", || axum::routing::get(handle))
        .permission("dispatch.report")
        .audit(Audit::None("counts and percentiles of intervals; nobody's data"))
        .load(Load::Bulk)
        .asks::<IntervalQuery>()
        .gives::<IntervalReport>();

/// The widest window of one report.
const WINDOW_MAX_US: i64 = 366 * Micros::DAY;
/// A large city's year has some hundred thousand; older ones are then left out, and the report says so.
const ROWS_MAX: i64 = 400_000;

#[derive(Debug, Deserialize, JsonSchema)]
pub struct IntervalQuery {
    /// Incidents first reported from then on …
    pub from_us: i64,
    /// … and before then.
    pub until_us: i64,
    #[serde(default)]
    pub period: Period,
    #[serde(default)]
    pub division: Division,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IntervalReport {
    pub from_us: Micros,
    pub until_us: Micros,
    pub period: Period,
    pub division: Division,
    /// Below this number nothing is said of a link.
    pub few: u64,
    /// The newest period first.
    pub items: Vec<IntervalRow>,
    /// More incidents than one report counts: the oldest are left out.
    pub is_cut: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum IntervalError {
    #[error("a report covers a time that ends after it begins, at most {} days", WINDOW_MAX_US / Micros::DAY)]
    Window,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for IntervalError {
    fn key(&self) -> &'static str {
        match self {
            Self::Window => "dispatch.intervals.window",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Window => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(error) => error.status(),
        }
    }
}

/// A declined offer sent nobody; one that was called off on its way did.
const STAMPS: &str = "MIN(a.offered_at_us) AS sent, MIN(a.en_route_at_us) AS under_way, MIN(a.on_scene_at_us) AS on_scene, \
     CAST(COUNT(a.id) - COUNT(a.ended_at_us) AS BIGINT) AS held, MAX(CASE WHEN a.on_scene_at_us IS NOT NULL THEN a.ended_at_us END) AS done";

/// The incident that stayed was opened in this window, or a report of it was.
const IN_WINDOW: &str = "((i.opened_at_us >= $1 AND i.opened_at_us < $2) OR i.id IN (SELECT w.merged_into \
     FROM dispatch_incident w WHERE w.merged_into IS NOT NULL AND w.opened_at_us >= $1 AND w.opened_at_us < $2))";

/// Each incident that stayed.
fn stayed_sql() -> String {
    format!(
        "SELECT i.id, i.opened_at_us, i.kind, i.priority, i.address, CASE WHEN i.origin = 'call' THEN i.opened_at_us END AS called, \
         (SELECT MIN(j.at_us) FROM dispatch_report j WHERE j.incident = i.id) AS joined, {STAMPS} \
         FROM dispatch_incident i LEFT JOIN dispatch_assignment a ON a.incident = i.id AND a.state <> 'declined' \
         WHERE i.merged_into IS NULL AND {IN_WINDOW} GROUP BY i.id, i.opened_at_us, i.kind, i.priority, i.address, i.origin ORDER BY i.opened_at_us DESC LIMIT $3"
    )
}

/// What was noted under the numbers that were merged into those.
fn merged_sql() -> String {
    format!(
        "SELECT r.merged_into AS id, r.opened_at_us, r.kind, r.priority, r.address, CASE WHEN r.origin = 'call' THEN r.opened_at_us END AS called, \
         (SELECT MIN(j.at_us) FROM dispatch_report j WHERE j.incident = r.id) AS joined, {STAMPS} \
         FROM dispatch_incident r JOIN dispatch_incident i ON i.id = r.merged_into \
         LEFT JOIN dispatch_assignment a ON a.incident = r.id AND a.state <> 'declined' \
         WHERE r.merged_into IS NOT NULL AND {IN_WINDOW} \
         GROUP BY r.id, r.merged_into, r.opened_at_us, r.kind, r.priority, r.address, r.origin"
    )
}

fn passed_of(row: &Row) -> Result<(IncidentId, Passed), StoreError> {
    let is_held = row.int("held")? > 0;
    let passed = Passed {
        opened_at: row.micros("opened_at_us")?,
        called_at: row.opt_micros("called")?.into_iter().chain(row.opt_micros("joined")?).min(),
        kind: row.text("kind")?,
        priority: row.int("priority")?,
        address: row.text("address")?,
        sent_at: row.opt_micros("sent")?,
        under_way_at: row.opt_micros("under_way")?,
        on_scene_at: row.opt_micros("on_scene")?,
        is_held,
        cleared_at: if is_held { None } else { row.opt_micros("done")? },
    };
    Ok((row.parsed("id")?, passed))
}

/// # Errors
/// When the window is too wide, or the database fails.
pub async fn report(store: &Store, query: &IntervalQuery) -> Result<IntervalReport, IntervalError> {
    let (from_us, until_us) = (Micros(query.from_us), Micros(query.until_us));
    let span = until_us.since(from_us);
    if span <= 0 || span > WINDOW_MAX_US {
        return Err(IntervalError::Window);
    }
    let stayed = store.fetch(&stayed_sql(), params![from_us, until_us, ROWS_MAX + 1]).await?;
    let mut stayed = stayed.iter().map(passed_of).collect::<Result<Vec<_>, _>>()?;
    let most = usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let is_cut = stayed.len() > most;
    stayed.truncate(most);
    let mut reports: HashMap<IncidentId, Vec<Passed>> = HashMap::new();
    for row in store.fetch(&merged_sql(), params![from_us, until_us]).await? {
        let (into, report) = passed_of(&row)?;
        reports.entry(into).or_default().push(report);
    }
    let whole = stayed.into_iter().map(|(id, passed)| reports.remove(&id).unwrap_or_default().iter().fold(passed, Passed::with));
    // One whose first report was told before the window belongs to the window before.
    let passed: Vec<Passed> = whole.filter(|passed| (from_us..until_us).contains(&passed.opened_at)).collect();
    let IntervalQuery { period, division, .. } = *query;
    Ok(IntervalReport { from_us, until_us, period, division, few: FEW, items: intervals::report(&passed, period, division), is_cut })
}

async fn handle(State(app): State<App>, Params(query): Params<IntervalQuery>) -> Result<Json<IntervalReport>, Problem> {
    Ok(Json(report(&app.store, &query).await?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, ClosingCode, Declining, IncidentOrigin, OpenIncident};

    use super::*;
    use crate::MODULE;
    use crate::ops::{cancel, incident_open, merge, step};
    use crate::testing::{Scene, call};

    #[tokio::test]
    async fn a_chain_is_measured_link_by_link_and_an_open_end_is_not() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let (first, second) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let declining = scene.assign(incident, second).await.unwrap().id;
            let decline = AssignmentStep::Decline { reason: "故障".into(), code: Some(Declining::Vehicle) };
            step::step(&store, &scene.crew(second), declining, &decline).await.unwrap();
            let id = scene.assign(incident, first).await.unwrap().id;
            let crew = scene.crew(first);
            for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
                step::step(&store, &crew, id, &next).await.unwrap();
            }
            scene.incident().await;
            let now = store.env().now();
            let query = |division| IntervalQuery { from_us: now.plus(-Micros::DAY).0, until_us: now.plus(Micros::DAY).0, period: Period::Month, division };
            // Around midnight at the end of a month two periods are told.
            let told = report(&store, &query(Division::None)).await.unwrap();
            let n = |of: fn(&IntervalRow) -> u64| told.items.iter().map(of).sum::<u64>();
            assert_eq!((n(|row| row.incidents), n(|row| row.call_to_sent.n), n(|row| row.on_scene_to_cleared.n)), (2, 1, 0));
            assert_eq!((n(|row| row.sent_to_under_way.n), n(|row| row.under_way_to_on_scene.n), n(|row| row.call_to_on_scene.n)), (1, 1, 1));
            let done = AssignmentStep::Close { code: ClosingCode::Handled, text: String::new() };
            step::step(&store, &crew, id, &done).await.unwrap();
            let told = report(&store, &query(Division::District)).await.unwrap();
            assert_eq!(told.items.iter().map(|row| row.on_scene_to_cleared.n).sum::<u64>(), 1);
            assert!(told.items.iter().all(|row| row.group.as_deref() == Some("永康區")), "{told:?}");
            let wide = IntervalQuery { until_us: now.plus(400 * Micros::DAY).0, ..query(Division::None) };
            assert_eq!(report(&store, &wide).await.unwrap_err().key(), "dispatch.intervals.window");
        })
        .await;
    }

    #[tokio::test]
    async fn what_several_called_about_is_one_event_from_the_first_call_on() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let found = OpenIncident { origin: IncidentOrigin::Officer, ..call("traffic_crash") };
            let stays = incident_open::open(&store, &scene.by, found, None).await.unwrap().id;
            let (first, second) = (scene.incident().await, scene.incident().await);
            let now = store.env().now();
            let hour = |hours: i64| now.plus(hours * Micros::HOUR);
            let mut tx = store.begin().await.unwrap();
            for (id, at) in [(first, hour(-30)), (second, hour(-3)), (stays, hour(-2))] {
                tx.execute("UPDATE dispatch_incident SET opened_at_us = $1 WHERE id = $2", params![at, id]).await.unwrap();
            }
            tx.commit().await.unwrap();
            let counted = |from_us: Micros, until_us: Micros| {
                let store = store.clone();
                async move {
                    let query = IntervalQuery { from_us: from_us.0, until_us: until_us.0, period: Period::Month, division: Division::None };
                    let items = report(&store, &query).await.unwrap().items;
                    let sum = |of: fn(&IntervalRow) -> u64| items.iter().map(of).sum::<u64>();
                    (sum(|row| row.incidents), sum(|row| row.call_to_sent.n), sum(|row| row.sent_to_under_way.n))
                }
            };
            let (recalled, unit) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let sent = scene.assign(second, recalled).await.unwrap().id;
            for next in [AssignmentStep::Accept, AssignmentStep::EnRoute] {
                step::step(&store, &scene.crew(recalled), sent, &next).await.unwrap();
            }
            cancel::cancel(&store, &scene.by, sent, "重複").await.unwrap();
            scene.assign(stays, unit).await.unwrap();
            assert_eq!(counted(hour(-40), hour(1)).await, (3, 1, 1), "nobody called about what a crew found");
            for id in [first, second] {
                merge::merge(&store, &scene.by, id, stays).await.unwrap();
            }
            assert_eq!(counted(hour(-40), hour(1)).await, (1, 1, 1));
            assert_eq!(counted(hour(-40), hour(-20)).await, (1, 1, 1), "it began with the first call");
            assert_eq!(counted(hour(-20), hour(1)).await, (0, 0, 0), "and is not told in a later window again");
            merge::unmerge(&store, &scene.by, first).await.unwrap();
            assert_eq!(counted(hour(-20), hour(1)).await, (1, 1, 1));
        })
        .await;
    }
}
