//! Where things are: WGS84 positions, distances, headings.
//!
//! **Invariant:** a `Wgs84` is always finite and on the globe; rubbish cannot be held, not even when it is deserialised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Mean Earth radius in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres of one degree of latitude, at the least.
const METRES_PER_DEGREE: f64 = 110_500.0;

/// A box around Taiwan, Penghu, Kinmen, Matsu, Lanyu and Pratas, and the sea between them: west, south, east, north, degrees.
/// It cannot tell land from sea: maps of roads have no coast.
pub const COUNTRY: [f64; 4] = [116.5, 20.5, 122.6, 26.6];

/// A position in WGS84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawPosition")]
pub struct Wgs84 {
    pub lon: f64,
    pub lat: f64,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Wgs84")]
struct RawPosition {
    #[schemars(range(min = -180.0, max = 180.0))]
    lon: f64,
    #[schemars(range(min = -90.0, max = 90.0))]
    lat: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PlaceError {
    #[error("longitude {0} is not within -180 and 180 degrees")]
    Longitude(f64),
    #[error("latitude {0} is not within -90 and 90 degrees")]
    Latitude(f64),
}

impl TryFrom<RawPosition> for Wgs84 {
    type Error = PlaceError;

    fn try_from(raw: RawPosition) -> Result<Self, PlaceError> {
        Self::new(raw.lon, raw.lat)
    }
}

impl Wgs84 {
    /// # Errors
    /// When a coordinate is not finite or off the globe.
    pub fn new(lon: f64, lat: f64) -> Result<Self, PlaceError> {
        if !(-180.0..=180.0).contains(&lon) {
            return Err(PlaceError::Longitude(lon));
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(PlaceError::Latitude(lat));
        }
        Ok(Self { lon, lat })
    }

    /// Whether it lies in the box around the country: a receiver without a fix says 0, 0, and a swapped pair is elsewhere too.
    #[must_use]
    pub fn is_in_country(self) -> bool {
        let [west, south, east, north] = COUNTRY;
        (west..=east).contains(&self.lon) && (south..=north).contains(&self.lat)
    }

    /// West, south, east and north of a square, in degrees, that holds the circle around this place. For searches by index: the
    /// corners lie further away than the radius. Not for places within some kilometres of a pole or of the date line.
    #[must_use]
    pub fn square_around(self, radius_m: f64) -> [f64; 4] {
        let lat = radius_m / METRES_PER_DEGREE;
        let lon = lat / self.lat.to_radians().cos().max(0.01);
        [self.lon - lon, self.lat - lat, self.lon + lon, self.lat + lat]
    }

    /// Great-circle distance in metres by the haversine formula; within 0.6 % of the ellipsoid.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (phi_1, phi_2) = (self.lat.to_radians(), other.lat.to_radians());
        let half_dphi = (phi_2 - phi_1) / 2.0;
        let half_dlambda = (other.lon - self.lon).to_radians() / 2.0;
        let h = half_dphi.sin().powi(2) + phi_1.cos() * phi_2.cos() * half_dlambda.sin().powi(2);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }

    /// Initial bearing towards `other` in degrees clockwise from north, 0 ≤ b < 360.
    #[must_use]
    pub fn bearing_deg(self, other: Self) -> f64 {
        let (phi_1, phi_2) = (self.lat.to_radians(), other.lat.to_radians());
        let dlambda = (other.lon - self.lon).to_radians();
        let y = dlambda.sin() * phi_2.cos();
        let x = phi_1.cos() * phi_2.sin() - phi_1.sin() * phi_2.cos() * dlambda.cos();
        y.atan2(x).to_degrees().rem_euclid(360.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tainan_station_to_taipei_station_is_about_265_km() {
        let (Ok(tainan), Ok(taipei)) = (Wgs84::new(120.2128, 22.9971), Wgs84::new(121.5170, 25.0478)) else {
            panic!("both are on the globe")
        };
        assert!((tainan.distance_m(taipei) / 1_000.0 - 264.0).abs() < 3.0, "{}", tainan.distance_m(taipei));
    }

    #[test]
    fn a_position_off_the_globe_cannot_be_deserialised() {
        let refused = serde_json::from_str::<Wgs84>(r#"{"lon": 120.2, "lat": 229.9}"#);
        assert!(refused.is_err_and(|e| e.to_string().contains("latitude 229.9")));
        assert!(Wgs84::new(f64::NAN, 0.0).is_err());
    }
}
