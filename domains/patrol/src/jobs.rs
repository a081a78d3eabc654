//! What time brings: signatures, refusals, plans of tours and nonces are destroyed when their time is over.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::LOOK_BACK_US;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params};

use crate::streets::count::{hour_of, taipei_day};
use crate::streets::{KEPT_DAYS, store as streets};
use crate::tours::retask::FRESH_US;
use crate::tours::store as tours;

/// Once a day.
pub const PURGE: JobKind = JobKind { kind: "patrol.purge", run: purge };

/// Where officers were is kept for a year, the longest that 警察職權行使法 §10 allows for what no case needs.
const KEPT_US: i64 = 365 * Micros::DAY;
/// A signature may arrive a day after its nonce ended.
const NONCES_KEPT_US: i64 = Micros::DAY;

/// Signatures from this moment on are there; older ones are destroyed.
#[must_use]
pub const fn kept_since(now: Micros) -> Micros {
    now.plus(-KEPT_US)
}

/// Enqueues the next turn. Every process may: the key of the turn is the day.
///
/// # Errors
/// When the database refuses.
pub async fn schedule(db: &Store) -> Result<(), StoreError> {
    PURGE.schedule_daily(db, 0).await
}

/// # Errors
/// When the database fails; nothing is gone then.
pub async fn purge_now(db: &Store) -> Result<u64, StoreError> {
    let now = db.env().now();
    let old = kept_since(now);
    let mut tx = db.begin().await?;
    let gone = tx.execute("DELETE FROM patrol_check_in WHERE measured_at_us < $1", params![old]).await?;
    tx.execute("DELETE FROM patrol_refusal WHERE at_us < $1", params![old]).await?;
    for part in ["patrol_mark", "patrol_tour"] {
        let sql = format!("DELETE FROM {part} WHERE plan IN (SELECT id FROM patrol_plan WHERE to_us < $1)");
        tx.execute(&sql, params![old]).await?;
    }
    tx.execute("DELETE FROM patrol_plan WHERE to_us < $1", params![old]).await?;
    tx.execute("DELETE FROM patrol_nonce WHERE expires_at_us < $1", params![now.plus(-NONCES_KEPT_US)]).await?;
    tx.commit().await?;
    let oldest = hour_of(now) - KEPT_DAYS * 24;
    streets::forget(db, oldest, taipei_day(old)).await?;
    Ok(gone)
}

/// Once a day: proposals that nobody decided in time are told as facts, which oversight counts.
pub const NOT_ANSWERED: JobKind = JobKind { kind: "patrol.not_answered", run: not_answered };
/// 00:45 in Taipei.
pub const ANSWERED_HOUR_UTC_US: i64 = 16 * Micros::HOUR + 45 * Micros::MINUTE;

fn not_answered(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        NOT_ANSWERED.schedule_daily(&app.store, ANSWERED_HOUR_UTC_US).await?;
        let now = app.env.now();
        let plans = tours::tell_undecided(&app.store, now.plus(-LOOK_BACK_US), now, FRESH_US).await?;
        tracing::info!(plans, "proposed tours that nobody decided in time");
        Ok(())
    })
}

fn purge(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        schedule(&app.store).await?;
        let gone = purge_now(&app.store).await?;
        tracing::info!(gone, "signatures at patrol boxes destroyed after a year");
        Ok(())
    })
}
