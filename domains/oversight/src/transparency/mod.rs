//! What the public may know of the log: how often people were asked about, for what, and what came of it. No person, no plate.
//!
//! The log is counted once, in order, by month of Taipei. When a month is over its numbers become a leaf of the log themselves, so that
//! whoever holds the proof of that leaf sees when a number is changed later; an auditor counts the entries again by the rules below.
//!
//! | line | counts entries |
//! |---|---|
//! | `asked` | questions about a person or vehicle that were answered, by purpose and by whether the case that was named is a live one |
//! | `refused` | requests that were turned away for want of a permission |
//! | `hit_confirmed`, `hit_rejected` | hits of the watchlist that a person confirmed by the picture, or rejected |
//! | `entry_approved`, `entry_refused` | watchlist entries that a second person put in force, or refused |
//! | `log_read` | readings of the audit log |
//!
//! **Small numbers** are not told: fewer than [`TOLD_MIN`] might point at somebody. Where only one number of a line is hidden, the next
//! smallest is hidden with it, or the sum would tell it.

mod count;
mod store;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_audit::Entry;

pub use count::{COUNT, month_of, schedule};
pub use store::{months, seq_of};

/// The least number that is told; 0 is told too.
pub const TOLD_MIN: i64 = 10;

/// Whether a question named a case that somebody works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// A case or incident that was live then.
    Live,
    /// A case was named, but none of ours was live under that name.
    Unlinked,
    /// No case was named; the purpose asks for none.
    NoCase,
    /// Not a question.
    None,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// `asked`, `refused`, `hit_confirmed`, `hit_rejected`, `entry_approved`, `entry_refused`, `log_read`.
    pub line: String,
    /// Of a question; empty otherwise.
    pub purpose: String,
    pub link: Link,
    /// `null` when it is too small to be told, or would tell another that is.
    pub count: Option<i64>,
}

/// A month that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Month {
    /// `2026-11`, by the clock of Taipei.
    pub month: String,
    pub lines: Vec<Line>,
    /// Leaves that were counted when the month was closed: entries 1 to this one.
    pub counted_to_seq: i64,
}

/// A line that counts what was done to the house by its route, whatever came in the body.
const BY_ROUTE: [(&str, &str); 5] = [
    ("hit_confirmed", "POST /v1/hits/{id}/confirm"),
    ("hit_rejected", "POST /v1/hits/{id}/reject"),
    ("entry_approved", "POST /v1/watchlists/entries/{id}/approve"),
    ("entry_refused", "POST /v1/watchlists/entries/{id}/refuse"),
    ("log_read", "GET /v1/oversight/audit"),
];

/// Objects of leaves that say why trust in a session was not enough: nobody lacked a permission (ADR 0022).
const TRUST_REFUSALS: [&str; 3] = ["identity.step_up_required", "identity.restricted", "identity.trust_blocked"];

const EXPORT_NOTES: [&str; 2] = ["export begins", "export made"];

/// Line, purpose and link of an entry; `None` of one that no line counts.
fn line_of(entry: &Entry) -> Option<(&'static str, &str, Link)> {
    let is_done = (200..300).contains(&entry.outcome);
    match entry.class.as_str() {
        // An export is one question: what its job notes when it begins and is made was asked once, at the gate.
        "personal_read" if is_done && !EXPORT_NOTES.contains(&entry.action.as_str()) => {
            // The gate marks what names no live case.
            let link = match entry.case_ref.as_deref() {
                None => Link::NoCase,
                Some(case) if case.ends_with(shouhu_module::UNLINKED) => Link::Unlinked,
                Some(_) => Link::Live,
            };
            Some(("asked", entry.purpose.as_deref().unwrap_or_default(), link))
        }
        "security" if TRUST_REFUSALS.contains(&entry.object.as_str()) => None,
        "security" if matches!(entry.outcome, 401 | 403) => Some(("refused", "", Link::None)),
        _ if is_done => BY_ROUTE.iter().find(|(_, route)| *route == entry.action).map(|(line, _)| (*line, "", Link::None)),
        _ => None,
    }
}

/// Hides what is too small, and what would tell it.
fn hide_small(lines: &mut [Line]) {
    let is_small = |count: i64| (1..TOLD_MIN).contains(&count);
    let names: std::collections::BTreeSet<String> = lines.iter().map(|line| line.line.clone()).collect();
    for name in names {
        let mut group: Vec<&mut Line> = lines.iter_mut().filter(|line| line.line == name).collect();
        group.sort_by_key(|line| line.count.unwrap_or_default());
        let hidden: i64 = group.iter().filter_map(|line| line.count).filter(|count| is_small(*count)).sum();
        let mut is_told_by_sum = hidden > 0 && hidden < TOLD_MIN;
        for line in group {
            let Some(count) = line.count.filter(|count| *count > 0) else { continue };
            if is_small(count) {
                line.count = None;
            } else if is_told_by_sum {
                line.count = None;
                is_told_by_sum = false;
            }
        }
    }
}
