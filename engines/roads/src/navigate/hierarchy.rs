//! Contraction hierarchies (Geisberger, Sanders, Schultes & Delling 2008), by the `fast_paths` crate.

use std::fmt;

use fast_paths::{FastGraph, InputGraph, PathCalculator};

use super::expanded::ExpandedGraph;
use super::search::{Access, Pool};
use crate::graph::Direction;

/// A prepared graph. Its answers are exact for the expanded graph it was made from, bans included.
pub(crate) struct Hierarchy {
    graph: FastGraph,
    calculators: Pool<PathCalculator>,
}

impl fmt::Debug for Hierarchy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hierarchy").field("vertices", &self.graph.get_num_nodes()).finish_non_exhaustive()
    }
}

impl Hierarchy {
    /// None for a graph without arcs.
    pub fn new(graph: &ExpandedGraph) -> Option<Self> {
        let mut input = InputGraph::new();
        let mut has_arcs = false;
        for tail in 0..graph.vertex_count() as u32 {
            for arc in graph.arcs(tail, Direction::Forward).iter().filter(|arc| arc.node != tail) {
                input.add_edge(tail as usize, arc.node as usize, arc.cost_ms as usize);
                has_arcs = true;
            }
        }
        input.freeze();
        has_arcs.then(|| Self { graph: fast_paths::prepare(&input), calculators: Pool::new() })
    }

    pub fn shortcut_count(&self) -> usize {
        self.graph.get_num_out_edges() + self.graph.get_num_in_edges()
    }

    /// The cheapest way from any start to any goal, as its cost and vertices.
    pub fn path(&self, starts: &[Access], goals: &[Access]) -> Option<(u32, Vec<usize>)> {
        // The prepared graph ends with the last vertex that has an arc to another; beyond it one can only stay.
        let staying = standing(starts, goals);
        let known = |accesses: &[Access]| -> Vec<(usize, usize)> {
            let ends = accesses.iter().map(|access| (access.vertex as usize, access.cost_ms as usize));
            ends.filter(|(vertex, _)| *vertex < self.graph.get_num_nodes()).collect()
        };
        let (starts, goals) = (known(starts), known(goals));
        if starts.is_empty() || goals.is_empty() {
            return staying;
        }
        let found = self.calculators.with(
            || fast_paths::create_calculator(&self.graph),
            |calculator| calculator.calc_path_multiple_sources_and_targets(&self.graph, starts, goals),
        );
        let driven = found.and_then(|found| Some((u32::try_from(found.get_weight()).ok()?, found.get_nodes().clone())));
        [driven, staying].into_iter().flatten().min_by_key(|(cost_ms, _)| *cost_ms)
    }
}

/// The cheapest start whose vertex is a goal's too: one who leaves a road and comes back onto it at the same junction.
fn standing(starts: &[Access], goals: &[Access]) -> Option<(u32, Vec<usize>)> {
    let pairs = starts.iter().flat_map(|start| goals.iter().map(move |goal| (start, goal)));
    let same = pairs.filter(|(start, goal)| start.vertex == goal.vertex);
    same.map(|(start, goal)| (start.cost_ms.saturating_add(goal.cost_ms), vec![start.vertex as usize])).min()
}
