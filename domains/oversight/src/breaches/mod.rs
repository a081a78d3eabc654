//! The register of breaches 個資外洩登錄: what leaked, when the house knew, and whether those concerned were told in time.
//!
//! 個人資料保護法 §12 asks that they are told once the facts are known; the amendment of 2025 gives a day. The clock runs from when the house
//! knew, not from when somebody wrote it down: writing late is part of the delay, and is seen. Rows and steps are never changed; what was
//! written wrongly is put right by another step.

#[cfg(test)]
mod claims;
mod store;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{BreachId, Micros};
use shouhu_module::Keyed;
use shouhu_store::StoreError;

pub use store::{add_step, one, overdue, page, write};

/// Within this time of knowing, those concerned are told.
pub const TELL_WITHIN_US: i64 = Micros::DAY;
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 2..=2_000;
/// A register begins with this system; what is older is history, and belongs in the file of its case.
const KNOWN_AGO_MAX_US: i64 = 365 * Micros::DAY;
/// Clocks of people: a minute ahead is now.
const AHEAD_MAX_US: i64 = Micros::MINUTE;
/// More than live in Taiwan.
const PERSONS_MAX: i64 = 100_000_000;
/// A case of years has fewer.
pub const STEPS_MAX: i64 = 200;

/// `POST /v1/oversight/breaches`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct WriteBreach {
    /// When the house knew, microseconds since 1970.
    pub known_at_us: Micros,
    /// Since when it may have happened.
    #[serde(default)]
    pub since_us: Option<Micros>,
    /// What happened, 2 to 2,000 characters; no names of those concerned.
    pub what: String,
    /// Which data, 2 to 2,000 characters.
    pub data: String,
    /// How many persons, as far as is known.
    #[serde(default)]
    pub persons: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BreachStepKind")]
pub enum StepKind {
    /// Those concerned were told; stops the clock.
    PersonsTold,
    /// 個人資料保護委員會 was told.
    AuthorityTold,
    /// Why those concerned are not told, or not yet; the clock runs on.
    NotTold,
    /// What was done against it.
    Measure,
    /// It concerns another number of persons than was written before.
    Count,
    /// Nothing is left to do. Steps may still follow.
    Closed,
}

/// `POST /v1/oversight/breaches/{id}/steps`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct WriteStep {
    pub kind: StepKind,
    /// How, to whom, by which letter; 2 to 2,000 characters.
    pub text: String,
    /// How many persons were told, or are concerned after all.
    #[serde(default)]
    pub persons: Option<i64>,
    /// When it was done.
    pub at_us: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BreachStep")]
pub struct Step {
    pub seq: i64,
    pub kind: StepKind,
    pub text: String,
    pub persons: Option<i64>,
    pub at_us: Micros,
    pub written_at_us: Micros,
    pub by_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Breach {
    pub id: BreachId,
    pub known_at_us: Micros,
    pub since_us: Option<Micros>,
    pub what: String,
    pub data: String,
    /// After the newest correction.
    pub persons: Option<i64>,
    pub written_at_us: Micros,
    pub written_by_name: String,
    /// A day after the house knew.
    pub tell_due_at_us: Micros,
    pub persons_told_at_us: Option<Micros>,
    pub authority_told_at_us: Option<Micros>,
    /// They were told too late, or are not told and should be.
    pub is_late: bool,
    pub is_closed: bool,
    pub steps: Vec<Step>,
}

#[derive(Debug, thiserror::Error)]
pub enum BreachError {
    #[error("there is no such breach")]
    Unknown,
    #[error("write in {} to {} characters what happened and which data", TEXT_CHARS.start(), TEXT_CHARS.end())]
    Text,
    #[error("the house cannot have known of it in the future, nor more than a year ago; and it cannot have begun after that")]
    Time,
    #[error("persons are counted from 0 to {PERSONS_MAX}")]
    Persons,
    #[error("say how many persons it concerns after all")]
    CountMissing,
    #[error("it cannot be closed before those concerned were told, or it was written why not")]
    NotTold,
    #[error("a breach has {STEPS_MAX} steps at most")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for BreachError {
    fn key(&self) -> &'static str {
        match self {
            Self::Unknown => "http.not_found",
            Self::Text => "oversight.breach.text",
            Self::Time => "oversight.breach.time",
            Self::Persons => "oversight.breach.persons",
            Self::CountMissing => "oversight.breach.count_missing",
            Self::NotTold => "oversight.breach.not_told",
            Self::TooMany => "oversight.breach.too_many",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::NotTold | Self::TooMany => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

fn said(text: &str) -> Result<String, BreachError> {
    let clean: String = text.trim().chars().filter(|ch| !ch.is_control() || *ch == '\n').collect();
    if TEXT_CHARS.contains(&clean.chars().count()) { Ok(clean) } else { Err(BreachError::Text) }
}

fn persons_of(persons: Option<i64>) -> Result<Option<i64>, BreachError> {
    if persons.is_none_or(|persons| (0..=PERSONS_MAX).contains(&persons)) { Ok(persons) } else { Err(BreachError::Persons) }
}

impl WriteBreach {
    /// Within its bounds, with clean texts.
    ///
    /// # Errors
    /// When a text says nothing or too much, or a time or a number cannot be.
    pub fn checked(self, now: Micros) -> Result<Self, BreachError> {
        let ago_us = now.since(self.known_at_us);
        if !(-AHEAD_MAX_US..=KNOWN_AGO_MAX_US).contains(&ago_us) || self.since_us.is_some_and(|since| since > self.known_at_us) {
            return Err(BreachError::Time);
        }
        Ok(Self { what: said(&self.what)?, data: said(&self.data)?, persons: persons_of(self.persons)?, ..self })
    }
}

impl WriteStep {
    /// # Errors
    /// When it says nothing, lies in the future or before anybody knew, or lacks the number that it is about.
    pub fn checked(self, known_at: Micros, now: Micros) -> Result<Self, BreachError> {
        if self.at_us < known_at || self.at_us.since(now) > AHEAD_MAX_US {
            return Err(BreachError::Time);
        }
        if self.kind == StepKind::Count && self.persons.is_none() {
            return Err(BreachError::CountMissing);
        }
        Ok(Self { text: said(&self.text)?, persons: persons_of(self.persons)?, ..self })
    }
}

/// What the steps say of a breach now. `of` has no steps yet.
#[must_use]
pub fn with_steps(of: Breach, steps: Vec<Step>, now: Micros) -> Breach {
    let first = |kind: StepKind| steps.iter().filter(|step| step.kind == kind).map(|step| step.at_us).min();
    let told = first(StepKind::PersonsTold);
    let counted = steps.iter().rev().find(|step| step.kind == StepKind::Count).and_then(|step| step.persons);
    Breach {
        persons: counted.or(of.persons),
        persons_told_at_us: told,
        authority_told_at_us: first(StepKind::AuthorityTold),
        is_late: told.unwrap_or(now) > of.tell_due_at_us,
        is_closed: steps.last().is_some_and(|step| step.kind == StepKind::Closed),
        steps,
        ..of
    }
}

/// Whether it may be closed: those concerned were told, or it was written why not.
///
/// # Errors
/// When neither is so.
pub fn may_close(breach: &Breach) -> Result<(), BreachError> {
    let is_answered = breach.steps.iter().any(|step| matches!(step.kind, StepKind::PersonsTold | StepKind::NotTold));
    if is_answered { Ok(()) } else { Err(BreachError::NotTold) }
}
