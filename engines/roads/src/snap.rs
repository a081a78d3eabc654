//! From a position to the road under it.

use rstar::{AABB, PointDistance, RTree, RTreeObject};
use serde::Serialize;
use shouhu_place::Wgs84;

use crate::geo::{Flat, flat_per_metre};
use crate::network::{Edge, EdgeId, RoadNetwork};

/// How far from a road a position may lie and still be routed from: a farmhouse, not an island.
pub const SNAP_WITHIN_M: f64 = 2_000.0;

/// A place on a road.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Snap {
    pub edge: EdgeId,
    /// The nearest point of the road.
    pub place: Wgs84,
    /// From the position that was asked to `place`, as the crow flies.
    pub distance_m: f64,
    /// How far along the edge `place` lies: 0 at its start, 1 at its end.
    pub fraction: f64,
}

#[derive(Debug)]
pub(crate) struct SnapIndex {
    tree: RTree<Piece>,
}

/// One straight piece of one edge on the mercator square.
#[derive(Debug, Clone, Copy)]
struct Piece {
    a: Flat,
    b: Flat,
    edge: u32,
    /// Which piece of the polyline it is.
    index: u32,
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.a.x, self.a.y], [self.b.x, self.b.y])
    }
}

impl PointDistance for Piece {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        let point = Flat { x: point[0], y: point[1] };
        point.distance_2(Flat::between(self.a, self.b, point.nearest_on(self.a, self.b)))
    }
}

impl SnapIndex {
    /// Only the edges that `is_wanted` can be snapped to.
    pub fn new(network: &RoadNetwork, is_wanted: impl Fn(EdgeId, &Edge) -> bool) -> Self {
        let mut pieces = Vec::new();
        for (id, edge) in network.edge_ids().filter(|(id, edge)| is_wanted(*id, edge)) {
            let flat: Vec<Flat> = network.polyline(edge).iter().map(|place| Flat::from_place(*place)).collect();
            for ((index, a), b) in (0u32..).zip(&flat).zip(flat.iter().skip(1)) {
                pieces.push(Piece { a: *a, b: *b, edge: id.0, index });
            }
        }
        Self { tree: RTree::bulk_load(pieces) }
    }

    /// The nearest road within so many metres; of equally near ones the first by id, so that a junction always gives
    /// the same answer.
    pub fn nearest(&self, network: &RoadNetwork, place: Wgs84, within_m: f64) -> Option<Snap> {
        let at = Flat::from_place(place);
        let mut best: Option<(f64, Piece)> = None;
        for (piece, distance_2) in self.tree.nearest_neighbor_iter_with_distance_2([at.x, at.y]) {
            match &best {
                Some((nearest, _)) if distance_2 > *nearest => break,
                Some((_, chosen)) if (chosen.edge, chosen.index) <= (piece.edge, piece.index) => {}
                _ => best = Some((distance_2, *piece)),
            }
        }
        let (distance_2, piece) = best?;
        if distance_2.sqrt() > within_m * flat_per_metre(place.lat) * 1.01 {
            return None;
        }
        let snap = snap_on(network, place, piece, at.nearest_on(piece.a, piece.b))?;
        (snap.distance_m <= within_m).then_some(snap)
    }
}

impl SnapIndex {
    /// The places on edges within so many metres, nearest first. An edge that comes by twice (a bend, a way out and
    /// back) is there twice.
    pub fn within(&self, network: &RoadNetwork, place: Wgs84, within_m: f64, snaps_max: usize) -> Vec<Snap> {
        let at = Flat::from_place(place);
        let reach_2 = (within_m * flat_per_metre(place.lat) * 1.01).powi(2);
        let mut found: Vec<Snap> = Vec::new();
        for (piece, distance_2) in self.tree.nearest_neighbor_iter_with_distance_2([at.x, at.y]) {
            if distance_2 > reach_2 || found.len() >= snaps_max {
                break;
            }
            let Some(snap) = snap_on(network, place, *piece, at.nearest_on(piece.a, piece.b)) else { continue };
            let length_m = network.edge(snap.edge).map_or(0.0, |edge| edge.length_m);
            let is_known = |known: &Snap| {
                known.edge == snap.edge && (known.fraction - snap.fraction).abs() * length_m < 2.0 * within_m
            };
            if snap.distance_m <= within_m && !found.iter().any(is_known) {
                found.push(snap);
            }
        }
        found
    }
}

fn snap_on(network: &RoadNetwork, asked: Wgs84, piece: Piece, along_piece: f64) -> Option<Snap> {
    let id = EdgeId(piece.edge);
    let edge = network.edge(id)?;
    let polyline = network.polyline(edge);
    let index = piece.index as usize;
    let (a, b) = (polyline.get(index)?, polyline.get(index + 1)?);
    let place = Wgs84 { lon: a.lon + (b.lon - a.lon) * along_piece, lat: a.lat + (b.lat - a.lat) * along_piece };
    let before_m = crate::geo::length_m(polyline.get(..=index)?) + a.distance_m(place);
    let fraction = (before_m / edge.length_m).clamp(0.0, 1.0);
    Some(Snap { edge: id, place, distance_m: asked.distance_m(place), fraction })
}
