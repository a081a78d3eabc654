//! A share of a few with how far it may be from the truth.

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_shares::{Z_95, wilson};

/// So many of so many, with the 95 % interval of Wilson ([`wilson`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ReportShare")]
pub struct Share {
    pub part: i64,
    pub whole: i64,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// None of nothing, and of more than all.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of some years")]
    pub fn of(part: i64, whole: i64) -> Option<Self> {
        if whole <= 0 || !(0..=whole).contains(&part) {
            return None;
        }
        let (low, high) = wilson(part.unsigned_abs(), whole.unsigned_abs(), Z_95);
        Some(Self { part, whole, share: part as f64 / whole as f64, low, high })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_interval_is_that_of_the_paper() {
        // Newcombe (Statistics in Medicine 17, 1998), table I, method 3: 81 of 263 and 0 of 20.
        let known = |part, whole| Share::of(part, whole).map(|share| (share.low, share.high)).unwrap();
        let (low, high) = known(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        let (low, high) = known(0, 20);
        assert!(low.abs() < 1e-12 && (high - 0.1611).abs() < 5e-5, "{low} {high}");
        assert_eq!((Share::of(0, 0), Share::of(3, 2), Share::of(-1, 2)), (None, None, None));
    }

    proptest! {
        #[test]
        fn the_share_lies_within_its_interval(whole in 1_i64..1_000_000, part in 0_i64..1_000_000) {
            let share = Share::of(part.min(whole), whole).unwrap();
            prop_assert!(0.0 <= share.low && share.low <= share.share + 1e-12 && share.share <= share.high + 1e-12 && share.high <= 1.0);
        }
    }
}
