//! Claims about the relays of one house: one server, two of one database, and some that die.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shouhu_env::Env;
use shouhu_store::testing::{on_each_database, on_empty_postgres};
use shouhu_store::{OUTBOX_MIGRATIONS, StoreError, params};
use tokio::sync::broadcast::Receiver;

use super::*;
use crate::relay::number;

/// Versions in the order in which a reactor had them.
type Seen = Arc<Mutex<Vec<i64>>>;

/// Longer than any of this takes where it works.
const PATIENCE: Duration = Duration::from_secs(60);

fn version_of(envelope: &Envelope) -> i64 {
    match envelope.event {
        Event::WatchlistChanged { version } => version,
        _ => 0,
    }
}

fn reactor(name: &'static str, at: At, seen: &Seen, fails: impl Fn(i64) -> bool + Send + Sync + 'static) -> Reactor {
    let seen = seen.clone();
    Reactor {
        name,
        kinds: &["watchlist_changed"],
        at,
        run: Arc::new(move |envelope| {
            let version = version_of(&envelope);
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(version);
            let is_failure = fails(version);
            Box::pin(async move { if is_failure { Err("room is on fire".into()) } else { Ok(()) } })
        }),
    }
}

fn versions(seen: &Seen) -> Vec<i64> {
    seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Numbers and versions of what a screen has heard since it last listened.
fn heard(screen: &mut Receiver<Arc<Envelope>>) -> Vec<(i64, i64)> {
    std::iter::from_fn(|| screen.try_recv().ok()).map(|envelope| (envelope.seq, version_of(&envelope))).collect()
}

async fn tell(store: &Store, versions: impl IntoIterator<Item = i64>) {
    let mut tx = store.begin().await.unwrap();
    for version in versions {
        tx.emit(&Event::WatchlistChanged { version }).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A server: its relay, a screen that listens to it, and what its own memory has followed.
struct Server {
    relay: Relay,
    hub: Hub,
    screen: Receiver<Arc<Envelope>>,
    memory: Seen,
}

impl Server {
    /// `done` is what all servers do together.
    async fn open(store: &Store, done: &Seen) -> Self {
        Self::with(store, vec![reactor("house.does", At::OneServer, done, |_| false)]).await
    }

    async fn with(store: &Store, mut reactors: Vec<Reactor>) -> Self {
        let (hub, memory) = (Hub::default(), Seen::default());
        hub.begin_after(store.last_seq().await.unwrap());
        reactors.push(reactor("server.follows", At::EachServer, &memory, |_| false));
        Self { relay: Relay::new(store.clone(), hub.clone(), reactors), screen: hub.listen(), hub, memory }
    }

    async fn look(&mut self) -> Look {
        self.relay.look().await.unwrap()
    }

    /// Looks until `seq` is streamed.
    async fn reach(&mut self, seq: i64) {
        let reach = async {
            while self.hub.published_seq() < seq {
                if self.look().await == Look::Nothing {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::time::timeout(PATIENCE, reach).await.unwrap();
    }
}

/// Two servers of one database: two relays of one process on each, and on PostgreSQL two that share nothing but it.
async fn on_two_servers<F, Fut>(claim: F)
where
    F: Fn(Store, Store) -> Fut,
    Fut: Future<Output = ()>,
{
    let claim = &claim;
    on_each_database(&[], |store| claim(store.clone(), store)).await;
    on_empty_postgres(|url| async move {
        let north = Store::open(&url, Env::real()).await.unwrap();
        north.migrate(&[OUTBOX_MIGRATIONS]).await.unwrap();
        let south = Store::open(&url, Env::real()).await.unwrap();
        claim(north.clone(), south.clone()).await;
        north.close().await;
        south.close().await;
    })
    .await;
}

#[tokio::test]
async fn facts_keep_their_order_and_a_failed_reaction_becomes_a_job() {
    on_each_database(&[], |store| async move {
        tell(&store, 1..=3).await;
        let (good, bad) = (Seen::default(), Seen::default());
        let reactors = [reactor("good", At::OneServer, &good, |_| false), reactor("bad", At::OneServer, &bad, |_| true)];
        let hub = Hub::default();
        let mut screen = hub.listen();
        assert_eq!(publish_waiting(&store, &hub, &reactors).await.unwrap(), 3);
        assert_eq!((versions(&good), versions(&bad)), (vec![1, 2, 3], vec![1, 2, 3]));
        assert_eq!(heard(&mut screen), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!(hub.published_seq(), 3);
        assert_eq!(publish_waiting(&store, &hub, &reactors).await.unwrap(), 0);

        let jobs = store.fetch("SELECT payload FROM store_job WHERE kind = $1", params![REACTION_JOB]).await.unwrap();
        assert_eq!(jobs.len(), 3);
        let payload: serde_json::Value = jobs.first().unwrap().json("payload").unwrap();
        assert!(repeat(&reactors, &payload).await.is_err_and(|e| e.to_string() == "room is on fire"));
        assert!(repeat(&[], &payload).await.is_err_and(|e| e.to_string().contains("no module has")));
    })
    .await;
}

/// What one server numbers another one streams, each its own after the other's: the second number of the first server was once taken for ever.
#[tokio::test]
async fn what_any_server_tells_every_server_streams_and_one_reacts() {
    on_two_servers(|at_north, at_south| async move {
        let done = Seen::default();
        let (mut north, mut south) = (Server::open(&at_north, &done).await, Server::open(&at_south, &done).await);
        tell(&at_north, [1]).await;
        assert_eq!(north.look().await, Look::Streamed(1));
        tell(&at_south, [2]).await;
        assert_eq!(south.look().await, Look::Streamed(2), "the other's, and its own");
        tell(&at_north, [3, 4]).await;
        assert_eq!(north.look().await, Look::Streamed(3));
        tell(&at_north, [5]).await;
        assert_eq!(south.look().await, Look::Streamed(3), "whoever looks first publishes it, whoever told it");
        assert_eq!((north.look().await, north.look().await), (Look::Streamed(1), Look::Nothing));
        let all: Vec<(i64, i64)> = (1..=5).map(|n| (n, n)).collect();
        assert_eq!((heard(&mut north.screen), heard(&mut south.screen)), (all.clone(), all));
        assert_eq!(versions(&done), [1, 2, 3, 4, 5], "once over both");
        assert_eq!((versions(&north.memory), versions(&south.memory)), (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5]));
    })
    .await;
}

#[tokio::test]
async fn two_servers_at_once_number_each_fact_once_and_stream_all_in_one_order() {
    const EACH: i64 = 100;
    on_two_servers(|at_north, at_south| async move {
        let done = Seen::default();
        let (mut north, mut south) = (Server::open(&at_north, &done).await, Server::open(&at_south, &done).await);
        let (first, second) = (1..=EACH, EACH + 1..=2 * EACH);
        let told = async {
            for (one, other) in first.zip(second) {
                tokio::join!(tell(&at_north, [one]), tell(&at_south, [other]));
            }
        };
        tokio::join!(told, north.reach(2 * EACH), south.reach(2 * EACH));
        let (at_first, at_second) = (heard(&mut north.screen), heard(&mut south.screen));
        assert_eq!(at_first, at_second);
        assert_eq!(at_first.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=2 * EACH).collect::<Vec<_>>());
        let done = versions(&done);
        assert_eq!(done.len(), at_first.len(), "no reaction twice");
        assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), done.len());
    })
    .await;
}

#[tokio::test]
async fn who_has_not_the_turn_neither_reacts_nor_numbers_and_goes_on_when_it_ends() {
    on_two_servers(|at_north, at_south| async move {
        let done = Seen::default();
        let mut south = Server::open(&at_south, &done).await;
        tell(&at_south, [1]).await;
        let mut turn = at_north.relay_turn().await.unwrap().unwrap();
        assert_eq!(south.look().await, Look::Elsewhere);
        assert!(at_south.relay_turn().await.unwrap().is_none());
        turn.still_held().await.unwrap();
        assert_eq!((versions(&done), at_south.last_seq().await.unwrap()), (vec![], 0));
        turn.end().await.unwrap();
        assert_eq!(south.look().await, Look::Streamed(1));
        assert_eq!(versions(&done), [1]);
    })
    .await;
}

/// The server dies after the number was committed, before any screen was told.
#[tokio::test]
async fn what_was_numbered_and_not_sent_is_streamed_by_the_others_and_nobody_reacts_again() {
    on_two_servers(|at_north, at_south| async move {
        let done = Seen::default();
        let mut south = Server::open(&at_south, &done).await;
        tell(&at_north, [1, 2]).await;
        let fact = at_north.unpublished(1).await.unwrap().remove(0);
        let numbered = Envelope { seq: 1, id: fact.id, at_us: fact.at, event: fact.event };
        assert_eq!(number(&at_north, &numbered, vec!["house.does"]).await.unwrap(), Some(1));
        assert_eq!(number(&at_south, &numbered, vec!["house.does"]).await.unwrap(), None, "numbered once");
        assert_eq!(south.look().await, Look::Streamed(2));
        assert_eq!(heard(&mut south.screen), [(1, 1), (2, 2)]);
        assert_eq!(versions(&done), [2], "the first is done, or a job");
        let jobs = at_south.fetch("SELECT id FROM store_job WHERE kind = $1", params![REACTION_JOB]).await.unwrap();
        assert_eq!(jobs.len(), 1);
        // The one that died comes back: its screens ask for what they missed.
        let mut north = Server::open(&at_north, &done).await;
        assert_eq!(north.look().await, Look::Nothing);
        assert_eq!(at_north.published_after(0, 10).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_dies_while_it_reacts_leaves_its_fact_to_another() {
    on_two_servers(|at_north, at_south| async move {
        let done = Seen::default();
        let (began, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
        let hangs = Reactor {
            name: "house.hangs",
            kinds: &["watchlist_changed"],
            at: At::OneServer,
            run: Arc::new(move |_| {
                let _ = began.send(());
                Box::pin(std::future::pending::<Result<(), ReactionError>>())
            }),
        };
        let mut north = Server::with(&at_north, vec![hangs]).await;
        let mut south = Server::open(&at_south, &done).await;
        tell(&at_north, [1]).await;
        let dying = tokio::spawn(async move { north.look().await });
        has_begun.recv().await.unwrap();
        assert_eq!(south.look().await, Look::Elsewhere);
        dying.abort();
        assert!(dying.await.is_err_and(|end| end.is_cancelled()));
        south.reach(1).await;
        assert_eq!((versions(&done), heard(&mut south.screen)), (vec![1], vec![(1, 1)]));
    })
    .await;
}

/// Its turn was lost with the line to the database, and others went on: what they numbered is streamed in its place, and once.
#[tokio::test]
async fn a_relay_whose_turn_was_lost_streams_what_others_have_numbered_in_order() {
    on_two_servers(|at_north, at_south| async move {
        let done = Seen::default();
        let others = at_south.clone();
        let outrun = Reactor {
            name: "house.is_outrun",
            kinds: &["watchlist_changed"],
            at: At::OneServer,
            run: Arc::new(move |envelope| {
                let others = others.clone();
                Box::pin(async move {
                    if version_of(&envelope) == 1 {
                        let waiting = others.unpublished(2).await?;
                        for (seq, fact) in (1..).zip(waiting.into_iter().rev()) {
                            number(&others, &Envelope { seq, id: fact.id, at_us: fact.at, event: fact.event }, vec![]).await?;
                        }
                    }
                    Ok::<(), ReactionError>(())
                })
            }),
        };
        let mut north = Server::with(&at_north, vec![outrun, reactor("house.does", At::OneServer, &done, |_| false)]).await;
        tell(&at_north, [1, 2, 3]).await;
        north.reach(3).await;
        assert_eq!(heard(&mut north.screen), [(1, 2), (2, 1), (3, 3)], "in the order of their numbers");
        assert_eq!(versions(&done), [1, 3], "the second was the others'");
        assert_eq!(north.look().await, Look::Nothing);
        let all = at_north.published_after(0, 10).await.unwrap();
        assert_eq!(all.iter().map(|fact| (fact.seq, version_of(fact))).collect::<Vec<_>>(), [(1, 2), (2, 1), (3, 3)]);
    })
    .await;
}

/// Two transactions take the same number: the second waits for the first, fails, and the next look gives it another.
#[tokio::test]
async fn a_number_that_was_taken_stops_a_relay_for_one_look() {
    on_empty_postgres(|url| async move {
        let store = Store::open(&url, Env::real()).await.unwrap();
        store.migrate(&[OUTBOX_MIGRATIONS]).await.unwrap();
        let done = Seen::default();
        let mut north = Server::open(&store, &done).await;
        tell(&store, [1, 2]).await;
        let second = store.unpublished(2).await.unwrap().remove(1);
        let mut other = store.begin().await.unwrap();
        assert_eq!(other.execute("UPDATE store_outbox SET seq = 1 WHERE id = $1", params![second.id]).await.unwrap(), 1);
        let waits = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE store_outbox%'";
        let release = async {
            while store.fetch_one(waits, vec![]).await.unwrap().int("n").unwrap() == 0 {
                tokio::task::yield_now().await;
            }
            other.commit().await.unwrap();
        };
        let (looked, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(north.relay.look(), release) }).await.unwrap();
        // Another test's relay may have been the one that waited: then it was not outrun.
        assert!(matches!(looked, Err(StoreError::Duplicate { .. }) | Ok(Look::Streamed(_))), "{looked:?}");
        north.reach(2).await;
        assert_eq!(heard(&mut north.screen), [(1, 2), (2, 1)]);
        store.close().await;
    })
    .await;
}

/// A standby that took over may lack the last numbers: what screens know already is not given to another fact.
#[tokio::test]
async fn a_number_that_screens_have_seen_is_not_given_again_when_the_database_has_lost_it() {
    on_each_database(&[], |store| async move {
        let mut server = Server::open(&store, &Seen::default()).await;
        tell(&store, 1..=3).await;
        server.reach(3).await;
        let mut tx = store.begin().await.unwrap();
        tx.execute("DELETE FROM store_outbox WHERE seq >= 2", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        tell(&store, [4]).await;
        assert_eq!(server.look().await, Look::Streamed(1));
        assert_eq!(heard(&mut server.screen).last(), Some(&(4, 4)));
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_memory_could_not_follow_tries_again_and_streams_on() {
    on_each_database(&[], |store| async move {
        let (follows, has_failed) = (Seen::default(), AtomicBool::new(false));
        let fails_once = reactor("server.stumbles", At::EachServer, &follows, move |_| !has_failed.swap(true, Ordering::SeqCst));
        let mut server = Server::with(&store, vec![fails_once]).await;
        tell(&store, [1]).await;
        assert_eq!(server.look().await, Look::Streamed(1));
        assert_eq!((versions(&follows), heard(&mut server.screen)), (vec![1], vec![(1, 1)]), "screens do not wait for it");
        assert_eq!((server.look().await, server.look().await), (Look::Nothing, Look::Nothing));
        assert_eq!(versions(&follows), [1, 1], "again, and then no more");
        let jobs = store.fetch("SELECT id FROM store_job", vec![]).await.unwrap();
        assert!(jobs.is_empty(), "a job may run at another server");
    })
    .await;
}
