//! Outlines of areas, read from GeoJSON as the land survey publishes villages and districts, and which of them a place lies in.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shouhu_place::Wgs84;

use super::AreasError;

/// Taiwan has some 7,800 villages.
pub const AREAS_MAX: usize = 10_000;
const NAME_CHARS_MAX: usize = 60;

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

/// # Errors
/// When it is no collection of polygons with names, or a name is there twice.
pub fn read(text: &str) -> Result<Areas, AreasError> {
    let file = |what: &str| AreasError::File(what.to_owned());
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| AreasError::File(error.to_string()))?;
    let features = document.get("features").and_then(Value::as_array).ok_or_else(|| file("it has no features"))?;
    if features.is_empty() || features.len() > AREAS_MAX {
        return Err(file("it has no areas, or more than the country"));
    }
    let mut areas: Vec<Area> = Vec::with_capacity(features.len());
    for feature in features {
        let properties = feature.get("properties").ok_or_else(|| file("a feature has no properties"))?;
        let name = name_of(properties).ok_or_else(|| file("a feature has no name (VILLNAME, TOWNNAME or name)"))?;
        if areas.iter().any(|area| area.name == name) {
            return Err(AreasError::Twice(name));
        }
        let geometry = feature.get("geometry").ok_or_else(|| file("a feature has no geometry"))?;
        let rings = rings_of(geometry).ok_or_else(|| AreasError::File(format!("{name} is no polygon of longitudes and latitudes")))?;
        let residents = RESIDENTS_KEYS.iter().find_map(|key| count_of(properties.get(*key)?));
        areas.push(Area { name, residents, rings });
    }
    Ok(Areas { areas })
}

fn name_of(properties: &Value) -> Option<String> {
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| properties.get(*key)?.as_str())?;
        let clean: String = found.chars().filter(|ch| !ch.is_control()).take(NAME_CHARS_MAX).collect();
        Some(clean.trim().to_owned()).filter(|name| !name.is_empty())
    };
    match (text(&TOWN_KEYS), text(&NAME_KEYS)) {
        // A village's name alone is there in many districts.
        (Some(town), Some(name)) => Some(format!("{town}{name}")),
        (town, name) => town.or(name),
    }
}

/// Counts are published as numbers and as text.
fn count_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.replace(',', "").trim().parse().ok())
}

fn rings_of(geometry: &Value) -> Option<Vec<Vec<[f64; 2]>>> {
    let coordinates = geometry.get("coordinates")?.as_array()?;
    let polygons: Vec<&Value> = match geometry.get("type")?.as_str()? {
        "Polygon" => coordinates.iter().collect(),
        "MultiPolygon" => coordinates.iter().filter_map(Value::as_array).flatten().collect(),
        _ => return None,
    };
    let rings: Option<Vec<_>> = polygons.into_iter().map(ring_of).collect();
    rings.filter(|rings| !rings.is_empty())
}

fn ring_of(ring: &Value) -> Option<Vec<[f64; 2]>> {
    let point = |point: &Value| {
        let (lon, lat) = (point.get(0)?.as_f64()?, point.get(1)?.as_f64()?);
        Wgs84::new(lon, lat).ok().map(|place| [place.lon, place.lat])
    };
    ring.as_array()?.iter().map(point).collect::<Option<Vec<_>>>().filter(|ring| ring.len() >= 4)
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
    use super::*;

    #[test]
    fn a_place_lies_in_its_village_and_not_in_a_hole() {
        let square = |west: f64, south: f64, side: f64| {
            format!("[[{west},{south}],[{0},{south}],[{0},{1}],[{west},{1}],[{west},{south}]]", west + side, south + side)
        };
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[
              {{"properties":{{"TOWNNAME":"永康區","VILLNAME":"中興里","P_CNT":"12,345"}},"geometry":{{"type":"Polygon","coordinates":[{},{}]}}}},
              {{"properties":{{"TOWN":"東區"}},"geometry":{{"type":"MultiPolygon","coordinates":[[{}]]}}}}]}}"#,
            square(120.0, 23.0, 1.0), square(120.4, 23.4, 0.2), square(121.0, 23.0, 1.0)
        );
        let areas = read(&text).unwrap();
        let names: Vec<_> = areas.areas.iter().map(|area| (area.name.as_str(), area.residents)).collect();
        assert_eq!(names, [("永康區中興里", Some(12_345)), ("東區", None)]);
        let lookup = Lookup::of(&areas);
        let find = |lon, lat| lookup.find(Wgs84::new(lon, lat).unwrap());
        assert_eq!([find(120.1, 23.1), find(120.5, 23.5), find(121.5, 23.5), find(122.5, 23.5)], [Some(0), None, Some(1), None]);
    }

    #[test]
    fn what_is_no_map_of_areas_is_refused() {
        for rubbish in ["", "{", "{}", r#"{"features":[]}"#, r#"{"features":[{"properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[120,23]}}]}"#] {
            assert!(read(rubbish).is_err(), "{rubbish}");
        }
    }
}
