//! What was seen at some cameras, or in a part of the map.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros};
use shouhu_plate::Plate;

use super::{Area, Look, Span};

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
