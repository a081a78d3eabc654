//! Outlines of areas, read from GeoJSON as the land survey publishes villages and districts, and which of them a place lies in.
//!
//! **Invariant:** what is read has names that are not empty and are there once, and rings of places on the globe that are closed: a file with
//! anything else in it is refused as a whole, and the refusal says where.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shouhu_place::Wgs84;

use super::AreasError;

/// Taiwan has some 7,800 villages.
pub const AREAS_MAX: usize = 10_000;
pub const NAME_CHARS_MAX: usize = 60;
/// No district has as many by far; more is a wrong column.
pub const RESIDENTS_MAX: u64 = 10_000_000;
/// Of all outlines together: each month is counted by walking them.
pub const POINTS_MAX: usize = 1_000_000;
/// Three corners, and the first again (RFC 7946, §3.1.6).
const RING_POINTS_MIN: usize = 4;

/// Keys under which names are published, from the larger to the smaller area.
const TOWN_KEYS: [&str; 3] = ["TOWNNAME", "TOWN", "town"];
const NAME_KEYS: [&str; 4] = ["VILLNAME", "VILLAGE", "village", "name"];
const RESIDENTS_KEYS: [&str; 4] = ["residents", "RESIDENTS", "population", "P_CNT"];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub name: String,
    pub residents: Option<u64>,
    /// Outlines and holes alike: what an odd number of them holds is inside.
    pub rings: Vec<Vec<[f64; 2]>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Areas {
    pub areas: Vec<Area>,
}

/// What is wrong with a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("it is no text in UTF-8")]
    NoText,
    #[error("it is no JSON from line {line}, column {column} on")]
    NoJson { line: usize, column: usize },
    #[error("it has no features")]
    NoFeatures,
    #[error("it has no areas")]
    NoAreas,
    #[error("it has {areas} areas, more than {AREAS_MAX}")]
    TooManyAreas { areas: usize },
}

impl FileError {
    /// `what` is a code that the web has words for (`answers.area_fault_…`); the others stand in them.
    #[must_use]
    pub fn params(self) -> Vec<(&'static str, String)> {
        let what = |code: &str| ("what", code.to_owned());
        match self {
            Self::NoText => vec![what("no_text")],
            Self::NoJson { line, column } => vec![what("no_json"), ("line", line.to_string()), ("column", column.to_string())],
            Self::NoFeatures => vec![what("no_features")],
            Self::NoAreas => vec![what("no_areas")],
            Self::TooManyAreas { areas } => {
                vec![what("too_many_areas"), ("areas", areas.to_string()), ("most", AREAS_MAX.to_string())]
            }
        }
    }
}

/// What is wrong with an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutlineError {
    #[error("it is no Polygon or MultiPolygon")]
    NoPolygon,
    #[error("a polygon has no ring")]
    NoRing,
    #[error("a ring has {points} points; with the first again at its end it has {RING_POINTS_MIN} or more")]
    FewPoints { points: usize },
    #[error("a ring does not end where it begins")]
    Open,
    #[error("a point is no longitude and latitude in degrees")]
    NoPlace,
    #[error("with it there are more than {POINTS_MAX} points: simplify the outlines")]
    TooManyPoints,
}

impl OutlineError {
    /// As [`FileError::params`].
    #[must_use]
    pub fn params(self) -> Vec<(&'static str, String)> {
        let what = |code: &str| ("what", code.to_owned());
        match self {
            Self::NoPolygon => vec![what("no_polygon")],
            Self::NoRing => vec![what("no_ring")],
            Self::FewPoints { points } => {
                vec![what("few_points"), ("points", points.to_string()), ("least", RING_POINTS_MIN.to_string())]
            }
            Self::Open => vec![what("open")],
            Self::NoPlace => vec![what("no_place")],
            Self::TooManyPoints => vec![what("too_many_points"), ("most", POINTS_MAX.to_string())],
        }
    }
}

/// # Errors
/// When it is no collection of polygons with names, a name is there twice, or a number of residents cannot be one.
pub fn read(text: &str) -> Result<Areas, AreasError> {
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| AreasError::File(FileError::NoJson { line: error.line(), column: error.column() }))?;
    let features = document.get("features").and_then(Value::as_array).ok_or(AreasError::File(FileError::NoFeatures))?;
    if features.is_empty() {
        return Err(AreasError::File(FileError::NoAreas));
    }
    if features.len() > AREAS_MAX {
        return Err(AreasError::File(FileError::TooManyAreas { areas: features.len() }));
    }
    let mut names = HashSet::with_capacity(features.len());
    let mut points_left = POINTS_MAX;
    let mut areas = Vec::with_capacity(features.len());
    for (index, feature) in features.iter().enumerate() {
        let area = area_of(feature, index + 1, &mut points_left)?;
        if !names.insert(area.name.clone()) {
            return Err(AreasError::Twice(area.name));
        }
        areas.push(area);
    }
    Ok(Areas { areas })
}

fn area_of(feature: &Value, nth: usize, points_left: &mut usize) -> Result<Area, AreasError> {
    let properties = feature.get("properties").unwrap_or(&Value::Null);
    let name = name_of(properties).filter(|name| name.chars().count() <= NAME_CHARS_MAX).ok_or(AreasError::Name { nth })?;
    let Ok(residents) = residents_of(properties) else { return Err(AreasError::Residents { name }) };
    match rings_of(feature.get("geometry").unwrap_or(&Value::Null), points_left) {
        Ok(rings) => Ok(Area { name, residents, rings }),
        Err(what) => Err(AreasError::Outline { name, what }),
    }
}

/// A village's name alone is there in many districts.
fn name_of(properties: &Value) -> Option<String> {
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| properties.get(*key)?.as_str())?;
        let clean: String = found.chars().filter(|ch| !ch.is_control()).collect();
        Some(clean.trim().to_owned()).filter(|name| !name.is_empty())
    };
    match (text(&TOWN_KEYS), text(&NAME_KEYS)) {
        (Some(town), Some(name)) => Some(format!("{town}{name}")),
        (town, name) => town.or(name),
    }
}

struct NoCount;

/// None where the file does not say. Counts are published as numbers and as text.
fn residents_of(properties: &Value) -> Result<Option<u64>, NoCount> {
    let said = RESIDENTS_KEYS.iter().find_map(|key| properties.get(*key).filter(|value| !value.is_null()));
    let Some(value) = said else { return Ok(None) };
    let count = match value {
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.replace(',', "").trim().parse().ok(),
        // Some tools write every number with a point.
        number => number.as_u64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64)),
    };
    count.filter(|count| *count <= RESIDENTS_MAX).map(Some).ok_or(NoCount)
}

type Ring = Vec<[f64; 2]>;

fn rings_of(geometry: &Value, points_left: &mut usize) -> Result<Vec<Ring>, OutlineError> {
    let coordinates = geometry.get("coordinates").and_then(Value::as_array).ok_or(OutlineError::NoPolygon)?;
    let mut rings = Vec::new();
    match geometry.get("type").and_then(Value::as_str) {
        Some("Polygon") => add_polygon(coordinates, &mut rings, points_left)?,
        Some("MultiPolygon") => {
            for polygon in coordinates {
                add_polygon(polygon.as_array().ok_or(OutlineError::NoPolygon)?, &mut rings, points_left)?;
            }
        }
        _ => return Err(OutlineError::NoPolygon),
    }
    if rings.is_empty() { Err(OutlineError::NoRing) } else { Ok(rings) }
}

fn add_polygon(polygon: &[Value], rings: &mut Vec<Ring>, points_left: &mut usize) -> Result<(), OutlineError> {
    if polygon.is_empty() {
        return Err(OutlineError::NoRing);
    }
    for ring in polygon {
        let ring = ring.as_array().ok_or(OutlineError::NoPolygon)?;
        *points_left = points_left.checked_sub(ring.len()).ok_or(OutlineError::TooManyPoints)?;
        rings.push(ring_of(ring)?);
    }
    Ok(())
}

fn ring_of(points: &[Value]) -> Result<Ring, OutlineError> {
    if points.len() < RING_POINTS_MIN {
        return Err(OutlineError::FewPoints { points: points.len() });
    }
    let place = |point: &Value| {
        let (lon, lat) = (point.get(0)?.as_f64()?, point.get(1)?.as_f64()?);
        Wgs84::new(lon, lat).ok().map(|place| [place.lon, place.lat])
    };
    let ring: Ring = points.iter().map(place).collect::<Option<_>>().ok_or(OutlineError::NoPlace)?;
    if ring.first() == ring.last() { Ok(ring) } else { Err(OutlineError::Open) }
}

/// The areas with the squares around them, so that few outlines are walked.
pub struct Lookup<'a> {
    boxed: Vec<([f64; 4], &'a Area)>,
}

impl<'a> Lookup<'a> {
    #[must_use]
    pub fn of(areas: &'a Areas) -> Self {
        let around = |area: &'a Area| {
            let mut square = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
            for [lon, lat] in area.rings.iter().flatten() {
                square = [square[0].min(*lon), square[1].min(*lat), square[2].max(*lon), square[3].max(*lat)];
            }
            (square, area)
        };
        Self { boxed: areas.areas.iter().map(around).collect() }
    }

    /// Its index; the first one where outlines overlap.
    #[must_use]
    pub fn find(&self, place: Wgs84) -> Option<usize> {
        self.boxed.iter().position(|([west, south, east, north], area)| {
            (*west..=*east).contains(&place.lon) && (*south..=*north).contains(&place.lat) && holds(area, place)
        })
    }
}

/// By the number of edges that a line to the east crosses.
fn holds(area: &Area, place: Wgs84) -> bool {
    let mut is_inside = false;
    for ring in &area.rings {
        let mut from = ring.last().copied().unwrap_or_default();
        for to in ring {
            let [(from_lon, from_lat), (to_lon, to_lat)] = [(from[0], from[1]), (to[0], to[1])];
            if (from_lat > place.lat) != (to_lat > place.lat) {
                let at_lon = (to_lon - from_lon).mul_add((place.lat - from_lat) / (to_lat - from_lat), from_lon);
                is_inside ^= place.lon < at_lon;
            }
            from = *to;
        }
    }
    is_inside
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use shouhu_module::Keyed;

    use super::*;

    /// From its south-western corner.
    fn square(west: f64, south: f64, side: f64) -> Value {
        let (east, north) = (west + side, south + side);
        json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
    }

    fn file(features: &[(Value, Value)]) -> String {
        let features: Vec<_> = features.iter().map(|(properties, geometry)| json!({ "properties": properties, "geometry": geometry })).collect();
        json!({ "type": "FeatureCollection", "features": features }).to_string()
    }

    fn polygon(coordinates: Value) -> Value {
        json!({ "type": "Polygon", "coordinates": coordinates })
    }

    #[test]
    fn a_place_lies_in_its_village_and_not_in_a_hole() {
        let village = json!({ "TOWNNAME": "永康區", "VILLNAME": "中興里", "P_CNT": "12,345" });
        let islands = json!({ "type": "MultiPolygon", "coordinates": [[square(121.0, 23.0, 1.0)]] });
        let text = file(&[(village, polygon(json!([square(120.0, 23.0, 1.0), square(120.4, 23.4, 0.2)]))), (json!({ "TOWN": "東區" }), islands)]);
        let areas = read(&text).unwrap();
        let names: Vec<_> = areas.areas.iter().map(|area| (area.name.as_str(), area.residents)).collect();
        assert_eq!(names, [("永康區中興里", Some(12_345)), ("東區", None)]);
        let lookup = Lookup::of(&areas);
        let find = |lon, lat| lookup.find(Wgs84::new(lon, lat).unwrap());
        assert_eq!([find(120.1, 23.1), find(120.5, 23.5), find(121.5, 23.5), find(122.5, 23.5)], [Some(0), None, Some(1), None]);
    }

    #[test]
    fn what_is_no_map_of_areas_is_refused() {
        let many = file(&vec![(json!({}), Value::Null); AREAS_MAX + 1]);
        for (rubbish, known) in [
            ("", FileError::NoJson { line: 1, column: 0 }),
            ("{\n{", FileError::NoJson { line: 2, column: 1 }),
            ("{}", FileError::NoFeatures),
            ("[]", FileError::NoFeatures),
            ("null", FileError::NoFeatures),
            (r#"{"features":{}}"#, FileError::NoFeatures),
            (r#"{"features":[]}"#, FileError::NoAreas),
            (many.as_str(), FileError::TooManyAreas { areas: AREAS_MAX + 1 }),
        ] {
            assert!(matches!(read(rubbish), Err(AreasError::File(what)) if what == known), "{known}");
        }
    }

    #[test]
    fn an_outline_that_is_none_is_refused_with_its_name_and_what_is_wrong() {
        let (ring, few) = (square(120.0, 23.0, 1.0), json!([[120.0, 23.0], [121.0, 23.0], [120.0, 23.0]]));
        let with = |point: Value| json!([[120.0, 23.0], [121.0, 23.0], point, [120.0, 24.0], [120.0, 23.0]]);
        let multi = |coordinates: Value| json!({ "type": "MultiPolygon", "coordinates": coordinates });
        for (geometry, known) in [
            (Value::Null, OutlineError::NoPolygon),
            (json!({ "type": "Point", "coordinates": [120, 23] }), OutlineError::NoPolygon),
            (json!({ "type": "Polygon" }), OutlineError::NoPolygon),
            (polygon(json!([7])), OutlineError::NoPolygon),
            (multi(json!([[ring], 7])), OutlineError::NoPolygon),
            (polygon(json!([])), OutlineError::NoRing),
            (multi(json!([])), OutlineError::NoRing),
            (multi(json!([[ring], []])), OutlineError::NoRing),
            (polygon(json!([[]])), OutlineError::FewPoints { points: 0 }),
            (polygon(json!([ring, few])), OutlineError::FewPoints { points: 3 }),
            (polygon(json!([[[120.0, 23.0], [121.0, 23.0], [121.0, 24.0], [120.0, 24.0]]])), OutlineError::Open),
            (polygon(json!([with(json!([181.0, 23.0]))])), OutlineError::NoPlace),
            (polygon(json!([with(json!([121.0, -90.5]))])), OutlineError::NoPlace),
            (polygon(json!([with(json!([121.0]))])), OutlineError::NoPlace),
            (polygon(json!([with(json!(["121", "24"]))])), OutlineError::NoPlace),
            (polygon(json!([with(Value::Null)])), OutlineError::NoPlace),
        ] {
            let text = file(&[(json!({ "name": "a" }), geometry)]);
            assert!(matches!(read(&text), Err(AreasError::Outline { name, what }) if name == "a" && what == known), "{text} {known}");
        }
        let mut left = 4;
        assert_eq!(rings_of(&polygon(json!([ring])), &mut left), Err(OutlineError::TooManyPoints));
        let infinite = r#"{"features":[{"properties":{"name":"a"},"geometry":{"type":"Polygon","coordinates":[[[1e999,0],[1,0],[1,1],[1e999,0]]]}}]}"#;
        assert!(read(infinite).is_err(), "no number of JSON is infinite");
    }

    #[test]
    fn names_and_residents_that_cannot_be_are_refused_and_said() {
        let geometry = || polygon(json!([square(120.0, 23.0, 1.0)]));
        let one = |properties: Value| read(&file(&[(properties, geometry())]));
        for name in [json!(""), json!(" \n"), json!(7), Value::Null, json!("里".repeat(NAME_CHARS_MAX + 1))] {
            assert!(matches!(one(json!({ "name": name })), Err(AreasError::Name { nth: 1 })), "{name}");
        }
        assert!(one(json!({ "name": "里".repeat(NAME_CHARS_MAX) })).is_ok());
        for residents in [json!(-1), json!(1.5), json!(10_000_001), json!("many"), json!("-3"), json!(true), json!(u64::MAX), json!(1e30)] {
            assert!(matches!(one(json!({ "name": "a", "residents": residents })), Err(AreasError::Residents { .. })), "{residents}");
        }
        for (residents, known) in [(json!(0), Some(0)), (json!(4_200.0), Some(4_200)), (json!("10,000,000"), Some(RESIDENTS_MAX)), (Value::Null, None), (json!(" "), None)] {
            let read = one(json!({ "name": "a", "P_CNT": residents })).unwrap();
            assert_eq!(read.areas.first().map(|area| area.residents), Some(known));
        }
        let twice = read(&file(&[(json!({ "name": "東區" }), geometry()), (json!({ "name": "東區" }), geometry())])).unwrap_err();
        assert_eq!((twice.key(), twice.params()), ("oversight.areas.twice", vec![("name", "東區".to_owned())]));
        let rubbish = read("{}").unwrap_err();
        assert_eq!((rubbish.key(), rubbish.params()), ("oversight.areas.file", vec![("what", "no_features".to_owned())]));
        let few = read(&file(&[(json!({ "name": "東區" }), polygon(json!([[[120.0, 23.0]]])))])).unwrap_err();
        let said = [("name", "東區"), ("what", "few_points"), ("points", "1"), ("least", "4")].map(|(name, value)| (name, value.to_owned()));
        assert_eq!((few.key(), few.params()), ("oversight.areas.outline", said.to_vec()));
    }

    /// Anything, in places where a file of areas has something.
    fn nearly_areas() -> impl Strategy<Value = Value> {
        let number = prop_oneof![(-200.0..200.0_f64).prop_map(|n| json!(n)), any::<i64>().prop_map(|n| json!(n)), Just(Value::Null)];
        let point = proptest::collection::vec(number, 0..4).prop_map(|numbers| json!(numbers));
        let ring = prop_oneof![3 => proptest::collection::vec(point, 0..6).prop_map(|points| json!(points)), 1 => Just(square(120.0, 23.0, 1.0))];
        let polygon = proptest::collection::vec(ring, 0..3).prop_map(|rings| json!(rings));
        let kind = prop_oneof![Just("Polygon"), Just("MultiPolygon"), Just("Point")];
        let outline = (kind, prop_oneof![polygon.clone(), proptest::collection::vec(polygon, 0..3).prop_map(|polygons| json!(polygons))]);
        let property = prop_oneof![".{0,4}".prop_map(|text| json!(text)), any::<f64>().prop_map(|n| json!(n)), Just(Value::Null)];
        let feature = (outline, property.clone(), property).prop_map(|((kind, coordinates), name, residents)| {
            json!({ "properties": { "name": name, "residents": residents }, "geometry": { "type": kind, "coordinates": coordinates } })
        });
        proptest::collection::vec(feature, 0..3).prop_map(|features| json!({ "features": features }))
    }

    proptest! {
        #[test]
        fn any_text_is_areas_or_a_refusal(text in "\\PC{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_let_in_has_names_and_closed_rings_on_the_globe(document in nearly_areas(), lon in -180.0..180.0_f64, lat in -90.0..90.0_f64) {
            if let Ok(areas) = read(&document.to_string()) {
                for area in &areas.areas {
                    prop_assert!(!area.name.is_empty() && !area.rings.is_empty());
                    prop_assert!(area.rings.iter().all(|ring| ring.len() >= RING_POINTS_MIN && ring.first() == ring.last()));
                }
                let _ = Lookup::of(&areas).find(Wgs84::new(lon, lat).unwrap());
            }
        }
    }
}
