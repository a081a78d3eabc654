//! What identity says about people and devices.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, CameraId, DeviceId, Micros, UnitId};
use shouhu_module::{App, Person};
use shouhu_store::{Row, StoreError};
use shouhu_wire::{DeviceKind, EnrolledDevice, FramePolicy, Me, Role};

/// The address that a request came from, as the HTTP floor noted it; callers without one share one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl FromRequestParts<App> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip())))
    }
}

/// A person, as the list of people shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    pub id: ActorId,
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    /// In which the person serves.
    pub office: Option<String>,
    /// False while the invitation has not been used.
    pub is_enrolled: bool,
    pub is_disabled: bool,
    pub last_seen_at_us: Option<Micros>,
}

impl Actor {
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parsed("id")?,
            name: row.text("name")?,
            role: row.tag("role")?,
            unit: row.opt_parsed("unit")?,
            office: row.opt_text("office")?,
            is_enrolled: row.opt_micros("enrolled_at_us")?.is_some(),
            is_disabled: row.opt_micros("disabled_at_us")?.is_some(),
            last_seen_at_us: row.opt_micros("last_seen_at_us")?,
        })
    }
}

pub(crate) fn me_of(app: &App, person: &Person) -> Me {
    Me {
        id: person.id,
        name: person.name.clone(),
        role: person.role,
        unit: person.unit,
        office: person.office.clone(),
        permissions: app.permissions_now(person).into_iter().map(ToOwned::to_owned).collect(),
        session_expires_at_us: person.session_expires_at,
    }
}

/// What a device says about itself: `POST /v1/devices/mine/status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceStatus {
    /// Sightings that wait at the device.
    pub queue_depth: u64,
    /// Frames that came faster than they could be read, since the agent started.
    pub dropped_frames: u64,
    pub watchlist_version: i64,
    /// Matches that the device alerted by itself and has not yet delivered.
    pub local_alerts_pending: u64,
    /// Of the agent.
    pub version: String,
    #[serde(default)]
    pub note: Option<String>,
}

/// A device, as the operator's list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    pub camera: Option<CameraId>,
    pub frame_policy: FramePolicy,
    pub is_enrolled: bool,
    pub is_revoked: bool,
    pub last_seen_at_us: Option<Micros>,
    /// The device's clock minus ours, when it last signed.
    pub clock_offset_us: Option<i64>,
    pub queue_depth: Option<u64>,
    /// What it said about itself last, and when.
    pub status: Option<DeviceStatus>,
    pub status_at_us: Option<Micros>,
}

impl Device {
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        // A status that an older program wrote and that cannot be read any more is no reason to hide the device.
        let status: Option<DeviceStatus> = row.opt_text("status")?.and_then(|text| serde_json::from_str(&text).ok());
        Ok(Self {
            id: row.parsed("id")?,
            name: row.text("name")?,
            kind: row.tag("kind")?,
            camera: row.opt_parsed("camera")?,
            frame_policy: row.tag("frame_policy")?,
            is_enrolled: row.opt_text("public_key")?.is_some(),
            is_revoked: row.opt_micros("revoked_at_us")?.is_some(),
            last_seen_at_us: row.opt_micros("last_seen_at_us")?,
            clock_offset_us: row.opt_int("clock_offset_us")?,
            queue_depth: status.as_ref().map(|status| status.queue_depth),
            status,
            status_at_us: row.opt_micros("status_at_us")?,
        })
    }

    pub(crate) fn enrolled(&self) -> EnrolledDevice {
        EnrolledDevice {
            device: self.id,
            name: self.name.clone(),
            kind: self.kind,
            camera: self.camera,
            frame_policy: self.frame_policy,
        }
    }
}

/// The longest name of a person or device, in characters.
pub const NAME_CHARS_MAX: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("name has {chars} usable characters: give 1 to {NAME_CHARS_MAX}, without control characters")]
pub struct NameError {
    pub chars: usize,
}

/// A name without spaces around it, of sensible length, that cannot break a line of a log or a list.
///
/// # Errors
/// When it is empty, too long or holds control characters.
pub fn checked_name(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    let chars = if name.chars().any(char::is_control) { 0 } else { name.chars().count() };
    if (1..=NAME_CHARS_MAX).contains(&chars) { Ok(name.to_owned()) } else { Err(NameError { chars }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_all_scripts_pass_and_breaking_ones_do_not() {
        assert_eq!(checked_name(" 王小明 ").as_deref(), Ok("王小明"));
        for wrong in ["", "  ", "a\nb", "a\u{0}b", &"x".repeat(81)] {
            assert!(checked_name(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_checked_name_is_checked_for_good(text in any::<String>()) {
            if let Ok(name) = checked_name(&text) {
                prop_assert_eq!(checked_name(&name), Ok(name.clone()));
                prop_assert!(!name.contains(['\n', '\r']) && name.chars().count() <= NAME_CHARS_MAX);
            }
        }
    }
}
