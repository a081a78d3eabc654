//! How much of the machine a thread of the background may have.

/// Lets threads in front of this one go first: `by` is added to its niceness (setpriority(2), 0 to 19). On Linux that is the
/// calling thread's alone. Where the machine refuses, work goes on as before.
pub fn step_back(by: i32) {
    use rustix::process::{getpriority_process, setpriority_process};
    if let Ok(now) = getpriority_process(None) {
        let _ = setpriority_process(None, now.saturating_add(by).min(19));
    }
}
