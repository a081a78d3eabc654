//! Fastest ways: from place to place for the officer, from many units to one call for the dispatcher.
//!
//! Plain A* and Dijkstra over whole milliseconds at the speed limits: exact by construction, and the yardstick for the
//! faster engine in `navigate`, which knows vehicles, hours, bans and closures. Turn bans are not applied here: a police
//! car with its siren on may turn where others may not.
#![allow(clippy::indexing_slicing, reason = "every index is a node number of the graph that sized the slice")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use serde::Serialize;
use shouhu_place::Wgs84;

use crate::graph::{Direction, Graph, cost_ms};
use crate::network::{Edge, EdgeId, NodeId, RoadNetwork};
use crate::snap::{SNAP_WITHIN_M, Snap, SnapIndex};

/// Searches one network. Built once (a second for a large city), then shared: every method takes `&self`.
#[derive(Debug)]
pub struct Router {
    network: Arc<RoadNetwork>,
    graph: Graph,
    snaps: SnapIndex,
}

/// How long and how far, without the way itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Travel {
    pub duration_s: f64,
    pub distance_m: f64,
}

/// A way along roads, from snapped place to snapped place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    pub duration_s: f64,
    pub distance_m: f64,
    pub polyline: Vec<Wgs84>,
    /// The streets in driving order, a street entered again listed again.
    pub streets: Vec<StreetRun>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreetRun {
    pub name: Option<String>,
    pub distance_m: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RouteError {
    #[error("no road within {within_m:.0} m of {lon:.5}, {lat:.5}")]
    NoRoadNear { lon: f64, lat: f64, within_m: f64 },
    #[error("no way leads by road from the one place to the other")]
    NoWay,
}

impl RouteError {
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NoRoadNear { .. } => "roads.route.no_road_near",
            Self::NoWay => "roads.route.no_way",
        }
    }
}

/// Where a search begins or ends: a node and what it costs to get from the snapped place to it.
#[derive(Debug, Clone, Copy)]
struct Access {
    node: u32,
    cost_ms: u32,
    length_m: f64,
}

struct Search {
    cost_ms: Vec<u32>,
    length_m: Vec<f32>,
    /// The arc over which the node was reached: the node before, and the edge.
    via: Vec<(u32, u32)>,
}

const UNREACHED: u32 = u32::MAX;

impl Router {
    #[must_use]
    pub fn new(network: Arc<RoadNetwork>) -> Self {
        let graph = Graph::new(&network);
        let snaps = SnapIndex::new(&network, |_, edge| graph.is_main(edge));
        Self { network, graph, snaps }
    }

    #[must_use]
    pub fn network(&self) -> &Arc<RoadNetwork> {
        &self.network
    }

    /// The nearest road that can be driven to and away from, at most `within_m` away.
    #[must_use]
    pub fn snap(&self, place: Wgs84, within_m: f64) -> Option<Snap> {
        self.snaps.nearest(&self.network, place, within_m)
    }

    /// The fastest way between two places, each snapped within [`SNAP_WITHIN_M`].
    ///
    /// # Errors
    /// When a place has no road near, or no way connects them.
    pub fn route(&self, from: Wgs84, to: Wgs84) -> Result<Route, RouteError> {
        self.route_snapped(&self.snap_or_say(from)?, &self.snap_or_say(to)?)
    }

    /// # Errors
    /// When no way connects the two.
    pub fn route_snapped(&self, from: &Snap, to: &Snap) -> Result<Route, RouteError> {
        let starts = self.access(from, Direction::Forward);
        let goals = self.access(to, Direction::Backward);
        let direct = self.along_one_edge(from, to);
        let (search, best) = self.a_star(&starts, &goals, to.place, direct.map(|access| access.cost_ms));
        match (best, direct) {
            (Some((cost, goal)), _) => Ok(self.unroll(&search, from, to, goal, cost)),
            (None, Some(access)) => Ok(self.direct_route(from, to, access)),
            (None, None) => Err(RouteError::NoWay),
        }
    }

    /// The fastest way between two junctions; none when no way connects them or one does not exist.
    #[must_use]
    pub fn travel_between_nodes(&self, from: NodeId, to: NodeId) -> Option<Travel> {
        let target = self.network.node(to)?;
        self.network.node(from)?;
        let at = |node: NodeId| [Access { node: node.0, cost_ms: 0, length_m: 0.0 }];
        let (search, best) = self.a_star(&at(from), &at(to), target, None);
        best.map(|(cost, _)| travel(cost, f64::from(search.length_m[to.0 as usize])))
    }

    /// How long and how far each source has to the target, in the order asked; none where a source has no road near or
    /// no way leads from it. One search backwards from the target answers all.
    ///
    /// # Errors
    /// When the target itself has no road near.
    pub fn times_to(&self, target: Wgs84, sources: &[Wgs84]) -> Result<Vec<Option<Travel>>, RouteError> {
        let target = self.snap_or_say(target)?;
        let sources: Vec<Option<Snap>> = sources.iter().map(|place| self.snap(*place, SNAP_WITHIN_M)).collect();
        Ok(self.times_to_snapped(&target, &sources))
    }

    /// As [`Self::times_to`], for callers that keep the snaps of their units.
    #[must_use]
    pub fn times_to_snapped(&self, target: &Snap, sources: &[Option<Snap>]) -> Vec<Option<Travel>> {
        let accesses: Vec<Vec<Access>> = sources
            .iter()
            .map(|source| source.as_ref().map_or_else(Vec::new, |snap| self.access(snap, Direction::Forward)))
            .collect();
        let wanted = accesses.iter().flatten().map(|access| access.node);
        let search = self.dijkstra(&self.access(target, Direction::Backward), wanted, Direction::Backward);
        let by_nodes = accesses.iter().map(|accesses| {
            let ways = accesses.iter().filter_map(|access| {
                let rest = search.cost_ms[access.node as usize];
                let length_m = access.length_m + f64::from(search.length_m[access.node as usize]);
                (rest != UNREACHED).then(|| (rest.saturating_add(access.cost_ms), length_m))
            });
            ways.min_by(|a, b| a.0.cmp(&b.0))
        });
        sources
            .iter()
            .zip(by_nodes)
            .map(|(source, best)| {
                let direct = source.as_ref().and_then(|source| self.along_one_edge(source, target));
                let direct = direct.map(|access| (access.cost_ms, access.length_m));
                let (cost, length_m) = [direct, best].into_iter().flatten().min_by(|a, b| a.0.cmp(&b.0))?;
                Some(travel(cost, length_m))
            })
            .collect()
    }

    fn snap_or_say(&self, place: Wgs84) -> Result<Snap, RouteError> {
        self.snap(place, SNAP_WITHIN_M).ok_or(RouteError::NoRoadNear { lon: place.lon, lat: place.lat, within_m: SNAP_WITHIN_M })
    }

    /// The junctions to which a car on `snap` can drive (forward), or from which one can drive to it (backward).
    fn access(&self, snap: &Snap, direction: Direction) -> Vec<Access> {
        let Some(edge) = self.network.edge(snap.edge) else { return Vec::new() };
        let ahead = part_of(edge, 1.0 - snap.fraction, edge.to.0);
        let behind = part_of(edge, snap.fraction, edge.from.0);
        match (direction, edge.one_way) {
            (Direction::Forward, true) => vec![ahead],
            (Direction::Backward, true) => vec![behind],
            (_, false) => vec![ahead, behind],
        }
    }

    /// The way between two places on the same edge, without passing a junction.
    fn along_one_edge(&self, from: &Snap, to: &Snap) -> Option<Access> {
        let edge = self.network.edge(from.edge).filter(|_| from.edge == to.edge)?;
        let is_ahead = to.fraction >= from.fraction;
        (is_ahead || !edge.one_way).then(|| part_of(edge, (to.fraction - from.fraction).abs(), edge.to.0))
    }

    /// Searches forward towards `target`. Returns the cheapest goal if it beats `limit`.
    fn a_star(&self, starts: &[Access], goals: &[Access], target: Wgs84, limit: Option<u32>) -> (Search, Option<(u32, Access)>) {
        let nodes = self.network.nodes();
        let ms_per_m = 3_600.0 / self.graph.fastest_kmh * (1.0 - 1e-9);
        let bound = |node: u32| {
            let metres = nodes[node as usize].distance_m(target);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
            let ms = (metres * ms_per_m) as u32;
            ms
        };
        let mut search = Search::new(self.graph.node_count());
        let mut open = BinaryHeap::new();
        for start in starts {
            if search.improve(start.node, start.cost_ms, start.length_m as f32, (u32::MAX, u32::MAX)) {
                open.push(Reverse((start.cost_ms.saturating_add(bound(start.node)), start.cost_ms, start.node)));
            }
        }
        let mut best: Option<(u32, Access)> = None;
        while let Some(Reverse((estimate, cost, node))) = open.pop() {
            let to_beat = best.map(|(cost, _)| cost).or(limit).unwrap_or(UNREACHED);
            if estimate >= to_beat {
                break;
            }
            if cost > search.cost_ms[node as usize] {
                continue;
            }
            for goal in goals.iter().filter(|goal| goal.node == node) {
                let whole = cost.saturating_add(goal.cost_ms);
                if best.map(|(cost, _)| cost).or(limit).is_none_or(|to_beat| whole < to_beat) {
                    best = Some((whole, *goal));
                }
            }
            for arc in self.graph.arcs(node, Direction::Forward) {
                let next = cost.saturating_add(arc.cost_ms);
                let length_m = search.length_m[node as usize] + arc.length_m;
                if search.improve(arc.node, next, length_m, (node, arc.edge)) {
                    open.push(Reverse((next.saturating_add(bound(arc.node)), next, arc.node)));
                }
            }
        }
        (search, best)
    }

    /// Settles nodes in order of cost until all `wanted` are settled or nothing is left.
    fn dijkstra(&self, starts: &[Access], wanted: impl Iterator<Item = u32>, direction: Direction) -> Search {
        let mut is_wanted = vec![false; self.graph.node_count()];
        let mut left = 0usize;
        for node in wanted {
            left += usize::from(!std::mem::replace(&mut is_wanted[node as usize], true));
        }
        let mut search = Search::new(self.graph.node_count());
        let mut open = BinaryHeap::new();
        for start in starts {
            if search.improve(start.node, start.cost_ms, start.length_m as f32, (u32::MAX, u32::MAX)) {
                open.push(Reverse((start.cost_ms, start.node)));
            }
        }
        while left > 0 {
            let Some(Reverse((cost, node))) = open.pop() else { break };
            if cost > search.cost_ms[node as usize] {
                continue;
            }
            left -= usize::from(std::mem::take(&mut is_wanted[node as usize]));
            for arc in self.graph.arcs(node, direction) {
                let next = cost.saturating_add(arc.cost_ms);
                let length_m = search.length_m[node as usize] + arc.length_m;
                if search.improve(arc.node, next, length_m, (node, arc.edge)) {
                    open.push(Reverse((next, arc.node)));
                }
            }
        }
        search
    }

    fn unroll(&self, search: &Search, from: &Snap, to: &Snap, goal: Access, cost: u32) -> Route {
        let mut steps = Vec::new();
        let mut node = goal.node;
        while let Some((before, edge)) = search.came_by(node) {
            steps.push((EdgeId(edge), before));
            node = before;
        }
        steps.reverse();
        let mut way = Way::start(&self.network, from.place);
        if let Some(edge) = self.network.edge(from.edge) {
            let leaves_at = if edge.to.0 == node && self.leaves_forward(edge, from, node, search) { 1.0 } else { 0.0 };
            way.part(edge, from.fraction, leaves_at);
        }
        for (id, before) in steps {
            if let Some(edge) = self.network.edge(id) {
                let is_forward = edge.from.0 == before;
                way.part(edge, if is_forward { 0.0 } else { 1.0 }, if is_forward { 1.0 } else { 0.0 });
            }
        }
        if let Some(edge) = self.network.edge(to.edge) {
            let ahead = part_of(edge, 1.0 - to.fraction, edge.to.0);
            let enters_from_end = !edge.one_way && edge.to.0 == goal.node && ahead.cost_ms == goal.cost_ms;
            way.part(edge, if enters_from_end { 1.0 } else { 0.0 }, to.fraction);
        }
        way.end(to.place, cost)
    }

    /// On a loop both ends are the same node; the cost with which the search began tells which end was taken.
    fn leaves_forward(&self, edge: &Edge, from: &Snap, node: u32, search: &Search) -> bool {
        edge.one_way || edge.from != edge.to || part_of(edge, 1.0 - from.fraction, node).cost_ms == search.cost_ms[node as usize]
    }

    fn direct_route(&self, from: &Snap, to: &Snap, access: Access) -> Route {
        let mut way = Way::start(&self.network, from.place);
        if let Some(edge) = self.network.edge(from.edge) {
            way.part(edge, from.fraction, to.fraction);
        }
        way.end(to.place, access.cost_ms)
    }
}

impl Search {
    fn new(node_count: usize) -> Self {
        Self {
            cost_ms: vec![UNREACHED; node_count],
            length_m: vec![0.0; node_count],
            via: vec![(u32::MAX, u32::MAX); node_count],
        }
    }

    fn improve(&mut self, node: u32, cost_ms: u32, length_m: f32, via: (u32, u32)) -> bool {
        let index = node as usize;
        let is_better = cost_ms < self.cost_ms[index];
        if is_better {
            self.cost_ms[index] = cost_ms;
            self.length_m[index] = length_m;
            self.via[index] = via;
        }
        is_better
    }

    fn came_by(&self, node: u32) -> Option<(u32, u32)> {
        Some(self.via[node as usize]).filter(|(_, edge)| *edge != u32::MAX)
    }
}

/// Collects the points and streets of a route.
pub(crate) struct Way<'a> {
    network: &'a RoadNetwork,
    polyline: Vec<Wgs84>,
    streets: Vec<StreetRun>,
}

impl<'a> Way<'a> {
    pub fn start(network: &'a RoadNetwork, place: Wgs84) -> Self {
        Self { network, polyline: vec![place], streets: Vec::new() }
    }

    /// Drives from one fraction of an edge to another, either way round.
    pub fn part(&mut self, edge: &Edge, from: f64, to: f64) {
        let distance_m = edge.length_m * (to - from).abs();
        if distance_m <= 0.0 {
            return;
        }
        let (low, high) = (from.min(to) * edge.length_m, from.max(to) * edge.length_m);
        let points = self.network.polyline(edge);
        let mut passed = 0.0;
        let mut inside = Vec::new();
        for (index, place) in points.iter().enumerate() {
            if index > 0 {
                passed += points[index - 1].distance_m(*place);
            }
            if passed >= low - 1e-6 && passed <= high + 1e-6 {
                inside.push(*place);
            }
        }
        if to < from {
            inside.reverse();
        }
        for place in inside {
            self.push(place);
        }
        let name = self.network.name(edge);
        match self.streets.last_mut() {
            Some(run) if run.name.as_deref() == name => run.distance_m += distance_m,
            _ => self.streets.push(StreetRun { name: name.map(str::to_owned), distance_m }),
        }
    }

    fn push(&mut self, place: Wgs84) {
        if self.polyline.last() != Some(&place) {
            self.polyline.push(place);
        }
    }

    pub fn end(mut self, place: Wgs84, cost_ms: u32) -> Route {
        self.push(place);
        let distance_m = self.streets.iter().map(|run| run.distance_m).sum();
        Route { duration_s: f64::from(cost_ms) / 1_000.0, distance_m, polyline: self.polyline, streets: self.streets }
    }
}

fn part_of(edge: &Edge, fraction: f64, node: u32) -> Access {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the whole edge's cost")]
    let cost_ms = (f64::from(cost_ms(edge)) * fraction).ceil() as u32;
    Access { node, cost_ms, length_m: edge.length_m * fraction }
}

fn travel(cost_ms: u32, distance_m: f64) -> Travel {
    Travel { duration_s: f64::from(cost_ms) / 1_000.0, distance_m }
}

#[cfg(test)]
mod tests;
