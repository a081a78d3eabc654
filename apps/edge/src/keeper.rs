//! The queue as the threads share it: cameras put in, two uplink lanes take out.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shouhu_plate::SeenVehicle;
use tracing::{error, warn};

use crate::queue::{Counts, KeepError, Lane, NewSighting, Queue, Queued};

/// Hits that the disk refused wait here for room; beyond that they are counted as refused.
const HELD_HITS_MAX: usize = 64;
/// So long a sighting is kept back at most for its picture to be looked at: many times what sixteen pictures take. Then it goes as it is.
pub const HELD_BACK_MAX: Duration = Duration::from_secs(30);

pub struct Keeper {
    queue: Mutex<Queue>,
    /// A sighting came in, or the agent stops.
    changed: Condvar,
    held_hits: Mutex<VecDeque<NewSighting>>,
    held_back_max: Duration,
}

/// What an operator wants to know at a glance.
#[derive(Debug, Clone, Copy)]
pub struct Depths {
    pub waiting: usize,
    pub hits: usize,
    /// Hits that are only in memory because the disk has no room.
    pub held_hits: usize,
    pub bytes: u64,
    pub next_sequence: u64,
    pub counts: Counts,
}

impl Keeper {
    #[must_use]
    pub fn new(queue: Queue) -> Self {
        Self::holding_back(queue, HELD_BACK_MAX)
    }

    /// One that keeps sightings back so long at most.
    #[must_use]
    pub fn holding_back(queue: Queue, held_back_max: Duration) -> Self {
        Self { queue: Mutex::new(queue), changed: Condvar::new(), held_hits: Mutex::default(), held_back_max }
    }

    #[must_use]
    pub const fn held_back_max(&self) -> Duration {
        self.held_back_max
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// When it is not kept; see [`Queue::keep`].
    pub fn keep(&self, new: &NewSighting) -> Result<u64, KeepError> {
        let kept = self.queue().keep(new);
        if kept.is_ok() {
            self.changed.notify_all();
        }
        kept
    }

    /// As [`Self::keep`], of a sighting whose picture is about to be looked at: nobody is given it before [`Self::described`], but for one of which
    /// nothing was said for [`Self::held_back_max`].
    ///
    /// # Errors
    /// When it is not kept; see [`Queue::keep`].
    pub fn keep_back(&self, new: &NewSighting) -> Result<u64, KeepError> {
        let mut queue = self.queue();
        let sequence = queue.keep(new)?;
        queue.hold_back(sequence, Instant::now() + self.held_back_max);
        Ok(sequence)
    }

    /// What the picture of a sighting shows that [`Self::keep_back`] has kept; `None` when nobody will look at it.
    pub fn described(&self, sequence: u64, seen: Option<SeenVehicle>) {
        let written = self.queue().describe(sequence, seen);
        self.changed.notify_all();
        if let Err(e) = written {
            warn!(error = %e, "what a picture shows cannot be written down; if the agent ends before its sighting is sent, that goes without");
        }
    }

    /// What a live source does when a sighting finds no room: a hit is held in memory, anything else is counted as refused.
    ///
    /// # Errors
    /// When it is not kept on disk.
    pub fn keep_or_count(&self, new: NewSighting, is_kept_back: bool) -> Result<u64, KeepError> {
        let kept = if is_kept_back { self.keep_back(&new) } else { self.keep(&new) };
        let refused = match kept {
            Ok(sequence) => return Ok(sequence),
            Err(e) => e,
        };
        let mut held = self.held_hits.lock().unwrap_or_else(PoisonError::into_inner);
        if !new.sighting.local_hits.is_empty() && held.len() < HELD_HITS_MAX {
            error!(error = %refused, held = held.len() + 1, "a hit is held in memory only: make room on the disk before this device loses power");
            held.push_back(new);
        } else {
            drop(held);
            self.queue().count_refused();
        }
        Err(refused)
    }

    /// Puts held hits on disk as soon as there is room, and takes the reserve back.
    pub fn tidy(&self) {
        let mut held = self.held_hits.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(new) = held.front() {
            if self.keep(new).is_err() {
                return;
            }
            held.pop_front();
        }
        drop(held);
        self.queue().restore_reserve();
    }

    /// Sleeps until the lane has something, at most so long.
    pub fn wait(&self, lane: Lane, at_most: Duration) -> bool {
        let queue = self.queue();
        let waited = self.changed.wait_timeout_while(queue, at_most, |queue| !queue.is_waiting(lane));
        waited.unwrap_or_else(PoisonError::into_inner).0.is_waiting(lane)
    }

    #[must_use]
    pub fn waiting(&self, lane: Lane, max_count: usize, max_bytes: usize) -> Vec<Queued> {
        self.queue().waiting(lane, max_count, max_bytes)
    }

    /// # Errors
    /// When it could not be written down.
    pub fn delivered(&self, sequences: &[u64]) -> io::Result<usize> {
        self.queue().delivered(sequences)
    }

    #[must_use]
    pub fn depths(&self) -> Depths {
        let held_hits = self.held_hits.lock().unwrap_or_else(PoisonError::into_inner).len();
        let queue = self.queue();
        Depths {
            waiting: queue.depth(),
            hits: queue.hits_pending(),
            held_hits,
            bytes: queue.bytes(),
            next_sequence: queue.next_sequence(),
            counts: queue.counts(),
        }
    }

    /// # Errors
    /// When the cursor cannot be written.
    pub fn save(&self) -> io::Result<()> {
        self.queue().save()
    }
}
