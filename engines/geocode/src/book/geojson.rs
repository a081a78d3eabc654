//! GeoJSON (RFC 7946): one feature at a time, so that a broken one costs itself alone and a large file no second copy.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};
use shouhu_place::Wgs84;

use super::columns::{self, COUNTY, TOWN, VILLAGE};
use super::{BookError, BookFormat, Gathered, LeftOut, Outline, place_of};

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    features: Features,
}

struct Features(Gathered);

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Gather)
    }
}

struct Gather;

impl<'de> Visitor<'de> for Gather {
    type Value = Features;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<Features, A::Error> {
        let mut gathered = Gathered::new(BookFormat::GeoJson);
        while let Some(feature) = features.next_element::<Value>()? {
            gathered.report.entries += 1;
            gathered.feature(&feature);
        }
        Ok(Features(gathered))
    }
}

pub(super) fn read(text: &str) -> Result<Gathered, BookError> {
    let document: Document = serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            BookError::NotAnAddressFile
        } else {
            BookError::Malformed { line: error.line(), column: error.column() }
        }
    })?;
    if document.kind == "FeatureCollection" { Ok(document.features.0) } else { Err(BookError::NotAnAddressFile) }
}

impl Gathered {
    fn feature(&mut self, feature: &Value) {
        let at = self.report.entries;
        let Some(geometry) = feature.get("geometry").and_then(Value::as_object) else {
            return self.leave_out(at, LeftOut::NoPlace, "");
        };
        let nothing = Map::new();
        let properties = feature.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
        let value = |names: &[&str]| property(properties, names);
        let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
        let kind = geometry.get("type").and_then(Value::as_str).unwrap_or_default();
        match kind {
            "Point" => self.address(at, &columns::address(value).unwrap_or_default(), position(coordinates)),
            "Polygon" | "MultiPolygon" => {
                let rings = if kind == "Polygon" { rings(coordinates) } else { list(coordinates).flat_map(rings).collect() };
                let [county, town, village] = [&COUNTY[..], &TOWN, &VILLAGE].map(|names| value(names).unwrap_or_default());
                self.outline(at, Outline { county, town, village, rings });
            }
            other => self.leave_out(at, LeftOut::OtherGeometry, other),
        }
    }
}

/// The first of these that the feature has, as text.
fn property(properties: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let is_named = |known: &str, name: &str| known.trim().eq_ignore_ascii_case(name);
    let find = |name: &&str| properties.iter().find(|(known, _)| is_named(known, name)).map(|(_, value)| value);
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    names.iter().filter_map(find).filter_map(text).find(|text| !text.is_empty())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn position(pair: &Value) -> Result<Wgs84, LeftOut> {
    let number = |at: usize| pair.get(at).and_then(Value::as_f64);
    match (number(0), number(1)) {
        (Some(lon), Some(lat)) => place_of(lon, lat),
        _ => Err(LeftOut::NoPlace),
    }
}

/// Rings of at least three places; a ring with a place off the globe is left out whole.
fn rings(polygon: &Value) -> Vec<Vec<Wgs84>> {
    let ring = |ring: &Value| list(ring).map(|pair| position(pair).ok()).collect::<Option<Vec<_>>>();
    list(polygon).filter_map(ring).filter(|ring| ring.len() >= 3).collect()
}
