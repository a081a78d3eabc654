//! Shares of counts, and how far they may be from the truth. No I/O.
//!
//! | word | meaning |
//! |---|---|
//! | [`wilson`] | the score interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927): right for small numbers too |
//! | [`katz`] | the interval of the ratio of two shares, on the logarithmic scale (Katz et al., Biometrics 34, 1978) |
//! | [`quantile`] | of the standard normal distribution: how many deviations an interval is wide |
//!
//! **Invariant:** no dependencies, so that every floor may say how sure a share is in the same way.

/// Two-sided 95 % of the normal distribution.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Exact up to 2⁵³; nobody here counts as far.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "shares are told with five digits")]
pub const fn real(count: u64) -> f64 {
    count as f64
}

/// The interval of the share of `k` of `n`; of nothing, and of more than all, it is anything from 0 to 1.
#[must_use]
pub fn wilson(k: u64, n: u64, z: f64) -> (f64, f64) {
    if n == 0 || k > n {
        return (0.0, 1.0);
    }
    let (n, share) = (real(n), real(k) / real(n));
    let scale = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / scale;
    let half = z / scale * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The interval of (k of n) ÷ (l of m). Half a count is added to each, so that none of them may be nothing (Walter, Biometrika 62, 1975).
#[must_use]
pub fn katz((k, n): (u64, u64), (l, m): (u64, u64), z: f64) -> (f64, f64) {
    let (k, n, l, m) = (real(k) + 0.5, real(n) + 0.5, real(l) + 0.5, real(m) + 0.5);
    let logarithm = ((k / n) / (l / m)).ln();
    let half = z * (1.0 / k - 1.0 / n + 1.0 / l - 1.0 / m).max(0.0).sqrt();
    ((logarithm - half).exp(), (logarithm + half).exp())
}

/// The standard normal quantile of a probability from 0.5 on, by bisection of the error function: some dozen times a report.
#[must_use]
pub fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 8.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_below(middle) < probability { low = middle } else { high = middle }
    }
    low
}

/// Abramowitz & Stegun 7.1.26, |error| < 1.5·10⁻⁷.
fn normal_below(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / 0.327_591_1_f64.mul_add(x, 1.0);
    let series = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let sum = series.into_iter().fold(0.0_f64, |sum, term| sum.mul_add(t, term)) * t;
    0.5 * (1.0 + (1.0 - sum * (-x * x).exp()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_close((low, high): (f64, f64), (known_low, known_high): (f64, f64), within: f64) -> bool {
        (low - known_low).abs() < within && (high - known_high).abs() < within
    }

    #[test]
    fn the_interval_is_wilsons_and_the_quantile_the_normals() {
        assert!((quantile(0.975) - Z_95).abs() < 1e-4, "{}", quantile(0.975));
        // Newcombe (Statistics in Medicine 17, 1998), table I, method 3: 81 of 263 and 0 of 20; and 10 of 100 by the formula.
        for (k, n, known) in [(81, 263, (0.2553, 0.3662)), (0, 20, (0.0, 0.1611)), (10, 100, (0.0552, 0.1744))] {
            assert!(is_close(wilson(k, n, Z_95), known, 1e-4), "{k} of {n}: {:?}", wilson(k, n, Z_95));
        }
        assert_eq!((wilson(0, 0, Z_95), wilson(3, 2, Z_95)), ((0.0, 1.0), (0.0, 1.0)), "of nothing nothing is known");
    }

    #[test]
    fn the_interval_of_a_ratio_is_that_of_the_book() {
        // Physicians' Health Study: infarcts of 189 of 11,034 on placebo, 104 of 11,037 on aspirin; relative risk 1.82, 95 % 1.43 to 2.30
        // (Agresti, An Introduction to Categorical Data Analysis, 2nd edition, 2007, §2.2.2). Half a count moves it by less than 0.01.
        let found = katz((189, 11_034), (104, 11_037), Z_95);
        assert!(is_close(found, (1.43, 2.30), 0.01), "{found:?}");
    }

    #[test]
    fn half_a_count_is_added_by_hand_as_it_is_here() {
        // (10.5/100.5) ÷ (20.5/200.5) = 1.021842; √(1/10.5 − 1/100.5 + 1/20.5 − 1/200.5) = √0.129081 = 0.359278; e^(ln 1.021842 ∓ 1.96 · 0.359278).
        let found = katz((10, 100), (20, 200), Z_95);
        assert!(is_close(found, KATZ_BY_HAND, 1e-4), "{found:?}");
    }

    const KATZ_BY_HAND: (f64, f64) = (0.505_3, 2.066_3);

    proptest! {
        #[test]
        fn what_was_counted_lies_within_both_intervals(n in 1_u64..1_000_000, k in 0_u64..1_000_000, m in 1_u64..1_000_000, l in 0_u64..1_000_000) {
            let (k, l) = (k.min(n), l.min(m));
            let (low, high) = wilson(k, n, Z_95);
            let share = real(k) / real(n);
            prop_assert!(0.0 <= low && low <= share + 1e-12 && share <= high + 1e-12 && high <= 1.0);
            let (low, high) = katz((k, n), (l, m), Z_95);
            prop_assert!(low > 0.0 && low <= high && high.is_finite());
        }
    }
}
