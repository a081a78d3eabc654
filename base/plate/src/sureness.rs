//! When a reading is sure enough to raise a hit with nothing beside it.
//!
//! One rule serves the server and the edge agent, so that what buzzes at the roadside is what the control room hears of.

use crate::MatchKind;

/// A reading less likely to be right than this is *unsure*: it is kept and can be searched for, and it raises no hit alone.
///
/// The operating point of the shipped recogniser; its model card says how often a reading above it was wrong.
pub const SURE_FROM: f64 = 0.9;

/// Whether a reading of this confidence must not be acted on alone. What is no number is unsure.
#[must_use]
pub fn is_unsure(confidence: f64) -> bool {
    confidence.is_nan() || confidence < SURE_FROM
}

impl MatchKind {
    /// Whether a match of this kind by a reading of this confidence raises a hit with nothing beside it.
    ///
    /// A less likely reading of the picture and a look-alike text never do, however sure the best reading is: what speaks
    /// for the wanted plate then is at most what the best reading leaves over.
    #[must_use]
    pub fn stands_alone(self, confidence: f64) -> bool {
        match self {
            Self::Exact | Self::Wildcard => !is_unsure(confidence),
            Self::Alternative | Self::Confusable => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_sure_reading_that_is_itself_the_wanted_plate_stands_alone() {
        assert!(MatchKind::Exact.stands_alone(SURE_FROM) && MatchKind::Wildcard.stands_alone(1.0));
        assert!(!MatchKind::Exact.stands_alone(SURE_FROM - 1e-9));
        assert!(!MatchKind::Exact.stands_alone(f64::NAN), "no number is no promise");
        assert!(!MatchKind::Alternative.stands_alone(1.0) && !MatchKind::Confusable.stands_alone(1.0));
    }

    proptest! {
        #[test]
        fn no_match_of_an_unsure_reading_stands_alone(confidence in -1.0_f64..SURE_FROM) {
            for kind in [MatchKind::Exact, MatchKind::Alternative, MatchKind::Wildcard, MatchKind::Confusable] {
                prop_assert!(!kind.stands_alone(confidence));
            }
        }
    }
}
