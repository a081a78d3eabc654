//! Bearings, pieces of lines, and lines as text.

use shouhu_place::Wgs84;

use crate::network::Edge;

/// How far ahead of a junction a driver judges where a road leads.
const LOOK_M: f64 = 15.0;

/// The bearing from one place to another, degrees clockwise from north, 0 to 360.
pub(crate) fn bearing_deg(from: Wgs84, to: Wgs84) -> f64 {
    let (lat_a, lat_b) = (from.lat.to_radians(), to.lat.to_radians());
    let lon = (to.lon - from.lon).to_radians();
    let east = lon.sin() * lat_b.cos();
    let north = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * lon.cos();
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

/// The angle of a turn from one bearing to another: -180 to 180, right is positive.
pub(crate) fn turn_deg(before: f64, after: f64) -> f64 {
    (after - before + 180.0).rem_euclid(360.0) - 180.0
}

/// Where a line leads at its start.
pub(crate) fn bearing_at_start(points: &[Wgs84]) -> f64 {
    let Some(first) = points.first() else { return 0.0 };
    let mut passed_m = 0.0;
    let mut before = *first;
    for place in points.iter().skip(1) {
        let length_m = before.distance_m(*place);
        if passed_m + length_m >= LOOK_M {
            return bearing_deg(*first, between(before, *place, (LOOK_M - passed_m) / length_m));
        }
        passed_m += length_m;
        before = *place;
    }
    bearing_deg(*first, before)
}

/// Where a line leads at its end.
pub(crate) fn bearing_at_end(points: &[Wgs84]) -> f64 {
    let turned: Vec<Wgs84> = points.iter().rev().copied().collect();
    (bearing_at_start(&turned) + 180.0).rem_euclid(360.0)
}

pub(crate) fn between(a: Wgs84, b: Wgs84, share: f64) -> Wgs84 {
    Wgs84 { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share }
}

/// The part of an edge's line from one fraction to another, either way round.
pub(crate) fn part_of_line(points: &[Wgs84], edge: &Edge, enter: f64, leave: f64) -> Vec<Wgs84> {
    let (low_m, high_m) = (enter.min(leave) * edge.length_m, enter.max(leave) * edge.length_m);
    let mut found: Vec<Wgs84> = Vec::with_capacity(points.len());
    let mut push = |place: Wgs84| {
        if found.last() != Some(&place) {
            found.push(place);
        }
    };
    let mut passed_m = 0.0;
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        let length_m = a.distance_m(*b);
        let end_m = passed_m + length_m;
        if length_m > 0.0 && end_m >= low_m && passed_m <= high_m {
            push(between(*a, *b, ((low_m - passed_m) / length_m).clamp(0.0, 1.0)));
            push(between(*a, *b, ((high_m - passed_m) / length_m).clamp(0.0, 1.0)));
        }
        passed_m = end_m;
    }
    if leave < enter {
        found.reverse();
    }
    found
}

/// The place at a fraction of an edge, and the bearing there along the edge's direction.
pub(crate) fn bearing_along(points: &[Wgs84], edge: &Edge, fraction: f64) -> (Wgs84, f64) {
    let wanted_m = (fraction * edge.length_m).max(0.0);
    let mut passed_m = 0.0;
    let mut found = (Wgs84 { lon: 0.0, lat: 0.0 }, 0.0);
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        let length_m = a.distance_m(*b);
        if length_m > 0.0 {
            found = (between(*a, *b, ((wanted_m - passed_m) / length_m).clamp(0.0, 1.0)), bearing_deg(*a, *b));
        }
        passed_m += length_m;
        if passed_m >= wanted_m {
            break;
        }
    }
    found
}

/// Google's encoded polyline with six decimals, as OSRM calls it `polyline6`.
#[must_use]
pub(crate) fn polyline6(points: &[Wgs84]) -> String {
    let mut text = String::new();
    let (mut lat, mut lon) = (0i64, 0i64);
    for place in points {
        #[expect(clippy::cast_possible_truncation, reason = "degrees times 1e6 are below 2^31")]
        let (next_lat, next_lon) = ((place.lat * 1e6).round() as i64, (place.lon * 1e6).round() as i64);
        push_number(&mut text, next_lat - lat);
        push_number(&mut text, next_lon - lon);
        (lat, lon) = (next_lat, next_lon);
    }
    text
}

fn push_number(text: &mut String, value: i64) {
    let mut left = (value << 1) ^ (value >> 63);
    loop {
        let group = u8::try_from(left & 0x1f).unwrap_or_default();
        left >>= 5;
        text.push(char::from(if left > 0 { group | 0x20 } else { group } + 63));
        if left == 0 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Google's own description, there with five decimals.
    #[test]
    fn a_line_is_encoded_as_its_inventor_says() {
        let places = [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)];
        let tenth: Vec<Wgs84> = places.iter().map(|(lat, lon)| Wgs84 { lat: lat / 10.0, lon: lon / 10.0 }).collect();
        assert_eq!(polyline6(&tenth), "_p~iF~ps|U_ulLnnqC_mqNvxq`@");
    }

    #[test]
    fn right_is_positive_and_north_is_nought() {
        let at = |lon: f64, lat: f64| Wgs84 { lon, lat };
        let here = at(120.0, 23.0);
        let round = [at(120.0, 23.1), at(120.1, 23.0), at(120.0, 22.9), at(119.9, 23.0)].map(|to| bearing_deg(here, to).round() as i32 % 360);
        assert_eq!(round, [0, 90, 180, 270]);
        assert_eq!([turn_deg(350.0, 10.0), turn_deg(10.0, 350.0), turn_deg(0.0, 90.0)], [20.0, -20.0, 90.0]);
    }
}
