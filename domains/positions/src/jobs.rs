//! What time brings: tracks are destroyed when their time is over, by class.
//!
//! - *Duty* 勤務: where a unit was while nothing happened, [`DUTY_DAYS`].
//! - *Incident* 案件: from ten minutes before a unit was sent until ten minutes after it was done, [`INCIDENT_DAYS`]: the longest
//!   that 警察職權行使法 §10 allows for what no case file holds. What a case needs is exported to it within that time.

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_ids::Micros;
use shouhu_module::{App, JobKind};
use shouhu_store::{Store, StoreError, params};

pub const PURGE: JobKind = JobKind { kind: "positions.purge", run };

pub const DUTY_DAYS: i64 = 30;
pub const INCIDENT_DAYS: i64 = 365;
/// Counts of refused records by day.
const REFUSALS_DAYS: i64 = 90;
/// 03:40 in Taipei, after sightings.
const HOUR_UTC_US: i64 = 19 * Micros::HOUR + 40 * Micros::MINUTE;
/// Pieces of one transaction.
const PIECES_AT_ONCE: i64 = 2_000;

/// What one run destroyed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    pub pieces: u64,
    pub fixes: i64,
}

/// Enqueues the next turn. Every process may: the key of the turn is the day.
///
/// # Errors
/// When the database refuses.
pub async fn schedule(store: &Store) -> Result<(), StoreError> {
    PURGE.schedule_daily(store, HOUR_UTC_US).await
}

/// One transaction of pieces whose time is over; `None` when nothing is left.
async fn purge_some(store: &Store, now: Micros) -> Result<Option<Purged>, StoreError> {
    let mut tx = store.begin().await?;
    let old = "SELECT p.id, p.n FROM positions_piece p WHERE p.until_us < $1 AND (p.until_us < $2 OR NOT EXISTS \
         (SELECT 1 FROM positions_incident i WHERE i.unit = p.unit AND i.from_us <= p.until_us AND (i.until_us IS NULL OR i.until_us >= p.from_us))) \
         LIMIT $3";
    let times = params![now.plus(-DUTY_DAYS * Micros::DAY), now.plus(-INCIDENT_DAYS * Micros::DAY), PIECES_AT_ONCE];
    let rows = tx.fetch(old, times).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut purged = Purged::default();
    for row in rows {
        purged.pieces += tx.execute("DELETE FROM positions_piece WHERE id = $1", params![row.text("id")?]).await?;
        purged.fixes += row.int("n")?;
    }
    tx.commit().await?;
    Ok(Some(purged))
}

/// # Errors
/// When the database fails; what was destroyed before stays so.
pub async fn purge_now(store: &Store) -> Result<Purged, StoreError> {
    let now = store.env().now();
    let mut all = Purged::default();
    while let Some(some) = purge_some(store, now).await? {
        all.pieces += some.pieces;
        all.fixes += some.fixes;
    }
    let mut tx = store.begin().await?;
    let incidents = "DELETE FROM positions_incident WHERE until_us IS NOT NULL AND until_us < $1";
    tx.execute(incidents, params![now.plus(-(INCIDENT_DAYS + 1) * Micros::DAY)]).await?;
    tx.execute("DELETE FROM positions_refusal WHERE day < $1", params![now.day() - REFUSALS_DAYS]).await?;
    tx.commit().await?;
    Ok(all)
}

fn run(app: App, _: serde_json::Value) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        // First, so that a turn that fails does not end all later ones.
        schedule(&app.store).await?;
        let purged = purge_now(&app.store).await?;
        tracing::info!(pieces = purged.pieces, fixes = purged.fixes, "tracks destroyed whose time was over");
        Ok(())
    })
}
