//! Hides small numbers, once for every count, so that nothing that the report tells gives one away.
//!
//! Told are the numbers of areas, of what lies outside, and the sum of the areas (every share tells it: number ÷ share). Whoever takes the
//! numbers that are told from that sum has the sum of the hidden ones. So either at least two areas are hidden, and together they
//! have [`TOLD_MIN`] or more, or the sum is not told, and no share either. What lies outside is in no sum.
//!
//! **Invariant:** all tables of a report are made from one [`Told`] of each count; a second one might hide other numbers.

use super::TOLD_MIN;

/// Numbers from 1 to below this are hidden. 0 is told: it is about nobody.
const LEAST: u64 = TOLD_MIN.unsigned_abs();

/// What is told of one count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// By area, and at the end what lies in none.
    cells: Vec<Option<u64>>,
    /// Of the areas.
    total: Option<u64>,
}

/// Areas that are hidden, beside a sum that is told.
#[derive(Default)]
struct Hidden {
    areas: usize,
    sum: u64,
}

impl Hidden {
    const fn add(&mut self, count: u64) {
        self.areas += 1;
        self.sum = self.sum.saturating_add(count);
    }

    const fn is_told_by_the_sum(&self) -> bool {
        self.areas == 1 || (self.areas > 1 && self.sum < LEAST)
    }
}

impl Told {
    /// Of the counts by area, and at the end what lies in none.
    #[must_use]
    pub fn of(counts: &[u64]) -> Self {
        let mut cells: Vec<Option<u64>> = counts.iter().map(|count| Some(*count).filter(|count| !is_small(*count))).collect();
        let areas = areas_of(counts);
        let mut hidden = Hidden::default();
        areas.iter().filter(|count| is_small(**count)).for_each(|count| hidden.add(*count));
        let mut larger: Vec<(u64, usize)> = areas.iter().copied().zip(0..).filter(|(count, _)| *count >= LEAST).collect();
        larger.sort_unstable();
        for (count, index) in larger {
            if !hidden.is_told_by_the_sum() {
                break;
            }
            if let Some(cell) = cells.get_mut(index) {
                *cell = None;
                hidden.add(count);
            }
        }
        let total = sum(areas);
        let is_told = !is_small(total) && !hidden.is_told_by_the_sum();
        Self { cells, total: is_told.then_some(total) }
    }

    /// Everything, as of residents: how many live somewhere is published.
    #[must_use]
    pub fn openly(counts: &[u64]) -> Self {
        Self { cells: counts.iter().copied().map(Some).collect(), total: Some(sum(areas_of(counts))) }
    }

    /// None where it is hidden.
    #[must_use]
    pub fn cell(&self, index: usize) -> Option<u64> {
        self.cells.get(index).copied().flatten()
    }

    /// Of the areas; none where it is hidden, and with it every share.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }
}

fn is_small(count: u64) -> bool {
    (1..LEAST).contains(&count)
}

fn areas_of(counts: &[u64]) -> &[u64] {
    counts.split_last().map(|(_, areas)| areas).unwrap_or_default()
}

fn sum(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(counts: &[u64]) -> (Vec<Option<u64>>, Option<u64>) {
        let told = Told::of(counts);
        ((0..counts.len()).map(|index| told.cell(index)).collect(), told.total())
    }

    #[test]
    fn the_next_larger_is_hidden_with_one_that_its_sum_would_tell() {
        let (s, none) = (Some, None);
        for (counts, cells, total) in [
            (vec![20, 3, 15, 0, 50], vec![s(20), none, none, s(0), s(50)], s(38)),
            (vec![20, 6, 7, 50], vec![s(20), none, none, s(50)], s(33)),
            (vec![20, 4, 5, 50], vec![none, none, none, s(50)], s(29)),
            (vec![20, 4, 0, 50], vec![none, none, s(0), s(50)], s(24)),
            // Nobody is there to hide behind, or all together are few.
            (vec![4, 0, 50], vec![none, s(0), s(50)], none),
            (vec![4, 3, 50], vec![none, none, s(50)], none),
            // What lies outside is hidden by itself.
            (vec![20, 30, 4], vec![s(20), s(30), none], s(50)),
            (vec![0, 0, 0], vec![s(0), s(0), s(0)], s(0)),
            (vec![12], vec![s(12)], s(0)),
            (vec![], vec![], s(0)),
        ] {
            assert_eq!(told(&counts), (cells, total), "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn a_small_number_is_neither_told_nor_left_over(counts in proptest::collection::vec(prop_oneof![0_u64..12, 0_u64..400], 0..12)) {
            let (cells, total) = told(&counts);
            for (count, cell) in counts.iter().zip(&cells) {
                prop_assert!(cell.is_none_or(|told| told == *count && !is_small(told)));
                prop_assert!(!is_small(*count) || cell.is_none());
            }
            let inside = counts.len().saturating_sub(1);
            let hidden: Vec<u64> = counts.iter().zip(&cells).take(inside).filter(|(_, cell)| cell.is_none()).map(|(count, _)| *count).collect();
            if let Some(total) = total {
                prop_assert!(!is_small(total) && hidden.len() != 1, "{counts:?} {cells:?}");
                prop_assert!(hidden.is_empty() || hidden.iter().sum::<u64>() >= LEAST, "{counts:?} {cells:?}");
            }
        }
    }
}
