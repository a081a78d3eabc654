//! Numbers without plates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CameraId, Micros};
use shouhu_place::Wgs84;

use super::PartialNote;

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
