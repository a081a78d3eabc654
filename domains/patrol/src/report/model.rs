//! What the report gives.

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{BoxId, Micros};

use super::periods::By;
use super::share::Share;
use crate::tours::report::{Tally, UnitWork};

/// Signatures at boxes against their intervals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ReportVisits {
    /// Within the interval after the one before.
    pub on_time: i64,
    pub late: i64,
    /// Whole intervals in which nobody came, after the first.
    pub missed: i64,
    /// On time, of all three.
    pub on_time_share: Option<Share>,
}

/// Streets that patrols covered, as days were summed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ReportStreets {
    pub days: i64,
    /// Metres covered within a day, of all metres: the mean of the days, the lowest and the highest.
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReportPeriod {
    pub from_us: Micros,
    /// Excluded; in the future for the period that goes on.
    pub until_us: Micros,
    pub is_over: bool,
    pub visits: ReportVisits,
    /// Signatures with a doubt.
    pub doubtful: i64,
    /// Attempts that were refused at boxes that are known.
    pub refused: i64,
    /// Published plans whose shift began in the period.
    pub plans: i64,
    pub tally: Tally,
    pub done_share: Option<Share>,
    /// Crews with a tour.
    pub units: i64,
    /// As planned, of all crews.
    pub standing_s: i64,
    pub driving_s: i64,
    /// Citizens' reports near a stop of the shift, of those on the ground of its plan.
    pub hit_share: Option<Share>,
    /// What the plans had expected of them.
    pub hits_expected: f64,
    /// Null where no day was summed.
    pub streets: Option<ReportStreets>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReportBox {
    pub id: BoxId,
    pub number: String,
    pub name: String,
    pub station: String,
    pub beat: String,
    pub visits: ReportVisits,
    /// Shannon entropy of the signatures' hours in Taipei, of the most that as many could have over 24: 0 when a watcher can set the
    /// clock by it. Null for fewer than five.
    pub hour_entropy: Option<f64>,
    /// How often naming the hour that came most often until then foretold the next signature's.
    pub guessed: Option<Share>,
}

/// By week or month, of one station or the whole city. Boxes, units and streets; no person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PatrolReport {
    pub by: By,
    pub station: String,
    /// Boxes in use.
    pub boxes_in_use: i64,
    pub periods: Vec<ReportPeriod>,
    /// Those with most misses first, over all periods.
    pub boxes: Vec<ReportBox>,
    /// Over all periods.
    pub units: Vec<UnitWork>,
    /// Mean over the boxes that have one.
    pub hour_entropy: Option<f64>,
    /// Of all boxes together.
    pub guessed: Option<Share>,
    /// There are more boxes or plans than one report holds.
    pub is_cut: bool,
}
