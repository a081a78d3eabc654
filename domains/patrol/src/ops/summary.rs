//! How well the boxes of each station are looked after.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use shouhu_ids::Micros;
use shouhu_module::{App, Audit, Problem, Route};
use shouhu_store::{Store, StoreError, params};

use crate::model::{BoxState, Counts, StationSummary, Summary};
use crate::store;

pub const ROUTE: Route = Route::get("/v1/patrol/summary", "How well the boxes of each station are looked after", || axum::routing::get(handle))
    .permission("patrol.watch")
    .audit(Audit::None("counts of boxes and visits, of nobody in particular"))
    .gives::<Summary>();

impl Counts {
    const fn add(&mut self, state: BoxState) {
        let slot = match state {
            BoxState::OnTime => &mut self.on_time,
            BoxState::Late => &mut self.late,
            BoxState::Missed => &mut self.missed,
            BoxState::Never => &mut self.never,
            BoxState::Retired => return,
        };
        *slot += 1;
        self.boxes += 1;
    }
}

/// # Errors
/// When the database fails.
pub async fn summary(store: &Store) -> Result<Summary, StoreError> {
    let now = store.env().now();
    let day = now.plus(-Micros::DAY);
    let mut stations: BTreeMap<String, StationSummary> = BTreeMap::new();
    let mut whole = Summary::default();
    for kept in store::boxes(store, None).await?.into_iter().filter(|kept| kept.shown.is_active) {
        let name = kept.shown.station;
        let station = stations.entry(name.clone()).or_insert_with(|| StationSummary { station: name, ..StationSummary::default() });
        station.counts.add(kept.shown.state);
        whole.counts.add(kept.shown.state);
    }
    let visits = "SELECT b.station, CAST(COUNT(*) AS BIGINT) AS n FROM patrol_check_in c JOIN patrol_box b ON b.id = c.box \
         WHERE c.measured_at_us >= $1 GROUP BY b.station";
    for row in store.fetch(visits, params![now.plus(-7 * Micros::DAY)]).await? {
        if let Some(station) = stations.get_mut(&row.text("station")?) {
            station.check_ins_7d = row.int("n")?;
        }
    }
    let counted = |from: &'static str| async move {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {from} >= $1");
        store.fetch_one(&sql, params![day]).await?.int("n")
    };
    whole.check_ins_24h = counted("patrol_check_in WHERE measured_at_us").await?;
    whole.doubtful_24h = counted("patrol_check_in WHERE doubts <> '' AND measured_at_us").await?;
    whole.refused_24h = counted("patrol_refusal WHERE at_us").await?;
    whole.stations = stations.into_values().collect();
    Ok(whole)
}

async fn handle(State(app): State<App>) -> Result<Json<Summary>, Problem> {
    Ok(Json(summary(&app.store).await?))
}
