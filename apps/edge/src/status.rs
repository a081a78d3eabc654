//! `status.json`: what the running agent knows about itself, and `shouhu-edge status`, which prints it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use shouhu_wire::FramePolicy;

use crate::clock::DeviceClock;
use crate::config::DataDir;
use crate::contact::{Contact, Policy};
use crate::keeper::Keeper;
use crate::pipeline::Counters;
use crate::queue::{Counts, Queue, QueueConfig, RealDisk};
use crate::rejected::RejectedList;
use crate::watch::Watchlist;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub version: String,
    pub written_at_us: i64,
    pub queue_depth: usize,
    pub hits_waiting: usize,
    pub hits_in_memory_only: usize,
    pub queue_bytes: u64,
    pub next_sequence: u64,
    pub left_out: Counts,
    pub watchlist_version: i64,
    pub watchlist_entries: usize,
    pub last_contact_us: Option<i64>,
    pub trouble: Option<String>,
    pub clock_offset_us: i64,
    /// The latest server time known, for the next start.
    pub server_time_floor_us: i64,
    pub frame_policy: FramePolicy,
    pub frames_read: u64,
    pub frames_dropped: u64,
    /// Of the last live frame: from its arrival until it was read.
    #[serde(default)]
    pub delay_ms: u64,
    pub sightings: u64,
    pub local_alerts: u64,
    /// Those that were not printed, since nobody took them, or the many before them, from standard output.
    #[serde(default)]
    pub alerts_not_printed: u64,
    /// Pictures looked at for kind and colours.
    #[serde(default)]
    pub described: u64,
    /// Those that were not, because they came too fast or found no room.
    #[serde(default)]
    pub not_described: u64,
    /// Decoders that gave no picture for too long and were ended; `rejected/list.jsonl` says of which file or camera.
    #[serde(default)]
    pub decoders_ended: u64,
    pub rejected: u64,
}

pub struct Reporter {
    pub path: PathBuf,
    pub clock: DeviceClock,
    pub keeper: Arc<Keeper>,
    pub watchlist: Arc<Watchlist>,
    pub contact: Arc<Contact>,
    pub policy: Arc<Policy>,
    pub counters: Arc<Counters>,
    pub rejected: Arc<RejectedList>,
    /// From the run before, until this one has had contact.
    pub known_contact_us: Option<i64>,
}

impl Reporter {
    #[must_use]
    pub fn status(&self) -> Status {
        let depths = self.keeper.depths();
        let count = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            written_at_us: self.clock.device_us(),
            queue_depth: depths.waiting,
            hits_waiting: depths.hits,
            hits_in_memory_only: depths.held_hits,
            queue_bytes: depths.bytes,
            next_sequence: depths.next_sequence,
            left_out: depths.counts,
            watchlist_version: self.watchlist.version(),
            watchlist_entries: self.watchlist.len(),
            last_contact_us: self.contact.last_contact_us().or(self.known_contact_us),
            trouble: self.contact.trouble(),
            clock_offset_us: self.clock.offset_us(),
            server_time_floor_us: self.clock.floor_us(),
            frame_policy: self.policy.get(),
            frames_read: count(&self.counters.frames_read),
            frames_dropped: count(&self.counters.frames_dropped),
            delay_ms: count(&self.counters.delay_ms),
            sightings: count(&self.counters.sightings),
            local_alerts: count(&self.counters.local_alerts),
            alerts_not_printed: count(&self.counters.alerts_not_printed),
            described: count(&self.counters.described),
            not_described: count(&self.counters.not_described),
            decoders_ended: count(&self.counters.decoders_ended),
            rejected: self.rejected.count(),
        }
    }

    /// A failure is not worth a line: the next one comes in two seconds, and a full disk is said elsewhere.
    pub fn write(&self) {
        if let Ok(json) = serde_json::to_vec_pretty(&self.status()) {
            let _ = crate::files::replace_with(&self.path, &json);
        }
    }
}

#[must_use]
pub fn load(data: &DataDir) -> Option<Status> {
    serde_json::from_slice(&std::fs::read(data.join("status.json")).ok()?).ok()
}

fn ago(us: i64) -> String {
    match us / 1_000_000 {
        s if s < 0 => "in the future".to_owned(),
        s if s < 120 => format!("{s} s ago"),
        s if s < 7_200 => format!("{} min ago", s / 60),
        s => format!("{} h ago", s / 3_600),
    }
}

/// What `shouhu-edge status` prints.
///
/// # Errors
/// When the folder is not an enrolled agent's.
pub fn describe(data: &DataDir, clock: &DeviceClock) -> anyhow::Result<String> {
    let config = data.config()?;
    let status = load(data);
    let lock = data.lock();
    let now_us = clock.device_us();
    let mut text = String::new();
    writeln!(text, "device       {} {:?} ({})", config.device.device, config.device.name, config.server)?;
    match (&lock, &status) {
        (Err(_), Some(status)) => writeln!(
            text,
            "agent        running, version {}; this was written {}",
            status.version,
            ago(now_us - status.written_at_us)
        )?,
        (Err(_), None) => writeln!(text, "agent        running, has not reported yet")?,
        (Ok(_), _) => writeln!(text, "agent        not running")?,
    }
    if lock.is_ok() {
        // Nobody else has the queue: look at the log itself rather than at what was last said about it.
        let config = QueueConfig { reserve_bytes: 0, ..QueueConfig::default() };
        let (queue, _) = Queue::open(Arc::new(RealDisk::open(data.join("queue"))?), config)?;
        writeln!(
            text,
            "queue        {} waiting, {} of them hits, {} kB",
            queue.depth(),
            queue.hits_pending(),
            queue.bytes() / 1024
        )?;
    } else if let Some(status) = &status {
        writeln!(
            text,
            "queue        {} waiting, {} of them hits, {} kB",
            status.queue_depth,
            status.hits_waiting,
            status.queue_bytes / 1024
        )?;
    }
    let Some(status) = status else {
        writeln!(text, "last contact never")?;
        return Ok(text);
    };
    if status.left_out != Counts::default() {
        let out = status.left_out;
        writeln!(
            text,
            "left out     {} sightings refused for want of room, frames given up {} times, {} records damaged",
            out.refused_full, out.frames_given_up, out.damaged
        )?;
    }
    writeln!(text, "watchlist    version {}, {} entries", status.watchlist_version, status.watchlist_entries)?;
    let contact = status.last_contact_us.map_or_else(|| "never".to_owned(), |us| ago(now_us - status.clock_offset_us - us));
    writeln!(text, "last contact {contact}{}", status.trouble.map_or_else(String::new, |t| format!("; now: {t}")))?;
    if status.clock_offset_us.abs() > 1_000_000 {
        writeln!(text, "clock        {} s off the server's", status.clock_offset_us / 1_000_000)?;
    }
    writeln!(
        text,
        "this run     {} frames read, {} dropped, {} sightings, {} local alerts; frame pictures: {:?}",
        status.frames_read, status.frames_dropped, status.sightings, status.local_alerts, status.frame_policy
    )?;
    if status.not_described > 0 {
        writeln!(
            text,
            "described    {} pictures for kind and colour; {} were not: they came faster than this device looks, or found no room",
            status.described, status.not_described
        )?;
    }
    if status.alerts_not_printed > 0 {
        let left = status.alerts_not_printed;
        writeln!(text, "alerts       {left} not printed: nobody took them, or those before them, from standard output")?;
    }
    if status.decoders_ended > 0 {
        writeln!(text, "decoders     {} times ffmpeg gave no picture for too long and was ended", status.decoders_ended)?;
    }
    let rejected = RejectedList::open(data.join("rejected"))?.read()?;
    writeln!(text, "rejected     {} inputs", rejected.len())?;
    for line in rejected.iter().rev().take(10) {
        writeln!(text, "  {}  {}  {}", ago(now_us - line.at_us), line.input, line.reason)?;
    }
    Ok(text)
}
