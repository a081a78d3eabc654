//! What a device that is not to be believed by itself may still do: be seen beside one that is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use shouhu_env::{BoxFuture, Env, SimClock};
use shouhu_events::{Event, SightingFact};
use shouhu_http::testing::House;
use shouhu_ids::{DeviceId, Micros, SightingId};
use shouhu_module::ports::{DeviceTrust, DeviceTrustPort};
use shouhu_module::{Module, Problem};
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_wire::{RestrictionReason, Role, SenderRestriction};

static MODULES: &[Module] = &[shouhu_watchlists::MODULE];
const NOW: Micros = Micros(1_795_248_000_000_000);

/// One device, restricted as the test says.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<HashMap<DeviceId, Vec<SenderRestriction>>>>);

impl DeviceTrust for Told {
    fn restrictions(&self, devices: Vec<DeviceId>) -> BoxFuture<'static, Result<HashMap<DeviceId, Vec<SenderRestriction>>, Problem>> {
        let all = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(all.into_iter().filter(|(id, _)| devices.contains(id)).collect()) })
    }
}

struct World {
    house: House,
    clock: Arc<SimClock>,
    told: Told,
}

fn device(n: u8) -> DeviceId {
    DeviceId::new(NOW, [n; 16])
}

impl World {
    async fn with_a_stolen_car() -> Self {
        let clock = Arc::new(SimClock::starting_at(NOW));
        let house = House::open_in(MODULES, Env { clock: clock.clone(), ..Env::real() }).await;
        let told = Told::default();
        house.app.put(DeviceTrustPort(Arc::new(told.clone())));
        let entry = json!({
            "pattern": "ABC-1234", "legal_basis": "stolen_vehicle", "owner": "永康分局", "reason": "失竊報案", "action": "stop",
            "expires_at_us": NOW.plus(30 * Micros::DAY),
        });
        let proposed = house.call(&house.person(Role::Detective), "POST", "/v1/watchlists/entries", entry).await;
        let path = format!("/v1/watchlists/entries/{}/approve", proposed.json["id"].as_str().unwrap());
        assert_eq!(house.call(&house.person(Role::Supervisor), "POST", &path, Value::Null).await.status, 200);
        Self { house, clock, told }
    }

    fn restrict(&self, device: DeviceId, since: Micros, until: Option<Micros>) {
        let restriction = SenderRestriction { reason: RestrictionReason::StateChanged, since_us: since, until_us: until };
        self.told.0.lock().unwrap().insert(device, vec![restriction]);
    }

    async fn passes(&self, device: DeviceId) {
        let env = &self.house.app.env;
        let sighting = SightingFact {
            id: env.id(SightingId::new),
            device,
            camera: None,
            place_name: "台南火車站前".into(),
            plate: Plate::parse("ABC1234").unwrap(),
            confidence: 0.99,
            alternatives: Vec::new(),
            captured_at_us: env.now().plus(-Micros::SECOND),
            clock_corrected_us: 0,
            position: Wgs84::new(120.2128, 22.9971).ok(),
            seen: SeenVehicle::default(),
            has_crop: true,
            has_frame: false,
            local_hits: Vec::new(),
        };
        let mut tx = self.house.app.store.begin().await.unwrap();
        tx.emit(&Event::SightingsRecorded { sightings: vec![sighting] }).await.unwrap();
        tx.commit().await.unwrap();
        self.house.settle().await;
    }

    /// Conflicts of each hit, newest first.
    async fn hits(&self) -> Vec<Value> {
        let answer = self.house.call(&self.house.person(Role::Dispatcher), "GET", "/v1/hits", Value::Null).await;
        answer.json["items"].as_array().unwrap().iter().map(|hit| hit["conflicts"].clone()).collect()
    }
}

#[tokio::test]
async fn a_restricted_device_raises_no_hit_alone_and_a_marked_one_beside_a_witness() {
    let world = World::with_a_stolen_car().await;
    world.restrict(device(1), NOW.plus(-Micros::MINUTE), None);
    world.restrict(device(2), NOW.plus(-Micros::MINUTE), None);
    world.passes(device(1)).await;
    world.passes(device(2)).await;
    assert!(world.hits().await.is_empty(), "nor do two of them vouch for each other");
    world.clock.advance_us(Micros::MINUTE);
    world.passes(device(3)).await;
    assert_eq!(world.hits().await, [json!([])]);
    world.clock.advance_us(Micros::MINUTE);
    world.passes(device(1)).await;
    assert_eq!(world.hits().await.first(), Some(&json!(["sender_restricted"])), "a trusted device saw it two minutes ago");
    world.clock.advance_us(31 * Micros::MINUTE);
    world.passes(device(2)).await;
    assert_eq!(world.hits().await.len(), 2, "that was too long ago to witness anything");
}

#[tokio::test]
async fn what_a_device_saw_while_it_was_restricted_is_marked_once_it_is_in_order_again() {
    let world = World::with_a_stolen_car().await;
    world.restrict(device(1), NOW.plus(-Micros::MINUTE), Some(NOW.plus(-Micros::SECOND)));
    world.passes(device(1)).await;
    assert_eq!(world.hits().await, [json!(["sender_restricted"])], "a backlog after an outage still finds the stolen car");
    world.clock.advance_us(2 * Micros::MINUTE);
    world.passes(device(1)).await;
    assert_eq!(world.hits().await.first(), Some(&json!([])), "what it sees from then on is as good as anybody's");
}
