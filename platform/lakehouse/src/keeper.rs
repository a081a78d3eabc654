//! The work that nobody asks for: writing memory out, looking at other nodes, merging, removing.
//!
//! One thread for each kind of work, so that none waits for another: **flush** (memory → segments), **tidy** (the log and
//! what is sorted in memory), **watch** (pulse, other nodes' segments, sources, what they have not published), **book**
//! (plates; files that are no longer needed), **compact** (merges). Trouble is remembered as a reason for `health`, and the
//! work tried again with the next turn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use shouhu_env::{Env, OF_REQUESTS, step_back};
use shouhu_files::{Files, Hold};
use shouhu_ids::Micros;
use shouhu_lake::catalogue::{Order, name_of};
use shouhu_lake::lake::{BookKeeper, Compacted, CompactionPolicy, Compactor, FlushError, Haste};
use shouhu_lake::Lake;

use crate::bridge::Bridge;
use crate::catalogue::{Pulse, SqlCatalogue};
use crate::lakehouse::{Counters, now_ms};
use crate::sources::Register;
use crate::{LakehouseConfig, LakehouseError, ObjectFiles, sources_file};

const FLUSH_TURN: Duration = Duration::from_millis(500);
const TIDY_TURN: Duration = Duration::from_secs(1);
const BOOK_TURN: Duration = Duration::from_secs(1);
const COMPACT_TURN: Duration = Duration::from_secs(1);
/// An unchanged pulse is repeated after so long: well within the time after which a node is taken for dead.
const PULSE_MS: i64 = 3_000;
/// Names of sources that other nodes changed are read again after so long.
const NAMES_MS: i64 = 60_000;
/// The list of files that others should have removed is looked at after so long.
const DROPPED_MS: i64 = 60_000;

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

/// How far what nobody waits for steps back: no farther than who answers requests, from whose starter these threads start.
const BESIDE: i32 = OF_REQUESTS;
/// What makes room in memory: whoever waits for an acknowledgement goes first, but not so much that memory fills.
const BEHIND: i32 = BESIDE + 4;
/// What only makes the lake tidier.
const FAR_BEHIND: i32 = BESIDE + 10;

/// Everything that the threads share.
pub struct Keeper {
    pub env: Env,
    pub lake: Arc<Lake>,
    pub catalogue: Arc<SqlCatalogue>,
    pub register: Arc<Register>,
    pub shared: Arc<dyn Files>,
    /// The same, where it is a bucket.
    pub objects: Option<Arc<ObjectFiles>>,
    pub stop: Arc<Stop>,
    pub troubles: Arc<Troubles>,
    pub counters: Arc<Counters>,
    pub config: LakehouseConfig,
    pub threads: Vec<JoinHandle<()>>,
    pub bridge: Bridge,
    /// Keeps other programs out.
    pub _hold: Hold,
}

/// Writes memory out and counts.
pub fn flush(lake: &Lake, counters: &Counters, haste: Haste) -> Result<(), FlushError> {
    let flushed = lake.flush_with(haste)?;
    if flushed.rows > 0 {
        Counters::add(&counters.flushes, 1);
        Counters::add(&counters.rows_flushed, flushed.rows);
    }
    Ok(())
}

impl Keeper {
    pub fn start(mut self) -> Result<Self, LakehouseError> {
        let flush = self.flush_turn();
        self.every("flush", FLUSH_TURN, BEHIND, flush)?;
        let tidy = self.tidy_turn();
        self.every("tidy", TIDY_TURN, BEHIND, tidy)?;
        let watch = self.watch_turn();
        self.every("watch", Duration::from_millis(self.config.refresh_ms), BESIDE, watch)?;
        let book = self.book_turn();
        self.every("book", BOOK_TURN, FAR_BEHIND, book)?;
        let compact = self.compact_turn();
        self.every("compact", COMPACT_TURN, FAR_BEHIND, compact)?;
        Ok(self)
    }

    /// Turns of one thread until all is over.
    fn every(
        &mut self,
        work: &'static str,
        wait: Duration,
        behind: i32,
        mut turn: impl FnMut() -> Result<(), String> + Send + 'static,
    ) -> Result<(), LakehouseError> {
        let (stop, troubles, counters) = (Arc::clone(&self.stop), Arc::clone(&self.troubles), Arc::clone(&self.counters));
        let thread = std::thread::Builder::new().name(format!("lake-{work}")).spawn(move || {
            step_back(behind);
            while !stop.wait(wait) {
                let outcome = turn();
                if outcome.is_err() {
                    Counters::add(&counters.failures, 1);
                }
                troubles.note(work, outcome);
            }
        });
        let thread = thread.map_err(|error| LakehouseError::Lake(format!("no thread for {work}: {error}")))?;
        self.threads.push(thread);
        Ok(())
    }

    fn flush_turn(&self) -> impl FnMut() -> Result<(), String> + Send + 'static {
        let (env, lake, counters) = (self.env.clone(), Arc::clone(&self.lake), Arc::clone(&self.counters));
        let age_max_ms = self.config.flush_age_ms;
        // When this thread first saw the rows that are in memory: their own times may be long past.
        let mut since_ms = None;
        move || {
            let rows = lake.stats().memory_rows;
            if rows == 0 {
                since_ms = None;
                return Ok(());
            }
            let now_ms = now_ms(&env);
            let age_ms = now_ms.saturating_sub(*since_ms.get_or_insert(now_ms));
            if !lake.is_flush_due() && age_ms < age_max_ms {
                return Ok(());
            }
            flush(&lake, &counters, Haste::of(rows, age_ms)).map_err(|error| error.to_string())?;
            since_ms = None;
            Ok(())
        }
    }

    fn tidy_turn(&self) -> impl FnMut() -> Result<(), String> + Send + 'static {
        let lake = Arc::clone(&self.lake);
        move || lake.tidy().map_err(|error| error.to_string())
    }

    fn watch_turn(&self) -> impl FnMut() -> Result<(), String> + Send + 'static {
        let mut watch = Watch {
            env: self.env.clone(),
            lake: Arc::clone(&self.lake),
            catalogue: Arc::clone(&self.catalogue),
            register: Arc::clone(&self.register),
            shared: Arc::clone(&self.shared),
            objects: self.objects.clone(),
            counters: Arc::clone(&self.counters),
            bridge: self.bridge.clone(),
            said: None,
            names_at_ms: now_ms(&self.env),
            is_file_old: true,
            are_copies_old: true,
        };
        move || watch.turn()
    }

    fn book_turn(&self) -> impl FnMut() -> Result<(), String> + Send + 'static {
        let (env, lake, counters) = (self.env.clone(), Arc::clone(&self.lake), Arc::clone(&self.counters));
        let grace_ms = self.config.grace_ms;
        let mut book = BookKeeper::default();
        move || {
            let kept = book.once(&lake).map_err(|error| error.to_string());
            // The book lets go of what was dropped first; if it cannot, the files still go.
            let removed = lake.sweep(now_ms(&env), grace_ms).map_err(|error| error.to_string())?;
            Counters::add(&counters.segments_removed, removed as u64);
            kept.map(drop)
        }
    }

    fn compact_turn(&self) -> impl FnMut() -> Result<(), String> + Send + 'static {
        let (env, lake, counters) = (self.env.clone(), Arc::clone(&self.lake), Arc::clone(&self.counters));
        let (catalogue, shared, bridge) = (Arc::clone(&self.catalogue), Arc::clone(&self.shared), self.bridge.clone());
        let stop = Arc::clone(&self.stop);
        let mut compactor = Compactor::new(CompactionPolicy::of_rows(self.config.segment_rows_max));
        let grace_ms = self.config.grace_ms;
        let mut dropped_at_ms = now_ms(&env);
        move || {
            while !stop.is_stopped() {
                match compactor.once(&lake, now_ms(&env)).map_err(|error| error.to_string())? {
                    Compacted::Merged { rows_written, .. } => {
                        Counters::add(&counters.compactions, 1);
                        Counters::add(&counters.rows_compacted, rows_written);
                    }
                    Compacted::Nothing | Compacted::Overtaken => break,
                }
            }
            let now_ms = now_ms(&env);
            if now_ms - dropped_at_ms >= DROPPED_MS {
                dropped_at_ms = now_ms;
                remove_dropped(&catalogue, shared.as_ref(), &bridge, Micros((now_ms - 2 * grace_ms - DROPPED_MS) * 1_000))?;
            }
            Ok(())
        }
    }

    /// Ends the threads, writes memory out, says goodbye.
    pub fn end(mut self) -> Result<(), LakehouseError> {
        self.stop.stop();
        for thread in self.threads.drain(..) {
            // One that panicked has said so; what it did is in the log and the catalogue.
            let _ = thread.join();
        }
        flush(&self.lake, &self.counters, Haste::Hurry)?;
        let tidied = self.lake.tidy();
        let rest = self.lake.stats();
        let pulse = Pulse { unflushed_from_ms: rest.memory_oldest_ms, unflushed_rows: rest.memory_rows };
        self.bridge.wait(self.catalogue.beat(pulse, rest.memory_rows > 0))?;
        Ok(tidied?)
    }
}

/// Files whose node died before it could remove them.
fn remove_dropped(catalogue: &SqlCatalogue, shared: &dyn Files, bridge: &Bridge, before: Micros) -> Result<(), String> {
    let dropped = bridge.wait(catalogue.dropped_before(before)).map_err(|error| error.to_string())?;
    if dropped.is_empty() {
        return Ok(());
    }
    for one in &dropped {
        for order in Order::ALL {
            shared.remove(&name_of(one.class, one.day, one.id, order)).map_err(|error| error.to_string())?;
        }
    }
    bridge.wait(catalogue.strike_dropped(&dropped)).map_err(|error| error.to_string())
}

/// What the watching thread knows from one turn to the next.
struct Watch {
    env: Env,
    lake: Arc<Lake>,
    catalogue: Arc<SqlCatalogue>,
    register: Arc<Register>,
    shared: Arc<dyn Files>,
    objects: Option<Arc<ObjectFiles>>,
    counters: Arc<Counters>,
    bridge: Bridge,
    /// The last pulse, and when.
    said: Option<(Pulse, i64)>,
    names_at_ms: i64,
    /// The sources beside the segments are not those of the register.
    is_file_old: bool,
    /// Others may have removed files of which copies are kept here.
    are_copies_old: bool,
}

impl Watch {
    fn turn(&mut self) -> Result<(), String> {
        let now_ms = now_ms(&self.env);
        let pulsed = self.pulse(now_ms);
        self.are_copies_old |= self.lake.refresh().map_err(|error| error.to_string())?;
        if std::mem::take(&mut self.are_copies_old) {
            self.let_go_of_copies();
        }
        let behind = self.bridge.wait(self.catalogue.behind()).map_err(|error| error.to_string())?;
        self.lake.set_behind(behind);
        self.learn_sources(now_ms)?;
        let version = shouhu_lake::Catalogue::version(self.catalogue.as_ref()).map_err(|error| error.to_string())?;
        self.counters.version.store(version, std::sync::atomic::Ordering::Relaxed);
        pulsed
    }

    fn let_go_of_copies(&self) {
        let Some(objects) = &self.objects else { return };
        let segments = self.lake.segments();
        let names: BTreeSet<String> =
            segments.iter().flat_map(|listed| Order::ALL.map(|order| listed.meta.name(order))).collect();
        objects.keep_only(&|name| names.contains(name));
    }

    fn pulse(&mut self, now_ms: i64) -> Result<(), String> {
        let stats = self.lake.stats();
        let pulse = Pulse { unflushed_from_ms: stats.memory_oldest_ms, unflushed_rows: stats.memory_rows };
        let is_news = self.said.is_none_or(|(said, at_ms)| {
            said.unflushed_from_ms != pulse.unflushed_from_ms || now_ms - at_ms >= PULSE_MS
        });
        if is_news {
            self.bridge.wait(self.catalogue.beat(pulse, true)).map_err(|error| error.to_string())?;
            self.said = Some((pulse, now_ms));
        }
        Ok(())
    }

    fn learn_sources(&mut self, now_ms: i64) -> Result<(), String> {
        let are_names_due = now_ms - self.names_at_ms >= NAMES_MS;
        let learned = self.bridge.wait(async {
            if are_names_due { self.register.reload().await } else { self.register.refresh().await }
        });
        if learned.map_err(|error| error.to_string())? {
            self.lake.set_sources(self.register.places().as_ref().clone());
        }
        if are_names_due {
            self.names_at_ms = now_ms;
        }
        self.is_file_old |= self.register.take_changed();
        if self.is_file_old {
            let file = sources_file::encode(&self.register.all()).map_err(|error| error.to_string())?;
            self.shared.put(sources_file::NAME, &file).map_err(|error| error.to_string())?;
            self.is_file_old = false;
        }
        Ok(())
    }
}
