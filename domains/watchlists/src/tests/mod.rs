//! The room as its callers see it: real routes, reactions and jobs, a clock that the test moves.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking, and a missing JSON field is null")]

mod entries;
mod hits;
mod imports;
mod stores;

use std::sync::Arc;

use serde_json::{Value, json};
use shouhu_env::SimClock;
use shouhu_events::{Event, SightingFact};
use shouhu_http::testing::{Answer, House};
use shouhu_ids::{CameraId, EntryId, Micros};
use shouhu_module::{Caller, Module};
use shouhu_wire::Role;

use crate::testing::{NOW, env, fact};

static MODULES: &[Module] = &[crate::MODULE];

pub struct World {
    pub house: House,
    pub clock: Arc<SimClock>,
    pub detective: Caller,
    pub supervisor: Caller,
    pub dispatcher: Caller,
}

impl World {
    pub async fn open() -> Self {
        let (env, clock) = env();
        let house = House::open_in(MODULES, env).await;
        let [detective, supervisor, dispatcher] =
            [Role::Detective, Role::Supervisor, Role::Dispatcher].map(|role| house.person(role));
        Self { house, clock, detective, supervisor, dispatcher }
    }

    pub fn now(&self) -> Micros {
        self.house.app.env.now()
    }

    pub async fn post(&self, caller: &Caller, path: &str, body: Value) -> Answer {
        self.house.call(caller, "POST", path, body).await
    }

    pub async fn get(&self, caller: &Caller, path: &str) -> Answer {
        self.house.call(caller, "GET", path, Value::Null).await
    }

    pub fn proposal(&self, pattern: &str) -> Value {
        json!({
            "pattern": pattern, "legal_basis": "stolen_vehicle", "owner": "永康分局", "reason": "失竊報案", "action": "stop",
            "expires_at_us": self.now().plus(30 * Micros::DAY),
        })
    }

    pub async fn propose(&self, body: Value) -> EntryId {
        let answer = self.post(&self.detective, "/v1/watchlists/entries", body).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        id_of(&answer)
    }

    pub async fn in_force_as(&self, body: Value) -> EntryId {
        let id = self.propose(body).await;
        let answer = self.post(&self.supervisor, &format!("/v1/watchlists/entries/{id}/approve"), Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        id
    }

    pub async fn in_force(&self, pattern: &str) -> EntryId {
        self.in_force_as(self.proposal(pattern)).await
    }

    pub async fn withdraw(&self, id: EntryId) -> Answer {
        self.post(&self.detective, &format!("/v1/watchlists/entries/{id}/withdraw"), json!({"reason": "尋獲"})).await
    }

    /// A sighting of now.
    pub fn seen(&self, plate: &str) -> SightingFact {
        SightingFact { captured_at_us: self.now().plus(-Micros::SECOND), ..fact(plate) }
    }

    pub async fn tell(&self, event: Event) {
        let mut tx = self.house.app.store.begin().await.unwrap_or_else(|e| panic!("{e}"));
        tx.emit(&event).await.unwrap_or_else(|e| panic!("{e}"));
        tx.commit().await.unwrap_or_else(|e| panic!("{e}"));
        self.house.settle().await;
    }

    pub async fn pass(&self, sightings: &[SightingFact]) {
        self.tell(Event::SightingsRecorded { sightings: sightings.to_vec() }).await;
    }

    /// A sure reading of the plate by another camera, now: what an unsure one is believed beside.
    pub async fn seen_elsewhere(&self, plate: &str) {
        let camera = Some(CameraId::new(NOW, [9; 16]));
        self.pass(&[SightingFact { camera, ..self.seen(plate) }]).await;
    }

    /// The one hit of this kind.
    pub async fn hit_by(&self, kind: &str) -> Value {
        let mut hits = self.hits().await;
        hits.retain(|hit| hit["kind"].as_str() == Some(kind));
        assert_eq!(hits.len(), 1, "{hits:?}");
        hits[0].clone()
    }

    pub async fn hits(&self) -> Vec<Value> {
        let answer = self.get(&self.dispatcher, "/v1/hits").await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        answer.json["items"].as_array().cloned().unwrap_or_default()
    }

    /// The one hit there is.
    pub async fn hit(&self) -> Value {
        let hits = self.hits().await;
        assert_eq!(hits.len(), 1, "{hits:?}");
        hits[0].clone()
    }

    pub async fn confirm(&self, hit: &Value, plate: &str) -> Answer {
        let path = format!("/v1/hits/{}/confirm", hit["id"].as_str().unwrap_or_default());
        self.post(&self.dispatcher, &path, json!({"plate_seen": plate})).await
    }
}

pub fn id_of(answer: &Answer) -> EntryId {
    answer.json["id"].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no id in {}", answer.json))
}

pub fn key_of(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.json["key"].as_str().unwrap_or_default())
}

#[test]
fn every_key_of_an_operation_is_in_the_modules_list_and_no_other() {
    use crate::{import, model, ops};
    let lists = [
        model::EntryError::KEYS,
        ops::propose::KEYS,
        ops::approve::KEYS,
        ops::end::KEYS,
        import::ImportError::KEYS,
        import::ROW_KEYS,
        ops::approve_import::KEYS,
        ops::confirm::KEYS,
        ops::stand_down::KEYS,
    ];
    let ours: Vec<&str> = lists.into_iter().flatten().copied().collect();
    assert_eq!(ours, crate::MODULE.problems);
}
