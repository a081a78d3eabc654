//! Which plates passed here and then there?

use super::asking::{Asking, checked_sources, in_range, moments_of};
use super::{Answer, AskError, Limits, View};
use crate::code::PlateCode;
use crate::part::{Want, Window};
use crate::row::{DAY_MS, Seen};

/// A passage of A and a later one of B by the same plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct APassing {
    pub plate: PlateCode,
    pub source_a: u32,
    pub at_a_ms: i64,
    pub source_b: u32,
    pub at_b_ms: i64,
}

/// Every pair of a passage at one of `a` and a later one at one of `b` less than `within_ms` after it, both within the
/// window, newest A first, then newest B.
///
/// # Errors
/// When the window is empty, a set names no or too many sources, or `within_ms` is not between 1 ms and a day.
pub fn ask(
    view: &View,
    a: &[u32],
    b: &[u32],
    window: Window,
    within_ms: i64,
    limits: Limits<'_>,
) -> Result<Answer<APassing>, AskError> {
    let mut asking = Asking::new(view, window, limits)?;
    in_range("the time between A and B in milliseconds", within_ms, 1, DAY_MS)?;
    let (a, b) = (checked_sources(a)?, checked_sources(b)?);
    // Asked together: what a part unpacks for one set serves the other too.
    let mut sources = [a.as_slice(), b.as_slice()].concat();
    sources.sort_unstable();
    sources.dedup();
    let moments = moments_of(&sources, window);
    let is_of: Vec<(bool, bool)> =
        sources.iter().map(|source| (a.binary_search(source).is_ok(), b.binary_search(source).is_ok())).collect();
    let (mut of_a, mut of_b): (Vec<Passing>, Vec<Passing>) = (Vec::new(), Vec::new());
    let mut plates_of_a = Sieve::new();
    asking.at_moments(&moments, Want::Bare, &mut |moment, seen| {
        let (is_of_a, is_of_b) = is_of.get(moment).copied().unwrap_or_default();
        if is_of_a {
            plates_of_a.add(seen.plate);
            of_a.push(passing(seen));
        }
        if is_of_b {
            of_b.push(passing(seen));
        }
    });
    of_b.retain(|(plate, ..)| plates_of_a.may_hold(*plate));
    for rows in [&mut of_a, &mut of_b] {
        rows.sort_unstable();
        rows.dedup();
    }
    let mut pairs = pairs_of(&mut asking, &of_a, &of_b, within_ms);
    pairs.sort_unstable_by_key(|pair| std::cmp::Reverse((pair.at_a_ms, pair.at_b_ms, pair.plate, pair.source_a, pair.source_b)));
    Ok(asking.answer(pairs))
}

/// Plate, time, source: sorts by plate and time.
type Passing = (PlateCode, i64, u32);

const fn passing(seen: Seen) -> Passing {
    (seen.plate, seen.at_ms, seen.source)
}

fn pairs_of(asking: &mut Asking<'_>, of_a: &[Passing], of_b: &[Passing], within_ms: i64) -> Vec<APassing> {
    let mut pairs = Vec::new();
    // Rises with A: every row of B before it is of an earlier plate or not after A's time.
    let mut start = 0;
    for (index, (plate, at_a_ms, source_a)) in of_a.iter().enumerate() {
        if index.is_multiple_of(1_024) && !asking.goes_on() {
            break;
        }
        let rest = of_b.get(start..).unwrap_or_default();
        start += rest.iter().take_while(|(other, at_ms, _)| (*other, *at_ms) <= (*plate, *at_a_ms)).count();
        let later = of_b.get(start..).unwrap_or_default();
        for (_, at_b_ms, source_b) in later.iter().take_while(|(other, at_ms, _)| other == plate && at_ms - at_a_ms < within_ms) {
            if pairs.len() > super::asking::GATHERED_MAX {
                asking.note(super::Partial::Limit { limit: super::asking::GATHERED_MAX });
                return pairs;
            }
            pairs.push(APassing {
                plate: *plate,
                source_a: *source_a,
                at_a_ms: *at_a_ms,
                source_b: *source_b,
                at_b_ms: *at_b_ms,
            });
        }
    }
    pairs
}

/// Which plates were added, by one bit of a hash: keeps most others out before they are sorted.
pub(super) struct Sieve {
    bits: Vec<u64>,
}

impl Sieve {
    /// 32 KiB: a day of ten cameras fills a tenth of it, and it stays in the nearest cache.
    const BITS_LOG2: u32 = 18;

    pub fn new() -> Self {
        Self { bits: vec![0; 1 << (Self::BITS_LOG2 - 6)] }
    }

    const fn place(plate: PlateCode) -> (usize, u64) {
        // Fibonacci hashing: the golden ratio spreads neighbouring plates over the whole table.
        let hash = plate.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS_LOG2);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    pub fn add(&mut self, plate: PlateCode) {
        let (word, bit) = Self::place(plate);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
    }

    pub fn may_hold(&self, plate: PlateCode) -> bool {
        let (word, bit) = Self::place(plate);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{whole, window, world};
    use super::*;

    proptest! {
        #[test]
        fn pairs_are_all_of_a_with_all_later_of_b(
            world in world(), window in window(), a in proptest::collection::vec(0..8_u32, 1..4),
            b in proptest::collection::vec(0..8_u32, 1..4), within_ms in 1..40_i64,
        ) {
            let within_ms = within_ms * 60_000;
            let mut expected = Vec::new();
            for x in &world.all {
                for y in &world.all {
                    let is_pair = x.plate == y.plate && a.contains(&x.source) && b.contains(&y.source) && y.at_ms > x.at_ms;
                    if is_pair && y.at_ms < x.at_ms + within_ms && window.holds(x.at_ms) && window.holds(y.at_ms) {
                        expected.push(APassing { plate: x.plate, source_a: x.source, at_a_ms: x.at_ms, source_b: y.source, at_b_ms: y.at_ms });
                    }
                }
            }
            expected.sort_by_key(|p| std::cmp::Reverse((p.at_a_ms, p.at_b_ms, p.plate, p.source_a, p.source_b)));
            prop_assert_eq!(whole(|limits| ask(&world.view, &a, &b, window, within_ms, limits)), expected);
        }
    }
}
