//! Whether crews are well: when a crew is to be asked, and what becomes of the question. Pure: a state and a time in, what is
//! due out; nothing here reads a clock or a table.
//!
//! - **Check** 安全確認: one question to one crew. A crew is asked one thing at a time; one that it did not answer stays beside the next.
//! - **Par** 人員安全回報: the question that comes round while a crew is on scene (personnel accountability).
//! - **Still** 未移動, **silent** 失聯: a unit that should be moving does not, or nobody hears where it is.
//!
//! **Invariant:** an open check ends by a sign of its crew that was given before its time was over, by the crew's cry for help, or by
//! a dispatcher with a reason. Time alone only makes it louder. So none is lost: not by a restart, not by a closed or merged incident;
//! only after a year is it destroyed, whatever it says (`jobs`).

pub mod book;
#[cfg(test)]
mod claims;
pub mod heard;
pub mod rounds;
pub mod turn;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{CheckId, IncidentId, Micros, UnitId};
use shouhu_place::Wgs84;
use shouhu_wire::Priority;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Comes round on scene, or a dispatcher asks.
    Par,
    /// The unit has been around one place for too long.
    Still,
    /// No position for too long.
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Asked,
    /// Nobody answered in time: stays until a dispatcher has dealt with it.
    Overdue,
    /// The crew said in time that it is safe.
    Safe,
    /// The crew asked for help: its alarm goes on by itself.
    Help,
    /// The crew did something else in time that only a crew can do.
    Acted,
    /// A dispatcher has heard of the crew, and said how.
    Dealt,
}

impl CheckState {
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Overdue)
    }
}

/// One question to one crew, as consoles and its phone show it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    pub id: CheckId,
    pub unit: UnitId,
    pub call_sign: String,
    /// Absent on patrol.
    pub incident: Option<IncidentId>,
    pub incident_number: Option<String>,
    pub kind: CheckKind,
    /// That of the incident, 3 on patrol; or that of the job that the crew has now, where that is more urgent. How loud an overdue check is.
    pub priority: Priority,
    pub state: CheckState,
    pub asked_at_us: Micros,
    /// Overdue from then on.
    pub due_at_us: Micros,
    /// The dispatcher who wanted it; absent where the clock asked.
    pub asked_by: Option<String>,
    /// When the crew pressed, by its phone; may be after the time was over.
    pub answered_at_us: Option<Micros>,
    pub answered_by: Option<String>,
    pub ended_at_us: Option<Micros>,
    pub ended_by: Option<String>,
    /// How the dispatcher heard of the crew.
    pub reason: Option<String>,
}

/// When crews are asked whether they are well: a part of the room's policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SafetyChecks {
    /// Crews on scene of incidents as pressing as this or more are asked by themselves; 0 asks none.
    #[schemars(range(min = 0, max = 4))]
    pub par_priority_max: u8,
    #[schemars(range(min = 300.0, max = 7_200.0))]
    pub par_every_s: f64,
    /// After this without an answer a check is overdue.
    #[schemars(range(min = 30.0, max = 600.0))]
    pub answer_within_s: f64,
    /// Units on their way are watched.
    pub watches_en_route: bool,
    /// Within so much of one place is not moving.
    #[schemars(range(min = 10.0, max = 500.0))]
    pub still_m: f64,
    #[schemars(range(min = 120.0, max = 3_600.0))]
    pub still_for_s: f64,
    /// A place that is older says nothing.
    #[schemars(range(min = 120.0, max = 3_600.0))]
    pub silent_for_s: f64,
    /// Units that are available are watched too.
    pub watches_patrol: bool,
    /// A patrol stands at a hot spot for a quarter of an hour on purpose.
    #[schemars(range(min = 900.0, max = 14_400.0))]
    pub patrol_still_for_s: f64,
}

impl Default for SafetyChecks {
    /// A room's own numbers, to be set by its supervisor; patrols are not watched until somebody says so.
    fn default() -> Self {
        Self {
            par_priority_max: 2,
            par_every_s: 1_200.0,
            answer_within_s: 90.0,
            watches_en_route: true,
            still_m: 60.0,
            still_for_s: 300.0,
            silent_for_s: 300.0,
            watches_patrol: false,
            patrol_still_for_s: 2_400.0,
        }
    }
}

impl SafetyChecks {
    /// Name, value, least and most of each number, as the policy checks them.
    #[must_use]
    pub fn numbers(&self) -> [(&'static str, f64, f64, f64); 7] {
        [
            ("checks.par_priority_max", f64::from(self.par_priority_max), 0.0, 4.0),
            ("checks.par_every_s", self.par_every_s, 300.0, 7_200.0),
            ("checks.answer_within_s", self.answer_within_s, 30.0, 600.0),
            ("checks.still_m", self.still_m, 10.0, 500.0),
            ("checks.still_for_s", self.still_for_s, 120.0, 3_600.0),
            ("checks.silent_for_s", self.silent_for_s, 120.0, 3_600.0),
            ("checks.patrol_still_for_s", self.patrol_still_for_s, 900.0, 14_400.0),
        ]
    }

    /// From one question on scene to the next, microseconds; `None` where the clock asks nothing. What a dispatcher has said for
    /// the incident stands above the policy.
    #[must_use]
    pub fn par_every_us(&self, priority: Priority, said: Option<bool>) -> Option<i64> {
        said.unwrap_or(priority.0 <= self.par_priority_max).then(|| microseconds(self.par_every_s))
    }
}

/// Whole microseconds of a span that was checked to be short.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "spans of a policy are at most some hours")]
pub fn microseconds(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

/// A crew on scene that has no open check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnScene {
    pub since: Micros,
    /// The newest sign of its own: an answer, a word, or that a dispatcher heard of it.
    pub sign_at: Option<Micros>,
    /// When a dispatcher last wanted everybody asked at once.
    pub wanted_at: Option<Micros>,
}

/// From when a crew counts as quiet: its newest sign, or since when it does what it does.
#[must_use]
pub fn base(since: Micros, sign_at: Option<Micros>) -> Micros {
    sign_at.map_or(since, |sign| sign.max(since))
}

impl OnScene {
    /// A dispatcher's wish that the crew has not answered yet.
    #[must_use]
    pub fn wanted(&self) -> Option<Micros> {
        self.wanted_at.filter(|at| *at > base(self.since, self.sign_at))
    }

    /// When it is to be asked next.
    #[must_use]
    pub fn next_at(&self, every_us: Option<i64>) -> Option<Micros> {
        let by_clock = every_us.map(|us| base(self.since, self.sign_at).plus(us));
        match (by_clock, self.wanted()) {
            (Some(clock), Some(person)) => Some(clock.min(person)),
            (clock, person) => clock.or(person),
        }
    }

    #[must_use]
    pub fn is_due(&self, every_us: Option<i64>, now: Micros) -> bool {
        self.next_at(every_us).is_some_and(|at| at <= now)
    }
}

/// What time does to an open check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Stays,
    Overdue,
    Acted,
}

/// `sign_at` is the first own act of the crew after the question. The outcome does not depend on how often or how late somebody looks.
#[must_use]
pub fn turn(state: CheckState, asked_at: Micros, due_at: Micros, sign_at: Option<Micros>, now: Micros) -> Turn {
    if state != CheckState::Asked {
        return Turn::Stays;
    }
    match sign_at {
        Some(sign) if sign > asked_at && sign <= due_at => Turn::Acted,
        _ if now >= due_at => Turn::Overdue,
        _ => Turn::Stays,
    }
}

/// What a crew says to its check, by one thumb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrewSays {
    Safe,
    Help,
}

/// The state after an answer; `None` when the answer changes nothing. What counts is when the thumb pressed: a "safe" pressed in time
/// ends the check also when the phone was offline and it comes after the time was over, as if nobody had looked between. One pressed
/// late is kept beside the check, which stays overdue: silence before it is for a person to judge. A cry for help is heard whenever
/// it comes.
#[must_use]
pub fn answered(state: CheckState, due_at: Micros, says: CrewSays, said_at: Micros) -> Option<CheckState> {
    match (state, says) {
        (CheckState::Asked | CheckState::Overdue, CrewSays::Help) => Some(CheckState::Help),
        (CheckState::Asked | CheckState::Overdue, CrewSays::Safe) if said_at <= due_at => Some(CheckState::Safe),
        (CheckState::Asked | CheckState::Overdue, CrewSays::Safe) => Some(CheckState::Overdue),
        _ => None,
    }
}

/// Where a watched unit has been around, and since when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Around {
    pub place: Wgs84,
    pub since: Micros,
}

/// A place as it was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub place: Wgs84,
    pub at: Micros,
    pub accuracy_m: Option<f64>,
}

impl Around {
    /// Farther than `still_m`, even if the device is as wrong as it says, is movement. An older fix changes nothing.
    #[must_use]
    pub fn follow(known: Option<Self>, seen: Seen, still_m: f64) -> Self {
        let begun = Self { place: seen.place, since: seen.at };
        let Some(known) = known else { return begun };
        let moved_m = known.place.distance_m(seen.place) - seen.accuracy_m.unwrap_or(0.0);
        if seen.at > known.since && moved_m > still_m { begun } else { known }
    }
}

/// A unit that ought to move, without an open check.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watched {
    /// Since when it ought to, or the last check of it ended.
    pub since: Micros,
    pub seen: Seen,
    pub around: Around,
}

/// Which question it raises. Silence is judged by the clock, standing by what was measured: a unit that is not heard may be driving.
#[must_use]
pub fn unmoved(unit: &Watched, still_for_us: i64, silent_for_us: i64, now: Micros) -> Option<CheckKind> {
    if now.since(unit.seen.at.max(unit.since)) >= silent_for_us {
        return Some(CheckKind::Silent);
    }
    (unit.seen.at.since(unit.around.since.max(unit.since)) >= still_for_us).then_some(CheckKind::Still)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = Micros::MINUTE;

    fn at(minute: i64) -> Micros {
        Micros(1_000 * Micros::DAY + minute * MINUTE)
    }

    #[test]
    fn the_policy_asks_the_pressing_ones_and_a_dispatcher_stands_above_it() {
        let rule = SafetyChecks::default();
        let every = Some(20 * MINUTE);
        assert_eq!((rule.par_every_us(Priority(2), None), rule.par_every_us(Priority(3), None)), (every, None));
        assert_eq!((rule.par_every_us(Priority(1), Some(false)), rule.par_every_us(Priority(4), Some(true))), (None, every));
        let none = SafetyChecks { par_priority_max: 0, ..rule };
        assert_eq!(none.par_every_us(Priority(1), None), None);
    }

    #[test]
    fn a_crew_is_asked_when_its_time_is_over_and_at_once_when_somebody_wants_it() {
        let crew = OnScene { since: at(0), sign_at: Some(at(7)), wanted_at: Some(at(5)) };
        assert_eq!(crew.next_at(Some(20 * MINUTE)), Some(at(27)), "it gave a sign after it was wanted");
        let wanted = OnScene { wanted_at: Some(at(9)), ..crew };
        assert!(wanted.is_due(Some(20 * MINUTE), at(9)) && wanted.is_due(None, at(9)) && !wanted.is_due(None, at(8)));
        assert!(!OnScene { wanted_at: None, ..crew }.is_due(None, at(10_000)));
    }

    #[test]
    fn a_sign_in_time_ends_it_and_a_sign_too_late_does_not() {
        let (asked, due) = (at(0), at(2));
        assert_eq!(turn(CheckState::Asked, asked, due, None, at(1)), Turn::Stays);
        assert_eq!(turn(CheckState::Asked, asked, due, Some(at(0)), at(2)), Turn::Overdue, "what came before is no answer");
        assert_eq!(turn(CheckState::Asked, asked, due, Some(at(2)), at(9)), Turn::Acted, "looked at late");
        assert_eq!(turn(CheckState::Asked, asked, due, Some(at(3)), at(9)), Turn::Overdue);
        assert_eq!(turn(CheckState::Overdue, asked, due, Some(at(1)), at(9)), Turn::Stays);
        assert_eq!(answered(CheckState::Overdue, due, CrewSays::Safe, at(3)), Some(CheckState::Overdue));
        assert_eq!(answered(CheckState::Overdue, due, CrewSays::Safe, at(2)), Some(CheckState::Safe), "pressed in time, delivered late");
        assert_eq!(answered(CheckState::Overdue, due, CrewSays::Help, at(3)), Some(CheckState::Help));
        assert_eq!(answered(CheckState::Dealt, due, CrewSays::Help, at(3)), None);
    }

    fn place(north_m: f64) -> Wgs84 {
        Wgs84::new(120.2, 23.0 + north_m / 111_000.0).unwrap()
    }

    fn seen(minute: i64, north_m: f64) -> Seen {
        Seen { place: place(north_m), at: at(minute), accuracy_m: Some(5.0) }
    }

    #[test]
    fn creeping_within_the_circle_is_standing_and_a_rough_fix_is_no_movement() {
        let mut around = Around::follow(None, seen(0, 0.0), 60.0);
        for minute in 1..5 {
            around = Around::follow(Some(around), seen(minute, 10.0 * f64::from(u8::try_from(minute).unwrap())), 60.0);
        }
        assert_eq!(around.since, at(0));
        let rough = Seen { accuracy_m: Some(400.0), ..seen(5, 300.0) };
        assert_eq!(Around::follow(Some(around), rough, 60.0).since, at(0));
        assert_eq!(Around::follow(Some(around), seen(6, 80.0), 60.0).since, at(6));
    }

    #[test]
    fn a_unit_that_stands_is_still_and_one_that_is_not_heard_is_silent() {
        let unit = |since, heard: i64, around_since| Watched {
            since: at(since),
            seen: seen(heard, 0.0),
            around: Around { place: place(0.0), since: at(around_since) },
        };
        let ask = |unit, now| unmoved(&unit, 5 * MINUTE, 5 * MINUTE, at(now));
        assert_eq!(ask(unit(0, 5, 0), 6), Some(CheckKind::Still));
        assert_eq!(ask(unit(2, 6, 0), 6), None, "it has been asked to move for four minutes only");
        assert_eq!(ask(unit(0, 1, 0), 6), Some(CheckKind::Silent));
        assert_eq!(ask(unit(4, 1, 0), 8), None, "it was sent four minutes ago");
        assert_eq!(ask(unit(4, 1, 0), 9), Some(CheckKind::Silent));
    }

    /// What happens to one check, in order of time.
    #[derive(Debug, Clone, Copy)]
    enum Happens {
        Look,
        Sign,
        /// Pressed then, and delivered so many seconds later.
        Says(CrewSays, i64),
    }

    fn history() -> impl Strategy<Value = Vec<(i64, Happens)>> {
        let what = prop_oneof![
            4 => Just(Happens::Look),
            1 => Just(Happens::Sign),
            1 => (0..200_i64).prop_map(|delay| Happens::Says(CrewSays::Safe, delay)),
            1 => (0..200_i64).prop_map(|delay| Happens::Says(CrewSays::Help, delay)),
        ];
        prop::collection::vec((0..300_i64, what), 0..30).prop_map(|mut all| {
            all.sort_by_key(|(second, _)| *second);
            all
        })
    }

    /// Plays a history; looks as often as it says, and once at the end.
    fn play(history: &[(i64, Happens)]) -> CheckState {
        let (asked, due) = (Micros(0), Micros(90 * Micros::SECOND));
        let (mut state, mut sign) = (CheckState::Asked, None);
        let look = |state: CheckState, sign, now| match turn(state, asked, due, sign, now) {
            Turn::Stays => state,
            Turn::Overdue => CheckState::Overdue,
            Turn::Acted => CheckState::Acted,
        };
        let arrives = |(second, what): &(i64, Happens)| match what {
            Happens::Says(_, delay) => (second + delay, *second, *what),
            Happens::Look | Happens::Sign => (*second, *second, *what),
        };
        let mut arriving: Vec<_> = history.iter().map(arrives).collect();
        arriving.sort_by_key(|(arrives, ..)| *arrives);
        for (arrives, second, what) in arriving {
            let now = Micros(arrives * Micros::SECOND);
            match what {
                Happens::Look => state = look(state, sign, now),
                Happens::Sign => sign = Some(sign.unwrap_or(now)),
                Happens::Says(says, _) => {
                    // Whoever answers looks first: what was settled before it stays settled.
                    state = look(state, sign, now);
                    state = answered(state, due, says, Micros(second * Micros::SECOND)).unwrap_or(state);
                }
            }
        }
        look(state, sign, Micros(600 * Micros::SECOND))
    }

    proptest! {
        #[test]
        fn how_often_somebody_looks_changes_no_outcome(history in history()) {
            let seldom: Vec<_> = history.iter().copied().filter(|(_, what)| !matches!(what, Happens::Look)).collect();
            prop_assert_eq!(play(&history), play(&seldom));
        }

        #[test]
        fn how_long_an_answer_was_on_its_way_changes_no_outcome(history in history()) {
            // Of one crew's answers alone: where two cross, the one that comes first stands.
            let mut answers = history.iter().filter(|(_, what)| matches!(what, Happens::Says(..)));
            if let (Some((second, Happens::Says(says, _))), None) = (answers.next(), answers.next()) {
                let others: Vec<_> = history.iter().copied().filter(|(_, what)| matches!(what, Happens::Look)).collect();
                let with = |delay| others.iter().copied().chain([(*second, Happens::Says(*says, delay))]).collect::<Vec<_>>();
                prop_assert_eq!(play(&with(0)), play(&with(200)));
            }
        }

        #[test]
        fn a_crew_that_says_nothing_in_time_is_never_quietly_safe(history in history()) {
            let in_time = |second: i64| second > 0 && second <= 90;
            let has_sign = history.iter().any(|(second, what)| !matches!(what, Happens::Look) && in_time(*second));
            let first_at_zero = history.iter().any(|(second, what)| *second == 0 && matches!(what, Happens::Says(..)));
            let ended = play(&history);
            if !has_sign && !first_at_zero {
                prop_assert!(matches!(ended, CheckState::Overdue | CheckState::Help), "{ended:?}");
            }
        }

        #[test]
        fn a_check_is_due_exactly_once_its_time_has_come(since in 0..1_000_i64, sign in prop::option::of(0..1_000_i64), now in 0..3_000_i64) {
            let crew = OnScene { since: at(since), sign_at: sign.map(at), wanted_at: None };
            let base = since.max(sign.unwrap_or(0));
            prop_assert_eq!(crew.is_due(Some(20 * MINUTE), at(now)), now >= base + 20);
        }
    }
}
