//! A flag that threads can sleep on, and flags of parts below it, each of which can be set by itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub struct Stop {
    is_set: AtomicBool,
    above: Option<Arc<Self>>,
    /// One for all that lie below each other: whoever sleeps on a part hears of the whole.
    bell: Arc<(Mutex<()>, Condvar)>,
}

impl Stop {
    /// A part's own: set with `above`, and also without it.
    #[must_use]
    pub fn below(above: &Arc<Self>) -> Self {
        Self { is_set: AtomicBool::new(false), above: Some(Arc::clone(above)), bell: Arc::clone(&above.bell) }
    }

    pub fn set(&self) {
        let (lock, changed) = &*self.bell;
        // Never between somebody's look and his sleep: he would sleep on.
        let held = lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_set.store(true, Ordering::Release);
        drop(held);
        changed.notify_all();
    }

    #[must_use]
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Acquire) || self.above.as_ref().is_some_and(|above| above.is_set())
    }

    /// Sleeps at most so long; true as soon as the flag is set.
    pub fn wait(&self, at_most: Duration) -> bool {
        let (lock, changed) = &*self.bell;
        let held = lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(held, at_most, |()| !self.is_set()));
        self.is_set()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_part_ends_alone_and_whoever_sleeps_on_it_hears_of_the_whole() {
        const LONG: Duration = Duration::from_secs(600);
        let whole = Arc::new(Stop::default());
        let (one, other) = (Arc::new(Stop::below(&whole)), Arc::new(Stop::below(&whole)));
        let started = Instant::now();
        let sleeps = |on: &Arc<Stop>| {
            let its = Arc::clone(on);
            std::thread::spawn(move || its.wait(LONG))
        };
        let (on_one, on_other) = (sleeps(&one), sleeps(&other));
        one.set();
        assert!(on_one.join().is_ok_and(|is_set| is_set));
        assert!(!whole.is_set() && !other.is_set() && !other.wait(Duration::ZERO));
        whole.set();
        assert!(on_other.join().is_ok_and(|is_set| is_set));
        assert!(started.elapsed() < LONG, "they were woken");
    }
}
