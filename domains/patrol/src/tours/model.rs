//! What the routes of tours take and give. Times are microseconds of UTC, shares are 0 to 1.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{BoxId, Micros, TourPlanId, UnitId};
use shouhu_place::Wgs84;
use shouhu_wire::PlanDeclined;

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct AskTours {
    pub from_us: Micros,
    /// One to fourteen hours later.
    pub to_us: Micros,
    /// 派出所 whose ground is planned, a kilometre round its boxes; the whole city where it is left out.
    pub station: Option<String>,
    #[schemars(length(min = 1, max = 20))]
    pub units: Vec<UnitId>,
    /// Reports of so many days count; 90 where it is left out.
    #[schemars(range(min = 7, max = 365))]
    pub days: Option<i64>,
    /// Where every crew leaves and returns to; the box or hot spot in the middle where it is left out.
    pub base: Option<Wgs84>,
    /// Kinds of incidents that count; all where it is empty.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// 0: the same plan whatever the seed; 1: chance weighs about as much as risk. 0.3 where it is left out.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub unpredictability: Option<f64>,
    /// No crew stands for more than this part of the shift; half where it is left out.
    #[schemars(range(min = 0.2, max = 0.8))]
    pub standing_share_max: Option<f64>,
    /// To plan again with the chance of an earlier plan; drawn where it is left out.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub seed: Option<i64>,
    /// A proposed or published plan that ends when this one is published.
    pub replaces: Option<TourPlanId>,
}

/// What was asked for, with what was left out filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourTerms")]
pub struct Terms {
    pub days: i64,
    pub kinds: Vec<String>,
    pub unpredictability: f64,
    pub standing_share_max: f64,
    pub seed: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    Proposed,
    Published,
    /// Never published.
    Discarded,
    /// Taken back after it was published.
    Withdrawn,
    /// A plan that names it was published.
    Replaced,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    HotSpot,
    /// Chosen by chance and not by its reports, so that no place is left to nobody's eyes and the map can be checked.
    Explore,
    Box,
}

/// What citizens are expected to report at a place in the seven days after the plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourExpected")]
pub struct Expected {
    /// Of all that is expected on the planned ground.
    pub share: f64,
    /// Ends of the 90 % interval of that share.
    pub low: f64,
    pub high: f64,
    /// Reports in the place itself, counted.
    pub reports: i64,
    /// Rests on fewer than three reports' weight: says little.
    pub is_thin: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoxDue {
    /// Hours past its interval when the shift ends.
    pub overdue_h: i64,
    pub every_h: i64,
    /// Nobody ever signed it; counted from when it was put up.
    pub is_never: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TourPlace {
    /// The same place has the same key in every plan.
    pub key: String,
    pub kind: PlaceKind,
    #[serde(rename = "box")]
    pub patrol_box: Option<BoxId>,
    /// Of the box; empty for others.
    pub number: String,
    /// Of the box; of the box that is nearest for others.
    pub name: String,
    /// 派出所 and 勤區 of the box that is nearest.
    pub area: String,
    pub position: Wgs84,
    pub expected: Option<Expected>,
    pub due: Option<BoxDue>,
}

/// A key that the UI translates, and its numbers with their units in their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourWhy")]
pub struct Why {
    pub key: String,
    pub params: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopState {
    Planned,
    Done,
    Skipped,
}

/// Why a stop was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    Busy,
    NoAccess,
    RoadClosed,
    Unsafe,
    Other,
    /// Derived: a job left no time for it before the shift ends.
    TaskNoTime,
    /// Derived: shifted by a job to less than two hours from another visit.
    TaskTooSoon,
    /// Derived: the shift ended and nobody said a word.
    ShiftOver,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourProgress")]
pub struct Progress {
    pub state: StopState,
    pub reason: Option<SkipReason>,
    /// When it was done or skipped.
    pub at_us: Option<Micros>,
    pub by_name: Option<String>,
    /// As planned, later by the jobs that came between.
    pub expected_arrive_us: Micros,
    pub expected_leave_us: Micros,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TourStop {
    /// From 1, in the planned order.
    pub seq: i64,
    pub place: TourPlace,
    /// The so-manieth visit of any crew to this place in this shift.
    pub visit: i64,
    pub arrive_us: Micros,
    pub leave_us: Micros,
    /// From the stop before, or the base.
    pub drive_s: i64,
    /// From here to the base.
    pub home_s: i64,
    pub why: Vec<Why>,
    pub progress: Progress,
}

/// One crew's shift. Standing, driving, waiting and spare add up to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitTour {
    pub unit: UnitId,
    pub call_sign: String,
    pub stops: Vec<TourStop>,
    pub back_at_us: Micros,
    pub standing_s: i64,
    pub driving_s: i64,
    pub waiting_s: i64,
    pub spare_s: i64,
    /// Of all crews' standing.
    pub standing_share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourLeftOut")]
pub struct LeftOut {
    pub place: TourPlace,
    pub why: Why,
    /// The crew that came closest to it.
    pub unit: Option<UnitId>,
}

/// What one beat gets, beside what its reports explain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourAreaShare")]
pub struct AreaShare {
    pub area: String,
    pub visits: i64,
    pub standing_s: i64,
    pub standing_share: f64,
    pub expected_share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourReportsUsed")]
pub struct ReportsUsed {
    /// Citizens' reports that the surface was learned from.
    pub counted: i64,
    /// Off the planned ground, or of the future.
    pub left_out: i64,
    pub as_of_us: Micros,
}

/// What was proposed. It never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planned {
    pub terms: Terms,
    pub base: Wgs84,
    /// False where no roads are loaded: times are then guessed from straight lines.
    pub is_by_road: bool,
    /// The time limit ended the search: the same seed may give another plan on another day.
    pub is_cut: bool,
    pub took_ms: i64,
    pub reports: ReportsUsed,
    /// The most that any crew may stand; the same for each.
    pub standing_cap_s: i64,
    pub boxes_due: i64,
    pub boxes_planned: i64,
    /// Of the expected reports: at places with a visit, and at all places that were looked at.
    pub share_covered: f64,
    pub share_known: f64,
    pub tours: Vec<UnitTour>,
    /// Most expected reports, then most overdue first; at most 200.
    pub left_out: Vec<LeftOut>,
    pub left_out_count: i64,
    pub areas: Vec<AreaShare>,
}

/// Why what is left of a plan was planned anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TourRetask")]
pub struct Retask {
    /// The crew that was called away.
    pub unit: UnitId,
    pub call_sign: String,
    pub incident_number: String,
    /// When it was worked out; crews are where their tours had them then.
    pub at_us: Micros,
    /// Stops that this crew had not made.
    pub open_stops: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TourPlan {
    pub id: TourPlanId,
    pub state: PlanState,
    /// Empty for the whole city.
    pub station: String,
    pub from_us: Micros,
    pub to_us: Micros,
    pub created_at_us: Micros,
    pub created_by_name: String,
    /// When it was published, discarded or withdrawn, and by whom.
    pub decided_at_us: Option<Micros>,
    pub decided_by_name: Option<String>,
    pub reason: Option<String>,
    pub replaces: Option<TourPlanId>,
    /// Set where it was proposed because a crew was called away.
    pub retask: Option<Retask>,
    #[serde(flatten)]
    pub answer: Planned,
}

/// A plan in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TourPlanLine {
    pub id: TourPlanId,
    pub state: PlanState,
    pub station: String,
    pub from_us: Micros,
    pub to_us: Micros,
    pub created_at_us: Micros,
    pub created_by_name: String,
    pub call_signs: Vec<String>,
    pub stops: i64,
    /// Set where it was proposed because a crew was called away.
    pub retask: Option<Retask>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct DiscardPlan {
    /// Needed: what was proposed, or published, is not to be done.
    #[serde(default)]
    pub code: Option<PlanDeclined>,
    /// Needed for a plan that was published.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MyTour {
    /// Of the unit's published plan that goes on, or begins within a day, or ended within the half hour.
    pub tour: Option<CrewTour>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CrewTour {
    pub plan: TourPlanId,
    pub unit: UnitId,
    pub call_sign: String,
    pub station: String,
    pub from_us: Micros,
    pub to_us: Micros,
    pub base: Wgs84,
    pub back_at_us: Micros,
    /// Number of the incident that holds the crew now.
    pub paused_for: Option<String>,
    /// By how much jobs have shifted what is still to come, seconds.
    pub delay_s: i64,
    /// Why this tour is another one than at the shift's beginning: a crew was called away and its stops were shared out.
    pub retask: Option<Retask>,
    pub stops: Vec<TourStop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkOutcome {
    Done,
    Skipped,
    /// Takes the word of before back.
    Planned,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct MarkStop {
    pub plan: TourPlanId,
    pub seq: i64,
    pub outcome: MarkOutcome,
    /// For a skipped stop: one of those that a person may give.
    pub reason: Option<SkipReason>,
    /// By the phone's clock, when the crew said so.
    pub at_us: Micros,
}
