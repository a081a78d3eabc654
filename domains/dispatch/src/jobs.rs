//! What time brings: calls, safety checks and shifts are destroyed when their time is over.
//!
//! - *Calls without an incident*: [`CALL_DAYS`] after they came, with their numbers, words and places.
//! - *Calls with one*: [`INCIDENT_CALL_DAYS`], as long as the tracks of units on incidents; what a case needs is in its incident by then.
//! - *Checks* and *shifts*: [`CREW_DAYS`]. They say where officers were, and when one was silent there.
//!
//! The periods of calls are this project's defaults, not a law's. What nobody dealt with goes after the longer one, too: by then it is
//! a record, not work.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, Value, params};

pub const PURGE: JobKind = JobKind { kind: "dispatch.purge", run };

pub const CALL_DAYS: i64 = 90;
pub const INCIDENT_CALL_DAYS: i64 = 365;
/// The longest that 警察職權行使法 §10 allows for what no case file holds.
pub const CREW_DAYS: i64 = 365;
/// 03:50 in Taipei, after the tracks.
const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 50 * Micros::MINUTE;
/// Rows of one transaction.
const ROWS_AT_ONCE: i64 = 2_000;

/// What one run destroyed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    pub calls: u64,
    pub checks: u64,
    pub shifts: u64,
}

/// Enqueues the next turn. Every process may: the key of the turn is the day.
///
/// # Errors
/// When the database refuses.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    PURGE.schedule_daily(store, HOUR_UTC_US).await
}

/// Destroys the rows of a table that match, some at a time, by its key; how many. The last value is how many at once.
async fn purge(store: &Store, (table, key): (&str, &str), which: &str, mut times: Vec<Value>) -> Result<u64, StoreError> {
    times.push(ROWS_AT_ONCE.into());
    let sql = format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {which} LIMIT ${})", times.len());
    let mut purged = 0;
    loop {
        let mut tx = store.begin().await?;
        let some = tx.execute(&sql, times.clone()).await?;
        tx.commit().await?;
        if some == 0 {
            return Ok(purged);
        }
        purged += some;
    }
}

/// # Errors
/// When the database fails; what was destroyed before stays so.
pub async fn purge_now(store: &Store) -> Result<Purged, StoreError> {
    let before = |days: i64| store.env().now().plus(-days * Micros::DAY);
    let calls = "arrived_at_us < $1 OR (arrived_at_us < $2 AND state = 'settled' AND incident IS NULL)";
    // The last place at which a unit was watched: of one that was retired it would stay for ever.
    purge(store, ("dispatch_still", "unit"), "since_us < $1", params![before(CREW_DAYS)]).await?;
    Ok(Purged {
        calls: purge(store, ("dispatch_call", "id"), calls, params![before(INCIDENT_CALL_DAYS), before(CALL_DAYS)]).await?,
        checks: purge(store, ("dispatch_check", "id"), "asked_at_us < $1", params![before(CREW_DAYS)]).await?,
        shifts: purge(store, ("dispatch_shift", "id"), "until_us < $1", params![before(CREW_DAYS)]).await?,
    })
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        schedule(&app.store).await?;
        let Purged { calls, checks, shifts } = purge_now(&app.store).await?;
        tracing::info!(calls, checks, shifts, "calls, checks and shifts destroyed whose time was over");
        Ok(())
    })
}
