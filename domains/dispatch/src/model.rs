//! What this room says beyond the shared vocabulary of `base/wire`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, AssignmentId, IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_wire::{Assignment, Incident, Overriding, Reason, UnitKind};

use crate::policy::PolicyName;

/// Longest texts that are taken, characters.
pub const SUMMARY_MAX: usize = 2_000;
pub const ADDRESS_MAX: usize = 300;
pub const NOTE_MAX: usize = 2_000;
pub const CALL_SIGN_MAX: usize = 40;

/// What somebody typed: lines stay, other control characters do not, and PostgreSQL refuses the first of them.
#[must_use]
pub fn in_lines(text: &str) -> String {
    let text: String = text.chars().filter(|ch| *ch == '\n' || !ch.is_control()).collect();
    text.trim().to_owned()
}

/// A list that is never long enough to be paged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Items<T> {
    pub items: Vec<T>,
}

/// Why a unit was sent, as it was seen at that moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Advice {
    /// By which the units were ordered; absent in orders from before there were policies.
    #[serde(default)]
    pub policy: Option<PolicyName>,
    pub rank: Option<u32>,
    pub eta_s: Option<f64>,
    pub distance_m: Option<f64>,
    #[serde(default)]
    pub is_by_road: bool,
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// Why it was sent although another unit was ranked first.
    #[serde(default)]
    pub overriding: Option<Overriding>,
}

/// One line of an incident's log; nothing in it is ever changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    pub at_us: Micros,
    pub by: ActorId,
    pub by_name: String,
    /// `incident_opened`, `unit_assigned` …; the UI translates it.
    pub key: String,
    /// Values for the translation.
    pub params: serde_json::Value,
}

/// An officer's work: the order and what it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MyAssignment {
    pub assignment: Assignment,
    pub incident: Incident,
}

/// `POST /v1/units`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateUnit {
    pub call_sign: String,
    pub kind: UnitKind,
}

/// `POST /v1/units/mine/join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinUnit {
    /// Absent: the person leaves the unit.
    pub unit: Option<UnitId>,
}

/// `POST /v1/assignments/{id}/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelAssignment {
    pub reason: String,
}

/// `POST /v1/incidents/{id}/handover`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandOver {
    /// The assignment of the unit that is on its way.
    pub from: AssignmentId,
    /// The free unit that goes instead.
    pub to: UnitId,
}

/// `POST /v1/units/{id}/skills`; also the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetSkills {
    pub skills: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnitSkills {
    pub unit: UnitId,
    pub skills: Vec<String>,
}

/// `POST /v1/units/mine/panic`: where the crew is, as far as its phone knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
pub struct RaisePanic {
    #[serde(default)]
    pub position: Option<Wgs84>,
    /// When the position was measured; now when absent.
    #[serde(default)]
    pub measured_at_us: Option<i64>,
    #[serde(default)]
    pub accuracy_m: Option<f64>,
}

/// `POST /v1/units/mine/panic/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelPanic {
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PanicState {
    Raised,
    Acknowledged,
    /// The crew says that it is safe; a dispatcher still has to close the incident.
    Cancelled,
    /// The incident is closed.
    Over,
}

/// A crew that needs help.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Panic {
    pub incident: IncidentId,
    pub incident_number: String,
    pub unit: UnitId,
    pub call_sign: String,
    /// The newest that is known, not the one at the alarm.
    pub position: Option<Wgs84>,
    pub position_at_us: Option<Micros>,
    pub accuracy_m: Option<f64>,
    pub raised_at_us: Micros,
    pub state: PanicState,
    pub acknowledged_by: Option<String>,
}

/// What became of a reported position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PositionReceipt {
    /// False for a fix that is not newer than the one known: it is ignored, and that is no error.
    pub is_newest: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// Absent when nothing was measured.
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub n: u64,
}

/// How long each link of the chain took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kpis {
    /// Camera frame to hit, milliseconds. Time that a device spent offline is part of it.
    pub read_to_hit_ms: Percentiles,
    /// Hit to a person's confirmation, seconds; of hits that became incidents.
    pub hit_to_confirmed_s: Percentiles,
    /// Confirmation to the first unit sent, seconds.
    pub confirmed_to_dispatched_s: Percentiles,
    /// First unit sent to first unit on scene, seconds; of all incidents.
    pub dispatched_to_arrived_s: Percentiles,
}
