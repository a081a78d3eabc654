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

/// The places of highest density whose measures fit into `area`; ties go to the lower number.
///
/// For places of one size that is the best choice; for streets of many lengths it is the usual greedy one.
pub fn hottest(ground: &Ground, worth: &[f64], area: f64) -> Result<Vec<PlaceNo>, ScoreError> {
    let total = ground.total_measure();
    if !(area > 0.0 && area <= total) {
        return Err(ScoreError::Area { area, total });
    }
    let measures = ground.measures();
    let density = |place: u32| worth[place as usize] / measures[place as usize];
    let mut order: Vec<u32> = (0..measures.len() as u32).collect();
    order.sort_by(|&a, &b| density(b).total_cmp(&density(a)).then(a.cmp(&b)));
    let mut left = area;
    let mut chosen = Vec::new();
    for place in order {
        let measure = measures[place as usize];
        // A whole number of equal cells must fit although their sum in floating point may exceed it by a hair.
        if measure > left * (1.0 + 1e-9) {
            break;
        }
        left -= measure;
        chosen.push(PlaceNo(place));
    }
    if chosen.is_empty() {
        return Err(ScoreError::NoPlaceFits { area });
    }
    Ok(chosen)
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

/// Scores the surface's hottest places of the given area against what was then reported.
pub fn score(ground: &Ground, surface: &Surface, then: &[Report], area: f64) -> Result<Score, ScoreError> {
    let counts = counts(ground, then);
    let caught = |places: &[PlaceNo]| places.iter().map(|place| counts[place.index()]).sum::<f64>() as usize;
    let chosen = hottest(ground, surface.expected(), area)?;
    let best = hottest(ground, &counts, area)?;
    Ok(Score {
        hits: caught(&chosen),
        best_hits: caught(&best),
        reports: counts.iter().sum::<f64>() as usize,
        area: chosen.iter().map(|place| ground.measures()[place.index()]).sum(),
        total_area: ground.total_measure(),
    })
}

/// The Poisson log-likelihood of what was then reported; minus infinity when a report fell where the surface had zero.
#[must_use]
pub fn log_score(ground: &Ground, surface: &Surface, then: &[Report]) -> f64 {
    let counts = counts(ground, then);
    let pairs = surface.expected().iter().zip(&counts);
    pairs.map(|(&expected, &count)| if count > 0.0 { count * expected.ln() - expected } else { -expected }).sum()
}
