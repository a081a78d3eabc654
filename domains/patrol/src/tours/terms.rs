//! What may be asked of a plan, and what is wrong with what was asked.

use axum::http::StatusCode;
use shouhu_env::Env;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::Keyed;
use shouhu_store::StoreError;

use super::model::{AskTours, Terms};

const SHIFT_MIN_US: i64 = Micros::HOUR;
const SHIFT_MAX_US: i64 = 14 * Micros::HOUR;
const AHEAD_MAX_US: i64 = 31 * Micros::DAY;
const UNITS_MAX: usize = 20;
const DAYS_DEFAULT: i64 = 90;
const KINDS_MAX: usize = 50;
const UNPREDICTABILITY_DEFAULT: f64 = 0.3;
const STANDING_SHARE_DEFAULT: f64 = 0.5;
/// A seed passes through JSON, where whole numbers end at 2^53.
const SEED_MAX: i64 = (1 << 53) - 1;

#[derive(Debug, thiserror::Error)]
pub enum TourError {
    #[error("a shift has 1 to 14 hours, ends in the future and begins within 31 days")]
    Window,
    #[error("1 to {UNITS_MAX} different units are planned for")]
    Units,
    #[error("unit {0} is not known")]
    UnknownUnit(UnitId),
    #[error("station {0:?} has no box in use, so its ground is not known")]
    Station(String),
    #[error("{0}")]
    Limits(String),
    #[error("there is nothing to plan: no citizen's report and no box due on this ground")]
    Nothing,
    #[error("no road leads from the base to any stop; set a base that is on a road")]
    NoWay,
    #[error("another plan is being made; try again in some seconds")]
    Busy,
    #[error("the plan to be replaced is neither proposed nor published")]
    Replaced,
    #[error("the plan is {0}")]
    State(String),
    #[error("this was worked out for another situation: the plan has changed since, or a quarter of an hour has passed; plan again")]
    Stale,
    #[error("the shift is over")]
    Over,
    #[error("{0} has another published tour in this time; withdraw that one, or plan this one as its replacement")]
    UnitTaken(String),
    #[error("say in 1 to 300 characters why a published plan is withdrawn")]
    Reason,
    #[error("say with \"code\" why the plan is not to be done: one of the list")]
    Code,
    #[error("join a unit first")]
    NoUnit,
    #[error("{0}")]
    Mark(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for TourError {
    fn key(&self) -> &'static str {
        match self {
            Self::Window => "patrol.tours.window",
            Self::Units => "patrol.tours.units",
            Self::UnknownUnit(_) => "patrol.tours.unknown_unit",
            Self::Station(_) => "patrol.tours.station",
            Self::Limits(_) => "patrol.tours.limits",
            Self::Nothing => "patrol.tours.nothing",
            Self::NoWay => "patrol.tours.no_way",
            Self::Busy => "patrol.tours.busy",
            Self::Replaced => "patrol.tours.replaced",
            Self::State(_) => "patrol.tours.state",
            Self::Stale => "patrol.tours.stale",
            Self::Over => "patrol.tours.over",
            Self::UnitTaken(_) => "patrol.tours.unit_taken",
            Self::Reason => "patrol.tours.reason",
            Self::Code => "patrol.tours.code",
            Self::NoUnit => "patrol.tours.no_unit",
            Self::Mark(_) => "patrol.tours.mark",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Window | Self::Units | Self::UnknownUnit(_) | Self::Station(_) | Self::Limits(_) | Self::Reason | Self::Code | Self::Mark(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(error) => Keyed::status(error),
            _ => StatusCode::CONFLICT,
        }
    }
}

fn within<T: PartialOrd + std::fmt::Display + Copy>(name: &str, value: T, least: T, most: T) -> Result<T, TourError> {
    let is_within = value >= least && value <= most;
    if is_within { Ok(value) } else { Err(TourError::Limits(format!("{name} is {value}, which is not from {least} to {most}"))) }
}

/// The window, the units and the numbers; a seed is drawn where none is asked for.
///
/// # Errors
/// The first thing that is out of range.
pub fn checked(ask: &AskTours, env: &Env) -> Result<Terms, TourError> {
    let now = env.now();
    let (from, to) = (ask.from_us, ask.to_us);
    let lasts_us = to.since(from);
    if !(SHIFT_MIN_US..=SHIFT_MAX_US).contains(&lasts_us) || to <= now || from.since(now) > AHEAD_MAX_US {
        return Err(TourError::Window);
    }
    let different: std::collections::BTreeSet<_> = ask.units.iter().collect();
    if !(1..=UNITS_MAX).contains(&ask.units.len()) || different.len() != ask.units.len() {
        return Err(TourError::Units);
    }
    if ask.kinds.len() > KINDS_MAX {
        return Err(TourError::Limits(format!("at most {KINDS_MAX} kinds are named")));
    }
    let [_, _, _, _, _, _, _, _, low @ ..] = env.random.bytes16();
    let drawn = i64::from_be_bytes(low) & SEED_MAX;
    Ok(Terms {
        days: within("days", ask.days.unwrap_or(DAYS_DEFAULT), 7, 365)?,
        kinds: ask.kinds.clone(),
        unpredictability: within("unpredictability", ask.unpredictability.unwrap_or(UNPREDICTABILITY_DEFAULT), 0.0, 1.0)?,
        standing_share_max: within("standing_share_max", ask.standing_share_max.unwrap_or(STANDING_SHARE_DEFAULT), 0.2, 0.8)?,
        seed: within("seed", ask.seed.unwrap_or(drawn), 0, SEED_MAX)?,
    })
}
