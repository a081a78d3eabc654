//! A live camera: always the newest frame. One that comes while the last is still being read is dropped and counted,
//! never queued, so that an alert is about now.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use shouhu_vision::{Frame, Tracker, TrackerConfig};
use tracing::{info, warn};

use super::ffmpeg::{Ending, Ffmpeg, is_hang};
use super::{SourceOptions, SourceSpec};
use crate::pipeline::{Draft, Named, Patience, Pipeline, Shared, origin};
use crate::rejected::Rejected;
use crate::stop::Stop;

/// Calling costs a process that starts and ends; a road without a camera costs more.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// Between two frames the device's clock and the time that passed may differ by so much; more is a clock that was set.
const CLOCK_STEP_MIN_US: i64 = 500_000;
/// A connection that held so long was a good one: the next try comes quickly again.
const GOOD_CONNECTION: Duration = Duration::from_secs(60);

/// The newest frame, until it is read.
#[derive(Default)]
struct Slot {
    newest: Mutex<Option<Captured>>,
    filled: Condvar,
}

struct Captured {
    frame: Frame,
    at_us: i64,
    at: Instant,
}

impl Slot {
    /// True: an unread frame was replaced.
    fn put(&self, captured: Captured) -> bool {
        let replaced = self.newest.lock().unwrap_or_else(PoisonError::into_inner).replace(captured);
        self.filled.notify_one();
        replaced.is_some()
    }

    fn take(&self, at_most: Duration) -> Option<Captured> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.filled.wait_timeout_while(newest, at_most, |newest| newest.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

/// Notices that the device's clock was set, so that what is followed and remembered can be carried over.
#[derive(Default)]
struct SetClock(Option<(i64, Instant)>);

impl SetClock {
    /// The present by the clock of the last frame.
    fn now_us(&self) -> Option<i64> {
        let (at_us, at) = self.0?;
        Some(at_us.saturating_add(i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX)))
    }

    /// By how much the clock was set since the last frame.
    fn step_us(&mut self, at_us: i64, at: Instant) -> Option<i64> {
        let (before_us, before) = self.0.replace((at_us, at))?;
        let passed_us = i64::try_from(at.saturating_duration_since(before).as_micros()).unwrap_or(i64::MAX);
        let step_us = at_us.saturating_sub(before_us).saturating_sub(passed_us);
        (step_us.unsigned_abs() >= CLOCK_STEP_MIN_US.unsigned_abs()).then_some(step_us)
    }
}

pub struct LiveSource {
    spec: SourceSpec,
    options: SourceOptions,
    shared: Arc<Shared>,
}

impl LiveSource {
    #[must_use]
    pub fn new(spec: SourceSpec, options: SourceOptions, shared: Arc<Shared>) -> Self {
        Self { spec, options, shared }
    }

    /// Until the agent stops. Where one of its two threads fails inside, the other one ends with it, and so does the decoder.
    pub fn run(self) {
        let slot = Arc::new(Slot::default());
        let stop = Arc::new(Stop::below(&self.shared.stop));
        let camera = Camera {
            spec: self.spec.clone(),
            options: self.options.clone(),
            shared: Arc::clone(&self.shared),
            slot: Arc::clone(&slot),
            stop: Arc::clone(&stop),
        };
        let thread = std::thread::spawn(move || camera.run());
        let read = catch_unwind(AssertUnwindSafe(|| self.read(&slot, &thread)));
        stop.set();
        // Both have ended by then; whoever started this source names it.
        if let Err(panic) = read.and(thread.join()) {
            resume_unwind(panic);
        }
    }

    /// Reads what the camera's thread puts into the slot, until the agent stops or that thread has ended.
    fn read(&self, slot: &Slot, thread: &JoinHandle<()>) {
        let stop = &self.shared.stop;
        let mut pipeline = Pipeline::new(Arc::clone(&self.shared), Tracker::new(TrackerConfig::default()), Patience::Live);
        let label = self.spec.label();
        let mut set_clock = SetClock::default();
        while !stop.is_set() {
            let Some(Captured { frame, at_us, at }) = slot.take(Duration::from_millis(250)) else {
                // As much later than the last frame as has passed since, whatever the clock was set to meanwhile.
                if let Some(now_us) = set_clock.now_us() {
                    let drafts = pipeline.wait(now_us);
                    keep(&mut pipeline, drafts, &label);
                }
                if thread.is_finished() {
                    break;
                }
                continue;
            };
            if let Some(step_us) = set_clock.step_us(at_us, at) {
                warn!(step_s = step_us / 1_000_000, "this device's clock was set; what is in sight is followed on");
                pipeline.clock_was_set(step_us);
            }
            match pipeline.look(frame, at_us) {
                Ok(drafts) => keep(&mut pipeline, drafts, &label),
                Err(e) => {
                    warn!(error = %e, "a frame cannot be read");
                    // For what was read before it, time goes on.
                    let drafts = pipeline.wait(at_us);
                    keep(&mut pipeline, drafts, &label);
                }
            }
            let delay_ms = u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.shared.counters.delay_ms.store(delay_ms, Ordering::Relaxed);
        }
        let drafts = pipeline.finish();
        keep(&mut pipeline, drafts, &label);
    }
}

fn keep(pipeline: &mut Pipeline, drafts: Vec<Draft>, label: &str) {
    let named = drafts.into_iter().map(|draft| {
        let captured_at_us = draft.passage.best_captured_at_us;
        let origin = origin(&[label.as_bytes(), &captured_at_us.to_le_bytes(), draft.passage.text.as_bytes()]);
        Named { draft, captured_at_us, origin }
    });
    // What finds no room is counted, and nothing is asked for again.
    pipeline.commit(named.collect(), label);
}

/// The thread that reads the pipe and calls the camera again when it hangs up.
struct Camera {
    spec: SourceSpec,
    options: SourceOptions,
    shared: Arc<Shared>,
    slot: Arc<Slot>,
    /// Set with the agent's, and when nobody reads its frames any more.
    stop: Arc<Stop>,
}

impl Camera {
    fn run(self) {
        let stop: &Stop = &self.stop;
        let (mut pause, longest) = BACK_OFF;
        let mut has_said = false;
        while !stop.is_set() {
            let started = Instant::now();
            let (reason, ending) = self.watch_until_it_ends(&mut has_said);
            if stop.is_set() {
                return;
            }
            if self.options.is_once {
                info!(reason = %reason, "the stream has ended");
                return;
            }
            if started.elapsed() > GOOD_CONNECTION {
                pause = BACK_OFF.0;
            }
            if !std::mem::replace(&mut has_said, true) {
                let shared = &self.shared;
                shared.rejected.add(&Rejected {
                    at_us: shared.clock.device_us(),
                    input: self.spec.label(),
                    kind: "source".to_owned(),
                    reason: format!("the camera's stream ended: {reason}; it is called again until it answers"),
                });
            }
            // A device that does not let go of one decoder answers no other.
            if let Some(ending) = ending {
                ending.wait_until_gone(stop);
            }
            if stop.wait(pause) {
                return;
            }
            pause = (pause * 2).min(longest);
        }
    }

    fn watch_until_it_ends(&self, has_said: &mut bool) -> (String, Option<Ending>) {
        let stop = &self.stop;
        let mut decoder = match Ffmpeg::start(&self.spec, &self.options, stop) {
            Ok(decoder) => decoder,
            Err(e) => return (e.to_string(), None),
        };
        let mut is_first = true;
        let end = loop {
            match decoder.frame() {
                Ok(Some(frame)) => {
                    if std::mem::take(&mut is_first) {
                        info!(width = frame.width, height = frame.height, "a camera sends");
                        *has_said = false;
                    }
                    let captured = Captured { frame, at_us: self.shared.clock.device_us(), at: Instant::now() };
                    if self.slot.put(captured) {
                        self.shared.counters.frames_dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok(None) => break None,
                Err(e) => break Some(e),
            }
            if stop.is_set() {
                break None;
            }
        };
        let mut ending = decoder.finish();
        if end.as_ref().is_some_and(is_hang) {
            self.shared.counters.decoders_ended.fetch_add(1, Ordering::Relaxed);
        }
        let reason = match (end, ending.complaint.take()) {
            (Some(e), Some(complaint)) if is_hang(&e) => format!("{e}; its last words: {complaint}"),
            (_, Some(complaint)) => complaint,
            (Some(e), None) => e.to_string(),
            (None, None) => "no more frames".to_owned(),
        };
        (reason, Some(ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_told_from_time_that_passed() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut clock = SetClock::default();
        assert_eq!(clock.step_us(0, at(0)), None);
        assert_eq!(clock.step_us(125_000, at(120)), None, "frames do not come to the microsecond");
        assert_eq!(clock.step_us(3_600_250_000, at(250)), Some(3_599_995_000));
        assert_eq!(clock.step_us(3_660_250_000, at(60_250)), None, "a minute without a camera is no step");
        assert_eq!(clock.step_us(375_000, at(60_375)), Some(-3_660_000_000));
        assert_eq!(clock.step_us(i64::MIN, at(60_500)).map(i64::signum), Some(-1));
    }
}
