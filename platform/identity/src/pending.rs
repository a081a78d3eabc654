//! Challenges that wait for an answer: in memory, for minutes, and never more than a set number.
//!
//! They are not in the database because anybody may ask for one. When there are too many the oldest goes: whoever floods
//! the door must do so faster than a person can touch a key.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shouhu_ids::Micros;

/// How long a person may take to touch their key.
pub const CHALLENGE_LIFE_US: i64 = 5 * Micros::MINUTE;

struct Waiting<T> {
    by_id: HashMap<String, (Micros, T)>,
    /// In the order of expiry; also holds ids that were taken since, so its length bounds both.
    order: VecDeque<(Micros, String)>,
}

pub struct Pending<T> {
    max: usize,
    waiting: Mutex<Waiting<T>>,
}

impl<T> Pending<T> {
    pub fn at_most(max: usize) -> Self {
        Self { max, waiting: Mutex::new(Waiting { by_id: HashMap::new(), order: VecDeque::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn put(&self, now: Micros, id: String, state: T) {
        let mut waiting = self.lock();
        while waiting.order.front().is_some_and(|(until, _)| *until <= now) || waiting.order.len() >= self.max {
            let Some((_, oldest)) = waiting.order.pop_front() else { break };
            waiting.by_id.remove(&oldest);
        }
        let until = now.plus(CHALLENGE_LIFE_US);
        waiting.order.push_back((until, id.clone()));
        waiting.by_id.insert(id, (until, state));
    }

    /// Takes it out: a challenge can be answered once, rightly or wrongly.
    pub fn take(&self, now: Micros, id: &str) -> Option<T> {
        let (until, state) = self.lock().by_id.remove(id)?;
        (until > now).then_some(state)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().by_id.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_challenge_can_be_answered_once_and_only_in_time() {
        let pending = Pending::at_most(10);
        pending.put(Micros(0), "a".into(), 1);
        pending.put(Micros(0), "b".into(), 2);
        assert_eq!(pending.take(Micros(1), "a"), Some(1));
        assert_eq!(pending.take(Micros(1), "a"), None);
        assert_eq!(pending.take(Micros(CHALLENGE_LIFE_US), "b"), None);
    }

    proptest! {
        #[test]
        fn memory_is_bounded_whatever_comes(steps in proptest::collection::vec((0_i64..400, 0_u8..30, any::<bool>()), 0..200)) {
            let (pending, mut now) = (Pending::at_most(5), Micros(0));
            for (step_s, name, is_put) in steps {
                now = now.plus(step_s * Micros::SECOND / 10);
                if is_put {
                    pending.put(now, name.to_string(), name);
                    prop_assert_eq!(pending.take(now, &name.to_string()), Some(name), "the newest is there");
                    pending.put(now, name.to_string(), name);
                } else if let Some(state) = pending.take(now, &name.to_string()) {
                    prop_assert_eq!(state, name);
                }
                prop_assert!(pending.len() <= 5 && pending.lock().order.len() <= 5);
            }
        }
    }
}
