//! Which plates the lake knows, and when it saw one first and last.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_plate::Plate;

use super::{Passing, PartialNote};

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
