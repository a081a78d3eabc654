//! Exact searches on the expanded graph, and the memory they reuse.
#![allow(clippy::indexing_slicing, reason = "every index is a vertex of the graph that sized the workspace")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};

use super::closures::Closures;
use super::expanded::ExpandedGraph;
use crate::access::DirectedEdge;
use crate::graph::Direction;

pub(crate) const UNREACHED: u32 = u32::MAX;

/// Where a search begins or ends: a vertex, what it costs from the place to it (or back), and the directed edge on
/// which the place lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Access {
    pub vertex: u32,
    pub cost_ms: u32,
    pub length_m: f64,
    pub road: DirectedEdge,
}

#[derive(Debug, Clone, Copy)]
struct Label {
    /// The query that wrote this label; labels of earlier queries count as unreached.
    epoch: u32,
    cost_ms: u32,
    length_m: f32,
    before: u32,
    road: u32,
}

/// Labels and a heap, kept from query to query so that a small search costs little.
#[derive(Debug)]
pub(crate) struct Workspace {
    labels: Vec<Label>,
    epoch: u32,
    heap: BinaryHeap<Reverse<(u32, u32, u32)>>,
    /// Vertices in the order in which they were settled, with their cost.
    pub settled: Vec<(u32, u32)>,
}

impl Workspace {
    fn new(vertex_count: usize) -> Self {
        let label = Label { epoch: 0, cost_ms: UNREACHED, length_m: 0.0, before: UNREACHED, road: UNREACHED };
        Self { labels: vec![label; vertex_count], epoch: 0, heap: BinaryHeap::new(), settled: Vec::new() }
    }

    fn begin(&mut self) {
        self.heap.clear();
        self.settled.clear();
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.labels.iter_mut().for_each(|label| label.epoch = 0);
            self.epoch = 1;
        }
    }

    pub fn cost_ms(&self, vertex: u32) -> u32 {
        let label = &self.labels[vertex as usize];
        if label.epoch == self.epoch { label.cost_ms } else { UNREACHED }
    }

    pub fn length_m(&self, vertex: u32) -> f64 {
        f64::from(self.labels[vertex as usize].length_m)
    }

    fn improve(&mut self, vertex: u32, cost_ms: u32, length_m: f32, before: u32, road: u32) -> bool {
        let is_better = cost_ms < self.cost_ms(vertex);
        if is_better {
            self.labels[vertex as usize] = Label { epoch: self.epoch, cost_ms, length_m, before, road };
        }
        is_better
    }

    /// The vertex before this one and the road driven from it; none at the start.
    pub fn came_by(&self, vertex: u32) -> Option<(u32, DirectedEdge)> {
        let label = self.labels[vertex as usize];
        (label.epoch == self.epoch && label.road != UNREACHED).then(|| (label.before, DirectedEdge::numbered(label.road)))
    }

    /// The start of the tree's branch to `vertex`, and the roads from there, in the order of the search.
    pub fn branch(&self, mut vertex: u32) -> (u32, Vec<DirectedEdge>) {
        let mut roads = Vec::new();
        while let Some((before, road)) = self.came_by(vertex) {
            roads.push(road);
            vertex = before;
        }
        roads.reverse();
        (vertex, roads)
    }
}

/// When a one-to-many search may stop.
pub(crate) enum Until<'a> {
    /// All of these vertices are settled, or nothing is left.
    Settled(&'a [u32]),
    /// Nothing cheaper is left.
    Cost(u32),
    /// Whichever of the two comes first.
    First(&'a [u32], u32),
}

impl ExpandedGraph {
    /// Dijkstra from several accesses; the workspace then holds the tree.
    pub fn dijkstra(
        &self,
        work: &mut Workspace,
        starts: &[Access],
        direction: Direction,
        closures: &Closures,
        until: &Until<'_>,
    ) {
        work.begin();
        let (vertices, limit) = match until {
            Until::Settled(vertices) => (*vertices, UNREACHED),
            Until::Cost(limit) => (&[][..], *limit),
            Until::First(vertices, limit) => (*vertices, *limit),
        };
        let has_goals = !matches!(until, Until::Cost(_));
        let mut wanted: Vec<u32> = vertices.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut is_found = vec![false; wanted.len()];
        let mut left = wanted.len();
        for start in starts {
            if work.improve(start.vertex, start.cost_ms, start.length_m as f32, UNREACHED, UNREACHED) {
                work.heap.push(Reverse((start.cost_ms, start.vertex, 0)));
            }
        }
        while let Some(Reverse((cost, vertex, _))) = work.heap.pop() {
            if cost > work.cost_ms(vertex) {
                continue;
            }
            if cost > limit {
                break;
            }
            if has_goals {
                if let Ok(index) = wanted.binary_search(&vertex) {
                    left -= usize::from(!std::mem::replace(&mut is_found[index], true));
                }
                if left == 0 {
                    break;
                }
            }
            work.settled.push((vertex, cost));
            let length_m = work.labels[vertex as usize].length_m;
            for arc in self.arcs(vertex, direction) {
                if !closures.is_empty() && closures.contains(DirectedEdge::numbered(arc.edge)) {
                    continue;
                }
                let next = cost.saturating_add(arc.cost_ms);
                if work.improve(arc.node, next, length_m + arc.length_m, vertex, arc.edge) {
                    work.heap.push(Reverse((next, arc.node, 0)));
                }
            }
        }
    }

    /// A* (Hart, Nilsson & Raphael 1968) to the cheapest of the goals that costs less than `to_beat`. `bound` must never
    /// exceed the true cost from a vertex to the goal and never fall by more than an arc's cost along it.
    pub fn a_star(
        &self,
        work: &mut Workspace,
        starts: &[Access],
        goals: &[Access],
        closures: &Closures,
        to_beat: u32,
        bound: impl Fn(u32) -> u32,
    ) -> Option<(u32, Access)> {
        work.begin();
        for start in starts {
            if work.improve(start.vertex, start.cost_ms, start.length_m as f32, UNREACHED, UNREACHED) {
                work.heap.push(Reverse((start.cost_ms.saturating_add(bound(start.vertex)), start.cost_ms, start.vertex)));
            }
        }
        let (mut best, mut to_beat) = (None, to_beat);
        while let Some(Reverse((estimate, cost, vertex))) = work.heap.pop() {
            if estimate >= to_beat {
                break;
            }
            if cost > work.cost_ms(vertex) {
                continue;
            }
            for goal in goals.iter().filter(|goal| goal.vertex == vertex) {
                let whole = cost.saturating_add(goal.cost_ms);
                if whole < to_beat {
                    (best, to_beat) = (Some((whole, *goal)), whole);
                }
            }
            let length_m = work.labels[vertex as usize].length_m;
            for arc in self.arcs(vertex, Direction::Forward) {
                if !closures.is_empty() && closures.contains(DirectedEdge::numbered(arc.edge)) {
                    continue;
                }
                let next = cost.saturating_add(arc.cost_ms);
                if work.improve(arc.node, next, length_m + arc.length_m, vertex, arc.edge) {
                    work.heap.push(Reverse((next.saturating_add(bound(arc.node)), next, arc.node)));
                }
            }
        }
        best
    }
}

/// Workspaces that wait for the next query; as many as ever ran at the same time.
#[derive(Debug)]
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub fn with<R>(&self, make: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut item = waiting.unwrap_or_else(make);
        let result = work(&mut item);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
        result
    }
}

impl Pool<Workspace> {
    pub fn search<R>(&self, graph: &ExpandedGraph, work: impl FnOnce(&mut Workspace) -> R) -> R {
        self.with(|| Workspace::new(graph.vertex_count()), work)
    }
}
