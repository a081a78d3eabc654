//! Fastest ways for one kind of traveller with one set of weights: turn bans kept, closures effective at once.
//!
//! A query asks the contraction hierarchy first. The hierarchy was made from a graph that has the turn bans built in, so
//! its answer is final unless it drives over a closed road; then an exact A* on the same graph answers instead. A closure
//! only ever takes ways away, so an open way that was the best of all ways is the best of the open ones.

mod alternatives;
mod closures;
mod expanded;
mod hierarchy;
mod isochrone;
mod matrix;
mod search;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;
use shouhu_place::Wgs84;

pub use alternatives::{AlternativeLimits, Alternative};
pub use closures::Closures;
pub use isochrone::{Isochrone, Reach, Toward};
pub use matrix::TravelMatrix;

use crate::access::{DirectedEdge, TurnBan};
use crate::graph::Direction;
use crate::network::{Edge, NodeId, RoadNetwork};
use crate::profile::{Profile, WeightSet};
use crate::route::{Route, RouteError, Way};
use crate::snap::{Snap, SnapIndex};
pub(crate) use expanded::ExpandedGraph;
use hierarchy::Hierarchy;
pub(crate) use search::{Access, Pool, UNREACHED, Until, Workspace};

/// A directed edge, or the part of one that a way uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PathPart {
    pub road: DirectedEdge,
    /// Where the way enters and leaves the edge, as fractions of the edge from its `from` to its `to`; against the
    /// edge's direction `enter` is the larger.
    pub enter: f64,
    pub leave: f64,
}

/// Which search answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// Start and end lie on one edge.
    OneEdge,
    Hierarchy,
    ExactSearch,
}

/// A way from one snapped place to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoadPath {
    pub duration_ms: u32,
    pub from: Wgs84,
    pub to: Wgs84,
    pub parts: Vec<PathPart>,
    pub found_by: FoundBy,
}

impl RoadPath {
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        f64::from(self.duration_ms) / 1_000.0
    }

    #[must_use]
    pub fn distance_m(&self, network: &RoadNetwork) -> f64 {
        let lengths = self.parts.iter().filter_map(|part| Some((network.edge(part.road.edge)?, part)));
        lengths.map(|(edge, part)| edge.length_m * (part.leave - part.enter).abs()).sum()
    }
}

/// Finds ways for one profile. Made in tens of milliseconds, prepared in seconds, then shared: queries take `&self`.
#[derive(Debug)]
pub struct Navigator {
    network: Arc<RoadNetwork>,
    profile: Profile,
    graph: ExpandedGraph,
    /// The same for all weights of a vehicle that keeps to the same signs.
    snaps: Arc<SnapIndex>,
    hierarchy: Option<Hierarchy>,
    /// Each vertex on a sphere of true radius: chords are cheap lower bounds of road lengths.
    spots: Vec<[f64; 3]>,
    pool: Pool<Workspace>,
}

impl Navigator {
    /// A navigator that answers by exact search until [`Self::prepare`] is called.
    #[must_use]
    pub fn new(network: Arc<RoadNetwork>, profile: Profile) -> Self {
        Self::with_bans(network, profile, &[])
    }

    /// With bans beyond those of the network: a turn that an officer has closed. Cheap enough to make anew for each
    /// change; the prepared navigator without them can be asked again when they are lifted.
    #[must_use]
    pub fn with_bans(network: Arc<RoadNetwork>, profile: Profile, more: &[TurnBan]) -> Self {
        Self::made(network, profile, more, None)
    }

    /// The same network and vehicle with other weights, unprepared. Finds the roads near a place by the same index where the same
    /// turns are banned: it is the larger part of a navigator.
    #[must_use]
    pub fn at_weights(&self, weights: WeightSet) -> Self {
        let profile = Profile { weights, ..self.profile };
        let has_same_turns = self.network.turn_bans().is_empty() || profile.keeps_turn_bans() == self.profile.keeps_turn_bans();
        Self::made(Arc::clone(&self.network), profile, &[], has_same_turns.then(|| Arc::clone(&self.snaps)))
    }

    fn made(network: Arc<RoadNetwork>, profile: Profile, more: &[TurnBan], snaps: Option<Arc<SnapIndex>>) -> Self {
        let signed = network.turn_bans().iter().filter(|_| profile.keeps_turn_bans());
        let bans: Vec<&TurnBan> = signed.chain(more).filter(|ban| ban.vehicles.contains(profile.vehicle)).collect();
        let graph = ExpandedGraph::new(&network, profile.vehicle, &bans, |edge| profile.cost_ms(edge));
        let snaps = snaps.unwrap_or_else(|| Arc::new(SnapIndex::new(&network, |id, _| graph.is_main(id))));
        let spots = (0..graph.vertex_count() as u32).map(|vertex| spot(&network, graph.junction(vertex))).collect();
        Self { network, profile, graph, snaps, hierarchy: None, spots, pool: Pool::new() }
    }

    /// Contracts the graph: seconds of arithmetic for a city, once per network and profile.
    pub fn prepare(&mut self) {
        self.hierarchy = Hierarchy::new(&self.graph);
    }

    #[must_use]
    pub const fn is_prepared(&self) -> bool {
        self.hierarchy.is_some()
    }

    #[must_use]
    pub const fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Vertices of the search graph, those among them that turn bans needed, and arcs of the hierarchy.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.graph.vertex_count(), self.graph.split_count(), self.hierarchy.as_ref().map_or(0, Hierarchy::shortcut_count))
    }

    /// The nearest road that this traveller can come to and leave, at most `within_m` away.
    #[must_use]
    pub fn snap(&self, place: Wgs84, within_m: f64) -> Option<Snap> {
        self.snaps.nearest(&self.network, place, within_m)
    }

    /// The fastest way that avoids the closures.
    ///
    /// # Errors
    /// When no way connects the two.
    pub fn path(&self, from: &Snap, to: &Snap, closures: &Closures) -> Result<RoadPath, RouteError> {
        let Some(hierarchy) = &self.hierarchy else { return self.path_by_search(from, to, closures) };
        let (starts, goals) = (self.accesses(from, Direction::Forward), self.accesses(to, Direction::Backward));
        let direct = self.along_one_edge(from, to);
        let found = hierarchy.path(&starts, &goals).filter(|(cost, _)| direct.is_none_or(|direct| *cost < direct.cost_ms));
        let Some((cost_ms, vertices)) = found else {
            return direct.map(|access| self.on_one_edge(from, to, access)).ok_or(RouteError::NoWay);
        };
        let Some(roads) = self.roads_along(&vertices) else { return self.path_by_search(from, to, closures) };
        if !closures.is_empty() && roads.iter().any(|road| closures.contains(*road)) {
            return self.path_by_search(from, to, closures);
        }
        let ends = vertices.first().zip(vertices.last());
        let start = ends.and_then(|(first, _)| cheapest_at(&starts, *first));
        let goal = ends.and_then(|(_, last)| cheapest_at(&goals, *last));
        let (Some(start), Some(goal)) = (start, goal) else { return self.path_by_search(from, to, closures) };
        Ok(self.joined([from, to], [start, goal], &roads, cost_ms, FoundBy::Hierarchy))
    }

    /// The same answer without the hierarchy: A* with the straight line at the fastest speed as its bound.
    ///
    /// # Errors
    /// As [`Self::path`].
    pub fn path_by_search(&self, from: &Snap, to: &Snap, closures: &Closures) -> Result<RoadPath, RouteError> {
        let (starts, goals) = (self.accesses(from, Direction::Forward), self.accesses(to, Direction::Backward));
        let direct = self.along_one_edge(from, to);
        let goal_spot = on_sphere(to.place);
        // A thousandth less than the chord: fractions along an edge are rounded, and a bound must never be too high.
        let ms_per_m = 0.999 / self.graph.fastest_m_per_ms;
        let bound = |vertex: u32| {
            let [x, y, z] = self.spots.get(vertex as usize).copied().unwrap_or_default();
            let chord_m = ((x - goal_spot[0]).powi(2) + (y - goal_spot[1]).powi(2) + (z - goal_spot[2]).powi(2)).sqrt();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is wanted")]
            let bound_ms = (chord_m * ms_per_m) as u32;
            bound_ms
        };
        let to_beat = direct.map_or(UNREACHED, |access| access.cost_ms);
        self.pool.search(&self.graph, |work| {
            let Some((cost_ms, goal)) = self.graph.a_star(work, &starts, &goals, closures, to_beat, bound) else {
                return direct.map(|access| self.on_one_edge(from, to, access)).ok_or(RouteError::NoWay);
            };
            let (first, roads) = work.branch(goal.vertex);
            let start = cheapest_at(&starts, first as usize).ok_or(RouteError::NoWay)?;
            Ok(self.joined([from, to], [start, goal], &roads, cost_ms, FoundBy::ExactSearch))
        })
    }

    /// The way as a line with its streets.
    #[must_use]
    pub fn describe(&self, path: &RoadPath) -> Route {
        let mut way = Way::start(&self.network, path.from);
        for part in &path.parts {
            if let Some(edge) = self.network.edge(part.road.edge) {
                way.part(edge, part.enter, part.leave);
            }
        }
        way.end(path.to, path.duration_ms)
    }

    /// The time for one part of a way.
    #[must_use]
    pub fn part_duration_s(&self, part: &PathPart) -> f64 {
        f64::from(self.graph.cost_ms(part.road.edge)) * (part.leave - part.enter).abs() / 1_000.0
    }

    /// The roads that one may take who arrives by this one; bans over more than two edges are not looked at.
    pub(crate) fn exits(&self, arriving: DirectedEdge) -> Vec<DirectedEdge> {
        let Some(vertex) = self.graph.head_of(arriving) else { return Vec::new() };
        self.graph.arcs(vertex, Direction::Forward).iter().map(|arc| DirectedEdge::numbered(arc.edge)).collect()
    }

    /// Every road at a junction that this traveller may use one way or the other, as driven away from it.
    pub(crate) fn roads_at(&self, node: NodeId) -> Vec<DirectedEdge> {
        let away = self.graph.arcs(node.0, Direction::Forward).iter().map(|arc| DirectedEdge::numbered(arc.edge));
        let here = self.graph.arcs(node.0, Direction::Backward).iter().map(|arc| DirectedEdge::numbered(arc.edge).reversed());
        let mut roads: Vec<DirectedEdge> = away.chain(here).collect();
        roads.sort_unstable();
        roads.dedup();
        roads
    }

    /// The vertices to which one on `snap` can go (forward), or from which one can come to it (backward).
    fn accesses(&self, snap: &Snap, direction: Direction) -> Vec<Access> {
        accesses(&self.network, &self.graph, snap, direction)
    }

    fn along_one_edge(&self, from: &Snap, to: &Snap) -> Option<Access> {
        let edge = self.network.edge(from.edge).filter(|_| from.edge == to.edge)?;
        let is_forward = if from.fraction == to.fraction {
            edge.allows(self.profile.vehicle, true)
        } else {
            from.fraction < to.fraction
        };
        let road = DirectedEdge { edge: from.edge, is_forward };
        let vertex = self.graph.head_of(road)?;
        let share = (to.fraction - from.fraction).abs();
        Some(Access { vertex, cost_ms: part_ms(self.graph.cost_ms(road.edge), share), length_m: edge.length_m * share, road })
    }

    /// The roads between the vertices of a path; where two connect the same vertices, the faster.
    fn roads_along(&self, vertices: &[usize]) -> Option<Vec<DirectedEdge>> {
        let pairs = vertices.iter().zip(vertices.iter().skip(1));
        pairs
            .map(|(tail, head)| {
                let arcs = self.graph.arcs(u32::try_from(*tail).ok()?, Direction::Forward);
                let arc = arcs.iter().filter(|arc| arc.node as usize == *head).min_by_key(|arc| arc.cost_ms)?;
                Some(DirectedEdge::numbered(arc.edge))
            })
            .collect()
    }

    fn joined(
        &self,
        [from, to]: [&Snap; 2],
        [start, goal]: [Access; 2],
        roads: &[DirectedEdge],
        duration_ms: u32,
        found_by: FoundBy,
    ) -> RoadPath {
        let end_of = |road: DirectedEdge| if road.is_forward { 1.0 } else { 0.0 };
        let mut parts = Vec::with_capacity(roads.len() + 2);
        parts.push(PathPart { road: start.road, enter: from.fraction, leave: end_of(start.road) });
        parts.extend(roads.iter().map(|road| PathPart { road: *road, enter: 1.0 - end_of(*road), leave: end_of(*road) }));
        parts.push(PathPart { road: goal.road, enter: 1.0 - end_of(goal.road), leave: to.fraction });
        parts.retain(|part| part.enter != part.leave);
        RoadPath { duration_ms, from: from.place, to: to.place, parts, found_by }
    }

    fn on_one_edge(&self, from: &Snap, to: &Snap, access: Access) -> RoadPath {
        let mut parts = vec![PathPart { road: access.road, enter: from.fraction, leave: to.fraction }];
        parts.retain(|part| part.enter != part.leave);
        RoadPath { duration_ms: access.cost_ms, from: from.place, to: to.place, parts, found_by: FoundBy::OneEdge }
    }
}

pub(crate) fn accesses(network: &RoadNetwork, graph: &ExpandedGraph, snap: &Snap, direction: Direction) -> Vec<Access> {
    let Some(edge) = network.edge(snap.edge) else { return Vec::new() };
    let mut found = Vec::with_capacity(2);
    for is_forward in [true, false] {
        let road = DirectedEdge { edge: snap.edge, is_forward };
        let Some(head) = graph.head_of(road) else { continue };
        let is_ahead = is_forward == (direction == Direction::Forward);
        let share = if is_ahead { 1.0 - snap.fraction } else { snap.fraction };
        let access = |vertex| access(edge, graph.cost_ms(snap.edge), vertex, road, share);
        match direction {
            Direction::Forward => found.push(access(head)),
            Direction::Backward => found.extend(graph.tails_of(road).iter().copied().map(access)),
        }
    }
    found
}

fn access(edge: &Edge, edge_ms: u32, vertex: u32, road: DirectedEdge, share: f64) -> Access {
    Access { vertex, cost_ms: part_ms(edge_ms, share), length_m: edge.length_m * share, road }
}

/// Time for a part of an edge, rounded up.
pub(crate) fn part_ms(edge_ms: u32, share: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the whole edge's cost")]
    let part = (f64::from(edge_ms) * share).ceil() as u32;
    part
}

fn cheapest_at(accesses: &[Access], vertex: usize) -> Option<Access> {
    accesses.iter().filter(|access| access.vertex as usize == vertex).min_by_key(|access| access.cost_ms).copied()
}

fn on_sphere(place: Wgs84) -> [f64; 3] {
    const EARTH_RADIUS_M: f64 = 6_371_008.8;
    let (lon, lat) = (place.lon.to_radians(), place.lat.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()].map(|part| part * EARTH_RADIUS_M)
}

fn spot(network: &RoadNetwork, junction: u32) -> [f64; 3] {
    network.node(NodeId(junction)).map(on_sphere).unwrap_or_default()
}
