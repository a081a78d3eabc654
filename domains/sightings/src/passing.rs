//! Between a passage as the lake keeps it and as people and rooms see it.

use serde::{Deserialize, Serialize};
use shouhu_ids::{EntryId, Micros, SightingId};
use shouhu_lakehouse::lake::row::AT_SOURCE;
use shouhu_lakehouse::lake::{Class, Extra, FullRecord, Key, PlateCode, Seen};
use shouhu_lakehouse::{Lakehouse, SourceRecord};
use shouhu_place::Wgs84;
use shouhu_plate::{Plate, SeenVehicle};
use shouhu_store::Veil;
use shouhu_wire::{Alternative, Heading, Passing, Sighting, SightingClass, TravelDirection};

use crate::heading;
use crate::model::Passage;

/// Bit of `Row::pictures`.
pub const HAS_CROP: u8 = 1;
pub const HAS_FRAME: u8 = 2;

/// The id of a passage, computed from what it is.
#[must_use]
pub fn id_of(key: Key) -> SightingId {
    SightingId::of(key.source, key.at_ms, key.plate.0)
}

/// No camera knows the time of a passage better than a millisecond; what devices say beyond it is cut off.
#[must_use]
pub const fn ms_of(at: Micros) -> i64 {
    at.0.div_euclid(1_000)
}

#[must_use]
pub const fn micros_of(at_ms: i64) -> Micros {
    Micros(at_ms.saturating_mul(1_000))
}

#[must_use]
pub const fn class_of(class: SightingClass) -> Class {
    match class {
        SightingClass::Passage => Class::PASSAGE,
        SightingClass::Kept => Class::KEPT,
        SightingClass::Parking => Class::PARKING,
        SightingClass::Gantry => Class::GANTRY,
        SightingClass::Partner => Class::PARTNER,
    }
}

const fn travel_of(heading: Option<Heading>) -> Option<TravelDirection> {
    match heading {
        Some(Heading::Approaching) => Some(TravelDirection::Approaching),
        Some(Heading::Receding) => Some(TravelDirection::Receding),
        Some(Heading::LeftToRight) => Some(TravelDirection::LeftToRight),
        Some(Heading::RightToLeft) => Some(TravelDirection::RightToLeft),
        _ => None,
    }
}

/// Millionths of a degree, rounded to the nearest.
#[must_use]
pub fn e6_of(position: Wgs84) -> (i32, i32) {
    // A position is within ±180 degrees, which is within ±1.8e8 millionths.
    ((position.lon * 1e6).round() as i32, (position.lat * 1e6).round() as i32)
}

#[must_use]
pub fn position_of(place_e6: (i32, i32)) -> Option<Wgs84> {
    Wgs84::new(f64::from(place_e6.0) / 1e6, f64::from(place_e6.1) / 1e6).ok()
}

/// 0 to 1, to the nearest thousandth.
#[must_use]
pub fn per_mille(confidence: f64) -> u16 {
    (confidence.clamp(0.0, 1.0) * 1_000.0).round() as u16
}

/// What is kept of a passage but never asked for by itself: one JSON object per row that has any of it. Field names are for
/// whoever reads the files without us.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub clock_corrected_us: i64,
    /// Only where it does not follow from the lag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at_us: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub char_confidence: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local_hits: Vec<EntryId>,
    /// Of the picture; only where anything was sure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenVehicle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// The extras of one batch; what all rows of a batch share is written once and copied.
pub struct Extras {
    received_at: Micros,
    shared: Detail,
    shared_text: Option<String>,
}

impl Extras {
    #[must_use]
    pub fn of_batch(model: &str, clock_corrected_us: i64, received_at: Micros) -> Self {
        let shared = Detail { model: model.to_owned(), clock_corrected_us, ..Detail::default() };
        let shared_text = (shared != Detail::default()).then(|| text_of(&shared));
        Self { received_at, shared, shared_text }
    }

    #[must_use]
    pub fn of(&self, passage: &Passage) -> Extra {
        let lag_ms = i32::try_from(ms_of(self.received_at) - ms_of(passage.captured_at)).ok();
        let is_plain = passage.alternatives.is_empty()
            && passage.char_confidence.is_empty()
            && passage.local_hits.is_empty()
            && passage.source.is_none()
            && passage.seen.is_nothing()
            && lag_ms.is_some();
        let detail = if is_plain {
            self.shared_text.clone()
        } else {
            Some(text_of(&Detail {
                received_at_us: if lag_ms.is_none() { Some(self.received_at.0) } else { None },
                alternatives: passage.alternatives.clone(),
                char_confidence: passage.char_confidence.clone(),
                local_hits: passage.local_hits.clone(),
                seen: Some(passage.seen).filter(|seen| !seen.is_nothing()),
                source: passage.source.clone(),
                ..self.shared.clone()
            }))
        };
        Extra {
            lag_ms,
            speed_dkmh: passage.speed_kmh.map(|kmh| (kmh * 10.0).round() as u16),
            reads: (passage.reads > 0).then(|| u16::try_from(passage.reads).unwrap_or(u16::MAX)),
            detail,
        }
    }
}

/// What the picture of a passage shows, as far as it was sure.
#[must_use]
pub fn seen_of(record: &FullRecord) -> SeenVehicle {
    let detail = record.extra.detail.as_deref().and_then(|text| serde_json::from_str::<Detail>(text).ok());
    detail.and_then(|detail| detail.seen).unwrap_or_default()
}

fn text_of(detail: &Detail) -> String {
    serde_json::to_string(detail).unwrap_or_else(|_| "{}".into())
}

/// The plate of a code. The lake holds only what [`Plate`] has let in; what somebody else wrote into its files may be shorter.
#[must_use]
pub fn plate_of(code: PlateCode) -> Option<Plate> {
    Plate::parse(&code.to_string()).ok()
}

/// `None` only for a plate that no plate can have.
#[must_use]
pub fn passing_of(lake: &Lakehouse, seen: &Seen) -> Option<Passing> {
    let plate = plate_of(seen.plate)?;
    let source = lake.source(seen.source);
    Some(Passing {
        id: id_of(seen.key()),
        plate_display: plate.display(),
        plate,
        captured_at_us: micros_of(seen.at_ms),
        camera: source.as_ref().and_then(|source| source.key.camera),
        place_name: name_of(source.as_deref(), seen.source),
        position: place_of(source.as_deref(), seen.lon_e6, seen.lat_e6),
        confidence: f64::from(seen.confidence_pm) / 1_000.0,
        heading: heading::of_code(seen.direction),
    })
}

fn name_of(source: Option<&SourceRecord>, number: u32) -> String {
    source.map_or_else(|| format!("#{number}"), |source| source.name.clone())
}

fn place_of(source: Option<&SourceRecord>, lon_e6: i32, lat_e6: i32) -> Option<Wgs84> {
    let own = (lon_e6 != AT_SOURCE).then_some((lon_e6, lat_e6));
    own.or_else(|| source?.key.place_e6).and_then(position_of)
}

/// Other readings of a picture, less those that are plates which whoever looks may not see.
#[must_use]
pub fn told_alternatives(mut alternatives: Vec<Alternative>, veil: Option<&Veil>) -> Vec<Alternative> {
    if let Some(veil) = veil {
        alternatives.retain(|other| !veil.hides_text(&other.plate));
    }
    alternatives
}

/// The record as a file may have it: its other readings are those of [`told_alternatives`].
#[must_use]
pub fn veiled_record(mut record: FullRecord, veil: &Veil) -> FullRecord {
    let detail: Option<Detail> = record.extra.detail.as_deref().and_then(|text| serde_json::from_str(text).ok());
    if let Some(detail) = detail.filter(|detail| detail.alternatives.iter().any(|other| veil.hides_text(&other.plate))) {
        let alternatives = told_alternatives(detail.alternatives.clone(), Some(veil));
        record.extra.detail = Some(text_of(&Detail { alternatives, ..detail }));
    }
    record
}

/// The whole sighting, as `GET /v1/sightings/{id}` shows it. `None` for what a source that nobody knows has sent.
#[must_use]
pub fn sighting_of(lake: &Lakehouse, record: &FullRecord) -> Option<Sighting> {
    let (row, extra) = (&record.row, &record.extra);
    let plate = plate_of(row.plate)?;
    let source = lake.source(row.source)?;
    let detail: Detail = extra.detail.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let received_ms = extra.lag_ms.map(|lag| row.at_ms + i64::from(lag));
    Some(Sighting {
        id: id_of(row.key()),
        device: source.key.device,
        sequence: row.sequence,
        camera: source.key.camera,
        place_name: source.name.clone(),
        plate_display: plate.display(),
        form: plate.form(),
        class: plate.class(),
        plate,
        confidence: f64::from(row.confidence_pm) / 1_000.0,
        alternatives: told_alternatives(detail.alternatives, lake.veil().as_ref()),
        captured_at_us: micros_of(row.at_ms),
        received_at_us: detail.received_at_us.map(Micros).or(received_ms.map(micros_of)).unwrap_or(micros_of(row.at_ms)),
        clock_corrected_us: detail.clock_corrected_us,
        position: place_of(Some(&*source), row.lon_e6, row.lat_e6),
        direction: travel_of(heading::of_code(row.direction)),
        speed_kmh: extra.speed_dkmh.map(|dkmh| f64::from(dkmh) / 10.0),
        seen: detail.seen.unwrap_or_default(),
        reads: u32::from(extra.reads.unwrap_or_default()),
        has_crop: row.pictures & HAS_CROP != 0,
        has_frame: row.pictures & HAS_FRAME != 0,
        model: detail.model,
        sender_restriction: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_cut_off_downwards_before_the_epoch_too() {
        assert_eq!([ms_of(Micros(1_999)), ms_of(Micros(-1))], [1, -1]);
    }
}
