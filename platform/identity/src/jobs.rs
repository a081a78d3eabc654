//! What identity does by the clock.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};

use crate::attest::trust;
use crate::store;

pub const PURGE: JobKind = JobKind { kind: "identity.purge", run: purge };

/// Past restrictions mark sightings, which are kept for a year at most unless a case holds them; two years leave no mark out that law would keep.
const RESTRICTIONS_KEPT_US: i64 = 2 * 366 * Micros::DAY;

/// Forgets old sessions and links.
fn purge(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        PURGE.schedule_daily(&app.store, 0).await?;
        let now = app.env.now();
        let gone = store::purge(&app.store, now).await?;
        let restrictions = trust::purge(&app.store, now.plus(-RESTRICTIONS_KEPT_US)).await?;
        tracing::info!(gone, restrictions, "old sessions, links and restrictions forgotten");
        Ok(())
    })
}
