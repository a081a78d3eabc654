//! Which column of a feed's files is what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::Micros;
use shouhu_text::Charset;

use super::moment::TimeForm;
use super::records::{Format, Reading};
use super::{COLUMNS_MAX, FeedError};

/// Hours after which a passage counts as late when the mapping does not say.
const LATE_H_DEFAULT: u32 = 24;
const WORDS_MAX: usize = 20;

/// Columns are named as in the heading (without regard to case, width and blanks) or by number, `#1` being the first.
/// `time` and `site`, or `trip`, are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedMapping {
    pub plate: String,
    /// Date and time of day, or the time of day alone where `date` names a column.
    #[serde(default)]
    pub time: Option<String>,
    #[serde(default)]
    pub date: Option<String>,
    /// Code of the gantry, gate or site.
    #[serde(default)]
    pub site: Option<String>,
    /// A whole trip in one cell, as in the freeway bureau's M06A: `2026-05-01 08:00:11+01F0061N; 2026-05-01 08:03:40+01F0099N`.
    #[serde(default)]
    pub trip: Option<String>,
    /// Compass direction: N, north, 北, 北上.
    #[serde(default)]
    pub direction: Option<String>,
    /// Whether the vehicle entered or left a car park.
    #[serde(default)]
    pub in_out: Option<String>,
    /// Probability that the plate is right, 0 to 1 or 0 to 100.
    #[serde(default)]
    pub confidence: Option<String>,
    #[serde(default)]
    pub speed_kmh: Option<String>,
    #[serde(default)]
    pub time_form: TimeForm,
    /// Minutes east of Greenwich of times without a zone; Taipei's 480 when absent.
    #[serde(default)]
    pub zone_minutes: Option<i32>,
    /// Words of `in_out` for entering and leaving, besides the usual ones.
    #[serde(default)]
    pub in_words: Vec<String>,
    #[serde(default)]
    pub out_words: Vec<String>,
    #[serde(default)]
    pub format: Option<Format>,
    #[serde(default)]
    pub charset: Charset,
    /// `,`, `;`, `|` or a tab; counted when absent.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// False for files that begin with a row, as the freeway bureau's do.
    #[serde(default = "yes")]
    pub has_heading: bool,
    /// Accepted passages older than this many hours are counted as late; 24 when absent.
    #[serde(default)]
    pub late_after_h: Option<u32>,
}

const fn yes() -> bool {
    true
}

/// The columns a row is made of, in the order of [`FeedMapping::wanted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Plate,
    Time,
    Date,
    Site,
    Trip,
    Direction,
    InOut,
    Confidence,
    Speed,
}

impl Role {
    pub const COUNT: usize = 9;
}

impl FeedMapping {
    /// # Errors
    /// Says what the mapping lacks or contradicts.
    pub fn checked(self) -> Result<Self, FeedError> {
        let wrong = |reason: String| FeedError::Mapping { reason };
        if self.plate.trim().is_empty() {
            return Err(wrong("names no column for the plate".into()));
        }
        match (&self.trip, &self.time, &self.site) {
            (Some(_), None, None) if self.date.is_none() => {}
            (None, Some(_), Some(_)) => {}
            (Some(_), ..) => return Err(wrong("names a trip, which has its own times and sites, and also a time, date or site".into())),
            _ => return Err(wrong("names no time and site, and no trip".into())),
        }
        for name in self.wanted() {
            let is_number = name.strip_prefix('#').is_some_and(|n| n.parse::<usize>().is_ok_and(|n| (1..=COLUMNS_MAX).contains(&n)));
            if name.starts_with('#') && !is_number {
                return Err(wrong(format!("names the column {name:?}; numbers are #1 to #{COLUMNS_MAX}")));
            }
            if !self.has_heading && !name.is_empty() && !is_number {
                return Err(wrong(format!("says that files have no heading, but names the column {name:?}: use #1, #2 …")));
            }
            if name.chars().count() > 60 {
                return Err(wrong("names a column with more than 60 characters".into()));
            }
        }
        if self.delimiter.is_some_and(|delimiter| !matches!(delimiter, ',' | ';' | '|' | '\t')) {
            return Err(wrong("has a delimiter other than comma, semicolon, bar and tab".into()));
        }
        if self.zone_minutes.is_some_and(|minutes| !(-12 * 60..=14 * 60).contains(&minutes)) {
            return Err(wrong("has a zone that is none".into()));
        }
        if self.in_words.len() > WORDS_MAX || self.out_words.len() > WORDS_MAX {
            return Err(wrong(format!("has more than {WORDS_MAX} words for entering or leaving")));
        }
        Ok(self)
    }

    /// Names by [`Role`]; empty where there is none.
    #[must_use]
    pub fn wanted(&self) -> [&str; Role::COUNT] {
        fn name(name: &Option<String>) -> &str {
            name.as_deref().map_or("", str::trim)
        }
        [
            self.plate.trim(),
            name(&self.time),
            name(&self.date),
            name(&self.site),
            name(&self.trip),
            name(&self.direction),
            name(&self.in_out),
            name(&self.confidence),
            name(&self.speed_kmh),
        ]
    }

    #[must_use]
    pub const fn reading(&self) -> Reading {
        Reading { format: self.format, charset: self.charset, delimiter: self.delimiter, has_heading: self.has_heading }
    }

    #[must_use]
    pub fn zone_us(&self) -> i64 {
        self.zone_minutes.map_or(super::TAIPEI_US, |minutes| i64::from(minutes) * Micros::MINUTE)
    }

    #[must_use]
    pub fn late_us(&self) -> i64 {
        i64::from(self.late_after_h.unwrap_or(LATE_H_DEFAULT)) * Micros::HOUR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: serde_json::Value) -> Result<FeedMapping, String> {
        let mapping: FeedMapping = serde_json::from_value(json).map_err(|e| e.to_string())?;
        mapping.checked().map_err(|e| e.to_string())
    }

    #[test]
    fn a_mapping_says_what_it_lacks() {
        let refused = |json| checked(json).err().unwrap_or_default();
        assert!(refused(serde_json::json!({ "plate": "車牌" })).contains("no time and site"));
        assert!(refused(serde_json::json!({ "plate": "p", "time": "t", "trip": "x" })).contains("also a time"));
        assert!(refused(serde_json::json!({ "plate": "p", "time": "t", "site": "s", "has_heading": false })).contains("use #1"));
        assert!(refused(serde_json::json!({ "plate": "p", "time": "t", "site": "s", "colour": "c" })).contains("unknown field"));
        assert!(checked(serde_json::json!({ "plate": "#4", "trip": "#8", "has_heading": false })).is_ok());
    }
}
