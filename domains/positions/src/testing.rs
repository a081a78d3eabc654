//! Fixes and facts for this room's tests.

use shouhu_events::{Envelope, Event};
use shouhu_ids::{AssignmentId, EventId, IncidentId, Micros, TrackerId, UnitId};
use shouhu_place::Wgs84;
use shouhu_wire::AssignmentState;

use crate::codec::Kept;

pub const T0: Micros = Micros(1_795_248_000_000_000);

/// A unit that drives east, ten metres each second.
pub fn kept(unit: UnitId, second: i32) -> Kept {
    let measured_at = T0.plus(i64::from(second) * Micros::SECOND);
    Kept {
        unit,
        source: Some(TrackerId::new(Micros(1), [9; 16])),
        measured_at,
        received_at: measured_at.plus(200_000),
        position: Wgs84::new(120.2 + f64::from(second) / 10_000.0, 23.0).unwrap_or_else(|e| panic!("{e}")),
        accuracy_m: Some(5.0),
        speed_kmh: Some(36.0),
        heading_deg: Some(90.0),
        altitude_m: None,
        is_alarm: false,
    }
}

pub fn assignment(assignment: AssignmentId, unit: UnitId, state: AssignmentState, at: Micros) -> Envelope {
    let incident = IncidentId::new(Micros(1), [3; 16]);
    Envelope {
        seq: 1,
        id: EventId::new(at, [4; 16]),
        at_us: at,
        event: Event::AssignmentChanged { assignment, incident, unit, state },
    }
}
