//! What the routes take and give.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{Micros, TrackerId, UnitId};
use shouhu_place::Wgs84;
use shouhu_wire::{UnitKind, UnitState};

pub const NAME_MAX: usize = 80;
/// A tracker that was heard within so long is online: apps that save battery report each few minutes.
pub const ONLINE_US: i64 = 5 * Micros::MINUTE;
/// Until so long after it was measured a position is drawn as what is.
pub const FRESH_US: i64 = 30 * Micros::SECOND;
/// Until so long it is drawn as ageing, afterwards as stale.
pub const AGEING_US: i64 = 120 * Micros::SECOND;

/// What a tracker speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OsmAnd, Traccar Client and others that put fields into an address.
    Osmand,
    Owntracks,
    /// A Traccar server that forwards.
    Traccar,
    /// Cursor on Target.
    Cot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackerState {
    NeverSeen,
    /// Heard within five minutes.
    Online,
    Stale,
    /// The last that it sent was refused: see `last_error`.
    Error,
    Revoked,
}

/// Why something of a tracker was refused last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastError {
    pub at_us: Micros,
    /// Stable key, translated by the UI.
    pub key: String,
    /// What and where, in English.
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tracker {
    pub id: TrackerId,
    pub name: String,
    pub protocol: Protocol,
    /// Speaks for other trackers, which name it as their gateway.
    pub is_gateway: bool,
    pub gateway: Option<TrackerId>,
    /// What it calls itself in its messages.
    pub device: Option<String>,
    /// The unit that it rides in.
    pub unit: Option<UnitId>,
    pub state: TrackerState,
    pub created_at_us: Micros,
    pub last_seen_at_us: Option<Micros>,
    /// When the newest fix that was taken was measured.
    pub last_fix_at_us: Option<Micros>,
    /// Per cent.
    pub battery: Option<u8>,
    /// Fixes taken since it was registered.
    pub taken: i64,
    /// Records refused within seven days, by reason.
    pub refused_7d: BTreeMap<String, i64>,
    pub last_error: Option<LastError>,
}

/// `POST /v1/positions/trackers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewTracker {
    pub name: String,
    pub protocol: Protocol,
    #[serde(default)]
    pub is_gateway: bool,
    /// Registered behind a gateway: `device` is wanted then, and no secret is given.
    #[serde(default)]
    pub gateway: Option<TrackerId>,
    #[serde(default)]
    pub device: Option<String>,
    #[serde(default)]
    pub unit: Option<UnitId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedTracker {
    pub tracker: Tracker,
    /// Shown once. Absent for a tracker behind a gateway.
    pub secret: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenameTracker {
    pub name: String,
}

/// Into another unit, or out of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MountTracker {
    pub unit: Option<UnitId>,
}

/// What became of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IngestReport {
    pub taken: usize,
    /// Taken into the track, but not newer than what the map shows.
    pub older: usize,
    /// Records that say nothing of a place, such as greetings.
    pub ignored: usize,
    pub alarms: usize,
    pub refused: Vec<RefusedRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedRecord {
    /// Counted from 0.
    pub index: usize,
    pub key: String,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Measured within 30 s.
    Fresh,
    /// Within 120 s.
    Ageing,
    Stale,
}

impl Age {
    #[must_use]
    pub const fn of(measured_at: Micros, now: Micros) -> Self {
        match now.since(measured_at) {
            age_us if age_us <= FRESH_US => Self::Fresh,
            age_us if age_us <= AGEING_US => Self::Ageing,
            _ => Self::Stale,
        }
    }
}

/// Where a position came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// The crew's own app.
    App,
    Tracker {
        id: TrackerId,
        name: String,
    },
    /// Known from before this server started.
    Unknown,
}

/// A unit on the map: a position is never without its age, and never without what is known of its accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitPosition {
    pub unit: UnitId,
    pub call_sign: String,
    pub kind: UnitKind,
    pub state: UnitState,
    pub position: Wgs84,
    pub measured_at_us: Micros,
    pub age: Age,
    pub age_s: i64,
    /// Radius to draw; absent when the device did not say: draw that it is not known.
    pub accuracy_m: Option<f64>,
    pub heading_deg: Option<f64>,
    pub source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_ages_at_thirty_seconds_and_is_stale_after_two_minutes() {
        let at = |second: i64| Age::of(Micros(0), Micros(second * Micros::SECOND));
        assert_eq!([at(-5), at(30), at(31), at(120), at(121)], [Age::Fresh, Age::Fresh, Age::Ageing, Age::Ageing, Age::Stale]);
    }
}
