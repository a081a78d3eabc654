//! The room through its doors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod ingest;
mod purge;
mod search;

use std::sync::Arc;

use serde_json::Value;
use shouhu_env::{Env, SimClock, SimDisk};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::Micros;
use shouhu_module::{Caller, Module};

use crate::{MODULE, sample};

static MODULES: &[Module] = &[MODULE];
const NOW: Micros = Micros(20_000 * Micros::DAY);

/// A house in a simulated world, and the doors to that world.
struct World {
    house: House,
    clock: Arc<SimClock>,
    disk: Arc<SimDisk>,
    device: Caller,
}

impl World {
    async fn open() -> Self {
        let (clock, disk) = (Arc::new(SimClock::starting_at(NOW)), Arc::new(SimDisk::default()));
        let env = Env { clock: clock.clone(), disk: disk.clone(), ..Env::simulated(7, NOW) };
        let house = House::open_in(MODULES, env).await;
        let device = house.device("cam-1");
        Self { house, clock, disk, device }
    }

    async fn send(&self, reports: &[Value]) -> Answer {
        let now = self.house.app.env.now();
        self.house.call(&self.device, "POST", "/v1/sightings", sample::batch(now, reports)).await
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {table}");
        self.house.app.store.fetch_one(&sql, vec![]).await.unwrap().int("n").unwrap()
    }
}
