//! What identity does by the clock.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{NewJob, Tx};

use crate::store;

pub const PURGE: JobKind = JobKind { kind: "identity.purge", run: purge };

/// Forgets old sessions and links, and sees to it that the next day does the same.
fn purge(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let gone = store::purge(&app.store, app.env.now()).await?;
        tracing::info!(gone, "old sessions and links forgotten");
        let mut tx = app.store.begin().await?;
        enqueue_purge(&app, &mut tx, 1).await?;
        tx.commit().await?;
        Ok(())
    })
}

/// Enqueues the purge of today plus `days`; once per day, however often it is asked for.
pub async fn enqueue_purge(app: &App, tx: &mut Tx, days: i64) -> Result<(), shouhu_store::StoreError> {
    let day = app.env.now().day() + days;
    let run_at = Some(Micros(day.saturating_mul(Micros::DAY)));
    tx.enqueue(NewJob { kind: PURGE.kind, key: day.to_string(), payload: serde_json::json!({"day": day}), run_at }).await
}
