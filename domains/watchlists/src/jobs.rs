//! Work that time or a large import brings.

use serde::{Deserialize, Serialize};
use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, ImportId, Micros};
use shouhu_module::{App, JobKind};
use shouhu_store::{NewJob, Store, StoreError, Tx, params};

use crate::index::ActiveList;
use crate::{hits, store};

/// Once a minute: marks what has expired, lapses hits that nobody looked at, gives up imports that were cut off.
pub const SWEEP: JobKind = JobKind { kind: "watchlists.sweep", run: sweep };
/// Activates an approved import piece by piece, so that other writers get their turn between the pieces.
pub const ACTIVATE_IMPORT: JobKind = JobKind { kind: "watchlists.activate_import", run: activate_import };

const SWEEP_EVERY_US: i64 = Micros::MINUTE;
/// Rows changed in one transaction: some tens of milliseconds, so that a confirmation never waits long behind it.
pub const CHUNK: i64 = 500;
/// An import still loading after this was cut off.
const LOADING_FOR_US: i64 = Micros::HOUR;

/// Enqueues the next turn of the sweep. Every process may: the key of the turn is the minute.
///
/// # Errors
/// When the database refuses.
pub async fn schedule_sweep(db: &Store) -> Result<(), StoreError> {
    let turn = db.env().now().0.div_euclid(SWEEP_EVERY_US) + 1;
    let run_at = Some(Micros(turn * SWEEP_EVERY_US));
    let mut tx = db.begin().await?;
    tx.enqueue(NewJob { kind: SWEEP.kind, key: turn.to_string(), payload: serde_json::json!({}), run_at }).await?;
    tx.commit().await
}

fn sweep(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a sweep that fails does not end all later ones.
        schedule_sweep(&app.store).await?;
        sweep_now(&app.store).await?;
        Ok(app.room::<ActiveList>().refresh(&app.store).await?)
    })
}

/// # Errors
/// When the database fails; what was committed before stays done.
pub async fn sweep_now(db: &Store) -> Result<(), StoreError> {
    let now = db.env().now();
    loop {
        let mut tx = db.begin().await?;
        let expired = store::expire_some(&mut tx, now, CHUNK).await?;
        let lapsed = hits::lapse_some(&mut tx, now.plus(-hits::LAPSE_AFTER_US), CHUNK).await?;
        let unfollowed = hits::unfollowed_some(&mut tx, now.plus(-hits::FOLLOW_WITHIN_US), CHUNK).await?;
        if expired == 0 && lapsed == 0 && unfollowed == 0 {
            break;
        }
        tx.commit().await?;
        tracing::info!(expired, lapsed, unfollowed, "entries expired, hits lapsed, or confirmed and not followed");
    }
    give_up_cut_off_imports(db, now).await
}

async fn give_up_cut_off_imports(db: &Store, now: Micros) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let cut_off = "UPDATE watchlists_import SET state = 'failed' WHERE state = 'loading' AND created_at_us < $1 RETURNING id";
    for row in tx.fetch(cut_off, params![now.plus(-LOADING_FOR_US)]).await? {
        let id = row.text("id")?;
        tracing::warn!(import = id, "an import was cut off while it was loading; its rows are refused");
        tx.execute(
            "UPDATE watchlists_entry SET state = 'refused', end_reason = 'import was cut off', ended_at_us = $2 \
             WHERE import_id = $1 AND state = 'proposed'",
            params![id, now],
        )
        .await?;
    }
    tx.commit().await
}

#[derive(Debug, Serialize, Deserialize)]
struct Approval {
    import: ImportId,
    by: ActorId,
    by_name: String,
}

/// Enqueues the activation in the transaction of the approval.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue_activation(tx: &mut Tx, import: ImportId, by: ActorId, by_name: &str) -> Result<(), StoreError> {
    let payload = serde_json::json!({ "import": import, "by": by, "by_name": by_name });
    tx.enqueue(NewJob { kind: ACTIVATE_IMPORT.kind, key: import.to_string(), payload, run_at: None }).await
}

fn activate_import(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let approval: Approval = serde_json::from_value(payload)?;
        let list = app.room::<ActiveList>();
        loop {
            let mut tx = app.store.begin().await?;
            let now = app.env.now();
            let done = store::activate_some(&mut tx, &app.store, approval.import, approval.by, &approval.by_name, now, CHUNK).await?;
            if done == 0 {
                let sql = "UPDATE watchlists_import SET state = 'approved' WHERE id = $1 AND state = 'approving'";
                tx.execute(sql, params![approval.import]).await?;
            }
            tx.commit().await?;
            list.refresh(&app.store).await?;
            if done == 0 {
                return Ok(());
            }
        }
    })
}
