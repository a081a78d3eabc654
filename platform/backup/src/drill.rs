//! Is what lies at the place a house? Restored beside, opened, asked, timed, thrown away.

use shouhu_audit::Audit;
use shouhu_tlog::{Checkpoint, verify_consistency};

use crate::house::remove_folder;
use crate::restore::{Order, Restored, restore};
use crate::BackupError;

/// What a drill found.
#[derive(Debug, Clone)]
pub struct Drilled {
    pub restored: Restored,
    /// Microseconds from the moment of the backup to now: what would be lost if the house burnt down now.
    pub rpo_us: i64,
    /// Microseconds from the newest passage in the backup to now; `None` without passages.
    pub newest_passage_age_us: Option<i64>,
    /// Microseconds from the beginning until the restored house was open and checked.
    pub rto_us: i64,
    /// Leaves that the living log has beyond the backup's; `None`: there was no living log to ask.
    pub leaves_since: Option<u64>,
}

/// Restores into `order.data`, which is removed afterwards, and asks a living log whether it grew out of the backup's.
///
/// # Errors
/// What a restore would have failed of; or `Differs` when the living log has another past than the backup.
pub async fn drill(order: &Order, living: Option<&Audit>) -> Result<Drilled, BackupError> {
    let began = order.env.now();
    let restored = restore(order).await;
    let ended = order.env.now();
    remove_folder(&order.data)?;
    if let Some(folder) = &order.keys_folder {
        remove_folder(folder)?;
    }
    let restored = restored?;
    let leaves_since = match living {
        Some(audit) => grown(audit, restored.manifest.checkpoint.as_deref()).await?,
        None => None,
    };
    let newest_us = restored.manifest.canaries.newest_passage_ms.map(|ms| ms.saturating_mul(1_000));
    Ok(Drilled {
        rpo_us: ended.since(restored.manifest.taken_at_us),
        newest_passage_age_us: newest_us.map(|at| ended.0.saturating_sub(at)),
        rto_us: ended.since(began),
        leaves_since,
        restored,
    })
}

/// By a consistency proof (RFC 6962 §2.1.2): the same root now and then would prove nothing of what lies between.
async fn grown(audit: &Audit, ours: Option<&str>) -> Result<Option<u64>, BackupError> {
    let (Some(ours), Some(now)) = (ours, audit.checkpoint().await?) else { return Ok(None) };
    let key = audit.log_key().await?;
    let differs = |detail: String| BackupError::Differs(format!("the living audit log: {detail}"));
    let then = Checkpoint::opened(&ours.parse()?, &key).map_err(|e| differs(format!("the backup's checkpoint is not of this log: {e}")))?;
    let now = Checkpoint::opened(&now, &key).map_err(|e| differs(e.to_string()))?;
    if then.size > now.size {
        return Err(differs(format!("it has {} leaves, the backup {}: it was set back", now.size, then.size)));
    }
    let proof = audit.growth(then.size, now.size).await?;
    verify_consistency(then.size, &then.root, now.size, &now.root, &proof).map_err(|e| differs(format!("it did not grow out of the backup's: {e}")))?;
    Ok(Some(now.size - then.size))
}
