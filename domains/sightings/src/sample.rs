//! Reports for tests.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use shouhu_ids::Micros;

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([90, 120, 30])).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

pub fn report(sequence: u64, plate: &str, captured_at: Micros) -> Value {
    json!({ "sequence": sequence, "plate": plate, "confidence": 0.9, "captured_at_us": captured_at.0, "reads": 3 })
}

pub fn with_crop(mut report: Value) -> Value {
    report.as_object_mut().unwrap().insert("crop_jpeg".into(), STANDARD.encode(jpeg(32, 16)).into());
    report
}

pub fn batch(sent_at: Micros, reports: &[Value]) -> Value {
    json!({ "model": "test-1", "sent_at_us": sent_at.0, "sightings": reports })
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| serde_json::Number::from_f64(n).map_or(Value::Null, Value::Number)),
        any::<String>().prop_map(Value::String),
        "[A-Za-z0-9 -]{0,9}".prop_map(Value::String),
        Just(Value::String("\0".into())),
    ]
}

/// Anything, and often something whose fields have the right names.
pub fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 15] = [
        "sequence", "plate", "confidence", "char_confidence", "alternatives", "captured_at_us", "lon", "lat", "direction", "speed_kmh",
        "seen", "reads", "crop_jpeg", "local_hits", "source",
    ];
    let some_field = (proptest::sample::select(NAMES.to_vec()), leaf());
    let mutated = proptest::collection::vec(some_field, 0..3).prop_map(|fields| {
        let mut report = report(1, "ABC-1234", Micros(20_000 * Micros::DAY));
        for (name, value) in fields {
            report.as_object_mut().unwrap().insert(name.into(), value);
        }
        report
    });
    let wild = leaf().prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((".{0,6}", inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    prop_oneof![3 => mutated, 1 => wild]
}
