//! When a signature is taken, and when it is doubted: pure rules over what was read.

use axum::http::StatusCode;
use shouhu_ids::Micros;
use shouhu_module::Keyed;
use shouhu_place::Wgs84;

use crate::model::{Doubt, Method};
use crate::secret::{STEP_S, STEPS_AROUND};

/// A phone's clock may be so far ahead.
const AHEAD_MAX_US: i64 = 2 * Micros::MINUTE;
/// What a phone kept through a shift without a line is still taken.
const AGE_MAX_US: i64 = Micros::DAY;
/// Later than this is said beside the signature.
const LATE_US: i64 = 10 * Micros::MINUTE;
/// A fix worse than this says nothing about which box it is.
const ACCURACY_MAX_M: f64 = 100.0;
/// How far beyond its own uncertainty a fix may be from a printed code.
const NEAR_M: f64 = 50.0;
/// Tags and displays prove by themselves that one is there; so far from the place on the map they were moved.
const MOVED_M: f64 = 150.0;
/// Faster from box to box is nobody, with lights and siren.
const SPEED_MAX_KMH: f64 = 180.0;
/// Fixes are this uncertain at best, and boxes are signed from across the street.
const SLACK_M: f64 = 200.0;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleError {
    #[error("the reading is {ahead_s} s in the future: set the phone's clock")]
    Future { ahead_s: i64 },
    #[error("the reading is {age_h} hours old; 24 are taken")]
    TooOld { age_h: i64 },
    #[error("a printed code needs the phone's position: allow it and read again")]
    PositionMissing,
    #[error("the position is known to {accuracy_m:.0} m only; 100 m are needed: wait under the open sky")]
    Accuracy { accuracy_m: f64 },
    #[error("you are {distance_m:.0} m from this box")]
    TooFar { distance_m: f64 },
    #[error("the display showed this code {off_s} s from the time of reading: read it again")]
    CodeExpired { off_s: i64 },
}

impl Keyed for RuleError {
    fn key(&self) -> &'static str {
        match self {
            Self::Future { .. } => "patrol.check_in.from_the_future",
            Self::TooOld { .. } => "patrol.check_in.too_old",
            Self::PositionMissing => "patrol.check_in.position_missing",
            Self::Accuracy { .. } => "patrol.check_in.accuracy",
            Self::TooFar { .. } => "patrol.check_in.too_far",
            Self::CodeExpired { .. } => "patrol.check_in.code_expired",
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// Where the phone was, as far as it knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    pub position: Wgs84,
    pub accuracy_m: f64,
}

impl Fix {
    /// A fix without a sound accuracy is as good as none.
    #[must_use]
    pub fn of(position: Option<Wgs84>, accuracy_m: Option<f64>) -> Option<Self> {
        let accuracy_m = accuracy_m.filter(|accuracy| accuracy.is_finite() && *accuracy >= 0.0)?;
        Some(Self { position: position?, accuracy_m })
    }
}

/// # Errors
/// When the time cannot be true or is too long past.
pub fn check_time(measured_at: Micros, now: Micros) -> Result<(), RuleError> {
    let age = now.since(measured_at);
    if age < -AHEAD_MAX_US {
        return Err(RuleError::Future { ahead_s: -age / Micros::SECOND });
    }
    if age > AGE_MAX_US {
        return Err(RuleError::TooOld { age_h: age / Micros::HOUR });
    }
    Ok(())
}

/// The distance of the fix from the box. A printed code is believed only together with a fix that is near.
///
/// # Errors
/// When the code is printed and the fix is missing, vague or elsewhere.
pub fn check_place(method: Method, at: Wgs84, fix: Option<Fix>) -> Result<Option<f64>, RuleError> {
    let distance_m = fix.map(|fix| fix.position.distance_m(at));
    if method != Method::Printed {
        return Ok(distance_m);
    }
    let (Some(fix), Some(distance_m)) = (fix, distance_m) else { return Err(RuleError::PositionMissing) };
    if fix.accuracy_m > ACCURACY_MAX_M {
        return Err(RuleError::Accuracy { accuracy_m: fix.accuracy_m });
    }
    if distance_m > NEAR_M + fix.accuracy_m {
        return Err(RuleError::TooFar { distance_m });
    }
    Ok(Some(distance_m))
}

/// # Errors
/// When the display's step is not that of the time of reading.
pub fn check_step(step: i64, measured_at: Micros) -> Result<(), RuleError> {
    let off = step - measured_at.0.div_euclid(STEP_S * Micros::SECOND);
    if off.abs() > STEPS_AROUND {
        return Err(RuleError::CodeExpired { off_s: off.saturating_mul(STEP_S) });
    }
    Ok(())
}

/// Another signature of the same person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Other {
    pub at: Wgs84,
    pub measured_at: Micros,
}

/// What to say beside a signature that is taken.
#[must_use]
pub fn doubts(measured_at: Micros, now: Micros, distance_m: Option<f64>, at: Wgs84, others: &[Other]) -> Vec<Doubt> {
    let is_too_fast = |other: &Other| {
        let apart_m = (other.at.distance_m(at) - SLACK_M).max(0.0);
        let apart_h = measured_at.since(other.measured_at).abs() as f64 / Micros::HOUR as f64;
        apart_m / 1_000.0 > SPEED_MAX_KMH * apart_h
    };
    let all = [
        (Doubt::LateUpload, now.since(measured_at) > LATE_US),
        (Doubt::NoPosition, distance_m.is_none()),
        (Doubt::ImpossibleTravel, others.iter().any(is_too_fast)),
        (Doubt::FarFromBox, distance_m.is_some_and(|distance| distance > MOVED_M)),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(doubt, _)| doubt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    fn at(lon: f64) -> Wgs84 {
        Wgs84 { lon, lat: 23.0 }
    }

    fn fix(lon: f64, accuracy_m: f64) -> Option<Fix> {
        Some(Fix { position: at(lon), accuracy_m })
    }

    #[test]
    fn the_time_has_two_ends() {
        let key = |us: i64| check_time(NOW.plus(us), NOW).err().map(|error| error.key());
        assert_eq!(key(2 * Micros::MINUTE), None);
        assert_eq!(key(2 * Micros::MINUTE + 1), Some("patrol.check_in.from_the_future"));
        assert_eq!(key(-Micros::DAY), None);
        assert_eq!(key(-Micros::DAY - 1), Some("patrol.check_in.too_old"));
        assert_eq!(key(i64::MIN / 2), Some("patrol.check_in.too_old"));
    }

    #[test]
    fn a_printed_code_wants_a_good_fix_that_is_near() {
        let key = |fix| check_place(Method::Printed, at(120.2), fix).err().map(|error| error.key());
        assert_eq!(key(None), Some("patrol.check_in.position_missing"));
        assert_eq!(key(fix(120.2, 101.0)), Some("patrol.check_in.accuracy"));
        // 0.001 degrees of longitude are 102 m here.
        assert_eq!(key(fix(120.201, 10.0)), Some("patrol.check_in.too_far"));
        assert_eq!(key(fix(120.201, 60.0)), None);
        assert_eq!(check_place(Method::Tag, at(120.2), None), Ok(None));
        assert!(check_place(Method::Rotating, at(120.2), fix(121.0, 5.0)).is_ok(), "doubted, not refused");
        assert_eq!(Fix::of(Some(at(120.0)), Some(f64::NAN)), None);
        assert_eq!(Fix::of(Some(at(120.0)), Some(-1.0)), None);
    }

    #[test]
    fn a_display_may_be_a_minute_off() {
        let step = NOW.0 / (STEP_S * Micros::SECOND);
        assert!((-2..=2).all(|off| check_step(step + off, NOW).is_ok()));
        assert!([-3, 3, i64::from(u32::MAX)].into_iter().all(|off| check_step(step + off, NOW).is_err()));
    }

    #[test]
    fn doubts_are_said_together() {
        let far = [Other { at: at(120.4), measured_at: NOW.plus(-5 * Micros::MINUTE) }];
        assert_eq!(doubts(NOW, NOW, Some(3.0), at(120.2), &[]), []);
        assert_eq!(doubts(NOW, NOW, Some(3.0), at(120.2), &far), [Doubt::ImpossibleTravel], "20 km in 5 minutes");
        let hour = [Other { measured_at: NOW.plus(Micros::HOUR), ..far[0] }];
        assert_eq!(doubts(NOW, NOW, Some(3.0), at(120.2), &hour), []);
        assert_eq!(doubts(NOW, NOW.plus(Micros::HOUR), None, at(120.2), &[]), [Doubt::LateUpload, Doubt::NoPosition]);
        assert_eq!(doubts(NOW, NOW, Some(151.0), at(120.2), &[]), [Doubt::FarFromBox]);
        let next_door = [Other { at: at(120.201), measured_at: NOW }];
        assert_eq!(doubts(NOW, NOW, Some(3.0), at(120.2), &next_door), [], "two boxes in one street, one clock tick");
    }
}
