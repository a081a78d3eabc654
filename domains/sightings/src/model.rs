//! A reported passage on its way to becoming a sighting.

use shouhu_ids::{EntryId, Micros};
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_wire::{Alternative, Heading, SightingClass};

/// A device clock within this of ours is right: queues and networks delay by as much.
pub const CLOCK_TOLERATED_US: i64 = Micros::MINUTE;
/// After correction nothing can have been captured later than this from now.
pub const FUTURE_TOLERATED_US: i64 = 5 * Micros::MINUTE;
/// 警察職權行使法 §10: what cameras in public places recorded is destroyed after one year at the latest.
pub const AGE_MAX_US: i64 = 365 * Micros::DAY;
/// Sightings of our own cameras without a hit are purged after this many days; non-hits die long before the year of §10.
pub const RETENTION_DAYS: i64 = 90;

/// How long a class of sightings is kept, and what allows it.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    pub class: SightingClass,
    /// `None`: as long as a hold names the sighting.
    pub days: Option<i64>,
    pub legal_basis: &'static str,
}

/// Every class; none may be kept for longer than [`AGE_MAX_US`] without a hold.
pub const RETENTIONS: [Retention; 5] = [
    Retention {
        class: SightingClass::Passage,
        days: Some(RETENTION_DAYS),
        legal_basis: "警察職權行使法 §10: a year at most; without a hit 90 days suffice for what is reported late",
    },
    Retention {
        class: SightingClass::Kept,
        days: None,
        legal_basis: "警察職權行使法 §10: what an investigation needs, for as long as its hold says",
    },
    Retention {
        class: SightingClass::Parking,
        days: Some(30),
        legal_basis: "個人資料保護法 §15, §11: collected for another purpose, so kept only for what is reported within a month",
    },
    Retention {
        class: SightingClass::Gantry,
        days: Some(30),
        legal_basis: "個人資料保護法 §15, §11: collected for another purpose, so kept only for what is reported within a month",
    },
    Retention {
        class: SightingClass::Partner,
        days: Some(90),
        legal_basis: "警察職權行使法 §10 and the agreement with the partner: as our own",
    },
];

/// Why a report, or a part of one, was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    Malformed,
    SequenceOutOfRange,
    SequenceConflict,
    PlateUnreadable,
    ConfidenceOutOfRange,
    CapturedInFuture,
    CapturedTooOld,
    PositionInvalid,
    SpeedInvalid,
    SeenInvalid,
    PictureTooLarge,
    PictureNotBase64,
    PictureNotJpeg,
    PictureDimensions,
}

impl Reason {
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::SequenceOutOfRange,
        Self::SequenceConflict,
        Self::PlateUnreadable,
        Self::ConfidenceOutOfRange,
        Self::CapturedInFuture,
        Self::CapturedTooOld,
        Self::PositionInvalid,
        Self::SpeedInvalid,
        Self::SeenInvalid,
        Self::PictureTooLarge,
        Self::PictureNotBase64,
        Self::PictureNotJpeg,
        Self::PictureDimensions,
    ];

    /// Stable key; the UI translates it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Malformed => "sightings.ingest.malformed",
            Self::SequenceOutOfRange => "sightings.ingest.sequence_out_of_range",
            Self::SequenceConflict => "sightings.ingest.sequence_conflict",
            Self::PlateUnreadable => "sightings.ingest.plate_unreadable",
            Self::ConfidenceOutOfRange => "sightings.ingest.confidence_out_of_range",
            Self::CapturedInFuture => "sightings.ingest.captured_in_future",
            Self::CapturedTooOld => "sightings.ingest.captured_too_old",
            Self::PositionInvalid => "sightings.ingest.position_invalid",
            Self::SpeedInvalid => "sightings.ingest.speed_invalid",
            Self::SeenInvalid => "sightings.ingest.seen_invalid",
            Self::PictureTooLarge => "sightings.ingest.picture_too_large",
            Self::PictureNotBase64 => "sightings.ingest.picture_not_base64",
            Self::PictureNotJpeg => "sightings.ingest.picture_not_jpeg",
            Self::PictureDimensions => "sightings.ingest.picture_dimensions",
        }
    }
}

/// A report that can be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    pub sequence: u64,
    pub plate: Plate,
    pub confidence: f64,
    pub char_confidence: Vec<f64>,
    pub alternatives: Vec<Alternative>,
    /// Corrected.
    pub captured_at: Micros,
    /// Where the device says it stood.
    pub position: Option<Wgs84>,
    pub heading: Option<Heading>,
    pub speed_kmh: Option<f64>,
    pub seen: SeenVehicle,
    pub reads: u32,
    pub crop: Option<Vec<u8>>,
    pub frame: Option<Vec<u8>>,
    pub local_hits: Vec<EntryId>,
    pub source: Option<String>,
}

/// Something for an operator to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// `None` when the report had none that could be read.
    pub sequence: Option<u64>,
    pub reason: Reason,
    pub detail: String,
    pub plate_text: String,
    /// A JSON object.
    pub raw: String,
    pub content_hash: String,
}

/// What became of one report. A bad part (picture, position, speed) is set aside and the passage kept without it: a
/// wanted car must not be lost to a broken GPS.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checked {
    pub passage: Option<Passage>,
    pub set_aside: Vec<SetAside>,
}

/// What is known about the clock that stamped a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceClock {
    pub now: Micros,
    /// The device's clock minus ours.
    pub offset_us: i64,
    /// Added to the device's times.
    pub correction_us: i64,
}

impl DeviceClock {
    /// `signed_offset_us` is the device's clock minus ours when it signed this very request. A batch whose time lies in the
    /// past although the signing clock is right was written earlier and sent again: its times are right as they are.
    #[must_use]
    pub const fn judged(now: Micros, sent_at_us: i64, signed_offset_us: i64) -> Self {
        let sent_offset_us = sent_at_us.saturating_sub(now.0);
        let is_signer_right = signed_offset_us.unsigned_abs() <= CLOCK_TOLERATED_US.unsigned_abs();
        let offset_us = if sent_offset_us < 0 && is_signer_right { signed_offset_us } else { sent_offset_us };
        let is_right = offset_us.unsigned_abs() <= CLOCK_TOLERATED_US.unsigned_abs();
        let correction_us = if is_right { 0 } else { 0_i64.saturating_sub(offset_us) };
        Self { now, offset_us, correction_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_class_is_kept_longer_than_the_law_allows() {
        let days: Vec<i64> = RETENTIONS.iter().filter_map(|retention| retention.days).collect();
        assert!(days.iter().all(|days| (1..=365).contains(days)) && days.len() == RETENTIONS.len() - 1);
        assert_eq!(RETENTIONS.map(|retention| retention.class), SightingClass::ALL);
    }

    const NOW: Micros = Micros(20_000 * Micros::DAY);

    #[test]
    fn a_clock_a_year_off_is_put_right_and_one_a_second_off_is_left_alone() {
        let year = 365 * Micros::DAY;
        let ahead = DeviceClock::judged(NOW, NOW.0 + year, year);
        assert_eq!((ahead.offset_us, ahead.correction_us), (year, -year));
        let behind = DeviceClock::judged(NOW, NOW.0 - year, -year);
        assert_eq!((behind.offset_us, behind.correction_us), (-year, year));
        assert_eq!(DeviceClock::judged(NOW, NOW.0 + Micros::SECOND, Micros::SECOND).correction_us, 0);
    }

    #[test]
    fn a_batch_that_waited_three_days_under_a_right_clock_is_not_corrected() {
        let waited = DeviceClock::judged(NOW, NOW.0 - 3 * Micros::DAY, 0);
        assert_eq!((waited.offset_us, waited.correction_us), (0, 0));
    }

    #[test]
    fn absurd_clocks_do_not_overflow() {
        for sent in [i64::MIN, i64::MAX, 0] {
            for signed in [i64::MIN, i64::MAX, 0] {
                let _ = DeviceClock::judged(NOW, sent, signed);
            }
        }
    }
}
