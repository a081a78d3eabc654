//! What the tests of this room share.

use std::path::PathBuf;
use std::sync::Arc;

use shouhu_env::{Env, SimClock};
use shouhu_events::SightingFact;
use shouhu_ids::{ActorId, DeviceId, EntryId, Micros, SessionId, SightingId};
use shouhu_module::Person;
use shouhu_place::Wgs84;
use shouhu_plate::{Pattern, Plate, SeenVehicle};
use shouhu_wire::{EntryAction, Role};

use crate::model::{Entry, EntryState};

/// 2026-11-21T08:00:00Z.
pub const NOW: Micros = Micros(1_795_248_000_000_000);

/// The machine's world with a clock that moves only when told.
pub fn env() -> (Env, Arc<SimClock>) {
    let clock = Arc::new(SimClock::starting_at(NOW));
    (Env { clock: clock.clone(), ..Env::real() }, clock)
}

pub fn person(env: &Env, role: Role) -> Person {
    let id = env.id(ActorId::new);
    Person {
        id,
        name: role.as_str().into(),
        role,
        unit: None,
        office: None,
        session: env.id(SessionId::new),
        session_expires_at: NOW.plus(Micros::DAY),
    }
}

pub fn plate(text: &str) -> Plate {
    Plate::parse(text).unwrap_or_else(|e| panic!("{e}"))
}

/// A clean reading, a second ago, at Tainan station.
pub fn fact(text: &str) -> SightingFact {
    let random = Env::real().random.bytes16();
    SightingFact {
        id: SightingId::new(NOW, random),
        device: DeviceId::new(NOW, [7; 16]),
        camera: None,
        place_name: "台南火車站前".into(),
        plate: plate(text),
        confidence: 0.99,
        alternatives: Vec::new(),
        captured_at_us: NOW.plus(-Micros::SECOND),
        clock_corrected_us: 0,
        position: Wgs84::new(120.2128, 22.9971).ok(),
        seen: SeenVehicle::default(),
        has_crop: true,
        has_frame: false,
        local_hits: Vec::new(),
    }
}

pub fn sample_entry(pattern: &str) -> Entry {
    let pattern = Pattern::parse(pattern).unwrap_or_else(|e| panic!("{e}"));
    Entry {
        id: EntryId::new(NOW, [1; 16]),
        display: pattern.display(),
        pattern,
        legal_basis: "stolen_vehicle".into(),
        owner: "永康分局".into(),
        reason: "失竊".into(),
        action: EntryAction::Stop,
        vehicle_class: None,
        vehicle_colour: None,
        vehicle_note: String::new(),
        issuer: "TW".into(),
        state: EntryState::Active,
        import: None,
        proposed_by: ActorId::new(NOW, [2; 16]),
        proposed_by_name: "a".into(),
        approved_by: None,
        approved_by_name: None,
        ended_by_name: None,
        end_reason: String::new(),
        created_at_us: NOW,
        activated_at_us: Some(NOW),
        ended_at_us: None,
        expires_at_us: NOW.plus(Micros::DAY),
    }
}

/// The folder of real data, where there is one.
pub fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("SHOUHU_SHARED_DATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    named.into_iter().chain(std::iter::once(beside)).find(|folder| folder.is_dir())
}
