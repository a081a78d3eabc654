//! The network as a search sees it: who can be driven to from where, and in how many milliseconds.
//!
//! Costs are whole milliseconds, rounded up per edge. Whole numbers make A* and Dijkstra comparable to the last unit,
//! and rounding up keeps the straight-line bound below every real cost.
#![allow(clippy::indexing_slicing, reason = "every index is a node or arc number of this graph, made in `new`")]

use crate::access::VehicleClass;
use crate::network::{Edge, NodeId, RoadNetwork};

/// A component smaller than this is a car park or a drawing error; places do not snap to it unless all are small.
const COMPONENT_MIN_NODES: usize = 50;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Arc {
    /// The node at the other end: reached in the forward lists, come from in the backward lists.
    pub node: u32,
    pub edge: u32,
    pub cost_ms: u32,
    pub length_m: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

#[derive(Debug)]
pub(crate) struct Graph {
    forward: Adjacency,
    backward: Adjacency,
    /// Strong component of each node; nodes of one component can all reach each other.
    component: Vec<u32>,
    /// Per component: large enough to snap to.
    is_main: Vec<bool>,
    pub fastest_kmh: f64,
}

#[derive(Debug)]
pub(crate) struct Adjacency {
    starts: Vec<u32>,
    arcs: Vec<Arc>,
}

impl Adjacency {
    pub fn new(node_count: usize, mut arcs: Vec<(u32, Arc)>) -> Self {
        arcs.sort_by_key(|(node, arc)| (*node, arc.node, arc.edge));
        let mut starts = vec![0u32; node_count + 1];
        for (node, _) in &arcs {
            starts[*node as usize + 1] += 1;
        }
        for index in 0..node_count {
            starts[index + 1] += starts[index];
        }
        Self { starts, arcs: arcs.into_iter().map(|(_, arc)| arc).collect() }
    }

    pub fn of(&self, node: u32) -> &[Arc] {
        let node = node as usize;
        &self.arcs[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// Time to drive the whole edge.
pub(crate) fn cost_ms(edge: &Edge) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is wanted")]
    let cost = (edge.length_m * 3_600.0 / f64::from(edge.speed_kmh)).ceil() as u32;
    cost.max(1)
}

impl Graph {
    pub fn new(network: &RoadNetwork) -> Self {
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        let mut fastest_kmh = 1.0f64;
        let is_driven = |edge: &Edge| edge.allows(VehicleClass::Car, true) || edge.allows(VehicleClass::Car, false);
        for (id, edge) in network.edge_ids().filter(|(_, edge)| is_driven(edge)) {
            fastest_kmh = fastest_kmh.max(f64::from(edge.speed_kmh));
            let mut drive = |from: u32, to: u32| {
                let arc = |node| Arc { node, edge: id.0, cost_ms: cost_ms(edge), length_m: edge.length_m as f32 };
                forward.push((from, arc(to)));
                backward.push((to, arc(from)));
            };
            if edge.allows(VehicleClass::Car, true) {
                drive(edge.from.0, edge.to.0);
            }
            if edge.allows(VehicleClass::Car, false) {
                drive(edge.to.0, edge.from.0);
            }
        }
        let count = network.nodes().len();
        let (forward, backward) = (Adjacency::new(count, forward), Adjacency::new(count, backward));
        let component = strong_components(count, &forward, &backward);
        let is_main = main_components(&component);
        Self { forward, backward, component, is_main, fastest_kmh }
    }

    pub fn node_count(&self) -> usize {
        self.component.len()
    }

    pub fn arcs(&self, node: u32, direction: Direction) -> &[Arc] {
        match direction {
            Direction::Forward => self.forward.of(node),
            Direction::Backward => self.backward.of(node),
        }
    }

    /// Whether a unit that stands on this edge can leave it and come back to it.
    pub fn is_main(&self, edge: &Edge) -> bool {
        let (from, to) = (self.component_of(edge.from), self.component_of(edge.to));
        edge.allows(VehicleClass::Car, true) && from == to && self.is_main[from as usize]
    }

    fn component_of(&self, node: NodeId) -> u32 {
        self.component[node.0 as usize]
    }

    #[cfg(test)]
    pub fn main_edge_count(&self, network: &RoadNetwork) -> usize {
        network.edges().iter().filter(|edge| self.is_main(edge)).count()
    }
}

/// Kosaraju's two sweeps, with stacks of our own because a road of a million nodes would overflow the thread's.
pub(crate) fn strong_components(count: usize, forward: &Adjacency, backward: &Adjacency) -> Vec<u32> {
    let mut finished = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for root in 0..count as u32 {
        if seen[root as usize] {
            continue;
        }
        seen[root as usize] = true;
        stack.push((root, 0));
        while let Some((node, next)) = stack.pop() {
            let Some(arc) = forward.of(node).get(next) else {
                finished.push(node);
                continue;
            };
            stack.push((node, next + 1));
            if !seen[arc.node as usize] {
                seen[arc.node as usize] = true;
                stack.push((arc.node, 0));
            }
        }
    }
    let mut component = vec![u32::MAX; count];
    let mut found = 0u32;
    let mut open = Vec::new();
    for &root in finished.iter().rev() {
        if component[root as usize] != u32::MAX {
            continue;
        }
        component[root as usize] = found;
        open.push(root);
        while let Some(node) = open.pop() {
            for arc in backward.of(node) {
                if component[arc.node as usize] == u32::MAX {
                    component[arc.node as usize] = found;
                    open.push(arc.node);
                }
            }
        }
        found += 1;
    }
    component
}

pub(crate) fn main_components(component: &[u32]) -> Vec<bool> {
    let count = component.iter().max().map_or(0, |last| *last as usize + 1);
    let mut sizes = vec![0usize; count];
    for id in component {
        sizes[*id as usize] += 1;
    }
    let largest = sizes.iter().max().copied().unwrap_or(0);
    sizes.iter().map(|size| *size >= COMPONENT_MIN_NODES.min(largest)).collect()
}

/// Undirected pieces of a network, largest first, as node counts: for reports.
pub(crate) fn piece_sizes(network: &RoadNetwork) -> Vec<usize> {
    let mut parent: Vec<u32> = (0..network.nodes().len() as u32).collect();
    fn root(parent: &mut [u32], mut node: u32) -> u32 {
        while parent[node as usize] != node {
            parent[node as usize] = parent[parent[node as usize] as usize];
            node = parent[node as usize];
        }
        node
    }
    for edge in network.edges() {
        let (a, b) = (root(&mut parent, edge.from.0), root(&mut parent, edge.to.0));
        parent[a.max(b) as usize] = a.min(b);
    }
    let mut sizes = vec![0usize; parent.len()];
    for node in 0..parent.len() as u32 {
        let top = root(&mut parent, node);
        sizes[top as usize] += 1;
    }
    sizes.retain(|size| *size > 0);
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes
}
