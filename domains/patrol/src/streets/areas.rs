//! Which beat a road piece lies in: that of the nearest box in use, as for tours. Beats have no borders in this house.

use std::collections::{BTreeMap, HashMap};

use shouhu_module::ports::RoadSheet;
use shouhu_place::Wgs84;

use crate::store::Kept;

/// A piece farther from any box is nobody's: an imported map may be larger than the city.
const REACH_M: f64 = 2_000.0;
/// Cells in which boxes are sought, degrees: half a kilometre.
const CELL_DEG: f64 = 0.005;
/// One degree of latitude, metres (WGS84, mean).
const DEGREE_M: f64 = 111_195.0;
const NOBODYS: u16 = u16::MAX;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Area {
    pub station: String,
    pub beat: String,
}

/// The area of each piece of a map.
#[derive(Debug, Default)]
pub struct Areas {
    pub named: Vec<Area>,
    of: Vec<u16>,
}

/// Boxes by cell, with the number of their area.
type Cells = HashMap<(i64, i64), Vec<(Wgs84, u16)>>;

#[allow(clippy::cast_possible_truncation, reason = "degrees by the hundred")]
fn cell_of(place: Wgs84) -> (i64, i64) {
    ((place.lon / CELL_DEG).floor() as i64, (place.lat / CELL_DEG).floor() as i64)
}

/// On the plane: over two kilometres it is good to metres.
fn distance_m(a: Wgs84, b: Wgs84) -> f64 {
    let east = (b.lon - a.lon) * a.lat.to_radians().cos();
    east.hypot(b.lat - a.lat) * DEGREE_M
}

fn nearest(cells: &Cells, place: Wgs84) -> Option<u16> {
    let (x, y) = cell_of(place);
    // Cells are narrower than they are high.
    let cell_m = CELL_DEG * DEGREE_M * place.lat.to_radians().cos();
    let mut best: Option<(f64, u16)> = None;
    let mut ring: i64 = 0;
    loop {
        for (dx, dy) in (-ring..=ring).flat_map(|dx| (-ring..=ring).map(move |dy| (dx, dy))) {
            if dx.abs().max(dy.abs()) != ring {
                continue;
            }
            for (at, area) in cells.get(&(x + dx, y + dy)).into_iter().flatten() {
                let far_m = distance_m(place, *at);
                if far_m <= REACH_M && best.is_none_or(|(best_m, _)| far_m < best_m) {
                    best = Some((far_m, *area));
                }
            }
        }
        #[allow(clippy::cast_precision_loss, reason = "a handful of rings")]
        let searched_m = ring as f64 * cell_m;
        if searched_m >= REACH_M || best.is_some_and(|(best_m, _)| best_m <= searched_m) {
            return best.map(|(_, area)| area);
        }
        ring += 1;
    }
}

impl Areas {
    /// Of the boxes in use; without any, the whole map is one area without a name.
    #[must_use]
    pub fn new(sheet: &dyn RoadSheet, boxes: &[Kept]) -> Self {
        let in_use = || boxes.iter().filter(|kept| kept.shown.is_active);
        let area = |kept: &Kept| Area { station: kept.shown.station.clone(), beat: kept.shown.beat.clone() };
        let mut numbers: BTreeMap<Area, u16> = in_use().map(|kept| (area(kept), 0)).collect();
        for (number, (_, slot)) in (0..NOBODYS).zip(&mut numbers) {
            *slot = number;
        }
        let mut cells = Cells::new();
        for kept in in_use() {
            let number = numbers.get(&area(kept)).copied().unwrap_or(NOBODYS);
            cells.entry(cell_of(kept.shown.position)).or_default().push((kept.shown.position, number));
        }
        let named: Vec<Area> = if numbers.is_empty() { vec![Area::default()] } else { numbers.into_keys().collect() };
        let of = (0..sheet.pieces())
            .map(|number| {
                let middle = sheet.piece(number).and_then(|piece| piece.line.get(piece.line.len() / 2));
                let Some(middle) = middle else { return NOBODYS };
                if cells.is_empty() { 0 } else { nearest(&cells, *middle).unwrap_or(NOBODYS) }
            })
            .collect();
        Self { named, of }
    }

    /// Number and name of the area of a piece; none for a piece that is nobody's.
    #[must_use]
    pub fn of(&self, piece: u32) -> Option<(usize, &Area)> {
        let number = usize::from(*self.of.get(usize::try_from(piece).ok()?)?);
        Some((number, self.named.get(number)?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::streets::testing::{Grid, boxed};

    #[test]
    fn a_street_belongs_to_the_beat_of_its_nearest_box_and_one_far_away_to_nobody() {
        let grid = Grid::new(40, 1);
        let areas = Areas::new(&grid, &[boxed("1", "03", 120.2, 23.0), boxed("2", "01", 120.22, 23.001)]);
        let beat = |piece| areas.of(piece).map(|(_, area)| area.beat.as_str());
        assert_eq!([beat(0), beat(3), beat(7), beat(18), beat(39)], [Some("03"), Some("03"), Some("01"), Some("01"), None]);
        assert_eq!(areas.named.iter().map(|area| area.beat.as_str()).collect::<Vec<_>>(), ["01", "03"]);
    }

    #[test]
    fn rings_of_cells_find_what_a_search_of_all_boxes_finds() {
        let grid = Grid::new(30, 12);
        let boxes: Vec<Kept> = (0..40)
            .map(|n| {
                let (lon, lat) = (120.2 + f64::from(n * 37 % 60) * 0.001, 23.0 + f64::from(n * 53 % 23) * 0.001);
                boxed(&n.to_string(), &n.to_string(), lon, lat)
            })
            .collect();
        let areas = Areas::new(&grid, &boxes);
        for number in 0..grid.pieces() {
            let middle = grid.piece(number).unwrap().line[1];
            let nearest = boxes.iter().map(|kept| distance_m(middle, kept.shown.position)).min_by(f64::total_cmp).unwrap();
            let found = areas.of(number).map(|(_, area)| boxes.iter().find(|kept| kept.shown.beat == area.beat).unwrap());
            let found_m = found.map(|kept| distance_m(middle, kept.shown.position));
            assert!(found_m.is_some_and(|found_m| (found_m - nearest).abs() < 1e-6), "{number}: {found_m:?} {nearest}");
        }
    }

    #[test]
    fn without_boxes_the_whole_map_is_one_area() {
        let grid = Grid::new(3, 1);
        let areas = Areas::new(&grid, &[]);
        assert_eq!((areas.named.len(), areas.of(2).map(|(number, _)| number)), (1, Some(0)));
    }
}
