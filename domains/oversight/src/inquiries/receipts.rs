//! Which leaf of the log a use has: whoever audits the house finds the question by it, and whoever was told its number can ask for that.
//!
//! The ledger is written before the leaf, which has no number yet. It is found by what both say: asker, case, purpose, and a moment.

use shouhu_audit::{Audit, AuditError, Entry};
use shouhu_ids::Micros;
use shouhu_module::UNLINKED;

use crate::movements::fold::case_key;
use crate::movements::uses::Use;

/// An answer leaves within its route's time after it was revealed; the leaf of an export's question is before it.
const AFTER_US: i64 = Micros::MINUTE;
const BEFORE_US: i64 = Micros::MINUTE;
const STEP: i64 = 500;
/// Leaves that are looked through for one use.
const LOOKED_MAX: i64 = 4_000;

/// For each use the leaf that is nearest in time; `None` where none was found near it.
///
/// # Errors
/// When the log cannot be read.
pub async fn of(audit: &Audit, uses: &[Use]) -> Result<Vec<Option<i64>>, AuditError> {
    let mut leaves = Vec::with_capacity(uses.len());
    for used in uses {
        leaves.push(of_one(audit, used).await?);
    }
    Ok(leaves)
}

async fn of_one(audit: &Audit, used: &Use) -> Result<Option<i64>, AuditError> {
    let first = first_since(audit, used.first_at.plus(-BEFORE_US)).await?;
    let mut nearest: Option<(i64, i64)> = None;
    let mut from = first;
    while from < first + LOOKED_MAX {
        let mut leaves = audit.page(Some(from + STEP), STEP).await?;
        leaves.retain(|leaf| leaf.seq >= from);
        leaves.reverse();
        let Some(last) = leaves.last() else { break };
        let is_over = last.entry.at_us.since(used.first_at) > AFTER_US;
        for leaf in &leaves {
            let away_us = leaf.entry.at_us.since(used.first_at).abs();
            let is_near = away_us <= AFTER_US.max(BEFORE_US) && nearest.is_none_or(|(_, nearer)| away_us < nearer);
            if is_near && !leaf.is_erased && is_of(&leaf.entry, used) {
                nearest = Some((leaf.seq, away_us));
            }
        }
        if is_over {
            break;
        }
        from += STEP;
    }
    Ok(nearest.map(|(seq, _)| seq))
}

fn is_of(entry: &Entry, used: &Use) -> bool {
    let case = entry.case_ref.as_deref().map(|case| case.strip_suffix(UNLINKED).unwrap_or(case));
    entry.class == "personal_read"
        && (200..300).contains(&entry.outcome)
        && entry.actor == used.asker.to_string()
        && entry.purpose.as_deref() == Some(used.purpose.as_str())
        && case_key(case, used.asker) == used.case_key
}

/// The first leaf that is not older. Leaves stand in the order of their times, to within the seconds that some took longer to answer.
async fn first_since(audit: &Audit, at: Micros) -> Result<i64, AuditError> {
    let (mut low, mut high) = (1, audit.page(None, 1).await?.first().map_or(1, |leaf| leaf.seq));
    while low < high {
        let middle = i64::midpoint(low, high);
        let is_older = audit.page(Some(middle + 1), 1).await?.first().is_some_and(|leaf| leaf.entry.at_us < at);
        if is_older { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}
