//! Which units could close which junctions around a fugitive.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{Micros, UnitId};
use shouhu_place::Wgs84;

/// A unit that could hold a junction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RingUnit {
    pub unit: UnitId,
    pub at: Wgs84,
    /// Bound to another task: named in the answer, never ordered.
    pub is_busy: bool,
}

/// Where a fugitive was seen, and what may be done about it. Times are seconds from now.
#[derive(Debug, Clone, PartialEq)]
pub struct RingQuestion {
    /// Answers of one pursuit know of each other: whoever was named for a junction stays named where that is as good.
    pub pursuit: String,
    /// Now: roads are closed until some time.
    pub at: Micros,
    pub seen: Wgs84,
    pub ago_s: f64,
    /// No junction of the ring lies farther than he can drive until then.
    pub horizon_s: f64,
    /// From a unit's arrival until nobody passes.
    pub setup_s: f64,
    pub units: Vec<RingUnit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RingOutcome {
    Closed,
    Open,
    /// No road leads from him to the outside.
    NoWayOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhyOpen {
    TooLate,
    /// Units would be in time, but each holds another junction.
    NobodyLeft,
    /// No free unit has a road to it within the horizon.
    NoUnit,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RingOrder {
    pub unit: UnitId,
    pub at: Wgs84,
    /// Names of the streets that meet there.
    pub street: String,
    pub drive_s: f64,
    /// His earliest arrival.
    pub suspect_s: f64,
    pub slack_s: f64,
    /// Named for this junction in the answer before.
    pub is_kept: bool,
    /// A road leaves the imported map here: what lies beyond is not known, so that it counts as a way out.
    pub is_map_exit: bool,
}

/// A junction that nobody holds in time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RingLeak {
    pub position: Wgs84,
    pub street: String,
    pub suspect_s: f64,
    pub why: WhyOpen,
    pub late_by_s: Option<f64>,
    /// A road leaves the imported map here.
    pub is_map_exit: bool,
}

/// What speaks for or against a unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RingReason {
    /// `ring.in_time` …; the UI translates it.
    pub key: &'static str,
    /// Numbers for the translation, their units in their names.
    pub params: BTreeMap<&'static str, f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RingAnswer {
    pub outcome: RingOutcome,
    /// As asked, or nearer where the map ends before it.
    pub horizon_s: f64,
    pub units_short: usize,
    pub is_proven: bool,
    pub closed_after_s: Option<f64>,
    pub radius_s: Option<f64>,
    pub orders: Vec<RingOrder>,
    pub leaks: Vec<RingLeak>,
    /// His fastest way out past the orders; empty when there is none.
    pub escape: Vec<Wgs84>,
    /// It ends where a road leaves the imported map.
    pub escape_leaves_map: bool,
    /// One for each unit of the question that is near a road.
    pub verdicts: Vec<(UnitId, Vec<RingReason>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRing {
    NoMap,
    /// No road near the place where he was seen.
    OffTheMap,
    /// The question is not well formed.
    Refused(String),
}

/// Answered by the map of operations. Takes up to some hundred milliseconds: never on a request's thread.
pub trait ClosingRings: Send + Sync {
    /// # Errors
    /// When there is no map or no road near; that no ring can be closed is an answer.
    fn close(&self, question: &RingQuestion) -> Result<RingAnswer, NoRing>;
}
