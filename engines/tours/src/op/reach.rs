//! Which nodes any lawful walk could visit at all; the rest is not searched.

#![expect(clippy::indexing_slicing, reason = "nodes index arrays that are as long as the instance")]

use super::instance::Instance;
use crate::costs::Costs;

/// Points are nearly a metric, but for rounding; a node so far beyond the limit has no way in that rounding could open.
const POINTS_MARGIN: f64 = 1.05;

/// The nodes, in order, that lie on some way from start to end within the limit; both ends always.
pub(super) fn within_reach(instance: &Instance) -> Vec<u32> {
    let (costs, start, end) = (instance.costs(), instance.start(), instance.end());
    let nodes = 0..instance.nodes() as u32;
    if costs.plane().is_some() {
        let most = (instance.limit() as f64 * POINTS_MARGIN) as i64 + 10;
        return nodes
            .filter(|&node| node == start || node == end || costs.between(start, node) + costs.between(node, end) <= most)
            .collect();
    }
    // A table need not be a metric: the cheapest way to a node may lead over others.
    let from_start = cheapest_from(costs, start);
    let from_end = if start == end { from_start.clone() } else { cheapest_from(costs, end) };
    nodes
        .filter(|&node| from_start[node as usize] + from_end[node as usize] <= instance.limit() || node == start || node == end)
        .collect()
}

/// Dijkstra over the full table, without a heap: every pair is looked at anyway.
fn cheapest_from(costs: &Costs, source: u32) -> Vec<i64> {
    let nodes = costs.nodes();
    let mut best: Vec<i64> = (0..nodes as u32).map(|node| if node == source { 0 } else { costs.between(source, node) }).collect();
    let mut is_settled = vec![false; nodes];
    for _ in 0..nodes {
        let open = (0..nodes).filter(|&node| !is_settled[node]).min_by_key(|&node| best[node]);
        let Some(nearest) = open else { break };
        is_settled[nearest] = true;
        for node in 0..nodes {
            if !is_settled[node] {
                best[node] = best[node].min(best[nearest] + costs.between(nearest as u32, node as u32));
            }
        }
    }
    best
}
