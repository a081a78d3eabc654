//! GeoJSON (RFC 7946): one feature per passage; a passage without a known place has no geometry.

use serde_json::json;
use shouhu_store::tag_of;

use super::records::{Line, taipei};

pub const HEAD: &str = "{\"type\":\"FeatureCollection\",\"features\":[";
pub const TAIL: &str = "\n]}\n";

pub fn push(text: &mut String, line: &Line, is_first: bool) {
    let geometry = line.lon_lat.map(|(lon, lat)| json!({ "type": "Point", "coordinates": [lon, lat] }));
    let feature = json!({
        "type": "Feature",
        "id": line.id,
        "geometry": geometry,
        "properties": {
            "plate": line.plate,
            "plate_display": line.plate_display,
            "captured_at": taipei(line.at_ms),
            "captured_at_ms": line.at_ms,
            "place": line.place_name,
            "camera": (!line.camera.is_empty()).then_some(&line.camera),
            "class": line.class,
            "heading": line.heading.map(|heading| tag_of(&heading)),
            "confidence": line.confidence,
            "speed_kmh": line.speed_kmh,
            "seen": line.seen,
        },
    });
    text.push_str(if is_first { "\n" } else { ",\n" });
    text.push_str(&feature.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::tests_line;

    #[test]
    fn the_file_is_a_feature_collection_with_longitude_first() -> Result<(), serde_json::Error> {
        let mut text = HEAD.to_owned();
        push(&mut text, &tests_line(), true);
        push(&mut text, &Line { lon_lat: None, ..tests_line() }, false);
        text.push_str(TAIL);
        let json: serde_json::Value = serde_json::from_str(&text)?;
        assert_eq!(json.pointer("/features/0/geometry/coordinates"), Some(&json!([120.24, 23.03])));
        assert_eq!(json.pointer("/features/1/geometry"), Some(&json!(null)));
        assert_eq!(json.pointer("/features/0/properties/heading"), Some(&json!("south")));
        assert_eq!(json.pointer("/features/0/properties/seen"), Some(&json!({ "kind": "truck" })));
        Ok(())
    }
}
