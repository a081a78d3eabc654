//! Tells in some ten nanoseconds whether a reading may match anything on the list, so that the thousands that match nothing
//! cost nothing more.
//!
//! **Invariant:** what `WatchIndex::find` finds is never kept out. What is let through may match nothing after all: the rules
//! of `matching` and the database have the last word.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use shouhu_module::ports::Reading;
use shouhu_plate::{Pattern, Plate};

use crate::matching::ALTERNATIVE_PROBABILITY_MIN;

/// Keys are codes of plates already: one multiplication spreads them.
#[derive(Debug, Clone, Copy, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        // Fibonacci hashing, folded: the table takes its place from the low bits and its tag from the high ones.
        let mixed = (self.0 ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

type Codes = HashMap<u64, u32, BuildHasherDefault<Spread>>;
type Patterns = HashMap<u64, Vec<Pattern>, BuildHasherDefault<Spread>>;

/// Every wanted plate and pattern, without who wants it.
#[derive(Debug, Default)]
pub struct Sieve {
    /// Look-alike skeletons of whole plates: an exact match has the same skeleton, too.
    skeletons: Codes,
    /// Patterns by their first two characters, by their last two, and those that begin and end with unknown places.
    by_start: Patterns,
    by_end: Patterns,
    floating: Vec<Pattern>,
}

/// The character that stands for its look-alikes, as `confusable_skeleton` has them.
const fn folded(ch: u8) -> u8 {
    match ch {
        b'O' | b'D' | b'Q' => b'0',
        b'I' => b'1',
        b'B' => b'8',
        b'S' => b'5',
        b'Z' => b'2',
        b'G' => b'6',
        b'Y' => b'V',
        b'N' | b'W' => b'M',
        other => other,
    }
}

/// Six bits a character; a plate has at most ten.
fn skeleton_code(text: &str) -> u64 {
    text.bytes().fold(0, |code, ch| (code << 6) | (u64::from(folded(ch).wrapping_sub(b'0') & 0x3f) + 1))
}

fn pair_code(pair: Option<(&u8, &u8)>) -> Option<u64> {
    pair.filter(|(a, b)| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric()).map(|(a, b)| (u64::from(*a) << 8) | u64::from(*b))
}

fn start_of(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    pair_code(bytes.first().zip(bytes.get(1)))
}

fn end_of(text: &str) -> Option<u64> {
    let mut bytes = text.as_bytes().iter().rev();
    let last = bytes.next();
    pair_code(bytes.next().zip(last))
}

impl Sieve {
    pub fn add(&mut self, pattern: &Pattern) {
        match pattern.exact() {
            Some(plate) => *self.skeletons.entry(skeleton_code(plate.as_str())).or_default() += 1,
            None => self.place_of(pattern).push(pattern.clone()),
        }
    }

    pub fn take(&mut self, pattern: &Pattern) {
        let Some(plate) = pattern.exact() else {
            let patterns = self.place_of(pattern);
            if let Some(at) = patterns.iter().position(|other| other == pattern) {
                patterns.swap_remove(at);
            }
            return;
        };
        let code = skeleton_code(plate.as_str());
        if let Some(count) = self.skeletons.get_mut(&code) {
            *count -= 1;
            if *count == 0 {
                self.skeletons.remove(&code);
            }
        }
    }

    fn place_of(&mut self, pattern: &Pattern) -> &mut Vec<Pattern> {
        match (start_of(pattern.as_str()), end_of(pattern.as_str())) {
            (Some(start), _) => self.by_start.entry(start).or_default(),
            (None, Some(end)) => self.by_end.entry(end).or_default(),
            (None, None) => &mut self.floating,
        }
    }

    #[must_use]
    pub fn lets_through(&self, reading: &Reading<'_>) -> bool {
        let is_known = |text: &str| self.skeletons.contains_key(&skeleton_code(text));
        reading.is_claimed
            || is_known(reading.plate.as_str())
            || self.fits_a_pattern(reading.plate)
            || reading.alternatives.iter().any(|other| {
                other.probability >= ALTERNATIVE_PROBABILITY_MIN
                    && Plate::parse(&other.plate).is_ok_and(|plate| is_known(plate.as_str()))
            })
    }

    fn fits_a_pattern(&self, plate: &Plate) -> bool {
        let text = plate.as_str();
        let starting = start_of(text).and_then(|start| self.by_start.get(&start));
        let ending = end_of(text).and_then(|end| self.by_end.get(&end));
        starting.into_iter().chain(ending).flatten().chain(&self.floating).any(|pattern| pattern.matches(plate))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shouhu_plate::WatchIndex;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_matches_is_kept_out(
            wanted in proptest::collection::vec("[AB8OD01?*]{1,5}[A8B0?*]{1,3}", 1..20), gone in 0..20_usize,
            read in "[AB8OD01]{3,7}", other in "[AB8OD01]{3,7}",
        ) {
            let (mut index, mut sieve) = (WatchIndex::<usize>::default(), Sieve::default());
            let wanted: Vec<Pattern> = wanted.iter().filter_map(|text| Pattern::parse(text).ok()).collect();
            for (key, pattern) in wanted.iter().enumerate() {
                index.insert(pattern, key);
                sieve.add(pattern);
            }
            for (key, pattern) in wanted.iter().enumerate().take(gone) {
                index.remove(pattern, key);
                sieve.take(pattern);
            }
            let (Ok(read), Ok(plate)) = (Plate::parse(&read), Plate::parse(&other)) else { return Ok(()) };
            let alternatives = [shouhu_wire::Alternative { plate: other, probability: 0.3 }];
            let reading = Reading { plate: &read, alternatives: &alternatives, is_claimed: false };
            prop_assert!(index.find(&read, &[plate]).is_empty() || sieve.lets_through(&reading));
            if gone >= wanted.len() {
                prop_assert!(!sieve.lets_through(&reading), "an empty list lets nothing through");
            }
        }
    }
}
