//! Questions to the sighting lake and their answers, holds, erasures and exports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{ActorId, CameraId, ExportId, HoldId, Micros, SightingId};
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, VehicleColour, VehicleKind};

use crate::sightings::TravelDirection;

/// Why an answer may not be whole. `key` has a translation; `detail` says which file, node or limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartialNote {
    /// `sightings.partial.limit`, `.stopped`, `.damaged`, `.behind` or `.not_in_memory`.
    pub key: String,
    pub detail: String,
}

/// Rows, where the next page begins, and why there may be more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Found<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor`; absent after the last page and where answers have no pages.
    pub next_cursor: Option<String>,
    /// Empty: the answer is whole.
    pub partial: Vec<PartialNote>,
}

/// Which way a vehicle went past a source: in a camera's picture, by compass past a gantry, in or out of a car park.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Heading {
    Approaching,
    Receding,
    LeftToRight,
    RightToLeft,
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
    NorthWest,
    Entered,
    Left,
}

impl From<TravelDirection> for Heading {
    fn from(direction: TravelDirection) -> Self {
        match direction {
            TravelDirection::Approaching => Self::Approaching,
            TravelDirection::Receding => Self::Receding,
            TravelDirection::LeftToRight => Self::LeftToRight,
            TravelDirection::RightToLeft => Self::RightToLeft,
        }
    }
}

/// What a passage is kept for and how long: a retention class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SightingClass {
    /// Cameras and cars of the police.
    Passage,
    /// Held for a hit, a case or a legal hold.
    Kept,
    Parking,
    /// Freeway gantries.
    Gantry,
    /// Shared by a partner: a neighbouring city, a forest-road site.
    Partner,
}

impl SightingClass {
    pub const ALL: [Self; 5] = [Self::Passage, Self::Kept, Self::Parking, Self::Gantry, Self::Partner];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passage => "passage",
            Self::Kept => "kept",
            Self::Parking => "parking",
            Self::Gantry => "gantry",
            Self::Partner => "partner",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// One passage as the answers of wide questions have it; `GET /v1/sightings/{id}` has the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passing {
    pub id: SightingId,
    pub plate: Plate,
    pub plate_display: String,
    pub captured_at_us: Micros,
    pub camera: Option<CameraId>,
    /// Name of the camera, of the device where it has no camera, or of the feed's gantry or car park.
    pub place_name: String,
    pub position: Option<Wgs84>,
    pub confidence: f64,
    pub heading: Option<Heading>,
}

/// How plates of the book are compared with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlateLikeness {
    /// `?` stands for one character, `*` for any number.
    #[default]
    Wildcard,
    /// Equal when characters that cameras confuse (8 B, 0 O D Q …) count as equal.
    LookAlike,
    /// One character exchanged, missing or too many.
    OneOff,
}

/// `GET /v1/sightings/plates`: which plates of the lake are like this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindPlates {
    pub plate: String,
    #[serde(default)]
    pub likeness: PlateLikeness,
    /// Only plates that were seen in a window, a week wide at most; the whole lake when neither end is given.
    pub from_us: Option<i64>,
    pub until_us: Option<i64>,
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnownPlate {
    pub plate: Plate,
    pub plate_display: String,
    /// Passages of it that the lake has, in the window where there is one.
    pub sightings: u64,
    /// In the window; absent without one.
    pub first_at_us: Option<Micros>,
    pub last_at_us: Option<Micros>,
}

/// From `from_us` to before `until_us`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    pub from_us: Micros,
    pub until_us: Micros,
}

/// A part of the map. Polygons are GeoJSON rings: longitude, latitude, first ring outside, the others holes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Area {
    Circle { center: Wgs84, radius_m: f64 },
    Bbox { west: f64, south: f64, east: f64, north: f64 },
    Polygon { coordinates: Vec<Vec<[f64; 2]>> },
    /// H3 cells (Uber, v4) as hexadecimal text, all of one resolution or mixed.
    H3 { cells: Vec<String> },
}

/// `POST /v1/sightings/cameras`: everything that some cameras saw in a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskCameras {
    pub cameras: Vec<CameraId>,
    #[serde(flatten)]
    pub span: Span,
    pub limit: Option<u32>,
    /// Of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Narrows passages to those whose picture shows such a vehicle. One of which that was not sure is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    #[serde(default)]
    pub kind: Option<VehicleKind>,
    #[serde(default)]
    pub colour: Option<VehicleColour>,
}

/// `POST /v1/sightings/cameras`, narrowed by what the pictures show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskCameraPassages {
    #[serde(flatten)]
    pub at: AskCameras,
    #[serde(flatten)]
    pub look: Look,
}

/// A plate with its passages in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlatePassages {
    pub plate: Plate,
    pub plate_display: String,
    pub sightings: u64,
    pub first_at_us: Micros,
    pub last_at_us: Micros,
}

/// `POST /v1/sightings/area`: everything that was seen in an area in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskArea {
    pub area: Area,
    #[serde(flatten)]
    pub span: Span,
    pub limit: Option<u32>,
    /// Of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// `POST /v1/sightings/area`, narrowed by what the pictures show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskAreaPassages {
    #[serde(flatten)]
    pub within: AskArea,
    #[serde(flatten)]
    pub look: Look,
}

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

/// `GET /v1/sightings/seen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AskSeen {
    pub plate: String,
}

/// The first and the last time that the lake has of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirstAndLast {
    pub plate_display: String,
    pub first: Option<Passing>,
    pub last: Option<Passing>,
    pub sightings: u64,
    pub partial: Vec<PartialNote>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountBy {
    #[default]
    Hour,
    /// Hour of each camera.
    HourCamera,
    /// Cells of H3, the whole window together.
    Cell,
}

/// `GET /v1/sightings/counts`: numbers without plates. Whole hours in UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskCounts {
    #[serde(default)]
    pub by: CountBy,
    pub from_us: i64,
    pub until_us: i64,
    /// One camera only.
    pub camera: Option<CameraId>,
    /// `west,south,east,north` in degrees: only what passed within; with `by=hour`.
    pub bbox: Option<String>,
    /// Of H3 with `by=cell`, 0 to 15; 8 (about 0.7 km²) when absent.
    pub resolution: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// Start of the hour; absent when counted by cell.
    pub hour_us: Option<Micros>,
    pub camera: Option<CameraId>,
    pub place_name: Option<String>,
    pub position: Option<Wgs84>,
    /// H3 cell, hexadecimal.
    pub cell: Option<String>,
    pub sightings: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub items: Vec<Count>,
    pub total: u64,
    pub partial: Vec<PartialNote>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Csv,
    Geojson,
    Parquet,
}

impl ExportFormat {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Geojson => "geojson",
            Self::Parquet => "parquet",
        }
    }
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExportQuestion {
    /// All passages of one plate.
    History { plate: String },
    Cameras { cameras: Vec<CameraId> },
    Area { area: Area },
}

/// `POST /v1/sightings/exports`: purpose and case are kept with it and written to the log again at the download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewExport {
    pub question: ExportQuestion,
    #[serde(flatten)]
    pub span: Span,
    pub format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Waiting,
    Running,
    /// `GET /v1/sightings/exports/{id}/file` has it until it expires.
    Ready,
    Cancelled,
    Failed,
    /// The file was destroyed.
    Expired,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    pub id: ExportId,
    pub state: ExportState,
    pub format: ExportFormat,
    /// What was asked, in words, as the log has it.
    pub asked: String,
    pub asked_by: ActorId,
    pub asked_by_name: String,
    pub asked_at_us: Micros,
    /// 0 to 100.
    pub percent: u8,
    pub rows: u64,
    pub bytes: u64,
    pub expires_at_us: Option<Micros>,
    pub partial: Vec<PartialNote>,
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A raised hit: its proof.
    Hit,
    /// A person ordered it.
    Legal,
}

/// A passage that no purge and no erasure takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    pub id: HoldId,
    pub sighting: SightingId,
    pub plate_display: String,
    pub captured_at_us: Micros,
    pub reason: HoldReason,
    pub note: String,
    pub case_ref: Option<String>,
    pub since_us: Micros,
    /// 警察職權行使法 §10: at most a year after the recording, unless an investigation needs it.
    pub until_us: Micros,
    pub placed_by_name: Option<String>,
    pub lifted_at_us: Option<Micros>,
}

/// `POST /v1/sightings/holds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceHold {
    pub sighting: SightingId,
    pub note: String,
    /// With a case an investigation needs it: the hold may then last longer than a year.
    #[serde(default)]
    pub case_ref: Option<String>,
    /// A year after the recording when absent.
    #[serde(default)]
    pub until_us: Option<Micros>,
}

/// `POST /v1/sightings/holds/{id}/lift`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiftHold {
    pub note: String,
}

/// `POST /v1/sightings/erasures`: takes every passage of a plate out of the lake, files rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EraseOrder {
    /// The whole plate, typed.
    pub plate: String,
    pub reason: String,
    #[serde(default)]
    pub case_ref: Option<String>,
}

/// What was done; the plate itself is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Erasure {
    pub at_us: Micros,
    pub by_name: String,
    pub reason: String,
    pub case_ref: Option<String>,
    pub erased: u64,
    pub pictures: u64,
}

/// How long a class is kept, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionClass {
    pub class: SightingClass,
    /// Absent: as long as a hold names it.
    pub days: Option<u32>,
    pub legal_basis: String,
    /// Rows in the lake now.
    pub sightings: u64,
    pub oldest_us: Option<Micros>,
}

/// A purge's certificate. Balanced: of the rows that the days' files had, each was purged, kept or there twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PurgeCertificate {
    pub ran_at_us: Micros,
    pub rows_before: u64,
    pub purged: u64,
    /// Held: moved to the class `kept`, pictures with them.
    pub kept: u64,
    pub duplicates: u64,
    pub is_balanced: bool,
    pub pictures_moved: u64,
    /// Pictures from days before this one (days since 1970) cannot be read any more, in any copy.
    pub keys_until_day: i64,
    pub quarantine_deleted: u64,
    pub purged_total: u64,
    pub erased_total: u64,
}

/// `GET /v1/sightings/retention`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retention {
    pub classes: Vec<RetentionClass>,
    /// Newest first.
    pub certificates: Vec<PurgeCertificate>,
    pub erasures: Vec<Erasure>,
}
