//! From an instance to what the search works on, and back.

#![expect(clippy::indexing_slicing, reason = "nodes index arrays that are as long as the instance")]

use super::instance::{Instance, Walk};
use super::reach;
use super::search::{Search, Settings};
use crate::budget::Budget;

/// The best walk found within the budget. With [`crate::Iterations`] the same seed gives the same walk.
#[must_use]
pub fn solve(instance: &Instance, settings: &Settings, seed: u64, budget: &mut dyn Budget) -> Walk {
    let kept = reach::within_reach(instance);
    let number = |node: u32| kept.partition_point(|&other| other < node) as u32;
    let (start, end) = (number(instance.start()), number(instance.end()));
    let mut prizes: Vec<u32> = kept.iter().map(|&node| instance.prizes()[node as usize]).collect();
    let mut costs = instance.costs().among(&kept);
    let order = if start == end {
        vec![start]
    } else {
        prizes.push(0);
        costs = costs.with_gate(start, end);
        vec![start, end, kept.len() as u32]
    };
    let mut search = Search::new(&costs, &prizes, instance.limit(), order, settings, seed);
    search.construct(0);
    let round_trip = search.run(budget);
    // The gate has no node behind it, so that a path begins where the gate stood.
    let gate = round_trip.iter().position(|&node| node as usize >= kept.len());
    let mut nodes: Vec<u32> = round_trip.iter().filter_map(|&node| kept.get(node as usize).copied()).collect();
    let first = gate.or_else(|| nodes.iter().position(|&node| node == instance.start())).unwrap_or(0);
    let turn = first % nodes.len().max(1);
    nodes.rotate_left(turn);
    walk_of(instance, nodes)
}

/// A walk from its nodes, which stand in order, perhaps from end to start.
fn walk_of(instance: &Instance, mut nodes: Vec<u32>) -> Walk {
    if instance.is_round_trip() {
        nodes.push(instance.end());
    } else if nodes.first() != Some(&instance.start()) {
        nodes.reverse();
    }
    let judged = instance.judge(&nodes);
    debug_assert!(judged.is_ok(), "{judged:?}");
    let (prize, cost) = judged.map_or((0, 0), |judged| (judged.prize, judged.cost));
    Walk { nodes, prize, cost }
}
