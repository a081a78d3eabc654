//! What time brings: calls are destroyed when their time is over, with their numbers, words and places.
//!
//! - *Without an incident*: [`CALL_DAYS`] after they came.
//! - *With one*: [`INCIDENT_CALL_DAYS`], as long as the tracks of units on incidents; what a case needs is in its incident by then.
//!
//! The periods are this project's defaults, not a law's. What nobody dealt with goes after the longer one, too: by then it is
//! a record, not work.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{NewJob, Store, StoreError, params};

pub const PURGE_CALLS: JobKind = JobKind { kind: "dispatch.purge_calls", run };

pub const CALL_DAYS: i64 = 90;
pub const INCIDENT_CALL_DAYS: i64 = 365;
/// 03:50 in Taipei, after the tracks.
const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 50 * Micros::MINUTE;
/// Calls of one transaction.
const CALLS_AT_ONCE: i64 = 2_000;

fn turn_after(now: Micros) -> Micros {
    let today = Micros(now.day() * Micros::DAY + HOUR_UTC_US);
    if today > now { today } else { today.plus(Micros::DAY) }
}

/// Enqueues the next turn. Every process may: the key of the turn is the day.
///
/// # Errors
/// When the database refuses.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    let turn = turn_after(store.env().now());
    let mut tx = store.begin().await?;
    let job = NewJob { kind: PURGE_CALLS.kind, key: turn.day().to_string(), payload: serde_json::json!({}), run_at: Some(turn) };
    tx.enqueue(job).await?;
    tx.commit().await
}

/// Destroys what is over; how many calls.
///
/// # Errors
/// When the database fails; what was destroyed before stays so.
pub async fn purge_now(store: &Store) -> Result<u64, StoreError> {
    let now = store.env().now();
    let sql = "DELETE FROM dispatch_call WHERE id IN (SELECT id FROM dispatch_call WHERE arrived_at_us < $1 \
         OR (arrived_at_us < $2 AND state = 'settled' AND incident IS NULL) LIMIT $3)";
    let mut purged = 0;
    loop {
        let mut tx = store.begin().await?;
        let times = params![now.plus(-INCIDENT_CALL_DAYS * Micros::DAY), now.plus(-CALL_DAYS * Micros::DAY), CALLS_AT_ONCE];
        let some = tx.execute(sql, times).await?;
        tx.commit().await?;
        if some == 0 {
            return Ok(purged);
        }
        purged += some;
    }
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        schedule(&app.store).await?;
        let calls = purge_now(&app.store).await?;
        tracing::info!(calls, "calls destroyed whose time was over");
        Ok(())
    })
}
