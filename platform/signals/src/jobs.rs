//! What signals do by the clock.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::{App, JobKind};

use crate::{store, waiting};

pub const PURGE: JobKind = JobKind { kind: "signals.purge", run: purge };

/// Forgets what was heard and told long ago, and drops what a receiver has not come for, also of one that does not stand in the file any more.
fn purge(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        PURGE.schedule_daily(&app.store, 0).await?;
        let gone = store::purge(&app.store, app.env.now()).await?;
        for receiver in waiting::receivers(&app.store).await? {
            waiting::trim_old(&app, &receiver).await.map_err(|problem| problem.detail)?;
        }
        tracing::info!(gone, "old signals forgotten");
        Ok(())
    })
}
