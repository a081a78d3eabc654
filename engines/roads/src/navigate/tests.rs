//! Hierarchy, A*, matrix and isochrone against a reference that shares nothing with them but the cost of an edge: a
//! Dijkstra over the last edges driven, on the network itself, that looks every turn up in the list of bans.
#![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::access::{Access as Rights, VehicleClass, VehicleSet};
use crate::city::{CitySize, demo_city};
use crate::network::{EdgeId, EdgeSpec, NetworkBuilder, RoadClass};
use crate::profile::WeightSet;
use crate::test_data;

const CAR: Profile = Profile::new(VehicleClass::Car, WeightSet::Day);

struct Reference<'a> {
    network: &'a RoadNetwork,
    profile: Profile,
    leaving: Vec<Vec<DirectedEdge>>,
    bans: HashSet<Vec<DirectedEdge>>,
    memory: usize,
}

impl<'a> Reference<'a> {
    fn new(network: &'a RoadNetwork, profile: Profile, more: &[TurnBan]) -> Self {
        let mut leaving = vec![Vec::new(); network.nodes().len()];
        for (id, edge) in network.edge_ids() {
            for is_forward in [true, false].into_iter().filter(|is_forward| edge.allows(profile.vehicle, *is_forward)) {
                leaving[edge.ends(is_forward).0.0 as usize].push(DirectedEdge { edge: id, is_forward });
            }
        }
        let all = network.turn_bans().iter().chain(more);
        let bans: HashSet<Vec<DirectedEdge>> =
            all.filter(|ban| ban.vehicles.contains(profile.vehicle)).map(|ban| ban.path.clone()).collect();
        let memory = bans.iter().map(|path| path.len() - 1).max().unwrap_or(1);
        Self { network, profile, leaving, bans, memory }
    }

    fn is_banned(&self, history: &[DirectedEdge], next: DirectedEdge) -> bool {
        (0..history.len()).any(|from| {
            let mut driven = history[from..].to_vec();
            driven.push(next);
            self.bans.contains(&driven)
        })
    }

    fn part(&self, edge: EdgeId, share: f64) -> u32 {
        part_ms(self.profile.cost_ms(&self.network.edges()[edge.0 as usize]), share)
    }

    /// Milliseconds from one place to each of several.
    fn costs(&self, from: &Snap, targets: &[Snap], closures: &Closures) -> Vec<Option<u32>> {
        let mut best: Vec<Option<u32>> = vec![None; targets.len()];
        let offer = |slot: &mut Option<u32>, cost: u32| *slot = Some(slot.map_or(cost, |known| known.min(cost)));
        let mut by_edge: HashMap<EdgeId, Vec<usize>> = HashMap::new();
        for (index, target) in targets.iter().enumerate() {
            by_edge.entry(target.edge).or_default().push(index);
        }
        let mut open = BinaryHeap::new();
        let edge = &self.network.edges()[from.edge.0 as usize];
        for is_forward in [true, false].into_iter().filter(|is_forward| edge.allows(self.profile.vehicle, *is_forward)) {
            let share = if is_forward { 1.0 - from.fraction } else { from.fraction };
            open.push(Reverse((self.part(from.edge, share), vec![DirectedEdge { edge: from.edge, is_forward }])));
            for index in by_edge.get(&from.edge).into_iter().flatten() {
                let ahead = if is_forward { targets[*index].fraction - from.fraction } else { from.fraction - targets[*index].fraction };
                if ahead >= 0.0 {
                    offer(&mut best[*index], self.part(from.edge, ahead));
                }
            }
        }
        let mut done: HashSet<Vec<DirectedEdge>> = HashSet::new();
        while let Some(Reverse((cost, history))) = open.pop() {
            if !done.insert(history.clone()) {
                continue;
            }
            let Some((_, node)) = history.last().and_then(|road| self.network.ends(*road)) else { continue };
            for next in &self.leaving[node.0 as usize] {
                if self.is_banned(&history, *next) {
                    continue;
                }
                for index in by_edge.get(&next.edge).into_iter().flatten() {
                    let share = if next.is_forward { targets[*index].fraction } else { 1.0 - targets[*index].fraction };
                    offer(&mut best[*index], cost + self.part(next.edge, share));
                }
                if closures.contains(*next) {
                    continue;
                }
                let mut driven = history.clone();
                driven.push(*next);
                let skip = driven.len().saturating_sub(self.memory);
                open.push(Reverse((cost + self.part(next.edge, 1.0), driven[skip..].to_vec())));
            }
        }
        best
    }

    fn check(&self, path: &RoadPath, closures: &Closures) {
        let roads: Vec<DirectedEdge> = path.parts.iter().map(|part| part.road).collect();
        for (index, road) in roads.iter().enumerate() {
            assert!(!self.is_banned(&roads[..index], *road), "a banned turn at {index} of {roads:?}");
            assert!(index == 0 || index + 1 == roads.len() || !closures.contains(*road), "over a closed road: {roads:?}");
            let edge = &self.network.edges()[road.edge.0 as usize];
            assert!(edge.allows(self.profile.vehicle, road.is_forward));
        }
        for pair in roads.windows(2) {
            assert_eq!(self.network.ends(pair[0]).map(|ends| ends.1), self.network.ends(pair[1]).map(|ends| ends.0));
        }
        let total: u32 = path.parts.iter().map(|part| self.part(part.road.edge, (part.leave - part.enter).abs())).sum();
        assert!(total.abs_diff(path.duration_ms) <= 2, "{total} and {}", path.duration_ms);
    }
}

fn snap_at(network: &RoadNetwork, edge: EdgeId, fraction: f64) -> Snap {
    let road = &network.edges()[edge.0 as usize];
    let line = network.polyline(road);
    let mut left = road.length_m * fraction;
    let mut place = line[0];
    for pair in line.windows(2) {
        let length = pair[0].distance_m(pair[1]);
        let share = (left / length).min(1.0);
        place = Wgs84 { lon: pair[0].lon + (pair[1].lon - pair[0].lon) * share, lat: pair[0].lat + (pair[1].lat - pair[0].lat) * share };
        left -= length;
        if left <= 0.0 {
            break;
        }
    }
    Snap { edge, place, distance_m: 0.0, fraction }
}

fn random_snap(rng: &mut ChaCha8Rng, network: &RoadNetwork) -> Snap {
    let fraction = *[0.0, 0.25, 0.5, 0.83, 1.0].choose(rng).unwrap_or(&0.5);
    snap_at(network, EdgeId(rng.gen_range(0..network.edges().len() as u32)), fraction)
}

/// Walks of two to `longest` edges that some car may drive, as bans.
fn random_bans(rng: &mut ChaCha8Rng, network: &RoadNetwork, count: usize, longest: usize) -> Vec<TurnBan> {
    let reference = Reference::new(network, CAR, &[]);
    let mut bans = Vec::new();
    for _ in 0..count {
        let Some(start) = reference.leaving.choose(rng).and_then(|roads| roads.choose(rng)) else { continue };
        let mut path = vec![*start];
        let wanted = rng.gen_range(2..=longest);
        while path.len() < wanted {
            let node = path.last().and_then(|road| network.ends(*road)).map_or(0, |ends| ends.1.0 as usize);
            let Some(next) = reference.leaving[node].choose(rng) else { break };
            path.push(*next);
        }
        if path.len() >= 2 {
            bans.push(TurnBan { path, vehicles: VehicleSet::MOTOR });
        }
    }
    bans
}

fn random_network(rng: &mut ChaCha8Rng) -> RoadNetwork {
    let mut builder = NetworkBuilder::new();
    let count = rng.gen_range(3..10);
    let nodes: Vec<NodeId> = (0..count)
        .filter_map(|_| builder.node(Wgs84 { lon: 120.2 + rng.gen_range(0.0..0.01), lat: 23.0 + rng.gen_range(0.0..0.01) }).ok())
        .collect();
    for _ in 0..rng.gen_range(3..24) {
        let class = *RoadClass::ALL.choose(rng).unwrap_or(&RoadClass::Primary);
        let one_way = rng.gen_bool(0.3);
        let exempt = Rights::usual(class, one_way).with(VehicleClass::Motorcycle, false, rng.gen_bool(0.5));
        let spec = EdgeSpec { one_way, access: Some(exempt), speed_kmh: rng.gen_range(5..100), ..EdgeSpec::of_class(class) };
        let via = Wgs84 { lon: 120.2 + rng.gen_range(0.0..0.01), lat: 23.0 + rng.gen_range(0.0..0.01) };
        let ends = (nodes[rng.gen_range(0..nodes.len())], nodes[rng.gen_range(0..nodes.len())]);
        let via = if rng.gen_bool(0.5) { vec![via] } else { Vec::new() };
        let _ = builder.edge(ends.0, ends.1, &via, spec);
    }
    builder.build()
}

/// Every way of asking must give the reference's milliseconds.
fn assert_exact(network: RoadNetwork, profile: Profile, bans: &[TurnBan], closed: &[EdgeId], origins: usize, seed: u64) {
    let network = Arc::new(network);
    let mut navigator = Navigator::with_bans(Arc::clone(&network), profile, bans);
    navigator.prepare();
    let reference = Reference::new(&network, profile, bans);
    let mut closures = Closures::none();
    closed.iter().for_each(|edge| closures.close(*edge));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..origins {
        let from = random_snap(&mut rng, &network);
        let targets: Vec<Snap> = (0..25).map(|_| random_snap(&mut rng, &network)).collect();
        for closures in [&Closures::none(), &closures] {
            let truth = reference.costs(&from, &targets, closures);
            for (target, truth) in targets.iter().zip(&truth) {
                for found in [navigator.path(&from, target, closures), navigator.path_by_search(&from, target, closures)] {
                    assert_eq!(found.as_ref().ok().map(|path| path.duration_ms), *truth, "{from:?} to {target:?}: {found:?}");
                    if let Ok(path) = found {
                        reference.check(&path, closures);
                    }
                }
            }
            let several: Vec<Option<Snap>> = targets.iter().copied().map(Some).collect();
            let matrix = navigator.matrix(&[Some(from), None], &several, closures);
            let columns = navigator.matrix(&[vec![Some(from)], vec![None; 40]].concat(), &several, closures);
            for (index, truth) in truth.iter().enumerate() {
                let ms = |travel: Option<crate::route::Travel>| travel.map(|travel| (travel.duration_s * 1e3).round() as u32);
                assert_eq!((ms(matrix.get(0, index)), ms(columns.get(0, index)), matrix.get(1, index)), (*truth, *truth, None));
            }
        }
        let truth = reference.costs(&from, &targets, &Closures::none());
        for within_ms in [5_000, 60_000, 300_000] {
            let isochrone = navigator.isochrone(&from, within_ms, Toward::Outward, &Closures::none());
            for (target, truth) in targets.iter().zip(&truth) {
                // A place on the very rim may be rounded to either side of it.
                let is_rim = truth.is_some_and(|ms| ms.abs_diff(within_ms) <= 1);
                if !is_rim {
                    let expected = truth.filter(|ms| *ms <= within_ms);
                    assert_eq!(navigator.reached_after(&isochrone, target), expected, "{from:?} to {target:?} in {within_ms}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_search_is_exact_on_random_roads_with_bans_and_closures(seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let network = random_network(&mut rng);
        if !network.edges().is_empty() {
            let bans = random_bans(&mut rng, &network, 12, 4);
            let closed: Vec<EdgeId> = (0..rng.gen_range(0..4)).map(|_| EdgeId(rng.gen_range(0..network.edges().len() as u32))).collect();
            let vehicle = *VehicleClass::ALL.choose(&mut rng).unwrap_or(&VehicleClass::Car);
            let weights = *WeightSet::ALL.choose(&mut rng).unwrap_or(&WeightSet::Day);
            assert_exact(network, Profile::new(vehicle, weights), &bans, &closed, 2, seed);
        }
    }
}

#[test]
fn a_loop_at_a_junction_that_nothing_else_meets_is_left_the_shorter_way_round() {
    // Found by chance on random roads: the prepared graph knows no vertex behind the last one with an arc to another.
    let mut builder = NetworkBuilder::new();
    let at = |lon: f64, lat: f64| Wgs84 { lon, lat };
    let nodes = [at(120.201, 23.001), at(120.203, 23.001), at(120.205, 23.005)].map(|place| builder.node(place).unwrap());
    builder.edge(nodes[2], nodes[2], &[at(120.2, 23.008)], EdgeSpec::of_class(RoadClass::Service)).unwrap();
    builder.edge(nodes[0], nodes[1], &[], EdgeSpec::of_class(RoadClass::Service)).unwrap();
    let network = builder.build();
    for seed in 0..20 {
        assert_exact(network.clone(), CAR, &[], &[], 4, seed);
    }
}

fn assert_exact_in_a_city(network: RoadNetwork, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let bans = [random_bans(&mut rng, &network, 150, 2), random_bans(&mut rng, &network, 50, 4)].concat();
    let closed: Vec<EdgeId> = (0..network.edges().len() / 50).map(|_| EdgeId(rng.gen_range(0..network.edges().len() as u32))).collect();
    assert_exact(network, CAR, &bans, &closed, 3, seed);
}

#[test]
fn every_search_is_exact_in_the_demo_city() {
    assert_exact_in_a_city(demo_city(21, CitySize::District), 1);
}

#[test]
fn every_search_is_exact_in_tainan() {
    let Some(network) = test_data::network("roads/arterial_edges.csv") else { return };
    assert_exact_in_a_city(network, 2);
}

#[test]
fn every_search_is_exact_in_taipei() {
    let Some(network) = test_data::network("roads/named_roads_edges.csv") else { return };
    assert_exact_in_a_city(network, 3);
}

#[test]
fn every_search_is_exact_in_directed_cities_with_real_bans() {
    for file in ["roads/monaco.osm", "roads/luxembourg_city.osm", "roads/taipei_block.osm"] {
        let Some(network) = test_data::network(file) else { continue };
        for vehicle in VehicleClass::ALL {
            assert_exact(network.clone(), Profile::new(vehicle, WeightSet::Peak), &[], &[EdgeId(3), EdgeId(40)], 2, 4);
        }
    }
}

#[test]
fn alternatives_keep_their_bounds_and_the_signs() {
    let networks = [Some(demo_city(5, CitySize::District)), test_data::network("roads/named_roads_edges.csv")];
    for network in networks.into_iter().flatten() {
        let network = Arc::new(network);
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let bans = random_bans(&mut rng, &network, 100, 3);
        let navigator = Navigator::with_bans(Arc::clone(&network), CAR, &bans);
        let reference = Reference::new(&network, CAR, &bans);
        let limits = AlternativeLimits::default();
        let mut others = 0;
        for _ in 0..40 {
            let (from, to) = (random_snap(&mut rng, &network), random_snap(&mut rng, &network));
            let Ok(offered) = navigator.alternatives(&from, &to, &Closures::none(), limits) else { continue };
            assert!((1..=3).contains(&offered.len()));
            others += offered.len() - 1;
            for other in &offered {
                reference.check(&other.path, &Closures::none());
                assert!(other.stretch <= limits.stretch_max + 1e-3 && other.sharing <= limits.sharing_max);
            }
        }
        assert!(others >= 20, "{others} other ways for 40 pairs");
    }
}

#[test]
fn a_closed_road_is_driven_round_and_still_reached() {
    let network = Arc::new(demo_city(8, CitySize::Town));
    let mut navigator = Navigator::new(Arc::clone(&network), CAR);
    navigator.prepare();
    let (from, to) = (snap_at(&network, EdgeId(3), 0.5), snap_at(&network, EdgeId(300), 0.5));
    let open = navigator.path(&from, &to, &Closures::none()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(open.found_by, FoundBy::Hierarchy);
    let middle = open.parts[open.parts.len() / 2].road;
    let mut closures = Closures::none();
    closures.close(middle.edge);
    let round = navigator.path(&from, &to, &closures).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(round.found_by, FoundBy::ExactSearch);
    assert!(round.parts.iter().all(|part| part.road.edge != middle.edge) && round.duration_ms >= open.duration_ms);
    let at_the_scene = navigator.path(&from, &snap_at(&network, middle.edge, 0.5), &closures);
    assert!(at_the_scene.is_ok_and(|path| path.parts.last().is_some_and(|part| part.road.edge == middle.edge)));
}

#[test]
fn an_empty_network_has_no_way() {
    let mut navigator = Navigator::new(Arc::new(RoadNetwork::default()), CAR);
    navigator.prepare();
    assert_eq!((navigator.snap(Wgs84 { lon: 120.0, lat: 23.0 }, 1e9), navigator.is_prepared()), (None, false));
}
