//! Whether a position lies in an area.

use shouhu_place::Wgs84;

use super::Area;

/// What an area says of a position; the greater answer wins where several areas speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    Outside,
    /// The area is only named or coded: it may or may not.
    Unknown,
    Inside,
}

impl Area {
    #[must_use]
    pub fn covers(&self, place: Wgs84) -> Cover {
        let is_inside = self.polygons.iter().any(|ring| contains(ring, place))
            || self.circles.iter().any(|circle| circle.centre.distance_m(place) <= circle.radius_km * 1_000.0);
        if is_inside {
            return Cover::Inside;
        }
        let has_shape = !self.polygons.is_empty() || !self.circles.is_empty();
        if has_shape { Cover::Outside } else { Cover::Unknown }
    }
}

/// Even-odd rule on longitude and latitude; edges are straight on the plate carrée, as maps draw them. A ring across the
/// antimeridian is not foreseen: none is drawn around here.
fn contains(ring: &[Wgs84], place: Wgs84) -> bool {
    let mut is_inside = false;
    for edge in ring.windows(2) {
        let [a, b] = edge else { continue };
        let crosses = (a.lat > place.lat) != (b.lat > place.lat);
        if crosses && place.lon < a.lon + (place.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon) {
            is_inside = !is_inside;
        }
    }
    is_inside
}

#[cfg(test)]
mod tests {
    use super::super::Circle;
    use super::*;

    fn at(lon: f64, lat: f64) -> Wgs84 {
        Wgs84::new(lon, lat).unwrap_or_else(|e| panic!("{e}"))
    }

    fn area() -> Area {
        // A square with a notch from the north, and a circle beside it.
        let ring = [(120.0, 23.0), (120.2, 23.0), (120.2, 23.2), (120.1, 23.1), (120.0, 23.2), (120.0, 23.0)];
        Area {
            description: "test".into(),
            polygons: vec![ring.map(|(lon, lat)| at(lon, lat)).to_vec()],
            circles: vec![Circle { centre: at(121.0, 23.0), radius_km: 5.0 }],
            geocodes: vec![],
            altitude_ft: None,
            ceiling_ft: None,
        }
    }

    #[test]
    fn a_notch_is_outside_and_a_circle_has_its_radius() {
        let area = area();
        assert_eq!(area.covers(at(120.05, 23.05)), Cover::Inside);
        assert_eq!(area.covers(at(120.1, 23.15)), Cover::Outside);
        assert_eq!(area.covers(at(121.0, 23.044)), Cover::Inside, "4.9 km");
        assert_eq!(area.covers(at(121.0, 23.046)), Cover::Outside, "5.1 km");
    }

    #[test]
    fn an_area_that_is_only_named_says_nothing() {
        let named = Area { polygons: vec![], circles: vec![], ..area() };
        assert_eq!(named.covers(at(120.05, 23.05)), Cover::Unknown);
        assert!(Cover::Inside > Cover::Unknown && Cover::Unknown > Cover::Outside);
    }
}
