//! Questions to the sighting lake and their answers, holds, erasures and exports.
//!
//! What several of them share is here.

mod counts;
mod exports;
mod keeping;
mod movements;
mod places;
mod plates;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros, SightingId};
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, VehicleColour, VehicleKind};

pub use counts::*;
pub use exports::*;
pub use keeping::*;
pub use movements::*;
pub use places::*;
pub use plates::*;

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

/// Narrows passages to those whose picture shows such a vehicle. One of which that was not sure is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    #[serde(default)]
    pub kind: Option<VehicleKind>,
    #[serde(default)]
    pub colour: Option<VehicleColour>,
}
