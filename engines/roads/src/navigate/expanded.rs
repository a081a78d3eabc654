//! The road graph with its turn bans built in.
//!
//! A junction is one vertex, as in a plain road graph. Where a turn is banned, the approach that the ban binds gets a
//! vertex of its own, from which the banned exit is missing; a ban over several edges gets one vertex per edge. The
//! vertices are the states of the automaton that recognises the banned edge sequences (Aho & Corasick 1975), so bans of
//! any length, overlapping or nested, are kept exactly. What comes out is a plain graph: Dijkstra, contraction
//! hierarchies and isochrones run on it unchanged and obey every ban, and it is hardly larger than the road graph, where
//! the usual edge-based graph (Caldwell 1961) has three times the vertices.
//!
//! Turning round at a junction is allowed where no ban says otherwise.
#![allow(clippy::indexing_slicing, reason = "every index is a vertex, road or state number made in `new`")]

use std::collections::{HashMap, HashSet, VecDeque};

use crate::access::{DirectedEdge, TurnBan, VehicleClass};
use crate::graph::{Adjacency, Arc, Direction, main_components, strong_components};
use crate::network::{Edge, EdgeId, RoadNetwork};

const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct ExpandedGraph {
    /// Arcs carry the number of the directed edge they drive.
    forward: Adjacency,
    backward: Adjacency,
    junction_count: usize,
    /// The junction of each further vertex.
    junction_of: Vec<u32>,
    /// By directed edge: the vertex reached by one who starts on it; [`NONE`] where it may not be driven.
    head_of: Vec<u32>,
    /// By directed edge: the vertices from which it may be entered.
    tail_starts: Vec<u32>,
    tails: Vec<u32>,
    cost_ms: Vec<u32>,
    component: Vec<u32>,
    is_main: Vec<bool>,
    /// No arc is driven faster, in metres per millisecond.
    pub fastest_m_per_ms: f64,
}

impl ExpandedGraph {
    pub fn new(network: &RoadNetwork, vehicle: VehicleClass, bans: &[&TurnBan], cost_of: impl Fn(&Edge) -> u32) -> Self {
        let junction_count = network.nodes().len();
        let automaton = Automaton::new(bans);
        let mut leaving: Vec<(u32, u32)> = Vec::new();
        let mut head_of = vec![NONE; network.edges().len() * 2];
        let cost_ms: Vec<u32> = network.edges().iter().map(|edge| cost_of(edge).max(1)).collect();
        let mut fastest_m_per_ms = 1e-9f64;
        let first_state_vertex = junction_count as u32 - u32::from(junction_count > 0);
        let vertex = |state: u32, junction: u32| if state == 0 { junction } else { first_state_vertex + state };
        for (id, edge) in network.edge_ids() {
            for is_forward in [true, false] {
                if edge.allows(vehicle, is_forward) {
                    let road = DirectedEdge { edge: id, is_forward }.number();
                    let (tail, head) = edge.ends(is_forward);
                    leaving.push((tail.0, road));
                    head_of[road as usize] = vertex(automaton.next(0, road), head.0);
                    fastest_m_per_ms = fastest_m_per_ms.max(edge.length_m / f64::from(cost_ms[id.0 as usize]));
                }
            }
        }
        leaving.sort_unstable();
        let mut starts = vec![0u32; junction_count + 1];
        for (junction, _) in &leaving {
            starts[*junction as usize + 1] += 1;
        }
        for index in 0..junction_count {
            starts[index + 1] += starts[index];
        }
        let state_junction = |state: usize| -> u32 {
            let road = DirectedEdge::numbered(automaton.last_road[state]);
            network.ends(road).map_or(NONE, |(_, head)| head.0)
        };
        let junction_of: Vec<u32> = (1..automaton.last_road.len()).map(state_junction).collect();
        let vertex_count = junction_count + junction_of.len();
        let (mut forward, mut backward, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for tail in 0..vertex_count as u32 {
            let state = (tail as usize).checked_sub(junction_count).map_or(0, |index| index as u32 + 1);
            let junction = if state == 0 { tail } else { junction_of[state as usize - 1] };
            if junction == NONE {
                continue;
            }
            let range = starts[junction as usize] as usize..starts[junction as usize + 1] as usize;
            for (_, road) in &leaving[range] {
                if automaton.is_banned(state, *road) {
                    continue;
                }
                let id = EdgeId(road / 2);
                let Some((edge, (_, head))) = network.edge(id).zip(network.ends(DirectedEdge::numbered(*road))) else { continue };
                let head = vertex(automaton.next(state, *road), head.0);
                let arc = |node| Arc { node, edge: *road, cost_ms: cost_ms[id.0 as usize], length_m: edge.length_m as f32 };
                forward.push((tail, arc(head)));
                backward.push((head, arc(tail)));
                entries.push((*road, tail));
            }
        }
        entries.sort_unstable();
        let mut tail_starts = vec![0u32; head_of.len() + 1];
        for (road, _) in &entries {
            tail_starts[*road as usize + 1] += 1;
        }
        for index in 0..head_of.len() {
            tail_starts[index + 1] += tail_starts[index];
        }
        let tails = entries.into_iter().map(|(_, tail)| tail).collect();
        let (forward, backward) = (Adjacency::new(vertex_count, forward), Adjacency::new(vertex_count, backward));
        let component = strong_components(vertex_count, &forward, &backward);
        let is_main = main_components(&component);
        Self {
            forward,
            backward,
            junction_count,
            junction_of,
            head_of,
            tail_starts,
            tails,
            cost_ms,
            component,
            is_main,
            fastest_m_per_ms,
        }
    }

    pub fn vertex_count(&self) -> usize {
        self.component.len()
    }

    /// Vertices that exist for the sake of bans.
    pub fn split_count(&self) -> usize {
        self.junction_of.len()
    }

    pub fn junction(&self, vertex: u32) -> u32 {
        match (vertex as usize).checked_sub(self.junction_count) {
            None => vertex,
            Some(index) => self.junction_of[index],
        }
    }

    pub fn arcs(&self, vertex: u32, direction: Direction) -> &[Arc] {
        match direction {
            Direction::Forward => self.forward.of(vertex),
            Direction::Backward => self.backward.of(vertex),
        }
    }

    /// The vertex that one reaches who starts somewhere on this directed edge, if it may be driven.
    pub fn head_of(&self, road: DirectedEdge) -> Option<u32> {
        self.head_of.get(road.number() as usize).copied().filter(|vertex| *vertex != NONE)
    }

    /// The vertices from which this directed edge may be entered.
    pub fn tails_of(&self, road: DirectedEdge) -> &[u32] {
        let number = road.number() as usize;
        match (self.tail_starts.get(number), self.tail_starts.get(number + 1)) {
            (Some(from), Some(to)) => &self.tails[*from as usize..*to as usize],
            _ => &[],
        }
    }

    pub fn cost_ms(&self, edge: EdgeId) -> u32 {
        self.cost_ms.get(edge.0 as usize).copied().unwrap_or(NONE)
    }

    /// Whether one who stands on this edge can leave it and come back to it.
    pub fn is_main(&self, id: EdgeId) -> bool {
        [true, false].into_iter().any(|is_forward| {
            let road = DirectedEdge { edge: id, is_forward };
            self.head_of(road).is_some_and(|head| {
                let component = self.component[head as usize];
                self.is_main[component as usize] && self.tails_of(road).iter().any(|tail| self.component[*tail as usize] == component)
            })
        })
    }
}

/// Recognises banned sequences of directed edges. State 0 remembers nothing; every other state remembers that the last
/// edges driven begin at least one ban.
#[derive(Debug)]
struct Automaton {
    children: HashMap<(u32, u32), u32>,
    fail: Vec<u32>,
    last_road: Vec<u32>,
    /// A ban is complete when this road is driven in this state.
    banned: HashSet<(u32, u32)>,
}

impl Automaton {
    fn new(bans: &[&TurnBan]) -> Self {
        let mut automaton =
            Self { children: HashMap::new(), fail: vec![0], last_road: vec![NONE], banned: HashSet::new() };
        for ban in bans {
            let Some((last, before)) = ban.path.split_last() else { continue };
            let mut state = 0;
            for road in before {
                let fresh = automaton.fail.len() as u32;
                let child = *automaton.children.entry((state, road.number())).or_insert(fresh);
                if child == fresh {
                    automaton.fail.push(0);
                    automaton.last_road.push(road.number());
                }
                state = child;
            }
            automaton.banned.insert((state, last.number()));
        }
        let mut by_state: Vec<Vec<(u32, u32)>> = vec![Vec::new(); automaton.fail.len()];
        for ((state, road), child) in &automaton.children {
            by_state[*state as usize].push((*road, *child));
        }
        // Breadth first: a state's fail state is shorter and so already final.
        let mut open = VecDeque::from([0u32]);
        while let Some(state) = open.pop_front() {
            for (road, child) in &by_state[state as usize] {
                if state != 0 {
                    automaton.fail[*child as usize] = automaton.next(automaton.fail[state as usize], *road);
                }
                open.push_back(*child);
            }
        }
        automaton
    }

    fn next(&self, mut state: u32, road: u32) -> u32 {
        loop {
            if let Some(child) = self.children.get(&(state, road)) {
                return *child;
            }
            if state == 0 {
                return 0;
            }
            state = self.fail[state as usize];
        }
    }

    fn is_banned(&self, mut state: u32, road: u32) -> bool {
        while state != 0 {
            if self.banned.contains(&(state, road)) {
                return true;
            }
            state = self.fail[state as usize];
        }
        false
    }
}
