//! Pictures that a crew sends from its job, for the incident's log.
//!
//! The picture lies with the blobs of class assignment under the key of the day on which it arrived; its row says whose it is. A row
//! outlives its picture: that there was one, who sent it and why it is gone stays with the log, which nobody changes.
//!
//! **Invariant:** a photo is acknowledged only after both its files and its row are synced, and a row is never without its files
//! while its state is `kept`.

mod book;
pub mod purge;
pub mod sight;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_blobs::{BlobClass, BlobId};
use shouhu_ids::{ActorId, AssignmentId, IncidentId, Micros, PhotoId, UnitId};
use shouhu_place::Wgs84;

pub use book::{NewPhoto, PhotoError, keep, of_incident, one, withdraw};

/// A phone's picture of full size at good quality; the phone's page shrinks to a tenth of it.
pub const PHOTO_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Of one assignment, those that were withdrawn included: a scene in overview and detail, not a film.
pub const PHOTOS_MAX: i64 = 30;
/// A line under a picture, characters.
pub const CAPTION_MAX: usize = 200;
/// A phone that had no network sends what it took while the job went on; later it belongs to the report, and to the case.
pub const AFTER_END_US: i64 = Micros::DAY;
/// Long enough to see that it was the wrong picture, too short to think twice about evidence.
pub const WITHDRAW_US: i64 = 5 * Micros::MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhotoState {
    Kept,
    /// By the officer who sent it by mistake.
    Withdrawn,
    /// Its time was over.
    Destroyed,
}

/// A photo without its picture, which `GET /v1/photos/{id}` gives while the state is `kept`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Photo {
    pub id: PhotoId,
    pub assignment: AssignmentId,
    /// Whose log has its line; a merge may have moved the assignment since.
    pub incident: IncidentId,
    pub incident_number: String,
    pub unit: UnitId,
    pub call_sign: String,
    pub by: ActorId,
    pub by_name: String,
    pub received_at_us: Micros,
    /// As the phone's clock said.
    pub taken_at_us: Option<Micros>,
    pub caption: String,
    /// Only where the officer chose to send it; never from the picture.
    pub position: Option<Wgs84>,
    /// Radius within which the phone was.
    pub accuracy_m: Option<f64>,
    /// SHA-256 of the bytes as they arrived, in hexadecimal; the line of the log has it, too.
    pub sha256: String,
    pub received_bytes: i64,
    /// Of the picture that is kept.
    pub width_px: i64,
    pub height_px: i64,
    pub state: PhotoState,
    pub ended_at_us: Option<Micros>,
    pub end_reason: Option<String>,
    /// Until then whoever sent it may take it back.
    pub withdraw_until_us: Micros,
    /// Since 1970 in UTC: whose key locks the picture.
    #[serde(skip)]
    pub day: i64,
    /// Whose crew sees it for a day longer.
    #[serde(skip)]
    pub order_ended_at: Option<Micros>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhotoSize {
    #[default]
    Large,
    /// For a row of a list, 320 px at most.
    Small,
}

impl PhotoSize {
    pub const ALL: [Self; 2] = [Self::Large, Self::Small];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Small => "small",
        }
    }
}

/// By a name that holds the hash: what an earlier try left on the disk under the same name is the same picture.
pub fn blob_of(id: PhotoId, sha256: &str, day: i64, size: PhotoSize) -> BlobId {
    BlobId::named(BlobClass::Assignment, day, &format!("photo {id} {sha256} {}", size.as_str()))
}
