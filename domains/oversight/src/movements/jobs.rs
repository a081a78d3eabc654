//! What happens by itself: the ledger forgets.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::{Micros, OpeningId};
use shouhu_module::{App, JobKind};

use super::{LEDGER_DAYS, ledger, openings, uses};

pub const FORGET: JobKind = JobKind { kind: "oversight.forget_movements", run: forget };
/// 04:10 in Taipei, after the audit log.
pub const HOUR_UTC_US: i64 = 20 * Micros::HOUR + 10 * Micros::MINUTE;

fn forget(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        FORGET.schedule_daily(&app.store, HOUR_UTC_US).await?;
        let before = app.env.now().plus(-LEDGER_DAYS * Micros::DAY);
        let gone = ledger::forget(&app.store, before).await?;
        uses::forget(&app.store, before).await?;
        crate::inquiries::store::forget(&app.store, before).await?;
        crate::sharing::store::forget(&app.store).await?;
        if gone > 0 {
            tracing::info!(gone, "the ledger of movements has forgotten what was shown more than a year ago");
        }
        Ok(())
    })
}

/// The review of an opening is due.
pub const REVIEW_DUE: JobKind = JobKind { kind: "oversight.review_due", run: review_due };

#[derive(serde::Deserialize)]
struct Due {
    id: OpeningId,
}

fn review_due(app: App, payload: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        let Due { id } = serde_json::from_value(payload)?;
        if openings::escalate(&app.store, id).await? {
            tracing::warn!(opening = %id, "nobody of oversight has looked at an opening in time");
        }
        Ok(())
    })
}
