//! The work that nobody asks for: writing memory out, looking at other nodes, merging, removing.
//!
//! Three threads, so that none waits for another: **flush** (memory → segments), **watch** (pulse, other nodes' segments,
//! sources, what they have not published), **compact** (merges, files that are no longer needed). Trouble is remembered as a
//! reason for `health`, and the work tried again with the next turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Tells the threads when to end, and wakes them before their time.
#[derive(Default)]
pub struct Stop {
    state: Mutex<StopState>,
    changed: Condvar,
}

#[derive(Default)]
struct StopState {
    is_stopped: bool,
    /// Counts the calls of `wake`.
    wakes: u64,
}

impl Stop {
    fn state(&self) -> MutexGuard<'_, StopState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Ends the present wait of every thread.
    pub fn wake(&self) {
        self.state().wakes += 1;
        self.changed.notify_all();
    }

    /// Waits for so long, or until woken; true when all is over.
    fn wait(&self, wait: Duration) -> bool {
        let state = self.state();
        let wakes = state.wakes;
        let waited = self.changed.wait_timeout_while(state, wait, |state| !state.is_stopped && state.wakes == wakes);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_stopped
    }
}

/// What is wrong at the moment, by whose work it is.
#[derive(Default)]
pub struct Troubles(Mutex<BTreeMap<&'static str, String>>);

impl Troubles {
    /// The work went well, or why not. A trouble is logged when it begins.
    pub fn note(&self, work: &'static str, outcome: Result<(), String>) {
        let mut troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) => {
                if troubles.remove(work).is_some() {
                    tracing::info!(work, "the lake's background work goes well again");
                }
            }
            Err(reason) => {
                if troubles.get(work) != Some(&reason) {
                    tracing::warn!(work, %reason, "the lake's background work failed and is tried again");
                }
                troubles.insert(work, reason);
            }
        }
    }

    pub fn reasons(&self) -> Vec<String> {
        let troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.iter().map(|(work, reason)| format!("{work}: {reason}")).collect()
    }
}

/// Turns of one thread until all is over.
pub fn every(
    name: &'static str,
    stop: &Arc<Stop>,
    wait: Duration,
    mut turn: impl FnMut() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let stop = Arc::clone(stop);
    std::thread::Builder::new().name(format!("lake-{name}")).spawn(move || {
        while !stop.wait(wait) {
            turn();
        }
    })
}
