//! Rosters 勤務表: who crews which unit from when to when.
//!
//! A person is named as the roster names it. Whoever signs in under that name may join the unit by the shift with one tap; from then on the
//! shift knows the account. Two people of one name need to be told apart in the roster and in their accounts, 王小明（二）.
//!
//! **Invariant:** no two shifts of one person overlap (`book`, under the lock of the roster). Several people may crew one unit.

pub mod book;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_exchange::roster::{NAME_CHARS_MAX, SHIFT_MAX_US};
use shouhu_ids::{Micros, ShiftId, UnitId};
use shouhu_wire::{Unit, UnitState};

/// From so early before a shift begins its crew may join.
pub const EARLY_US: i64 = Micros::HOUR;
/// A change that lies further ahead is not the next one.
const AHEAD_US: i64 = 24 * Micros::HOUR;
/// A shift that ended longer ago says nothing about who sits in the car.
const PAST_US: i64 = 12 * Micros::HOUR;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shift {
    pub id: ShiftId,
    pub unit: UnitId,
    pub call_sign: String,
    pub name: String,
    pub from_us: Micros,
    pub until_us: Micros,
    /// When its person joined the unit; absent: not yet.
    pub joined_at_us: Option<Micros>,
}

impl Shift {
    #[must_use]
    pub fn is_on(&self, now: Micros) -> bool {
        self.from_us <= now && now < self.until_us
    }
}

/// `POST /v1/shifts` and `POST /v1/shifts/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WriteShift {
    pub unit: UnitId,
    pub name: String,
    pub from_us: Micros,
    pub until_us: Micros,
}

/// The name as people compare it.
#[must_use]
pub fn person_of(name: &str) -> String {
    shouhu_text::folded(name).chars().filter(|ch| !ch.is_whitespace()).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeFault {
    Name,
    Span,
}

impl WriteShift {
    /// # Errors
    /// When it has no name, or is no span of at most a day.
    pub fn check(&self) -> Result<(), ShapeFault> {
        let count = self.name.trim().chars().count();
        if count == 0 || count > NAME_CHARS_MAX || self.name.chars().any(char::is_control) {
            return Err(ShapeFault::Name);
        }
        let span = self.until_us.since(self.from_us);
        if span <= 0 || span > SHIFT_MAX_US { Err(ShapeFault::Span) } else { Ok(()) }
    }
}

/// Of one person, whether two spans have a moment in common. A shift that begins when another ends does not overlap it.
#[must_use]
pub fn overlaps(a: (Micros, Micros), b: (Micros, Micros)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// Who crews a unit now and who comes next.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CrewOfUnit {
    pub unit: UnitId,
    pub call_sign: String,
    pub state: UnitState,
    /// Whose shift it is now.
    pub on: Vec<Shift>,
    /// The next change within a day.
    pub next: Option<Shift>,
    /// Who joined, is past the end of the shift, and has neither gone off duty nor been relieved.
    pub past_end: Vec<Shift>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShiftBoard {
    pub at_us: Micros,
    /// Units that have a shift now, soon, or one that should be over; past ends first.
    pub crews: Vec<CrewOfUnit>,
}

/// `shifts` are those around now, of all units.
#[must_use]
pub fn board(units: &[Unit], shifts: &[Shift], now: Micros) -> ShiftBoard {
    let mut crews: Vec<CrewOfUnit> = units.iter().filter_map(|unit| crew_of(unit, shifts, now)).collect();
    crews.sort_by(|a, b| a.past_end.is_empty().cmp(&b.past_end.is_empty()).then_with(|| a.call_sign.cmp(&b.call_sign)));
    ShiftBoard { at_us: now, crews }
}

fn crew_of(unit: &Unit, shifts: &[Shift], now: Micros) -> Option<CrewOfUnit> {
    let own: Vec<&Shift> = shifts.iter().filter(|shift| shift.unit == unit.id).collect();
    let on: Vec<Shift> = own.iter().filter(|shift| shift.is_on(now)).map(|shift| (*shift).clone()).collect();
    let coming = own.iter().filter(|shift| shift.from_us > now && shift.from_us.since(now) <= AHEAD_US);
    let next = coming.min_by_key(|shift| (shift.from_us, shift.id)).map(|shift| (*shift).clone());
    let past_end = past_end(unit.state, &own, now).into_iter().cloned().collect::<Vec<_>>();
    let is_told = !on.is_empty() || next.is_some() || !past_end.is_empty();
    is_told.then(|| CrewOfUnit { unit: unit.id, call_sign: unit.call_sign.clone(), state: unit.state, on, next, past_end })
}

/// Those of the last shift that ended while its crew stayed. Nobody, once the unit is off duty or the next crew has joined.
fn past_end<'s>(state: UnitState, own: &[&'s Shift], now: Micros) -> Vec<&'s Shift> {
    let is_relieved = own.iter().any(|shift| shift.is_on(now) && shift.joined_at_us.is_some());
    if state == UnitState::OffDuty || is_relieved {
        return Vec::new();
    }
    let joined = own.iter().filter(|shift| shift.joined_at_us.is_some());
    let over: Vec<&'s Shift> = joined.filter(|shift| shift.until_us <= now && now.since(shift.until_us) <= PAST_US).copied().collect();
    let last = over.iter().map(|shift| shift.until_us).max();
    over.into_iter().filter(|shift| Some(shift.until_us) == last).collect()
}

/// What the roster knows of a unit's crew that a choice weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrewTime {
    /// When the present crew joined.
    pub joined_at: Option<Micros>,
    /// When its shift ended, if it did and the crew is still out.
    pub over_since: Option<Micros>,
}

/// Of one unit, from its own shifts.
#[must_use]
pub fn crew_time(state: UnitState, own: &[Shift], now: Micros) -> CrewTime {
    let own: Vec<&Shift> = own.iter().collect();
    let past = past_end(state, &own, now);
    let present = own.iter().copied().filter(|shift| shift.is_on(now));
    CrewTime {
        joined_at: present.chain(past.iter().copied()).filter_map(|shift| shift.joined_at_us).min(),
        over_since: past.first().map(|shift| shift.until_us),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use shouhu_wire::UnitKind;

    use super::*;

    fn at(hour: i64) -> Micros {
        Micros(20_000 * Micros::DAY + hour * Micros::HOUR)
    }

    fn unit(state: UnitState) -> Unit {
        Unit {
            id: UnitId::new(Micros(1), [1; 16]),
            call_sign: "永康 21".into(),
            kind: UnitKind::Car,
            state,
            position: None,
            position_at_us: None,
            accuracy_m: None,
            heading_deg: None,
            assignment: None,
        }
    }

    fn shift(name: &str, from: i64, until: i64, joined: Option<i64>) -> Shift {
        let own = unit(UnitState::Available);
        let id = ShiftId::new(at(from), [7; 16]);
        let (from_us, until_us) = (at(from), at(until));
        Shift { id, unit: own.id, call_sign: own.call_sign, name: name.into(), from_us, until_us, joined_at_us: joined.map(at) }
    }

    fn told(state: UnitState, shifts: &[Shift], now: i64) -> (usize, Option<String>, Vec<String>) {
        let board = board(&[unit(state)], shifts, at(now));
        let Some(crew) = board.crews.first() else { return (0, None, vec![]) };
        let past = crew.past_end.iter().map(|shift| shift.name.clone()).collect();
        (crew.on.len(), crew.next.as_ref().map(|shift| shift.name.clone()), past)
    }

    #[test]
    fn a_crew_is_past_its_end_until_it_goes_home_or_the_next_has_joined() {
        let day = shift("林", 8, 20, Some(8));
        let night = |joined| shift("陳", 20, 32, joined);
        let two = [day.clone(), night(None)];
        assert_eq!(told(UnitState::Available, &two, 9), (1, Some("陳".into()), vec![]));
        assert_eq!(told(UnitState::Available, &two, 21), (1, None, vec!["林".into()]));
        assert_eq!(told(UnitState::OffDuty, &two, 21), (1, None, vec![]));
        assert_eq!(told(UnitState::Available, &[day.clone(), night(Some(20))], 21), (1, None, vec![]));
        assert_eq!(told(UnitState::Available, &[shift("林", 8, 20, None)], 21), (0, None, vec![]), "nobody ever joined");
        assert_eq!(told(UnitState::Available, &[day], 33), (0, None, vec![]), "long ago");
    }

    #[test]
    fn a_choice_knows_since_when_this_crew_is_out_and_when_it_should_have_gone_home() {
        let day = shift("林", 8, 20, Some(9));
        let time = crew_time(UnitState::Available, std::slice::from_ref(&day), at(10));
        assert_eq!(time, CrewTime { joined_at: Some(at(9)), over_since: None });
        let late = crew_time(UnitState::EnRoute, &[day], at(22));
        assert_eq!(late, CrewTime { joined_at: Some(at(9)), over_since: Some(at(20)) });
        assert_eq!(crew_time(UnitState::Available, &[], at(22)), CrewTime::default());
    }

    #[test]
    fn a_shift_has_a_name_and_lasts_a_day_at_most() {
        let body = |name: &str, hours| WriteShift { unit: unit(UnitState::Busy).id, name: name.into(), from_us: at(0), until_us: at(hours) };
        assert_eq!(body("林", 24).check(), Ok(()));
        assert_eq!((body(" ", 8).check(), body("林", 0).check(), body("林", 25).check()), (Err(ShapeFault::Name), Err(ShapeFault::Span), Err(ShapeFault::Span)));
        assert_eq!(person_of(" Lin　Ｘ "), "linx");
    }

    proptest! {
        #[test]
        fn spans_overlap_exactly_when_some_minute_is_in_both(a in 0_i64..40, al in 1_i64..20, b in 0_i64..40, bl in 1_i64..20) {
            let is_common = (0..60).any(|minute| (a..a + al).contains(&minute) && (b..b + bl).contains(&minute));
            prop_assert_eq!(overlaps((Micros(a), Micros(a + al)), (Micros(b), Micros(b + bl))), is_common);
        }
    }
}
