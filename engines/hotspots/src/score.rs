//! How good a forecast was.
//!
//! | measure | formula | source |
//! |---|---|---|
//! | PAI | `(n/N) / (a/A)` | Chainey, Tompson & Uhlig 2008, Security Journal 21 |
//! | PEI* | `PAI / PAI*`, where PAI* is the best that any choice of the same area on the same places could reach | Hunt 2016 (PhD thesis, CUNY); NIJ challenge 2016 |
//! | log score | `Σ ln Λ(place of report) - Σ Λ` | the Poisson likelihood of the counts, less `ln n!`, which no forecast changes |
//!
//! PAI alone favours tiny areas and one lucky hit; give it with its n and N.
#![allow(clippy::indexing_slicing, reason = "every index is a place of the ground that sized the lists")]

use thiserror::Error;

use crate::event::Report;
use crate::ground::{Ground, PlaceNo};
use crate::surface::Surface;

#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ScoreError {
    #[error("an area of {area} is not between 0 and the ground's {total}")]
    Area { area: f64, total: f64 },
    #[error("an area of {area} does not hold one place")]
    NoPlaceFits { area: f64 },
}

/// What a forecast area caught.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// n: reports in the forecast area.
    pub hits: usize,
    /// The most reports that places of the same total measure could have caught.
    pub best_hits: usize,
    /// N: reports on the ground.
    pub reports: usize,
    /// a and A, in the ground's measure.
    pub area: f64,
    pub total_area: f64,
}

impl Score {
    /// Prediction accuracy index; none when nothing happened. 1 is what an area chosen blindly gets.
    #[must_use]
    pub fn pai(&self) -> Option<f64> {
        (self.reports > 0).then(|| (self.hits as f64 / self.reports as f64) / (self.area / self.total_area))
    }

    /// Prediction efficiency index, 0 to 1; none when nothing happened. Equal areas leave `n / n*`.
    #[must_use]
    pub fn pei_star(&self) -> Option<f64> {
        (self.best_hits > 0).then(|| self.hits as f64 / self.best_hits as f64)
    }

    /// Sums over windows of one area choice: the PAI of the sum is steadier than a mean of PAIs with few hits each.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            best_hits: self.best_hits + other.best_hits,
            reports: self.reports + other.reports,
            area: self.area,
            total_area: self.total_area,
        }
    }
}

/// Every place by falling density of `worth`; ties go to the lower number, so that one surface gives one map.
#[must_use]
pub fn ranking(ground: &Ground, worth: &[f64]) -> Vec<PlaceNo> {
    let densities = worth.iter().zip(ground.measures()).map(|(worth, measure)| worth / measure);
    let mut order: Vec<(f64, PlaceNo)> = densities.zip((0..).map(PlaceNo)).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, place)| place).collect()
}

/// The first places of a ranking whose measures fit into `area`.
///
/// For places of one size that is the best choice; for streets of many lengths it is the usual greedy one.
pub fn hottest<'a>(ground: &Ground, ranking: &'a [PlaceNo], area: f64) -> Result<&'a [PlaceNo], ScoreError> {
    let total = ground.total_measure();
    if !(area > 0.0 && area <= total) {
        return Err(ScoreError::Area { area, total });
    }
    let mut taken = 0.0;
    // A whole number of equal cells must fit although their sum in floating point may exceed it by a hair.
    let is_over = |place: &PlaceNo| {
        taken += ground.measures()[place.index()];
        taken > area * (1.0 + 1e-9)
    };
    let fitting = ranking.iter().position(is_over).unwrap_or(ranking.len());
    match ranking.get(..fitting) {
        Some(chosen) if !chosen.is_empty() => Ok(chosen),
        _ => Err(ScoreError::NoPlaceFits { area }),
    }
}

/// Reports on each place, and so without those outside the ground.
#[must_use]
pub fn counts(ground: &Ground, reports: &[Report]) -> Vec<f64> {
    let mut counts = vec![0.0; ground.places()];
    for place in reports.iter().filter_map(|report| ground.place_of(report.at())) {
        counts[place.index()] += 1.0;
    }
    counts
}

/// Scores the surface's hottest places against what was then reported, once for each area asked for.
pub fn score(ground: &Ground, surface: &Surface, then: &[Report], areas: &[f64]) -> Result<Vec<Score>, ScoreError> {
    let counts = counts(ground, then);
    let caught = |places: &[PlaceNo]| places.iter().map(|place| counts[place.index()]).sum::<f64>() as usize;
    let (by_surface, by_truth) = (ranking(ground, surface.expected()), ranking(ground, &counts));
    let one = |&area: &f64| {
        let chosen = hottest(ground, &by_surface, area)?;
        Ok(Score {
            hits: caught(chosen),
            best_hits: caught(hottest(ground, &by_truth, area)?),
            reports: counts.iter().sum::<f64>() as usize,
            area: chosen.iter().map(|place| ground.measures()[place.index()]).sum(),
            total_area: ground.total_measure(),
        })
    };
    areas.iter().map(one).collect()
}

/// The Poisson log-likelihood of what was then reported; minus infinity when a report fell where the surface had zero.
#[must_use]
pub fn log_score(ground: &Ground, surface: &Surface, then: &[Report]) -> f64 {
    let counts = counts(ground, then);
    let pairs = surface.expected().iter().zip(&counts);
    pairs.map(|(&expected, &count)| if count > 0.0 { count * expected.ln() - expected } else { -expected }).sum()
}
