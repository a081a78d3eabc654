//! What is asked, and what is answered. Every time is in seconds from now.

use shouhu_roads::NodeId;

use crate::streets::Spot;

/// Units beyond these nearest to the sightings are not compared: a ring of a city needs tens, and each costs one search.
pub const UNITS_COMPARED_MAX: usize = 256;

/// Alternatives of one plate that are weighed at once.
pub(crate) const SEEN_MAX: usize = 16;

/// The caller's name for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(pub u64);

/// A junction that a unit blocks already.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Post {
    pub junction: NodeId,
    /// When it was set up there; at most 0, and worth more the longer ago: it may have been there before he was.
    pub since_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    pub id: UnitId,
    pub at: Spot,
    /// Bound to another task; named in the answer, never ordered.
    pub is_busy: bool,
    /// From now until it can start driving.
    pub free_in_s: f64,
    pub post: Option<Post>,
}

impl Unit {
    /// A unit that can leave at once.
    #[must_use]
    pub const fn free(id: u64, at: Spot) -> Self {
        Self { id: UnitId(id), at, is_busy: false, free_in_s: 0.0, post: None }
    }
}

/// One place where he was seen, or may have been: alternatives of a plate reading are several of these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub at: Spot,
    /// From the sighting until now: the head start.
    pub ago_s: f64,
    /// How much it is believed, relative to the others; above 0.
    pub weight: f64,
}

impl Seen {
    #[must_use]
    pub const fn surely(at: Spot, ago_s: f64) -> Self {
        Self { at, ago_s, weight: 1.0 }
    }
}

/// What he must not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// Whatever lies farther than he can drive until [`Settings::horizon_s`].
    Horizon,
    /// These junctions; holding one closes it.
    Exits(Vec<NodeId>),
    /// Both: what lies farther than the horizon, and those of these junctions that he reaches before, such as roads that leave the
    /// map. None of them is an error.
    HorizonOrExits(Vec<NodeId>),
}

/// What makes one ring better than another that also holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The least escape radius up to [`Settings::grain_s`] (his latest earliest arrival at the ring), then the fewest units.
    SmallestRing,
    /// The fewest units, then the least escape radius.
    FewestUnits,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// His speed over that of the profile he is given, 0.1 to 10.
    pub speed_ratio: f64,
    /// From a unit's arrival until nobody passes.
    pub setup_s: f64,
    /// Slack that every order must have at least.
    pub margin_s: f64,
    /// No junction of the ring lies farther than he can drive until then.
    pub horizon_s: f64,
    pub outside: Outside,
    pub prefer: Prefer,
    /// No ring may bind more units.
    pub units_max: usize,
    /// A unit on its way is sent elsewhere only where that saves more than this in total driving; 0 keeps it where equal.
    pub swap_saves_s: f64,
    /// Junctions that further flows may pass, for each radius, before "none found" is believed without proof. More finds few
    /// rings more and proves more of those found to be the best.
    pub effort: usize,
    /// Radii that differ by less count as equal: a finer search takes longer and holds no better.
    pub grain_s: f64,
}

impl Default for Settings {
    /// An assumption to be replaced by the city's practice: half a minute to block a junction, half an hour to do it in.
    fn default() -> Self {
        Self {
            speed_ratio: 1.0,
            setup_s: 30.0,
            margin_s: 0.0,
            horizon_s: 1_800.0,
            outside: Outside::Horizon,
            prefer: Prefer::SmallestRing,
            units_max: UNITS_COMPARED_MAX,
            swap_saves_s: 0.0,
            effort: 10_000,
            grain_s: 5.0,
        }
    }
}

/// A unit stops at a junction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    pub unit: UnitId,
    pub junction: NodeId,
    /// Without the set-up time; 0 for a unit that stands there.
    pub drive_s: f64,
    /// Set up and closed; negative for a post that was closed before now.
    pub arrival_s: f64,
    /// His earliest arrival.
    pub suspect_s: f64,
    pub slack_s: f64,
    /// The unit had this order before.
    pub is_kept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WhyOpen {
    /// Even the quickest unit is this much too late.
    TooLate { unit: UnitId, by_s: f64 },
    /// Units would be in time, but each holds another junction, or no more may be bound.
    NobodyLeft,
    /// No free unit has a road to it within the horizon.
    NoUnit,
}

/// A junction of the best partial ring that nobody holds in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leak {
    pub junction: NodeId,
    pub suspect_s: f64,
    pub why: WhyOpen,
}

/// His fastest way out past the orders of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Escape {
    /// From a sighting to the first junction outside.
    pub junctions: Vec<NodeId>,
    pub out_s: f64,
}

/// What speaks for an order to a unit, or against one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// For: it holds its junction with this slack.
    InTime {
        slack_s: f64,
    },
    /// For: no other compared unit would be in time there.
    OnlyOneInTime,
    /// For: it drives there already.
    AlreadyDriving,
    /// For: it stands there already.
    AlreadyStanding,
    /// Against: at the junction where it comes closest to being of use it is late by this much.
    TooLate {
        junction: NodeId,
        by_s: f64,
    },
    /// Against: it could hold this many junctions of the ring, but others hold them all.
    NotNeeded {
        could_hold: usize,
    },
    Busy,
    /// Against: no road from it to the ring within the horizon.
    NoWay,
    /// Against: [`UNITS_COMPARED_MAX`] units are nearer to the sighting.
    FartherThanEnough,
    /// Against: nothing is to be closed.
    NoRing,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub unit: UnitId,
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// He cannot get out of the ring from the sightings that count into [`Plan::contained_weight`].
    Closed,
    /// [`Plan::leaks`] stay open in the best partial ring that was found.
    Open { units_short: usize },
    /// No road leads from him to the outside.
    NoWayOut,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub outcome: Outcome,
    /// By unit as given.
    pub orders: Vec<Order>,
    /// By his arrival.
    pub leaks: Vec<Leak>,
    /// None when the ring is closed.
    pub escape: Option<Escape>,
    /// One for every unit, as given.
    pub verdicts: Vec<Verdict>,
    /// When the last ordered unit has closed its junction; none without orders.
    pub closed_s: Option<f64>,
    /// His latest earliest arrival at a junction of the ring: how far he may have come; none without a ring.
    pub radius_s: Option<f64>,
    /// The share of the sightings' weight that the ring contains, 0 to 1.
    pub contained_weight: f64,
    /// Whether the search ended by proof and not by [`Settings::effort`]: no ring of the same
    /// rule is better by more than [`Settings::grain_s`], or none exists.
    pub is_proven: bool,
}
