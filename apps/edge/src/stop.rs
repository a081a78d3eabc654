//! A flag that threads can sleep on.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub fn set(&self) {
        *self.is_set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.is_set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps at most so long; true as soon as the flag is set.
    pub fn wait(&self, at_most: Duration) -> bool {
        let is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed.wait_timeout_while(is_set, at_most, |is_set| !*is_set).unwrap_or_else(PoisonError::into_inner).0
    }
}
