//! How vehicles moved: ways, company, meetings, and where stolen ones go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros, SightingId};
use shouhu_place::Wgs84;
use shouhu_plate::Plate;

use super::{Passing, Span};

/// `GET /v1/sightings/trajectory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskTrajectory {
    pub plate: String,
    pub from_us: Option<i64>,
    pub until_us: Option<i64>,
}

/// The likelier explanation of a way that no vehicle can have driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Both readings are certain: two vehicles seem to carry this plate.
    ClonedPlate,
    /// One of the two readings is uncertain: it may have been another plate.
    Misread,
}

/// One passage of a trajectory, and how the vehicle came from the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leg {
    #[serde(flatten)]
    pub passing: Passing,
    /// Counted from 1; a gap of half an hour begins the next.
    pub trip: u32,
    /// Since the passage before; absent for the first.
    pub took_ms: Option<i64>,
    pub is_gap: bool,
    /// Great circle from the passage before; absent for the first and where a position is missing.
    pub distance_m: Option<f64>,
    pub speed_kmh: Option<f64>,
    /// Present when no vehicle can have driven it.
    pub doubt: Option<Doubt>,
}

/// `POST /v1/sightings/convoys`: who travelled with this plate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskConvoys {
    pub plate: String,
    #[serde(flatten)]
    pub span: Span,
    /// Seconds between the two passages at one camera; 60 when absent.
    pub within_s: Option<u32>,
    /// Different cameras that both must have passed; 3 when absent.
    pub cameras_min: Option<u32>,
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Companion {
    pub plate: Plate,
    pub plate_display: String,
    /// Different cameras at which both were seen within the time.
    pub cameras: u32,
    /// Passages together.
    pub encounters: u32,
    pub first_at_us: Micros,
    pub last_at_us: Micros,
}

/// `POST /v1/sightings/meetings`: where and when plates were at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskMeetings {
    /// Two to 64.
    pub plates: Vec<String>,
    #[serde(flatten)]
    pub span: Span,
    /// Seconds between the passages; 300 when absent.
    pub within_s: Option<u32>,
    /// Metres between two cameras that still count as one place; 0 (the same camera) when absent.
    pub within_m: Option<u32>,
    pub limit: Option<u32>,
}

/// Passages that hang together: each near another of them, and at least two of the plates among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meeting {
    pub first_at_us: Micros,
    pub last_at_us: Micros,
    /// As they are written.
    pub plates: Vec<String>,
    pub place_names: Vec<String>,
    /// Of the first passage, where it is known.
    pub position: Option<Wgs84>,
    pub passages: u32,
}

/// One stolen vehicle of [`AskZones`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StolenVehicle {
    pub plate: String,
    /// When the theft was noticed.
    pub stolen_at_us: Micros,
    /// Absent: not found yet.
    #[serde(default)]
    pub recovered_at_us: Option<Micros>,
}

/// `POST /v1/sightings/zones`: where stolen vehicles disappear and turn up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskZones {
    /// One to 2,000.
    pub vehicles: Vec<StolenVehicle>,
    /// Of H3, 0 to 9; 8 (0.7 km²) when absent.
    #[serde(default)]
    pub resolution: Option<u8>,
    /// Days before the theft, and after it where there was no recovery, that are looked at; 30 when absent, at most 90.
    #[serde(default)]
    pub look_days: Option<u32>,
    /// For trends: thefts are counted by periods of so many days; all together when absent.
    #[serde(default)]
    pub period_days: Option<u32>,
}

/// One H3 cell in one period: numbers of vehicles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TheftZone {
    /// In hexadecimal digits.
    pub cell: String,
    /// The middle of the cell.
    pub position: Option<Wgs84>,
    /// Beginning of the period in which the thefts were noticed; absent without periods.
    pub period_from_us: Option<Micros>,
    /// Seen here last before the theft was noticed.
    pub last_seen_before: u32,
    /// Seen here first after it.
    pub first_seen_after: u32,
    /// Seen here last before the recovery, or at all.
    pub last_seen_after: u32,
}

/// `POST /v1/sightings/passed`: who passed a place and later another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskPassed {
    pub first: Vec<CameraId>,
    pub then: Vec<CameraId>,
    #[serde(flatten)]
    pub span: Span,
    /// Most seconds from the first passage to the second; an hour when absent.
    pub within_s: Option<u32>,
    pub limit: Option<u32>,
}

/// One end of the way between two places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassedAt {
    pub id: SightingId,
    pub captured_at_us: Micros,
    pub camera: Option<CameraId>,
    pub place_name: String,
    pub position: Option<Wgs84>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassedBoth {
    pub plate: Plate,
    pub plate_display: String,
    pub first: PassedAt,
    pub then: PassedAt,
    pub took_ms: i64,
}
