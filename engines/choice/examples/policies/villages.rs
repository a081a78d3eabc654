//! Village outlines from TopoJSON: delta-coded arcs on an integer grid, shared between neighbours.

use serde_json::Value;
use shouhu_place::Wgs84;

use super::tainan::Failure;

pub struct Village {
    pub district: String,
    /// Outer rings and holes alike: a point inside an odd number of rings is inside.
    rings: Vec<Vec<(f64, f64)>>,
    west: f64,
    east: f64,
}

/// The village that a place is in.
pub fn at(villages: &[Village], place: Wgs84) -> Option<usize> {
    villages.iter().position(|village| {
        (village.west..=village.east).contains(&place.lon)
            && village.rings.iter().filter(|ring| is_inside(ring, place)).count() % 2 == 1
    })
}

fn is_inside(ring: &[(f64, f64)], place: Wgs84) -> bool {
    let sides = ring.iter().zip(ring.iter().cycle().skip(1));
    let crossed = sides.filter(|((ax, ay), (bx, by))| {
        (*ay > place.lat) != (*by > place.lat) && place.lon < (bx - ax) * (place.lat - ay) / (by - ay) + ax
    });
    crossed.count() % 2 == 1
}

pub fn read(text: &str) -> Result<Vec<Village>, Failure> {
    let file: Value = serde_json::from_str(text)?;
    let pair = |value: Option<&Value>| Some((value?.get(0)?.as_f64()?, value?.get(1)?.as_f64()?));
    let transform = file.get("transform").ok_or("no transform")?;
    let scale = pair(transform.get("scale")).ok_or("no scale")?;
    let origin = pair(transform.get("translate")).ok_or("no translation")?;
    let mut arcs: Vec<Vec<(f64, f64)>> = Vec::new();
    for arc in list(file.get("arcs")) {
        let (mut x, mut y) = (0.0, 0.0);
        let steps = list(Some(arc)).filter_map(|step| pair(Some(step)));
        arcs.push(
            steps
                .map(|(dx, dy)| {
                    (x, y) = (x + dx, y + dy);
                    (x * scale.0 + origin.0, y * scale.1 + origin.1)
                })
                .collect(),
        );
    }
    let objects = file.get("objects").and_then(Value::as_object).ok_or("no objects")?;
    let geometries = objects.values().flat_map(|object| list(object.get("geometries")));
    Ok(geometries.map(|geometry| village(geometry, &arcs)).collect())
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn village(geometry: &Value, arcs: &[Vec<(f64, f64)>]) -> Village {
    let polygons: Vec<&Value> = match geometry.get("type").and_then(Value::as_str) {
        Some("MultiPolygon") => list(geometry.get("arcs")).collect(),
        _ => geometry.get("arcs").into_iter().collect(),
    };
    let rings = polygons.iter().flat_map(|polygon| list(Some(polygon))).map(|ring| joined(ring, arcs)).collect::<Vec<_>>();
    let lons = || rings.iter().flatten().map(|(lon, _)| *lon);
    let (west, east) = (lons().fold(f64::INFINITY, f64::min), lons().fold(f64::NEG_INFINITY, f64::max));
    let district = geometry.pointer("/properties/TOWNNAME").and_then(Value::as_str).unwrap_or_default().to_owned();
    Village { district, rings, west, east }
}

/// An arc's number below zero means the arc backwards: `!n`.
fn joined(ring: &Value, arcs: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for number in list(Some(ring)).filter_map(Value::as_i64) {
        let arc = usize::try_from(if number < 0 { !number } else { number }).ok().and_then(|index| arcs.get(index));
        let arc = arc.map(Vec::as_slice).unwrap_or_default();
        if number < 0 { points.extend(arc.iter().rev()) } else { points.extend(arc) }
    }
    points
}
