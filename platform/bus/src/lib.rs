//! From the outbox to the rooms and the screens.
//!
//! Each server of a house has a relay, and at any moment one of them at most has the turn: it takes committed facts in order, lets every reaction run, once over
//! all servers, and gives the fact its number. Every relay, also one that never gets the turn, reads what was numbered after its own last number, lets its
//! server's memory follow, and streams it. A reaction that fails does not hold up the others: it is tried again by a job, and it must be idempotent, because
//! a crash between the reaction and the number lets it run twice.

mod relay;

#[cfg(test)]
mod claims;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use shouhu_env::BoxFuture;
use shouhu_events::{Envelope, Event};
use shouhu_ids::EventId;
use shouhu_store::Store;
use tokio::sync::broadcast;

pub use relay::{Look, Relay, publish_waiting, relay};

/// Events that a slow screen may be behind before it is told to start anew.
pub const STREAM_BACKLOG: usize = 4_096;

/// The job kind that repeats a failed reaction; its payload is what [`repeat`] reads.
pub const REACTION_JOB: &str = "bus.reaction";

/// Of a stream that has no place among the numbers yet.
const NOT_BEGUN: i64 = -1;

/// What a reaction reports when it could not finish.
pub type ReactionError = Box<dyn std::error::Error + Send + Sync>;

/// Of several servers of one house, where a reactor runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At whichever has the turn: what it does is for all.
    OneServer,
    /// At each, before it streams the fact: what it does is for the server's own memory. Where it fails, it is tried again there.
    EachServer,
}

/// One room's answer to some kinds of facts.
#[derive(Clone)]
pub struct Reactor {
    /// Unique: module and what it does.
    pub name: &'static str,
    /// Kinds of events it wants.
    pub kinds: &'static [&'static str],
    pub at: At,
    pub run: Arc<dyn Fn(Envelope) -> BoxFuture<'static, Result<(), ReactionError>> + Send + Sync>,
}

/// Everyone who listens to the live stream of this server.
#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<Arc<Envelope>>,
    published_seq: Arc<AtomicI64>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: broadcast::channel(STREAM_BACKLOG).0, published_seq: Arc::new(AtomicI64::new(NOT_BEGUN)) }
    }
}

impl Hub {
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Envelope>> {
        self.sender.subscribe()
    }

    /// Streams a fact that is not stored, such as positions: whoever is not listening has missed it, and so has who listens at another server.
    pub fn stream_only(&self, store: &Store, event: Event) {
        let env = store.env();
        let envelope = Envelope { seq: 0, id: env.id(EventId::new), at_us: env.now(), event };
        // No listener is no error.
        let _ = self.sender.send(Arc::new(envelope));
    }

    /// Streams what is numbered after `seq`: read before the rooms build their memory, so that nothing that another server tells meanwhile is missing in it. Once
    /// begun, a stream goes on from where it is.
    pub fn begin_after(&self, seq: i64) {
        // Begun is no error.
        let _ = self.published_seq.compare_exchange(NOT_BEGUN, seq, Ordering::SeqCst, Ordering::SeqCst);
    }

    fn has_begun(&self) -> bool {
        self.published_seq.load(Ordering::SeqCst) != NOT_BEGUN
    }

    /// The number of the last streamed fact.
    #[must_use]
    pub fn published_seq(&self) -> i64 {
        self.published_seq.load(Ordering::SeqCst).max(0)
    }

    fn tell(&self, envelope: Arc<Envelope>) {
        self.published_seq.store(envelope.seq, Ordering::SeqCst);
        // No listener is no error.
        let _ = self.sender.send(envelope);
    }
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
