//! Parts of the map as the API names them, for the lake.

use shouhu_lakehouse::lake::part::Bounds;
use shouhu_lakehouse::lake::questions::{Area as LakeArea, AreaError};
use shouhu_wire::Area;

/// Millionths of a degree. What is no place on the globe becomes one that the lake refuses by name.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "clamped to what fits; NaN becomes 0 and is refused as f64 before")]
pub fn e6(degrees: f64) -> i32 {
    if degrees.is_finite() { (degrees * 1e6).round().clamp(-1e9, 1e9) as i32 } else { i32::MAX }
}

/// # Errors
/// When a corner is off the globe, edges are exchanged, or there are too many corners or cells.
pub fn area_of(area: &Area) -> Result<LakeArea, AreaError> {
    match area {
        Area::Circle { center, radius_m } => LakeArea::circle(e6(center.lon), e6(center.lat), *radius_m),
        Area::Bbox { west, south, east, north } => {
            LakeArea::within(Bounds { west_e6: e6(*west), south_e6: e6(*south), east_e6: e6(*east), north_e6: e6(*north) })
        }
        Area::Polygon { coordinates } => {
            let ring = |ring: &Vec<[f64; 2]>| ring.iter().map(|[lon, lat]| (e6(*lon), e6(*lat))).collect();
            LakeArea::polygon(coordinates.iter().map(ring).collect())
        }
        Area::H3 { cells } => {
            // 0 is no cell: the lake refuses it.
            let cells: Vec<u64> = cells.iter().map(|cell| u64::from_str_radix(cell.trim_start_matches("0x"), 16).unwrap_or(0)).collect();
            LakeArea::cells(&cells)
        }
    }
}
