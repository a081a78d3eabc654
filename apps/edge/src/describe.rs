//! Looks at the pictures of kept sightings a second time, for kind and colours, beside the sources.
//!
//! That takes many times as long as reading a frame, and nobody at the roadside waits for it: when a sighting comes here its alert has gone
//! out and it is on disk. A thread of its own works through what waits, hits first; the sighting is sent when its picture has been looked at.
//!
//! **Invariant:** what waits is bounded, in pictures and in bytes. A live source never waits for room: the oldest go undescribed, and are
//! counted. Every sighting that comes here is given out, described or not, [`HELD_BACK_MAX`](crate::keeper::HELD_BACK_MAX) after it was kept at the latest, also while one
//! picture hangs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shouhu_plate::SeenVehicle;
use shouhu_vision::{Frame, Quad};
use tracing::{error, warn};

use crate::keeper::Keeper;
use crate::pipeline::{Counters, Patience, Reader};
use crate::stop::Stop;

/// So many pictures wait at most: a second's work where one takes 71 ms. What is no hit may wait longer, since later hits go before it.
pub const WAITING_MAX: usize = 16;
/// All that wait together; a larger one waits alone. Twenty frames of full HD.
pub const WAITING_BYTES_MAX: usize = 128 << 20;
/// How often a file that waits for room looks whether the agent stops.
const LOOK: Duration = Duration::from_millis(100);

/// A kept sighting and its picture.
pub struct Picture {
    pub sequence: u64,
    /// It matched the watchlist: looked at first, and left out last.
    pub is_hit: bool,
    pub frame: Arc<Frame>,
    pub plate: Quad,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Picture>,
    /// When one was last taken to be looked at, or the first of these began to wait.
    moved_at: Option<Instant>,
    /// That none is taken any more has been told.
    is_told: bool,
    /// Nothing comes any more.
    is_over: bool,
}

pub struct Describer {
    reader: Arc<dyn Reader>,
    keeper: Arc<Keeper>,
    counters: Arc<Counters>,
    state: Mutex<State>,
    /// Something came, something went, or it is over.
    changed: Condvar,
}

impl State {
    fn has_room_for(&self, new: &Picture) -> bool {
        // Two plates of one frame share it; counting it twice errs on the safe side.
        let bytes: usize = self.waiting.iter().map(|picture| picture.frame.rgb.len()).sum();
        self.waiting.is_empty() || (self.waiting.len() < WAITING_MAX && bytes + new.frame.rgb.len() <= WAITING_BYTES_MAX)
    }

    /// Takes the picture in and tells which go undescribed for it.
    fn take_in(&mut self, new: Picture) -> Vec<u64> {
        let mut left_out = Vec::new();
        let is_first = self.waiting.is_empty();
        while !self.has_room_for(&new) {
            let oldest = self.waiting.iter().position(|picture| !picture.is_hit);
            match oldest.or_else(|| new.is_hit.then_some(0)).and_then(|at| self.waiting.remove(at)) {
                Some(picture) => left_out.push(picture.sequence),
                // Hits alone wait, and this is none.
                None => {
                    left_out.push(new.sequence);
                    return left_out;
                }
            }
        }
        if is_first {
            self.moved_at = Some(Instant::now());
        }
        self.waiting.push_back(new);
        left_out
    }

    /// Pictures wait, and for so long none of them was taken.
    fn is_stuck(&self, for_at_least: Duration) -> bool {
        !self.waiting.is_empty() && self.moved_at.is_some_and(|moved_at| moved_at.elapsed() >= for_at_least)
    }

    fn next(&mut self) -> Option<Picture> {
        let first = self.waiting.iter().position(|picture| picture.is_hit).unwrap_or(0);
        let next = self.waiting.remove(first)?;
        self.moved_at = Some(Instant::now());
        self.is_told = false;
        Some(next)
    }
}

impl Describer {
    #[must_use]
    pub fn new(reader: Arc<dyn Reader>, keeper: Arc<Keeper>, counters: Arc<Counters>) -> Self {
        Self { reader, keeper, counters, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a sighting that [`Keeper::keep_back`] has kept. From files it waits for room, as long as the agent runs and pictures are looked at: once none
    /// was taken for as long as a sighting is kept back, files are treated like a live source, which is never held up.
    pub fn submit(&self, picture: Picture, patience: Patience, stop: &Stop) {
        let mut state = self.state();
        let goes_on = |state: &State| !state.is_over && !stop.is_set() && !state.is_stuck(self.keeper.held_back_max());
        while patience == Patience::Waits && !state.has_room_for(&picture) && goes_on(&state) {
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        let is_stuck = state.is_stuck(self.keeper.held_back_max());
        if is_stuck && !std::mem::replace(&mut state.is_told, true) {
            warn!("looking at a picture does not come to an end; until it does, plates are kept without what the pictures show of the vehicles");
        }
        // Behind a picture that hangs it would be kept back in vain.
        let left_out = if state.is_over || is_stuck { vec![picture.sequence] } else { state.take_in(picture) };
        drop(state);
        self.changed.notify_all();
        for sequence in left_out {
            self.leave_out();
            self.keeper.described(sequence, None);
        }
    }

    /// Counts a picture that nobody will look at.
    pub fn leave_out(&self) {
        self.counters.not_described.fetch_add(1, Ordering::Relaxed);
    }

    /// Until [`Self::end`], and then until nothing waits.
    pub fn run(&self) {
        while let Some(picture) = self.next() {
            let look = || self.reader.describe(&picture.frame, &picture.plate);
            // A sighting must not stay kept back because a picture broke what looks at it.
            let seen = catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| {
                error!("looking at a picture has failed inside; its plate is kept without it");
                SeenVehicle::default()
            });
            self.counters.described.fetch_add(1, Ordering::Relaxed);
            self.keeper.described(picture.sequence, Some(seen));
        }
    }

    fn next(&self) -> Option<Picture> {
        let mut state = self.state();
        loop {
            if let Some(picture) = state.next() {
                self.changed.notify_all();
                return Some(picture);
            }
            if state.is_over {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing comes any more: [`Self::run`] looks at what waits and returns.
    pub fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
