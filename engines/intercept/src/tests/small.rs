//! Everything against brute force on streets small enough for it.

use std::sync::Arc;

use proptest::prelude::*;
use shouhu_roads::NodeId;

use crate::assign::{Cell, assign};
use crate::matching::Matching;
use crate::{Outcome, Outside, Piece, Plan, Post, Prefer, Ring, Seen, Settings, Spot, Streets, Unit, UnitId};

#[derive(Debug, Clone)]
struct Small {
    count: usize,
    pieces: Vec<Piece>,
    units: Vec<Unit>,
    seen: Vec<Seen>,
    settings: Settings,
}

/// Whole seconds: ties between units and him are wanted.
fn small(seen_max: usize) -> impl Strategy<Value = Small> {
    let time = || prop_oneof![1 => Just(None), 6 => (1..20u32).prop_map(|time_s| Some(f64::from(time_s)))];
    (3..9u32).prop_flat_map(move |count| {
        let node = move || (0..count).prop_map(NodeId);
        let piece = (node(), node(), [time(), time()], [time(), time()]).prop_map(|(from, to, unit_s, suspect_s)| Piece {
            from,
            to,
            unit_s,
            suspect_s,
        });
        let post = proptest::option::weighted(0.15, (node(), 0..30u32))
            .prop_map(|post| post.map(|(junction, ago)| Post { junction, since_s: -f64::from(ago) }));
        let unit = (node(), proptest::bool::weighted(0.1), 0..8u32, post)
            .prop_map(|(at, is_busy, free, post)| (at, is_busy, f64::from(free), post));
        let seen = (node(), 0..12u32, 1..4u32);
        let exits = || proptest::collection::vec(node(), 1..4);
        let outside = prop_oneof![
            Just(Outside::Horizon),
            exits().prop_map(Outside::Exits),
            exits().prop_map(Outside::HorizonOrExits),
        ];
        (
            proptest::collection::vec(piece, 2..16),
            proptest::collection::vec(unit, 0..5),
            proptest::collection::vec(seen, 1..=seen_max),
            (outside, 10..50u32, 0..4u32, 0..3u32, 1..5usize, any::<bool>()),
        )
            .prop_map(move |(pieces, units, seen, (outside, horizon, setup, margin, units_max, is_fewest))| Small {
                count: count as usize,
                pieces,
                units: (0..)
                    .zip(units)
                    .map(|(id, (at, is_busy, free_in_s, post))| Unit {
                        is_busy,
                        free_in_s,
                        post,
                        ..Unit::free(id, Spot::Junction(at))
                    })
                    .collect(),
                seen: seen
                    .into_iter()
                    .map(|(at, ago, weight)| Seen { at: Spot::Junction(at), ago_s: f64::from(ago), weight: f64::from(weight) })
                    .collect(),
                settings: Settings {
                    horizon_s: f64::from(horizon),
                    setup_s: f64::from(setup),
                    margin_s: f64::from(margin),
                    outside,
                    units_max,
                    effort: 1_000_000,
                    grain_s: 0.0,
                    prefer: if is_fewest { Prefer::FewestUnits } else { Prefer::SmallestRing },
                    ..Settings::default()
                },
            })
    })
}

fn junction(spot: Spot) -> usize {
    let Spot::Junction(node) = spot else { panic!("small streets know junctions only") };
    node.0 as usize
}

impl Small {
    fn solve(&self) -> Plan {
        let streets = Arc::new(Streets::from_pieces(self.count, &self.pieces).unwrap());
        Ring::new(streets).resolve(&self.units, &self.seen, &self.settings).unwrap()
    }

    /// Earliest arrivals by relaxing every road until nothing changes.
    fn arrivals(&self, starts: &[(usize, f64)], is_unit: bool, closes_s: &[f64]) -> Vec<f64> {
        let mut at = vec![f64::INFINITY; self.count];
        for (node, time_s) in starts {
            if *time_s < closes_s[*node] {
                at[*node] = at[*node].min(*time_s);
            }
        }
        for _ in 0..self.count {
            for piece in &self.pieces {
                let times = if is_unit { piece.unit_s } else { piece.suspect_s };
                for ((from, to), time_s) in [(piece.from, piece.to), (piece.to, piece.from)].into_iter().zip(times) {
                    let next = at[from.0 as usize] + time_s.unwrap_or(f64::INFINITY);
                    if next < at[to.0 as usize] && next < closes_s[to.0 as usize] {
                        at[to.0 as usize] = next;
                    }
                }
            }
        }
        at
    }

    fn starts(&self) -> Vec<(usize, f64)> {
        self.seen.iter().map(|seen| (junction(seen.at), -seen.ago_s)).collect()
    }

    fn open(&self) -> Vec<f64> {
        vec![f64::INFINITY; self.count]
    }

    fn is_outside(&self, node: usize, arrivals: &[f64]) -> bool {
        match &self.settings.outside {
            Outside::Horizon => arrivals[node].is_finite() && arrivals[node] > self.settings.horizon_s,
            Outside::Exits(exits) => arrivals[node].is_finite() && exits.contains(&NodeId(node as u32)),
            Outside::HorizonOrExits(exits) => {
                arrivals[node].is_finite() && (arrivals[node] > self.settings.horizon_s || exits.contains(&NodeId(node as u32)))
            }
        }
    }

    /// When he is out although junctions close at these times; infinite when he never is.
    fn out_s(&self, starts: &[(usize, f64)], closes_s: &[f64]) -> f64 {
        let free = self.arrivals(starts, false, &self.open());
        let run = self.arrivals(starts, false, closes_s);
        (0..self.count).filter(|node| self.is_outside(*node, &free)).map(|node| run[node]).fold(f64::INFINITY, f64::min)
    }

    /// Closing time of each unit at each junction.
    fn closing_s(&self) -> Vec<Vec<f64>> {
        let closing = |unit: &Unit| {
            let mut times = self.arrivals(&[(junction(unit.at), unit.free_in_s + self.settings.setup_s)], true, &self.open());
            if let Some(post) = unit.post {
                times[post.junction.0 as usize] = post.since_s;
            }
            times
        };
        self.units.iter().filter(|unit| !unit.is_busy).map(closing).collect()
    }

    /// Radius and size of the best ring by trying every set of junctions with every choice of units.
    fn brute(&self) -> Option<(f64, usize)> {
        let (free, closing_s) = (self.arrivals(&self.starts(), false, &self.open()), self.closing_s());
        let is_place =
            |node: usize| free[node] <= self.settings.horizon_s && self.seen.iter().all(|seen| junction(seen.at) != node);
        let mut best: Option<(f64, usize)> = None;
        for set in 0u32..1 << self.count {
            let nodes: Vec<usize> = (0..self.count).filter(|node| set & 1 << node != 0).collect();
            if nodes.len() > self.settings.units_max || !nodes.iter().all(|node| is_place(*node)) {
                continue;
            }
            let closes_s: Vec<f64> =
                (0..self.count).map(|node| if nodes.contains(&node) { f64::NEG_INFINITY } else { f64::INFINITY }).collect();
            let in_time = |unit: usize, node: usize| closing_s[unit][node] + self.settings.margin_s <= free[node];
            if self.out_s(&self.starts(), &closes_s).is_finite() || !can_hold(&nodes, 0, closing_s.len(), &in_time) {
                continue;
            }
            let radius = nodes.iter().map(|node| free[*node]).fold(f64::NEG_INFINITY, f64::max);
            let rank = |(radius, size): (f64, usize)| match self.settings.prefer {
                Prefer::SmallestRing => (radius, size as f64),
                Prefer::FewestUnits => (size as f64, radius),
            };
            if best.is_none_or(|best| rank((radius, nodes.len())) < rank(best)) {
                best = Some((radius, nodes.len()));
            }
        }
        best
    }

    fn closes_s(&self, plan: &Plan) -> Vec<f64> {
        let mut closes_s = self.open();
        plan.orders.iter().for_each(|order| closes_s[order.junction.0 as usize] = order.arrival_s);
        closes_s
    }
}

fn can_hold(nodes: &[usize], used: u32, units: usize, in_time: &dyn Fn(usize, usize) -> bool) -> bool {
    let Some((first, rest)) = nodes.split_first() else { return true };
    (0..units).any(|unit| used & 1 << unit == 0 && in_time(unit, *first) && can_hold(rest, used | 1 << unit, units, in_time))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_ring_is_as_small_as_brute_force_finds_and_exists_when_it_does(small in small(1)) {
        let plan = small.solve();
        prop_assert!(plan.is_proven);
        if small.out_s(&small.starts(), &small.open()).is_infinite() {
            prop_assert_eq!(plan.outcome, Outcome::NoWayOut);
            return Ok(());
        }
        match small.brute() {
            None => prop_assert!(matches!(plan.outcome, Outcome::Open { .. }), "brute force finds none: {:?}", plan),
            Some((radius, size)) => {
                prop_assert_eq!(plan.outcome, Outcome::Closed);
                prop_assert_eq!(plan.orders.len(), size);
                prop_assert_eq!(plan.radius_s, Some(radius));
            }
        }
    }

    /// He is let loose on the plan: every road, and every junction until the moment it is closed.
    #[test]
    fn nobody_gets_out_of_a_closed_ring_and_an_open_one_says_by_when(small in small(3)) {
        let plan = small.solve();
        let closes_s = small.closes_s(&plan);
        let held = |seen: &&Seen| small.out_s(&[(junction(seen.at), -seen.ago_s)], &closes_s).is_infinite();
        let weight: f64 = small.seen.iter().map(|seen| seen.weight).sum();
        match plan.outcome {
            Outcome::Closed if matches!(small.settings.outside, Outside::Exits(_)) || small.seen.len() == 1 => {
                let contained: f64 = small.seen.iter().filter(held).map(|seen| seen.weight).sum();
                prop_assert!((contained / weight - plan.contained_weight).abs() < 1e-9);
                prop_assert!(contained > 0.0);
                prop_assert!(plan.escape.is_none() && plan.leaks.is_empty());
            }
            // Several sightings share one horizon, which lies farther out than that of each alone.
            Outcome::Closed => prop_assert!(plan.escape.is_none()),
            Outcome::Open { units_short } => {
                prop_assert_eq!(units_short, plan.leaks.len());
                let out_s = small.out_s(&small.starts(), &closes_s);
                prop_assert_eq!(plan.escape.as_ref().map(|escape| escape.out_s), Some(out_s));
            }
            Outcome::NoWayOut => prop_assert!(small.out_s(&small.starts(), &small.open()).is_infinite()),
        }
    }

    #[test]
    fn orders_are_true_distinct_and_within_the_bounds(small in small(3)) {
        let plan = small.solve();
        let mut units: Vec<UnitId> = plan.orders.iter().map(|order| order.unit).collect();
        units.dedup();
        prop_assert_eq!(units.len(), plan.orders.len());
        let mut places: Vec<NodeId> = plan.orders.iter().map(|order| order.junction).collect();
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(places.len(), plan.orders.len());
        let free: Vec<&Unit> = small.units.iter().filter(|unit| !unit.is_busy).collect();
        let closing_s = small.closing_s();
        for order in &plan.orders {
            let unit = free.iter().position(|unit| unit.id == order.unit).unwrap();
            prop_assert_eq!(closing_s[unit][order.junction.0 as usize], order.arrival_s);
            prop_assert!(order.slack_s >= small.settings.margin_s && order.suspect_s <= small.settings.horizon_s);
        }
        prop_assert_eq!(plan.verdicts.len(), small.units.len());
        prop_assert!(plan.verdicts.iter().all(|verdict| !verdict.reasons.is_empty()));
        prop_assert_eq!(&plan, &small.solve());
    }

    #[test]
    fn an_assignment_is_the_best_of_all(cells in table()) {
        let columns = cells[0].len();
        let chosen = assign(&cells);
        let picked: Vec<Cell> = chosen.iter().enumerate().filter_map(|(row, column)| cells[row][(*column)?]).collect();
        prop_assert_eq!(picked.len(), chosen.iter().flatten().count(), "only allowed cells");
        let worst = picked.iter().map(|cell| cell.worst).max().unwrap_or(0);
        let score = (cells.len() - picked.len(), worst, picked.iter().map(|cell| cell.cost).sum::<i64>());
        prop_assert_eq!(score, best_of_all(&cells, 0, &mut vec![false; columns], 0, 0, 0));
    }

    #[test]
    fn a_shortage_names_rows_with_too_few_columns(rows in lists()) {
        let matching = Matching::largest(&rows, 5);
        let neighbours = |set: u32| {
            let mut columns: Vec<usize> = (0..rows.len()).filter(|row| set & 1 << row != 0).flat_map(|row| rows[row].clone()).collect();
            columns.sort_unstable();
            columns.dedup();
            columns.len()
        };
        // König's and Ore's form of Hall's theorem: the largest deficiency is what stays unmatched.
        let deficiency = (0..1u32 << rows.len()).map(|set| (set.count_ones() as usize).saturating_sub(neighbours(set))).max();
        prop_assert_eq!(rows.len() - matching.size(), deficiency.unwrap_or(0));
        if let Some(short) = matching.violator(&rows) {
            let set = short.iter().fold(0, |set, row| set | 1 << row);
            prop_assert!(neighbours(set) < short.len());
        } else {
            prop_assert_eq!(matching.size(), rows.len());
        }
    }
}

fn table() -> impl Strategy<Value = Vec<Vec<Option<Cell>>>> {
    let cell =
        proptest::option::weighted(0.7, (-5..20i64, 0..20i64)).prop_map(|cell| cell.map(|(worst, cost)| Cell { worst, cost }));
    (1..6usize).prop_flat_map(move |columns| proptest::collection::vec(proptest::collection::vec(cell.clone(), columns), 1..6))
}

fn lists() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let list = proptest::collection::btree_set(0..5usize, 0..4).prop_map(|set| set.into_iter().collect());
    proptest::collection::vec(list, 0..7)
}

/// Rows left over, worst, total; in this order.
fn best_of_all(
    cells: &[Vec<Option<Cell>>],
    row: usize,
    used: &mut Vec<bool>,
    left: usize,
    worst: i64,
    total: i64,
) -> (usize, i64, i64) {
    let Some(options) = cells.get(row) else { return (left, worst, total) };
    let mut best = best_of_all(cells, row + 1, used, left + 1, worst, total);
    for (column, cell) in options.iter().enumerate() {
        let Some(cell) = cell.filter(|_| !used[column]) else { continue };
        used[column] = true;
        let is_first = left == row;
        let worst = if is_first { cell.worst } else { worst.max(cell.worst) };
        best = best.min(best_of_all(cells, row + 1, used, left, worst, total + cell.cost));
        used[column] = false;
    }
    best
}
