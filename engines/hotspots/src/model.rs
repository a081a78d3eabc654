//! A rate that every report raises for a while, near where it happened.
//!
//! `λ(x, t) = μ/M + Σ_k θ_k Σ_{t_i < t} ω_k·exp(-ω_k (t - t_i)) · g_k(x - x_i)`, per day and per unit of the ground's measure M.
//!
//! Crime clusters over years round the same addresses and for weeks round a fresh case: prospective maps put both into one kernel
//! (Bowers, Johnson & Pease 2004, British Journal of Criminology 44(5)), the near-repeat effect is measured across ten cities
//! (Johnson et al. 2007, Journal of Quantitative Criminology 23(3)), and a self-exciting process separates them (Mohler et al. 2011,
//! JASA 106(493)). Here each of them is a [`Trigger`] in one list: a chronic hot spot is a trigger with a life of years, a near repeat
//! one with a life of days, and the yields say how much of each there is. With fixed shapes the likelihood has one maximum, which EM
//! finds from any start (`fit`).

use thiserror::Error;

use crate::event::Report;
use crate::ground::Ground;
use crate::kernel::{days_between, life_between};

/// One way in which a report raises the rate near it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trigger {
    /// The quartic kernel's radius, m. Nothing is raised beyond it.
    pub reach_m: f64,
    /// The mean life of the effect, days; its half-life is `ln 2` times this.
    pub life_days: f64,
}

/// Enough for five reaches and six lives, and a bound on the cost of a fit.
pub const TRIGGERS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum ModelError {
    #[error("a model has 1 to {TRIGGERS_MAX} triggers, not {triggers}")]
    Triggers { triggers: usize },
    #[error("trigger {index} reaches {reach_m} m for {life_days} days; both must be finite and above zero")]
    Shape { index: usize, reach_m: f64, life_days: f64 },
    #[error("trigger {index} reaches {reach_m} m, less than the {spacing_m} m between the samples of the ground")]
    ReachTooShort { index: usize, reach_m: f64, spacing_m: f64 },
    #[error("an even rate of {even_per_day} per day or a yield of {yield_per_report} is not a finite number from zero up")]
    Rate { even_per_day: f64, yield_per_report: f64 },
}

/// Triggers with their yields over an even background.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    even_per_day: f64,
    triggers: Vec<(Trigger, f64)>,
}

impl Model {
    /// `even_per_day` reports per day over the whole ground whatever happened before, and for each trigger the reports that one report
    /// brings over its whole life.
    pub fn new(even_per_day: f64, triggers: Vec<(Trigger, f64)>) -> Result<Self, ModelError> {
        let shapes: Vec<Trigger> = triggers.iter().map(|&(trigger, _)| trigger).collect();
        check_shapes(&shapes)?;
        for &(_, yield_per_report) in &triggers {
            let is_rate = |value: f64| value.is_finite() && value >= 0.0;
            if !(is_rate(even_per_day) && is_rate(yield_per_report)) {
                return Err(ModelError::Rate { even_per_day, yield_per_report });
            }
        }
        Ok(Self { even_per_day, triggers })
    }

    /// A kernel map with time decay: one trigger of yield 1, which keeps the recent rate, over an even background of `even_per_day`.
    pub fn kernel(trigger: Trigger, even_per_day: f64) -> Result<Self, ModelError> {
        Self::new(even_per_day, vec![(trigger, 1.0)])
    }

    #[must_use]
    pub const fn even_per_day(&self) -> f64 {
        self.even_per_day
    }

    /// Triggers and the reports that one report brings through each over its whole life.
    #[must_use]
    pub fn triggers(&self) -> &[(Trigger, f64)] {
        &self.triggers
    }

    /// Reports that one report brings in all; 1 or more means that the fitted process has no steady level.
    #[must_use]
    pub fn branching_ratio(&self) -> f64 {
        self.triggers.iter().map(|&(_, yield_per_report)| yield_per_report).sum()
    }

    /// Each distinct reach with the triggers that share it, so that a report is spread once per reach and not once per trigger.
    pub(crate) fn by_reach(&self) -> Vec<(f64, Vec<(f64, f64)>)> {
        let mut groups: Vec<(f64, Vec<(f64, f64)>)> = Vec::new();
        for &(Trigger { reach_m, life_days }, yield_per_report) in &self.triggers {
            if yield_per_report <= 0.0 {
                continue;
            }
            match groups.iter_mut().find(|(reach, _)| *reach == reach_m) {
                Some((_, lives)) => lives.push((life_days, yield_per_report)),
                None => groups.push((reach_m, vec![(life_days, yield_per_report)])),
            }
        }
        groups
    }
}

/// What one report brings through triggers of one reach between `as_of_us` and `horizon_days` later.
pub(crate) fn amount(lives: &[(f64, f64)], report: &Report, as_of_us: i64, horizon_days: f64) -> f64 {
    let age = days_between(report.at_us(), as_of_us);
    lives.iter().map(|&(life, yield_per_report)| yield_per_report * life_between(life, age, age + horizon_days)).sum()
}

pub(crate) fn check_shapes(triggers: &[Trigger]) -> Result<(), ModelError> {
    if triggers.is_empty() || triggers.len() > TRIGGERS_MAX {
        return Err(ModelError::Triggers { triggers: triggers.len() });
    }
    for (index, &Trigger { reach_m, life_days }) in triggers.iter().enumerate() {
        if !(reach_m.is_finite() && reach_m > 0.0 && life_days.is_finite() && life_days > 0.0) {
            return Err(ModelError::Shape { index, reach_m, life_days });
        }
    }
    Ok(())
}

/// A kernel that falls between the samples would put a whole report on whichever sample happens to be near.
pub(crate) fn check_reach(triggers: impl Iterator<Item = Trigger>, ground: &Ground) -> Result<(), ModelError> {
    let spacing_m = ground.spacing_m();
    for (index, trigger) in triggers.enumerate() {
        if trigger.reach_m < spacing_m {
            return Err(ModelError::ReachTooShort { index, reach_m: trigger.reach_m, spacing_m });
        }
    }
    Ok(())
}
