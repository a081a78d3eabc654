//! What the device asks and tells besides sightings: its policy, the watchlist, and how it is doing.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use shouhu_wire::{EnrolledDevice, FramePolicy, WatchlistDelta};
use tracing::{error, info, warn};

use crate::client::{Client, ClientError};
use crate::clock::DeviceClock;
use crate::config::{Config, DataDir};
use crate::keeper::Keeper;
use crate::pipeline::Counters;
use crate::rejected::RejectedList;
use crate::status::Reporter;
use crate::stop::Stop;
use crate::watch::{SyncState, Watchlist};

const WATCHLIST_EVERY: Duration = Duration::from_secs(10);
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
const POLICY_EVERY: Duration = Duration::from_secs(60);
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// A device that the server does not know asks less often.
const REFUSED_EVERY: Duration = Duration::from_secs(60);

/// What the device may send besides the crop; changed by the server at any time.
pub struct Policy(AtomicU8);

impl Policy {
    #[must_use]
    pub fn new(policy: FramePolicy) -> Self {
        let this = Self(AtomicU8::new(0));
        this.set(policy);
        this
    }

    pub fn set(&self, policy: FramePolicy) {
        let code = match policy {
            FramePolicy::Never => 0,
            FramePolicy::Hits => 1,
            FramePolicy::Always => 2,
        };
        self.0.store(code, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> FramePolicy {
        match self.0.load(Ordering::Relaxed) {
            0 => FramePolicy::Never,
            1 => FramePolicy::Hits,
            _ => FramePolicy::Always,
        }
    }
}

/// How the last exchanges went, for the log and `status`.
#[derive(Default)]
pub struct Contact(Mutex<State>);

#[derive(Default, Clone)]
struct State {
    last_contact_us: Option<i64>,
    trouble: Option<String>,
    is_refused: bool,
}

impl Contact {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn went_well(&self, server_us: i64) {
        let mut state = self.state();
        state.last_contact_us = Some(server_us);
        state.is_refused = false;
        if state.trouble.take().is_some() {
            info!("the server can be reached again");
        }
    }

    /// Says each kind of trouble once, not at every try.
    pub fn went_wrong(&self, error: &ClientError) {
        let words = error.to_string();
        let mut state = self.state();
        state.is_refused = matches!(error, ClientError::UnknownDevice { .. });
        if state.trouble.as_ref() != Some(&words) {
            if state.is_refused {
                error!("{words}");
            } else {
                warn!("{words}; everything is kept in the queue and tried again");
            }
            state.trouble = Some(words);
        }
    }

    #[must_use]
    pub fn last_contact_us(&self) -> Option<i64> {
        self.state().last_contact_us
    }

    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    fn is_refused(&self) -> bool {
        self.state().is_refused
    }
}

/// Body of `POST /v1/devices/mine/status`.
#[derive(Serialize)]
struct Heartbeat {
    queue_depth: usize,
    dropped_frames: u64,
    watchlist_version: i64,
    local_alerts_pending: usize,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

pub struct Liaison {
    pub client: Client,
    pub clock: DeviceClock,
    pub contact: Arc<Contact>,
    pub keeper: Arc<Keeper>,
    pub watchlist: Arc<Watchlist>,
    pub policy: Arc<Policy>,
    pub counters: Arc<Counters>,
    pub rejected: Arc<RejectedList>,
    pub reporter: Arc<Reporter>,
    pub data: DataDir,
    pub config: Config,
    pub stop: Arc<Stop>,
}

/// True once per period, the first time at once.
struct Every {
    period: Duration,
    last: Option<Instant>,
}

impl Every {
    const fn new(period: Duration) -> Self {
        Self { period, last: None }
    }

    fn is_due(&mut self) -> bool {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= self.period);
        if is_due {
            self.last = Some(Instant::now());
        }
        is_due
    }
}

impl Liaison {
    pub fn run(mut self) {
        let mut sync = SyncState::default();
        let (mut policy, mut watchlist) = (Every::new(POLICY_EVERY), Every::new(WATCHLIST_EVERY));
        let (mut heartbeat, mut report, mut refused) =
            (Every::new(HEARTBEAT_EVERY), Every::new(REPORT_EVERY), Every::new(REFUSED_EVERY));
        loop {
            if !self.contact.is_refused() || refused.is_due() {
                if policy.is_due() {
                    let done = self.refresh_policy();
                    self.note(done);
                }
                if watchlist.is_due() {
                    let done = self.watchlist.sync(&mut sync, |since| {
                        self.client.get::<WatchlistDelta>(&format!("/v1/watchlists/delta?since={since}"))
                    });
                    self.note(done);
                }
                if heartbeat.is_due() {
                    let done = self.heartbeat();
                    self.note(done);
                }
            }
            if report.is_due() {
                self.keeper.tidy();
                self.reporter.write();
            }
            if self.stop.wait(Duration::from_millis(500)) {
                break;
            }
        }
        self.watchlist.save(&mut sync);
    }

    fn note(&self, done: Result<(), ClientError>) {
        match done {
            Ok(()) => self.contact.went_well(self.clock.corrected_us()),
            Err(e) => self.contact.went_wrong(&e),
        }
    }

    fn refresh_policy(&mut self) -> Result<(), ClientError> {
        let device: EnrolledDevice = self.client.get("/v1/devices/mine")?;
        if device != self.config.device {
            info!(frame_policy = ?device.frame_policy, "the server has changed this device's settings");
            self.policy.set(device.frame_policy);
            self.config.device = device;
            if let Err(e) = self.data.save_config(&self.config) {
                warn!(error = %e, "the new settings hold until the next restart only");
            }
        }
        Ok(())
    }

    fn heartbeat(&self) -> Result<(), ClientError> {
        let depths = self.keeper.depths();
        let mut notes: Vec<String> = self.rejected.note().into_iter().collect();
        if depths.counts.refused_full > 0 {
            notes.push(format!("{} sightings refused for want of room", depths.counts.refused_full));
        }
        if depths.counts.frames_given_up > 0 {
            notes.push(format!("frame pictures given up for room {} times", depths.counts.frames_given_up));
        }
        if depths.counts.damaged > 0 {
            notes.push(format!("{} queued sightings damaged on disk", depths.counts.damaged));
        }
        if depths.held_hits > 0 {
            notes.push(format!("disk full: {} hits in memory only", depths.held_hits));
        }
        let body = Heartbeat {
            queue_depth: depths.waiting,
            dropped_frames: self.counters.frames_dropped.load(Ordering::Relaxed),
            watchlist_version: self.watchlist.version(),
            local_alerts_pending: depths.hits + depths.held_hits,
            version: env!("CARGO_PKG_VERSION"),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        };
        self.client.tell("/v1/devices/mine/status", &serde_json::to_vec(&body).unwrap_or_default())
    }
}
