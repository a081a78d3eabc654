//! Events that wait until a receiver comes for them (RFC 8936), or until a stream that was paused goes on.
//!
//! **Invariant:** what waits is on disk, comes again until the receiver says what became of it, and is bounded by [`WAITING_MAX`] and [`WAITING_AGE_US`]; what is
//! dropped for that is a leaf before it is gone.

use serde_json::Value;
use shouhu_audit::Entry;
use shouhu_ids::Micros;
use shouhu_module::{App, Problem};
use shouhu_secevent::AGE_MAX_S;
use shouhu_store::{NewJob, Store, StoreError, Tx, params};

use crate::settings::{self, Receiver};
use crate::stream::{self, Way};
use crate::{deliver, store};

/// Events that wait for one receiver: of a house of ten thousand accounts the acts of many days.
pub const WAITING_MAX: i64 = 5_000;
/// Nobody takes a token that is older.
pub const WAITING_AGE_US: i64 = AGE_MAX_S * Micros::SECOND;

/// The action of the leaf.
const ACTION: &str = "signal dropped";
const DROPPED: &str = "dropped: nobody has come for it";
pub const ENDED: &str = "the receiver has ended its stream";
pub const OTHER: &str = "another partner has this name now";
pub const DISABLED: &str = "the receiver has disabled its stream";

/// By the key of the table: one receiver says it of four hundred tokens at once, made-up ones among them, while nobody else writes.
const DONE: &str = "DELETE FROM signals_waiting WHERE receiver = $1 AND fact = $2";

/// The name of a token. The same fact is another token for each who hears it.
pub fn jti_of(receiver: &str, fact: &str) -> String {
    format!("{fact}.{receiver}")
}

fn fact_of<'a>(receiver: &str, jti: &'a str) -> Option<&'a str> {
    jti.strip_suffix(receiver)?.strip_suffix('.')
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub jti: String,
    pub event: String,
    pub claims: Value,
}

/// One fact waits once.
pub async fn hold(tx: &mut Tx, now: Micros, receiver: &str, fact: &str, event: &str, claims: &Value) -> Result<(), StoreError> {
    let jti = claims.get("jti").and_then(Value::as_str).unwrap_or(fact);
    let sql = "INSERT INTO signals_waiting (receiver, fact, jti, event, claims, since_us) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![receiver, fact, jti, event, claims.to_string(), now]).await?;
    Ok(())
}

/// What a receiver is given next, the oldest first; nothing while its stream does not go on.
pub async fn next(store: &Store, receiver: &Receiver, most: i64) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT w.jti, w.event, w.claims FROM signals_waiting w JOIN signals_stream s ON s.receiver = w.receiver \
               WHERE w.receiver = $1 AND s.aud = $2 AND s.status = 'enabled' ORDER BY w.since_us, w.fact LIMIT $3";
    let rows = store.fetch(sql, params![&receiver.name, &receiver.aud, most]).await?;
    rows.iter().map(|row| Ok(Waiting { jti: row.text("jti")?, event: row.text("event")?, claims: row.json("claims")? })).collect()
}

pub async fn count(store: &Store, receiver: &str) -> Result<i64, StoreError> {
    store.fetch_one("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM signals_waiting WHERE receiver = $1", params![receiver]).await?.int("n")
}

/// The receiver has said what became of a token. False of one that does not wait (any more).
pub async fn done(tx: &mut Tx, now: Micros, receiver: &str, jti: &str, outcome: &str, is_taken: bool) -> Result<bool, StoreError> {
    let Some(fact) = fact_of(receiver, jti) else { return Ok(false) };
    let has_waited = tx.execute(DONE, params![receiver, fact]).await? == 1;
    if has_waited {
        store::tried_in(tx, now, receiver, fact, outcome, is_taken).await?;
    }
    Ok(has_waited)
}

/// Pushes what has waited while the receiver came for its events by itself, as the file had it before this start.
///
/// # Errors
/// When the database fails.
pub async fn release_pushed(app: &App) -> Result<usize, StoreError> {
    let settings = settings::of(app);
    let mut released = 0;
    for receiver in settings.receivers.iter().filter(|receiver| !receiver.is_polled()) {
        if count(&app.store, &receiver.name).await? == 0 {
            continue;
        }
        let mut tx = app.store.begin().await?;
        let stream = if receiver.manages_itself() { stream::locked(&mut tx, receiver).await? } else { None };
        if stream::way(receiver, stream.as_ref()) == Way::Push {
            released += release(&mut tx, app.env.now(), &receiver.name).await?;
            tx.commit().await?;
        }
    }
    Ok(released)
}

/// Pushes what has waited while the stream was paused.
pub async fn release(tx: &mut Tx, now: Micros, receiver: &str) -> Result<usize, StoreError> {
    let sql = "DELETE FROM signals_waiting WHERE receiver = $1 RETURNING fact, event, claims";
    let rows = tx.fetch(sql, params![receiver]).await?;
    for row in &rows {
        let (fact, event, claims): (String, String, Value) = (row.text("fact")?, row.text("event")?, row.json("claims")?);
        // The key of its first job is taken for a day after that one was done.
        let key = format!("{receiver}:{fact}:{}", now.0);
        tx.enqueue_call(receiver, NewJob { kind: deliver::KIND, key, payload: deliver::payload(receiver, &fact, &event, &claims), run_at: None }).await?;
    }
    Ok(rows.len())
}

/// Nobody is told any more what waits for this receiver.
pub async fn forget(tx: &mut Tx, now: Micros, receiver: &str, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE signals_told SET outcome = $2, tried_at_us = $3, is_taken = 0 \
               WHERE receiver = $1 AND fact IN (SELECT fact FROM signals_waiting WHERE receiver = $1)";
    tx.execute(sql, params![receiver, why, now]).await?;
    tx.execute("DELETE FROM signals_waiting WHERE receiver = $1", params![receiver]).await?;
    Ok(())
}

/// The oldest that are too many or wait since before a time, and since when the last one of them waits.
async fn surplus(store: &Store, before: Micros, receiver: &str, most: i64) -> Result<Option<(i64, Micros)>, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM signals_waiting WHERE receiver = $1 AND since_us < $2";
    let old = store.fetch_one(sql, params![receiver, before]).await?.int("n")?;
    let surplus = old.max(count(store, receiver).await? - most);
    if surplus <= 0 {
        return Ok(None);
    }
    let sql = "SELECT since_us FROM signals_waiting WHERE receiver = $1 ORDER BY since_us, fact LIMIT 1 OFFSET $2";
    let last = store.fetch_opt(sql, params![receiver, surplus - 1]).await?;
    last.map(|row| row.micros("since_us")).transpose().map(|last| last.map(|last| (surplus, last)))
}

/// No more than were found, and none that came later: what was taken meanwhile is not made up for by others.
async fn drop_oldest(tx: &mut Tx, now: Micros, receiver: &str, most: i64, until: Micros) -> Result<u64, StoreError> {
    let oldest = "SELECT fact FROM signals_waiting WHERE receiver = $1 AND since_us <= $2 ORDER BY since_us, fact LIMIT $3";
    let facts = tx.fetch(oldest, params![receiver, until, most]).await?;
    let mut dropped = 0;
    for row in &facts {
        let fact = row.text("fact")?;
        store::tried_in(tx, now, receiver, &fact, DROPPED, false).await?;
        dropped += tx.execute("DELETE FROM signals_waiting WHERE receiver = $1 AND fact = $2", params![receiver, &fact]).await?;
    }
    Ok(dropped)
}

/// Keeps what waits within its number. What is too old goes with [`trim_old`] alone, which waits while the clock is doubted.
///
/// # Errors
/// When the log or the database cannot write: nothing is dropped then.
pub async fn trim(app: &App, receiver: &str) -> Result<u64, Problem> {
    beyond(app, receiver, Micros(i64::MIN)).await
}

/// Keeps what waits within its number and age.
///
/// # Errors
/// As [`trim`].
pub async fn trim_old(app: &App, receiver: &str) -> Result<u64, Problem> {
    beyond(app, receiver, app.env.now().plus(-WAITING_AGE_US)).await
}

/// A leaf first, then the oldest go.
async fn beyond(app: &App, receiver: &str, before: Micros) -> Result<u64, Problem> {
    let now = app.env.now();
    let Some((surplus, until)) = surplus(&app.store, before, receiver, WAITING_MAX).await? else { return Ok(0) };
    let leaf = Entry {
        at_us: now,
        actor: "none".to_owned(),
        actor_name: "shouhu".to_owned(),
        action: ACTION.to_owned(),
        class: "security".to_owned(),
        purpose: None,
        case_ref: None,
        object: format!("{surplus} signals for {receiver}, which has not come for them: at most {WAITING_MAX} wait, for {} days", WAITING_AGE_US / Micros::DAY),
        outcome: 410,
    };
    app.audit.append(leaf).await.map_err(|error| Problem::of(&error))?;
    let mut tx = app.store.begin().await?;
    let dropped = drop_oldest(&mut tx, now, receiver, surplus, until).await?;
    tx.commit().await?;
    tracing::error!(receiver, dropped, "signals were dropped: their receiver has not come for them");
    Ok(dropped)
}

/// Receivers for whom something waits, whether they still stand in the file or not.
pub async fn receivers(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows = store.fetch("SELECT DISTINCT receiver FROM signals_waiting ORDER BY receiver", vec![]).await?;
    rows.iter().map(|row| row.text("receiver")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;
    use shouhu_store::Backend;
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;
    use crate::settings::SignalSettings;
    use crate::stream::{Stream, StreamStatus};

    fn south() -> Receiver {
        let text = format!("[[receiver]]\nname = \"south\"\ndelivery = \"poll\"\naud = \"south\"\ntoken_sha256 = \"{}\"\n", "ab".repeat(32));
        SignalSettings::parse(&text).unwrap().receivers.remove(0)
    }

    async fn waits(store: &Store, now: Micros, fact: &str) {
        let mut tx = store.begin().await.unwrap();
        store::decide(&mut tx, now, "south", fact, "session_revoked").await.unwrap();
        hold(&mut tx, now, "south", fact, "session_revoked", &json!({ "jti": format!("{fact}.south") })).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn names(store: &Store) -> Vec<String> {
        next(store, &south(), 10).await.unwrap().into_iter().map(|one| one.jti).collect()
    }

    async fn set_up(store: &Store, status: StreamStatus) {
        let mut tx = store.begin().await.unwrap();
        let new = Stream { id: "1".into(), requested: None, description: None, status, reason: None, polled_at: None };
        if !stream::create(&mut tx, &south(), &new).await.unwrap() {
            stream::set_status(&mut tx, &south(), status, None).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_waits_comes_in_its_order_until_it_is_taken_and_only_while_the_stream_goes_on() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let now = store.env().now();
            set_up(&store, StreamStatus::Enabled).await;
            for (fact, after) in [("b", 0), ("a", 1), ("b", 2)] {
                waits(&store, now.plus(after), fact).await;
            }
            assert_eq!(names(&store).await, ["b.south", "a.south"]);
            assert_eq!(names(&store).await, ["b.south", "a.south"], "again, until it is taken");
            set_up(&store, StreamStatus::Paused).await;
            assert_eq!((names(&store).await, count(&store, "south").await.unwrap()), (Vec::new(), 2));
            set_up(&store, StreamStatus::Enabled).await;
            let mut tx = store.begin().await.unwrap();
            assert!(done(&mut tx, now, "south", "b.south", "taken", true).await.unwrap());
            assert!(!done(&mut tx, now, "south", "b.south", "taken", true).await.unwrap(), "said twice");
            assert!(!done(&mut tx, now, "north", "a.south", "taken", true).await.unwrap(), "another's");
            assert!(!done(&mut tx, now, "south", "a", "taken", true).await.unwrap(), "no name of a token");
            tx.commit().await.unwrap();
            assert_eq!(names(&store).await, ["a.south"]);
            assert_eq!(store::undelivered(&store).await.unwrap(), 1);
            assert_eq!(receivers(&store).await.unwrap(), ["south"]);
            let mut tx = store.begin().await.unwrap();
            forget(&mut tx, now, "south", ENDED).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!((count(&store, "south").await.unwrap(), store::undelivered(&store).await.unwrap()), (0, 1));
        })
        .await;
    }

    /// Found by reading: each of four hundred made-up names was looked for among all that waited, with the only writer held.
    #[tokio::test]
    async fn what_became_of_a_token_is_written_down_by_its_key() {
        on_each_database(&[MODULE.schema()], |store| async move {
            assert_eq!(fact_of("south", &jti_of("south", "a.south")), Some("a.south"));
            for made_up in ["", "south", "a.north", "a south", "xsouth"] {
                assert_eq!(fact_of("south", made_up), None, "{made_up}");
            }
            if store.backend() != Backend::Sqlite {
                return; // Of so few rows PostgreSQL reads all, whatever the key.
            }
            let mut tx = store.begin().await.unwrap();
            let plan = tx.fetch(&format!("EXPLAIN QUERY PLAN {DONE}"), params!["south", "a"]).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.text("detail").unwrap()).collect();
            assert!(steps.len() == 1 && steps.iter().all(|step| step.contains("(receiver=? AND fact=?)")), "{steps:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn what_waited_while_a_stream_was_paused_is_pushed_as_new_jobs() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let now = store.env().now();
            waits(&store, now, "a").await;
            waits(&store, now, "b").await;
            let mut tx = store.begin().await.unwrap();
            assert_eq!(release(&mut tx, now, "south").await.unwrap(), 2);
            tx.commit().await.unwrap();
            let jobs = store.fetch("SELECT job_key FROM store_job WHERE kind = $1 ORDER BY job_key", params![deliver::KIND]).await.unwrap();
            let keys: Vec<String> = jobs.iter().map(|row| row.text("job_key").unwrap()).collect();
            assert_eq!(keys, [format!("south:a:{}", now.0), format!("south:b:{}", now.0)]);
            assert_eq!(count(&store, "south").await.unwrap(), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn the_oldest_go_when_too_many_wait_or_nobody_would_take_them_any_more() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let now = store.env().now();
            set_up(&store, StreamStatus::Enabled).await;
            for (fact, age_us) in [("old", WAITING_AGE_US + 1), ("fresh", 1), ("new", 0)] {
                waits(&store, now.plus(-age_us), fact).await;
            }
            let (before, never) = (now.plus(-WAITING_AGE_US), Micros(i64::MIN));
            assert_eq!(surplus(&store, before, "south", 10).await.unwrap(), Some((1, now.plus(-WAITING_AGE_US - 1))));
            assert_eq!(surplus(&store, before, "south", 1).await.unwrap(), Some((2, now.plus(-1))));
            assert_eq!(surplus(&store, never, "south", 3).await.unwrap(), None, "of an age that nobody asks for");
            let mut tx = store.begin().await.unwrap();
            assert_eq!(drop_oldest(&mut tx, now.plus(1), "south", 2, now.plus(-WAITING_AGE_US)).await.unwrap(), 1, "none that came later");
            tx.commit().await.unwrap();
            assert_eq!(names(&store).await, ["fresh.south", "new.south"]);
            assert_eq!((surplus(&store, before, "south", 2).await.unwrap(), surplus(&store, before, "north", 0).await.unwrap()), (None, None));
            let seen = store::seen_of_receiver(&store, now, "south").await.unwrap();
            assert_eq!((seen.not_taken, seen.last_outcome.as_deref()), (3, Some(DROPPED)));
        })
        .await;
    }
}
