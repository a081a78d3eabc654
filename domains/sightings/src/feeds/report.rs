//! What became of a file, row by row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::REFUSALS_SHOWN_MAX;
use super::records::Format;

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Line of a text file, the heading included; element of a JSON array; row of a Parquet file. From 1.
    pub line: u64,
    /// As the file names it; empty when the row as a whole is wrong.
    pub column: String,
    /// What stood there, clipped. Not kept after the answer: it may be somebody's plate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Stable error key.
    pub key: String,
    /// The same in words.
    pub reason: String,
}

/// So many rows were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedFor {
    pub key: String,
    pub rows: u64,
}

/// Given when everything that it counts as accepted is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedReport {
    /// Rows read, the heading not counted.
    pub rows: u64,
    /// Passages: as many as rows, or more where rows are trips. `passages = accepted + duplicates`.
    pub passages: u64,
    pub accepted: u64,
    /// Of the accepted, those older than the feed's hours.
    pub late: u64,
    /// Known already, or twice in the file.
    pub duplicates: u64,
    /// Rows of which nothing was taken, and stops of trips that were not taken.
    pub refused: u64,
    pub refused_for: Vec<RefusedFor>,
    /// The first hundred.
    pub refusals: Vec<Refusal>,
    /// Cells of direction, in or out, confidence or speed that were not understood; their rows were taken without them.
    pub cells_ignored: u64,
    pub format: Format,
    pub charset: Option<String>,
    /// Columns that the mapping does not use.
    pub columns_unused: Vec<String>,
    /// Why reading ended before the end of the file; what was read until then stands.
    pub cut: Option<String>,
    /// True: nothing was stored.
    pub is_dry_run: bool,
}

/// Counts refusals and keeps the first ones.
#[derive(Debug, Default)]
pub struct Refusals {
    pub total: u64,
    shown: Vec<Refusal>,
    by_key: BTreeMap<&'static str, u64>,
}

impl Refusals {
    pub fn add(&mut self, line: u64, column: &str, value: &str, key: &'static str, reason: impl FnOnce() -> String) {
        self.total += 1;
        *self.by_key.entry(key).or_default() += 1;
        if self.shown.len() < REFUSALS_SHOWN_MAX {
            let clean = |text: &str, chars| crate::check::clean(text, chars);
            self.shown.push(Refusal {
                line,
                column: clean(column, 60),
                value: clean(value, 40),
                key: key.to_owned(),
                reason: clean(&reason(), 200),
            });
        }
    }

    #[must_use]
    pub fn finish(self) -> (Vec<RefusedFor>, Vec<Refusal>) {
        let counted = self.by_key.into_iter().map(|(key, rows)| RefusedFor { key: key.to_owned(), rows }).collect();
        (counted, self.shown)
    }
}

impl FeedReport {
    /// As it is kept: without what may be somebody's plate.
    #[must_use]
    pub fn without_values(&self) -> Self {
        let mut kept = self.clone();
        for refusal in &mut kept.refusals {
            refusal.value.clear();
            // These reasons quote the cell, and a wrong mapping puts plates into every column.
            if matches!(refusal.key.as_str(), "sightings.feed.row.plate" | "sightings.feed.row.time" | "sightings.feed.row.trip") {
                refusal.reason.clear();
            }
        }
        kept
    }
}
