//! Writes tracks down: fixes of all units together, one transaction per half second at most.
//!
//! A second of ten thousand units is two rows, written one after the other; `fold` sorts them by unit later. While the database
//! fails, what waits is kept and tried again, and the queue's end is what stops the trackers: they are told to come back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shouhu_events::Event;
use shouhu_ids::{UnitId, uuid_v7};
use shouhu_module::ports::{FixTaken, TrackKeeper, UnitFix};
use shouhu_store::{Store, StoreError, params};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::codec::{Kept, encode};

/// From the first fix of a batch to its transaction.
pub const BATCH_TIME: Duration = Duration::from_millis(400);
/// Fixes that are written together at most.
const BATCH_MAX: usize = 20_000;
/// Fixes that may wait: some six seconds of ten thousand devices.
const QUEUE_MAX: usize = 65_536;
/// How long a tracker's request waits for a place in the queue.
const PLACE_WAIT: Duration = Duration::from_secs(2);
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The queue stayed full, or the database refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotKept;

struct Item {
    fix: Option<Kept>,
    alarm: Option<Event>,
    /// Told whether it is on disk. What has somebody waiting is written at once.
    done: Option<oneshot::Sender<bool>>,
}

pub struct Keeper {
    queue: mpsc::Sender<Item>,
    is_failing: std::sync::Arc<AtomicBool>,
}

impl Keeper {
    /// Starts the writer; must be called within a tokio runtime.
    pub fn start(store: Store) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let is_failing = std::sync::Arc::new(AtomicBool::new(false));
        tokio::spawn(write_for_ever(store, waiting, is_failing.clone()));
        Self { queue, is_failing }
    }

    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    async fn send(&self, item: Item) -> Result<(), NotKept> {
        match timeout(PLACE_WAIT, self.queue.send(item)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(NotKept),
        }
    }

    /// Keeps a fix: on disk within a second.
    ///
    /// # Errors
    /// When the queue stays full.
    pub async fn keep(&self, fix: Kept) -> Result<(), NotKept> {
        self.send(Item { fix: Some(fix), alarm: None, done: None }).await
    }

    /// Keeps a cry for help, with its fix where there is one; returns when it is on disk.
    ///
    /// # Errors
    /// When it could not be made durable: whoever cried must cry again.
    pub async fn cry(&self, alarm: Event, fix: Option<Kept>) -> Result<(), NotKept> {
        let (done, written) = oneshot::channel();
        self.send(Item { fix, alarm: Some(alarm), done: Some(done) }).await?;
        if written.await == Ok(true) { Ok(()) } else { Err(NotKept) }
    }

    /// Returns when everything that was queued before is on disk.
    ///
    /// # Errors
    /// When it could not be made durable.
    pub async fn flush(&self) -> Result<(), NotKept> {
        let (done, written) = oneshot::channel();
        self.send(Item { fix: None, alarm: None, done: Some(done) }).await?;
        if written.await == Ok(true) { Ok(()) } else { Err(NotKept) }
    }
}

/// Keeps what the crews' own apps report.
pub struct KeepsApps(pub crate::room::SharedRoom, pub Store);

impl TrackKeeper for KeepsApps {
    fn keep(&self, unit: UnitId, fix: UnitFix, taken: FixTaken) {
        let room = &self.0.0;
        if taken == FixTaken::Newest {
            room.came_from(unit, None, fix.measured_at);
        }
        if room.is_off_duty(unit) {
            return;
        }
        let kept = Kept {
            unit,
            source: None,
            measured_at: fix.measured_at,
            received_at: self.1.env().now(),
            position: fix.position,
            accuracy_m: fix.accuracy_m,
            speed_kmh: None,
            heading_deg: fix.heading_deg,
            altitude_m: None,
            is_alarm: false,
        };
        if room.keeper.queue.try_send(Item { fix: Some(kept), alarm: None, done: None }).is_err() {
            tracing::warn!(%unit, "queue of tracks is full; a fix of a crew's app is on the map but not in the track");
        }
    }
}

async fn write_for_ever(store: Store, mut waiting: mpsc::Receiver<Item>, is_failing: std::sync::Arc<AtomicBool>) {
    while let Some(first) = waiting.recv().await {
        let deadline = Instant::now() + BATCH_TIME;
        let mut is_urgent = first.done.is_some();
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX {
            let next =
                if is_urgent { waiting.try_recv().ok() } else { timeout_at(deadline, waiting.recv()).await.ok().flatten() };
            let Some(item) = next else { break };
            is_urgent |= item.done.is_some();
            batch.push(item);
        }
        write_until_done(&store, batch, &is_failing).await;
    }
}

async fn write_until_done(store: &Store, batch: Vec<Item>, is_failing: &AtomicBool) {
    let fixes: Vec<Kept> = batch.iter().filter_map(|item| item.fix).collect();
    let alarms: Vec<Event> = batch.iter().filter_map(|item| item.alarm.clone()).collect();
    let mut waiters: Vec<oneshot::Sender<bool>> = batch.into_iter().filter_map(|item| item.done).collect();
    loop {
        let written = write(store, &fixes, &alarms).await;
        is_failing.store(written.is_err(), Ordering::Relaxed);
        for waiter in waiters.drain(..) {
            // Whoever is told "no" sends it again; a cry that is written twice is better than one that is not.
            let _ = waiter.send(written.is_ok());
        }
        match written {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, fixes = fixes.len(), "tracks not written; they are tried again");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn write(store: &Store, fixes: &[Kept], alarms: &[Event]) -> Result<(), StoreError> {
    let times = || fixes.iter().map(|fix| fix.measured_at);
    let span = times().min().zip(times().max());
    if span.is_none() && alarms.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    if let Some((from, until)) = span {
        let env = store.env();
        let id = uuid_v7(env.now(), env.random.bytes16()).to_string();
        let n = i64::try_from(fixes.len()).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO positions_log (id, at_us, from_us, until_us, n, body) VALUES ($1, $2, $3, $4, $5, $6)",
            params![id, env.now(), from, until, n, encode(fixes)],
        )
        .await?;
    }
    for alarm in alarms {
        tx.emit(alarm).await?;
    }
    tx.commit().await
}
