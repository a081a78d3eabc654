//! Local alerts: one line of JSON on standard output per match, for a screen or buzzer beside the camera.
//!
//! An alert here is a lead that nobody has confirmed. The plate is in it only where the operator asked for it.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use shouhu_ids::EntryId;
use shouhu_plate::{MatchKind, Plate};
use tracing::error;

use crate::watch::WatchHit;

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    entry: EntryId,
    kind: MatchKind,
    captured_at_us: i64,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<String>,
}

/// So many alerts wait for whoever takes them; those after them are counted and not printed. The server hears of them all the same.
const WAITING_MAX: usize = 1024;
/// An alert is out before its frame is kept. Where the screen or buzzer takes none for so long, no camera waits for it until it takes one again.
const TAKEN_WITHIN: Duration = Duration::from_millis(250);

#[derive(Default)]
struct State {
    waiting: VecDeque<String>,
    raised: u64,
    printed: u64,
    is_late: bool,
    is_over: bool,
}

/// Shared by all sources, each of which must go on when whoever reads standard output does not.
pub struct Alerts {
    state: Mutex<State>,
    /// One came, one was printed, or it is over.
    changed: Condvar,
    has_plates: bool,
}

impl Alerts {
    #[must_use]
    pub fn new(has_plates: bool) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), has_plates }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False: too many wait already, or the agent ends, and this one is not printed.
    #[must_use]
    pub fn raise(&self, hit: WatchHit, plate: &Plate, captured_at_us: i64, source: &str) -> bool {
        let line = Line {
            event: "local_alert",
            entry: hit.entry,
            kind: hit.kind,
            captured_at_us,
            source,
            plate: self.has_plates.then(|| plate.display()),
        };
        let Ok(json) = serde_json::to_string(&line) else { return false };
        let mut state = self.state();
        if state.is_over || state.waiting.len() >= WAITING_MAX {
            return false;
        }
        state.waiting.push_back(json);
        state.raised += 1;
        let (mine, at_most) = (state.raised, if state.is_late { Duration::ZERO } else { TAKEN_WITHIN });
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(state, at_most, |state| state.printed < mine);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if state.printed < mine && !std::mem::replace(&mut state.is_late, true) {
            drop(state);
            error!("nobody takes the local alerts from standard output; they wait, and the sources go on");
        }
        true
    }

    /// Prints until [`Self::end`], and then until nothing waits.
    pub fn run(&self, out: &mut dyn Write) {
        while let Some(json) = self.next() {
            if let Err(e) = writeln!(out, "{json}").and_then(|()| out.flush()) {
                error!(error = %e, "a local alert cannot be printed");
            }
            let mut state = self.state();
            state.printed += 1;
            state.is_late = false;
            drop(state);
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<String> {
        let waited = self.changed.wait_while(self.state(), |state| state.waiting.is_empty() && !state.is_over);
        waited.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }

    /// Nothing comes any more: [`Self::run`] prints what waits and returns.
    pub fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }

    /// After [`Self::end`]: waits for [`Self::run`] to print the rest, for as long as somebody takes one within `each_within`, and not beyond
    /// `until`. Returns how many nobody took; those that still waited are not printed any more.
    #[must_use]
    pub fn give_up(&self, each_within: Duration, until: Instant) -> u64 {
        let mut state = self.state();
        loop {
            let printed = state.printed;
            let at_most = each_within.min(until.saturating_duration_since(Instant::now()));
            let is_same = |state: &mut State| state.printed == printed && printed < state.raised;
            state = self.changed.wait_timeout_while(state, at_most, is_same).unwrap_or_else(PoisonError::into_inner).0;
            if state.printed == printed || at_most.is_zero() {
                state.waiting.clear();
                return state.raised - state.printed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use shouhu_ids::Micros;

    use super::*;

    #[test]
    fn where_nobody_takes_alerts_they_wait_in_their_order_and_no_more_than_fit() {
        let alerts = Alerts::new(false);
        let hit = WatchHit { entry: EntryId::new(Micros(1), [1; 16]), kind: MatchKind::Exact };
        let plate = Plate::parse("ABC1234").unwrap();
        let is_taken: Vec<bool> = (0..1026).map(|at_us| alerts.raise(hit, &plate, at_us, "camera")).collect();
        assert_eq!(is_taken.iter().filter(|is_taken| **is_taken).count(), WAITING_MAX);
        alerts.end();
        let mut paper = Vec::new();
        alerts.run(&mut paper);
        let lines: Vec<serde_json::Value> =
            paper.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let at_us: Vec<i64> = lines.iter().filter_map(|line| line.get("captured_at_us")?.as_i64()).collect();
        assert_eq!(at_us, (0..1024).collect::<Vec<i64>>());
    }

    #[test]
    fn what_nobody_takes_by_the_end_is_told_and_not_printed_later_and_what_somebody_takes_is_waited_for() {
        const LONG: Duration = Duration::from_secs(60);
        let hit = WatchHit { entry: EntryId::new(Micros(1), [1; 16]), kind: MatchKind::Exact };
        let plate = Plate::parse("ABC1234").unwrap();
        let with_three = || {
            let alerts = Alerts::new(false);
            assert!((0..3).all(|at_us| alerts.raise(hit, &plate, at_us, "camera")));
            alerts.end();
            assert!(!alerts.raise(hit, &plate, 3, "camera"), "by whoever was left behind");
            alerts
        };
        let (alerts, mut paper) = (with_three(), Vec::<u8>::new());
        assert_eq!(alerts.give_up(Duration::from_millis(1), Instant::now() + LONG), 3);
        alerts.run(&mut paper);
        assert!(paper.is_empty());
        assert_eq!(with_three().give_up(LONG, Instant::now()), 3, "and no longer than the end may take");
        let alerts = with_three();
        std::thread::scope(|scope| {
            scope.spawn(|| alerts.run(&mut paper));
            assert_eq!(alerts.give_up(LONG, Instant::now() + LONG), 0);
        });
        assert_eq!(paper.iter().filter(|byte| **byte == b'\n').count(), 3);
    }
}
