//! How surprising a count is.
//!
//! Counts of work are Poisson with a rate that differs from person to person and day to day; with a Gamma-distributed rate that is the negative
//! binomial (Greenwood & Yule 1920). That many are looked at is paid for by counting how many suggestions chance alone would make, over
//! everybody (the expected number of false discoveries, which is Bonferroni's bound before it is a probability; Dunn 1961).

use shouhu_shares::{real, wilson};

/// P(X ≥ count), X Poisson of that mean.
#[must_use]
pub fn poisson_tail(count: u32, mean: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    // From the term of `count` upwards: the terms below would cancel what is small.
    let log_term = f64::from(count) * mean.ln() - mean - ln_factorial(count);
    sum_up(log_term.exp(), |k| mean / k, count)
}

/// P(X ≥ count), X negative binomial of that mean, whose variance is mean + mean² / size.
#[must_use]
pub fn nb_tail(count: u32, mean: f64, size: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    if size > 1e6 {
        return poisson_tail(count, mean);
    }
    let share = mean / (mean + size);
    let k = f64::from(count);
    let log_term = ln_gamma(k + size) - ln_gamma(size) - ln_factorial(count) + k * share.ln() + size * (1.0 - share).ln();
    sum_up(log_term.exp(), |k| share * (k - 1.0 + size) / k, count)
}

/// Terms are summed until they no longer matter; for counts below the mean the sum is close to 1 and is cut there.
fn sum_up(first: f64, ratio: impl Fn(f64) -> f64, from: u32) -> f64 {
    /// A mean beyond this is no count of anything that people do.
    const TERMS_MAX: u32 = 100_000;
    let (mut sum, mut term) = (0.0, first);
    for step in 1..=TERMS_MAX {
        sum += term;
        let next = ratio(f64::from(from) + f64::from(step));
        if next < 1.0 && term * next < sum * 1e-12 {
            break;
        }
        term *= next;
    }
    sum.min(1.0)
}

fn ln_factorial(n: u32) -> f64 {
    ln_gamma(f64::from(n) + 1.0)
}

/// Stirling's series (Abramowitz & Stegun 6.1.41) after lifting the argument above 8, where four terms hold twelve digits.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut lifted) = (x, 0.0);
    while x < 8.0 {
        lifted -= x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    lifted + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

/// How counts that begin at 1 go on among everybody of one kind of work: the share that reaches one more.
///
/// The share is taken where many stand, and the worst of it (Wilson's upper bound) holds for the tail where few do: a geometric tail, which is
/// the negative binomial of size 1. **Assumption:** fewer than one pair in [`Tail::TRUSTED_SHARE`] is misuse; what is rarer is not learned from.
#[derive(Debug, Clone)]
pub struct Tail {
    /// `reached[k]`: how many counts are at least k.
    reached: Vec<u64>,
    base: usize,
    share: f64,
}

impl Tail {
    const TRUSTED_SHARE: u64 = 1_000;
    const TRUSTED_MIN: u64 = 30;
    /// Where too few stand to learn anything, half of those who came so far go one further.
    const SHARE_UNKNOWN: f64 = 0.5;
    /// Of the normal distribution: a share is taken as high as it may well be.
    const Z_ONE_SIDED_95: f64 = 1.645;

    /// From `counted[k]`: how many counts are k.
    #[must_use]
    pub fn of(counted: &[u64]) -> Self {
        Self::trusting(counted, Self::TRUSTED_SHARE)
    }

    /// Of counts of which those to be judged are no part: all of it is learned from but for the last few.
    #[must_use]
    pub fn of_others(counted: &[u64]) -> Self {
        Self::trusting(counted, u64::MAX)
    }

    fn trusting(counted: &[u64], share: u64) -> Self {
        let mut reached = vec![0; counted.len().max(2) + 1];
        let mut sum = 0;
        for (k, number) in counted.iter().enumerate().rev() {
            sum += number;
            if let Some(slot) = reached.get_mut(k) {
                *slot = sum;
            }
        }
        let at = |k: usize| reached.get(k).copied().unwrap_or_default();
        let trusted = (at(1) / share).max(Self::TRUSTED_MIN);
        let base = (1..reached.len()).take_while(|k| at(*k) >= trusted).last().unwrap_or(0);
        let mut share: f64 = if base == 0 { Self::SHARE_UNKNOWN } else { 0.0 };
        for k in 1..=base {
            share = share.max(wilson(at(k + 1), at(k), Self::Z_ONE_SIDED_95).1);
        }
        Self { reached, base, share }
    }

    /// How many counts of at least k honest work leads one to expect.
    #[must_use]
    pub fn expected(&self, k: u32) -> f64 {
        let k = usize::try_from(k).unwrap_or(usize::MAX);
        if k <= self.base {
            return self.at(k);
        }
        let steps = i32::try_from(k - self.base.max(1)).unwrap_or(i32::MAX);
        self.at(self.base.max(1)).max(1.0) * self.share.powi(steps)
    }

    fn at(&self, k: usize) -> f64 {
        self.reached.get(k).map_or(0.0, |number| real(*number))
    }

    /// What somebody usually counts, given that he counts at all.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let all: f64 = (1..self.reached.len()).map(|k| self.at(k)).sum();
        if self.at(1) > 0.0 { all / self.at(1) } else { 0.0 }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::float_cmp, reason = "a test fails by panicking; zero and one are exact")]
mod tests {
    use super::*;

    fn is_near(found: f64, wanted: f64) -> bool {
        (found / wanted - 1.0).abs() < 1e-9
    }

    #[test]
    fn tails_are_those_of_tables() {
        assert!(is_near(poisson_tail(1, 0.5), 1.0 - (-0.5_f64).exp()));
        // 1 − e^−2 (1 + 2 + 2 + 4/3)
        assert!(is_near(poisson_tail(4, 2.0), 1.0 - (-2.0_f64).exp() * (5.0 + 4.0 / 3.0)));
        // Size 1 is geometric: P(X ≥ k) = (m / (m + 1))^k.
        assert!(is_near(nb_tail(5, 3.0, 1.0), 0.75_f64.powi(5)));
        assert!(is_near(nb_tail(7, 2.0, 1e9), poisson_tail(7, 2.0)));
        assert!(nb_tail(3, 50.0, 4.0) > 0.99 && nb_tail(400, 5.0, 2.0) < 1e-20);
        assert_eq!([poisson_tail(0, 0.0), poisson_tail(3, 0.0), nb_tail(3, 0.0, 1.0)], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_tail_is_learned_where_many_stand_and_not_from_the_few_at_its_end() {
        let mut counted = vec![0, 100_000, 10_000, 1_000, 100];
        counted.resize(30, 0);
        let clean = Tail::of(&counted);
        counted[20] = 25;
        let soiled = Tail::of(&counted);
        assert!(soiled.expected(20) < 1e-6 && clean.expected(20) < 1e-6, "{} {}", soiled.expected(20), clean.expected(20));
        assert!(Tail::of(&[0, 5, 3]).expected(4) > 0.5, "of eight nothing is learned");
        assert!(Tail::of(&[]).expected(6) <= 1.0);
    }
}
