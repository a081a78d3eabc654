//! Everything that flows between rooms: the one list.
//!
//! Events are facts in the past tense. They are written in the transaction that made them true (outbox), delivered at
//! least once to every reaction, and streamed to screens in the order of their `seq`. A reaction must therefore be
//! idempotent: the event's id is the key to be so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{
    ActorId, AssignmentId, BoxId, CallId, CameraId, CheckId, CheckInId, ClosureId, ConsentId, DeviceId, EntryId, EventId, HitId, IncidentId, Micros, OpeningId, SessionId,
    SightingId, TourPlanId, TrackerId, UnitId, WarningId,
};
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_wire::{AccessChange, Alternative, Asked, AssignmentState, CallState, HitState, IncidentState, RestrictionReason, UnitState};

/// Deadlines that passed within so long are looked at again by whoever tells that nobody answered: a house that was off for a week loses none.
/// What is told twice counts once.
pub const LOOK_BACK_US: i64 = 8 * Micros::DAY;

/// What watchlists need of a sighting in order to match it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SightingFact {
    pub id: SightingId,
    pub device: DeviceId,
    pub camera: Option<CameraId>,
    pub place_name: String,
    pub plate: Plate,
    pub confidence: f64,
    pub alternatives: Vec<Alternative>,
    pub captured_at_us: Micros,
    pub clock_corrected_us: i64,
    pub position: Option<Wgs84>,
    /// What the picture shows; absent in facts from before cameras told it.
    #[serde(default)]
    pub seen: SeenVehicle,
    pub has_crop: bool,
    pub has_frame: bool,
    /// Entries that the device matched by itself.
    pub local_hits: Vec<EntryId>,
}

/// A fact. Adding a variant is compatible; changing one needs a new variant beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    SightingsRecorded { sightings: Vec<SightingFact> },
    SightingsQuarantined { device: DeviceId, count: u32 },
    /// An entry came into force, or left it.
    WatchlistChanged { version: i64 },
    HitRaised { hit: HitId, sighting: SightingId, entry: EntryId, position: Option<Wgs84> },
    HitDecided { hit: HitId, state: HitState },
    /// Confirmed, and nobody goes: somebody said why, or nobody did in time.
    HitNotFollowed { hit: HitId },
    IncidentChanged { incident: IncidentId, state: IncidentState, hit: Option<HitId> },
    AssignmentChanged { assignment: AssignmentId, incident: IncidentId, unit: UnitId, state: AssignmentState },
    UnitChanged { unit: UnitId, state: UnitState },
    /// A crew calls for help, or something about its call has changed: read the list.
    PanicChanged { incident: IncidentId, unit: UnitId },
    /// A call rings, or something became of it: read the list, which says to each what that one may see.
    CallChanged { call: CallId, state: CallState },
    /// Whoever calls opened the link that was sent, wrote, or began or stopped to show where they are: read it. Streamed only where all
    /// that is new is a place.
    CallerChanged { call: CallId, is_place_only: bool },
    /// A crew is asked whether it is well, or something about that question has changed: read the list.
    CheckChanged { check: CheckId, unit: UnitId, incident: Option<IncidentId> },
    /// Positions since the last one, latest per unit. Streamed only, never stored.
    UnitsMoved { units: Vec<UnitMoved> },
    CameraChanged { camera: CameraId },
    PatrolCheckedIn { check_in: CheckInId, patrol_box: BoxId, unit: Option<UnitId> },
    /// Tours were proposed, published, or ended.
    TourPlanChanged { plan: TourPlanId },
    DeviceChanged { device: DeviceId },
    /// A device is restricted, for another reason than before, or not any more: its attestation says more.
    DeviceTrustChanged { device: DeviceId, restriction: Option<RestrictionReason> },
    /// A session is trusted less than before, or again, or was ended for it: read the list, which says who may see it.
    TrustChanged { session: SessionId, is_worse: bool },
    /// Somebody's way in was taken away, or is trusted less or again, and nobody else had told us to: for who tells other houses.
    AccessChanged { actor: ActorId, session: Option<SessionId>, change: AccessChange },
    /// A warning came in, was issued, or ended by a later message.
    WarningChanged { warning: WarningId },
    /// Somebody asks for help through a tracker. Without a position when the tracker had none that could be believed.
    TrackerAlarmed { tracker: TrackerId, unit: Option<UnitId>, alarm: String, position: Option<Wgs84>, at_us: Micros },
    MapReplaced { version: i64 },
    /// A road was closed, or opened before its time: read the list.
    ClosureChanged { closure: ClosureId },
    /// A consent to put movements together was asked for, decided, extended or ended: read the list.
    ConsentChanged { consent: ConsentId },
    /// A plate was opened because a life is in danger, or something about that has changed: read the list.
    OpeningChanged { opening: OpeningId, is_escalated: bool },
    /// Somebody was asked for something and did not do it, or nobody did until the time for it was over.
    NotDone {
        asked: Asked,
        /// Id of the hit, the order, the plan …
        object: String,
        /// Of the closed list of what was asked.
        code: String,
        /// Absent: nobody.
        by: Option<ActorId>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitMoved {
    pub unit: UnitId,
    pub position: Wgs84,
    pub heading_deg: Option<f64>,
    /// Radius within which the unit is; `None` when its device did not say.
    #[serde(default)]
    pub accuracy_m: Option<f64>,
    pub measured_at_us: Micros,
}

impl Event {
    /// What a person was asked for and does not do.
    #[must_use]
    pub fn not_done(asked: Asked, object: &impl ToString, code: &str, by: ActorId) -> Self {
        Self::NotDone { asked, object: object.to_string(), code: code.to_owned(), by: Some(by) }
    }

    /// What nobody did until the time for it was over.
    #[must_use]
    pub fn not_answered(asked: Asked, object: &impl ToString) -> Self {
        Self::NotDone { asked, object: object.to_string(), code: shouhu_wire::NOT_ANSWERED.to_owned(), by: None }
    }

    /// The `kind` tag; also the name of the server-sent event.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SightingsRecorded { .. } => "sightings_recorded",
            Self::SightingsQuarantined { .. } => "sightings_quarantined",
            Self::WatchlistChanged { .. } => "watchlist_changed",
            Self::HitRaised { .. } => "hit_raised",
            Self::HitDecided { .. } => "hit_decided",
            Self::HitNotFollowed { .. } => "hit_not_followed",
            Self::IncidentChanged { .. } => "incident_changed",
            Self::AssignmentChanged { .. } => "assignment_changed",
            Self::UnitChanged { .. } => "unit_changed",
            Self::PanicChanged { .. } => "panic_changed",
            Self::CallChanged { .. } => "call_changed",
            Self::CallerChanged { .. } => "caller_changed",
            Self::CheckChanged { .. } => "check_changed",
            Self::UnitsMoved { .. } => "units_moved",
            Self::CameraChanged { .. } => "camera_changed",
            Self::PatrolCheckedIn { .. } => "patrol_checked_in",
            Self::TourPlanChanged { .. } => "tour_plan_changed",
            Self::DeviceChanged { .. } => "device_changed",
            Self::DeviceTrustChanged { .. } => "device_trust_changed",
            Self::TrustChanged { .. } => "trust_changed",
            Self::AccessChanged { .. } => "access_changed",
            Self::WarningChanged { .. } => "warning_changed",
            Self::TrackerAlarmed { .. } => "tracker_alarmed",
            Self::MapReplaced { .. } => "map_replaced",
            Self::ClosureChanged { .. } => "closure_changed",
            Self::ConsentChanged { .. } => "consent_changed",
            Self::OpeningChanged { .. } => "opening_changed",
            Self::NotDone { .. } => "not_done",
        }
    }

    /// Who may see it on the live stream: a permission, or nobody for facts that only rooms need.
    #[must_use]
    pub const fn stream_permission(&self) -> Option<&'static str> {
        match self {
            // Every passage of every citizen is not something to scroll past on a screen.
            Self::SightingsRecorded { .. } => None,
            // Counted; whoever did not do something is not shown to a room.
            Self::NotDone { .. } => None,
            // Operators read who it was on their page; a stream tells no room of it.
            Self::AccessChanged { .. } => None,
            Self::SightingsQuarantined { .. } | Self::DeviceChanged { .. } | Self::DeviceTrustChanged { .. } => Some("operations.watch"),
            Self::TrustChanged { .. } => Some("trust.watch"),
            Self::WatchlistChanged { .. } => Some("watchlists.read"),
            Self::HitRaised { .. } | Self::HitDecided { .. } | Self::HitNotFollowed { .. } => Some("hits.watch"),
            Self::IncidentChanged { .. } => Some("dispatch.watch"),
            Self::AssignmentChanged { .. } | Self::UnitChanged { .. } | Self::PanicChanged { .. } => Some("units.watch"),
            Self::CallChanged { .. } | Self::CallerChanged { .. } => Some("calls.take"),
            Self::UnitsMoved { .. } | Self::TrackerAlarmed { .. } | Self::CheckChanged { .. } => Some("units.watch"),
            Self::CameraChanged { .. } => Some("cameras.read"),
            Self::PatrolCheckedIn { .. } | Self::TourPlanChanged { .. } => Some("patrol.watch"),
            Self::WarningChanged { .. } => Some("warnings.watch"),
            Self::MapReplaced { .. } | Self::ClosureChanged { .. } => Some("map.read"),
            Self::ConsentChanged { .. } | Self::OpeningChanged { .. } => Some("observations.watch"),
        }
    }
}

/// An event on its way, with its place in the order of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// Rises by at least one per published event; `Last-Event-ID` of the stream. Zero for facts that are not stored.
    pub seq: i64,
    pub id: EventId,
    pub at_us: Micros,
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_in_code_is_the_kind_on_the_wire() {
        let event = Event::WatchlistChanged { version: 3 };
        let json = serde_json::to_value(&event).unwrap_or_default();
        assert_eq!(json.get("kind").and_then(|k| k.as_str()), Some(event.kind()));
    }
}
