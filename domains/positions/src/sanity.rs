//! What a fix must be like to be believed, whoever sent it. Jumps are judged where the newest fix is known: in dispatch.

use shouhu_ids::Micros;
use shouhu_module::ports::UnitFix;
use shouhu_place::Wgs84;
use shouhu_trackers::{RecordError, TrackerFix};

/// How far a tracker's clock may be ahead of ours.
pub const AHEAD_MAX_US: i64 = Micros::MINUTE;
/// A phone that was off for a week has nothing to say about a patrol.
pub const AGE_MAX_DAYS: i64 = 7;
/// A radius wider than a district is no position.
pub const ACCURACY_MAX_M: f64 = 5_000.0;

/// Why a record is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    Unreadable(RecordError),
    #[error("{}", RecordError::Encrypted)]
    Encrypted,
    #[error("{}", RecordError::NoFix)]
    NoFix,
    #[error("no tracker is registered for this device behind this gateway")]
    UnknownDevice,
    #[error("the message names another device than the one that is registered")]
    OtherDevice,
    #[error("the tracker rides in no unit: move it into one")]
    NoUnit,
    #[error("position {:.4}, {:.4} is outside Taiwan: are longitude and latitude swapped?", .0.lon, .0.lat)]
    Outside(Wgs84),
    #[error("position was measured {ahead_s} s in the future: set the device's clock")]
    FromTheFuture { ahead_s: i64 },
    #[error("position was measured {days} days ago, and {AGE_MAX_DAYS} is the most that is taken")]
    TooOld { days: i64 },
    #[error("accuracy {0} m is no radius within which a unit can be found")]
    Accuracy(f64),
    #[error("{detail}")]
    Unit { key: &'static str, detail: String },
}

impl Refusal {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "positions.record.unreadable",
            Self::Encrypted => "positions.record.encrypted",
            Self::NoFix => "positions.record.no_fix",
            Self::UnknownDevice | Self::OtherDevice => "positions.record.unknown_device",
            Self::NoUnit => "positions.record.no_unit",
            Self::Outside(_) => "positions.record.outside",
            Self::FromTheFuture { .. } => "positions.record.from_the_future",
            Self::TooOld { .. } => "positions.record.too_old",
            Self::Accuracy(_) => "positions.record.accuracy",
            Self::Unit { key, .. } => key,
        }
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Encrypted => Self::Encrypted,
            RecordError::NoFix => Self::NoFix,
            other => Self::Unreadable(other),
        }
    }
}

/// # Errors
/// When it cannot be, whatever was known before.
pub fn checked(fix: &TrackerFix, now: Micros) -> Result<UnitFix, Refusal> {
    let place = fix.position;
    if !place.is_in_country() {
        return Err(Refusal::Outside(place));
    }
    let measured_at = fix.measured_at.unwrap_or(now);
    let ahead_us = measured_at.since(now);
    if ahead_us > AHEAD_MAX_US {
        return Err(Refusal::FromTheFuture { ahead_s: ahead_us / Micros::SECOND });
    }
    let age_us = now.since(measured_at);
    if age_us > AGE_MAX_DAYS * Micros::DAY {
        return Err(Refusal::TooOld { days: age_us / Micros::DAY });
    }
    if let Some(metres) = fix.accuracy_m.filter(|metres| !metres.is_finite() || *metres < 0.0 || *metres > ACCURACY_MAX_M) {
        return Err(Refusal::Accuracy(metres));
    }
    // A clock that is slightly ahead must not make later fixes of a right clock look old.
    Ok(UnitFix { position: place, measured_at: measured_at.min(now), accuracy_m: fix.accuracy_m, heading_deg: fix.heading_deg })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Micros = Micros(1_795_248_000_000_000);

    fn fix(lon: f64, lat: f64, at: Micros, accuracy_m: Option<f64>) -> TrackerFix {
        TrackerFix {
            device: "d".into(),
            position: Wgs84::new(lon, lat).unwrap(),
            measured_at: Some(at),
            accuracy_m,
            speed_kmh: None,
            heading_deg: None,
            altitude_m: None,
            battery: None,
        }
    }

    #[test]
    fn every_island_is_inside_and_null_island_is_not() {
        for (lon, lat) in
            [(120.2, 23.0), (118.3, 24.43), (119.95, 26.16), (119.57, 23.57), (121.55, 22.05), (116.73, 20.70), (121.95, 25.63)]
        {
            assert!(checked(&fix(lon, lat, NOW, None), NOW).is_ok(), "{lon} {lat}");
        }
        for (lon, lat) in [(0.0, 0.0), (23.0, 60.0), (139.7, 35.7), (114.2, 22.3)] {
            assert_eq!(checked(&fix(lon, lat, NOW, None), NOW).unwrap_err().key(), "positions.record.outside");
        }
    }

    #[test]
    fn clocks_that_are_wrong_are_told_so() {
        let at = |us| checked(&fix(120.2, 23.0, NOW.plus(us), None), NOW);
        assert_eq!(at(2 * Micros::HOUR).unwrap_err(), Refusal::FromTheFuture { ahead_s: 7_200 });
        assert_eq!(at(-9 * Micros::DAY).unwrap_err(), Refusal::TooOld { days: 9 });
        assert_eq!(at(10 * Micros::SECOND).unwrap().measured_at, NOW);
        assert_eq!(at(-Micros::DAY).unwrap().measured_at, NOW.plus(-Micros::DAY));
    }

    #[test]
    fn accuracy_that_is_no_radius_is_refused() {
        for metres in [-1.0, f64::NAN, f64::INFINITY, 9_999.0] {
            assert_eq!(checked(&fix(120.2, 23.0, NOW, Some(metres)), NOW).unwrap_err().key(), "positions.record.accuracy");
        }
        assert!(checked(&fix(120.2, 23.0, NOW, Some(0.0)), NOW).is_ok());
    }

    proptest! {
        #[test]
        fn what_passes_is_in_the_country_and_not_in_the_future(
            lon in -180.0_f64..180.0, lat in -90.0_f64..90.0, at in any::<i64>(), accuracy in any::<f64>(),
        ) {
            if let Ok(taken) = checked(&fix(lon, lat, Micros(at), Some(accuracy)), NOW) {
                prop_assert!(taken.measured_at <= NOW && taken.measured_at >= NOW.plus(-8 * Micros::DAY));
                prop_assert!(taken.position.is_in_country());
                prop_assert!(taken.accuracy_m.is_some_and(|metres| metres <= ACCURACY_MAX_M));
            }
        }
    }
}
