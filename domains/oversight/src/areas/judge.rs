//! Shares, ratios and how sure they are. No I/O.
//!
//! Of a measure of x in one area and X in all, the share x/X has a Wilson score interval (Wilson 1927). Against a count, the ratio of two
//! shares has an interval on the logarithmic scale (Katz et al. 1978); against residents, whose number is known, Wilson's bounds are divided
//! by their share. Whoever looks at forty areas finds two at 5 % by chance alone: the intervals are widened so that all of them hold at once
//! with 95 % (Šidák 1967).

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

/// The ratio of each area; none where one of the totals is nothing, or the area has nothing of the reference.
#[must_use]
pub fn ratios(parts: &[Part<'_>], reference: Reference) -> Vec<AreaRatio> {
    let total: u64 = parts.iter().map(|part| part.measure).sum();
    let reference_total: u64 = parts.iter().map(|part| part.reference).sum();
    if total == 0 || reference_total == 0 {
        return Vec::new();
    }
    let z = quantile(1.0 - (1.0 - CONFIDENCE.powf(1.0 / real(parts.len() as u64))) / 2.0);
    let one = |part: &Part<'_>| {
        if part.reference == 0 {
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
    parts.iter().filter_map(one).collect()
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

/// Exact up to 2⁵³; a city has fewer passages in a month.
#[allow(clippy::cast_precision_loss, reason = "shares are told with five digits")]
const fn real(count: u64) -> f64 {
    count as f64
}

/// Wilson's score interval of k of n.
#[must_use]
pub fn wilson(k: u64, n: u64, z: f64) -> (f64, f64) {
    let (n, p) = (real(n), real(k) / real(n));
    let middle = z.mul_add(z / (2.0 * n), p);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    (((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0))
}

/// Of the ratio of two shares, each half a count away from nothing.
fn katz((k, n): (u64, u64), (l, m): (u64, u64), z: f64) -> (f64, f64) {
    let (k, n, l, m) = (real(k) + 0.5, real(n) + 0.5, real(l) + 0.5, real(m) + 0.5);
    let logarithm = ((k / n) / (l / m)).ln();
    let half = z * (1.0 / k - 1.0 / n + 1.0 / l - 1.0 / m).max(0.0).sqrt();
    ((logarithm - half).exp(), (logarithm + half).exp())
}

/// The standard normal quantile, by bisection of the error function (Abramowitz & Stegun 7.1.26, |error| < 1.5·10⁻⁷): some dozen times a
/// report.
fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 8.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_below(middle) < probability { low = middle } else { high = middle }
    }
    low
}

fn normal_below(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / 0.327_591_1_f64.mul_add(x, 1.0);
    let series = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let sum = series.into_iter().fold(0.0_f64, |sum, term| sum.mul_add(t, term)) * t;
    0.5 * (1.0 + (1.0 - sum * (-x * x).exp()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons_and_the_quantile_the_normals() {
        assert!((quantile(0.975) - 1.959_964).abs() < 1e-4, "{}", quantile(0.975));
        // 10 of 100 at 95 %: 0.0552 to 0.1744 (Newcombe 1998).
        let (low, high) = wilson(10, 100, quantile(0.975));
        assert!((low - 0.0552).abs() < 1e-4 && (high - 0.1744).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn twice_the_share_of_residents_is_more_and_the_same_share_is_even() {
        let part = |area, measure| Part { area, measure, reference: 10_000 };
        let parts = [part("a", 4_000), part("b", 2_000), part("c", 2_000)];
        let found = ratios(&parts, Reference::Residents);
        assert_eq!(found[0].verdict, Verdict::More);
        assert!((found[0].ratio - 1.5).abs() < 1e-9);
        let even = [part("a", 2_000), part("b", 2_000), part("c", 2_000)];
        assert!(ratios(&even, Reference::Residents).iter().all(|line| line.verdict == Verdict::Even));
        let few = [part("a", 4), part("b", 2), part("c", 2)];
        assert!(ratios(&few, Reference::Residents).iter().all(|line| line.verdict == Verdict::Unsure));
        assert!(ratios(&[], Reference::Reports).is_empty());
    }
}
