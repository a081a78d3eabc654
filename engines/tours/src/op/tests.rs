//! The solver against looking at every walk, against its own rules, and against itself.

use proptest::prelude::*;

use super::{Instance, InstanceError, Settings, WalkError, solve};
use crate::budget::{Deadline, Iterations};
use crate::costs::{Costs, Metric};
use crate::rng::Rng;

fn random_instance(nodes: usize, seed: u64, share: f64, is_path: bool, is_unit_prize: bool) -> Instance {
    let mut rng = Rng::seeded(seed);
    let points: Vec<(f64, f64)> = (0..nodes).map(|_| (rng.unit() * 1_000.0, rng.unit() * 1_000.0)).collect();
    let costs = Costs::from_points(&points, Metric::Euc2d).expect("plain points");
    let prizes = (0..nodes).map(|_| if is_unit_prize { 1 } else { rng.below(100) as u32 }).collect();
    let end = if is_path { nodes as u32 - 1 } else { 0 };
    let straight = costs.between(0, end);
    let around: i64 = (0..nodes as u32).map(|node| costs.between(node, (node + 1) % nodes as u32)).sum();
    Instance::new(costs, prizes, 0, end, straight + (share * around as f64) as i64).expect("a limit above the straight way")
}

/// The most prize over all walks, by depth first.
fn best_by_looking_at_all(instance: &Instance) -> u64 {
    fn extend(instance: &Instance, at: u32, cost: i64, prize: u64, is_visited: &mut [bool], best: &mut u64) {
        if cost + instance.costs().between(at, instance.end()) <= instance.limit() {
            let end_prize = if instance.is_round_trip() { 0 } else { u64::from(instance.prizes()[instance.end() as usize]) };
            *best = (*best).max(prize + end_prize);
        }
        for next in 0..instance.nodes() as u32 {
            let farther = cost + instance.costs().between(at, next);
            if !is_visited[next as usize] && next != instance.end() && farther <= instance.limit() {
                is_visited[next as usize] = true;
                extend(instance, next, farther, prize + u64::from(instance.prizes()[next as usize]), is_visited, best);
                is_visited[next as usize] = false;
            }
        }
    }
    let mut is_visited = vec![false; instance.nodes()];
    is_visited[instance.start() as usize] = true;
    let mut best = 0;
    let prize = u64::from(instance.prizes()[instance.start() as usize]);
    extend(instance, instance.start(), 0, prize, &mut is_visited, &mut best);
    best
}

#[test]
fn up_to_ten_nodes_the_walk_is_the_best_of_all() {
    for seed in 0..120 {
        let nodes = 3 + seed as usize % 8;
        for (is_path, is_unit_prize) in [(false, false), (true, false), (false, true), (true, true)] {
            let share = 0.1 + 0.1 * (seed % 6) as f64;
            let instance = random_instance(nodes, seed, share, is_path, is_unit_prize);
            let walk = solve(&instance, &Settings::default(), seed, &mut Iterations(3_000));
            let judged = instance.judge(&walk.nodes).expect("a lawful walk");
            assert_eq!((judged.prize, judged.cost), (walk.prize, walk.cost));
            assert_eq!(walk.prize, best_by_looking_at_all(&instance), "seed {seed}, {nodes} nodes, path {is_path}");
        }
    }
}

#[test]
fn at_twelve_nodes_too() {
    for seed in 0..6 {
        let instance = random_instance(12, seed, 0.25, seed % 2 == 0, false);
        let walk = solve(&instance, &Settings::default(), seed, &mut Iterations(5_000));
        assert_eq!(walk.prize, best_by_looking_at_all(&instance), "seed {seed}");
    }
}

#[test]
fn the_same_seed_and_iterations_give_the_same_walk() {
    let instance = random_instance(120, 5, 0.1, false, false);
    let walk = |seed| solve(&instance, &Settings::default(), seed, &mut Iterations(4_000));
    assert_eq!(walk(9), walk(9));
    assert_ne!(walk(9).nodes, walk(10).nodes, "another seed looks elsewhere");
}

#[test]
fn a_spent_budget_still_gives_a_lawful_walk() {
    let instance = random_instance(200, 6, 0.05, true, false);
    let walk = solve(&instance, &Settings::default(), 1, &mut Iterations(0));
    assert!(instance.judge(&walk.nodes).is_ok());
    assert!(walk.nodes.len() > 2, "the first tour is there before the search begins");
}

#[test]
fn the_search_stops_when_the_callers_clock_says_so() {
    let instance = random_instance(60, 7, 0.1, false, false);
    let mut asked = 0;
    let clock = || {
        asked += 1;
        f64::from(asked)
    };
    let walk = solve(&instance, &Settings::default(), 1, &mut Deadline::new(50.0, clock));
    assert!(instance.judge(&walk.nodes).is_ok());
    assert_eq!(asked, 50);
}

#[test]
fn above_the_table_size_points_give_lawful_walks_and_paths() {
    for is_path in [false, true] {
        let instance = random_instance(2_300, 8, 0.003, is_path, false);
        let walk = solve(&instance, &Settings::default(), 1, &mut Iterations(300));
        let judged = instance.judge(&walk.nodes).expect("a lawful walk");
        assert_eq!((judged.prize, judged.cost), (walk.prize, walk.cost));
    }
}

#[test]
fn what_cannot_be_asked_is_refused_by_name() {
    let costs = || Costs::from_table(2, &[0, 9, 9, 0]).expect("a sound table");
    assert_eq!(Instance::new(costs(), vec![1], 0, 0, 5).err(), Some(InstanceError::PrizeCount { prizes: 1, nodes: 2 }));
    assert_eq!(Instance::new(costs(), vec![1, 1], 0, 2, 5).err(), Some(InstanceError::Depot { node: 2, nodes: 2 }));
    assert_eq!(Instance::new(costs(), vec![1, 1], 0, 1, 5).err(), Some(InstanceError::OutOfReach { cost: 9, limit: 5 }));
    assert_eq!(Instance::new(costs(), vec![1, 1], 0, 0, -1).err(), Some(InstanceError::Limit { limit: -1 }));
}

#[test]
fn a_walk_that_breaks_a_rule_is_told_which() {
    let instance = random_instance(6, 1, 0.5, false, true);
    assert_eq!(instance.judge(&[0, 1]), Err(WalkError::Ends));
    assert_eq!(instance.judge(&[0, 1, 1, 0]), Err(WalkError::Twice { node: 1 }));
    assert_eq!(instance.judge(&[0, 17, 0]), Err(WalkError::NoSuchNode { node: 17 }));
    let everywhere = instance.judge(&[0, 1, 2, 3, 4, 5, 0]);
    assert!(matches!(everywhere, Err(WalkError::TooLong { .. })), "{everywhere:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Tables need not keep the triangle inequality, nor have distinct costs or prizes, nor leave room for anything.
    #[test]
    fn any_table_gives_a_lawful_walk_whose_sums_are_its_own(
        nodes in 1usize..14, seed in any::<u64>(), most in 0i64..50, limit in 0i64..120, is_path in any::<bool>(),
    ) {
        let mut rng = Rng::seeded(seed);
        let mut table = vec![0; nodes * nodes];
        for a in 0..nodes {
            for b in 0..a {
                let cost = rng.below(most as usize + 1) as i64;
                table[a * nodes + b] = cost;
                table[b * nodes + a] = cost;
            }
        }
        let costs = Costs::from_table(nodes, &table).expect("a sound table");
        let prizes = (0..nodes).map(|_| rng.below(4) as u32).collect();
        let end = if is_path { nodes as u32 - 1 } else { 0 };
        match Instance::new(costs, prizes, 0, end, limit) {
            Err(InstanceError::OutOfReach { cost, limit }) => prop_assert!(cost > limit),
            Err(other) => prop_assert!(false, "{other}"),
            Ok(instance) => {
                let walk = solve(&instance, &Settings::default(), seed, &mut Iterations(200));
                let judged = instance.judge(&walk.nodes);
                prop_assert!(judged.is_ok(), "{judged:?}");
                prop_assert_eq!(judged.ok().map(|judged| (judged.prize, judged.cost)), Some((walk.prize, walk.cost)));
            }
        }
    }
}
