//! What each witness of our own log signed last, and how the last call to it went.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_store::{Row, Store, StoreError, params, tag_of};
use shouhu_tlog::VerifierKey;

/// Wait after the first call that failed; it doubles with each further one.
const BACKOFF_FIRST_US: i64 = 5 * Micros::SECOND;
const BACKOFF_MAX_US: i64 = 10 * Micros::MINUTE;
/// Characters that are kept of what a witness said.
const SAID_CHARS_MAX: usize = 300;

/// How a call to a witness went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Signed,
    /// No answer, or none that a witness may give.
    Unreachable,
    /// It does not know this log, or does not want it.
    Refused,
    /// It has signed more leaves than this log has: this log was set back.
    Ahead,
    /// It has signed another root of this size: this log was changed.
    Fork,
    /// What it signed is not the beginning of this log: this log was changed.
    NotGrown,
}

impl Outcome {
    /// Does the witness say that this log has another past than the one it signed?
    #[must_use]
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Ahead | Self::Fork | Self::NotGrown)
    }
}

/// What is known of one witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Leaves that it signed last, by what it sent or said; 0 before the first time.
    pub size: u64,
    /// Hex root of that size; empty when only the size is known.
    pub root: String,
    pub signed_at: Option<Micros>,
    pub asked_at: Micros,
    pub outcome: Outcome,
    /// In English; empty after a signature.
    pub said: String,
    pub failing_since: Option<Micros>,
    pub failures: i64,
}

impl Asked {
    /// When it is asked again.
    #[must_use]
    pub fn next_at(&self) -> Micros {
        if self.failures == 0 {
            return self.asked_at;
        }
        let doublings = u32::try_from(self.failures.clamp(1, 20) - 1).unwrap_or(0);
        self.asked_at.plus(BACKOFF_FIRST_US.saturating_mul(1_i64 << doublings).min(BACKOFF_MAX_US))
    }

    /// After a call at `now`; `before` is what was known until then.
    #[must_use]
    pub fn signed(size: u64, root: String, signed_at: Micros, now: Micros) -> Self {
        Self { size, root, signed_at: Some(signed_at), asked_at: now, outcome: Outcome::Signed, said: String::new(), failing_since: None, failures: 0 }
    }

    /// After a call at `now` that brought no signature.
    #[must_use]
    pub fn failed(before: Option<Self>, size: u64, outcome: Outcome, said: &str, now: Micros) -> Self {
        let root = before.as_ref().filter(|before| before.size == size).map(|before| before.root.clone());
        Self {
            size,
            root: root.unwrap_or_default(),
            signed_at: before.as_ref().and_then(|before| before.signed_at),
            asked_at: now,
            outcome,
            said: said.chars().take(SAID_CHARS_MAX).collect(),
            failing_since: before.as_ref().and_then(|before| before.failing_since).or(Some(now)),
            failures: before.map_or(0, |before| before.failures).saturating_add(1),
        }
    }
}

fn of_row(row: &Row) -> Result<Asked, StoreError> {
    Ok(Asked {
        size: u64::try_from(row.int("size")?).unwrap_or_default(),
        root: row.text("root")?,
        signed_at: row.opt_micros("signed_at_us")?,
        asked_at: row.micros("asked_at_us")?,
        outcome: row.tag("outcome")?,
        said: row.text("said")?,
        failing_since: row.opt_micros("failing_since_us")?,
        failures: row.int("failures")?,
    })
}

/// # Errors
/// When the database fails.
pub async fn read(store: &Store, witness: &VerifierKey) -> Result<Option<Asked>, StoreError> {
    let sql = "SELECT size, root, signed_at_us, asked_at_us, outcome, said, failing_since_us, failures FROM oversight_asked WHERE witness = $1";
    store.fetch_opt(sql, params![witness.to_string()]).await?.as_ref().map(of_row).transpose()
}

/// # Errors
/// When the database fails.
pub async fn keep(store: &Store, witness: &VerifierKey, asked: &Asked) -> Result<(), StoreError> {
    let sql = "INSERT INTO oversight_asked (witness, size, root, signed_at_us, asked_at_us, outcome, said, failing_since_us, failures) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (witness) DO UPDATE SET size = excluded.size, root = excluded.root, \
               signed_at_us = excluded.signed_at_us, asked_at_us = excluded.asked_at_us, outcome = excluded.outcome, said = excluded.said, \
               failing_since_us = excluded.failing_since_us, failures = excluded.failures";
    let size = i64::try_from(asked.size).unwrap_or(i64::MAX);
    let values = params![
        witness.to_string(),
        size,
        &asked.root,
        asked.signed_at,
        asked.asked_at,
        tag_of(&asked.outcome),
        &asked.said,
        asked.failing_since,
        asked.failures
    ];
    let mut tx = store.begin().await?;
    tx.execute(sql, values).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_that_does_not_answer_is_asked_less_and_less_often_and_keeps_its_beginning() {
        let at = |seconds: i64| Micros(seconds * Micros::SECOND);
        let mut asked = Asked::signed(7, "ab".into(), at(0), at(0));
        assert_eq!(asked.next_at(), at(0));
        let mut waits = Vec::new();
        for call in 1..=9 {
            asked = Asked::failed(Some(asked), 7, Outcome::Unreachable, "no connection", at(call));
            waits.push(asked.next_at().since(asked.asked_at) / Micros::SECOND);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!((asked.failing_since, asked.root.as_str(), asked.signed_at), (Some(at(1)), "ab", Some(at(0))));
    }
}
