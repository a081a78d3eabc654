//! How often a link is used, counted by the minute and for links that are known only: what this holds in memory is bounded by them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::{CallId, Micros};

use super::REQUESTS_PER_MINUTE_MAX;

/// The minute that is counted, and requests in it.
#[derive(Debug, Default)]
pub struct Paces(Mutex<(i64, HashMap<CallId, u32>)>);

impl Paces {
    /// Counts one; seconds to wait when there were too many in this minute.
    pub fn wait_s(&self, call: CallId, now: Micros) -> Option<u32> {
        let minute = now.0.div_euclid(Micros::MINUTE);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.0 != minute {
            *counted = (minute, HashMap::new());
        }
        let count = counted.1.entry(call).or_default();
        *count = count.saturating_add(1);
        let rest_us = Micros::MINUTE - now.0.rem_euclid(Micros::MINUTE);
        (*count > REQUESTS_PER_MINUTE_MAX).then(|| u32::try_from(rest_us / Micros::SECOND).unwrap_or(59) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_asks_too_often_waits_for_the_next_minute_and_holds_up_no_other() {
        let paces = Paces::default();
        let now = Micros(90 * Micros::SECOND);
        let [one, other] = [1, 2].map(|byte| CallId::new(now, [byte; 16]));
        let refused = (0..=REQUESTS_PER_MINUTE_MAX).filter_map(|_| paces.wait_s(one, now)).collect::<Vec<_>>();
        assert_eq!(refused, [31]);
        assert_eq!(paces.wait_s(other, now), None);
        assert_eq!(paces.wait_s(one, now.plus(30 * Micros::SECOND)), None);
    }
}
