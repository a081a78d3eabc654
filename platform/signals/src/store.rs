//! Rows of this room.

use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, Tx, params};

/// Longer than a token is taken, so that none comes twice; and long enough for whoever asks what happened.
const KEPT_US: i64 = 30 * Micros::DAY;

/// What follows from a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A session ended, is held, or must verify.
    Heeded,
    NoSession,
    UnknownSubject,
    /// Good news, a trial, or something that is not understood.
    NoAct,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heeded => "heeded",
            Self::NoSession => "no_session",
            Self::UnknownSubject => "unknown_subject",
            Self::NoAct => "no_act",
        }
    }
}

pub async fn is_heard(store: &Store, transmitter: &str, jti: &str) -> Result<bool, StoreError> {
    let sql = "SELECT jti FROM signals_heard WHERE transmitter = $1 AND jti = $2";
    Ok(store.fetch_opt(sql, params![transmitter, jti]).await?.is_some())
}

/// False when another request was first.
pub async fn hear(tx: &mut Tx, now: Micros, transmitter: &str, jti: &str, event: &str, outcome: Outcome) -> Result<bool, StoreError> {
    let sql = "INSERT INTO signals_heard (transmitter, jti, event, outcome, heard_at_us) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![transmitter, jti, event, outcome.as_str(), now]).await? == 1)
}

/// False when it was decided before.
pub async fn decide(tx: &mut Tx, now: Micros, receiver: &str, fact: &str, event: &str) -> Result<bool, StoreError> {
    let sql = "INSERT INTO signals_told (receiver, fact, event, told_at_us, is_taken) VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![receiver, fact, event, now]).await? == 1)
}

pub async fn tried(store: &Store, receiver: &str, fact: &str, outcome: &str, is_taken: bool) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tried_in(&mut tx, store.env().now(), receiver, fact, outcome, is_taken).await?;
    tx.commit().await
}

pub async fn tried_in(tx: &mut Tx, now: Micros, receiver: &str, fact: &str, outcome: &str, is_taken: bool) -> Result<(), StoreError> {
    let sql = "UPDATE signals_told SET outcome = $3, tried_at_us = $4, is_taken = $5 WHERE receiver = $1 AND fact = $2";
    tx.execute(sql, params![receiver, fact, outcome, now, is_taken]).await?;
    Ok(())
}

pub async fn undelivered(store: &Store) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM signals_told WHERE is_taken = 0";
    store.fetch_one(sql, vec![]).await?.int("n")
}

/// What a stream has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub in_day: i64,
    pub last_event: Option<String>,
    pub last_outcome: Option<String>,
    pub last_at: Option<Micros>,
    pub not_taken: i64,
    pub oldest_not_taken_at: Option<Micros>,
}

fn last_of(row: Option<&Row>) -> Result<Seen, StoreError> {
    let Some(row) = row else { return Ok(Seen::default()) };
    Ok(Seen {
        last_event: Some(row.text("event")?),
        last_outcome: row.opt_text("outcome")?,
        last_at: Some(row.micros("at_us")?),
        ..Seen::default()
    })
}

pub async fn seen_of_transmitter(store: &Store, now: Micros, name: &str) -> Result<Seen, StoreError> {
    let sql = "SELECT event, outcome, heard_at_us AS at_us FROM signals_heard WHERE transmitter = $1 ORDER BY heard_at_us DESC, jti LIMIT 1";
    let last = store.fetch_opt(sql, params![name]).await?;
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM signals_heard WHERE transmitter = $1 AND heard_at_us > $2";
    let in_day = store.fetch_one(sql, params![name, now.plus(-Micros::DAY)]).await?.int("n")?;
    Ok(Seen { in_day, ..last_of(last.as_ref())? })
}

pub async fn seen_of_receiver(store: &Store, now: Micros, name: &str) -> Result<Seen, StoreError> {
    let sql = "SELECT event, outcome, COALESCE(tried_at_us, told_at_us) AS at_us FROM signals_told WHERE receiver = $1 \
               ORDER BY COALESCE(tried_at_us, told_at_us) DESC, fact LIMIT 1";
    let last = store.fetch_opt(sql, params![name]).await?;
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM signals_told WHERE receiver = $1 AND told_at_us > $2";
    let in_day = store.fetch_one(sql, params![name, now.plus(-Micros::DAY)]).await?.int("n")?;
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n, MIN(told_at_us) AS oldest FROM signals_told WHERE receiver = $1 AND is_taken = 0";
    let waiting = store.fetch_one(sql, params![name]).await?;
    Ok(Seen { in_day, not_taken: waiting.int("n")?, oldest_not_taken_at: waiting.opt_micros("oldest")?, ..last_of(last.as_ref())? })
}

pub async fn purge(store: &Store, now: Micros) -> Result<u64, StoreError> {
    let before = now.plus(-KEPT_US);
    let mut tx = store.begin().await?;
    let heard = tx.execute("DELETE FROM signals_heard WHERE heard_at_us < $1", params![before]).await?;
    let told = tx.execute("DELETE FROM signals_told WHERE told_at_us < $1", params![before]).await?;
    tx.commit().await?;
    Ok(heard + told)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_secevent::{AGE_MAX_S, AHEAD_MAX_S};
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    #[tokio::test]
    async fn what_was_heard_is_heard_once_and_forgotten_when_nobody_would_take_it_any_more() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let now = store.env().now();
            for (transmitter, jti, is_first) in [("a", "1", true), ("a", "1", false), ("b", "1", true)] {
                let mut tx = store.begin().await.unwrap();
                assert_eq!(hear(&mut tx, now, transmitter, jti, "session_revoked", Outcome::Heeded).await.unwrap(), is_first);
                tx.commit().await.unwrap();
            }
            assert!(is_heard(&store, "a", "1").await.unwrap() && !is_heard(&store, "a", "2").await.unwrap());
            let seen = seen_of_transmitter(&store, now, "a").await.unwrap();
            assert_eq!((seen.in_day, seen.last_outcome.as_deref(), seen.last_at), (1, Some("heeded"), Some(now)));
            assert!(KEPT_US > (AGE_MAX_S + AHEAD_MAX_S) * Micros::SECOND);
            assert_eq!(purge(&store, now.plus(KEPT_US)).await.unwrap(), 0);
            assert_eq!(purge(&store, now.plus(KEPT_US + 1)).await.unwrap(), 2);
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_told_is_counted_until_it_is_taken() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let now = store.env().now();
            for (fact, is_first) in [("1", true), ("1", false), ("2", true)] {
                let mut tx = store.begin().await.unwrap();
                assert_eq!(decide(&mut tx, now, "a", fact, "session_revoked").await.unwrap(), is_first);
                tx.commit().await.unwrap();
            }
            assert_eq!((undelivered(&store).await.unwrap(), seen_of_receiver(&store, now, "b").await.unwrap()), (2, Seen::default()));
            tried(&store, "a", "1", "taken", true).await.unwrap();
            tried(&store, "a", "2", "answered 500", false).await.unwrap();
            let seen = seen_of_receiver(&store, now, "a").await.unwrap();
            assert_eq!((seen.in_day, seen.not_taken, seen.oldest_not_taken_at), (2, 1, Some(now)));
            assert_eq!(undelivered(&store).await.unwrap(), 1);
        })
        .await;
    }
}
