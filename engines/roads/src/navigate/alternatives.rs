//! Other good ways: plateaus of the two shortest-path trees.
//!
//! A plateau is a stretch that the tree from the start and the tree to the goal have in common (Cambridge Vehicle
//! Information Technology, "Choice Routing", 2005); the way over a plateau is a shortest way up to its end and from its
//! beginning, so it has no detour shorter than the plateau. Which of these ways are offered follows the bounds of
//! Abraham, Delling, Goldberg & Werneck, "Alternative routes in road networks" (JEA 18, 2013): limited stretch, limited
//! sharing, and a plateau long enough to be a way of its own.

use std::collections::{HashMap, HashSet};

use super::search::{Access, Until, Workspace};
use super::{Closures, FoundBy, Navigator, RoadPath, UNREACHED, cheapest_at};
use crate::access::DirectedEdge;
use crate::graph::Direction;
use crate::route::RouteError;
use crate::snap::Snap;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlternativeLimits {
    /// Ways beside the fastest.
    pub count_max: usize,
    /// Times the fastest way's duration.
    pub stretch_max: f64,
    /// Share of an offered way's own duration that it may have in common with the ways offered before it.
    pub sharing_max: f64,
    /// Least plateau, as a share of the fastest way's duration.
    pub plateau_min: f64,
}

impl Default for AlternativeLimits {
    /// ε = 0.25, γ = 0.8, α = 0.25 of the paper; γ taken a little stricter, since a dispatcher wants another way.
    fn default() -> Self {
        Self { count_max: 2, stretch_max: 1.25, sharing_max: 0.7, plateau_min: 0.15 }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    pub path: RoadPath,
    /// Duration over the fastest way's.
    pub stretch: f64,
    /// Share in common with the ways before it; 0 for the fastest.
    pub sharing: f64,
}

struct Candidate {
    cost_ms: u32,
    plateau_ms: u32,
    /// A vertex on the plateau.
    vertex: u32,
}

impl Navigator {
    /// The fastest way and up to `count_max` others, best first.
    ///
    /// # Errors
    /// When no way connects the two.
    pub fn alternatives(
        &self,
        from: &Snap,
        to: &Snap,
        closures: &Closures,
        limits: AlternativeLimits,
    ) -> Result<Vec<Alternative>, RouteError> {
        let fastest = self.path(from, to, closures)?;
        let best_ms = fastest.duration_ms;
        let mut used: HashSet<DirectedEdge> = fastest.parts.iter().map(|part| part.road).collect();
        let mut offered = vec![Alternative { path: fastest, stretch: 1.0, sharing: 0.0 }];
        let limit_ms = scaled(best_ms, limits.stretch_max);
        let (starts, goals) = (self.accesses(from, Direction::Forward), self.accesses(to, Direction::Backward));
        self.pool.search(&self.graph, |ahead| {
            self.pool.search(&self.graph, |behind| {
                self.graph.dijkstra(ahead, &starts, Direction::Forward, closures, &Until::Cost(limit_ms));
                self.graph.dijkstra(behind, &goals, Direction::Backward, closures, &Until::Cost(limit_ms));
                let mut candidates = plateaus(ahead, behind, limit_ms);
                candidates.retain(|candidate| candidate.plateau_ms >= scaled(best_ms, limits.plateau_min));
                // Rewards a long plateau as it punishes a long way.
                candidates.sort_by_key(|candidate| (i64::from(candidate.cost_ms) - i64::from(candidate.plateau_ms), candidate.vertex));
                for candidate in candidates {
                    if offered.len() > limits.count_max {
                        break;
                    }
                    let Some(path) = self.via(ahead, behind, [from, to], [&starts, &goals], &candidate) else { continue };
                    let shared_s: f64 = path.parts.iter().filter(|part| used.contains(&part.road)).map(|part| self.part_duration_s(part)).sum();
                    let sharing = shared_s / path.duration_s().max(1e-3);
                    let mut seen = HashSet::new();
                    let is_simple = path.parts.iter().all(|part| seen.insert(part.road.edge));
                    if sharing <= limits.sharing_max && is_simple {
                        used.extend(path.parts.iter().map(|part| part.road));
                        let stretch = f64::from(path.duration_ms) / f64::from(best_ms.max(1));
                        offered.push(Alternative { path, stretch, sharing });
                    }
                }
            });
        });
        Ok(offered)
    }

    fn via(
        &self,
        ahead: &Workspace,
        behind: &Workspace,
        ends: [&Snap; 2],
        [starts, goals]: [&[Access]; 2],
        candidate: &Candidate,
    ) -> Option<RoadPath> {
        let (first, mut roads) = ahead.branch(candidate.vertex);
        let (last, mut rest) = behind.branch(candidate.vertex);
        rest.reverse();
        roads.extend(rest);
        let (start, goal) = (cheapest_at(starts, first as usize)?, cheapest_at(goals, last as usize)?);
        Some(self.joined(ends, [start, goal], &roads, candidate.cost_ms, FoundBy::ExactSearch))
    }
}

/// Maximal chains whose arcs belong to both trees.
fn plateaus(ahead: &Workspace, behind: &Workspace, limit_ms: u32) -> Vec<Candidate> {
    // The length of the chain that ends in a vertex, in milliseconds; vertices come in order of their cost.
    let mut chain_ms: HashMap<u32, u32> = HashMap::new();
    let mut has_next: HashSet<u32> = HashSet::new();
    let mut met = Vec::new();
    for (vertex, cost_ms) in &ahead.settled {
        let whole = cost_ms.saturating_add(behind.cost_ms(*vertex));
        if behind.cost_ms(*vertex) == UNREACHED || whole > limit_ms {
            continue;
        }
        met.push((*vertex, whole));
        let Some((before, road)) = ahead.came_by(*vertex) else { continue };
        if behind.came_by(before) == Some((*vertex, road)) {
            let length_ms = chain_ms.get(&before).copied().unwrap_or(0) + (cost_ms - ahead.cost_ms(before));
            chain_ms.insert(*vertex, length_ms);
            has_next.insert(before);
        }
    }
    met.into_iter()
        .filter(|(vertex, _)| !has_next.contains(vertex))
        .filter_map(|(vertex, cost_ms)| Some(Candidate { cost_ms, plateau_ms: *chain_ms.get(&vertex)?, vertex }))
        .collect()
}

fn scaled(ms: u32, factor: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is wanted")]
    let scaled = (f64::from(ms) * factor) as u32;
    scaled
}
