//! The answer: who stands where, from when to when, and why; and what was left out, and why.

use super::model::{StopNo, UnitNo, Village, Window};

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// One per unit, in the units' order.
    pub tours: Vec<UnitTour>,
    /// Every hot spot that got fewer visits than it may have; most risk left first.
    pub left_out: Vec<LeftOut>,
    /// One per village with a stop, by number.
    pub villages: Vec<VillageShare>,
    /// Risk covered by all visits, repeats counted at their lesser worth.
    pub risk_covered: f64,
    /// What every stop's first visit together would cover.
    pub risk_known: f64,
    pub seed: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UnitTour {
    pub unit: UnitNo,
    pub visits: Vec<Visit>,
    pub left_start_s: i64,
    pub at_end_s: i64,
    pub share: UnitShare,
}

/// What one unit does in its shift; the four times add up to the shift.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UnitShare {
    pub dwell_s: i64,
    pub travel_s: i64,
    pub wait_s: i64,
    pub spare_s: i64,
    pub risk_covered: f64,
    /// Of all units' dwell, 0 to 1.
    pub dwell_share: f64,
}

/// What one village gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VillageShare {
    pub village: Village,
    pub visits: u32,
    pub dwell_s: i64,
    pub risk_covered: f64,
    /// Of all dwell, 0 to 1.
    pub dwell_share: f64,
    /// Of all known risk, 0 to 1: beside `dwell_share`, it shows who gets more than their risk explains.
    pub risk_share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visit {
    pub stop: StopNo,
    pub arrive_s: i64,
    pub leave_s: i64,
    pub risk_covered: f64,
    pub why_here: WhyHere,
    pub why_then: WhyThen,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WhyHere {
    /// A box that must be signed.
    Box { window: Window },
    /// Its risk; `rank` counts from 1 among all stops, most risk first.
    Risk { risk: f64, rank: u32 },
    /// The so-manieth visit, `since_s` after the last one left.
    Repeat { visit: u32, since_s: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyThen {
    /// The unit waited so long for the box's window to open.
    WindowOpens { waited_s: i64 },
    /// The window closes so long after the arrival, and going later would have missed it or another stop's turn.
    WithinWindow { left_s: i64 },
    /// On the unit's way: going there between its neighbours costs so much more travel than passing by.
    OnTheWay { detour_s: i64 },
    /// As above, for a place visited before: the two-hour rule allowed it `since_allowed_s` ago.
    GapOver { since_allowed_s: i64, detour_s: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeftOut {
    pub stop: StopNo,
    pub visits_made: u32,
    /// What its next visit would have covered.
    pub risk_left: f64,
    pub why: Obstacle,
}

/// What keeps a visit out of the finished plan: of all units and turns, the one that comes closest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A visit would still fit; the search ran out of budget before it saw so, or chance chose otherwise.
    Chance { unit: UnitNo, detour_s: i64 },
    /// The village has had all but `left_s` of its cap.
    VillageCap { left_s: i64 },
    /// The unit with the most left has all but `left_s` of its cap.
    UnitCap { unit: UnitNo, left_s: i64 },
    /// Every turn with time for it lies within the revisit gap of another visit.
    RevisitGap { visits_made: u32 },
    /// The shortest of all overruns: so much over the unit's shift, or over the window of a later box.
    NoTime { unit: UnitNo, short_s: i64 },
}
