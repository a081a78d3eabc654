//! Sightings from the roadside to the server, and the watchlist's way back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, DeviceId, EntryId, Micros, SightingId};
use shouhu_place::Wgs84;
use shouhu_plate::{Form, MatchKind, Pattern, Plate, SeenVehicle, VehicleClass};

use crate::SenderRestriction;

/// Most sightings in one batch without pictures: a camera that was cut off catches up.
pub const BATCH_SIGHTINGS_MAX: usize = 1_000;
/// Most sightings in one batch with pictures: each picture is a file that is synced.
pub const BATCH_PICTURED_MAX: usize = 200;
/// Version of [`SightingBatch`] that this program writes and the newest that it reads.
pub const BATCH_VERSION: u32 = 1;
/// Most bytes of one batch's body, pictures included.
pub const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most bytes of one crop, before base64.
pub const CROP_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of one full frame, before base64.
pub const FRAME_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Most alternatives kept for one sighting.
pub const ALTERNATIVES_MAX: usize = 8;

/// Another way to read the same picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    pub plate: String,
    /// 0 to 1.
    pub probability: f64,
}

/// Where the vehicle moved in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TravelDirection {
    Approaching,
    Receding,
    LeftToRight,
    RightToLeft,
}

/// One passage as the device reports it. Strings are checked one by one by the server, so that one bad sighting is
/// quarantined and the rest of its batch is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedSighting {
    /// Counts up by one per device, without end; with the device it identifies the sighting.
    pub sequence: u64,
    pub plate: String,
    /// Calibrated probability that the whole text is right, 0 to 1.
    pub confidence: f64,
    /// One probability per character of `plate`.
    #[serde(default)]
    pub char_confidence: Vec<f64>,
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
    /// The device's clock.
    pub captured_at_us: i64,
    /// Where the device stood; absent for a fixed camera, whose position the server knows.
    #[serde(default)]
    pub lon: Option<f64>,
    #[serde(default)]
    pub lat: Option<f64>,
    #[serde(default)]
    pub direction: Option<TravelDirection>,
    #[serde(default)]
    pub speed_kmh: Option<f64>,
    /// What the best frame shows of the vehicle; devices from before send nothing.
    #[serde(default)]
    pub seen: SeenVehicle,
    /// Frames that voted.
    #[serde(default)]
    pub reads: u32,
    /// JPEG of the plate and its surroundings, base64.
    #[serde(default)]
    pub crop_jpeg: Option<String>,
    /// JPEG of the whole frame, base64; sent only where the device's policy says so.
    #[serde(default)]
    pub frame_jpeg: Option<String>,
    /// Entries that the device's own copy of the watchlist matched.
    #[serde(default)]
    pub local_hits: Vec<EntryId>,
    /// File or stream that the frame came from, for finding it again.
    #[serde(default)]
    pub source: Option<String>,
}

/// `POST /v1/sightings`, signed by the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SightingBatch {
    /// Of this form: a server refuses what is newer than it knows. Fields that it does not know are let pass.
    #[serde(default)]
    pub version: u32,
    /// Version of the recogniser that read the plates.
    pub model: String,
    /// The device's clock when it sent the batch: with the server's it tells how wrong the device's clock is.
    pub sent_at_us: i64,
    pub sightings: Vec<ReportedSighting>,
}

/// Why a sighting was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantined {
    pub sequence: u64,
    /// Stable error key.
    pub reason: String,
    /// The same in words.
    pub detail: String,
}

/// Everything in here is on disk, fsync'd, before it is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchReceipt {
    pub accepted: u32,
    /// Known already by device and sequence; the first version was kept.
    pub duplicates: u32,
    /// Kept for an operator to look at, never matched; those with the reason `sightings.ingest.not_reviewed` were destroyed.
    pub quarantined: Vec<Quarantined>,
    /// The device's clock minus the server's, microseconds.
    pub clock_offset_us: i64,
}

/// A sighting as the server keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sighting {
    pub id: SightingId,
    pub device: DeviceId,
    pub sequence: u64,
    pub camera: Option<CameraId>,
    /// Name of the camera, or of the device where it has no camera.
    pub place_name: String,
    pub plate: Plate,
    pub plate_display: String,
    pub form: Option<Form>,
    pub class: VehicleClass,
    pub confidence: f64,
    pub alternatives: Vec<Alternative>,
    /// The device's clock, put right where it was known to be wrong.
    pub captured_at_us: Micros,
    pub received_at_us: Micros,
    /// The device's clock was more than a minute off and has been corrected by this much.
    pub clock_corrected_us: i64,
    pub position: Option<Wgs84>,
    pub direction: Option<TravelDirection>,
    pub speed_kmh: Option<f64>,
    /// What its picture shows, by the device; what is absent was not sure.
    #[serde(default)]
    pub seen: SeenVehicle,
    pub reads: u32,
    /// `GET /v1/sightings/{id}/crop` has a picture.
    pub has_crop: bool,
    /// `GET /v1/sightings/{id}/frame` has a picture.
    pub has_frame: bool,
    pub model: String,
    /// Its device was not to be believed by itself when it captured or sent this. Worked out when it is shown.
    #[serde(default)]
    pub sender_restriction: Option<SenderRestriction>,
}

/// An entry as a device needs it: enough to alert, nothing about why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeltaEntry {
    pub id: EntryId,
    /// [`Pattern::untold`] of an entry that is not active: the id says which.
    pub pattern: Pattern,
    pub expires_at_us: Micros,
    /// False: the entry was withdrawn, its expiry passed, or devices may not have it any more; forget it.
    pub is_active: bool,
}

/// `GET /v1/watchlists/delta?since=N`, signed by the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WatchlistDelta {
    /// Ask with this number next time.
    pub version: i64,
    /// True: drop the copy first; this is the whole list (or its first page).
    pub is_full: bool,
    /// True: ask again at once with `version`.
    pub has_more: bool,
    pub entries: Vec<DeltaEntry>,
}

/// A match the edge made by itself, shown on its screen and log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LocalAlert {
    pub entry: EntryId,
    pub kind: MatchKind,
    pub plate: Plate,
    pub captured_at_us: i64,
}
