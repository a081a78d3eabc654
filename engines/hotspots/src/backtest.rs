//! Rolling-origin validation: every window is forecast from what was known when it began.
//!
//! Choose shapes, reaches, lives and areas here, on windows that end before the one that is to be forecast. A choice made on the window
//! itself is no forecast.

use thiserror::Error;

use crate::fit::{FitError, FitSettings};
use crate::ground::Ground;
use crate::model::{Model, Trigger};
use crate::score::{Score, ScoreError, log_score, score};
use crate::surface::{Surface, SurfaceError};
use crate::training::{TrainingError, TrainingSet};

#[derive(Debug, Clone, PartialEq, Error)]
pub enum BacktestError {
    #[error("the window of {as_of_us} to {until_us} µs ends after what is known, {known_us} µs, or before it begins")]
    Window { as_of_us: i64, until_us: i64, known_us: i64 },
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Fit(#[from] FitError),
    #[error(transparent)]
    Surface(#[from] SurfaceError),
    #[error(transparent)]
    Score(#[from] ScoreError),
}

/// What is known at `as_of_us` forecasts `(as_of_us, until_us]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    pub as_of_us: i64,
    pub until_us: i64,
}

impl Fold {
    #[must_use]
    pub fn days(self) -> f64 {
        crate::kernel::days_between(self.as_of_us, self.until_us)
    }

    /// The surface of a model made for this fold, from nothing later than its as-of time.
    pub fn surface(self, history: &TrainingSet, ground: &Ground, model: &Model) -> Result<Surface, BacktestError> {
        Ok(model.surface(&history.known_at(self.as_of_us)?, ground, self.days())?)
    }

    /// A model fitted to nothing later than the fold's as-of time.
    pub fn fit(
        self,
        history: &TrainingSet,
        ground: &Ground,
        triggers: &[Trigger],
        settings: &FitSettings,
    ) -> Result<Model, BacktestError> {
        Ok(Model::fit(&history.known_at(self.as_of_us)?, ground, triggers, settings)?.model)
    }

    /// What the surface's hottest places caught, per area asked for, and its log score.
    pub fn judge(
        self,
        history: &TrainingSet,
        ground: &Ground,
        surface: &Surface,
        areas: &[f64],
    ) -> Result<Judged, BacktestError> {
        if self.until_us > history.as_of_us() || self.until_us <= self.as_of_us {
            let known_us = history.as_of_us();
            return Err(BacktestError::Window { as_of_us: self.as_of_us, until_us: self.until_us, known_us });
        }
        let then = history.between(self.as_of_us, self.until_us);
        let scores = score(ground, surface, then, areas)?;
        Ok(Judged { scores, log_score: log_score(ground, surface, then) })
    }
}

/// One fold's result, one score for each area asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub scores: Vec<Score>,
    pub log_score: f64,
}
