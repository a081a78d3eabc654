//! How it went with the transmitters that are polled: rows.

use shouhu_ids::Micros;
use shouhu_store::{Store, StoreError, Tx, params};

/// What stands there while it goes well.
pub const ANSWERED: &str = "answered";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polls {
    pub polled_at: Option<Micros>,
    pub outcome: Option<String>,
    /// When a trial was asked for, and when one came back.
    pub asked_at: Option<Micros>,
    pub verified_at: Option<Micros>,
}

pub async fn of(store: &Store, transmitter: &str) -> Result<Polls, StoreError> {
    let sql = "SELECT polled_at_us, outcome, asked_at_us, verified_at_us FROM signals_polled WHERE transmitter = $1";
    let Some(row) = store.fetch_opt(sql, params![transmitter]).await? else { return Ok(Polls::default()) };
    Ok(Polls {
        polled_at: row.opt_micros("polled_at_us")?,
        outcome: row.opt_text("outcome")?,
        asked_at: row.opt_micros("asked_at_us")?,
        verified_at: row.opt_micros("verified_at_us")?,
    })
}

/// How the last time went. Whose stream was lost sets it up again the next time.
pub async fn tried(store: &Store, now: Micros, transmitter: &str, outcome: &str, is_lost: bool) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO signals_polled (transmitter, polled_at_us, outcome) VALUES ($1, $2, $3) \
               ON CONFLICT (transmitter) DO UPDATE SET polled_at_us = $2, outcome = $3";
    tx.execute(sql, params![transmitter, now, outcome]).await?;
    if is_lost {
        tx.execute("UPDATE signals_polled SET asked_at_us = NULL WHERE transmitter = $1", params![transmitter]).await?;
    }
    tx.commit().await
}

/// The stream was found, and this state is waited for.
pub async fn asked(store: &Store, now: Micros, transmitter: &str, state: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO signals_polled (transmitter, asked_state, asked_at_us) VALUES ($1, $2, $3) \
               ON CONFLICT (transmitter) DO UPDATE SET asked_state = $2, asked_at_us = $3";
    tx.execute(sql, params![transmitter, state, now]).await?;
    tx.commit().await
}

/// A trial came back; one that was not asked for shows nothing.
pub async fn verified(tx: &mut Tx, now: Micros, transmitter: &str, state: &str) -> Result<(), StoreError> {
    let sql = "UPDATE signals_polled SET verified_at_us = $3 WHERE transmitter = $1 AND asked_state = $2";
    tx.execute(sql, params![transmitter, state, now]).await?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    #[tokio::test]
    async fn a_trial_counts_when_its_state_comes_back_and_a_lost_stream_is_set_up_anew() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let now = store.env().now();
            assert_eq!(of(&store, "north").await.unwrap(), Polls::default());
            asked(&store, now, "north", "a").await.unwrap();
            for (state, is_it) in [("b", false), ("a", true)] {
                let mut tx = store.begin().await.unwrap();
                verified(&mut tx, now.plus(1), "north", state).await.unwrap();
                tx.commit().await.unwrap();
                assert_eq!(of(&store, "north").await.unwrap().verified_at.is_some(), is_it, "{state}");
            }
            tried(&store, now.plus(2), "north", ANSWERED, false).await.unwrap();
            let good = of(&store, "north").await.unwrap();
            assert_eq!((good.polled_at, good.outcome.as_deref(), good.asked_at), (Some(now.plus(2)), Some(ANSWERED), Some(now)));
            tried(&store, now.plus(3), "north", "answered 404", true).await.unwrap();
            let lost = of(&store, "north").await.unwrap();
            assert_eq!((lost.asked_at, lost.outcome.as_deref(), lost.verified_at), (None, Some("answered 404"), Some(now.plus(1))));
        })
        .await;
    }
}
