//! Expected reports per place over the days after the as-of time, with how sure that is.
//!
//! A place's expectation is a sum of one amount per report, `m = Σ w_i`. Had history been drawn again, each report would have come a
//! Poisson(1) number of times (the Poisson bootstrap, Hanley & MacGibbon 2006, Computer Methods and Programs in Biomedicine 83(1)),
//! which gives the sum the variance `v = Σ w_i²`. So the place speaks with the weight of `m²/v` equal reports (Kish 1965, Survey
//! Sampling, §11.7). The interval is Fay & Feuer's for a weighted sum of counts (1997, Statistics in Medicine 16): the gamma of mean m
//! and variance v below, and above the gamma of mean m + w and variance v + w², where w is the most that one report gives to any
//! place. With equal amounts these are the limits of a count (Garwood 1936, Biometrika 28). It comes in one pass and needs no seed.
//! The plain posterior, without w, held the truth too seldom; this one holds it a little too often (`tests/intervals.rs`). Where
//! nothing was ever reported it runs from 0 to three such reports, so a place of which nothing is known does not look safe.
//!
//! What it does not hold: doubt about the model's shapes and yields, and that a report can be off by a street.
#![allow(clippy::indexing_slicing, reason = "every index is a place of the ground that sized the lists")]

use thiserror::Error;

use crate::gamma;
use crate::ground::{Ground, PlaceNo};
use crate::model::{Model, ModelError, amount, check_reach};
use crate::training::TrainingSet;

/// Below this many effective reports a place is shown as "too little data": the 90 % interval then spans a factor of 9.5 or more.
pub const EFFECTIVE_REPORTS_MIN: f64 = 3.0;

/// A year; a longer window is a question for planning and not for patrol.
const HORIZON_DAYS_MAX: f64 = 366.0;

/// An amount below this changes no figure and is not worth a walk over the ground.
const AMOUNT_MIN: f64 = 1e-12;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum SurfaceError {
    #[error("a window of {horizon_days} days is not between 0 and {HORIZON_DAYS_MAX}")]
    Horizon { horizon_days: f64 },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("none of the {reports} reports lies on the ground")]
    AllOutside { reports: usize },
}

/// How much a reading rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    Enough {
        effective_reports: f64,
    },
    /// Show this in words and not as a colour: a quiet place and an unknown one look alike.
    TooLittle {
        effective_reports: f64,
    },
}

/// What is known of one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Reports expected in the window.
    pub expected: f64,
    /// The interval of that expectation. Counts scatter more: a Poisson about it.
    pub low: f64,
    pub high: f64,
    /// The chance of at least one report in the window, from the gamma of mean m mixed over a Poisson: `1 - (1 + v/m)^(-m²/v)`. 0 where
    /// nothing was ever reported, which is no promise: look at `high` and `evidence`.
    pub chance_of_any: f64,
    pub evidence: Evidence,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    as_of_us: i64,
    horizon_days: f64,
    expected: Vec<f64>,
    variance: Vec<f64>,
    /// The most that one report gives to one place.
    heaviest: f64,
    outside: usize,
}

impl Model {
    /// Expected reports per place in the `horizon_days` after the training set's as-of time.
    ///
    /// First generation only: what a report inside the window would bring within the same window is left out. Over a week that is
    /// little; over months it lowers all places that near repeats dominate.
    pub fn surface(&self, training: &TrainingSet, ground: &Ground, horizon_days: f64) -> Result<Surface, SurfaceError> {
        if !(horizon_days.is_finite() && horizon_days > 0.0 && horizon_days <= HORIZON_DAYS_MAX) {
            return Err(SurfaceError::Horizon { horizon_days });
        }
        check_reach(self.triggers().iter().map(|&(trigger, _)| trigger), ground)?;
        let groups = self.by_reach();
        let even = self.even_per_day() * horizon_days / ground.total_measure();
        let mut expected: Vec<f64> = ground.measures().iter().map(|measure| even * measure).collect();
        let mut variance: Vec<f64> = expected.iter().map(|share| share * share).collect();
        let mut one_report = vec![0.0; ground.places()];
        let (mut touched, mut buffer) = (Vec::new(), Vec::new());
        let (mut outside, mut heaviest) = (0, 0.0f64);
        for report in training.reports() {
            let Some(home) = ground.place_of(report.at()) else {
                outside += 1;
                continue;
            };
            for (reach_m, lives) in &groups {
                let amount = amount(lives, report, training.as_of_us(), horizon_days);
                if amount < AMOUNT_MIN {
                    continue;
                }
                ground.spread((report.at(), home), *reach_m, amount, &mut buffer, |place, share| {
                    if one_report[place] <= 0.0 {
                        touched.push(place);
                    }
                    one_report[place] += share;
                });
            }
            // A place may stand in `touched` twice where a share was too small to count; the second time there is nothing left.
            for place in touched.drain(..) {
                let share: f64 = std::mem::take(&mut one_report[place]);
                expected[place] += share;
                variance[place] += share * share;
                heaviest = heaviest.max(share);
            }
        }
        if outside == training.reports().len() {
            return Err(SurfaceError::AllOutside { reports: outside });
        }
        Ok(Surface { as_of_us: training.as_of_us(), horizon_days, expected, variance, heaviest, outside })
    }
}

impl Surface {
    /// Reports expected in the window, by place.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    #[must_use]
    pub fn total(&self) -> f64 {
        self.expected.iter().sum()
    }

    /// How many reports lay on no place and were left out.
    #[must_use]
    pub const fn outside(&self) -> usize {
        self.outside
    }

    #[must_use]
    pub const fn as_of_us(&self) -> i64 {
        self.as_of_us
    }

    #[must_use]
    pub const fn horizon_days(&self) -> f64 {
        self.horizon_days
    }

    /// What is known of a place, with an equal-tailed interval of the given level such as 0.9; none for a place that is not on the
    /// ground or a level outside (0, 1).
    #[must_use]
    pub fn reading(&self, place: PlaceNo, level: f64) -> Option<Reading> {
        let (&expected, &variance) = (self.expected.get(place.index())?, self.variance.get(place.index())?);
        if !(level > 0.0 && level < 1.0) {
            return None;
        }
        let tail = (1.0 - level) / 2.0;
        let effective_reports = if variance > 0.0 { expected * expected / variance } else { 0.0 };
        let evidence = if effective_reports < EFFECTIVE_REPORTS_MIN {
            Evidence::TooLittle { effective_reports }
        } else {
            Evidence::Enough { effective_reports }
        };
        let scale = if expected > 0.0 { variance / expected } else { 0.0 };
        Some(Reading {
            expected,
            low: limit(expected, variance, tail),
            high: limit(expected + self.heaviest, variance + self.heaviest * self.heaviest, 1.0 - tail),
            chance_of_any: -(-effective_reports * scale.ln_1p()).exp_m1(),
            evidence,
        })
    }
}

/// The point below which a gamma of this mean and variance stays with chance `share`; the mean itself where there is no variance.
fn limit(mean: f64, variance: f64, share: f64) -> f64 {
    if mean <= 0.0 || variance <= 0.0 {
        return mean;
    }
    variance / mean * gamma::quantile(mean * mean / variance, share)
}
