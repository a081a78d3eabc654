//! The room through its doors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod exports;
mod feeds;
mod ingest;
mod migrate;
mod purge;
mod questions;
mod search;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use shouhu_env::{Env, SimClock, SimDisk};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{Micros, SightingId};
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::Class;
use shouhu_module::{Caller, Module};
use shouhu_wire::{Role, Sighting};

use crate::passing::sighting_of;
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

    fn lake(&self) -> Arc<Lakehouse> {
        self.house.app.room::<Lakehouse>()
    }

    /// Every passage of the lake, by time.
    fn sightings(&self) -> Vec<Sighting> {
        let lake = self.lake();
        let mut found: BTreeMap<SightingId, Sighting> = BTreeMap::new();
        for part in lake.view(&Class::ALL).parts {
            part.each_record(&mut |record| {
                let sighting = sighting_of(&lake, &record).unwrap();
                found.insert(sighting.id, sighting);
                Ok(())
            })
            .unwrap();
        }
        found.into_values().collect()
    }

    /// What a detective is answered, with the purpose that the question needs.
    async fn asked(&self, method: &str, path: &str, body: Value) -> Answer {
        self.house.call(&self.house.person(Role::Detective), method, path, body).await
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
