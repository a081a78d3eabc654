//! How long each link of the chain took, by day, week or month, with percentiles.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
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
    /// Incidents opened from then on …
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
const PASSED: &str = "SELECT i.opened_at_us, i.kind, i.priority, i.address, MIN(a.offered_at_us) AS sent, \
     MIN(a.en_route_at_us) AS under_way, MIN(a.on_scene_at_us) AS on_scene, \
     CASE WHEN COUNT(a.id) = COUNT(a.ended_at_us) THEN MAX(CASE WHEN a.on_scene_at_us IS NOT NULL THEN a.ended_at_us END) END AS cleared \
     FROM dispatch_incident i LEFT JOIN dispatch_assignment a ON a.incident = i.id AND a.state <> 'declined' \
     WHERE i.opened_at_us >= $1 AND i.opened_at_us < $2 \
     GROUP BY i.id, i.opened_at_us, i.kind, i.priority, i.address ORDER BY i.opened_at_us DESC LIMIT $3";

fn passed_of(row: &Row) -> Result<Passed, StoreError> {
    Ok(Passed {
        opened_at: row.micros("opened_at_us")?,
        kind: row.text("kind")?,
        priority: row.int("priority")?,
        address: row.text("address")?,
        sent_at: row.opt_micros("sent")?,
        under_way_at: row.opt_micros("under_way")?,
        on_scene_at: row.opt_micros("on_scene")?,
        cleared_at: row.opt_micros("cleared")?,
    })
}

/// # Errors
/// When the window is too wide, or the database fails.
pub async fn report(store: &Store, query: &IntervalQuery) -> Result<IntervalReport, IntervalError> {
    let (from_us, until_us) = (Micros(query.from_us), Micros(query.until_us));
    let span = until_us.since(from_us);
    if span <= 0 || span > WINDOW_MAX_US {
        return Err(IntervalError::Window);
    }
    let rows = store.fetch(PASSED, params![from_us, until_us, ROWS_MAX + 1]).await?;
    let mut passed = rows.iter().map(passed_of).collect::<Result<Vec<_>, _>>()?;
    let most = usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let is_cut = passed.len() > most;
    passed.truncate(most);
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
    use shouhu_wire::{AssignmentStep, ClosingCode};

    use super::*;
    use crate::MODULE;
    use crate::ops::step;
    use crate::testing::Scene;

    #[tokio::test]
    async fn a_chain_is_measured_link_by_link_and_an_open_end_is_not() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let incident = scene.incident().await;
            let (first, second) = (scene.unit("永康 21").await, scene.unit("永康 22").await);
            let declining = scene.assign(incident, second).await.unwrap().id;
            let decline = AssignmentStep::Decline { reason: "故障".into() };
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
}
