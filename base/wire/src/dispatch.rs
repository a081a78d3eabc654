//! Calls, incidents, units and assignments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, AssignmentId, HitId, IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;

use crate::{Declining, Overriding, WithoutUnit};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Waits for a unit.
    Open,
    /// At least one unit is assigned.
    Assigned,
    /// At least one unit is on scene.
    OnScene,
    /// Over, with a closing code. Never reopened; a new incident refers to it.
    Closed,
    /// Another report of an incident that is open under its own number; it holds no unit. A person may undo it.
    Merged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentOrigin {
    Call,
    Hit,
    Officer,
    /// Told by a neighbouring centre.
    Partner,
}

/// 1 = life in danger … 4 = can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Priority(#[schemars(range(min = 1, max = 4))] pub u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosingCode {
    /// Vehicle or person found, handled.
    Handled,
    /// Nothing found at the scene.
    NothingFound,
    /// Handed to another agency.
    HandedOver,
    /// Not a police matter, or a false call.
    Unfounded,
    /// Called off before anyone arrived.
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    pub id: IncidentId,
    /// Human number: `115-1121-0007` (ROC year, month and day, running number of the day).
    pub number: String,
    pub origin: IncidentOrigin,
    pub state: IncidentState,
    pub priority: Priority,
    /// Key of the 110 type list, such as `stolen_vehicle`.
    pub kind: String,
    pub summary: String,
    pub address: String,
    pub position: Option<Wgs84>,
    pub hit: Option<HitId>,
    pub opened_at_us: Micros,
    pub closed_at_us: Option<Micros>,
    pub closing_code: Option<ClosingCode>,
    /// The incident that this one is another report of, exactly while `state` is `merged`.
    #[serde(default)]
    pub merged_into: Option<IncidentId>,
    pub assignments: Vec<Assignment>,
}

/// `POST /v1/incidents`: a 110 call, or what an officer or dispatcher reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenIncident {
    pub origin: IncidentOrigin,
    pub priority: Priority,
    pub kind: String,
    pub summary: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub position: Option<Wgs84>,
    /// Set when a confirmed hit is the reason; one incident per hit.
    #[serde(default)]
    pub hit: Option<HitId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloseIncident {
    pub code: ClosingCode,
    #[serde(default)]
    pub note: String,
    /// Needed where it was dealt with (`handled`, `nothing_found`) and no unit had worked on it.
    #[serde(default)]
    pub without_unit: Option<WithoutUnit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    OffDuty,
    Available,
    /// Has an assignment, offered or accepted, and is not under way yet.
    Dispatched,
    EnRoute,
    OnScene,
    /// On duty, not to be sent (meal, escort, out of the car).
    Busy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    Car,
    Motorcycle,
    Foot,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unit {
    pub id: UnitId,
    /// Radio name, such as `永康 21`.
    pub call_sign: String,
    pub kind: UnitKind,
    pub state: UnitState,
    pub position: Option<Wgs84>,
    /// When the position was measured; drawn as stale after two minutes.
    pub position_at_us: Option<Micros>,
    pub accuracy_m: Option<f64>,
    pub heading_deg: Option<f64>,
    pub assignment: Option<AssignmentId>,
}

/// `POST /v1/units/mine/position`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportPosition {
    pub position: Wgs84,
    pub measured_at_us: i64,
    #[serde(default)]
    pub accuracy_m: Option<f64>,
    #[serde(default)]
    pub heading_deg: Option<f64>,
}

/// `POST /v1/units/mine/state`: what a crew may set by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetUnitState {
    pub state: UnitState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentState {
    /// Sent to the unit; not answered.
    Offered,
    Accepted,
    EnRoute,
    OnScene,
    /// Ended with a reply and a closing code.
    Closed,
    /// Refused by the unit, with a reason.
    Declined,
    /// Taken back by the dispatcher.
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assignment {
    pub id: AssignmentId,
    pub incident: IncidentId,
    pub incident_number: String,
    pub unit: UnitId,
    pub call_sign: String,
    pub state: AssignmentState,
    pub offered_at_us: Micros,
    pub offered_by: ActorId,
    /// When the unit's device showed it.
    pub delivered_at_us: Option<Micros>,
    pub accepted_at_us: Option<Micros>,
    pub en_route_at_us: Option<Micros>,
    pub on_scene_at_us: Option<Micros>,
    pub closed_at_us: Option<Micros>,
    pub closing_code: Option<ClosingCode>,
    /// Newest last.
    pub replies: Vec<AssignmentReply>,
    /// Why this unit was proposed, kept with the order.
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssignmentReply {
    pub at_us: Micros,
    pub by: ActorId,
    pub text: String,
}

/// `POST /v1/incidents/{id}/assignments`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssignUnit {
    pub unit: UnitId,
    /// The less urgent assignment that the unit leaves for this incident; the caller has seen what it is.
    #[serde(default)]
    pub take_from: Option<AssignmentId>,
    /// Needed where another unit is ranked first.
    #[serde(default)]
    pub overriding: Option<Overriding>,
}

/// What an officer does with an assignment: `POST /v1/assignments/{id}/step`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum AssignmentStep {
    Delivered,
    Accept,
    Decline {
        reason: String,
        /// Needed; `reason` says it in words.
        #[serde(default)]
        code: Option<Declining>,
    },
    EnRoute,
    OnScene,
    Reply { text: String },
    Close { code: ClosingCode, #[serde(default)] text: String },
}

/// A unit that could go, with reasons for and against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    pub unit: Unit,
    /// 1 = best; units that must not be sent have no rank.
    pub rank: Option<u32>,
    pub distance_m: Option<f64>,
    /// Driving time on the imported roads; straight line at 30 km/h where no road graph is loaded.
    pub eta_s: Option<f64>,
    pub is_by_road: bool,
    /// Stable reason keys with values, such as `nearest`, `stale_position`, `busy`.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Key that the UI translates: `dispatch.reason.<key>`.
    pub key: String,
    pub is_for: bool,
    /// Number that belongs to the reason, in the unit that the key says; absent where there is none.
    pub value: Option<f64>,
}
