//! A*, Dijkstra and the one-to-many search must agree to the millisecond, on invented and on real roads.
#![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::access::VehicleClass;
use crate::city::{CitySize, demo_city};
use crate::network::{EdgeSpec, NetworkBuilder, RoadClass};
use crate::test_data;

fn place(lon: f64, lat: f64) -> Wgs84 {
    Wgs84 { lon, lat }
}

/// Textbook Dijkstra over the network's own edges, sharing nothing with the code under test but the edge cost.
fn plain_dijkstra(network: &RoadNetwork, from: NodeId) -> Vec<Option<u64>> {
    let mut out: Vec<Vec<(usize, u64)>> = vec![Vec::new(); network.nodes().len()];
    for edge in network.edges() {
        let cost = u64::from(cost_ms(edge));
        for is_forward in [true, false] {
            let (tail, head) = edge.ends(is_forward);
            if edge.allows(VehicleClass::Car, is_forward) {
                out[tail.0 as usize].push((head.0 as usize, cost));
            }
        }
    }
    let mut best = vec![None; out.len()];
    let mut open = BinaryHeap::from([Reverse((0u64, from.0 as usize))]);
    while let Some(Reverse((cost, node))) = open.pop() {
        if best[node].is_some() {
            continue;
        }
        best[node] = Some(cost);
        for (next, step) in &out[node] {
            open.push(Reverse((cost + step, *next)));
        }
    }
    best
}

fn ms(travel: Option<Travel>) -> Option<u64> {
    travel.map(|travel| (travel.duration_s * 1_000.0).round() as u64)
}

fn assert_exact(network: RoadNetwork, origins: usize, seed: u64) {
    let router = Router::new(Arc::new(network));
    let network = router.network();
    let count = network.nodes().len() as u32;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..origins {
        let from = NodeId(rng.gen_range(0..count));
        let truth = plain_dijkstra(network, from);
        for _ in 0..40 {
            let to = NodeId(rng.gen_range(0..count));
            let found = ms(router.travel_between_nodes(from, to));
            assert_eq!(found, truth[to.0 as usize], "{from:?} to {to:?}");
        }
    }
}

fn assert_routes_agree(network: RoadNetwork, seed: u64) {
    let router = Router::new(Arc::new(network));
    let bounds = router.network().bounds().unwrap_or_else(|| panic!("the network is empty"));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut anywhere = || place(rng.gen_range(bounds.west..bounds.east), rng.gen_range(bounds.south..bounds.north));
    for _ in 0..12 {
        let target = anywhere();
        let sources: Vec<Wgs84> = (0..25).map(|_| anywhere()).collect();
        let Ok(times) = router.times_to(target, &sources) else { continue };
        for (source, time) in sources.iter().zip(times) {
            match (router.route(*source, target), time) {
                (Ok(route), Some(time)) => {
                    assert!((route.duration_s - time.duration_s).abs() < 1e-9, "{source:?} to {target:?}");
                    let drawn = crate::geo::length_m(&route.polyline);
                    assert!((drawn - route.distance_m).abs() < 2.0 + drawn * 1e-3, "{drawn} and {} m", route.distance_m);
                }
                (Err(_), None) => {}
                (route, time) => panic!("{route:?} but {time:?}"),
            }
        }
    }
}

#[test]
fn a_star_finds_what_dijkstra_finds_in_the_demo_city() {
    assert_exact(demo_city(11, CitySize::District), 40, 1);
}

#[test]
fn a_star_finds_what_dijkstra_finds_in_tainan() {
    let Some(network) = test_data::network("roads/arterial_edges.csv") else { return };
    assert_exact(network, 40, 2);
}

#[test]
fn a_star_finds_what_dijkstra_finds_in_luxembourg() {
    let Some(network) = test_data::network("roads/luxembourg_city.osm") else { return };
    assert_exact(network, 40, 3);
}

#[test]
fn one_search_for_many_units_finds_what_each_route_finds() {
    assert_routes_agree(demo_city(12, CitySize::District), 4);
    for file in ["roads/arterial_edges.csv", "roads/luxembourg_city.osm"] {
        if let Some(network) = test_data::network(file) {
            assert_routes_agree(network, 5);
        }
    }
}

/// A square of four streets of 1 km: south and east are fast, the west street is one-way southwards.
fn square() -> Router {
    let mut builder = NetworkBuilder::new();
    let corners = [(120.20, 23.00), (120.21, 23.00), (120.21, 23.01), (120.20, 23.01)];
    let nodes: Vec<NodeId> = corners.iter().filter_map(|(lon, lat)| builder.node(place(*lon, *lat)).ok()).collect();
    let mut street = |from: usize, to: usize, name, speed_kmh, one_way| {
        let spec = EdgeSpec { speed_kmh, one_way, name: Some(name), ..EdgeSpec::of_class(RoadClass::Primary) };
        assert!(builder.edge(nodes[from], nodes[to], &[], spec).is_ok());
    };
    street(0, 1, "南街", 60, false);
    street(1, 2, "東街", 60, false);
    street(2, 3, "北街", 30, false);
    street(3, 0, "西街", 60, true);
    Router::new(Arc::new(builder.build()))
}

#[test]
fn a_route_names_its_streets_in_driving_order() {
    let route = square().route(place(120.202, 23.0001), place(120.2099, 23.008));
    let route = route.unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<Option<&str>> = route.streets.iter().map(|run| run.name.as_deref()).collect();
    assert_eq!(names, [Some("南街"), Some("東街")]);
    assert!((route.distance_m - 1_709.0).abs() < 10.0, "{} m", route.distance_m);
    assert!((route.duration_s - route.distance_m / (60.0 / 3.6)).abs() < 0.1);
    assert_eq!(route.polyline.len(), 3);
}

#[test]
fn nobody_is_sent_against_a_one_way_street() {
    let router = square();
    let (low, high) = (place(120.2, 23.003), place(120.2, 23.007));
    let with = router.route(high, low).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(with.streets.len(), 1);
    let against = router.route(low, high).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<Option<&str>> = against.streets.iter().map(|run| run.name.as_deref()).collect();
    assert_eq!(names, [Some("西街"), Some("南街"), Some("東街"), Some("北街"), Some("西街")]);
}

#[test]
fn two_places_on_one_street_need_no_junction() {
    let route = square().route(place(120.2025, 23.0), place(120.2045, 23.0));
    let route = route.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((route.polyline.len(), route.streets.len()), (2, 1));
    assert!((route.distance_m - 204.7).abs() < 1.0, "{} m", route.distance_m);
}

#[test]
fn a_place_far_from_any_road_is_refused_by_name() {
    let refused = square().route(place(120.205, 23.2), place(120.2, 23.0));
    assert_eq!(refused.err().map(|error| error.key()), Some("roads.route.no_road_near"));
}

#[test]
fn a_unit_off_the_map_is_unranked_and_the_others_keep_their_order() {
    let times = square().times_to(place(120.2, 23.0), &[place(120.205, 23.0), place(121.5, 25.0), place(120.21, 23.0)]);
    let times = times.unwrap_or_default();
    assert!(matches!(times.as_slice(), [Some(a), None, Some(b)] if a.duration_s < b.duration_s), "{times:?}");
}

#[test]
fn a_snap_never_lands_on_a_footway_or_a_stranded_stub() {
    let mut builder = NetworkBuilder::new();
    let ids: Vec<NodeId> = [(120.20, 23.0), (120.21, 23.0), (120.20, 23.001), (120.21, 23.001), (120.205, 23.0005)]
        .iter()
        .filter_map(|(lon, lat)| builder.node(place(*lon, *lat)).ok())
        .collect();
    let road = EdgeSpec::of_class(RoadClass::Primary);
    let stub = EdgeSpec { one_way: true, ..road };
    assert!(builder.edge(ids[0], ids[1], &[], road).is_ok());
    assert!(builder.edge(ids[2], ids[3], &[], EdgeSpec::of_class(RoadClass::Path)).is_ok());
    assert!(builder.edge(ids[0], ids[4], &[], stub).is_ok());
    let router = Router::new(Arc::new(builder.build()));
    for lat in [23.0004, 23.0006, 23.0012] {
        let snap = router.snap(place(120.205, lat), 500.0).unwrap_or_else(|| panic!("a road is near"));
        assert_eq!(snap.edge, EdgeId(0));
    }
}

#[test]
fn an_empty_network_answers_and_does_not_fall_over() {
    let router = Router::new(Arc::new(RoadNetwork::default()));
    assert_eq!(router.snap(place(120.0, 23.0), 1e9), None);
    assert!(router.times_to(place(120.0, 23.0), &[]).is_err());
    assert_eq!(router.travel_between_nodes(NodeId(0), NodeId(1)), None);
}

proptest! {
    #[test]
    fn a_snap_is_as_near_as_the_nearest_point_of_any_street(lon in 120.185f64..120.215, lat in 22.98f64..23.0) {
        let router = Router::new(Arc::new(demo_city(3, CitySize::Town)));
        let asked = place(lon, lat);
        let snap = router.snap(asked, 5_000.0);
        let network = router.network();
        let nearest = network.edges().iter().flat_map(|edge| {
            let line = network.polyline(edge);
            line.windows(2).map(|pair| {
                let (a, b) = (crate::geo::Flat::from_place(pair[0]), crate::geo::Flat::from_place(pair[1]));
                let share = crate::geo::Flat::from_place(asked).nearest_on(a, b);
                let on = place(pair[0].lon + (pair[1].lon - pair[0].lon) * share, pair[0].lat + (pair[1].lat - pair[0].lat) * share);
                asked.distance_m(on)
            })
        }).fold(f64::INFINITY, f64::min);
        let found = snap.map_or(f64::INFINITY, |snap| snap.distance_m);
        prop_assert!((found - nearest).abs() < 0.01, "{found} but {nearest}");
    }
}
