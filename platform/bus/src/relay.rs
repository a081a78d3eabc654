//! The relay of one server.

use std::sync::Arc;
use std::time::Duration;

use shouhu_events::Envelope;
use shouhu_store::{NewJob, RelayTurn, Store, StoreError, StoredEvent, first, params};
use tokio::time::Instant;

use crate::{At, Hub, REACTION_JOB, Reactor};

/// Facts taken from the outbox at once.
const BATCH: i64 = 64;
/// Facts that another server has numbered, read at once.
const CATCH_UP: i64 = 256;
/// How often the outbox is looked at when nobody rings: facts of other servers, and after a failed database.
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// While facts wait and another server has the turn.
const TURN_LOOK: Duration = Duration::from_millis(20);
/// After its second failure the memory of a server waits so long, after each further one twice as long, until it is tried again.
const LATE_WAIT: Duration = Duration::from_secs(1);
/// Doublings of [`LATE_WAIT`] at the most: 256 s.
const LATE_DOUBLINGS_MAX: u32 = 8;

/// What one look at the outbox came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// So many facts were streamed; there may be more.
    Streamed(usize),
    Nothing,
    /// Facts wait, and another relay has the turn.
    Elsewhere,
}

/// A server's memory that is behind a fact, because a reactor of [`At::EachServer`] failed.
struct Late {
    reactor: usize,
    envelope: Envelope,
    failures: u32,
    due: Instant,
}

impl Late {
    fn failed(reactor: usize, envelope: Envelope, failures: u32) -> Self {
        let wait = match failures {
            0 | 1 => Duration::ZERO,
            more => LATE_WAIT * 2_u32.pow((more - 2).min(LATE_DOUBLINGS_MAX)),
        };
        Self { reactor, envelope, failures, due: Instant::now() + wait }
    }
}

/// One per server and [`Hub`].
pub struct Relay {
    store: Store,
    hub: Hub,
    reactors: Vec<Reactor>,
    /// Of each reactor one at the most: what it reads anew for the newest fact, it has read for those before.
    late: Vec<Late>,
}

/// Publishes committed facts until the process ends. Failures of the database are retried for ever: the facts wait.
pub async fn relay(store: Store, hub: Hub, reactors: Vec<Reactor>) {
    let mut relay = Relay::new(store, hub, reactors);
    loop {
        match relay.look().await {
            Ok(Look::Nothing) => {
                tokio::select! { () = relay.store.event_waiting() => {}, () = tokio::time::sleep(IDLE_LOOK) => {} }
            }
            Ok(Look::Streamed(_)) => {}
            Ok(Look::Elsewhere) => tokio::time::sleep(TURN_LOOK).await,
            Err(error) => {
                tracing::warn!(%error, "outbox not read; facts wait");
                tokio::time::sleep(IDLE_LOOK).await;
            }
        }
    }
}

/// Publishes what waits now; returns how many facts were streamed. For tests.
///
/// # Errors
/// As [`Relay::look`].
pub async fn publish_waiting(store: &Store, hub: &Hub, reactors: &[Reactor]) -> Result<usize, StoreError> {
    match Relay::new(store.clone(), hub.clone(), reactors.to_vec()).look().await? {
        Look::Streamed(facts) => Ok(facts),
        Look::Nothing | Look::Elsewhere => Ok(0),
    }
}

impl Relay {
    #[must_use]
    pub const fn new(store: Store, hub: Hub, reactors: Vec<Reactor>) -> Self {
        Self { store, hub, reactors, late: Vec::new() }
    }

    /// Streams what other relays have numbered, then publishes what waits, if nobody else does.
    ///
    /// # Errors
    /// When the database fails, or the turn was lost with the line to it and another relay gave the same number: the next look begins anew. Facts already
    /// numbered stay published.
    pub async fn look(&mut self) -> Result<Look, StoreError> {
        if !self.hub.has_begun() {
            self.hub.begin_after(first(self.store.last_seq()).await?);
        }
        self.try_late().await;
        let mut streamed = self.catch_up().await?;
        if !first(self.store.unpublished(1)).await?.is_empty() {
            let turn = self.store.relay_turn().await?;
            match turn {
                Some(turn) => streamed += self.take(turn).await?,
                None if streamed == 0 => return Ok(Look::Elsewhere),
                None => {}
            }
        }
        Ok(if streamed == 0 { Look::Nothing } else { Look::Streamed(streamed) })
    }

    async fn take(&mut self, mut turn: RelayTurn) -> Result<usize, StoreError> {
        // What the relay before has numbered is in this server's memory before anything reacts to what follows.
        let mut streamed = self.catch_up().await?;
        let waiting = first(self.store.unpublished(BATCH)).await?;
        for fact in waiting {
            turn.still_held().await?;
            if !self.publish(fact).await? {
                // The turn was lost, and what is left of the batch may be another's: whatever has a number is streamed, the rest is for the next look.
                streamed += self.catch_up().await?;
                break;
            }
            streamed += 1;
        }
        turn.end().await?;
        Ok(streamed)
    }

    /// False where others have numbered meanwhile, this fact or one before it: it is not streamed then.
    async fn publish(&mut self, fact: StoredEvent) -> Result<bool, StoreError> {
        let envelope = Envelope { seq: self.hub.published_seq() + 1, id: fact.id, at_us: fact.at, event: fact.event };
        let failed = self.react(&envelope).await;
        let is_next = number(&self.store, &envelope, failed).await? == Some(envelope.seq);
        if is_next {
            self.hear(envelope).await;
        }
        Ok(is_next)
    }

    /// Streams what was numbered after the last streamed fact, by whomever.
    async fn catch_up(&mut self) -> Result<usize, StoreError> {
        let mut streamed = 0;
        loop {
            let page = first(self.store.published_after(self.hub.published_seq(), CATCH_UP)).await?;
            let is_last = i64::try_from(page.len()).is_ok_and(|facts| facts < CATCH_UP);
            streamed += page.len();
            for envelope in page {
                self.hear(envelope).await;
            }
            if is_last {
                return Ok(streamed);
            }
        }
    }

    async fn react(&self, envelope: &Envelope) -> Vec<&'static str> {
        let mut failed = Vec::new();
        for reactor in self.reactors.iter().filter(|reactor| reactor.at == At::OneServer && reactor.wants(envelope)) {
            if let Err(error) = (reactor.run)(envelope.clone()).await {
                tracing::warn!(reaction = reactor.name, event = %envelope.id, %error, "reaction failed; it will be repeated");
                failed.push(reactor.name);
            }
        }
        failed
    }

    /// Lets this server's memory follow, then its screens: who is told of a change may ask for it at once.
    async fn hear(&mut self, envelope: Envelope) {
        for index in 0..self.reactors.len() {
            let Some(reactor) = self.reactors.get(index).filter(|reactor| reactor.at == At::EachServer && reactor.wants(&envelope)) else { continue };
            // What it reads now is newer than what it was late with.
            self.late.retain(|late| late.reactor != index);
            if let Err(error) = (reactor.run)(envelope.clone()).await {
                tracing::warn!(reaction = reactor.name, event = %envelope.id, %error, "this server's memory is behind; it is tried again");
                self.late.push(Late::failed(index, envelope.clone(), 1));
            }
        }
        self.hub.tell(Arc::new(envelope));
    }

    async fn try_late(&mut self) {
        let now = Instant::now();
        let (due, later): (Vec<Late>, Vec<Late>) = std::mem::take(&mut self.late).into_iter().partition(|late| late.due <= now);
        self.late = later;
        for late in due {
            let Some(reactor) = self.reactors.get(late.reactor) else { continue };
            if let Err(error) = (reactor.run)(late.envelope.clone()).await {
                let failures = late.failures.saturating_add(1);
                tracing::warn!(reaction = reactor.name, failures, %error, "this server's memory is still behind; it is tried again");
                self.late.push(Late::failed(late.reactor, late.envelope, failures));
            }
        }
    }
}

impl Reactor {
    fn wants(&self, envelope: &Envelope) -> bool {
        self.kinds.contains(&envelope.event.kind())
    }
}

/// Gives the fact the next number and enqueues what failed, in one transaction. `None`: another relay has numbered it, and keeps what failed there.
///
/// The number is not below the fact's own: a standby that took over may have lost numbers that this server's screens have seen. Whoever takes a number
/// that another transaction has not committed yet waits for it, and is a duplicate then: numbers are unique. So none is ever visible before a smaller
/// one.
pub(crate) async fn number(store: &Store, fact: &Envelope, failed: Vec<&'static str>) -> Result<Option<i64>, StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE store_outbox SET seq = (SELECT CASE WHEN top < $2 THEN $2 ELSE top + 1 END \
               FROM (SELECT COALESCE(MAX(seq), 0) AS top FROM store_outbox) AS newest) \
               WHERE id = $1 AND seq IS NULL RETURNING seq";
    let Some(row) = tx.fetch_opt(sql, params![fact.id, fact.seq]).await? else { return Ok(None) };
    let seq = row.int("seq")?;
    for name in failed {
        let payload = serde_json::json!({ "reaction": name, "seq": seq, "event": fact.id, "at_us": fact.at_us, "body": fact.event });
        tx.enqueue(NewJob { kind: REACTION_JOB, key: format!("{name}:{}", fact.id), payload, run_at: None }).await?;
    }
    tx.commit().await?;
    Ok(Some(seq))
}
