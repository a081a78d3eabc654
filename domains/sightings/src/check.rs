//! Judges reports one by one: pure, so that no input can do more than be set aside.

use std::borrow::Cow;
use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use shouhu_ids::{EntryId, Micros};
use shouhu_place::Wgs84;
use shouhu_plate::{PLATE_CHARS_MAX, Plate, SeenVehicle};
use shouhu_wire::{ALTERNATIVES_MAX, Alternative, CROP_BYTES_MAX, FRAME_BYTES_MAX, Heading, TravelDirection};

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

/// One report as it lies in the body: nothing is copied that need not be. Pictures stay text until everything else is right.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report<'a> {
    pub sequence: u64,
    #[serde(borrow)]
    pub plate: Cow<'a, str>,
    pub confidence: f64,
    #[serde(default)]
    pub char_confidence: Vec<f64>,
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
    pub captured_at_us: i64,
    #[serde(default)]
    pub lon: Option<f64>,
    #[serde(default)]
    pub lat: Option<f64>,
    #[serde(default)]
    pub direction: Option<TravelDirection>,
    #[serde(default)]
    pub speed_kmh: Option<f64>,
    /// Stays text until it is judged by itself: a word that a newer device knows must not cost the passage.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub seen: Option<&'a RawValue>,
    #[serde(default)]
    pub reads: u32,
    #[serde(default, borrow, skip_serializing)]
    pub crop_jpeg: Option<&'a RawValue>,
    #[serde(default, borrow, skip_serializing)]
    pub frame_jpeg: Option<&'a RawValue>,
    #[serde(default)]
    pub local_hits: Vec<EntryId>,
    #[serde(default)]
    pub source: Option<String>,
}

/// What the body holds in the place of one report.
#[derive(Debug, Clone)]
pub enum Reported<'a> {
    Typed(Report<'a>),
    /// Nothing that has the shape of a report; the others of its batch are judged without it.
    Odd { text: &'a str, error: String },
}

/// A batch as it lies in the body.
pub struct Batch<'a> {
    pub model: Cow<'a, str>,
    pub version: u32,
    pub sent_at_us: i64,
    pub reports: Vec<Reported<'a>>,
}

#[derive(Deserialize)]
struct Shaped<'a> {
    #[serde(default, borrow)]
    model: Cow<'a, str>,
    #[serde(default)]
    version: u32,
    sent_at_us: i64,
    #[serde(borrow)]
    sightings: Vec<Report<'a>>,
}

/// As [`Shaped`], whose reports are judged one by one, so that one of the wrong shape does not refuse the others.
#[derive(Deserialize)]
struct Loose<'a> {
    #[serde(default, borrow)]
    model: Cow<'a, str>,
    #[serde(default)]
    version: u32,
    sent_at_us: i64,
    #[serde(borrow)]
    sightings: Vec<&'a RawValue>,
}

/// Reads a body; in two passes only where a report has not the shape of one.
///
/// # Errors
/// When the whole is no batch.
pub fn read(body: &[u8]) -> Result<Batch<'_>, serde_json::Error> {
    if let Ok(shaped) = serde_json::from_slice::<Shaped<'_>>(body) {
        let reports = shaped.sightings.into_iter().map(Reported::Typed).collect();
        return Ok(Batch { model: shaped.model, version: shaped.version, sent_at_us: shaped.sent_at_us, reports });
    }
    let loose = serde_json::from_slice::<Loose<'_>>(body)?;
    let reports = loose.sightings.into_iter().map(|raw| {
        let text = raw.get();
        serde_json::from_str(text).map_or_else(|error| Reported::Odd { text, error: error.to_string() }, Reported::Typed)
    });
    Ok(Batch { model: loose.model, version: loose.version, sent_at_us: loose.sent_at_us, reports: reports.collect() })
}

impl Batch<'_> {
    /// Each picture is a file that is synced.
    #[must_use]
    pub fn has_pictures(&self) -> bool {
        self.reports.iter().any(|one| matches!(one, Reported::Typed(report) if report.crop_jpeg.is_some() || report.frame_jpeg.is_some()))
    }
}

/// What an operator sees of a report that is set aside; made only for those.
struct Refusal {
    sequence: Option<u64>,
    plate_text: String,
    raw: String,
    content_hash: String,
}

impl Refusal {
    fn of_report(report: &Report<'_>) -> Self {
        let raw = serde_json::to_string(report).unwrap_or_else(|_| "{}".into());
        Self::of_text(Some(report.sequence), &report.plate, raw)
    }

    /// Pictures leave first: what is hashed and kept as raw text is small.
    fn of_odd(text: &str) -> Self {
        let Ok(mut value) = serde_json::from_str::<Value>(text) else { return Self::of_text(None, "", text.to_owned()) };
        if let Some(fields) = value.as_object_mut() {
            fields.remove("crop_jpeg");
            fields.remove("frame_jpeg");
        }
        let plate = value.get("plate").and_then(Value::as_str).unwrap_or_default();
        Self::of_text(value.get("sequence").and_then(Value::as_u64), plate, value.to_string())
    }

    fn of_text(sequence: Option<u64>, plate: &str, text: String) -> Self {
        let content_hash = hash(text.as_bytes());
        let is_object = text.starts_with('{') && text.ends_with('}');
        let raw = if is_object && text.len() <= RAW_CHARS_MAX {
            text
        } else {
            serde_json::json!({ "clipped": text.chars().take(RAW_CHARS_MAX).collect::<String>() }).to_string()
        };
        Self { sequence, plate_text: clean(plate, PLATE_TEXT_CHARS_MAX), raw, content_hash }
    }

    fn aside(self, reason: Reason, detail: &str) -> SetAside {
        SetAside {
            sequence: self.sequence,
            reason,
            detail: clean(detail, DETAIL_CHARS_MAX),
            plate_text: self.plate_text,
            raw: self.raw,
            content_hash: self.content_hash,
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    let mut hex = hex::encode(Sha256::digest(bytes));
    hex.truncate(32);
    hex
}

/// Judges the report at `index` of its batch.
#[must_use]
pub fn check(index: usize, reported: Reported<'_>, clock: DeviceClock) -> Checked {
    let mut set_aside = Vec::new();
    let passage = match reported {
        Reported::Odd { text, error } => {
            set_aside.push(Refusal::of_odd(text).aside(Reason::Malformed, &format!("report {} of the batch: {error}", index + 1)));
            None
        }
        Reported::Typed(report) => match whole(&report, clock) {
            Err((reason, detail)) => {
                set_aside.push(Refusal::of_report(&report).aside(reason, &detail));
                None
            }
            Ok((plate, captured_at)) => Some(parts(report, plate, captured_at, &mut set_aside)),
        },
    };
    Checked { passage, set_aside }
}

/// What must be right for the passage to be kept: number, plate, confidence, time.
fn whole(report: &Report<'_>, clock: DeviceClock) -> Result<(Plate, Micros), (Reason, String)> {
    if i64::try_from(report.sequence).is_err() {
        return Err((Reason::SequenceOutOfRange, format!("sequence {} is larger than 2^63 - 1", report.sequence)));
    }
    let plate = Plate::parse(&report.plate).map_err(|error| (Reason::PlateUnreadable, error.to_string()))?;
    if !is_probability(report.confidence) {
        return Err((Reason::ConfidenceOutOfRange, format!("confidence {} is not within 0 and 1", report.confidence)));
    }
    let captured_at = Micros(report.captured_at_us).plus(clock.correction_us);
    let age_us = clock.now.since(captured_at);
    if age_us < -FUTURE_TOLERATED_US {
        let (ahead_s, correction_s) = (-(age_us / Micros::SECOND), clock.correction_us / Micros::SECOND);
        return Err((Reason::CapturedInFuture, format!("captured {ahead_s} s from now, after its clock was corrected by {correction_s} s")));
    }
    if age_us > AGE_MAX_US {
        return Err((Reason::CapturedTooOld, format!("captured {} days ago; the law allows a year", age_us / Micros::DAY)));
    }
    Ok((plate, captured_at))
}

/// What may be wrong by itself: pictures, position, speed, what a picture shows. The passage is kept without it.
fn parts(report: Report<'_>, plate: Plate, captured_at: Micros, set_aside: &mut Vec<SetAside>) -> Passage {
    let mut wrong = Vec::new();
    let mut part = |name, value: Option<&RawValue>, bytes_max| {
        picture(name, value.map(RawValue::get), bytes_max).unwrap_or_else(|refused| {
            wrong.push(refused);
            None
        })
    };
    let crop = part("crop", report.crop_jpeg, CROP_BYTES_MAX);
    let frame = part("frame", report.frame_jpeg, FRAME_BYTES_MAX);
    let position = position(&report).unwrap_or_else(|detail| {
        wrong.push((Reason::PositionInvalid, detail));
        None
    });
    let speed_kmh = report.speed_kmh.filter(|kmh| (0.0..=SPEED_MAX_KMH).contains(kmh));
    if let (None, Some(kmh)) = (speed_kmh, report.speed_kmh) {
        wrong.push((Reason::SpeedInvalid, format!("speed {kmh} km/h is not within 0 and {SPEED_MAX_KMH}")));
    }
    let seen = report.seen.map_or(Ok(SeenVehicle::default()), |value| seen(value.get())).unwrap_or_else(|detail| {
        wrong.push((Reason::SeenInvalid, detail));
        SeenVehicle::default()
    });
    set_aside.extend(wrong.into_iter().map(|(reason, detail)| Refusal::of_report(&report).aside(reason, &detail)));
    let is_sane = report.char_confidence.len() <= PLATE_CHARS_MAX && report.char_confidence.iter().all(|p| is_probability(*p));
    let alternatives = if report.alternatives.is_empty() { Vec::new() } else { alternatives(report.alternatives, &plate) };
    Passage {
        sequence: report.sequence,
        plate,
        alternatives,
        confidence: report.confidence,
        char_confidence: if is_sane { report.char_confidence } else { Vec::new() },
        captured_at,
        position,
        heading: report.direction.map(Heading::from),
        speed_kmh,
        seen,
        reads: report.reads,
        crop,
        frame,
        local_hits: report.local_hits.into_iter().take(LOCAL_HITS_MAX).collect(),
        source: report.source.map(|text| clean(&text, SOURCE_CHARS_MAX)),
    }
}

/// As an operator sees a passage when another one has its number already.
#[must_use]
pub fn conflicting(passage: &Passage) -> SetAside {
    let raw = serde_json::json!({
        "sequence": passage.sequence, "plate": passage.plate, "confidence": passage.confidence, "captured_at_us": passage.captured_at,
        "lon": passage.position.map(|p| p.lon), "lat": passage.position.map(|p| p.lat),
    });
    let detail = "the device used this sequence number before for another passage, which was kept; was its queue reset?";
    Refusal::of_text(Some(passage.sequence), passage.plate.as_str(), raw.to_string()).aside(Reason::SequenceConflict, detail)
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

fn position(report: &Report<'_>) -> Result<Option<Wgs84>, String> {
    match (report.lon, report.lat) {
        (None, None) => Ok(None),
        (Some(lon), Some(lat)) => {
            let position = Wgs84::new(lon, lat).map_err(|e| e.to_string())?;
            if is_in_country(position) { Ok(Some(position)) } else { Err(format!("position {lon}, {lat} is outside the country")) }
        }
        _ => Err("a position needs both lon and lat".into()),
    }
}

/// West, south, east, north of everything that is administered from Taiwan: Kinmen and the Pratas in the west, the Diaoyutai
/// in the east, the Matsu islands in the north. A camera elsewhere has a broken GPS.
const COUNTRY: [f64; 4] = [116.0, 20.0, 125.0, 27.0];

#[must_use]
pub fn is_in_country(position: Wgs84) -> bool {
    let [west, south, east, north] = COUNTRY;
    (west..=east).contains(&position.lon) && (south..=north).contains(&position.lat)
}

/// What the picture shows, as the device says it.
fn seen(value: &str) -> Result<SeenVehicle, String> {
    // A list would be read as the fields in the order of our source.
    if !value.starts_with('{') {
        return Err("what the picture shows is no object".into());
    }
    serde_json::from_str(value).map_err(|error| format!("what the picture shows: {error}"))
}

/// Decodes a picture and reads its header; the pixels are decoded by whoever looks at it.
fn picture(name: &str, value: Option<&str>, bytes_max: usize) -> Result<Option<Vec<u8>>, (Reason, String)> {
    let Some(value) = value else { return Ok(None) };
    // Base64 has no character that JSON escapes except `/`, which some writers do escape.
    let Ok(text) = serde_json::from_str::<Cow<'_, str>>(value) else {
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
    use shouhu_plate::{PlateColour, VehicleColour, VehicleKind};

    use super::*;
    use crate::sample;

    const NOW: Micros = Micros(20_000 * Micros::DAY);

    fn judged(change: &Value) -> Checked {
        let mut report = sample::report(7, "ABC-1234", NOW);
        if let (Some(report), Some(change)) = (report.as_object_mut(), change.as_object()) {
            report.extend(change.clone());
        }
        judge(&report)
    }

    /// As the batch does it.
    fn judge(report: &Value) -> Checked {
        let body = sample::batch(NOW, std::slice::from_ref(report)).to_string();
        let mut batch = read(body.as_bytes()).unwrap();
        check(0, batch.reports.remove(0), DeviceClock::judged(NOW, NOW.0, 0))
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
    fn a_report_with_and_without_what_the_picture_shows_is_kept() {
        let seen = |change: Value| judged(&change).passage.map(|passage| passage.seen);
        assert_eq!(seen(json!({})), Some(SeenVehicle::default()), "a device from before");
        assert_eq!(seen(json!({ "seen": null })), Some(SeenVehicle::default()));
        let whole = json!({ "seen": { "kind": "truck", "colour": "white", "plate_colour": "white_black", "wheels": 6 } });
        let expected =
            SeenVehicle { kind: Some(VehicleKind::Truck), colour: Some(VehicleColour::White), plate_colour: Some(PlateColour::WhiteBlack) };
        assert_eq!((seen(whole.clone()), judged(&whole).set_aside.len()), (Some(expected), 0));
        for bad in [json!({ "kind": "hovercraft" }), json!(["car"]), json!("white"), json!(7), json!({ "colour": 3 })] {
            let checked = judged(&json!({ "seen": bad, "speed_kmh": 50.0 }));
            assert_eq!(reasons(&checked), [Reason::SeenInvalid], "{bad}");
            assert_eq!(checked.passage.map(|passage| (passage.seen, passage.speed_kmh)), Some((SeenVehicle::default(), Some(50.0))));
            assert!(checked.set_aside[0].raw.contains("seen"), "the operator sees what was sent");
        }
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
    fn a_position_outside_the_country_is_a_broken_gps() {
        for (lon, lat) in [(118.32, 24.43), (119.95, 26.15), (116.72, 20.70), (121.56, 25.03)] {
            assert!(judged(&json!({ "lon": lon, "lat": lat })).passage.is_some_and(|p| p.position.is_some()), "{lon} {lat}");
        }
        assert_eq!(reasons(&judged(&json!({ "lon": 139.7, "lat": 35.7 }))), [Reason::PositionInvalid]);
    }

    #[test]
    fn fields_of_next_year_are_let_pass() {
        assert!(judged(&json!({ "lane": 3, "vehicle": { "colour": "red" } })).set_aside.is_empty());
    }

    proptest! {
        #[test]
        fn no_report_panics_and_none_vanishes(report in sample::any_json()) {
            let checked = judge(&report);
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
            let _ = picture("crop", Some(&format!("{:?}", STANDARD.encode(&bytes))), CROP_BYTES_MAX);
        }
    }
}
