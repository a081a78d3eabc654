//! Whether the server knows what runs here: an attested device sends nothing before its fresh quote was answered.
//!
//! After an outage the server holds the device for late, and what matches on its watchlist then raises no hit. So the queue waits for the
//! quote, for a bounded time: a TPM that fails marks what is sent, and keeps nothing back.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::stop::Stop;

/// A quote that is older is no fresh one; longer than the time between two quotes that both go well.
pub const FRESH: Duration = Duration::from_secs(11 * 60);
/// How long what is queued waits for a quote that does not come, counted from when it was first wanted.
pub const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// How often a sender looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Default)]
struct State {
    answered_at: Option<Instant>,
    /// Since when somebody waits for a quote.
    wanted_since: Option<Instant>,
    /// No quote is to be had now: what is queued goes without.
    is_excused: bool,
    /// Nobody will quote any more.
    is_over: bool,
}

/// Shared by whoever quotes and whoever sends.
#[derive(Default)]
pub struct Vouched {
    state: Mutex<State>,
    changed: Condvar,
}

impl Vouched {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// The server has answered a fresh quote, whatever it thinks of it.
    pub fn answered(&self, now: Instant) {
        self.change(|state| *state = State { answered_at: Some(now), ..State::default() });
    }

    /// The TPM fails, or the server will have no quote: waiting helps nobody.
    pub fn excuse(&self) {
        self.change(|state| state.is_excused = true);
    }

    /// Whoever quotes has ended.
    pub fn over(&self) {
        self.change(|state| state.is_over = true);
    }

    /// Somebody waits for the next quote, and it may come.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.wanted_since.is_some() && !state.is_excused
    }

    /// Whether something may be sent; notes that somebody wants to.
    fn may_send(state: &mut State, now: Instant) -> bool {
        if state.answered_at.is_some_and(|at| now.saturating_duration_since(at) < FRESH) {
            return true;
        }
        let since = *state.wanted_since.get_or_insert(now);
        state.is_excused || now.saturating_duration_since(since) >= PATIENCE
    }

    /// Waits until something may be sent. False: the agent ends, and nobody quotes any more.
    pub fn wait(&self, stop: &Stop) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if Self::may_send(&mut state, Instant::now()) {
                return true;
            }
            if state.is_over && stop.is_set() {
                return false;
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_queued_goes_with_a_fresh_quote_or_when_none_is_to_be_had() {
        let began = Instant::now();
        let later = |seconds: u64| began + Duration::from_secs(seconds);
        let mut state = State::default();
        assert!(!Vouched::may_send(&mut state, began), "no quote yet");
        assert!(!Vouched::may_send(&mut state, later(PATIENCE.as_secs() - 1)));
        assert!(Vouched::may_send(&mut state, later(PATIENCE.as_secs())), "a quote that never comes keeps nothing back");
        let mut state = State { answered_at: Some(began), ..State::default() };
        assert!(Vouched::may_send(&mut state, later(FRESH.as_secs() - 1)));
        assert!(!Vouched::may_send(&mut state, later(FRESH.as_secs())), "after an outage the quote comes first");
        state.is_excused = true;
        assert!(Vouched::may_send(&mut state, later(FRESH.as_secs())));
    }

    #[test]
    fn whoever_waits_is_seen_and_ends_with_the_agent() {
        let (vouched, stop) = (Vouched::default(), Stop::default());
        assert!(!vouched.is_wanted());
        stop.set();
        vouched.over();
        assert!(!vouched.wait(&stop));
        assert!(vouched.is_wanted());
        vouched.answered(Instant::now());
        assert!(vouched.wait(&stop) && !vouched.is_wanted());
    }
}
