//! What time and orders take from the audit log: each day of a class when its retention is over, and single entries that two
//! people have ordered to go. Leaves, and every proof that was given, stay.

use shouhu_audit::{ERASABLE_CLASSES, ErasureOrder, Orderer};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params};

use crate::erasures;

pub const RETENTION: JobKind = JobKind { kind: "oversight.retention", run };
pub const ERASE_ENTRIES: JobKind = JobKind { kind: "oversight.erase_entries", run: erase_entries };

/// Every class alike: who is harmed by a look at his data may claim damages for five years after it (個人資料保護法 §30), and until
/// then the entry is his evidence, and the officer's. Two more months, because a claim of the last day must still find it.
pub const RETENTION_DAYS: i64 = 5 * 366 + 60;
pub const LEGAL_BASIS: &str = "個人資料保護法 §11 III: the purpose is over with the five years of §30";
/// 03:50 in Taipei, after the other rooms.
const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 50 * Micros::MINUTE;
const ACTOR: &str = "shouhu (retention)";

/// Enqueues the next turn. Every process may: the key of the turn is the day.
///
/// # Errors
/// When the database refuses.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    RETENTION.schedule_daily(store, HOUR_UTC_US).await
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        schedule(&app.store).await?;
        erase_what_is_over(&app).await?;
        Ok(())
    })
}

/// Erases every day whose retention is over, and finishes what a crash left. Returns how many entries went.
///
/// # Errors
/// The first day that cannot be erased; all others are, because one damaged day must not keep every later one for ever.
pub async fn erase_what_is_over(app: &App) -> Result<i64, ReactionError> {
    let until_day = app.env.now().plus(-RETENTION_DAYS * Micros::DAY).day();
    let mut erased = 0;
    let mut first_error = None;
    for class in ERASABLE_CLASSES {
        for day in app.audit.days_until(class, until_day).await? {
            match app.audit.erase(class, day, ACTOR, LEGAL_BASIS).await {
                Ok(erasure) => erased += erasure.leaves,
                Err(error) => {
                    tracing::warn!(class, day, %error, "a day of the audit log whose retention is over cannot be erased");
                    first_error = first_error.or(Some(error));
                }
            }
        }
    }
    let finished = app.audit.finish_erasures().await?;
    if erased > 0 || finished > 0 {
        tracing::info!(erased, finished, until_day, "erased entries of the audit log whose retention is over");
    }
    match first_error {
        Some(error) => Err(error.into()),
        None => Ok(erased),
    }
}

/// Does what two people have ordered. Repeated after a crash it destroys nothing more.
fn erase_entries(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let id = payload.get("id").and_then(serde_json::Value::as_str).ok_or("the job names no order")?;
        let Some(kept) = erasures::one(&app.store, id).await? else { return Ok(()) };
        if kept.state != erasures::State::Approved {
            return Ok(());
        }
        let decided_by = erasures::decided_by(&app.store, id).await?.ok_or("the order names nobody who approved it")?;
        let order = ErasureOrder {
            legal_basis: kept.legal_basis,
            reason: kept.reason,
            asked_by: Orderer { id: kept.asked_by, name: kept.asked_by_name },
            approved_by: Orderer { id: decided_by, name: kept.decided_by_name.unwrap_or_default() },
        };
        app.audit.erase_entries(&kept.entries.seqs, &order).await?;
        let mut tx = app.store.begin().await?;
        let sql = "UPDATE oversight_erasure SET state = 'done', done_at_us = $2 WHERE id = $1 AND state = 'approved'";
        tx.execute(sql, params![id, app.env.now()]).await?;
        Ok(tx.commit().await?)
    })
}
