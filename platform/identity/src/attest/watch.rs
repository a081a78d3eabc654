//! Finds devices whose quote is late. What it knows is on disk, so that a restart forgets nothing and several processes may look at once.

use std::time::Duration;

use shouhu_ids::Micros;
use shouhu_module::App;
use shouhu_store::{Store, StoreError};
use shouhu_wire::RestrictionReason;

use super::{QUOTE_EVERY_US, QUOTE_LATE_US};
use super::store::{self, NewRestriction};

/// Lateness is told by at most this later than it began; what it marks begins with the last good quote in any case.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Devices restricted by one look; the next look goes on.
const AT_ONCE: i64 = 500;

/// Looks for as long as the program runs. Devices could not send while the server was down: they have the time between two quotes first.
pub async fn look_for_ever(app: App) {
    tokio::time::sleep(Duration::from_micros(QUOTE_EVERY_US.unsigned_abs())).await;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match look(&app.store, app.env.now()).await {
            Ok(0) => {}
            Ok(late) => tracing::warn!(late, "devices sent no quote in time and are restricted"),
            Err(error) => tracing::error!(%error, "late quotes were not looked for"),
        }
    }
}

/// Restricts every device that is late now; how many.
pub async fn look(db: &Store, now: Micros) -> Result<usize, StoreError> {
    let mut restricted = 0;
    for (device, good_at) in store::late(db, now.plus(-QUOTE_LATE_US), AT_ONCE).await? {
        let mut tx = db.begin().await?;
        // A quote may have come since the look.
        let is_still_late = store::bound(&mut tx, device).await?.is_some_and(|bound| bound.good_at == good_at);
        let new = NewRestriction { device, reason: RestrictionReason::QuoteLate, since: good_at, detail: "" };
        if is_still_late && store::restrict(&mut tx, now, &new).await? {
            restricted += 1;
        }
        tx.commit().await?;
    }
    Ok(restricted)
}
