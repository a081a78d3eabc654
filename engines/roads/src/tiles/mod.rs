//! The base map as Mapbox Vector Tiles 2.1, cut from a network on request.
//!
//! Everything that does not depend on the tile is done once: pieces of one street are joined into chains (fewer
//! features, and lines long enough to write a name along), points are projected, and every point gets the largest
//! tolerance at which it must still be drawn. A tile is then a filter, a clip and a write; the same network gives the
//! same bytes.

mod chain;
mod clip;
mod mvt;
mod thin;

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::geo::{Bounds, Flat};
use crate::network::{AreaKind, RoadClass, RoadNetwork};
use chain::chains;
use clip::Window;
use mvt::{EXTENT, Geometry, Layer, Tag};
pub(crate) use thin::weights;

pub const TILE_ZOOM_MIN: u8 = 6;
/// Clients enlarge tiles of this zoom for closer views.
pub const TILE_ZOOM_MAX: u8 = 16;

/// The layers a tile may hold, in drawing order.
pub const LAYERS: [&str; 4] = ["areas", "water", "roads", "labels"];

/// How far past its edge a tile draws, as a share of the tile: wide strokes must not show a seam.
const BUFFER: f64 = 64.0 / EXTENT as f64;

/// Points that move a line by less than this many tile units are left out.
const TOLERANCE_UNITS: f64 = 6.0;

/// Lines that are shorter than this on the tile carry no name.
const LABEL_MIN_UNITS: f64 = 320.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    #[error("zoom {0} is outside {TILE_ZOOM_MIN} to {TILE_ZOOM_MAX}")]
    Zoom(u8),
    #[error("tile {x}/{y} does not exist at zoom {z}")]
    NoSuchTile { z: u8, x: u32, y: u32 },
}

impl TileError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Zoom(_) => "roads.tile.zoom",
            Self::NoSuchTile { .. } => "roads.tile.no_such_tile",
        }
    }
}

/// Draws one network. Owns what it needs; the network itself may be dropped.
#[derive(Debug)]
pub struct TileSource {
    roads: Vec<Road>,
    areas: Vec<Ground>,
    names: Vec<String>,
    road_tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    area_tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    /// From which zoom each class is drawn, in the order of [`RoadClass::ALL`].
    zoom_from: [u8; 8],
    bounds: Option<Bounds>,
}

#[derive(Debug)]
struct Road {
    class: RoadClass,
    one_way: bool,
    name: Option<u32>,
    line: Thinned,
}

#[derive(Debug)]
struct Ground {
    kind: AreaKind,
    name: Option<String>,
    rings: Vec<Thinned>,
}

/// Points with the tolerance up to which each must be kept.
#[derive(Debug)]
struct Thinned {
    points: Vec<Flat>,
    weight: Vec<f64>,
}

impl Thinned {
    fn new(points: Vec<Flat>) -> Self {
        let weight = thin::weights(&points);
        Self { points, weight }
    }

    fn at(&self, tolerance: f64) -> Vec<Flat> {
        let kept = self.points.iter().zip(&self.weight).filter(|(_, weight)| **weight >= tolerance);
        kept.map(|(point, _)| *point).collect()
    }

    fn rectangle(&self) -> Rectangle<[f64; 2]> {
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for point in &self.points {
            low = [low[0].min(point.x), low[1].min(point.y)];
            high = [high[0].max(point.x), high[1].max(point.y)];
        }
        Rectangle::from_corners(low, high)
    }
}

impl TileSource {
    #[must_use]
    pub fn new(network: &RoadNetwork) -> Self {
        let roads: Vec<Road> = chains(network)
            .into_iter()
            .map(|chain| Road { class: chain.class, one_way: chain.one_way, name: chain.name, line: Thinned::new(chain.points) })
            .collect();
        let areas: Vec<Ground> = network
            .areas()
            .iter()
            .map(|area| Ground {
                kind: area.kind,
                name: area.name.clone(),
                rings: area
                    .rings
                    .iter()
                    .map(|ring| Thinned::new(ring.iter().map(|place| Flat::from_place(*place)).collect()))
                    .collect(),
            })
            .collect();
        let road_boxes = (0u32..).zip(&roads).map(|(id, road)| GeomWithData::new(road.line.rectangle(), id));
        let area_boxes =
            (0u32..).zip(&areas).filter_map(|(id, area)| Some(GeomWithData::new(area.rings.first()?.rectangle(), id)));
        Self {
            road_tree: RTree::bulk_load(road_boxes.collect()),
            area_tree: RTree::bulk_load(area_boxes.collect()),
            zoom_from: zoom_from(network),
            names: network.names().to_vec(),
            bounds: network.bounds(),
            roads,
            areas,
        }
    }

    /// Where there is something to draw.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    /// The tile's bytes (uncompressed); empty where there is nothing to draw.
    ///
    /// # Errors
    /// When the zoom is not served or the tile lies outside the world.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Result<Vec<u8>, TileError> {
        if !(TILE_ZOOM_MIN..=TILE_ZOOM_MAX).contains(&z) {
            return Err(TileError::Zoom(z));
        }
        let across = 1u32 << z;
        if x >= across || y >= across {
            return Err(TileError::NoSuchTile { z, x, y });
        }
        let window = Window::of_tile(across, x, y, BUFFER);
        let envelope = AABB::from_corners([window.west, window.north], [window.east, window.south]);
        let tolerance = TOLERANCE_UNITS / (f64::from(across) * f64::from(EXTENT));
        let mut out = Vec::new();
        let mut grounds = [Layer::new("areas"), Layer::new("water")];
        for id in in_order(self.area_tree.locate_in_envelope_intersecting(envelope)) {
            if let Some(ground) = self.areas.get(id as usize) {
                let [areas, water] = &mut grounds;
                let layer = if ground.kind == AreaKind::Water { water } else { areas };
                draw_ground(ground, &window, tolerance, layer);
            }
        }
        let (mut lines, mut labels) = (Layer::new("roads"), Layer::new("labels"));
        for id in in_order(self.road_tree.locate_in_envelope_intersecting(envelope)) {
            if let Some(road) = self.roads.get(id as usize) {
                self.draw_road(road, z, &window, tolerance, &mut lines, &mut labels);
            }
        }
        for layer in grounds.into_iter().chain([lines, labels]) {
            layer.write(&mut out);
        }
        Ok(out)
    }

    fn draw_road(&self, road: &Road, z: u8, window: &Window, tolerance: f64, lines: &mut Layer, labels: &mut Layer) {
        let from = self.zoom_from.get(road.class as usize).copied().unwrap_or(TILE_ZOOM_MAX);
        if z < from {
            return;
        }
        let pieces = window.clip_line(&road.line.at(tolerance));
        let geometry = Geometry::lines(&pieces, window);
        if geometry.is_empty() {
            return;
        }
        let class = Tag::Text(road.class.as_str());
        let name = road.name.and_then(|index| self.names.get(index as usize));
        let mut tags = vec![("class", class), ("oneway", Tag::Flag(road.one_way))];
        if let Some(name) = name {
            tags.push(("name", Tag::Text(name)));
        }
        lines.feature(mvt::LINE, &geometry, &tags);
        // A name is written one zoom after its line appears, and lanes only where there is room for them.
        let label_from = from.saturating_add(1).max(if road.class >= RoadClass::Residential { 15 } else { 11 });
        if let Some(name) = name.filter(|_| z >= label_from.min(TILE_ZOOM_MAX)) {
            let long: Vec<Vec<Flat>> = pieces.into_iter().filter(|piece| window.length_units(piece) >= LABEL_MIN_UNITS).collect();
            let geometry = Geometry::lines(&long, window);
            if !geometry.is_empty() {
                let rank = u64::try_from(road.class as usize).unwrap_or(0);
                labels.feature(mvt::LINE, &geometry, &[("name", Tag::Text(name)), ("class", class), ("rank", Tag::Number(rank))]);
            }
        }
    }
}

fn draw_ground(ground: &Ground, window: &Window, tolerance: f64, layer: &mut Layer) {
    let rings: Vec<Vec<Flat>> = ground.rings.iter().map(|ring| window.clip_ring(&ring.at(tolerance))).collect();
    let geometry = Geometry::polygon(&rings, window);
    if geometry.is_empty() {
        return;
    }
    let mut tags = vec![("class", Tag::Text(ground.kind.as_str()))];
    if let Some(name) = &ground.name {
        tags.push(("name", Tag::Text(name)));
    }
    layer.feature(mvt::POLYGON, &geometry, &tags);
}

fn in_order<'a>(found: impl Iterator<Item = &'a GeomWithData<Rectangle<[f64; 2]>, u32>>) -> Vec<u32> {
    let mut ids: Vec<u32> = found.map(|item| item.data).collect();
    ids.sort_unstable();
    ids
}

/// Important classes first; the most important class that a network has is drawn from the lowest zoom, so that a
/// city file without motorways is not an empty map.
fn zoom_from(network: &RoadNetwork) -> [u8; 8] {
    let mut zooms = [6, 7, 9, 10, 11, 13, 14, 15];
    let top = network.edges().iter().map(|edge| edge.class).min();
    if let Some(zoom) = top.and_then(|class| zooms.get_mut(class as usize)) {
        *zoom = TILE_ZOOM_MIN;
    }
    zooms
}

#[cfg(test)]
mod tests;
