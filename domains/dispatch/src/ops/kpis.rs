//! How long the chain took, link by link: read, hit, confirmed, sent, arrived.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Load, Params, Problem, Route};
use shouhu_store::{Store, StoreError, params};

use crate::model::{Kpis, Percentiles};

/// More than a city's busiest month; older ones are then left out.
const ROWS_MAX: i64 = 100_000;

pub const ROUTE: Route =
    Route::get("/v1/dispatch/kpis", "Show how long each link of the chain took", || axum::routing::get(handle))
        .permission("dispatch.watch")
        .audit(Audit::None("numbers about intervals; nobody's data"))
        .load(Load::Life)
        .asks::<KpiWindow>()
        .gives::<Kpis>();

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct KpiWindow {
    /// Incidents opened and hits raised from then on; the last 24 hours when it is absent.
    pub from_us: Option<i64>,
}

/// Nearest-rank percentiles: each is a value that was measured. Negative intervals come from clocks that disagree and are
/// left out.
#[must_use]
pub fn percentiles(intervals_us: Vec<i64>, unit_us: i64) -> Percentiles {
    let mut sorted: Vec<i64> = intervals_us.into_iter().filter(|us| *us >= 0).collect();
    sorted.sort_unstable();
    let at = |percent: usize| {
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        #[allow(clippy::cast_precision_loss, reason = "an interval in microseconds is far below 2^52")]
        sorted.get(rank - 1).map(|us| *us as f64 / unit_us as f64)
    };
    Percentiles { p50: at(50), p95: at(95), n: u64::try_from(sorted.len()).unwrap_or(u64::MAX) }
}

/// # Errors
/// When the database fails.
pub async fn kpis(store: &Store, from: Micros) -> Result<Kpis, StoreError> {
    let sql = "SELECT read_at_us, raised_at_us FROM dispatch_hit_timing WHERE raised_at_us >= $1 ORDER BY raised_at_us DESC LIMIT $2";
    let read_to_hit = store.fetch(sql, params![from, ROWS_MAX]).await?;
    let read_to_hit: Result<Vec<i64>, StoreError> =
        read_to_hit.iter().map(|row| Ok(row.micros("raised_at_us")?.since(row.micros("read_at_us")?))).collect();
    // A hit's confirmation counts whatever became of its incident; the rest of a merged one is the other's.
    let sql = "SELECT i.state, i.hit_raised_at_us AS raised, i.hit_confirmed_at_us AS confirmed, MIN(a.offered_at_us) AS offered, \
         MIN(a.on_scene_at_us) AS arrived FROM dispatch_incident i LEFT JOIN dispatch_assignment a ON a.incident = i.id \
         WHERE i.opened_at_us >= $1 GROUP BY i.id, i.state, i.opened_at_us, i.hit_raised_at_us, i.hit_confirmed_at_us \
         ORDER BY i.opened_at_us DESC LIMIT $2";
    let (mut to_confirmed, mut to_dispatched, mut to_arrived) = (Vec::new(), Vec::new(), Vec::new());
    for row in store.fetch(sql, params![from, ROWS_MAX]).await? {
        let (raised, confirmed) = (row.opt_micros("raised")?, row.opt_micros("confirmed")?);
        let (offered, arrived) = (row.opt_micros("offered")?, row.opt_micros("arrived")?);
        let between = |from: Option<Micros>, until: Option<Micros>| Some(until?.since(from?));
        to_confirmed.extend(between(raised, confirmed));
        if row.text("state")? == "merged" {
            continue;
        }
        to_dispatched.extend(between(confirmed, offered));
        to_arrived.extend(between(offered, arrived));
    }
    Ok(Kpis {
        read_to_hit_ms: percentiles(read_to_hit?, 1_000),
        hit_to_confirmed_s: percentiles(to_confirmed, Micros::SECOND),
        confirmed_to_dispatched_s: percentiles(to_dispatched, Micros::SECOND),
        dispatched_to_arrived_s: percentiles(to_arrived, Micros::SECOND),
    })
}

async fn handle(State(app): State<App>, Params(query): Params<KpiWindow>) -> Result<Json<Kpis>, Problem> {
    let from = query.from_us.map_or_else(|| app.env.now().plus(-Micros::DAY), Micros);
    Ok(Json(kpis(&app.store, from).await?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_module::ports::ConfirmedHit;
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::{AssignmentStep, IncidentOrigin, OpenIncident};

    use super::*;
    use crate::MODULE;
    use crate::ops::{incident_open, merge, step};
    use crate::testing::{Scene, call};

    #[test]
    fn a_percentile_is_a_measured_value_and_nothing_measured_is_said() {
        let hundred = percentiles((1..=100).rev().map(|s| s * Micros::SECOND).collect(), Micros::SECOND);
        assert_eq!(hundred, Percentiles { p50: Some(50.0), p95: Some(95.0), n: 100 });
        assert_eq!(percentiles(vec![7_000], 1_000), Percentiles { p50: Some(7.0), p95: Some(7.0), n: 1 });
        assert_eq!(percentiles(vec![-5], 1_000), Percentiles { p50: None, p95: None, n: 0 });
    }

    #[tokio::test]
    async fn every_link_of_a_hit_that_led_to_an_arrival_is_measured() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let scene = Scene::new(&store).await;
            let now = store.env().now();
            let hit = store.env().id(shouhu_ids::HitId::new);
            let confirmed = ConfirmedHit {
                plate_display: "ABC-1234".into(),
                place_name: "中正路".into(),
                position: None,
                confirmed_at: now.plus(-Micros::SECOND),
                raised_at: now.plus(-21 * Micros::SECOND),
            };
            let body = OpenIncident { origin: IncidentOrigin::Hit, hit: Some(hit), ..call("stolen_vehicle") };
            let incident = incident_open::open(&store, &scene.by, body, Some(confirmed)).await.unwrap();
            let unit = scene.unit("永康 21").await;
            let id = scene.assign(incident.id, unit).await.unwrap().id;
            for next in [AssignmentStep::Accept, AssignmentStep::EnRoute, AssignmentStep::OnScene] {
                step::step(&store, &scene.crew(unit), id, &next).await.unwrap();
            }
            let measured = kpis(&store, now.plus(-Micros::DAY)).await.unwrap();
            assert_eq!(measured.hit_to_confirmed_s, Percentiles { p50: Some(20.0), p95: Some(20.0), n: 1 });
            assert_eq!((measured.confirmed_to_dispatched_s.n, measured.dispatched_to_arrived_s.n), (1, 1));
            assert!(measured.confirmed_to_dispatched_s.p50.unwrap() >= 1.0);
            assert_eq!(measured.read_to_hit_ms.n, 0);
            assert_eq!(kpis(&store, now.plus(Micros::DAY)).await.unwrap().hit_to_confirmed_s.n, 0);
            // Merged: its unit arrived once, at the other; that a person confirmed its hit stays true.
            let other = scene.incident().await;
            merge::merge(&store, &scene.by, incident.id, other).await.unwrap();
            let merged = kpis(&store, now.plus(-Micros::DAY)).await.unwrap();
            assert_eq!((merged.hit_to_confirmed_s.n, merged.confirmed_to_dispatched_s.n, merged.dispatched_to_arrived_s.n), (1, 0, 1));
        })
        .await;
    }
}
