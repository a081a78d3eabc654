//! Writes tracks down: fixes of all units together, one transaction per half second at most.
//!
//! A second of ten thousand units is two rows, written one after the other; `fold` sorts them by unit later.
//!
//! All of it is written before other work, as the log's leaves are: a cry for help comes after the batch in hand, and would wait for as long as that waits.
//!
//! **Invariant:** from the first write that fails, or hangs for [`STALLED_AFTER`], until the next that succeeds nobody is told that a fix is kept.
//! What came is queued all the same, as far as there is room, and written when the disk takes it; its sender was told to send it again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shouhu_events::Event;
use shouhu_ids::{UnitId, uuid_v7};
use shouhu_module::ports::{FixTaken, NotWritten, TrackKeeper, UnitFix};
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
/// A write that takes so long is as good as one that fails: what is answered meanwhile would be in memory alone. Other writers hold the
/// database for some tens of milliseconds.
pub const STALLED_AFTER: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// The queue stayed full.
    Busy,
    /// The database refuses, or does not answer.
    Unwritten,
}

/// How the writer fares.
#[derive(Default)]
struct Writing {
    is_failing: AtomicBool,
    /// Since when the batch in hand waits for the database.
    since: Mutex<Option<Instant>>,
}

impl Writing {
    fn set_since(&self, since: Option<Instant>) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn is_failing(&self) -> bool {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_failing.load(Ordering::Relaxed) || since.is_some_and(|since| since.elapsed() >= STALLED_AFTER)
    }
}

struct Item {
    fix: Option<Kept>,
    alarm: Option<Event>,
    /// Told whether it is on disk. What has somebody waiting is written at once.
    done: Option<oneshot::Sender<bool>>,
}

pub struct Keeper {
    queue: mpsc::Sender<Item>,
    writing: Arc<Writing>,
}

impl Keeper {
    /// Starts the writer; must be called within a tokio runtime.
    pub fn start(store: Store) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let writing = Arc::new(Writing::default());
        tokio::spawn(shouhu_store::first(write_for_ever(store, waiting, writing.clone())));
        Self { queue, writing }
    }

    /// Nothing can be written now.
    pub fn is_failing(&self) -> bool {
        self.writing.is_failing()
    }

    async fn send(&self, item: Item) -> Result<(), NotKept> {
        match timeout(PLACE_WAIT, self.queue.send(item)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(NotKept::Busy),
        }
    }

    /// Sends what is to be on disk when this returns.
    async fn send_and_wait(&self, fix: Option<Kept>, alarm: Option<Event>) -> Result<(), NotKept> {
        let (done, written) = oneshot::channel();
        self.send(Item { fix, alarm, done: Some(done) }).await?;
        // Behind a batch that is tried for ever nobody would ever be answered.
        if matches!(timeout(STALLED_AFTER, written).await, Ok(Ok(true))) { Ok(()) } else { Err(NotKept::Unwritten) }
    }

    /// Queues a fix without waiting. False when there is no room for it.
    fn offer(&self, fix: Kept) -> bool {
        self.queue.try_send(Item { fix: Some(fix), alarm: None, done: None }).is_ok()
    }

    /// Keeps a fix: on disk within a second.
    ///
    /// # Errors
    /// When the queue stays full, or nothing can be written.
    pub async fn keep(&self, fix: Kept) -> Result<(), NotKept> {
        if self.is_failing() {
            self.offer(fix);
            return Err(NotKept::Unwritten);
        }
        self.send(Item { fix: Some(fix), alarm: None, done: None }).await
    }

    /// Keeps a cry for help, with its fix where there is one; returns when it is on disk.
    ///
    /// # Errors
    /// When it could not be made durable: whoever cried must cry again.
    pub async fn cry(&self, alarm: Event, fix: Option<Kept>) -> Result<(), NotKept> {
        self.send_and_wait(fix, Some(alarm)).await
    }

    /// Returns when everything that was queued before is on disk.
    ///
    /// # Errors
    /// When it could not be made durable.
    pub async fn flush(&self) -> Result<(), NotKept> {
        if self.is_failing() {
            return Err(NotKept::Unwritten);
        }
        self.send_and_wait(None, None).await
    }
}

/// Keeps what the crews' own apps report.
pub struct KeepsApps(pub crate::room::SharedRoom, pub Store);

impl TrackKeeper for KeepsApps {
    fn keep(&self, unit: UnitId, fix: UnitFix, taken: FixTaken) -> Result<(), NotWritten> {
        let room = &self.0.0;
        if taken == FixTaken::Newest {
            room.came_from(unit, None, fix.measured_at);
        }
        if room.is_off_duty(unit) {
            return Ok(());
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
        let is_queued = room.keeper.offer(kept);
        if !is_queued {
            tracing::warn!(%unit, "queue of tracks is full; a fix of a crew's app is on the map but not in the track");
        }
        if is_queued && !room.keeper.is_failing() { Ok(()) } else { Err(NotWritten) }
    }
}

async fn write_for_ever(store: Store, mut waiting: mpsc::Receiver<Item>, writing: Arc<Writing>) {
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
        writing.set_since(Some(Instant::now()));
        write_until_done(&store, batch, &writing).await;
        writing.set_since(None);
    }
}

async fn write_until_done(store: &Store, batch: Vec<Item>, writing: &Writing) {
    let fixes: Vec<Kept> = batch.iter().filter_map(|item| item.fix).collect();
    let alarms: Vec<Event> = batch.iter().filter_map(|item| item.alarm.clone()).collect();
    let mut waiters: Vec<oneshot::Sender<bool>> = batch.into_iter().filter_map(|item| item.done).collect();
    loop {
        let written = write(store, &fixes, &alarms).await;
        writing.is_failing.store(written.is_err(), Ordering::Relaxed);
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use shouhu_ids::{Micros, TrackerId};
    use shouhu_store::Backend;
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::testing::kept;

    const OTHERS: usize = 30;

    async fn until(is_so: impl Fn() -> bool) {
        let reached = async {
            while !is_so() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), reached).await.unwrap();
    }

    #[tokio::test]
    async fn a_cry_is_on_disk_before_others_who_waited_to_write_and_so_is_the_batch_before_it() {
        on_each_database(&[MODULE.schema()], |store| async move {
            if store.backend() != Backend::Sqlite {
                return; // It has a writer for each connection.
            }
            let unit = UnitId::new(Micros(1), [1; 16]);
            let (begun, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let held = store.begin().await.unwrap();
            let mut others = tokio::task::JoinSet::new();
            for _ in 0..OTHERS {
                let (store, begun, ended) = (store.clone(), begun.clone(), ended.clone());
                others.spawn(async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    let tx = store.begin().await.unwrap();
                    ended.fetch_add(1, Ordering::SeqCst);
                    drop(tx);
                });
            }
            until(|| begun.load(Ordering::SeqCst) == OTHERS).await;
            let keeper = Arc::new(Keeper::start(store.clone()));
            keeper.keep(kept(unit, 0)).await.unwrap();
            until(|| keeper.writing.since.lock().unwrap().is_some()).await;
            let crying = tokio::spawn({
                let (keeper, begun, ended) = (keeper.clone(), begun.clone(), ended.clone());
                async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    let tracker = TrackerId::new(Micros(1), [9; 16]);
                    let cry = Event::TrackerAlarmed { tracker, unit: Some(unit), alarm: "sos".into(), position: None, at_us: Micros(1) };
                    keeper.cry(cry, None).await.unwrap();
                    ended.load(Ordering::SeqCst)
                }
            });
            until(|| begun.load(Ordering::SeqCst) > OTHERS).await;
            assert_eq!(ended.load(Ordering::SeqCst), 0, "all wait");
            drop(held);
            let before = crying.await.unwrap();
            assert!(before < OTHERS / 2, "{before} others wrote before");
            assert_eq!(store.unpublished(10).await.unwrap().len(), 1);
            others.join_all().await;
        })
        .await;
    }
}
