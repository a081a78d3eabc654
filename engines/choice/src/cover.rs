//! Expected covered demand, and what one idle unit more or less changes.
//!
//! A demand point with `k` idle units in reach is served in time unless all of them turn out busy: with an independent
//! busy share `q` it is covered with probability `1 − q^k` (MEXCLP, Daskin 1983), and the `k`-th unit alone adds
//! `q^(k−1)·(1 − q)`. Evaluated over the units that are idle now, this is the dynamic form of Jagtenberg, Bhulai & van
//! der Mei 2015 (DMEXCLP).

use serde::{Deserialize, Serialize};

/// The demand points that a unit reaches in time from where it stands, one bit each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    words: Vec<u64>,
}

impl Reach {
    /// From the travel time to every demand point, in their order; NaN and infinity are out of reach.
    pub fn within(times_s: impl IntoIterator<Item = f64>, threshold_s: f64) -> Self {
        let mut words = Vec::new();
        for (point, time_s) in times_s.into_iter().enumerate() {
            let bit = u64::from(time_s <= threshold_s) << (point % 64);
            match words.get_mut(point / 64) {
                Some(word) => *word |= bit,
                None => words.push(bit),
            }
        }
        Self { words }
    }

    #[must_use]
    pub fn covers(&self, point: usize) -> bool {
        self.words.get(point / 64).is_some_and(|word| word >> (point % 64) & 1 == 1)
    }

    pub fn points(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| bits(index, *word))
    }

    /// What this reaches and `other` does not.
    fn without(&self, other: &Self) -> impl Iterator<Item = usize> {
        let others = other.words.iter().copied().chain(std::iter::repeat(0));
        self.words.iter().zip(others).enumerate().flat_map(|(index, (mine, theirs))| bits(index, mine & !theirs))
    }
}

fn bits(index: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then_some(word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(index * 64 + bit)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CoverError {
    #[error("demand point {point} has the weight {weight}; weights are finite and not below zero")]
    Weight { point: usize, weight: f64 },
    #[error("no demand point has a weight above zero")]
    NoDemand,
    #[error("busy share {0} is not in [0, 1)")]
    BusyShare(f64),
}

/// Where calls come from, and how busy units are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// Shares of the demand; their sum is 1.
    shares: Vec<f64>,
    busy_share: f64,
}

impl Cover {
    /// `weights`: expected calls per demand point, in any unit. `busy_share`: of a unit's duty time.
    ///
    /// # Errors
    /// When a weight is no weight, all are zero, or the busy share is outside `[0, 1)`.
    pub fn new(weights: &[f64], busy_share: f64) -> Result<Self, CoverError> {
        if !(0.0..1.0).contains(&busy_share) {
            return Err(CoverError::BusyShare(busy_share));
        }
        let is_wrong = |weight: &f64| !weight.is_finite() || *weight < 0.0;
        if let Some((point, weight)) = weights.iter().enumerate().find(|(_, weight)| is_wrong(weight)) {
            return Err(CoverError::Weight { point, weight: *weight });
        }
        let total: f64 = weights.iter().sum();
        if total <= 0.0 || !total.is_finite() {
            return Err(CoverError::NoDemand);
        }
        Ok(Self { shares: weights.iter().map(|weight| weight / total).collect(), busy_share })
    }

    #[must_use]
    pub fn points(&self) -> usize {
        self.shares.len()
    }

    /// The cover that these idle units give together.
    #[must_use]
    pub fn by<'a>(&self, idle: impl IntoIterator<Item = &'a Reach>) -> Covered<'_> {
        let mut counts = vec![0u32; self.shares.len()];
        let mut deepest = 0;
        for reach in idle {
            for point in reach.points() {
                if let Some(count) = counts.get_mut(point) {
                    *count += 1;
                    deepest = deepest.max(*count);
                }
            }
        }
        // One table of powers instead of one power per point: the powers are the costly part of a choice.
        let powers: Vec<f64> =
            std::iter::successors(Some(1.0), |power| Some(power * self.busy_share)).take(deepest as usize + 1).collect();
        let power = |count: u32| powers.get(count as usize).copied().unwrap_or(0.0);
        let is_free = 1.0 - self.busy_share;
        let rows = self.shares.iter().zip(&counts);
        let next = rows.clone().map(|(share, count)| share * is_free * power(*count)).collect();
        let last =
            rows.map(|(share, count)| count.checked_sub(1).map_or(0.0, |before| share * is_free * power(before))).collect();
        let expected_share = self.shares.iter().zip(&counts).map(|(share, count)| share * (1.0 - power(*count))).sum();
        Covered { expected_share, next, last, cover: self }
    }
}

/// The cover by one set of idle units. All values are shares of the whole demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Covered<'a> {
    cover: &'a Cover,
    expected_share: f64,
    /// Per demand point: what one more unit would add.
    next: Vec<f64>,
    /// Per demand point: what the last of its units adds.
    last: Vec<f64>,
}

impl Covered<'_> {
    /// The expected share of the demand that an idle unit reaches in time.
    #[must_use]
    pub const fn expected_share(&self) -> f64 {
        self.expected_share
    }

    #[must_use]
    pub const fn cover(&self) -> &Cover {
        self.cover
    }

    /// What is lost when one of the set's units leaves.
    #[must_use]
    pub fn loss(&self, reach: &Reach) -> f64 {
        reach.points().map(|point| at(&self.last, point)).sum()
    }

    /// What another unit would add.
    #[must_use]
    pub fn gain(&self, reach: &Reach) -> f64 {
        reach.points().map(|point| at(&self.next, point)).sum()
    }

    /// What changes when one of the set's units stands elsewhere; points that it reaches from both places stay as they are.
    #[must_use]
    pub fn change(&self, from: &Reach, to: &Reach) -> f64 {
        let won: f64 = to.without(from).map(|point| at(&self.next, point)).sum();
        let lost: f64 = from.without(to).map(|point| at(&self.last, point)).sum();
        won - lost
    }
}

fn at(values: &[f64], point: usize) -> f64 {
    values.get(point).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The expected covered share by the definition: over every subset of units that may be busy, its probability times
    /// the demand that a unit outside it reaches.
    fn enumerated(weights: &[f64], busy_share: f64, units: &[Reach]) -> f64 {
        let total: f64 = weights.iter().sum();
        let mut expected = 0.0;
        for busy in 0u32..1 << units.len() {
            let is_busy = |unit: usize| busy >> unit & 1 == 1;
            let probability: f64 =
                (0..units.len()).map(|unit| if is_busy(unit) { busy_share } else { 1.0 - busy_share }).product();
            let is_covered = |point: usize| (0..units.len()).any(|unit| !is_busy(unit) && units[unit].covers(point));
            let covered: f64 =
                weights.iter().enumerate().filter(|(point, _)| is_covered(*point)).map(|(_, weight)| weight / total).sum();
            expected += probability * covered;
        }
        expected
    }

    fn cases() -> impl Strategy<Value = (Vec<f64>, f64, Vec<Reach>)> {
        (1usize..90).prop_flat_map(|points| {
            let reach = proptest::collection::vec(0.0..600.0f64, points).prop_map(|times| Reach::within(times, 200.0));
            (proptest::collection::vec(0.01..9.0f64, points), 0.0..0.99f64, proptest::collection::vec(reach, 1..7))
        })
    }

    proptest! {
        #[test]
        fn cover_is_what_enumeration_of_all_busy_subsets_gives((weights, q, units) in cases()) {
            let cover = Cover::new(&weights, q).unwrap();
            let ours = cover.by(&units).expected_share();
            prop_assert!((ours - enumerated(&weights, q, &units)).abs() < 1e-9);
        }

        #[test]
        fn loss_gain_and_change_are_differences_of_cover((weights, q, units) in cases()) {
            let cover = Cover::new(&weights, q).unwrap();
            let all = cover.by(&units);
            let (first, others) = units.split_first().unwrap();
            let fewer = cover.by(others);
            prop_assert!((all.loss(first) - (all.expected_share() - fewer.expected_share())).abs() < 1e-9);
            prop_assert!((fewer.gain(first) - all.loss(first)).abs() < 1e-9);
            let elsewhere = others.last().unwrap_or(first);
            let moved = cover.by(others.iter().chain([elsewhere]));
            prop_assert!((all.change(first, elsewhere) - (moved.expected_share() - all.expected_share())).abs() < 1e-9);
        }
    }

    #[test]
    fn a_travel_time_that_is_no_number_is_out_of_reach() {
        let reach = Reach::within([f64::NAN, f64::INFINITY, 10.0, 10.1], 10.0);
        assert_eq!(reach.points().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn rubbish_is_refused_with_its_place() {
        assert_eq!(Cover::new(&[1.0, -2.0], 0.5), Err(CoverError::Weight { point: 1, weight: -2.0 }));
        assert_eq!(Cover::new(&[0.0], 0.5), Err(CoverError::NoDemand));
        assert_eq!(Cover::new(&[1.0], 1.0), Err(CoverError::BusyShare(1.0)));
        assert!(Cover::new(&[1.0], f64::NAN).is_err());
    }
}
