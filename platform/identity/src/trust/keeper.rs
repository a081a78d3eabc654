//! What was counted of sessions, in memory and bounded: pace, doubts, places, and what was told already. A restart forgets it, which trusts more and not less:
//! verdicts themselves are in the session's row.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::{ActorId, Micros, SessionId, UnitId};
use shouhu_place::Wgs84;
use shouhu_trust::Verdict;

use super::pace::{Habit, Pace};
use crate::session::IDLE_US;

/// Sessions that are counted at once: about 500 bytes each. Beyond it the one that was silent longest begins anew.
pub const SESSIONS_MAX: usize = 20_000;
/// People whose habit is known; of more nothing is known, which takes no points.
const HABITS_MAX: usize = 50_000;
/// Whoever has acted for somebody's life within so long may be needed again.
const LIFE_US: i64 = 30 * Micros::MINUTE;
const ADDRESS_EVERY_US: i64 = Micros::MINUTE;
const ROTA_EVERY_US: i64 = 10 * Micros::MINUTE;
/// A jump says something about the session for so long.
const JUMP_US: i64 = 30 * Micros::MINUTE;
/// Between fixes that lie nearer a receiver's error looks like speed.
const JUMP_MIN_M: f64 = 5_000.0;
/// Who tells a change has so long to do it; then another request tells it.
const CLAIM_US: i64 = 5 * Micros::SECOND;

#[derive(Debug, Clone, Copy)]
struct Fix {
    unit: UnitId,
    place: Wgs84,
    measured_at: Micros,
}

#[derive(Debug, Default)]
struct Kept {
    touched_at: Micros,
    pace: Pace,
    doubts: u32,
    life_at: Option<Micros>,
    fix: Option<Fix>,
    has_two_fixes: bool,
    jump: Option<(u32, Micros)>,
    rota: Option<(Option<bool>, Micros)>,
    calm_since: Option<Micros>,
    claimed: Option<((Verdict, bool), Micros)>,
    address_noted_at: Option<Micros>,
}

/// How often somebody asked, and how often somebody tried without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub in_minute: u32,
    pub in_hour: u32,
    pub usual: Option<u32>,
    pub doubts: u32,
}

#[derive(Default)]
struct Books {
    sessions: HashMap<SessionId, Kept>,
    habits: HashMap<ActorId, Habit>,
}

impl Books {
    fn session(&mut self, now: Micros, session: SessionId) -> &mut Kept {
        if self.sessions.len() >= SESSIONS_MAX && !self.sessions.contains_key(&session) {
            self.make_room(now);
        }
        let kept = self.sessions.entry(session).or_default();
        kept.touched_at = now;
        kept
    }

    /// Those that are idle are over; if none is, the most silent one goes.
    fn make_room(&mut self, now: Micros) {
        self.sessions.retain(|_, kept| now.since(kept.touched_at) < IDLE_US);
        if self.sessions.len() >= SESSIONS_MAX {
            let silent = self.sessions.iter().min_by_key(|(_, kept)| kept.touched_at).map(|(session, _)| *session);
            if let Some(session) = silent {
                self.sessions.remove(&session);
            }
        }
    }
}

#[derive(Default)]
pub struct Keeper(Mutex<Books>);

impl Keeper {
    fn with<T>(&self, now: Micros, session: SessionId, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).session(now, session))
    }

    /// A question was let through.
    pub fn asked(&self, now: Micros, session: SessionId, actor: ActorId) {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        books.session(now, session).pace.count(now);
        if books.habits.len() < HABITS_MAX || books.habits.contains_key(&actor) {
            books.habits.entry(actor).or_default().count(now);
        }
    }

    /// As it would be with this request, if that is a question: one that is refused must not make the next refusal worse.
    pub fn counted(&self, now: Micros, session: SessionId, actor: ActorId, is_question: bool) -> Counted {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let usual = books.habits.get(&actor).and_then(Habit::usual);
        let kept = books.session(now, session);
        let one = u32::from(is_question);
        let (in_minute, in_hour) = (kept.pace.in_minute(now) + one, kept.pace.in_hour(now) + one);
        Counted { in_minute, in_hour, usual, doubts: kept.doubts }
    }

    pub fn doubted(&self, now: Micros, session: SessionId) {
        self.with(now, session, |kept| kept.doubts = kept.doubts.saturating_add(1));
    }

    pub fn acted_for_life(&self, now: Micros, session: SessionId) {
        self.with(now, session, |kept| kept.life_at = Some(now));
    }

    pub fn is_at_life(&self, now: Micros, session: SessionId) -> bool {
        self.with(now, session, |kept| kept.life_at.is_some_and(|at| now.since(at) < LIFE_US))
    }

    /// The speed of the last jump, 0 for none; `None` until two fixes of one unit are known. Another unit is another car, and no journey.
    pub fn placed(&self, now: Micros, session: SessionId, unit: UnitId, place: Wgs84, measured_at: Micros) -> Option<u32> {
        self.with(now, session, |kept| {
            match kept.fix.filter(|fix| fix.unit == unit) {
                Some(before) if measured_at > before.measured_at => {
                    kept.has_two_fixes = true;
                    kept.jump = jump(&before, place, measured_at).map(|speed| (speed, now)).or(kept.jump);
                    kept.fix = Some(Fix { unit, place, measured_at });
                }
                Some(_) => {}
                None => {
                    kept.has_two_fixes = false;
                    kept.fix = Some(Fix { unit, place, measured_at });
                }
            }
            let lasting = kept.jump.filter(|(_, at)| now.since(*at) < JUMP_US).map(|(speed, _)| speed);
            lasting.or(kept.has_two_fixes.then_some(0))
        })
    }

    /// What the rosters said lately.
    pub fn rota(&self, now: Micros, session: SessionId) -> Option<Option<bool>> {
        self.with(now, session, |kept| kept.rota.filter(|(_, at)| now.since(*at).saturating_abs() < ROTA_EVERY_US).map(|(is_on, _)| is_on))
    }

    pub fn set_rota(&self, now: Micros, session: SessionId, is_on: Option<bool>) {
        self.with(now, session, |kept| kept.rota = Some((is_on, now)));
    }

    pub fn calm_since(&self, session: SessionId) -> Option<Micros> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        books.sessions.get(&session).and_then(|kept| kept.calm_since)
    }

    pub fn set_calm_since(&self, session: SessionId, calm_since: Option<Micros>) {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = books.sessions.get_mut(&session) {
            kept.calm_since = calm_since;
        }
    }

    /// True for the one request that is to tell this change.
    pub fn claim(&self, now: Micros, session: SessionId, change: (Verdict, bool)) -> bool {
        self.with(now, session, |kept| {
            let is_taken = kept.claimed.is_some_and(|(other, at)| other == change && now.since(at).saturating_abs() < CLAIM_US);
            if !is_taken {
                kept.claimed = Some((change, now));
            }
            !is_taken
        })
    }

    /// It could not be told: the next request tries again.
    pub fn release(&self, session: SessionId) {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = books.sessions.get_mut(&session) {
            kept.claimed = None;
        }
    }

    pub fn may_note_address(&self, now: Micros, session: SessionId) -> bool {
        self.with(now, session, |kept| {
            let may = kept.address_noted_at.is_none_or(|at| now.since(at).saturating_abs() >= ADDRESS_EVERY_US);
            if may {
                kept.address_noted_at = Some(now);
            }
            may
        })
    }

    /// The person has touched the key: pace, doubts and jumps begin anew.
    pub fn verified(&self, now: Micros, session: SessionId) {
        self.with(now, session, |kept| {
            kept.pace = Pace::default();
            kept.doubts = 0;
            kept.jump = None;
            kept.calm_since = None;
        });
    }
}

/// How fast one would have had to go; `None` where the way is too short to say.
fn jump(before: &Fix, place: Wgs84, measured_at: Micros) -> Option<u32> {
    let metres = before.place.distance_m(place);
    if metres < JUMP_MIN_M {
        return None;
    }
    let hours = measured_at.since(before.measured_at) as f64 / Micros::HOUR as f64;
    // Positive, because fixes come in the order of their times; what does not fit is as fast as anything.
    Some((metres / 1_000.0 / hours).round() as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    fn session(number: u32) -> SessionId {
        let [a, b, c, d] = number.to_be_bytes();
        SessionId::new(Micros(1), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
    }

    fn place(lon: f64) -> Wgs84 {
        Wgs84::new(lon, 23.0).unwrap()
    }

    #[test]
    fn memory_is_bounded_and_the_silent_go_first() {
        let keeper = Keeper::default();
        let many = u32::try_from(SESSIONS_MAX).unwrap() + 10;
        for number in 0..many {
            keeper.doubted(NOW.plus(i64::from(number)), session(number));
        }
        let books = keeper.0.lock().unwrap();
        assert_eq!(books.sessions.len(), SESSIONS_MAX);
        assert!(!books.sessions.contains_key(&session(0)) && books.sessions.contains_key(&session(many - 1)));
    }

    #[test]
    fn a_verification_begins_all_counts_anew_and_keeps_who_was_needed() {
        let (keeper, one, actor) = (Keeper::default(), session(1), ActorId::new(NOW, [1; 16]));
        keeper.acted_for_life(NOW, one);
        keeper.doubted(NOW, one);
        (0..40).for_each(|_| keeper.asked(NOW, one, actor));
        assert_eq!(keeper.counted(NOW, one, actor, true), Counted { in_minute: 41, in_hour: 41, usual: None, doubts: 1 });
        keeper.verified(NOW, one);
        assert_eq!(keeper.counted(NOW, one, actor, false), Counted { in_minute: 0, in_hour: 0, usual: None, doubts: 0 });
        assert!(keeper.is_at_life(NOW, one) && !keeper.is_at_life(NOW.plus(LIFE_US), one));
    }

    #[test]
    fn a_unit_that_is_somewhere_else_at_once_has_jumped_and_another_car_has_not() {
        let (keeper, one) = (Keeper::default(), session(1));
        let (car, other) = (UnitId::new(NOW, [1; 16]), UnitId::new(NOW, [2; 16]));
        assert_eq!(keeper.placed(NOW, one, car, place(120.0), NOW), None, "one fix is no way");
        let later = NOW.plus(Micros::MINUTE);
        assert_eq!(keeper.placed(later, one, car, place(120.01), later), Some(0), "a kilometre is a receiver's business");
        let (at, fix) = (later.plus(Micros::MINUTE), place(120.51));
        let jumped = keeper.placed(at, one, car, fix, at).unwrap();
        assert!((2_900..3_200).contains(&jumped), "51 km in a minute: {jumped} km/h");
        assert_eq!(keeper.placed(at.plus(JUMP_US), one, car, fix, at), Some(0), "it was long ago");
        assert_eq!(keeper.placed(at, one, other, place(121.5), at.plus(1)), Some(jumped), "what was seen stays until then");
    }

    #[test]
    fn a_change_is_told_once_and_again_when_telling_failed() {
        let (keeper, one, change) = (Keeper::default(), session(1), (Verdict::StepUp, false));
        assert!(keeper.claim(NOW, one, change) && !keeper.claim(NOW, one, change));
        assert!(keeper.claim(NOW, one, (Verdict::Block, true)), "another change is another");
        keeper.release(one);
        assert!(keeper.claim(NOW, one, change));
        assert!(keeper.claim(NOW.plus(CLAIM_US), one, change), "who was to tell it has died");
    }
}
