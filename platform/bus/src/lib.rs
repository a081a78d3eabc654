//! From the outbox to the rooms and the screens.
//!
//! One relay per database takes committed facts in order, lets every reaction run, gives the fact its number and streams
//! it. A reaction that fails does not hold up the others: it is tried again by a job, and it must be idempotent, because
//! a crash between the reaction and the number lets it run twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::EventId;
use shouhu_store::{NewJob, Store, StoreError, StoredEvent, params};
use tokio::sync::broadcast;

/// Events that a slow screen may be behind before it is told to start anew.
pub const STREAM_BACKLOG: usize = 4_096;
/// Facts taken from the outbox at once.
const BATCH: i64 = 64;
/// How often the outbox is looked at when nobody rings: facts of other processes, and after a failed database.
const IDLE_LOOK: Duration = Duration::from_millis(500);

/// The job kind that repeats a failed reaction; its payload is a [`StoredReaction`].
pub const REACTION_JOB: &str = "bus.reaction";

/// What a reaction reports when it could not finish.
pub type ReactionError = Box<dyn std::error::Error + Send + Sync>;

/// One room's answer to some kinds of facts.
#[derive(Clone)]
pub struct Reactor {
    /// Unique: module and what it does.
    pub name: &'static str,
    /// Kinds of events it wants.
    pub kinds: &'static [&'static str],
    pub run: Arc<dyn Fn(Envelope) -> BoxFuture<'static, Result<(), ReactionError>> + Send + Sync>,
}

/// Everyone who listens to the live stream.
#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<Arc<Envelope>>,
    published_seq: Arc<AtomicI64>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: broadcast::channel(STREAM_BACKLOG).0, published_seq: Arc::default() }
    }
}

impl Hub {
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Envelope>> {
        self.sender.subscribe()
    }

    /// Streams a fact that is not stored, such as positions: whoever is not listening has missed it.
    pub fn stream_only(&self, store: &Store, event: Event) {
        let env = store.env();
        let envelope = Envelope { seq: 0, id: env.id(EventId::new), at_us: env.now(), event };
        // No listener is no error.
        let _ = self.sender.send(Arc::new(envelope));
    }

    /// The number of the last streamed fact.
    #[must_use]
    pub fn published_seq(&self) -> i64 {
        self.published_seq.load(Ordering::SeqCst)
    }
}

/// Publishes committed facts until the process ends. Failures of the database are retried for ever: the facts wait.
pub async fn relay(store: Store, hub: Hub, reactors: Vec<Reactor>) {
    let mut next_seq: Option<i64> = None;
    loop {
        match publish_waiting(&store, &hub, &reactors, &mut next_seq).await {
            Ok(0) => {
                tokio::select! { () = store.event_waiting() => {}, () = tokio::time::sleep(IDLE_LOOK) => {} }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "outbox not read; facts wait");
                tokio::time::sleep(IDLE_LOOK).await;
            }
        }
    }
}

/// Publishes what waits now; returns how many facts. For tests and for [`relay`].
///
/// # Errors
/// When the database fails; facts already numbered stay published.
pub async fn publish_waiting(
    store: &Store,
    hub: &Hub,
    reactors: &[Reactor],
    next_seq: &mut Option<i64>,
) -> Result<usize, StoreError> {
    let waiting = store.unpublished(BATCH).await?;
    let count = waiting.len();
    for fact in waiting {
        let seq = match next_seq {
            Some(seq) => *seq,
            None => store.last_seq().await? + 1,
        };
        let envelope = Envelope { seq, id: fact.id, at_us: fact.at, event: fact.event.clone() };
        let failed = react(&envelope, reactors).await;
        number(store, seq, &fact, failed).await?;
        *next_seq = Some(seq + 1);
        hub.published_seq.store(seq, Ordering::SeqCst);
        let _ = hub.sender.send(Arc::new(envelope));
    }
    Ok(count)
}

async fn react(envelope: &Envelope, reactors: &[Reactor]) -> Vec<&'static str> {
    let mut failed = Vec::new();
    for reactor in reactors.iter().filter(|r| r.kinds.contains(&envelope.event.kind())) {
        if let Err(error) = (reactor.run)(envelope.clone()).await {
            tracing::warn!(reaction = reactor.name, event = %envelope.id, %error, "reaction failed; it will be repeated");
            failed.push(reactor.name);
        }
    }
    failed
}

/// Gives the fact its number and enqueues what failed, in one transaction.
async fn number(store: &Store, seq: i64, fact: &StoredEvent, failed: Vec<&'static str>) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("UPDATE store_outbox SET seq = $1 WHERE id = $2 AND seq IS NULL", params![seq, fact.id]).await?;
    for name in failed {
        let payload = serde_json::json!({ "reaction": name, "seq": seq, "event": fact.id, "at_us": fact.at, "body": fact.event });
        tx.enqueue(NewJob { kind: REACTION_JOB, key: format!("{name}:{}", fact.id), payload, run_at: None }).await?;
    }
    tx.commit().await
}

/// Repeats a reaction from the payload of its job.
///
/// # Errors
/// What the reaction says, or that no module knows it any more.
pub async fn repeat(reactors: &[Reactor], payload: &serde_json::Value) -> Result<(), ReactionError> {
    let name = payload.get("reaction").and_then(serde_json::Value::as_str).unwrap_or_default();
    let reactor = reactors.iter().find(|r| r.name == name).ok_or_else(|| format!("no module has a reaction {name:?}"))?;
    let part = |key: &str| payload.get(key).cloned().unwrap_or_default();
    let envelope = Envelope {
        seq: serde_json::from_value(part("seq"))?,
        id: serde_json::from_value(part("event"))?,
        at_us: serde_json::from_value(part("at_us"))?,
        event: serde_json::from_value(part("body"))?,
    };
    (reactor.run)(envelope).await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use shouhu_store::testing::on_each_database;

    use super::*;

    fn reactor(name: &'static str, seen: Arc<Mutex<Vec<i64>>>, fails: bool) -> Reactor {
        Reactor {
            name,
            kinds: &["watchlist_changed"],
            run: Arc::new(move |envelope| {
                let seen = seen.clone();
                Box::pin(async move {
                    if let Event::WatchlistChanged { version } = envelope.event {
                        seen.lock().unwrap_or_else(|e| panic!("{e}")).push(version);
                    }
                    if fails { Err("room is on fire".into()) } else { Ok(()) }
                })
            }),
        }
    }

    #[tokio::test]
    async fn facts_keep_their_order_and_a_failed_reaction_becomes_a_job() {
        on_each_database(&[], |store| async move {
            let mut tx = store.begin().await.unwrap_or_else(|e| panic!("{e}"));
            for version in 1..=3 {
                tx.emit(&Event::WatchlistChanged { version }).await.unwrap_or_else(|e| panic!("{e}"));
            }
            tx.commit().await.unwrap_or_else(|e| panic!("{e}"));

            let (good, bad) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
            let reactors = [reactor("good", good.clone(), false), reactor("bad", bad.clone(), true)];
            let hub = Hub::default();
            let mut stream = hub.listen();
            let published = publish_waiting(&store, &hub, &reactors, &mut None).await.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(published, 3);
            assert_eq!(*good.lock().unwrap_or_else(|e| panic!("{e}")), [1, 2, 3]);
            let numbers: Vec<i64> = std::iter::from_fn(|| stream.try_recv().ok()).map(|e| e.seq).collect();
            assert_eq!(numbers, [1, 2, 3]);
            assert_eq!(hub.published_seq(), 3);

            let jobs = store.fetch("SELECT payload FROM store_job WHERE kind = $1", params![REACTION_JOB]).await;
            let jobs = jobs.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(jobs.len(), 3);
            let payload: serde_json::Value = jobs.first().and_then(|j| j.json("payload").ok()).unwrap_or_default();
            assert!(repeat(&reactors, &payload).await.is_err_and(|e| e.to_string() == "room is on fire"));
            assert!(repeat(&[], &payload).await.is_err_and(|e| e.to_string().contains("no module has")));
        })
        .await;
    }
}
