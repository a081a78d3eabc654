//! Areas on the map, and whether a place lies in one.

use h3o::{CellIndex, LatLng, Resolution};
use shouhu_place::Wgs84;

use crate::part::Bounds;

/// Corners that one polygon may have, holes included.
pub const CORNERS_MAX: usize = 10_000;
/// H3 cells that one area may have.
pub const CELLS_MAX: usize = 100_000;
/// Half of the Earth's circumference, rounded up.
const RADIUS_M_MAX: f64 = 20_038_000.0;
/// No degree of latitude is shorter on the sphere of [`Wgs84::distance_m`].
const METRES_PER_DEGREE_MIN: f64 = 111_100.0;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AreaError {
    #[error("the polygon has a ring of {corners} corners; at least 3 are needed")]
    Ring { corners: usize },
    #[error("the polygon has {corners} corners; at most {CORNERS_MAX} are possible")]
    Corners { corners: usize },
    #[error("the radius is {radius_m} m; more than 0 and at most {RADIUS_M_MAX} m is possible")]
    Radius { radius_m: f64 },
    #[error("{lon_e6}, {lat_e6} (millionths of a degree) is not on the globe")]
    Place { lon_e6: i32, lat_e6: i32 },
    #[error("west {west_e6} is east of east {east_e6}, or south {south_e6} north of north {north_e6}", west_e6 = .0.west_e6, east_e6 = .0.east_e6, south_e6 = .0.south_e6, north_e6 = .0.north_e6)]
    Bounds(Bounds),
    #[error("{cell:x} is no H3 cell")]
    Cell { cell: u64 },
    #[error("{cells} H3 cells given; between 1 and {CELLS_MAX} are possible")]
    Cells { cells: usize },
    #[error("H3 has the resolutions 0 to 15, not {resolution}")]
    Resolution { resolution: u8 },
}

impl AreaError {
    /// Stable, for problem types and translations.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Ring { .. } => "lake.area.ring",
            Self::Corners { .. } => "lake.area.corners",
            Self::Radius { .. } => "lake.area.radius",
            Self::Place { .. } => "lake.area.place",
            Self::Bounds(_) => "lake.area.bounds",
            Self::Cell { .. } => "lake.area.cell",
            Self::Cells { .. } => "lake.area.cells",
            Self::Resolution { .. } => "lake.area.resolution",
        }
    }
}

/// Part of the map. Longitude first; millionths of a degree, WGS84.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    shape: Shape,
    bounds: Bounds,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Bounds,
    /// Rings by the even-odd rule: holes and several pieces need no mark.
    Polygon(Vec<Vec<(i32, i32)>>),
    Circle {
        centre: Wgs84,
        radius_m: f64,
    },
    /// Sorted cells by resolution.
    Cells(Vec<(Resolution, Vec<u64>)>),
}

impl Area {
    /// Everything between the edges, edges included.
    ///
    /// # Errors
    /// When west and east or south and north are exchanged, or off the globe.
    pub fn within(bounds: Bounds) -> Result<Self, AreaError> {
        wgs84(bounds.west_e6, bounds.south_e6)?;
        wgs84(bounds.east_e6, bounds.north_e6)?;
        if bounds.west_e6 > bounds.east_e6 || bounds.south_e6 > bounds.north_e6 {
            return Err(AreaError::Bounds(bounds));
        }
        Ok(Self { shape: Shape::Bounds, bounds })
    }

    /// Outer rings and holes, in any order; edges are straight in longitude and latitude (as in GeoJSON, RFC 7946 §3.1.1)
    /// and belong to the area. The last corner may repeat the first.
    ///
    /// # Errors
    /// When there is no ring, one has fewer than three corners, a corner is off the globe, or there are too many.
    pub fn polygon(rings: Vec<Vec<(i32, i32)>>) -> Result<Self, AreaError> {
        let corners = rings.iter().map(Vec::len).sum();
        if corners > CORNERS_MAX {
            return Err(AreaError::Corners { corners });
        }
        let shortest = rings.iter().map(Vec::len).min().unwrap_or(0);
        if shortest < 3 {
            return Err(AreaError::Ring { corners: shortest });
        }
        let mut hull = Hull::new();
        for (lon_e6, lat_e6) in rings.iter().flatten() {
            wgs84(*lon_e6, *lat_e6)?;
            hull.add(*lon_e6, *lat_e6);
        }
        Ok(Self { shape: Shape::Polygon(rings), bounds: hull.bounds })
    }

    /// Everything at most `radius_m` away on the sphere.
    ///
    /// # Errors
    /// When the radius is not positive or larger than the Earth, or the centre is off the globe.
    pub fn circle(lon_e6: i32, lat_e6: i32, radius_m: f64) -> Result<Self, AreaError> {
        let centre = wgs84(lon_e6, lat_e6)?;
        if !(radius_m > 0.0 && radius_m <= RADIUS_M_MAX) {
            return Err(AreaError::Radius { radius_m });
        }
        let dlat = radius_m / METRES_PER_DEGREE_MIN;
        // A meridian touches the circle where its points are nearest to a pole: sin(dlon) = sin(r) / cos(lat).
        let reach = dlat.to_radians();
        let dlon = if centre.lat.abs() + dlat >= 90.0 {
            360.0
        } else {
            (reach.sin() / centre.lat.to_radians().cos()).clamp(-1.0, 1.0).asin().to_degrees()
        };
        let bounds = Bounds {
            west_e6: e6(centre.lon - dlon, -180.0),
            south_e6: e6(centre.lat - dlat, -90.0),
            east_e6: e6(centre.lon + dlon, 180.0).saturating_add(1),
            north_e6: e6(centre.lat + dlat, 90.0).saturating_add(1),
        };
        // Across the 180th meridian one box cannot be narrow.
        let crosses = centre.lon - dlon < -180.0 || centre.lon + dlon > 180.0;
        let bounds = if crosses { Bounds { west_e6: -180_000_000, east_e6: 180_000_000, ..bounds } } else { bounds };
        Ok(Self { shape: Shape::Circle { centre, radius_m }, bounds })
    }

    /// Everything that lies in one of the H3 cells, which may be of different resolutions.
    ///
    /// # Errors
    /// When a number is no H3 cell, or none or too many are given.
    pub fn cells(cells: &[u64]) -> Result<Self, AreaError> {
        if cells.is_empty() || cells.len() > CELLS_MAX {
            return Err(AreaError::Cells { cells: cells.len() });
        }
        let mut hull = Hull::new();
        let mut by_resolution: Vec<(Resolution, Vec<u64>)> = Vec::new();
        for number in cells {
            let cell = CellIndex::try_from(*number).map_err(|_| AreaError::Cell { cell: *number })?;
            hull.add_cell(cell);
            match by_resolution.iter_mut().find(|(resolution, _)| *resolution == cell.resolution()) {
                Some((_, known)) => known.push(*number),
                None => by_resolution.push((cell.resolution(), vec![*number])),
            }
        }
        for (_, known) in &mut by_resolution {
            known.sort_unstable();
        }
        Ok(Self { shape: Shape::Cells(by_resolution), bounds: hull.bounds })
    }

    /// Nothing of the area is outside.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    #[must_use]
    pub fn holds(&self, lon_e6: i32, lat_e6: i32) -> bool {
        if !self.bounds.holds(lon_e6, lat_e6) {
            return false;
        }
        match &self.shape {
            Shape::Bounds => true,
            Shape::Polygon(rings) => is_in_rings(rings, i64::from(lon_e6), i64::from(lat_e6)),
            Shape::Circle { centre, radius_m } => wgs84(lon_e6, lat_e6).is_ok_and(|place| centre.distance_m(place) <= *radius_m),
            Shape::Cells(by_resolution) => {
                let Some(place) = lat_lng(lon_e6, lat_e6) else { return false };
                by_resolution.iter().any(|(resolution, cells)| cells.binary_search(&place.to_cell(*resolution).into()).is_ok())
            }
        }
    }
}

/// The H3 cell of a place, as a number.
pub(super) fn cell_of(lon_e6: i32, lat_e6: i32, resolution: Resolution) -> Option<u64> {
    lat_lng(lon_e6, lat_e6).map(|place| place.to_cell(resolution).into())
}

/// The middle of an H3 cell, millionths of a degree; `None` when the number is no cell's.
#[must_use]
pub fn middle_of_cell(cell: u64) -> Option<(i32, i32)> {
    let middle = LatLng::from(CellIndex::try_from(cell).ok()?);
    #[allow(clippy::cast_possible_truncation, reason = "degrees on the globe in millionths fit")]
    Some(((middle.lng() * 1e6).round() as i32, (middle.lat() * 1e6).round() as i32))
}

pub(super) fn resolution_of(resolution: u8) -> Result<Resolution, AreaError> {
    Resolution::try_from(resolution).map_err(|_| AreaError::Resolution { resolution })
}

fn lat_lng(lon_e6: i32, lat_e6: i32) -> Option<LatLng> {
    let place = wgs84(lon_e6, lat_e6).ok()?;
    LatLng::new(place.lat, place.lon).ok()
}

pub(super) fn wgs84(lon_e6: i32, lat_e6: i32) -> Result<Wgs84, AreaError> {
    Wgs84::new(f64::from(lon_e6) / 1e6, f64::from(lat_e6) / 1e6).map_err(|_| AreaError::Place { lon_e6, lat_e6 })
}

/// Rounded down, and at the edge of the globe where it is beyond.
fn e6(degrees: f64, edge: f64) -> i32 {
    let clamped = degrees.clamp(-edge.abs(), edge.abs());
    (clamped * 1e6).floor() as i32
}

/// Even-odd rule in whole numbers, so that a camera on an edge is never in doubt: edges belong to the area. Products stay
/// below 2^60: coordinates differ by at most 360 million.
fn is_in_rings(rings: &[Vec<(i32, i32)>], lon: i64, lat: i64) -> bool {
    let mut is_inside = false;
    for ring in rings {
        let Some(mut from) = ring.last().copied() else { continue };
        for to in ring {
            let (x1, y1, x2, y2) = (i64::from(from.0), i64::from(from.1), i64::from(to.0), i64::from(to.1));
            from = *to;
            // Positive when the place is left of the edge.
            let side = (x2 - x1) * (lat - y1) - (y2 - y1) * (lon - x1);
            let is_on_line = side == 0;
            if is_on_line && x1.min(x2) <= lon && lon <= x1.max(x2) && y1.min(y2) <= lat && lat <= y1.max(y2) {
                return true;
            }
            if (y1 > lat) != (y2 > lat) && (side > 0) == (y2 > y1) {
                is_inside = !is_inside;
            }
        }
    }
    is_inside
}

struct Hull {
    bounds: Bounds,
}

impl Hull {
    const fn new() -> Self {
        Self { bounds: Bounds { west_e6: i32::MAX, south_e6: i32::MAX, east_e6: i32::MIN, north_e6: i32::MIN } }
    }

    fn add(&mut self, lon_e6: i32, lat_e6: i32) {
        let b = &mut self.bounds;
        *b = Bounds {
            west_e6: b.west_e6.min(lon_e6),
            south_e6: b.south_e6.min(lat_e6),
            east_e6: b.east_e6.max(lon_e6),
            north_e6: b.north_e6.max(lat_e6),
        };
    }

    /// The corners of the cell and a tenth of its size around them, because its edges are arcs.
    fn add_cell(&mut self, cell: CellIndex) {
        let boundary = cell.boundary();
        let (mut west, mut south, mut east, mut north) = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
        for corner in boundary.iter() {
            west = west.min(corner.lng());
            east = east.max(corner.lng());
            south = south.min(corner.lat());
            north = north.max(corner.lat());
        }
        let (dlon, dlat) = ((east - west) / 10.0 + 1e-5, (north - south) / 10.0 + 1e-5);
        let is_odd = east - west > 180.0 || north.max(-south) + dlat > 85.0;
        if is_odd {
            // Around a pole or across the 180th meridian: all longitudes, up to the pole.
            (west, east) = (-180.0, 180.0);
            if north > 80.0 {
                north = 90.0;
            }
            if south < -80.0 {
                south = -90.0;
            }
        }
        self.add(e6(west - dlon, 180.0), e6(south - dlat, 90.0));
        self.add(e6(east + dlon, 180.0).saturating_add(1), e6(north + dlat, 90.0).saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn area(made: Result<Area, AreaError>) -> Area {
        made.unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_hole_is_outside_and_every_edge_inside() {
        let square = vec![(0, 0), (0, 10), (10, 10), (10, 0)];
        let hole = vec![(4, 4), (6, 4), (6, 6), (4, 6), (4, 4)];
        let ring = area(Area::polygon(vec![square, hole]));
        for (lon, lat, is_in) in
            [(0, 0, true), (10, 5, true), (5, 5, false), (4, 5, true), (3, 3, true), (11, 5, false), (5, 11, false)]
        {
            assert_eq!(ring.holds(lon, lat), is_in, "{lon}, {lat}");
        }
    }

    #[test]
    fn what_is_no_area_is_refused() {
        assert_eq!(Area::polygon(vec![vec![(0, 0), (1, 1)]]), Err(AreaError::Ring { corners: 2 }));
        assert_eq!(Area::polygon(vec![]), Err(AreaError::Ring { corners: 0 }));
        assert!(Area::circle(120_000_000, 23_000_000, f64::NAN).is_err());
        assert_eq!(Area::cells(&[7]), Err(AreaError::Cell { cell: 7 }));
        assert!(Area::within(Bounds { west_e6: 2, south_e6: 0, east_e6: 1, north_e6: 0 }).is_err());
        assert!(Area::polygon(vec![vec![(0, 0), (1, 1), (200_000_000, 0)]]).is_err());
    }

    /// Crossing number with fractions, written another way round.
    fn is_in_triangle(t: [(i32, i32); 3], p: (i32, i32)) -> bool {
        let cross = |a: (i32, i32), b: (i32, i32)| {
            i128::from(b.0 - a.0) * i128::from(p.1 - a.1) - i128::from(b.1 - a.1) * i128::from(p.0 - a.0)
        };
        let sides = [cross(t[0], t[1]), cross(t[1], t[2]), cross(t[2], t[0])];
        if sides.iter().all(|side| *side == 0) {
            let within = |a: i32, b: i32, c: i32, x: i32| a.min(b).min(c) <= x && x <= a.max(b).max(c);
            return within(t[0].0, t[1].0, t[2].0, p.0) && within(t[0].1, t[1].1, t[2].1, p.1);
        }
        sides.iter().all(|side| *side >= 0) || sides.iter().all(|side| *side <= 0)
    }

    proptest! {
        #[test]
        fn a_triangle_holds_what_lies_on_one_side_of_all_edges(
            t in proptest::array::uniform3((-6..6_i32, -6..6_i32)), p in (-7..7_i32, -7..7_i32),
        ) {
            prop_assert_eq!(area(Area::polygon(vec![t.to_vec()])).holds(p.0, p.1), is_in_triangle(t, p));
        }

        #[test]
        fn nothing_of_a_circle_or_a_cell_is_outside_its_bounds(
            lon_e6 in -180_000_000..=180_000_000_i32, lat_e6 in -90_000_000..=90_000_000_i32,
            away in (-2_000_000..2_000_000_i32, -2_000_000..2_000_000_i32), radius_m in 1.0..300_000.0_f64, resolution in 0..=15_u8,
        ) {
            let place = (lon_e6.saturating_add(away.0).clamp(-180_000_000, 180_000_000), lat_e6.saturating_add(away.1).clamp(-90_000_000, 90_000_000));
            let circle = area(Area::circle(lon_e6, lat_e6, radius_m));
            let (Ok(centre), Ok(there)) = (wgs84(lon_e6, lat_e6), wgs84(place.0, place.1)) else { panic!("both are on the globe") };
            prop_assert_eq!(circle.holds(place.0, place.1), centre.distance_m(there) <= radius_m);
            let (Ok(resolution), true) = (resolution_of(resolution), true) else { panic!("H3 has it") };
            let Some(cell) = cell_of(lon_e6, lat_e6, resolution) else { panic!("on the globe") };
            let cells = area(Area::cells(&[cell]));
            prop_assert!(cells.holds(lon_e6, lat_e6));
            let is_within = middle_of_cell(cell).is_some_and(|(lon, lat)| cell_of(lon, lat, resolution) == Some(cell));
            // The smallest cells are hardly wider than a millionth of a degree.
            prop_assert!(is_within || resolution > Resolution::Thirteen);
            prop_assert_eq!(cells.holds(place.0, place.1), cell_of(place.0, place.1, resolution) == Some(cell));
        }
    }
}
