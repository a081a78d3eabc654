//! Who was asked to touch the passkey for a tool's request, and when: a touch after that moment answers it, however old the tool will have it.
//!
//! Rows, one for each session, so that whichever server of a house is asked next knows of it.

use shouhu_ids::{Micros, SessionId};
use shouhu_store::{Store, StoreError, Tx, params};

/// How long a person may take, and how long the touch answers the request.
pub const DEMAND_LIFE_US: i64 = 5 * Micros::MINUTE;

/// The same request again, as after a page was loaded anew, keeps its first moment.
pub async fn put(store: &Store, now: Micros, session: SessionId, request: &[u8; 32]) -> Result<(), StoreError> {
    // A clock that was set back makes nothing last for ever.
    let sql = "INSERT INTO sso_demand (session, request_hash, asked_at_us) VALUES ($1, $2, $3) \
               ON CONFLICT (session) DO UPDATE SET request_hash = excluded.request_hash, asked_at_us = excluded.asked_at_us \
               WHERE sso_demand.request_hash <> excluded.request_hash OR sso_demand.asked_at_us <= $4 OR sso_demand.asked_at_us >= $5";
    let mut tx = store.begin().await?;
    tx.execute(sql, params![session, hex::encode(request), now, now.plus(-DEMAND_LIFE_US), now.plus(DEMAND_LIFE_US)]).await?;
    tx.commit().await
}

/// Whether the passkey was touched since it was asked for.
pub async fn is_met(store: &Store, now: Micros, session: SessionId, request: &[u8; 32], verified_at: Micros) -> Result<bool, StoreError> {
    let sql = "SELECT asked_at_us FROM sso_demand WHERE session = $1 AND request_hash = $2";
    let Some(row) = store.fetch_opt(sql, params![session, hex::encode(request)]).await? else { return Ok(false) };
    let asked_at = row.micros("asked_at_us")?;
    Ok(now.since(asked_at).saturating_abs() < DEMAND_LIFE_US && verified_at >= asked_at)
}

/// The request was answered: another one of the same words asks anew.
pub async fn forget(tx: &mut Tx, session: SessionId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sso_demand WHERE session = $1", params![session]).await?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use shouhu_store::testing::on_each_database;

    use super::*;
    use crate::MODULE;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    #[tokio::test]
    async fn a_touch_answers_the_request_for_which_it_was_asked_for_in_time_and_no_other() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let session = SessionId::new(NOW, [1; 16]);
            let (one, other) = ([1; 32], [2; 32]);
            let later = NOW.plus(Micros::MINUTE);
            let is_met = async |now, request: &[u8; 32], verified_at| is_met(&store, now, session, request, verified_at).await.unwrap();
            assert!(!is_met(NOW, &one, NOW).await, "nothing was asked for");
            put(&store, NOW, session, &one).await.unwrap();
            assert!(!is_met(later, &one, NOW.plus(-1)).await, "touched before it was asked for");
            put(&store, later, session, &one).await.unwrap();
            assert!(is_met(later, &one, NOW).await, "asked again, it keeps its moment");
            assert!(!is_met(later, &other, NOW).await);
            assert!(!is_met(NOW.plus(DEMAND_LIFE_US), &one, NOW).await);
            put(&store, later, session, &other).await.unwrap();
            assert!(!is_met(later, &one, later).await, "of one session the last request counts");
            assert!(is_met(later, &other, later).await);
            let another = SessionId::new(NOW, [2; 16]);
            put(&store, later, another, &one).await.unwrap();
            assert!(is_met(later, &other, later).await, "each session has its own");
            let mut tx = store.begin().await.unwrap();
            forget(&mut tx, session).await.unwrap();
            tx.commit().await.unwrap();
            assert!(!is_met(later, &other, later).await);
            assert_eq!(crate::store::purge(&store, later.plus(DEMAND_LIFE_US)).await.unwrap(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_asked_for_too_long_ago_or_by_a_clock_that_ran_ahead_is_asked_for_anew() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let (session, request) = (SessionId::new(NOW, [1; 16]), [1; 32]);
            for asked_at in [NOW, NOW.plus(DEMAND_LIFE_US), NOW.plus(-Micros::HOUR)] {
                put(&store, asked_at, session, &request).await.unwrap();
                assert!(is_met(&store, asked_at, session, &request, asked_at).await.unwrap());
                assert!(!is_met(&store, asked_at, session, &request, asked_at.plus(-1)).await.unwrap(), "it has the new moment");
            }
        })
        .await;
    }
}
