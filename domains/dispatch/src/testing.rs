//! A dispatcher with incidents, units and crews, for this room's tests.

use shouhu_ids::{ActorId, IncidentId, Micros, SessionId, UnitId};
use shouhu_module::Person;
use shouhu_place::Wgs84;
use shouhu_store::Store;
use shouhu_wire::{Assignment, IncidentOrigin, OpenIncident, Priority, Role, UnitKind, UnitState};

use crate::model::{Advice, CreateUnit};
use crate::ops::assign::AssignError;
use crate::ops::{assign, incident_open, unit_create, unit_state};

pub fn person(store: &Store, role: Role, unit: Option<UnitId>) -> Person {
    let env = store.env();
    Person {
        id: env.id(ActorId::new),
        name: role.as_str().to_owned(),
        role,
        unit,
        office: None,
        session: env.id(SessionId::new),
        session_expires_at: env.now().plus(Micros::HOUR),
    }
}

pub fn dispatcher(store: &Store) -> Person {
    person(store, Role::Dispatcher, None)
}

pub fn call(kind: &str) -> OpenIncident {
    OpenIncident {
        origin: IncidentOrigin::Call,
        priority: Priority(2),
        kind: kind.into(),
        summary: "有人報案".into(),
        address: "永康區中正路 1 號".into(),
        position: Wgs84::new(120.25, 23.03).ok(),
        hit: None,
    }
}

#[derive(Clone)]
pub struct Scene {
    store: Store,
    pub by: Person,
}

impl Scene {
    #[allow(clippy::unused_async, reason = "reads like its siblings")]
    pub async fn new(store: &Store) -> Self {
        Self { store: store.clone(), by: dispatcher(store) }
    }

    pub async fn incident(&self) -> IncidentId {
        self.incident_of(2).await
    }

    pub async fn incident_of(&self, priority: u8) -> IncidentId {
        let call = OpenIncident { priority: Priority(priority), ..call("traffic_crash") };
        incident_open::open(&self.store, &self.by, call, None).await.unwrap_or_else(|e| panic!("{e}")).id
    }

    /// An available car.
    pub async fn unit(&self, call_sign: &str) -> UnitId {
        let body = CreateUnit { call_sign: call_sign.into(), kind: UnitKind::Car };
        let id = unit_create::create(&self.store, &body).await.unwrap_or_else(|e| panic!("{e}")).id;
        unit_state::set(&self.store, Some(id), UnitState::Available).await.unwrap_or_else(|e| panic!("{e}"));
        id
    }

    pub fn crew(&self, unit: UnitId) -> Person {
        person(&self.store, Role::Officer, Some(unit))
    }

    pub async fn assign(&self, incident: IncidentId, unit: UnitId) -> Result<Assignment, AssignError> {
        assign::assign(&self.store, &self.by, incident, unit, &Advice::default()).await
    }
}
