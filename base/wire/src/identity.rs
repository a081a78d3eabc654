//! Who signs in, and how devices enrol.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, CameraId, DeviceId, Micros, UnitId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Officer,
    Dispatcher,
    Detective,
    Supervisor,
    Auditor,
    Operator,
    /// Of another authority: reads how the house answers for itself, changes nothing, sees no citizen and nothing live.
    Inspector,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Officer, Self::Dispatcher, Self::Detective, Self::Supervisor, Self::Auditor, Self::Operator, Self::Inspector];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Dispatcher => "dispatcher",
            Self::Detective => "detective",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Inspector => "inspector",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// `GET /v1/identity/me`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    pub id: ActorId,
    pub name: String,
    pub role: Role,
    /// The unit that the person crews now.
    pub unit: Option<UnitId>,
    /// The office that the person serves in; consents are decided by another one.
    #[serde(default)]
    pub office: Option<String>,
    /// Everything that this person may do, for the app to show no dead buttons. The server asks again each time.
    pub permissions: Vec<String>,
    pub session_expires_at_us: Micros,
}

/// `POST /v1/identity/enrolments`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InviteActor {
    pub name: String,
    pub role: Role,
    #[serde(default)]
    pub unit: Option<UnitId>,
}

/// `POST /v1/identity/actors/{id}/office`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetOffice {
    /// 單位, as the house writes it everywhere: two spellings are two offices. None takes it away.
    pub office: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    pub actor: ActorId,
    /// Works once. The part after `#` never reaches a server log.
    pub link: String,
    pub token: String,
    pub expires_at_us: Micros,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Runs the edge agent at a fixed camera.
    FixedCamera,
    /// Runs the edge agent in a patrol car.
    PatrolCar,
    /// The system of a partner that pushes one feed, and may do nothing else.
    Partner,
}

/// `POST /v1/devices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegisterDevice {
    pub name: String,
    pub kind: DeviceKind,
    #[serde(default)]
    pub camera: Option<CameraId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceInvitation {
    pub device: DeviceId,
    /// Works once: `shouhu-edge enrol --token …`.
    pub token: String,
    pub expires_at_us: Micros,
}

/// `POST /v1/devices/enrol`, without sign-in: the token is the proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnrolDevice {
    pub token: String,
    /// Ed25519 public key, 32 bytes, base64.
    pub public_key: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnrolledDevice {
    pub device: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    pub camera: Option<CameraId>,
    /// What the device may send besides the crop: `never`, `hits` or `always`.
    pub frame_policy: FramePolicy,
}

/// What became of somebody's way in, by this house's own doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AccessChange {
    /// No session goes on, and none begins.
    Disabled,
    EndedByPerson,
    EndedByTrust,
    /// The session goes on under another verdict.
    Trusted { before: String, now: String, is_worse: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "snake_case")]
pub enum FramePolicy {
    Never,
    /// Only with a sighting that matched the device's copy of the watchlist.
    #[default]
    Hits,
    Always,
}
