//! What the routes of streets take and give.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_module::ports::RoadKind;

/// How far back "driven" reaches. All windows begin and end at a full hour, the last one that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreetWindow {
    /// Since 0, 8 or 16 o'clock in Taipei, whichever was last before the last full hour.
    Shift,
    /// The last 24 full hours.
    #[default]
    Day,
    /// The last 168 full hours.
    Week,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreetState {
    /// Driven within the window; a lane by `crews_min` crews on one day within it.
    Covered,
    /// Driven before the window, within the days that are kept; a lane by `crews_min` crews on one day.
    Stale,
    /// Not driven; of a lane also: by one crew alone on each day.
    Open,
}

/// Metres of road.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, JsonSchema)]
#[schemars(rename = "StreetMetres")]
pub struct Metres {
    pub length_m: f64,
    pub covered_m: f64,
    pub stale_m: f64,
    pub open_m: f64,
}

impl Metres {
    pub fn add(&mut self, state: StreetState, metres: f64) {
        self.length_m += metres;
        match state {
            StreetState::Covered => self.covered_m += metres,
            StreetState::Stale => self.stale_m += metres,
            StreetState::Open => self.open_m += metres,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "StreetArea")]
pub struct AreaCover {
    /// 派出所
    pub station: String,
    /// 勤區
    pub beat: String,
    #[serde(flatten)]
    pub metres: Metres,
}

/// All pieces of one name in one beat.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "StreetRow")]
pub struct StreetCover {
    /// Empty: all that have no name.
    pub name: String,
    pub station: String,
    pub beat: String,
    #[serde(flatten)]
    pub metres: Metres,
    /// The hour in which any of it was driven last; null where that may not be told, or nobody drove.
    pub last_us: Option<Micros>,
}

/// Which streets patrols drove. Counts of nobody in particular.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "StreetCoverage")]
pub struct Coverage {
    pub window: StreetWindow,
    pub from_us: Micros,
    pub now_us: Micros,
    /// Null while no map is imported.
    pub map_version: Option<i64>,
    /// Tracks until then are counted; null before the first round.
    pub counted_until_us: Option<Micros>,
    /// Of all fixes that were weighed on this map, those that lay on a road; null while there are none.
    pub matched_share: Option<f64>,
    /// Older than this is not known.
    pub kept_days: i64,
    /// On one day so many crews must have driven a lane before it is told as driven, and any road before passages and hour are told.
    pub crews_min: u32,
    #[serde(flatten)]
    pub metres: Metres,
    pub areas: Vec<AreaCover>,
    /// Those with most open metres first.
    pub streets: Vec<StreetCover>,
    /// There are more streets than one answer holds.
    pub is_cut: bool,
}

/// One piece of road on the map.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StreetLine {
    /// Of this map version only.
    pub id: u32,
    pub name: String,
    pub kind: RoadKind,
    pub is_one_way: bool,
    pub length_m: f64,
    pub state: StreetState,
    /// Passages along the line on days of the window on which enough crews drove here; null where there was none.
    pub forward: Option<u32>,
    pub backward: Option<u32>,
    /// The hour of the last passage; null where on that day too few crews drove here.
    pub last_us: Option<Micros>,
    /// Longitude and latitude of each point.
    pub line: Vec<[f64; 2]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StreetLines {
    pub map_version: Option<i64>,
    /// Through roads first, then lanes.
    pub items: Vec<StreetLine>,
    /// There are more in this rectangle: look nearer.
    pub is_cut: bool,
}
