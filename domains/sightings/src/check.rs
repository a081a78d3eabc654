//! Judges reports one by one: pure, so that no input can do more than be set aside.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, ImageReader};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shouhu_place::Wgs84;
use shouhu_plate::{PLATE_CHARS_MAX, Plate};
use shouhu_wire::{ALTERNATIVES_MAX, Alternative, CROP_BYTES_MAX, FRAME_BYTES_MAX, ReportedSighting};

use crate::model::{AGE_MAX_US, Checked, DeviceClock, FUTURE_TOLERATED_US, Passage, Reason, SetAside};

/// A raw report without pictures is well under 2 KiB; what is longer is clipped before it is kept.
const RAW_CHARS_MAX: usize = 8_000;
const DETAIL_CHARS_MAX: usize = 300;
const PLATE_TEXT_CHARS_MAX: usize = 40;
const SOURCE_CHARS_MAX: usize = 200;
const LOCAL_HITS_MAX: usize = 64;
/// No road vehicle with a plate is faster.
const SPEED_MAX_KMH: f64 = 400.0;
/// Wider or higher pictures are not from a traffic camera but a decompression bomb.
const PICTURE_SIDE_MAX_PX: u32 = 8_192;

/// Text that can be stored and shown: without control characters (PostgreSQL refuses NUL), and not without end.
#[must_use]
pub fn clean(text: &str, chars_max: usize) -> String {
    text.chars().filter(|ch| !ch.is_control()).take(chars_max).collect()
}

/// What all refusals of one report share.
struct Report {
    sequence: Option<u64>,
    plate_text: String,
    raw: String,
    content_hash: String,
}

impl Report {
    fn of(value: &Value) -> Self {
        let text = value.to_string();
        let content_hash = hash(text.as_bytes());
        let raw = match value {
            Value::Object(_) if text.len() <= RAW_CHARS_MAX => text,
            _ => serde_json::json!({ "clipped": text.chars().take(RAW_CHARS_MAX).collect::<String>() }).to_string(),
        };
        let plate_text = value.get("plate").and_then(Value::as_str).unwrap_or_default();
        Self {
            sequence: value.get("sequence").and_then(Value::as_u64),
            plate_text: clean(plate_text, PLATE_TEXT_CHARS_MAX),
            raw,
            content_hash,
        }
    }

    fn aside(&self, reason: Reason, detail: &str) -> SetAside {
        SetAside {
            sequence: self.sequence,
            reason,
            detail: clean(detail, DETAIL_CHARS_MAX),
            plate_text: self.plate_text.clone(),
            raw: self.raw.clone(),
            content_hash: self.content_hash.clone(),
        }
    }

    fn wholly_aside(&self, reason: Reason, detail: &str) -> Checked {
        Checked { passage: None, set_aside: vec![self.aside(reason, detail)] }
    }
}

fn hash(bytes: &[u8]) -> String {
    let mut hex = hex::encode(Sha256::digest(bytes));
    hex.truncate(32);
    hex
}

/// Judges the report at `index` of its batch.
#[must_use]
pub fn check(index: usize, mut value: Value, clock: DeviceClock) -> Checked {
    // Pictures leave first: what is hashed, kept as raw text and parsed below is small.
    let crop = take(&mut value, "crop_jpeg");
    let frame = take(&mut value, "frame_jpeg");
    let mut report = Report::of(&value);
    let reported = match serde_json::from_value::<ReportedSighting>(value) {
        Ok(reported) => reported,
        Err(error) => return report.wholly_aside(Reason::Malformed, &format!("report {} of the batch: {error}", index + 1)),
    };
    // Of the typed report, so that another order of its fields is the same content.
    report.content_hash = hash(&serde_json::to_vec(&reported).unwrap_or_default());
    let Ok(sequence) = i64::try_from(reported.sequence) else {
        return report.wholly_aside(Reason::SequenceOutOfRange, &format!("sequence {} is larger than 2^63 - 1", reported.sequence));
    };
    let plate = match Plate::parse(&reported.plate) {
        Ok(plate) => plate,
        Err(error) => return report.wholly_aside(Reason::PlateUnreadable, &error.to_string()),
    };
    if !is_probability(reported.confidence) {
        let detail = format!("confidence {} is not within 0 and 1", reported.confidence);
        return report.wholly_aside(Reason::ConfidenceOutOfRange, &detail);
    }
    let captured_at = shouhu_ids::Micros(reported.captured_at_us).plus(clock.correction_us);
    let age_us = clock.now.since(captured_at);
    if age_us < -FUTURE_TOLERATED_US {
        let detail = format!("captured {} s from now, after its clock was corrected by {} s", -(age_us / 1_000_000), clock.correction_us / 1_000_000);
        return report.wholly_aside(Reason::CapturedInFuture, &detail);
    }
    if age_us > AGE_MAX_US {
        let days = age_us / shouhu_ids::Micros::DAY;
        return report.wholly_aside(Reason::CapturedTooOld, &format!("captured {days} days ago; the law allows a year"));
    }

    let mut set_aside = Vec::new();
    let mut part = |result: Result<Option<Vec<u8>>, (Reason, String)>| {
        result.unwrap_or_else(|(reason, detail)| {
            set_aside.push(report.aside(reason, &detail));
            None
        })
    };
    let crop = part(picture("crop", crop, CROP_BYTES_MAX));
    let frame = part(picture("frame", frame, FRAME_BYTES_MAX));
    let position = position(&reported).unwrap_or_else(|detail| {
        set_aside.push(report.aside(Reason::PositionInvalid, &detail));
        None
    });
    let speed_kmh = reported.speed_kmh.filter(|kmh| (0.0..=SPEED_MAX_KMH).contains(kmh));
    if let (None, Some(kmh)) = (speed_kmh, reported.speed_kmh) {
        set_aside.push(report.aside(Reason::SpeedInvalid, &format!("speed {kmh} km/h is not within 0 and {SPEED_MAX_KMH}")));
    }
    let char_confidence = if reported.char_confidence.len() <= PLATE_CHARS_MAX && reported.char_confidence.iter().all(|p| is_probability(*p)) {
        reported.char_confidence
    } else {
        Vec::new()
    };
    let passage = Passage {
        sequence,
        alternatives: alternatives(reported.alternatives, &plate),
        plate,
        confidence: reported.confidence,
        char_confidence,
        captured_at,
        position,
        direction: reported.direction,
        speed_kmh,
        reads: reported.reads,
        crop,
        frame,
        local_hits: reported.local_hits.into_iter().take(LOCAL_HITS_MAX).collect(),
        source: reported.source.map(|text| clean(&text, SOURCE_CHARS_MAX)),
        content_hash: report.content_hash,
        raw: report.raw,
        plate_text: report.plate_text,
    };
    Checked { passage: Some(passage), set_aside }
}

impl Passage {
    /// As an operator sees it when another passage has its number already.
    #[must_use]
    pub fn conflicting(&self) -> SetAside {
        SetAside {
            sequence: u64::try_from(self.sequence).ok(),
            reason: Reason::SequenceConflict,
            detail: "the device used this sequence number before for another passage, which was kept; was its queue reset?".into(),
            plate_text: self.plate_text.clone(),
            raw: self.raw.clone(),
            content_hash: self.content_hash.clone(),
        }
    }
}

fn take(value: &mut Value, field: &str) -> Option<Value> {
    value.as_object_mut().and_then(|object| object.remove(field)).filter(|picture| !picture.is_null())
}

fn is_probability(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// The likeliest few, in normal form. What is no plate or no probability is noise of the recogniser, not a finding.
fn alternatives(reported: Vec<Alternative>, best: &Plate) -> Vec<Alternative> {
    let mut kept: Vec<Alternative> = reported
        .into_iter()
        .filter(|alternative| is_probability(alternative.probability))
        .filter_map(|alternative| {
            let plate = Plate::parse(&alternative.plate).ok().filter(|plate| plate != best)?;
            Some(Alternative { plate: plate.into(), probability: alternative.probability })
        })
        .collect();
    kept.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.plate.cmp(&b.plate)));
    let mut seen = std::collections::HashSet::new();
    kept.retain(|alternative| seen.insert(alternative.plate.clone()));
    kept.truncate(ALTERNATIVES_MAX);
    kept
}

fn position(reported: &ReportedSighting) -> Result<Option<Wgs84>, String> {
    match (reported.lon, reported.lat) {
        (None, None) => Ok(None),
        (Some(lon), Some(lat)) => Wgs84::new(lon, lat).map(Some).map_err(|e| e.to_string()),
        _ => Err("a position needs both lon and lat".into()),
    }
}

/// Decodes a picture and reads its header; the pixels are decoded by whoever looks at it.
fn picture(name: &str, value: Option<Value>, bytes_max: usize) -> Result<Option<Vec<u8>>, (Reason, String)> {
    let Some(value) = value else { return Ok(None) };
    let Value::String(text) = value else {
        return Err((Reason::PictureNotBase64, format!("{name} is no text")));
    };
    if text.len() / 4 * 3 > bytes_max + 3 {
        return Err((Reason::PictureTooLarge, format!("{name} has {} bytes or more; {bytes_max} are taken", text.len() / 4 * 3 - 2)));
    }
    let bytes = STANDARD.decode(text.as_bytes()).map_err(|e| (Reason::PictureNotBase64, format!("{name} is not base64: {e}")))?;
    if bytes.len() > bytes_max {
        return Err((Reason::PictureTooLarge, format!("{name} has {} bytes; {bytes_max} are taken", bytes.len())));
    }
    if !bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Err((Reason::PictureNotJpeg, format!("{name} does not begin as a JPEG does")));
    }
    let (width, height) = ImageReader::with_format(Cursor::new(&bytes), ImageFormat::Jpeg)
        .into_dimensions()
        .map_err(|e| (Reason::PictureNotJpeg, format!("{name} has no readable JPEG header: {e}")))?;
    if width == 0 || height == 0 || width > PICTURE_SIDE_MAX_PX || height > PICTURE_SIDE_MAX_PX {
        let detail = format!("{name} is {width} × {height} pixels; at most {PICTURE_SIDE_MAX_PX} a side are taken");
        return Err((Reason::PictureDimensions, detail));
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use serde_json::json;
    use shouhu_ids::Micros;

    use super::*;
    use crate::sample;

    const NOW: Micros = Micros(20_000 * Micros::DAY);

    fn judged(change: &Value) -> Checked {
        let mut report = sample::report(7, "ABC-1234", NOW);
        if let (Some(report), Some(change)) = (report.as_object_mut(), change.as_object()) {
            report.extend(change.clone());
        }
        check(0, report, DeviceClock::judged(NOW, NOW.0, 0))
    }

    fn reasons(checked: &Checked) -> Vec<Reason> {
        checked.set_aside.iter().map(|aside| aside.reason).collect()
    }

    #[test]
    fn what_people_and_recognisers_write_becomes_one_plate() {
        for written in ["abc-1234", "ＡＢＣ－１２３４", "ABC 1234"] {
            let passage = judged(&json!({ "plate": written })).passage.unwrap();
            assert_eq!((passage.plate.as_str(), passage.sequence), ("ABC1234", 7));
        }
    }

    #[test]
    fn an_untrustworthy_plate_confidence_time_or_number_sets_the_whole_report_aside() {
        for (change, reason) in [
            (json!({ "plate": "車" }), Reason::PlateUnreadable),
            (json!({ "plate": 7 }), Reason::Malformed),
            (json!({ "sequence": -1 }), Reason::Malformed),
            (json!({ "sequence": u64::MAX }), Reason::SequenceOutOfRange),
            (json!({ "confidence": 1.01 }), Reason::ConfidenceOutOfRange),
            (json!({ "captured_at_us": NOW.0 + 6 * Micros::MINUTE }), Reason::CapturedInFuture),
            (json!({ "captured_at_us": NOW.0 - 366 * Micros::DAY }), Reason::CapturedTooOld),
            (json!({ "captured_at_us": i64::MIN }), Reason::CapturedTooOld),
            (json!({ "captured_at_us": i64::MAX }), Reason::CapturedInFuture),
        ] {
            let checked = judged(&change);
            assert!(checked.passage.is_none(), "{change}");
            assert_eq!(reasons(&checked), [reason], "{change}");
        }
    }

    #[test]
    fn a_bad_part_is_set_aside_and_the_passage_kept_without_it() {
        let wide = sample::jpeg(9_000, 2);
        for (change, reason) in [
            (json!({ "lon": 120.2, "lat": 229.0 }), Reason::PositionInvalid),
            (json!({ "lon": 120.2 }), Reason::PositionInvalid),
            (json!({ "speed_kmh": -3.0 }), Reason::SpeedInvalid),
            (json!({ "crop_jpeg": "no base64!" }), Reason::PictureNotBase64),
            (json!({ "crop_jpeg": 7 }), Reason::PictureNotBase64),
            (json!({ "crop_jpeg": STANDARD.encode(b"GIF89a") }), Reason::PictureNotJpeg),
            (json!({ "crop_jpeg": STANDARD.encode([0xff, 0xd8, 0xff, 0xe0, 0, 0]) }), Reason::PictureNotJpeg),
            (json!({ "crop_jpeg": STANDARD.encode(vec![0; CROP_BYTES_MAX + 1]) }), Reason::PictureTooLarge),
            (json!({ "crop_jpeg": "A".repeat(CROP_BYTES_MAX * 2) }), Reason::PictureTooLarge),
            (json!({ "frame_jpeg": STANDARD.encode(&wide) }), Reason::PictureDimensions),
        ] {
            let checked = judged(&change);
            let passage = checked.passage.as_ref().unwrap();
            assert_eq!(reasons(&checked), [reason]);
            assert_eq!((passage.position, passage.speed_kmh, &passage.crop, &passage.frame), (None, None, &None, &None));
            assert!(!checked.set_aside[0].raw.contains("jpeg"), "raw keeps no pictures");
        }
        let whole = judged(&json!({ "crop_jpeg": STANDARD.encode(sample::jpeg(32, 16)), "lon": 120.2, "lat": 23.0 }));
        assert!(whole.set_aside.is_empty() && whole.passage.is_some_and(|p| p.crop.is_some() && p.position.is_some()));
    }

    #[test]
    fn alternatives_are_normal_distinct_likeliest_first_and_bounded() {
        let many: Vec<Value> = (0..20).map(|n| json!({ "plate": format!("abc-12{n:02}"), "probability": f64::from(n) / 100.0 })).collect();
        let noise = [json!({ "plate": "??", "probability": 0.5 }), json!({ "plate": "ABC1234", "probability": 0.9 }), json!({ "plate": "XY-9999", "probability": 7 })];
        let all = [noise.to_vec(), many].concat();
        let passage = judged(&json!({ "alternatives": all })).passage.unwrap();
        assert_eq!(passage.alternatives.len(), ALTERNATIVES_MAX);
        assert_eq!(passage.alternatives[0].plate, "ABC1219");
    }

    #[test]
    fn other_pictures_are_the_same_passage_and_another_plate_is_not() {
        let hash = |change: Value| judged(&change).passage.unwrap().content_hash;
        assert_eq!(hash(json!({})), hash(json!({ "crop_jpeg": STANDARD.encode(sample::jpeg(8, 8)) })));
        assert_ne!(hash(json!({})), hash(json!({ "plate": "ABC-1235" })));
    }

    proptest! {
        #[test]
        fn no_report_panics_and_none_vanishes(report in sample::any_json()) {
            let checked = check(0, report, DeviceClock::judged(NOW, NOW.0, 0));
            prop_assert!(checked.passage.is_some() || !checked.set_aside.is_empty());
            for aside in checked.set_aside {
                prop_assert!(serde_json::from_str::<Value>(&aside.raw).is_ok_and(|raw| raw.is_object()));
                prop_assert!(!aside.detail.contains('\0') && !aside.plate_text.contains('\0'));
            }
        }

        #[test]
        fn no_picture_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), is_jpeg in any::<bool>()) {
            if is_jpeg {
                bytes.splice(0..0, [0xff, 0xd8, 0xff]);
            }
            let _ = picture("crop", Some(Value::String(STANDARD.encode(&bytes))), CROP_BYTES_MAX);
        }
    }
}
