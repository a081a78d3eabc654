//! Plane geometry on the web mercator square, where a whole world is 1 wide and y grows southwards.
//!
//! Mercator keeps angles, so "nearest on the square" is "nearest on the ground" at the scale of a city, and the same
//! coordinates serve snapping and tiles.

use serde::Serialize;
use shouhu_place::Wgs84;

/// Latitude where the mercator square ends; roads beyond it are refused.
pub(crate) const LAT_LIMIT: f64 = 85.0;

/// Equator length over which the square's unit is defined, in metres.
const EQUATOR_M: f64 = 40_075_016.685_578_5;

/// Degrees in steps of 1e-7 (about one centimetre), the grain in which OSM and this crate keep coordinates.
pub(crate) const GRAIN_PER_DEGREE: f64 = 1e7;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Flat {
    pub x: f64,
    pub y: f64,
}

impl Flat {
    pub fn from_place(place: Wgs84) -> Self {
        let sin = place.lat.to_radians().sin().clamp(-0.9999, 0.9999);
        Self { x: place.lon / 360.0 + 0.5, y: 0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * std::f64::consts::PI) }
    }

    pub fn distance_2(self, other: Self) -> f64 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        dx * dx + dy * dy
    }

    /// The nearest point of the segment `a`–`b`, as the fraction along it.
    pub fn nearest_on(self, a: Self, b: Self) -> f64 {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length_2 = dx * dx + dy * dy;
        if length_2 <= 0.0 {
            return 0.0;
        }
        (((self.x - a.x) * dx + (self.y - a.y) * dy) / length_2).clamp(0.0, 1.0)
    }

    pub fn between(a: Self, b: Self, fraction: f64) -> Self {
        Self { x: a.x + (b.x - a.x) * fraction, y: a.y + (b.y - a.y) * fraction }
    }
}

/// How long one metre on the ground is on the square at this latitude.
pub(crate) fn flat_per_metre(lat: f64) -> f64 {
    1.0 / (EQUATOR_M * lat.to_radians().cos().max(0.01))
}

/// Rounds to the grain in which networks keep coordinates, so that encoding and decoding give the same network.
pub(crate) fn to_grain(place: Wgs84) -> Wgs84 {
    let (lon, lat) = grains(place);
    from_grains(lon, lat)
}

pub(crate) fn grains(place: Wgs84) -> (i64, i64) {
    #[expect(clippy::cast_possible_truncation, reason = "degrees times 1e7 are below 2^31")]
    let grain = |degrees: f64| (degrees * GRAIN_PER_DEGREE).round() as i64;
    (grain(place.lon), grain(place.lat))
}

pub(crate) fn from_grains(lon: i64, lat: i64) -> Wgs84 {
    #[expect(clippy::cast_precision_loss, reason = "degrees times 1e7 are below 2^31")]
    let degrees = |grain: i64| grain as f64 / GRAIN_PER_DEGREE;
    Wgs84 { lon: degrees(lon), lat: degrees(lat) }
}

/// Great-circle length of a polyline in metres.
pub(crate) fn length_m(polyline: &[Wgs84]) -> f64 {
    polyline.iter().zip(polyline.iter().skip(1)).map(|(a, b)| a.distance_m(*b)).sum()
}

/// The rectangle that holds a network, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Bounds {
    pub(crate) fn of<'a>(places: impl IntoIterator<Item = &'a Wgs84>) -> Option<Self> {
        let mut places = places.into_iter();
        let first = places.next()?;
        let mut bounds = Self { west: first.lon, south: first.lat, east: first.lon, north: first.lat };
        for place in places {
            bounds.west = bounds.west.min(place.lon);
            bounds.east = bounds.east.max(place.lon);
            bounds.south = bounds.south.min(place.lat);
            bounds.north = bounds.north.max(place.lat);
        }
        Some(bounds)
    }
}
