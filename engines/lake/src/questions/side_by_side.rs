//! Parts asked on several cores at once, where a question has enough to do for that: a thread costs some 40 µs to start.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::asking::GATHERED_MAX;

/// Threads that one question may have, the asker's own included: a server answers others, and takes in, at the same time.
const THREADS_MAX: usize = 4;

/// Ends what several threads gather.
#[derive(Debug, Default)]
pub struct Brake {
    is_on: AtomicBool,
    held: AtomicUsize,
}

impl Brake {
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// More rows than one question may hold.
    pub fn is_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) > GATHERED_MAX
    }

    /// To be called now and then with what was gathered since the last time.
    pub fn hold(&self, rows: usize) {
        if self.held.fetch_add(rows, Ordering::Relaxed) + rows > GATHERED_MAX {
            self.is_on.store(true, Ordering::Relaxed);
        }
    }
}

/// What was given, in the order of the parts; `None`: not asked any more.
pub struct Given<T> {
    pub of_parts: Vec<Option<T>>,
    pub is_full: bool,
    pub is_stopped: bool,
}

/// Asks parts 0 to before `count` on as many threads as the machine and the limit allow.
pub fn of_each<T: Send + Sync>(
    count: usize,
    is_stopped: &dyn Fn() -> bool,
    ask: &(dyn Fn(usize, &Brake) -> T + Sync),
) -> Given<T> {
    let slots: Vec<OnceLock<T>> = std::iter::repeat_with(OnceLock::new).take(count).collect();
    let next = AtomicUsize::new(0);
    let brake = Brake::default();
    let work = || {
        while !brake.is_on() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = slots.get(number) else { break };
            let _ = slot.set(ask(number, &brake));
        }
    };
    let mut has_stopped = false;
    thread::scope(|scope| {
        for _ in 1..threads().min(count) {
            // Where no thread can be had, the work is left to those that there are.
            let _ = thread::Builder::new().name("lake-question".to_owned()).spawn_scoped(scope, work);
        }
        // Only the asker's own thread may look whether he stopped.
        while !brake.is_on() {
            has_stopped = is_stopped();
            if has_stopped {
                brake.is_on.store(true, Ordering::Relaxed);
                break;
            }
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = slots.get(number) else { break };
            let _ = slot.set(ask(number, &brake));
        }
    });
    Given { of_parts: slots.into_iter().map(OnceLock::into_inner).collect(), is_full: brake.is_full(), is_stopped: has_stopped }
}

fn threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS_MAX)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn every_part_is_asked_once_and_given_in_order() {
        for count in [0, 1, 2, 3, 500] {
            let asked = AtomicUsize::new(0);
            let given = of_each(count, &|| false, &|number, _| {
                asked.fetch_add(1, Ordering::Relaxed);
                number * 3
            });
            assert_eq!(given.of_parts, (0..count).map(|number| Some(number * 3)).collect::<Vec<_>>());
            assert_eq!(asked.into_inner(), count);
            assert!(!given.is_full && !given.is_stopped);
        }
    }

    #[test]
    fn the_asker_stops_all_threads() {
        let looks = Cell::new(0);
        let is_stopped = || {
            looks.set(looks.get() + 1);
            looks.get() > 3
        };
        let asker = thread::current().id();
        let given = of_each(1_000_000, &is_stopped, &|number, brake| {
            // However the machine divides its time, the others are not done before the asker has looked.
            while thread::current().id() != asker && !brake.is_on() {
                thread::yield_now();
            }
            number
        });
        assert!(given.is_stopped && !given.is_full);
        assert!(given.of_parts.iter().any(Option::is_none));
    }

    #[test]
    fn threads_together_hold_no_more_than_one_question_may() {
        let given = of_each(100, &|| false, &|_, brake| brake.hold(GATHERED_MAX / 10));
        assert!(given.is_full && !given.is_stopped);
        // Ten fit; each thread may have been at one more.
        assert!((11..=11 + THREADS_MAX).contains(&given.of_parts.iter().flatten().count()));
    }
}
