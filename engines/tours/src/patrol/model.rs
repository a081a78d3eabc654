//! The question: what a patrol plan is made from, and everything about it that can be wrong.
//!
//! Times are whole seconds from a zero of the caller's choosing (midnight, say).

use thiserror::Error;

/// A stop by its place in the list of stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StopNo(pub u32);

/// A unit by its place in the list of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitNo(pub u32);

/// A village (里), numbered by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Village(pub u32);

/// From and until, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from_s: i64,
    pub until_s: i64,
}

/// How long a unit stands: at least (one second or more) and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dwell {
    pub min_s: i64,
    pub max_s: i64,
}

impl Dwell {
    /// Ten to fifteen minutes, inside the span that Koper (1995) found to deter longest.
    pub const KOPER: Self = Self { min_s: 600, max_s: 900 };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Worth up to so many visits, each after the revisit gap, none before a time: somebody may have been there before this plan begins.
    HotSpot { visits_max: u32, not_before_s: i64 },
    /// Must be visited exactly once, and the unit must arrive within the window.
    Box { window: Window },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Row of the travel table.
    pub place: u32,
    pub village: Village,
    /// Expected harm that one visit covers, in any one unit; 0 or more.
    pub risk: f64,
    pub dwell: Dwell,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    pub start: u32,
    pub end: u32,
    /// Leaves `start` no sooner and is at `end` no later.
    pub shift: Window,
    /// The most this unit may stand in all, so that no crew carries the others' share.
    pub dwell_s_max: i64,
}

/// The most that all units together may stand in one village, so that no neighbourhood bears the whole dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VillageCap {
    pub village: Village,
    pub dwell_s_max: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Between one unit's leaving a hot spot and the next arrival of any unit.
    pub revisit_gap_s: i64,
    /// What each further visit to a hot spot is worth against the one before, 0 to 1.
    pub repeat_worth: f64,
    /// 0 takes the most risk covered and the same plan whatever the seed; 1 lets chance weigh about as much as risk does.
    pub unpredictability: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { revisit_gap_s: 2 * 3_600, repeat_worth: 0.6, unpredictability: 0.3 }
    }
}

/// Seconds from every place to every place, row by row; they may differ by direction.
#[derive(Debug, Clone)]
pub struct Travel {
    places: usize,
    seconds: Vec<u32>,
}

/// No leg, shift or window may pass thirty-one days: sums then stay far inside 64 bits.
const SECONDS_MAX: i64 = 31 * 24 * 3_600;

impl Travel {
    /// # Errors
    /// A table that is not square, or a leg beyond thirty-one days (write a missing way as exactly [`Travel::NO_WAY`]).
    pub fn new(places: usize, seconds: Vec<u32>) -> Result<Self, InputError> {
        if places.checked_mul(places) != Some(seconds.len()) {
            return Err(InputError::TravelSize { places, cells: seconds.len() });
        }
        match seconds.iter().position(|&leg| i64::from(leg) > SECONDS_MAX && leg != Self::NO_WAY) {
            Some(cell) => Err(InputError::TravelLeg { from: cell / places, to: cell % places }),
            None => Ok(Self { places, seconds }),
        }
    }

    /// Stands for "cannot be reached".
    pub const NO_WAY: u32 = u32::MAX;

    /// Seconds from one place to another; where there is no way, more than any shift holds.
    #[must_use]
    pub fn between(&self, from: u32, to: u32) -> i64 {
        if from == to {
            return 0;
        }
        let leg = self.seconds.get(from as usize * self.places + to as usize).copied().unwrap_or(Self::NO_WAY);
        if leg == Self::NO_WAY { SECONDS_MAX * 8 } else { i64::from(leg) }
    }
}

/// The question, checked.
#[derive(Debug, Clone)]
pub struct Patrol {
    stops: Vec<Stop>,
    units: Vec<Unit>,
    travel: Travel,
    village_caps: Vec<VillageCap>,
    rules: Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum InputError {
    #[error("the travel table has {cells} cells, which is not {places} × {places}")]
    TravelSize { places: usize, cells: usize },
    #[error("the way from place {from} to place {to} takes more than thirty-one days; write a missing way as NO_WAY")]
    TravelLeg { from: usize, to: usize },
    #[error("{what} is at place {place}, and the travel table has {places} places")]
    Place { what: Whose, place: u32, places: usize },
    #[error("{what} has a time outside thirty-one days on either side of zero, or ends before it begins")]
    Times { what: Whose },
    #[error("stop {stop:?} has a risk of {risk}, which is not a number from 0 to 10^9")]
    Risk { stop: StopNo, risk: f64 },
    #[error("stop {stop:?} has a dwell of {min_s} to {max_s} s, which is not a span from one second up")]
    Dwell { stop: StopNo, min_s: i64, max_s: i64 },
    #[error("{rule} is {value}, which is out of range")]
    Rule { rule: &'static str, value: f64 },
    #[error("village {village:?} has two caps")]
    TwoCaps { village: Village },
    #[error("a patrol needs a unit")]
    NoUnit,
    #[error("unit {unit:?} needs {needed_s} s from its start to its end and has a shift of {shift_s} s")]
    UnitCannotGetHome { unit: UnitNo, needed_s: i64, shift_s: i64 },
    #[error("box {stop:?} cannot be signed by any unit: {why}")]
    BoxOutOfReach { stop: StopNo, why: Hindrance },
    #[error("the boxes of village {village:?} need {needed_s} s of standing and its cap is {cap_s} s")]
    BoxesAboveVillageCap { village: Village, needed_s: i64, cap_s: i64 },
    #[error("the boxes need {needed_s} s of standing and the units' caps add up to {cap_s} s")]
    BoxesAboveUnitCaps { needed_s: i64, cap_s: i64 },
}

/// What an input error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Stop(StopNo),
    UnitStart(UnitNo),
    UnitEnd(UnitNo),
    UnitShift(UnitNo),
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stop(no) => write!(f, "stop {}", no.0),
            Self::UnitStart(no) => write!(f, "the start of unit {}", no.0),
            Self::UnitEnd(no) => write!(f, "the end of unit {}", no.0),
            Self::UnitShift(no) => write!(f, "the shift of unit {}", no.0),
        }
    }
}

/// What keeps every unit from a box even when it does nothing else; of several, the one that the nearest unit meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// The soonest any unit could arrive is past the window.
    WindowCloses { soonest_s: i64, until_s: i64 },
    /// A unit could arrive in time and would then be late home.
    ShiftEnds { late_s: i64 },
    /// Standing there would pass the cap of every unit that could come.
    UnitCap { needed_s: i64 },
}

impl std::fmt::Display for Hindrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WindowCloses { soonest_s, until_s } => {
                write!(f, "the soonest arrival is {soonest_s} s and the window closes at {until_s} s")
            }
            Self::ShiftEnds { late_s } => write!(f, "the unit would be home {late_s} s after its shift"),
            Self::UnitCap { needed_s } => write!(f, "standing {needed_s} s passes the cap of every unit that could come"),
        }
    }
}

impl Patrol {
    /// # Errors
    /// The first thing that is not a sound question, or that one look shows to have no answer.
    pub fn new(
        stops: Vec<Stop>,
        units: Vec<Unit>,
        travel: Travel,
        village_caps: Vec<VillageCap>,
        rules: Rules,
    ) -> Result<Self, InputError> {
        let patrol = Self { stops, units, travel, village_caps, rules };
        patrol.check_rules()?;
        patrol.check_units()?;
        for (stop_no, stop) in patrol.numbered_stops() {
            patrol.check_stop(stop_no, stop)?;
        }
        patrol.check_boxes()?;
        Ok(patrol)
    }

    #[must_use]
    pub fn stops(&self) -> &[Stop] {
        &self.stops
    }

    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    #[must_use]
    pub fn travel(&self) -> &Travel {
        &self.travel
    }

    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn numbered_stops(&self) -> impl Iterator<Item = (StopNo, &Stop)> {
        (0..).map(StopNo).zip(&self.stops)
    }

    pub(super) fn numbered_units(&self) -> impl Iterator<Item = (UnitNo, &Unit)> {
        (0..).map(UnitNo).zip(&self.units)
    }

    /// The village's cap; none is as good as endless.
    #[must_use]
    pub fn village_cap_s(&self, village: Village) -> i64 {
        self.village_caps.iter().find(|cap| cap.village == village).map_or(i64::MAX, |cap| cap.dwell_s_max)
    }

    fn check_rules(&self) -> Result<(), InputError> {
        let share = |rule, value: f64| if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(InputError::Rule { rule, value }) };
        share("repeat_worth", self.rules.repeat_worth)?;
        share("unpredictability", self.rules.unpredictability)?;
        if !(0..=SECONDS_MAX).contains(&self.rules.revisit_gap_s) {
            return Err(InputError::Rule { rule: "revisit_gap_s", value: self.rules.revisit_gap_s as f64 });
        }
        for (i, cap) in self.village_caps.iter().enumerate() {
            if cap.dwell_s_max < 0 {
                return Err(InputError::Rule { rule: "a village's dwell_s_max", value: cap.dwell_s_max as f64 });
            }
            if self.village_caps.iter().skip(i + 1).any(|other| other.village == cap.village) {
                return Err(InputError::TwoCaps { village: cap.village });
            }
        }
        Ok(())
    }

    fn check_place(&self, what: Whose, place: u32) -> Result<(), InputError> {
        let places = self.travel.places;
        if (place as usize) < places { Ok(()) } else { Err(InputError::Place { what, place, places }) }
    }

    fn check_units(&self) -> Result<(), InputError> {
        if self.units.is_empty() {
            return Err(InputError::NoUnit);
        }
        for (unit_no, unit) in self.numbered_units() {
            self.check_place(Whose::UnitStart(unit_no), unit.start)?;
            self.check_place(Whose::UnitEnd(unit_no), unit.end)?;
            check_window(Whose::UnitShift(unit_no), unit.shift)?;
            if unit.dwell_s_max < 0 {
                return Err(InputError::Rule { rule: "a unit's dwell_s_max", value: unit.dwell_s_max as f64 });
            }
            let needed_s = self.travel.between(unit.start, unit.end);
            let shift_s = unit.shift.until_s - unit.shift.from_s;
            if needed_s > shift_s {
                return Err(InputError::UnitCannotGetHome { unit: unit_no, needed_s, shift_s });
            }
        }
        Ok(())
    }

    fn check_stop(&self, stop_no: StopNo, stop: &Stop) -> Result<(), InputError> {
        self.check_place(Whose::Stop(stop_no), stop.place)?;
        if !(0.0..=1e9).contains(&stop.risk) {
            return Err(InputError::Risk { stop: stop_no, risk: stop.risk });
        }
        let Dwell { min_s, max_s } = stop.dwell;
        if min_s < 1 || max_s < min_s || max_s > SECONDS_MAX {
            return Err(InputError::Dwell { stop: stop_no, min_s, max_s });
        }
        match stop.kind {
            Kind::HotSpot { not_before_s, .. } => {
                check_window(Whose::Stop(stop_no), Window { from_s: not_before_s, until_s: SECONDS_MAX })
            }
            Kind::Box { window } => {
                check_window(Whose::Stop(stop_no), window)?;
                self.check_reach(stop_no, stop, window)
            }
        }
    }

    /// Some unit that does nothing else can sign the box.
    fn check_reach(&self, stop_no: StopNo, stop: &Stop, window: Window) -> Result<(), InputError> {
        let mut nearest: Option<(i64, Hindrance)> = None;
        for unit in &self.units {
            let soonest_s = unit.shift.from_s + self.travel.between(unit.start, stop.place);
            let home_s = soonest_s.max(window.from_s) + stop.dwell.min_s + self.travel.between(stop.place, unit.end);
            let hindrance = if soonest_s > window.until_s {
                Hindrance::WindowCloses { soonest_s, until_s: window.until_s }
            } else if home_s > unit.shift.until_s {
                Hindrance::ShiftEnds { late_s: home_s - unit.shift.until_s }
            } else if stop.dwell.min_s > unit.dwell_s_max {
                Hindrance::UnitCap { needed_s: stop.dwell.min_s }
            } else {
                return Ok(());
            };
            if nearest.is_none_or(|(sooner_s, _)| soonest_s < sooner_s) {
                nearest = Some((soonest_s, hindrance));
            }
        }
        nearest.map_or(Ok(()), |(_, why)| Err(InputError::BoxOutOfReach { stop: stop_no, why }))
    }

    fn check_boxes(&self) -> Result<(), InputError> {
        let boxes = || self.stops.iter().filter(|stop| matches!(stop.kind, Kind::Box { .. }));
        for cap in &self.village_caps {
            let needed_s = boxes().filter(|stop| stop.village == cap.village).map(|stop| stop.dwell.min_s).sum();
            if needed_s > cap.dwell_s_max {
                return Err(InputError::BoxesAboveVillageCap { village: cap.village, needed_s, cap_s: cap.dwell_s_max });
            }
        }
        let needed_s = boxes().map(|stop| stop.dwell.min_s).sum();
        let cap_s = self.units.iter().fold(0_i64, |sum, unit| sum.saturating_add(unit.dwell_s_max));
        if needed_s > cap_s { Err(InputError::BoxesAboveUnitCaps { needed_s, cap_s }) } else { Ok(()) }
    }
}

fn check_window(what: Whose, window: Window) -> Result<(), InputError> {
    let span = -SECONDS_MAX..=SECONDS_MAX;
    let is_sound = span.contains(&window.from_s) && span.contains(&window.until_s) && window.from_s <= window.until_s;
    if is_sound { Ok(()) } else { Err(InputError::Times { what }) }
}
