//! What this room does by the clock.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_module::{App, JobKind};

use crate::store;

pub const PURGE: JobKind = JobKind { kind: "sso.purge", run: purge };

/// Forgets codes, tokens and sign-ins that were over long ago.
fn purge(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        PURGE.schedule_daily(&app.store, 0).await?;
        let gone = store::purge(&app.store, app.env.now()).await?;
        tracing::info!(gone, "old sign-ins to tools forgotten");
        Ok(())
    })
}
