//! A live camera: always the newest frame. One that comes while the last is still being read is dropped and counted,
//! never queued, so that an alert is about now.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shouhu_vision::{Frame, Tracker, TrackerConfig};
use tracing::{info, warn};

use super::ffmpeg::{Ffmpeg, Killer};
use super::{SourceOptions, SourceSpec};
use crate::pipeline::{Draft, Patience, Pipeline, Shared, origin};
use crate::rejected::Rejected;
use crate::stop::Stop;

const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A camera that sends nothing for so long is called again.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// A connection that held so long was a good one: the next try comes quickly again.
const GOOD_CONNECTION: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Slot {
    newest: Mutex<Newest>,
    filled: Condvar,
}

#[derive(Default)]
struct Newest {
    frame: Option<(Frame, i64)>,
    killer: Option<Killer>,
}

impl Slot {
    /// True: an unread frame was replaced.
    fn put(&self, frame: Frame, captured_at_us: i64) -> bool {
        let replaced = self.newest.lock().unwrap_or_else(PoisonError::into_inner).frame.replace((frame, captured_at_us));
        self.filled.notify_one();
        replaced.is_some()
    }

    fn take(&self, at_most: Duration) -> Option<(Frame, i64)> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.filled.wait_timeout_while(newest, at_most, |newest| newest.frame.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.frame.take()
    }

    fn watch(&self, killer: Option<Killer>) {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).killer = killer;
    }

    fn kill(&self) {
        if let Some(killer) = self.newest.lock().unwrap_or_else(PoisonError::into_inner).killer.take() {
            killer.kill();
        }
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

    /// Until the agent stops.
    pub fn run(self) {
        let slot = Arc::new(Slot::default());
        let stop = Arc::clone(&self.shared.stop);
        let camera = Camera {
            spec: self.spec.clone(),
            options: self.options.clone(),
            shared: Arc::clone(&self.shared),
            slot: Arc::clone(&slot),
        };
        let thread = std::thread::spawn(move || camera.run());
        let mut pipeline = Pipeline::new(Arc::clone(&self.shared), Tracker::new(TrackerConfig::default()), Patience::Live);
        let label = self.spec.label();
        let mut last = Instant::now();
        while !stop.is_set() {
            let Some((frame, captured_at_us)) = slot.take(Duration::from_millis(250)) else {
                if last.elapsed() > SILENCE_MAX {
                    slot.kill();
                    last = Instant::now();
                }
                if thread.is_finished() {
                    break;
                }
                continue;
            };
            last = Instant::now();
            match pipeline.look(frame, captured_at_us) {
                Ok(drafts) => keep(&mut pipeline, drafts, &label),
                Err(e) => warn!(error = %e, "a frame cannot be read"),
            }
        }
        let drafts = pipeline.finish();
        keep(&mut pipeline, drafts, &label);
        slot.kill();
        let _ = thread.join();
    }
}

fn keep(pipeline: &mut Pipeline, drafts: Vec<Draft>, label: &str) {
    for draft in drafts {
        let at_us = draft.passage.best_captured_at_us;
        let origin = origin(&[label.as_bytes(), &at_us.to_le_bytes(), draft.passage.text.as_bytes()]);
        pipeline.commit(draft, at_us, label, origin);
    }
}

/// The thread that reads the pipe and calls the camera again when it hangs up.
struct Camera {
    spec: SourceSpec,
    options: SourceOptions,
    shared: Arc<Shared>,
    slot: Arc<Slot>,
}

impl Camera {
    fn run(self) {
        let stop: &Stop = &self.shared.stop;
        let (mut pause, longest) = BACK_OFF;
        let mut has_said = false;
        while !stop.is_set() {
            let started = Instant::now();
            let reason = self.watch_until_it_ends(&mut has_said);
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
            if stop.wait(pause) {
                return;
            }
            pause = (pause * 2).min(longest);
        }
    }

    fn watch_until_it_ends(&self, has_said: &mut bool) -> String {
        let mut decoder = match Ffmpeg::start(&self.options.ffmpeg, &self.spec, self.options.video_fps(), false) {
            Ok(decoder) => decoder,
            Err(e) => return e.to_string(),
        };
        self.slot.watch(Some(decoder.killer()));
        let mut is_first = true;
        let end = loop {
            match decoder.frame() {
                Ok(Some(frame)) => {
                    if std::mem::take(&mut is_first) {
                        info!(width = frame.width, height = frame.height, "a camera sends");
                        *has_said = false;
                    }
                    if self.slot.put(frame, self.shared.clock.device_us()) {
                        self.shared.counters.frames_dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok(None) => break "no more frames".to_owned(),
                Err(e) => break e.to_string(),
            }
            if self.shared.stop.is_set() {
                break String::new();
            }
        };
        self.slot.watch(None);
        decoder.finish().unwrap_or(end)
    }
}
