//! How often the log is told that a session's cookie is used without its key: whoever has a cookie must not be able to fill the log with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::{Micros, SessionId};

/// One leaf per session in so long.
const TOLD_EVERY_US: i64 = Micros::MINUTE;
/// Sessions told about at once; more in one minute are counted by the first ones.
const SESSIONS_MAX: usize = 10_000;

#[derive(Default)]
pub struct Doubts(Mutex<HashMap<SessionId, Micros>>);

impl Doubts {
    /// True when it is time to tell; it is then taken for told.
    pub fn is_due(&self, now: Micros, session: SessionId) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now.since(*at).saturating_abs() < TOLD_EVERY_US);
        if told.contains_key(&session) || told.len() >= SESSIONS_MAX {
            return false;
        }
        told.insert(session, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_about_once_a_minute_and_each_by_itself() {
        let (doubts, one, two) = (Doubts::default(), SessionId::new(Micros(1), [1; 16]), SessionId::new(Micros(1), [2; 16]));
        assert!(doubts.is_due(Micros(0), one) && !doubts.is_due(Micros(1), one) && doubts.is_due(Micros(1), two));
        assert!(!doubts.is_due(Micros(TOLD_EVERY_US - 1), one));
        assert!(doubts.is_due(Micros(TOLD_EVERY_US), one));
    }
}
