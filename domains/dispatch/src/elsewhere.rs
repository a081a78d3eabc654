//! Positions that another server of the house took, read back from their rows: this server's map, its ranking and its alerts of what is near know of them too.
//!
//! What a server takes itself it streams at once; the rows are at most ten seconds behind that. Whoever calls for help must not be looked for where this server saw the
//! crew hours ago.

use std::sync::Arc;
use std::time::Duration;

use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_place::Wgs84;
use shouhu_store::{Backend, Store, StoreError, params};

use crate::positions::{Fix, Positions, Taken};

const FOLLOW_EVERY: Duration = Duration::from_secs(5);
/// Older fixes are left to the next start: a phone that had no network sends what it measured then.
const WINDOW_US: i64 = 10 * Micros::MINUTE;

/// Takes what the rows know better than this server; how many units that were. It is judged as a device's word is: what nobody can have driven is taken when three
/// rows agree.
///
/// # Errors
/// When the database fails.
pub async fn learn(store: &Store, known: &Positions) -> Result<usize, StoreError> {
    let now = store.env().now();
    let sql = "SELECT id, lon, lat, position_at_us, accuracy_m, heading_deg FROM dispatch_unit WHERE position_at_us > $1";
    let mut learnt = 0;
    for row in store.fetch(sql, params![now.plus(-WINDOW_US)]).await? {
        let Ok(position) = Wgs84::new(row.real("lon")?, row.real("lat")?) else { continue };
        let (accuracy_m, heading_deg) = (row.opt_real("accuracy_m")?, row.opt_real("heading_deg")?);
        let fix = Fix { position, measured_at: row.micros("position_at_us")?, accuracy_m, heading_deg };
        if matches!(known.take(row.parsed("id")?, fix, now), Ok(Taken::Newest { .. })) {
            learnt += 1;
        }
    }
    Ok(learnt)
}

/// Follows the other servers for as long as the program runs. On SQLite there are none.
pub async fn follow_for_ever(app: App, known: Arc<Positions>) {
    if app.store.backend() == Backend::Sqlite {
        return;
    }
    let mut is_told = false;
    loop {
        tokio::time::sleep(FOLLOW_EVERY).await;
        match learn(&app.store, &known).await {
            Ok(_) => is_told = false,
            // Once, not every five seconds.
            Err(error) if !is_told => {
                tracing::error!(%error, "positions that other servers took are not read: this one's map is behind");
                is_told = true;
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::Scene;

    #[tokio::test]
    async fn what_one_server_took_another_one_knows_and_shows_and_nothing_older_than_its_own() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let car = Scene::new(&store).await.unit("永康 1").await;
            let (north, south) = (Positions::default(), Positions::default());
            let now = store.env().now();
            let fix = |lon: f64, at: Micros| Fix { position: Wgs84::new(lon, 23.0).unwrap(), measured_at: at, accuracy_m: Some(5.0), heading_deg: None };
            north.take(car, fix(120.2, now.plus(-Micros::SECOND)), now).unwrap();
            north.persist(&store, car).await.unwrap();
            assert_eq!(learn(&store, &north).await.unwrap(), 0, "it knows");
            assert_eq!(learn(&store, &south).await.unwrap(), 1);
            assert_eq!((south.fix(car), south.drain_moved().len()), (north.fix(car), 1), "and its screens are told");
            south.take(car, fix(120.2001, now), now).unwrap();
            assert_eq!(learn(&store, &south).await.unwrap(), 0);
            assert_eq!(south.fix(car), Some(fix(120.2001, now)));
        })
        .await;
    }
}
