//! Whether some places are watched more than others 區域衡平: passages, hits, signatures of patrols and erroneous hits of each village or
//! district, beside how many live there and how many call the police from there.
//!
//! | word | meaning |
//! |---|---|
//! | area | a village or district with its outline and, where known, its residents; imported as GeoJSON |
//! | measure | what is counted: `passages`, `hits`, `check_ins`, `errors` (hits that a person rejected as misread or because the list was out of date) |
//! | reference | against what: `residents`, `reports` (what citizens called about), and for errors also `hits` |
//! | ratio | the area's share of the measure over its share of the reference; 1 is even |
//!
//! A ratio is told with an interval that holds for all areas at once with 95 % (`judge`); only an interval that lies wholly beyond
//! [`MORE`] or [`LESS`] is called more or less. Small numbers are hidden once for the whole report, with what would tell them (`mask`).
//!
//! A month is told when it is over and has settled ([`SETTLES_US`]), never before: whoever takes the report of one day from that of the next
//! has what the day added, which may be one officer's few stops. What the rooms have of it (`tally`) is counted once, when the report is first
//! asked for, and the counts are kept (`store`): a hit that is rejected later, a call that is merged, a plate that is erased would be told by
//! the difference, too. Hits and reports are there for good, passages for 90 days, signatures for a year: of a month of which anything was
//! destroyed before it was counted, or could not be read whole, a measure is left out, and the report says so ([`AreaLeftOut`]).
//!
//! **Invariant:** of one month by one list of areas no number is ever told that differs from what was told before. (Not covered: two lists
//! whose outlines differ little. To import one is a write on the log.)

mod judge;
mod mask;
mod report;
pub mod shapes;
pub mod store;
pub mod tally;

use std::iter;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_calendar::Month;
use shouhu_ids::Micros;
use shouhu_module::Keyed;
use shouhu_store::StoreError;

pub use crate::transparency::TOLD_MIN;

/// Above this an area is watched more than the reference would have it, below [`LESS`] less.
pub const MORE: f64 = 1.25;
pub const LESS: f64 = 0.8;
/// So long after its end a month is told: hits lapse within a day, and what the last night brought is decided in the next.
pub const SETTLES_DAYS: i64 = 2;
pub const SETTLES_US: i64 = SETTLES_DAYS * Micros::DAY;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AreaMeasure")]
pub enum Measure {
    Passages,
    Hits,
    CheckIns,
    Errors,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AreaReference")]
pub enum Reference {
    Residents,
    Reports,
    Hits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AreaVerdict")]
pub enum Verdict {
    More,
    Less,
    /// Surely neither.
    Even,
    /// The numbers are too small to say.
    Unsure,
}

/// What is counted, be it a measure or what one is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AreaCounted")]
pub enum Counted {
    Reports,
    Passages,
    Hits,
    CheckIns,
    Errors,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "AreaLeftOutReason")]
pub enum WhyLeftOut {
    /// Some of the month is not kept any more: what is left is not the month.
    Destroyed,
    /// Not everything could be counted now: damaged, not published yet by another server, or too much.
    Incomplete,
    /// This house has no room that counts it.
    NotCounted,
}

/// What the report says nothing of, neither in the counts nor in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AreaLeftOut {
    pub counted: Counted,
    pub reason: WhyLeftOut,
    /// With `destroyed`: only what is younger is all there.
    pub kept_since_us: Option<Micros>,
}

/// How much of everything there was in one area. `null` where it was left out, the number is too small to be told, or would tell another
/// that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AreaCounts {
    pub area: String,
    pub residents: Option<u64>,
    pub reports: Option<u64>,
    pub passages: Option<u64>,
    pub hits: Option<u64>,
    pub check_ins: Option<u64>,
    pub errors: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AreaRatio {
    pub area: String,
    /// Of the measure, with its Wilson interval.
    pub share: f64,
    pub share_low: f64,
    pub share_high: f64,
    pub reference_share: f64,
    /// share ÷ reference share, with an interval that holds for all areas at once.
    pub ratio: f64,
    pub ratio_low: f64,
    pub ratio_high: f64,
    pub verdict: Verdict,
}

/// One measure against one reference.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AreaComparison {
    pub measure: Measure,
    pub reference: Reference,
    /// Of all areas together. `null` where it is too small to be told, or would tell an area's number that is: no share is told then either.
    pub total: Option<u64>,
    pub reference_total: Option<u64>,
    /// Areas that are large enough to be told of; the most surely more first.
    pub lines: Vec<AreaRatio>,
    /// Areas that are not.
    pub hidden: usize,
}

/// `GET /v1/oversight/areas/report`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AreaReport {
    /// `2026-11`, by the clock of Taipei.
    pub month: String,
    pub areas_version: i64,
    pub told_min: i64,
    pub areas: Vec<AreaCounts>,
    /// What lies in no area, or nowhere. No total has it in it.
    pub outside: AreaCounts,
    /// What could not be counted for the whole month.
    pub left_out: Vec<AreaLeftOut>,
    pub comparisons: Vec<AreaComparison>,
    /// What the report can say and what it cannot, in Chinese and English.
    pub statement_zh: &'static str,
    pub statement_en: &'static str,
}

/// An area as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AreaListed {
    pub name: String,
    pub residents: Option<u64>,
}

/// `GET /v1/oversight/areas`. Version 0: none were imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AreasListed {
    pub version: i64,
    pub set_at_us: Option<Micros>,
    pub set_by_name: Option<String>,
    pub items: Vec<AreaListed>,
}

pub const STATEMENT_ZH: &str = "本表可以說明：某一村里或行政區的通行紀錄、命中、巡簽與誤命中，占全市的比例是否高於或低於其人口或民眾報案的比例，\
以及這個差距是否大到不能以偶然解釋。本表不能說明：差距的原因、是否有人故意、是否違法；通行的車輛不等於當地居民，攝影機設在幹道上本來就會多；\
報案多寡也受民眾報案意願影響。區間假設各筆互相獨立，同一車輛反覆通行時實際的不確定性較大。小於 10 的數字不公布，能由其他數字推算出它的數字亦同。停車場與國道門架的通行不計入。";
pub const STATEMENT_EN: &str = "This report can say whether the share of passages, hits, patrol signatures and erroneous hits in an area is higher or \
lower than its share of residents or of what citizens reported, and whether the difference is larger than chance explains. It cannot say why, \
whether anybody meant it, or whether it is unlawful; vehicles that pass are not those who live there, and cameras on trunk roads see more; how \
much is reported depends on who calls. The intervals take each row as independent: where one vehicle passes again and again the true uncertainty \
is larger. Numbers below 10 are not told, nor are numbers that would tell one. Passages at car parks and freeway gantries are not counted.";

#[derive(Debug, thiserror::Error)]
pub enum AreasError {
    #[error("no areas were imported: import villages or districts as GeoJSON first")]
    None,
    #[error("the file is no GeoJSON collection of areas: {0}")]
    File(shapes::FileError),
    #[error("area number {nth} has no name, or one of more than {} characters (VILLNAME, TOWNNAME or name)", shapes::NAME_CHARS_MAX)]
    Name { nth: usize },
    #[error("the residents of {name:?} are no whole number from 0 to {}", shapes::RESIDENTS_MAX)]
    Residents { name: String },
    #[error("the outline of {name:?} cannot be used: {what}")]
    Outline { name: String, what: shapes::OutlineError },
    #[error("area {0:?} is there twice")]
    Twice(String),
    #[error("{0} is told {SETTLES_DAYS} days after its end: a running month, asked for day by day, would tell single days")]
    Month(Month),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The day in Taipei from which on a month is told.
fn told_from(month: Month) -> String {
    format!("{}-{:02}", month.next(), 1 + SETTLES_DAYS)
}

impl Keyed for AreasError {
    fn key(&self) -> &'static str {
        match self {
            Self::None => "oversight.areas.none",
            Self::File(_) => "oversight.areas.file",
            Self::Name { .. } => "oversight.areas.name",
            Self::Residents { .. } => "oversight.areas.residents",
            Self::Outline { .. } => "oversight.areas.outline",
            Self::Twice(_) => "oversight.areas.twice",
            Self::Month(_) => "oversight.areas.month",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::None => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::None | Self::Store(_) => Vec::new(),
            Self::File(what) => what.params(),
            Self::Name { nth } => vec![("nth", nth.to_string()), ("most", shapes::NAME_CHARS_MAX.to_string())],
            Self::Residents { name } => vec![("name", name.clone()), ("most", shapes::RESIDENTS_MAX.to_string())],
            Self::Outline { name, what } => iter::once(("name", name.clone())).chain(what.params()).collect(),
            Self::Twice(name) => vec![("name", name.clone())],
            Self::Month(month) => vec![("month", month.to_string()), ("told_from", told_from(*month))],
        }
    }
}

/// For people and their spreadsheets: one line for each area, measure and reference, and one for what was left out, with the reason where
/// the verdict would be.
#[must_use]
pub fn csv(report: &AreaReport) -> String {
    let mut text = String::from(
        "\u{feff}month,measure,reference,area,share,share_low,share_high,reference_share,ratio,ratio_low,ratio_high,verdict\r\n",
    );
    for comparison in &report.comparisons {
        let (measure, reference) = (shouhu_store::tag_of(&comparison.measure), shouhu_store::tag_of(&comparison.reference));
        for line in &comparison.lines {
            text += &format!(
                "{},{measure},{reference},{},{:.5},{:.5},{:.5},{:.5},{:.3},{:.3},{:.3},{}\r\n",
                report.month,
                shouhu_text::sheet::cell(&line.area),
                line.share,
                line.share_low,
                line.share_high,
                line.reference_share,
                line.ratio,
                line.ratio_low,
                line.ratio_high,
                shouhu_store::tag_of(&line.verdict),
            );
        }
    }
    for left_out in &report.left_out {
        let (counted, reason) = (shouhu_store::tag_of(&left_out.counted), shouhu_store::tag_of(&left_out.reason));
        text += &format!("{},{counted},,,,,,,,,,{reason}\r\n", report.month);
    }
    text
}
