//! The proposal: one unit, and what speaks for and against every one.

mod explain;
mod rank;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use shouhu_ids::UnitId;

use crate::candidate::{Candidate, Incident, Priority};
use crate::cover::{Cover, Reach};
use crate::policy::{Policy, Settings};
use crate::reason::Reason;

/// What the coverage-aware policy needs beside the units: the demand, and per unit what it reaches from where it stands.
#[derive(Debug, Clone, Copy)]
pub struct CoverView<'a> {
    pub cover: &'a Cover,
    /// One per unit, in their order; none where it is not known.
    pub reaches: &'a [Option<&'a Reach>],
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    pub unit: UnitId,
    /// 1 for the chosen unit; none for units that cannot be sent.
    pub rank: Option<u32>,
    /// Travel time with the price of a stale position, if the settings count it.
    pub arrives_in_s: Option<f64>,
    pub air_m: Option<f64>,
    pub reasons: Vec<Reason>,
}

/// All units: those that could go in the policy's order, then the others by number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub chosen: Option<UnitId>,
    /// The priority of the incident that the chosen unit is taken from.
    pub taken_from: Option<Priority>,
    pub assessments: Vec<Assessment>,
}

impl Choice {
    #[must_use]
    pub fn of(&self, unit: UnitId) -> Option<&Assessment> {
        self.assessments.iter().find(|assessment| assessment.unit == unit)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    #[error("unit {0} is listed twice; list each unit once")]
    ListedTwice(UnitId),
    #[error("the coverage-aware policy was asked without demand; give it a cover view")]
    CoverMissing,
    #[error("{units} units but {reaches} reaches; give one per unit")]
    ReachesDiffer { units: usize, reaches: usize },
}

impl ChoiceError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::ListedTwice(_) => "choice.listed_twice",
            Self::CoverMissing => "choice.cover_missing",
            Self::ReachesDiffer { .. } => "choice.reaches_differ",
        }
    }
}

/// Whom to send, or nobody when nobody can go. The order of `units` changes nothing.
///
/// # Errors
/// When a unit is listed twice, or the coverage-aware policy has no cover to look at.
pub fn choose(
    incident: &Incident,
    units: &[Candidate],
    settings: &Settings,
    cover: Option<CoverView<'_>>,
) -> Result<Choice, ChoiceError> {
    check(units, settings, cover)?;
    let ranked = rank::order(incident, units, settings, cover);
    let taken = rank::preempted(incident, units, settings, &ranked);
    let assessments = explain::all(incident, units, settings, &ranked, taken.as_ref());
    let chosen = taken.as_ref().map(|taken| taken.index).or(ranked.first().map(|first| first.index));
    Ok(Choice {
        chosen: chosen.and_then(|index| units.get(index)).map(|unit| unit.id),
        taken_from: taken.map(|taken| taken.job.priority),
        assessments,
    })
}

fn check(units: &[Candidate], settings: &Settings, cover: Option<CoverView<'_>>) -> Result<(), ChoiceError> {
    let mut seen = HashSet::with_capacity(units.len());
    if let Some(twice) = units.iter().find(|unit| !seen.insert(unit.id)) {
        return Err(ChoiceError::ListedTwice(twice.id));
    }
    if let Some(cover) = cover.filter(|cover| cover.reaches.len() != units.len()) {
        return Err(ChoiceError::ReachesDiffer { units: units.len(), reaches: cover.reaches.len() });
    }
    if matches!(settings.policy, Policy::CoverageAware(_)) && cover.is_none() {
        return Err(ChoiceError::CoverMissing);
    }
    Ok(())
}

/// Seconds until it arrives, as the settings count them.
fn cost_s(unit: &Candidate, settings: &Settings) -> Option<f64> {
    let stale_s = settings.stale_after_s.zip(unit.known_age_s()).map_or(0.0, |(after_s, age_s)| (age_s - after_s).max(0.0));
    Some(unit.known_travel_s()? + stale_s)
}
