//! From a surface to patrol visits, with limits that the surface cannot override.
//!
//! A part of the visits explores: it goes to every area alike, so that no area is left to nobody's eyes and the surface can be checked
//! where it says that nothing happens (Ensign et al. 2018, PMLR 81). Each area (a village, 里) has a floor and a cap on its share. Where
//! within an area a visit goes is drawn by seed, so that a watcher cannot read tomorrow off yesterday; the draw moves no share between
//! areas, so floors and caps hold on every day and not only on average.
#![allow(clippy::indexing_slicing, reason = "areas are checked against the limits and places against the areas before use")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum DoseError {
    #[error("there are {expected} expectations, {measures} measures and {areas} areas; each place needs one of each")]
    Lengths { expected: usize, measures: usize, areas: usize },
    #[error(
        "place {place} has an expectation of {expected} and a measure of {measure}; finite, from zero up and above zero are needed"
    )]
    Place { place: usize, expected: f64, measure: f64 },
    #[error("place {place} is in area {area}, for which there are no limits")]
    NoLimits { place: usize, area: usize },
    #[error("area {area} has no place to visit but a floor of {floor}")]
    EmptyArea { area: usize, floor: f64 },
    #[error("area {area} has a floor of {floor} and a cap of {cap}; 0 <= floor <= cap <= 1 is needed")]
    Limits { area: usize, floor: f64, cap: f64 },
    #[error("the floors sum to {floors} and the caps to {caps}; no shares that sum to 1 lie between them")]
    Impossible { floors: f64, caps: f64 },
    #[error("an exploration share of {exploration} and a surprise of {surprise} must be from 0 to 1 and from 0 to 3")]
    Rules { exploration: f64, surprise: f64 },
}

/// The least and the most of all visits that one area may get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaLimits {
    pub floor: f64,
    pub cap: f64,
}

impl AreaLimits {
    /// Limits in multiples of an even share: `even(20, 0.5, 2.0)` gives each of 20 areas 2.5 % to 10 %.
    #[must_use]
    pub fn even(areas: usize, floor: f64, cap: f64) -> Vec<Self> {
        let share = 1.0 / areas.max(1) as f64;
        vec![Self { floor: floor * share, cap: (cap * share).min(1.0) }; areas]
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoseRules {
    /// The share of visits that pays no heed to the surface, 0 to 1.
    pub exploration: f64,
    /// How far chance bends the weights within an area: each is multiplied by `exp(surprise · Gumbel)`, as in a logit choice.
    /// 0 leaves them.
    pub surprise: f64,
}

impl Default for DoseRules {
    /// A fifth explores. Half a Gumbel makes the better of two places that differ by a factor of two come first four times in five.
    fn default() -> Self {
        Self { exploration: 0.2, surprise: 0.5 }
    }
}

/// Shares of visits; both lists sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Dose {
    /// By place, as risk for a patrol plan's stops.
    pub places: Vec<f64>,
    /// By area; the same for every seed.
    pub areas: Vec<f64>,
}

/// Turns a surface into shares of visits. `expected` and `measures` are by place, `area_of` says each place's area, `limits` is by area.
pub fn share_of_dose(
    expected: &[f64],
    measures: &[f64],
    area_of: &[usize],
    limits: &[AreaLimits],
    rules: DoseRules,
    seed: u64,
) -> Result<Dose, DoseError> {
    check(expected, measures, area_of, limits, rules)?;
    let (mut risk, mut measure) = (vec![0.0; limits.len()], vec![0.0; limits.len()]);
    for (place, &area) in area_of.iter().enumerate() {
        risk[area] += expected[place];
        measure[area] += measures[place];
    }
    let open: Vec<bool> = measure.iter().map(|&measure| measure > 0.0).collect();
    if let Some(area) = (0..limits.len()).find(|&area| !open[area] && limits[area].floor > 0.0) {
        return Err(DoseError::EmptyArea { area, floor: limits[area].floor });
    }
    let areas = area_shares(&risk, &open, limits, rules.exploration)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut places: Vec<f64> = (0..expected.len())
        .map(|place| {
            let area = area_of[place];
            let by_risk = if risk[area] > 0.0 { expected[place] / risk[area] } else { 0.0 };
            let by_measure = measures[place] / measure[area];
            let explored = if risk[area] > 0.0 { rules.exploration } else { 1.0 };
            let weight = (1.0 - explored) * by_risk + explored * by_measure;
            weight * (rules.surprise * gumbel(&mut rng)).exp()
        })
        .collect();
    let mut sums = vec![0.0; limits.len()];
    for (place, &area) in area_of.iter().enumerate() {
        sums[area] += places[place];
    }
    for (place, &area) in area_of.iter().enumerate() {
        // Without exploration an area's whole risk may lie on one place, but it is above zero there.
        places[place] *= areas[area] / sums[area];
    }
    Ok(Dose { places, areas })
}

fn check(
    expected: &[f64],
    measures: &[f64],
    area_of: &[usize],
    limits: &[AreaLimits],
    rules: DoseRules,
) -> Result<(), DoseError> {
    if expected.is_empty() || expected.len() != measures.len() || expected.len() != area_of.len() {
        return Err(DoseError::Lengths { expected: expected.len(), measures: measures.len(), areas: area_of.len() });
    }
    let DoseRules { exploration, surprise } = rules;
    if !((0.0..=1.0).contains(&exploration) && (0.0..=3.0).contains(&surprise)) {
        return Err(DoseError::Rules { exploration, surprise });
    }
    for (area, &AreaLimits { floor, cap }) in limits.iter().enumerate() {
        if !(floor >= 0.0 && floor <= cap && cap <= 1.0) {
            return Err(DoseError::Limits { area, floor, cap });
        }
    }
    for (place, ((&expected, &measure), &area)) in expected.iter().zip(measures).zip(area_of).enumerate() {
        if !(expected.is_finite() && expected >= 0.0 && measure.is_finite() && measure > 0.0) {
            return Err(DoseError::Place { place, expected, measure });
        }
        if area >= limits.len() {
            return Err(DoseError::NoLimits { place, area });
        }
    }
    Ok(())
}

/// Shares by risk and exploration, scaled by one factor and cut at floors and caps until they sum to 1. The factor is found by halving:
/// the sum only grows with it.
fn area_shares(risk: &[f64], open: &[bool], limits: &[AreaLimits], exploration: f64) -> Result<Vec<f64>, DoseError> {
    let total: f64 = risk.iter().sum();
    let areas_open = open.iter().filter(|&&is_open| is_open).count() as f64;
    // Nothing known anywhere: all of it explores.
    let exploration = if total > 0.0 { exploration } else { 1.0 };
    let wanted = |area: usize| {
        let by_risk = if total > 0.0 { risk[area] / total } else { 0.0 };
        // The hair keeps an area without risk open to what the caps of the others leave over.
        ((1.0 - exploration) * by_risk + exploration / areas_open).max(1e-12)
    };
    let cap = |area: usize| if open[area] { limits[area].cap } else { 0.0 };
    let (floors, caps) = (limits.iter().map(|one| one.floor).sum::<f64>(), (0..limits.len()).map(cap).sum::<f64>());
    if floors > 1.0 + 1e-9 || caps < 1.0 - 1e-9 {
        return Err(DoseError::Impossible { floors, caps });
    }
    let share = |area: usize, factor: f64| (factor * wanted(area)).clamp(limits[area].floor.min(cap(area)), cap(area));
    let sum = |factor: f64| (0..limits.len()).map(|area| share(area, factor)).sum::<f64>();
    let (mut low, mut high) = (0.0, 1.0);
    while sum(high) < 1.0 && high < 1e15 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if sum(middle) < 1.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok((0..limits.len()).map(|area| share(area, high)).collect())
}

/// Standard Gumbel, from a uniform in (0, 1).
fn gumbel(rng: &mut ChaCha8Rng) -> f64 {
    let uniform = ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    -(-uniform.ln()).ln()
}
