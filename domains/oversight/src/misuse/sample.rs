//! The sample that nobody can choose. From a checkpoint that was signed after the period had ended follows which leaves are looked at; anybody
//! who has the checkpoint can reckon it again with nothing but SHA-256.
//!
//! seed = SHA-256("shouhu/sample/v1\n" ‖ text of the checkpoint, its signature lines left out)
//! draw i = the first eight bytes of SHA-256(seed ‖ i as eight bytes), both big-endian, i = 0, 1, 2, …
//! A draw of at least ⌊2⁶⁴ / n⌋ · n is passed over, where n = last − first + 1; any other one takes leaf first + draw mod n. A leaf that was
//! drawn before is passed over too.
//!
//! Leaves are drawn and not questions, since a stranger sees how many leaves there are and not of what kind. A leaf that is no question about a
//! person or vehicle is drawn and put aside; drawing ends with [`WANTED`] questions, or after [`DRAWS_MAX`] leaves.

use sha2::{Digest, Sha256};

/// Questions that one sample has.
pub const WANTED: usize = 20;
/// Leaves that are drawn for them at most.
pub const DRAWS_MAX: usize = 1_000;

const DOMAIN: &[u8] = b"shouhu/sample/v1\n";

/// Leaves in the order in which they are drawn, each once.
pub struct Draws {
    seed: [u8; 32],
    next: u64,
    first: i64,
    count: u64,
    drawn: std::collections::BTreeSet<i64>,
}

impl Draws {
    /// Of the leaves `first` to `last`, both included.
    #[must_use]
    pub fn of(checkpoint: &str, first: i64, last: i64) -> Self {
        let seed = Sha256::new().chain_update(DOMAIN).chain_update(checkpoint.as_bytes()).finalize().into();
        let count = u64::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
        Self { seed, next: 0, first, count, drawn: std::collections::BTreeSet::new() }
    }
}

impl Iterator for Draws {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let drawn = u64::try_from(self.drawn.len()).unwrap_or(u64::MAX);
        if drawn >= self.count {
            return None;
        }
        // 2^64 mod n, so that what is left below the end is a whole number of times n.
        let over = (u64::MAX % self.count + 1) % self.count;
        loop {
            let hash = Sha256::new().chain_update(self.seed).chain_update(self.next.to_be_bytes()).finalize();
            self.next += 1;
            let number = hash.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
            if over != 0 && number > u64::MAX - over {
                continue;
            }
            let leaf = self.first.saturating_add(i64::try_from(number % self.count).unwrap_or(0));
            if self.drawn.insert(leaf) {
                return Some(leaf);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// By the rule above, written anew in Python with hashlib.
    #[test]
    fn a_stranger_draws_the_same_leaves() {
        let checkpoint = "shouhu.audit/00\n1200\nAAAA\n";
        let drawn: Vec<i64> = Draws::of(checkpoint, 101, 1_100).take(5).collect();
        assert_eq!(drawn, [440, 459, 452, 278, 168]);
    }

    #[test]
    fn every_leaf_is_drawn_once_and_another_checkpoint_draws_others() {
        let mut all: Vec<i64> = Draws::of("a", 7, 56).collect();
        let others: Vec<i64> = Draws::of("b", 7, 56).collect();
        assert_ne!(all, others);
        all.sort_unstable();
        assert_eq!(all, (7..=56).collect::<Vec<_>>());
        assert_eq!(Draws::of("a", 7, 6).next(), None);
    }

    #[test]
    fn no_leaf_is_drawn_more_readily_than_another() {
        let mut hits = [0_u32; 10];
        for number in 0..5_000 {
            let leaf = Draws::of(&number.to_string(), 0, 9).next().unwrap();
            hits[usize::try_from(leaf).unwrap()] += 1;
        }
        // Chi-square with nine degrees of freedom is below 27.9 in 999 of 1,000 cases.
        let chi: f64 = hits.iter().map(|n| (f64::from(*n) - 500.0).powi(2) / 500.0).sum();
        assert!(chi < 27.9, "{hits:?}");
    }
}
