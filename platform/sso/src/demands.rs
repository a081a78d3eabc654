//! Who was asked to touch the passkey for a tool's request, and when: a touch after that moment answers it, however old the tool will have it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::{Micros, SessionId};

/// One for each session.
const DEMANDS_MAX: usize = 20_000;
/// How long a person may take, and how long the touch answers the request.
const DEMAND_LIFE_US: i64 = 5 * Micros::MINUTE;

struct Demand {
    request: [u8; 32],
    at: Micros,
}

impl Demand {
    /// A clock that was set back makes nothing last for ever.
    fn is_fresh(&self, now: Micros) -> bool {
        now.since(self.at).saturating_abs() < DEMAND_LIFE_US
    }
}

/// In this process: of several servers another one asks for another touch.
#[derive(Default)]
pub struct Demands(Mutex<HashMap<SessionId, Demand>>);

impl Demands {
    /// The same request again, as after a page was loaded anew, keeps its first moment.
    pub fn put(&self, now: Micros, session: SessionId, request: [u8; 32]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&session).is_some_and(|known| known.request == request && known.is_fresh(now)) {
            return;
        }
        if all.len() >= DEMANDS_MAX && !all.contains_key(&session) {
            all.retain(|_, demand| demand.is_fresh(now));
            // Still full: whoever comes last touches the key once more.
            if all.len() >= DEMANDS_MAX {
                return;
            }
        }
        all.insert(session, Demand { request, at: now });
    }

    /// Whether the passkey was touched since it was asked for.
    pub fn is_met(&self, now: Micros, session: SessionId, request: &[u8; 32], verified_at: Micros) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&session).is_some_and(|demand| demand.request == *request && demand.is_fresh(now) && verified_at >= demand.at)
    }

    /// The request was answered: another one of the same words asks anew.
    pub fn forget(&self, session: SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    #[test]
    fn a_touch_answers_the_request_for_which_it_was_asked_for_in_time_and_no_other() {
        let (demands, session) = (Demands::default(), SessionId::new(NOW, [1; 16]));
        let (one, other) = ([1; 32], [2; 32]);
        let later = NOW.plus(Micros::MINUTE);
        assert!(!demands.is_met(NOW, session, &one, NOW), "nothing was asked for");
        demands.put(NOW, session, one);
        assert!(!demands.is_met(later, session, &one, NOW.plus(-1)), "touched before it was asked for");
        demands.put(later, session, one);
        assert!(demands.is_met(later, session, &one, NOW), "asked again, it keeps its moment");
        assert!(!demands.is_met(later, session, &other, NOW));
        assert!(!demands.is_met(NOW.plus(DEMAND_LIFE_US), session, &one, NOW));
        demands.put(later, session, other);
        assert!(!demands.is_met(later, session, &one, later), "of one session the last request counts");
        demands.forget(session);
        assert!(!demands.is_met(later, session, &other, later));
    }

    #[test]
    fn memory_is_bounded() {
        let demands = Demands::default();
        for number in 0..DEMANDS_MAX + 10 {
            // Ids carry their milliseconds: each is another session.
            let at = NOW.plus(i64::try_from(number).unwrap_or_default() * 1_000);
            demands.put(NOW, SessionId::new(at, [7; 16]), [0; 32]);
        }
        assert_eq!(demands.0.lock().map(|all| all.len()).unwrap_or_default(), DEMANDS_MAX);
    }
}
