//! How much of the machine a thread of the background may have.

use rustix::process::{getpriority_process, setpriority_process};

/// So much nicer are the threads that answer what can wait than those of what saves lives.
pub const OF_REQUESTS: i32 = 5;
/// Most that a thread can step back (setpriority(2)).
const MOST: i32 = 19;

/// Lets threads in front of this one go first: `by` is added to its niceness (setpriority(2), 0 to 19). On Linux that is the
/// calling thread's alone, and inherited by those that it starts. Where the machine refuses, work goes on as before.
pub fn step_back(by: i32) {
    step_to(niceness().saturating_add(by));
}

/// As [`step_back`], but to this niceness; where the thread is nicer already, only a privileged one gets back.
pub fn step_to(niceness: i32) {
    let _ = setpriority_process(None, niceness.min(MOST));
}

/// This thread's; 0 where the machine does not tell.
#[must_use]
pub fn niceness() -> i32 {
    getpriority_process(None).unwrap_or(0)
}
