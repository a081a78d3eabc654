//! A track for maps (GeoJSON, RFC 7946) and for other programs (GPX 1.1).

use schemars::JsonSchema;
use serde::Serialize;
use shouhu_ids::{Micros, UnitId};
use shouhu_trackers::time::to_iso;

use crate::codec::Kept;
use crate::track::Stretch;

/// A feature collection: a line for each stretch, and one for each silence between two.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrackJson {
    /// `FeatureCollection`
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub unit: UnitId,
    pub call_sign: String,
    pub from_us: Micros,
    pub until_us: Micros,
    /// No point that was left out is farther from the line, metres. 0: none was left out.
    pub tolerance_m: f64,
    /// Fixes that are kept of this time.
    pub fixes: usize,
    pub features: Vec<Feature>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Feature {
    /// `Feature`
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub geometry: Geometry,
    pub properties: Properties,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Geometry {
    /// `LineString`, or `Point` for a stretch of one fix.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub coordinates: serde_json::Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The unit was heard.
    Track,
    /// It was not: nobody knows that it took the straight line.
    Gap,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Properties {
    pub part: Part,
    pub from_us: Micros,
    pub until_us: Micros,
    /// One for each coordinate; empty for a gap.
    pub times_us: Vec<Micros>,
    /// Radius of each coordinate; null where the device did not say.
    pub accuracy_m: Vec<Option<f64>>,
    pub speed_kmh: Vec<Option<f64>>,
    /// Indexes of the coordinates at which somebody cried for help.
    pub alarms: Vec<usize>,
}

fn place(fix: &Kept) -> serde_json::Value {
    serde_json::json!([fix.position.lon, fix.position.lat])
}

fn line(fixes: &[Kept]) -> Geometry {
    match fixes {
        [one] => Geometry { kind: "Point", coordinates: place(one) },
        many => Geometry { kind: "LineString", coordinates: many.iter().map(place).collect() },
    }
}

fn feature(part: Part, fixes: &[Kept]) -> Feature {
    let at = |fix: Option<&Kept>| fix.map_or(Micros(0), |fix| fix.measured_at);
    let told: &[Kept] = if part == Part::Track { fixes } else { &[] };
    let properties = Properties {
        part,
        from_us: at(fixes.first()),
        until_us: at(fixes.last()),
        times_us: told.iter().map(|fix| fix.measured_at).collect(),
        accuracy_m: told.iter().map(|fix| fix.accuracy_m).collect(),
        speed_kmh: told.iter().map(|fix| fix.speed_kmh).collect(),
        alarms: told.iter().enumerate().filter(|(_, fix)| fix.is_alarm).map(|(at, _)| at).collect(),
    };
    Feature { kind: "Feature", geometry: line(fixes), properties }
}

/// Stretches and the gaps between them, in order of time.
#[must_use]
pub fn features(stretches: &[Stretch], tolerance_m: f64) -> Vec<Feature> {
    let mut features = Vec::new();
    let mut before: Option<Kept> = None;
    for stretch in stretches {
        if let (Some(before), Some(first)) = (before, stretch.fixes.first()) {
            features.push(feature(Part::Gap, &[before, *first]));
        }
        features.push(feature(Part::Track, &stretch.thinned(tolerance_m)));
        before = stretch.fixes.last().copied();
    }
    features
}

fn escaped(text: &str) -> String {
    let plain = text.chars().filter(|ch| !ch.is_control());
    plain.fold(String::new(), |mut out, ch| {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            ch => out.push(ch),
        }
        out
    })
}

/// GPX 1.1 (topografix.com/GPX/1/1): one track, a segment for each stretch, so that a gap is not drawn.
#[must_use]
pub fn gpx(name: &str, stretches: &[Stretch], tolerance_m: f64) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Shouhu\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk>",
    );
    out.push_str(&format!("<name>{}</name>\n", escaped(name)));
    for stretch in stretches {
        out.push_str("<trkseg>\n");
        for fix in stretch.thinned(tolerance_m) {
            out.push_str(&format!("<trkpt lat=\"{:.7}\" lon=\"{:.7}\">", fix.position.lat, fix.position.lon));
            if let Some(metres) = fix.altitude_m {
                out.push_str(&format!("<ele>{metres:.1}</ele>"));
            }
            out.push_str(&format!("<time>{}</time>", to_iso(fix.measured_at)));
            if fix.is_alarm {
                out.push_str("<sym>alarm</sym>");
            }
            out.push_str("</trkpt>\n");
        }
        out.push_str("</trkseg>\n");
    }
    out.push_str("</trk>\n</gpx>\n");
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::testing::{T0, kept};
    use crate::track::stretches;

    fn drive() -> Vec<Stretch> {
        let unit = UnitId::new(Micros(1), [1; 16]);
        let cry = |second| Kept { is_alarm: second == 5, ..kept(unit, second) };
        stretches((0..10).chain(300..302).chain([900]).map(cry).collect())
    }

    #[test]
    fn a_gap_is_its_own_feature_and_a_cry_is_not_thinned_away() {
        let features = features(&drive(), 5.0);
        let parts: Vec<Part> = features.iter().map(|feature| feature.properties.part).collect();
        assert_eq!(parts, [Part::Track, Part::Gap, Part::Track, Part::Gap, Part::Track]);
        let first = &features[0];
        assert_eq!(first.geometry.coordinates.as_array().unwrap().len(), 3, "a straight line, and the cry on it");
        assert_eq!((first.properties.alarms.clone(), first.properties.times_us.len()), (vec![1], 3));
        assert_eq!(features[1].properties.until_us.since(features[1].properties.from_us), 291 * Micros::SECOND);
        assert_eq!(features[4].geometry.kind, "Point");
    }

    #[test]
    fn gpx_has_a_segment_for_each_stretch_and_its_name_cannot_break_out() {
        let written = gpx("永康 <21> & \u{1}", &drive(), 0.0);
        assert_eq!((written.matches("<trkseg>").count(), written.matches("<trkpt").count()), (3, 13));
        assert!(written.contains("<name>永康 &lt;21&gt; &amp; </name>"));
        assert!(written.contains(&format!("<time>{}</time>", to_iso(T0))));
        assert_eq!(written.matches("<sym>alarm</sym>").count(), 1);
    }
}
