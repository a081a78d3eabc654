//! The one source of chance: xoshiro256++ (Blackman & Vigna 2021) seeded by splitmix64 (Steele, Lea & Flood 2014).
//!
//! Written out here rather than taken from a crate, so that a plan can be drawn again from its seed years later, whatever became of the crate.

/// A seeded stream of numbers; the same seed gives the same stream on every machine.
#[derive(Debug, Clone)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut mixer = seed;
        Self { state: std::array::from_fn(|_| splitmix64(&mut mixer)) }
    }

    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let drawn = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c2, d2) = (c ^ a, d ^ b);
        self.state = [a ^ d2, b ^ c2, c2 ^ (b << 17), d2.rotate_left(45)];
        drawn
    }

    /// Uniform in `0..bound` by multiplication (Lemire 2019, without the rejection: the bias is below 2⁻³² for the sizes here); 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (((self.next_u64() >> 32) * bound as u64) >> 32) as usize
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn splitmix_gives_the_published_first_numbers_for_seed_1234567() {
        let mut state = 1_234_567;
        assert_eq!(super::splitmix64(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(super::splitmix64(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_every_value() {
        let mut rng = Rng::seeded(7);
        let mut seen = [false; 10];
        for _ in 0..1_000 {
            if let Some(slot) = seen.get_mut(rng.below(10)) {
                *slot = true;
            }
            assert!((0.0..1.0).contains(&rng.unit()));
        }
        assert!(seen.iter().all(|&was_drawn| was_drawn));
    }
}
