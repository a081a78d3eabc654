//! Chance without state: the same key draws the same number, whatever was drawn before it. Two policies that treat a
//! call differently still see the same call, crew and road.

/// A key's stream of numbers: splitmix64 (Steele, Lea & Flood 2014) from a mixed start.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub fn keyed(keys: &[u64]) -> Self {
        let mut dice = Self(0x5348_4f55_4855_0110);
        for key in keys {
            dice.0 ^= *key;
            dice.0 = dice.next_u64();
        }
        dice
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((self.unit() * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Standard normal by Box & Muller 1958.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal with this median; `sigma` is the deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// An index drawn by running totals of weights, the last of which is their sum.
    pub fn by_totals(&mut self, totals: &[f64]) -> usize {
        let mark = self.unit() * totals.last().copied().unwrap_or(0.0);
        totals.partition_point(|total| *total <= mark).min(totals.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_they_claim() {
        let mut dice = Dice::keyed(&[7, 11]);
        let count = 20_000;
        let mean = |draw: &mut dyn FnMut() -> f64| (0..count).map(|_| draw()).sum::<f64>() / f64::from(count);
        assert!((mean(&mut || dice.unit()) - 0.5).abs() < 0.01);
        assert!((mean(&mut || dice.exponential(3.0)) - 3.0).abs() < 0.1);
        assert!(mean(&mut || dice.normal()).abs() < 0.03);
        assert!((mean(&mut || dice.log_normal(2.0, 0.5)) - 2.0 * (0.125f64).exp()).abs() < 0.05);
        let mut counts = [0; 3];
        (0..count).for_each(|_| counts[dice.by_totals(&[1.0, 1.0, 4.0])] += 1);
        assert_eq!(counts[1], 0);
        assert!((f64::from(counts[2]) / f64::from(count) - 0.75).abs() < 0.02);
    }

    #[test]
    fn a_key_draws_the_same_number_whatever_came_before() {
        let draw = |keys: &[u64]| Dice::keyed(keys).unit().to_bits();
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 1]));
    }
}
