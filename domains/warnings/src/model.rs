//! What this room says and is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{IncidentId, Micros, UnitId, WarningId};
use shouhu_place::Wgs84;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningState {
    /// Ours, waits for a second person.
    Draft,
    Discarded,
    InForce,
    /// By a later message of its sender.
    Replaced,
    Cancelled,
    /// Warns of nothing itself: a cancellation, an acknowledgement, a message between systems.
    Told,
}

/// One text of a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarningText {
    /// `zh-TW` or `en-US` in ours; whatever the sender wrote in others'.
    pub language: String,
    /// Such as 封路 or road closure.
    pub event: String,
    pub headline: String,
    pub description: String,
    pub instruction: String,
    /// Of the first info in this language, in the words of CAP.
    pub urgency: String,
    pub severity: String,
    pub certainty: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WarningCircle {
    pub centre: Wgs84,
    pub radius_m: f64,
}

/// Where it is. A warning may only name its area: then nobody is known to be inside.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct WarningArea {
    pub description: String,
    #[serde(default)]
    pub polygons: Vec<Vec<Wgs84>>,
    #[serde(default)]
    pub circles: Vec<WarningCircle>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    pub id: WarningId,
    pub is_ours: bool,
    pub state: WarningState,
    pub sender: String,
    pub identifier: String,
    pub sent_at_us: Micros,
    /// `Actual`, `Exercise`, `Test`, `System`.
    pub status: String,
    pub msg_type: String,
    /// Where the sender says nothing: a day after it was sent.
    pub expires_at_us: Micros,
    pub is_expired: bool,
    pub incident: Option<IncidentId>,
    /// Of ours: the warning that it updates or cancels.
    pub earlier: Option<WarningId>,
    pub created_by_name: String,
    pub issued_at_us: Option<Micros>,
    pub issued_by_name: Option<String>,
    pub ended_by: Option<WarningId>,
    pub texts: Vec<WarningText>,
    pub areas: Vec<WarningArea>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentInArea {
    pub id: IncidentId,
    pub number: String,
    pub kind: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitInArea {
    pub id: UnitId,
    pub call_sign: String,
    /// When its position was measured; older ones say less.
    pub position_at_us: Option<Micros>,
}

/// A warning and who lies in it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WarningInForce {
    pub warning: Warning,
    /// False when no area has a shape: the lists are then empty because nothing is known.
    pub has_shape: bool,
    pub incidents: Vec<IncidentInArea>,
    pub units: Vec<UnitInArea>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftKind {
    Alert,
    Update,
    Cancel,
}

/// One language of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DraftText {
    /// `zh-TW` or `en-US`; Chinese is demanded.
    pub language: String,
    pub event: String,
    pub headline: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub instruction: String,
}

/// `POST /v1/warnings/drafts`. Words are those of CAP 1.2 §3.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftWarning {
    pub kind: DraftKind,
    /// The warning of ours that is updated or cancelled.
    #[serde(default)]
    pub earlier: Option<WarningId>,
    #[serde(default)]
    pub incident: Option<IncidentId>,
    /// `Actual`, `Exercise` or `Test`.
    pub status: String,
    /// `Geo`, `Met`, `Safety`, `Security`, `Rescue`, `Fire`, `Health`, `Env`, `Transport`, `Infra`, `CBRNE`, `Other`.
    pub category: String,
    /// What people should do: `Shelter`, `Evacuate`, `Avoid` … ; empty for nothing.
    #[serde(default)]
    pub response: String,
    pub urgency: String,
    pub severity: String,
    pub certainty: String,
    pub expires_at_us: Micros,
    pub texts: Vec<DraftText>,
    pub area: WarningArea,
}

/// What became of a message of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WarningReceipt {
    /// True: it was known, and nothing changed.
    pub is_repeated: bool,
    /// Warnings that it ended.
    pub ended: Vec<WarningId>,
    pub warning: Warning,
}
