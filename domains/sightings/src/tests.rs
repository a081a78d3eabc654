//! The room through its doors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod exports;
mod feeds;
mod ingest;
mod looks;
mod migrate;
mod purge;
mod questions;
mod search;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use shouhu_env::{BoxFuture, Env, SimClock, SimDisk};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{ConsentId, Micros, OpeningId, SightingId};
use shouhu_lakehouse::Lakehouse;
use shouhu_lakehouse::lake::Class;
use shouhu_module::ports::{MovementAsker, MovementGate, MovementGatePort, Revealed, Revealing};
use shouhu_module::{Caller, Module, Problem};
use shouhu_plate::Plate;
use shouhu_wire::{Role, Sighting};

use crate::passing::sighting_of;
use crate::{MODULE, sample};

static MODULES: &[Module] = &[MODULE];
const NOW: Micros = Micros(20_000 * Micros::DAY);

/// Nobody keeps a ledger in this room's own tests: what it lets out is oversight's to say, and tested with both rooms in `apps/shouhu`.
#[derive(Default)]
struct Everything {
    is_bounded: AtomicBool,
    asked: Mutex<Vec<Revealing>>,
}

impl MovementGate for Everything {
    fn may_ask(&self, _: MovementAsker, _: Vec<Plate>, _: Micros, _: Micros) -> BoxFuture<'static, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }

    fn reveal(&self, asked: Revealing) -> BoxFuture<'static, Result<Revealed, Problem>> {
        let is_shown = vec![true; asked.rows.len().min(asked.rows_max)];
        let is_bounded = self.is_bounded.load(Ordering::Relaxed);
        self.asked.lock().unwrap().push(asked);
        Box::pin(async move { Ok(Revealed { is_shown, is_bounded, ..Revealed::default() }) })
    }

    fn is_consent_visible(&self, _: ConsentId) -> BoxFuture<'static, Result<bool, Problem>> {
        Box::pin(async { Ok(true) })
    }

    fn is_opening_visible(&self, _: OpeningId) -> BoxFuture<'static, Result<bool, Problem>> {
        Box::pin(async { Ok(true) })
    }
}

/// A house in a simulated world, and the doors to that world.
struct World {
    house: House,
    clock: Arc<SimClock>,
    disk: Arc<SimDisk>,
    device: Caller,
    gate: Arc<Everything>,
}

impl World {
    async fn open() -> Self {
        let (clock, disk) = (Arc::new(SimClock::starting_at(NOW)), Arc::new(SimDisk::default()));
        let env = Env { clock: clock.clone(), disk: disk.clone(), ..Env::simulated(7, NOW) };
        let house = House::open_in(MODULES, env).await;
        let gate = Arc::new(Everything::default());
        house.app.put(MovementGatePort(gate.clone()));
        let device = house.device("cam-1");
        Self { house, clock, disk, device, gate }
    }

    /// What the ledger was asked last.
    fn charged(&self) -> Revealing {
        self.gate.asked.lock().unwrap().last().unwrap().clone()
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
