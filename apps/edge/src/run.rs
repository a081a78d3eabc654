//! `shouhu-edge run`: opens the data folder, starts the threads, and ends them in the order that loses nothing.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tracing::{error, info, warn};

use crate::alert::Alerts;
use crate::attest::Attestor;
use crate::client::Client;
use crate::clock::DeviceClock;
use crate::config::DataDir;
use crate::contact::{Contact, Liaison, Policy};
use crate::describe::Describer;
use crate::keeper::Keeper;
use crate::pipeline::{Counters, Reader, Shared};
use crate::queue::{Lane, Queue, QueueConfig, RealDisk};
use crate::rejected::{Rejected, RejectedList};
use crate::source::{Ffmpeg, FolderSource, LiveSource, SourceOptions, SourceSpec, VideoSource};
use crate::status::{self, Reporter};
use crate::stop::Stop;
use crate::uplink::Uplink;
use crate::watch::Watchlist;

/// How long a clean end may take to send what is queued.
const FLUSH: Duration = Duration::from_secs(5);
/// The same after `--once`, which somebody is waiting for.
const FLUSH_ONCE: Duration = Duration::from_secs(60);
/// At the end whoever takes no alert from standard output for so long is not waited for any more.
const ALERT_TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// A source that is asked to end looks at its frame to the end, and has its decoder killed and reaped.
const SOURCES_END_WITHIN: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(20);

pub struct RunOptions {
    pub data: DataDir,
    pub sources: Vec<SourceSpec>,
    pub source: SourceOptions,
    /// Longitude and latitude of a device without a fixed camera.
    pub position: Option<(f64, f64)>,
    pub has_plates_in_alerts: bool,
    pub queue: QueueConfig,
    pub alerts_to: Box<dyn Write + Send>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Sightings that are still in the queue, to be sent at the next start.
    pub waiting: usize,
    pub sightings: u64,
    pub rejected: u64,
}

/// Runs until `stop` is set, or until all sources have ended under `--once`.
///
/// # Errors
/// When the folder, the key, the queue, a source or ffmpeg is not usable. Once it runs, nothing ends it but `stop`.
pub fn run(options: RunOptions, reader: Arc<dyn Reader>, clock: Option<DeviceClock>, stop: &Arc<Stop>) -> anyhow::Result<Ended> {
    ensure!(!options.sources.is_empty(), "give at least one --source");
    ensure!(options.source.fps.is_none_or(|fps| fps > 0.0 && fps <= 60.0), "--fps must be more than 0 and at most 60");
    let data = options.data.clone();
    let _lock = data.lock()?;
    let config = data.config()?;
    let key = Arc::new(data.key()?);
    if options.sources.iter().any(SourceSpec::needs_ffmpeg) {
        Ffmpeg::check(&options.source.ffmpeg)?;
    }
    let before = status::load(&data);
    let clock = clock.unwrap_or_else(|| DeviceClock::system(before.as_ref().map_or(0, |s| s.server_time_floor_us)));
    let client = Client::new(&config.server, data.authority().as_deref(), clock.clone())?.signing(config.device.device, key);

    let disk = RealDisk::open(data.join("queue")).context("the queue folder cannot be made")?;
    let (queue, recovery) = Queue::open(Arc::new(disk), options.queue).context("the queue cannot be opened")?;
    if recovery.cut_bytes > 0 {
        warn!(
            bytes = recovery.cut_bytes,
            "the queue ended in the middle of a record that was never acknowledged: power or process failed; it was cut"
        );
    }
    if recovery.damaged_bytes > 0 {
        error!(
            bytes = recovery.damaged_bytes,
            "the queue is damaged on disk; what is readable is sent, the file is set aside as damaged-*: check the disk"
        );
    }
    let keeper = Arc::new(Keeper::new(queue));
    let rejected = Arc::new(RejectedList::open(data.join("rejected")).context("the rejected folder cannot be made")?);
    let watchlist = Arc::new(Watchlist::open(data.join("watchlist")));
    let policy = Arc::new(Policy::new(config.device.frame_policy));
    let (contact, counters) = (Arc::new(Contact::default()), Arc::new(Counters::default()));
    info!(
        waiting = recovery.pending,
        watchlist_entries = watchlist.len(),
        watchlist_version = watchlist.version(),
        "the agent starts"
    );

    let reporter = Arc::new(Reporter {
        path: data.join("status.json"),
        clock: clock.clone(),
        keeper: Arc::clone(&keeper),
        watchlist: Arc::clone(&watchlist),
        contact: Arc::clone(&contact),
        policy: Arc::clone(&policy),
        counters: Arc::clone(&counters),
        rejected: Arc::clone(&rejected),
        known_contact_us: before.and_then(|s| s.last_contact_us),
    });
    let alerts = Arc::new(Alerts::new(options.has_plates_in_alerts));
    let describer = Arc::new(Describer::new(Arc::clone(&reader), Arc::clone(&keeper), Arc::clone(&counters)));
    let shared = Arc::new(Shared {
        reader,
        watchlist: Arc::clone(&watchlist),
        keeper: Arc::clone(&keeper),
        describer: Arc::clone(&describer),
        alerts: Arc::clone(&alerts),
        policy: Arc::clone(&policy),
        clock: clock.clone(),
        counters: Arc::clone(&counters),
        rejected: Arc::clone(&rejected),
        known: Mutex::new(recovery.recent_origins),
        position: options.position,
        stop: Arc::clone(stop),
    });

    let stop_sending = Arc::new(Stop::default());
    let mut senders = Vec::new();
    // Before the queue: what waits is believed only once the server knows what runs here.
    let mut vouched = None;
    if let Some(attestor) = Attestor::of(&data, &client, &clock, &stop_sending) {
        vouched = Some(Arc::clone(&attestor.vouched));
        senders.push(spawn("attest", move || attestor.run())?);
    }
    for (lane, name) in [(Lane::Hits, "uplink-hits"), (Lane::Rest, "uplink-rest")] {
        let uplink = Uplink {
            lane,
            keeper: Arc::clone(&keeper),
            client: client.clone(),
            clock: clock.clone(),
            rejected: Arc::clone(&rejected),
            contact: Arc::clone(&contact),
            vouched: vouched.clone(),
            stop: Arc::clone(&stop_sending),
        };
        senders.push(spawn(name, move || uplink.run())?);
    }
    let liaison = Liaison {
        client,
        clock,
        contact,
        keeper: Arc::clone(&keeper),
        watchlist,
        policy,
        counters: Arc::clone(&counters),
        rejected: Arc::clone(&rejected),
        reporter: Arc::clone(&reporter),
        data: data.clone(),
        config,
        stop: Arc::clone(&stop_sending),
    };
    senders.push(spawn("liaison", move || liaison.run())?);

    let looks = Arc::clone(&describer);
    let describing = spawn("describe", move || looks.run())?;
    let (prints, mut alerts_to) = (Arc::clone(&alerts), options.alerts_to);
    let printing = spawn("alerts", move || prints.run(&mut *alerts_to))?;
    let sources = start_sources(&options.sources, &options.source, &data, &shared);
    let sources = match sources {
        Ok(sources) => sources,
        Err(e) => {
            stop.set();
            stop_sending.set();
            describer.end();
            alerts.end();
            senders.extend([describing, printing]);
            join(senders, Instant::now() + FLUSH);
            return Err(e);
        }
    };
    join_sources(&sources, stop);
    let flush = if options.source.is_once && !stop.is_set() { FLUSH_ONCE } else { FLUSH };
    // What was kept last is still looked at, a second's work; what hangs is left behind, and sent as it is at the next start.
    describer.end();
    alerts.end();
    let until = Instant::now() + flush;
    join(vec![describing], until);
    let not_printed = alerts.give_up(ALERT_TAKEN_WITHIN, until);
    if not_printed > 0 {
        counters.alerts_not_printed.fetch_add(not_printed, Ordering::Relaxed);
        error!(
            not_printed,
            "the agent ends, and nobody has taken these local alerts from standard output; the server hears of their hits all the same"
        );
    }
    stop_sending.set();
    join(senders, Instant::now() + flush);
    if let Err(e) = keeper.save() {
        warn!(error = %e, "the cursor cannot be written; some sightings may be sent twice, which is harmless");
    }
    reporter.write();
    let status = reporter.status();
    info!(waiting = status.queue_depth, sightings = status.sightings, rejected = status.rejected, "the agent has ended");
    Ok(Ended { waiting: status.queue_depth, sightings: status.sightings, rejected: status.rejected })
}

fn start_sources(
    specs: &[SourceSpec],
    options: &SourceOptions,
    data: &DataDir,
    shared: &Arc<Shared>,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for spec in specs {
        let (options, shared, label) = (options.clone(), Arc::clone(shared), spec.label());
        threads.push(match spec {
            SourceSpec::Folder(path) => {
                let source = FolderSource::new(path, data, options, Arc::clone(&shared))
                    .with_context(|| format!("source {label} cannot be opened"))?;
                spawn("folder", move || guarded(&label, &shared, || source.run()))?
            }
            SourceSpec::Video(path) => {
                let source = VideoSource::new(path, data, options, Arc::clone(&shared))
                    .with_context(|| format!("source {label} cannot be opened"))?;
                spawn("video", move || guarded(&label, &shared, || source.run()))?
            }
            SourceSpec::Stream(_) | SourceSpec::Camera(_) => {
                let source = LiveSource::new(spec.clone(), options, Arc::clone(&shared));
                spawn("camera", move || guarded(&label, &shared, || source.run()))?
            }
        });
    }
    Ok(threads)
}

/// A source that breaks is named at once: among others nobody would miss it.
fn guarded(label: &str, shared: &Shared, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        shared.rejected.add(&Rejected {
            at_us: shared.clock.device_us(),
            input: label.to_owned(),
            kind: "source".to_owned(),
            reason: "the source has failed inside and is not read before the agent is started anew; the others go on".to_owned(),
        });
    }
}

/// Waits for all sources; once the agent stops, no longer than they take to end. One that hangs (a folder on a mount that does not answer) must not
/// keep what the others saw from being sent.
fn join_sources(sources: &[JoinHandle<()>], stop: &Stop) {
    let mut stopped_at = None;
    while sources.iter().any(|source| !source.is_finished()) {
        if stop.is_set() && stopped_at.get_or_insert_with(Instant::now).elapsed() > SOURCES_END_WITHIN {
            error!("a source does not end and is left behind; what it has read is kept");
            return;
        }
        thread::park_timeout(LOOK);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work).with_context(|| format!("the {name} thread cannot be started"))
}

/// Waits for threads that end by themselves; one that is stuck in a slow upload is left behind: the queue has it all.
fn join(threads: Vec<JoinHandle<()>>, until: Instant) {
    while threads.iter().any(|t| !t.is_finished()) && Instant::now() < until {
        thread::park_timeout(Duration::from_millis(10));
    }
}
