//! Shares, ratios and how sure they are. No I/O.
//!
//! Of a measure of x in one area and X in all, the share x/X has a Wilson score interval (Wilson 1927). Against a count, the ratio of two
//! shares has an interval on the logarithmic scale (Katz et al. 1978); against residents, whose number is known, Wilson's bounds are divided
//! by their share. Whoever looks at forty areas finds two at 5 % by chance alone: the intervals are widened so that all of them hold at once
//! with 95 % (Šidák 1967).

use shouhu_shares::{katz, quantile, real, wilson};

use super::{AreaRatio, LESS, MORE, Measure, Reference, Verdict};

/// All intervals of one comparison hold at once with this.
const CONFIDENCE: f64 = 0.95;

/// One area's part of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part<'a> {
    pub area: &'a str,
    pub measure: u64,
    pub reference: u64,
}

/// The ratio of each part, in their order; none where one of the totals is nothing, or the area has nothing of the reference.
#[must_use]
pub fn ratios(parts: &[Part<'_>], reference: Reference) -> Vec<Option<AreaRatio>> {
    let sum = |of: fn(&Part<'_>) -> u64| parts.iter().map(of).fold(0_u64, u64::saturating_add);
    let (total, reference_total) = (sum(|part| part.measure), sum(|part| part.reference));
    let z = quantile(1.0 - (1.0 - CONFIDENCE.powf(1.0 / real(parts.len() as u64))) / 2.0);
    let one = |part: &Part<'_>| {
        if total == 0 || part.reference == 0 {
            return None;
        }
        let (share, reference_share) = (real(part.measure) / real(total), real(part.reference) / real(reference_total));
        let (share_low, share_high) = wilson(part.measure, total, z);
        let (ratio_low, ratio_high) = match reference {
            Reference::Residents => (share_low / reference_share, share_high / reference_share),
            Reference::Reports | Reference::Hits => katz((part.measure, total), (part.reference, reference_total), z),
        };
        let verdict = verdict_of(ratio_low, ratio_high);
        let ratio = share / reference_share;
        Some(AreaRatio { area: part.area.to_owned(), share, share_low, share_high, reference_share, ratio, ratio_low, ratio_high, verdict })
    };
    parts.iter().map(one).collect()
}

/// Against what a measure is held.
#[must_use]
pub const fn references(measure: Measure) -> &'static [Reference] {
    match measure {
        Measure::Errors => &[Reference::Residents, Reference::Reports, Reference::Hits],
        Measure::Passages | Measure::Hits | Measure::CheckIns => &[Reference::Residents, Reference::Reports],
    }
}

fn verdict_of(low: f64, high: f64) -> Verdict {
    if low > MORE {
        Verdict::More
    } else if high < LESS {
        Verdict::Less
    } else if low >= LESS && high <= MORE {
        Verdict::Even
    } else {
        Verdict::Unsure
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn found(parts: &[Part<'_>], reference: Reference) -> Vec<AreaRatio> {
        ratios(parts, reference).into_iter().flatten().collect()
    }

    fn is_close(found: f64, known: f64) -> bool {
        (found - known).abs() < 1e-3
    }

    #[test]
    fn twice_the_share_of_residents_is_more_and_the_same_share_is_even() {
        let part = |area, measure| Part { area, measure, reference: 10_000 };
        let parts = [part("a", 4_000), part("b", 2_000), part("c", 2_000)];
        let lines = found(&parts, Reference::Residents);
        assert_eq!(lines[0].verdict, Verdict::More);
        assert!((lines[0].ratio - 1.5).abs() < 1e-9);
        let even = [part("a", 2_000), part("b", 2_000), part("c", 2_000)];
        assert!(found(&even, Reference::Residents).iter().all(|line| line.verdict == Verdict::Even));
        let few = [part("a", 4), part("b", 2), part("c", 2)];
        assert!(found(&few, Reference::Residents).iter().all(|line| line.verdict == Verdict::Unsure));
        assert!(found(&[], Reference::Reports).is_empty());
    }

    #[test]
    fn a_third_of_the_share_is_less_against_residents_and_against_counts() {
        let part = |area, measure| Part { area, measure, reference: 10_000 };
        let parts = [part("a", 1_000), part("b", 4_000), part("c", 4_000)];
        for reference in [Reference::Residents, Reference::Reports, Reference::Hits] {
            let verdicts: Vec<_> = found(&parts, reference).iter().map(|line| line.verdict).collect();
            assert_eq!(verdicts, [Verdict::Less, Verdict::More, Verdict::More], "{reference:?}");
        }
    }

    #[test]
    fn the_interval_of_a_ratio_is_that_of_the_hand() {
        // 10 of 100 against 20 of 200, of two areas: z of Šidák's 1 − 0.95^½ is 2.2365. (10.5/100.5) ÷ (20.5/200.5) = 1.02184;
        // √(1/10.5 − 1/100.5 + 1/20.5 − 1/200.5) = 0.35928; e^(0.02161 ∓ 2.2365 · 0.35928).
        let parts = [Part { area: "a", measure: 10, reference: 20 }, Part { area: "b", measure: 90, reference: 180 }];
        let lines = found(&parts, Reference::Reports);
        let line = &lines[0];
        assert!(is_close(line.ratio, 1.0) && is_close(line.ratio_low, LOW) && is_close(line.ratio_high, HIGH), "{line:?}");
        assert_eq!(line.verdict, Verdict::Unsure);
    }

    const LOW: f64 = 0.457_5;
    const HIGH: f64 = 2.282_2;

    #[test]
    fn nothing_is_said_of_an_area_without_reference_or_of_a_measure_of_nothing() {
        let part = |area, measure, reference| Part { area, measure, reference };
        let lines = ratios(&[part("a", 5, 0), part("b", 5, 100)], Reference::Reports);
        assert_eq!(lines.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true], "in the order of the parts");
        assert!(found(&[part("a", 0, 5), part("b", 0, 5)], Reference::Reports).is_empty());
        let huge = ratios(&[part("a", u64::MAX, u64::MAX), part("b", u64::MAX, u64::MAX)], Reference::Residents);
        assert_eq!(huge.len(), 2, "sums do not overflow");
    }
}
