//! GeoJSON: LineString and MultiLineString features are roads, water and park polygons the ground below them.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use shouhu_place::Wgs84;

use super::assemble::{Assembler, Element, Line};
use super::osm::{OneWay, class_of, one_way, speed};
use super::report::{ImportError, Ledger, Reason};
use super::{rights, text};
use crate::geo::grains;
use crate::network::{Area, AreaKind, RoadClass, RoadNetwork};

const CLASS_KEYS: [&str; 6] = ["highway", "class", "fclass", "road_class", "roadclass", "type"];
const NAME_KEYS: [&str; 8] = ["name", "name:zh", "NAME", "road_name", "ROADNAME", "路名", "道路名稱", "巷道名稱"];
const SPEED_KEYS: [&str; 4] = ["maxspeed", "speed_kmh", "speed", "速限"];
const ONE_WAY_KEYS: [&str; 3] = ["oneway", "one_way", "單行道"];

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

pub(super) fn read(bytes: &[u8], ledger: &mut Ledger) -> Result<RoadNetwork, ImportError> {
    let text = text::decode(bytes, ledger)?;
    let document: Document = serde_json::from_str(&text).map_err(|error| {
        if error.is_eof() {
            ImportError::CutShort { at: text.len() as u64, missing: "the end of the JSON" }
        } else if error.is_data() {
            ImportError::NotARoadFile { looks_like: "JSON, but not a GeoJSON FeatureCollection" }
        } else {
            ImportError::Malformed { at: format!("line {}, column {}", error.line(), error.column()), what: error.to_string() }
        }
    })?;
    if document.kind != "FeatureCollection" {
        return Err(ImportError::NotARoadFile { looks_like: "JSON, but not a GeoJSON FeatureCollection" });
    }
    let mut roads = Roads { assembler: Assembler::default(), numbers: HashMap::new() };
    for (number, feature) in (1u64..).zip(document.features) {
        ledger.saw("features", 1);
        roads.feature(Element::Feature(number), feature, ledger)?;
    }
    roads.assembler.assemble(ledger)
}

struct Roads {
    assembler: Assembler,
    /// GeoJSON has no node ids: two lines meet where they name the same coordinate.
    numbers: HashMap<(i64, i64), u32>,
}

impl Roads {
    fn feature(&mut self, element: Element, feature: Feature, ledger: &mut Ledger) -> Result<(), ImportError> {
        let properties = feature.properties.unwrap_or_default();
        let Some(geometry) = feature.geometry else {
            ledger.note(Reason::NotALine, &element, || "no geometry".to_owned());
            return Ok(());
        };
        match geometry.kind.as_str() {
            "LineString" => self.lines(element, &properties, &[&geometry.coordinates], ledger),
            "MultiLineString" => {
                let lines: Vec<&Value> = geometry.coordinates.as_array().into_iter().flatten().collect();
                self.lines(element, &properties, &lines, ledger)
            }
            "Polygon" | "MultiPolygon" => {
                let Some(kind) = area_kind(&properties) else {
                    ledger.note(Reason::NotALine, &element, || geometry.kind.clone());
                    return Ok(());
                };
                let polygons: Vec<&Value> = if geometry.kind == "Polygon" {
                    vec![&geometry.coordinates]
                } else {
                    geometry.coordinates.as_array().into_iter().flatten().collect()
                };
                for polygon in polygons {
                    let rings = polygon.as_array().into_iter().flatten();
                    let rings = rings.map(|ring| positions(ring).unwrap_or_default()).collect();
                    let name = text_of(&properties, &NAME_KEYS);
                    self.assembler.area(element, Area { kind, name, rings });
                }
                Ok(())
            }
            _ => {
                ledger.note(Reason::NotALine, &element, || geometry.kind.clone());
                Ok(())
            }
        }
    }

    fn lines(
        &mut self,
        element: Element,
        properties: &Map<String, Value>,
        lines: &[&Value],
        ledger: &mut Ledger,
    ) -> Result<(), ImportError> {
        let class = class(text_of(properties, &CLASS_KEYS).as_deref(), element, ledger);
        let speed_kmh = speed(text_of(properties, &SPEED_KEYS).as_deref(), class, element, ledger);
        let way = one_way(text_of(properties, &ONE_WAY_KEYS).as_deref(), element, ledger);
        let value = |key: &str| text_of(properties, &[key]);
        let access = rights::access(&value, class, way, element, ledger);
        let is_roundabout = value("junction").is_some_and(|kind| kind == "roundabout");
        let name = text_of(properties, &NAME_KEYS);
        for line in lines {
            let Some(mut places) = positions(line) else {
                ledger.note(Reason::WrongCoordinate, &element, || "a position that is no pair of numbers".to_owned());
                continue;
            };
            if way == OneWay::Against {
                places.reverse();
            }
            let mut points = Vec::with_capacity(places.len());
            for place in places {
                let number = match self.numbers.get(&grains(place)) {
                    Some(number) => *number,
                    None => {
                        let number = self.assembler.place(place.lon, place.lat, ledger)?;
                        self.numbers.insert(grains(place), number);
                        number
                    }
                };
                points.push(number);
            }
            let one_way = way != OneWay::No;
            let name = name.clone();
            self.assembler.line(Line { element, points, class, speed_kmh, one_way, access, is_roundabout, name }, ledger);
        }
        Ok(())
    }
}

/// The road class by OSM's or our own word; anything else is driven as a tertiary road, and said so.
pub(super) fn class(word: Option<&str>, element: Element, ledger: &mut Ledger) -> RoadClass {
    if let Some(class) = word.and_then(|word| class_of(&word.to_ascii_lowercase())) {
        return class;
    }
    ledger.note(Reason::ClassDefaulted, &element, || match word {
        Some(word) => format!("class {word:?} taken as tertiary"),
        None => "no class, taken as tertiary".to_owned(),
    });
    RoadClass::Tertiary
}

fn area_kind(properties: &Map<String, Value>) -> Option<AreaKind> {
    let words = ["natural", "waterway", "leisure", "landuse", "kind", "class", "type"];
    let word = text_of(properties, &words)?;
    Some(match word.as_str() {
        "water" | "riverbank" | "reservoir" | "basin" => AreaKind::Water,
        "park" | "garden" | "forest" | "wood" | "grass" => AreaKind::Park,
        "built_up" | "residential" => AreaKind::BuiltUp,
        _ => return None,
    })
}

fn text_of(properties: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match properties.get(*key)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    })
}

fn positions(line: &Value) -> Option<Vec<Wgs84>> {
    let pair = |position: &Value| {
        let lon = position.get(0)?.as_f64()?;
        let lat = position.get(1)?.as_f64()?;
        Some(Wgs84 { lon, lat })
    };
    line.as_array()?.iter().map(pair).collect()
}
