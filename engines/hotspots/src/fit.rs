//! Yields of the triggers and the even background, by expectation–maximisation.
//!
//! Each report's rate is a sum over the background and the triggers of earlier reports. The E step says what share of the report each
//! explains; the M step sets each yield to what it explained over what it was exposed to (Mohler et al. 2011, JASA 106(493), §2; the
//! declustering is Zhuang, Ogata & Vere-Jones 2002, JASA 97(458); fixed bins of a trigger's shape are Marsan & Lengliné 2008,
//! Science 319). The shapes stay fixed, so the log-likelihood is concave in the yields and every start ends at the same fit.
//!
//! A report is only ever explained by earlier ones, so a kernel cannot explain a report by itself, and no report is left out by hand.
#![allow(clippy::indexing_slicing, reason = "rows are reports and columns triggers, counted here")]

use thiserror::Error;

use crate::event::{Point, Report};
use crate::ground::{Ground, PlaceNo};
use crate::kernel::{days_between, quartic};
use crate::model::{Model, ModelError, Trigger, check_reach, check_shapes};
use crate::nearby::Nearby;
use crate::training::TrainingSet;

#[derive(Debug, Clone, PartialEq, Error)]
pub enum FitError {
    #[error("{reports} reports on the ground after the burn-in are fewer than the {needed} that a fit needs; use a fixed kernel")]
    TooFew { reports: usize, needed: usize },
    #[error(
        "{reports} reports are more than the {FIT_REPORTS_MAX} that a fit may pair with each other; fit to later years or one kind"
    )]
    TooMany { reports: usize },
    #[error("all reports lie at one point, so nothing can be learned of how far one reaches")]
    OnePoint,
    #[error("all reports bear one time, so nothing can be learned of how long one lasts")]
    OneTime,
    #[error("a burn-in share of {share} is not from 0 to below 1")]
    BurnIn { share: f64 },
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Below this many reports yields of several triggers are noise.
const REPORTS_NEEDED: usize = 30;

/// In a dense city each report has thousands of earlier ones within reach; beyond this a fit takes longer than anyone waits. A surface
/// of a fitted model has no such limit.
pub const FIT_REPORTS_MAX: usize = 200_000;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitSettings {
    /// The share of the time span whose reports explain and are not explained: they have no past of their own.
    pub burn_in_share: f64,
    pub iterations_max: u32,
    /// Ends when a step gains less log-likelihood than this per report.
    pub gain_min: f64,
}

impl Default for FitSettings {
    fn default() -> Self {
        Self { burn_in_share: 0.3, iterations_max: 300, gain_min: 1e-7 }
    }
}

/// A fitted model and how the fit went.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub model: Model,
    /// Log-likelihood of the explained reports after each step, densities per day and unit of measure. It never falls.
    pub log_likelihoods: Vec<f64>,
    pub reports_explained: usize,
}

impl Model {
    /// Fits yields and background to reports that lie on the ground. The cost grows with the pairs of reports within the longest reach.
    pub fn fit(
        training: &TrainingSet,
        ground: &Ground,
        triggers: &[Trigger],
        settings: &FitSettings,
    ) -> Result<Fitted, FitError> {
        if !(0.0..1.0).contains(&settings.burn_in_share) {
            return Err(FitError::BurnIn { share: settings.burn_in_share });
        }
        check_shapes(triggers)?;
        check_reach(triggers.iter().copied(), ground)?;
        let placed: Vec<Placed> = training
            .reports()
            .iter()
            .filter_map(|report| ground.place_of(report.at()).map(|home| Placed { report: *report, home }))
            .collect();
        let explained_from = check(&placed, training.as_of_us(), settings)?;
        let table = Table::of(&placed, ground, triggers, explained_from, training.as_of_us());
        Ok(climb(&table, triggers, settings)?)
    }
}

struct Placed {
    report: Report,
    home: PlaceNo,
}

/// The time from which reports are explained.
fn check(placed: &[Placed], as_of_us: i64, settings: &FitSettings) -> Result<i64, FitError> {
    let too_few = |reports| FitError::TooFew { reports, needed: REPORTS_NEEDED };
    let Some(first) = placed.first() else { return Err(too_few(0)) };
    if placed.len() < REPORTS_NEEDED {
        return Err(too_few(placed.len()));
    }
    if placed.len() > FIT_REPORTS_MAX {
        return Err(FitError::TooMany { reports: placed.len() });
    }
    if placed.iter().all(|other| other.report.at() == first.report.at()) {
        return Err(FitError::OnePoint);
    }
    let first_us = first.report.at_us();
    if placed.iter().all(|other| other.report.at_us() == first_us) {
        return Err(FitError::OneTime);
    }
    let burn_in_us = (as_of_us.saturating_sub(first_us) as f64 * settings.burn_in_share) as i64;
    let from_us = first_us.saturating_add(burn_in_us);
    let explained = placed.iter().filter(|other| other.report.at_us() > from_us).count();
    if explained < REPORTS_NEEDED {
        return Err(too_few(explained));
    }
    Ok(from_us)
}

/// All that EM needs: it never looks at the pairs again.
struct Table {
    /// For each explained report the density that each trigger of yield 1 would give it, per day and unit of measure, row by row.
    densities: Vec<f64>,
    /// Reports that each trigger of yield 1 would have brought within the explained time.
    exposures: Vec<f64>,
    even_density: f64,
    days: f64,
}

impl Table {
    fn of(placed: &[Placed], ground: &Ground, triggers: &[Trigger], from_us: i64, until_us: i64) -> Self {
        let past = Past::of(placed, ground, triggers);
        let explained = placed.iter().filter(|one| one.report.at_us() > from_us);
        Self {
            densities: explained.flat_map(|one| past.densities_at(one)).collect(),
            exposures: triggers.iter().map(|trigger| exposure(placed, trigger.life_days, from_us, until_us)).collect(),
            even_density: 1.0 / ground.total_measure(),
            days: days_between(from_us, until_us),
        }
    }
}

/// All reports, indexed by place, with what the kernel of each sums to at each reach.
struct Past<'a> {
    placed: &'a [Placed],
    ground: &'a Ground,
    triggers: &'a [Trigger],
    /// The distinct reaches, and for each trigger which of them is its own.
    reaches: Vec<f64>,
    reach_of_trigger: Vec<usize>,
    /// Row by row as `placed`, one column for each reach.
    masses: Vec<f64>,
    index: Nearby,
}

impl<'a> Past<'a> {
    fn of(placed: &'a [Placed], ground: &'a Ground, triggers: &'a [Trigger]) -> Self {
        let mut reaches: Vec<f64> = triggers.iter().map(|trigger| trigger.reach_m).collect();
        reaches.sort_by(f64::total_cmp);
        reaches.dedup();
        let column_of = |reach: f64| reaches.iter().position(|&other| other == reach).unwrap_or_default();
        let reach_of_trigger = triggers.iter().map(|trigger| column_of(trigger.reach_m)).collect();
        let masses_of = |one: &'a Placed| reaches.iter().map(|&reach| ground.kernel_mass(one.report.at(), reach));
        let masses = placed.iter().flat_map(masses_of).collect();
        let points: Vec<Point> = placed.iter().map(|one| one.report.at()).collect();
        let index = Nearby::of(&points, reaches[reaches.len() - 1] / 4.0);
        Self { placed, ground, triggers, reaches, reach_of_trigger, masses, index }
    }

    /// The density that each trigger of yield 1 gives a report from all earlier ones.
    fn densities_at(&self, one: &Placed) -> Vec<f64> {
        let mut densities = vec![0.0; self.triggers.len()];
        let mut of_reach = vec![0.0; self.reaches.len()];
        self.index.each_within(one.report.at(), self.reaches[self.reaches.len() - 1], |position, squared| {
            let number = self.index.order()[position] as usize;
            let earlier = &self.placed[number];
            if earlier.report.at_us() >= one.report.at_us() {
                return;
            }
            for (column, &reach) in self.reaches.iter().enumerate() {
                of_reach[column] = match self.masses[number * self.reaches.len() + column] {
                    mass if mass > 0.0 => quartic(squared / (reach * reach)) / mass,
                    // The kernel met no sample: as on the surface, its home place takes all of it.
                    _ if earlier.home == one.home => 1.0 / self.ground.measures()[one.home.index()],
                    _ => 0.0,
                };
            }
            let age = days_between(earlier.report.at_us(), one.report.at_us());
            for (column, trigger) in self.triggers.iter().enumerate() {
                let density = of_reach[self.reach_of_trigger[column]];
                if density > 0.0 {
                    densities[column] += density * (-age / trigger.life_days).exp() / trigger.life_days;
                }
            }
        });
        densities
    }
}

/// `Σ_i ∫ ω·exp(-ω (t - t_i)) dt` over the explained time after each report.
fn exposure(placed: &[Placed], life_days: f64, from_us: i64, until_us: i64) -> f64 {
    let lived = |one: &Placed| {
        let from = days_between(one.report.at_us(), from_us).max(0.0);
        crate::kernel::life_between(life_days, from, days_between(one.report.at_us(), until_us).max(from))
    };
    placed.iter().map(lived).sum()
}

fn climb(table: &Table, triggers: &[Trigger], settings: &FitSettings) -> Result<Fitted, ModelError> {
    let columns = triggers.len();
    let reports = table.densities.len() / columns;
    let mut even_per_day = 0.5 * reports as f64 / table.days;
    let mut yields = vec![0.5 / columns as f64; columns];
    let mut log_likelihoods: Vec<f64> = Vec::new();
    for _ in 0..settings.iterations_max.max(1) {
        let (mut even_explains, mut explains) = (0.0, vec![0.0; columns]);
        let mut log_likelihood = -even_per_day * table.days;
        log_likelihood -= yields.iter().zip(&table.exposures).map(|(yielded, exposure)| yielded * exposure).sum::<f64>();
        for row in table.densities.chunks_exact(columns) {
            let even = even_per_day * table.even_density;
            let rate = even + row.iter().zip(&yields).map(|(density, yielded)| density * yielded).sum::<f64>();
            log_likelihood += rate.ln();
            even_explains += even / rate;
            for (column, &density) in row.iter().enumerate() {
                explains[column] += density * yields[column] / rate;
            }
        }
        let gain = log_likelihoods.last().map_or(f64::INFINITY, |before| log_likelihood - before);
        log_likelihoods.push(log_likelihood);
        if gain < settings.gain_min * reports as f64 {
            break;
        }
        even_per_day = even_explains / table.days;
        for (column, yielded) in yields.iter_mut().enumerate() {
            *yielded = if table.exposures[column] > 0.0 { explains[column] / table.exposures[column] } else { 0.0 };
        }
    }
    let model = Model::new(even_per_day, triggers.iter().copied().zip(yields).collect())?;
    Ok(Fitted { model, log_likelihoods, reports_explained: reports })
}

#[cfg(test)]
mod tests;
