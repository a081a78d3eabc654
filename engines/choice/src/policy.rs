//! The policies, and their knobs with units.

use serde::{Deserialize, Serialize};

use crate::preempt::Preemption;

/// How the units that could go are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum Policy {
    /// Units of the incident's district first, each group by straight line.
    District,
    /// By straight line from the last position.
    NearestByAir,
    /// By travel time from the last position.
    NearestByRoad,
    /// By travel time, rested units first.
    NearestWithRest(RestRule),
    /// By travel time plus the price of the cover that the unit takes away.
    CoverageAware(CoverageRule),
}

/// When a unit counts as tired, and how far a rested one may be preferred. Urgent incidents do not look at it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RestRule {
    pub duty_max_s: f64,
    pub rest_min_s: f64,
    /// A rested unit goes first only if it is at most so much slower than the nearest of all.
    pub slower_max_s: f64,
}

impl Default for RestRule {
    /// Assumptions: ten hours are long, ten minutes are a breath, ninety seconds are what that is worth.
    fn default() -> Self {
        Self { duty_max_s: 36_000.0, rest_min_s: 600.0, slower_max_s: 90.0 }
    }
}

/// Loss of cover against response time (after Jagtenberg, Bhulai & van der Mei 2015). Urgent incidents get the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CoverageRule {
    /// Seconds of this incident's waiting that one per cent of the city's demand is worth.
    pub s_per_percent: f64,
    /// The chosen unit is at most so much slower than the nearest.
    pub slower_max_s: f64,
}

impl Default for CoverageRule {
    fn default() -> Self {
        Self { s_per_percent: 30.0, slower_max_s: 90.0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub policy: Policy,
    /// Position age beyond this is added to travel times: the unit may have driven away for as long. None: ages are
    /// stated but not counted.
    pub stale_after_s: Option<f64>,
    pub preemption: Option<Preemption>,
}

impl Settings {
    #[must_use]
    pub const fn of(policy: Policy) -> Self {
        Self { policy, stale_after_s: None, preemption: None }
    }
}
