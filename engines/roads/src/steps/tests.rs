//! A small town drawn here: a street to the east that meets a tee, a roundabout and a fork.
#![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use std::sync::Arc;

use super::*;
use crate::access::VehicleClass;
use crate::city::{CitySize, demo_city};
use crate::navigate::Closures;
use crate::network::{EdgeId, EdgeSpec, NetworkBuilder, RoadClass, RoadNetwork};
use crate::profile::{Profile, WeightSet};

/// Nodes on a grid of about 100 m: (column, row).
fn town(nodes: &[(f64, f64)], roads: &[(usize, usize, &str, bool)]) -> Navigator {
    let mut builder = NetworkBuilder::new();
    let place = |(x, y): &(f64, f64)| Wgs84 { lon: 120.2 + x * 0.001, lat: 23.0 + y * 0.001 };
    let ids: Vec<_> = nodes.iter().filter_map(|node| builder.node(place(node)).ok()).collect();
    for (from, to, name, is_roundabout) in roads {
        let name = Some(*name).filter(|name| !name.is_empty());
        let spec = EdgeSpec { name, is_roundabout: *is_roundabout, one_way: *is_roundabout, ..EdgeSpec::of_class(RoadClass::Primary) };
        assert!(builder.edge(ids[*from], ids[*to], &[], spec).is_ok());
    }
    Navigator::new(Arc::new(builder.build()), Profile::new(VehicleClass::Car, WeightSet::Day))
}

fn told(navigator: &Navigator, from: (f64, f64), to: (f64, f64), language: Language) -> OsrmRoute {
    let snap = |(x, y): (f64, f64)| navigator.snap(Wgs84 { lon: 120.2 + x * 0.001, lat: 23.0 + y * 0.001 }, 50.0);
    let (Some(from), Some(to)) = (snap(from), snap(to)) else { panic!("both places lie on roads") };
    let path = navigator.path(&from, &to, &Closures::none()).unwrap_or_else(|error| panic!("{error}"));
    steps(navigator, &path, language)
}

fn sentences(route: &OsrmRoute) -> Vec<&str> {
    route.legs[0].steps.iter().map(|step| step.maneuver.instruction.as_str()).collect()
}

#[test]
fn a_turn_a_tee_and_an_arrival_are_told_in_both_languages() {
    let nodes = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 1.0), (1.0, -1.0), (0.0, 1.0), (2.0, 1.0)];
    let roads = [
        (0, 1, "民生路", false),
        (1, 2, "民生路", false),
        (1, 3, "中山路", false),
        (1, 4, "中山路", false),
        (3, 5, "成功路", false),
        (3, 6, "成功路", false),
    ];
    let navigator = town(&nodes, &roads);
    let route = told(&navigator, (0.2, 0.0), (0.3, 1.0), Language::ZhTw);
    assert_eq!(sentences(&route), ["沿民生路向東出發", "左轉，進入中山路", "路底左轉，進入成功路", "抵達目的地"]);
    let english = told(&navigator, (0.2, 0.0), (0.3, 1.0), Language::En);
    assert_eq!(
        sentences(&english),
        ["Head east on 民生路", "Turn left onto 中山路", "At the end of the road turn left onto 成功路", "You have arrived"]
    );
    let straight = told(&navigator, (0.2, 0.0), (1.7, 0.0), Language::ZhTw);
    assert_eq!(sentences(&straight), ["沿民生路向東出發", "抵達目的地"], "straight over a crossing needs no word");
}

#[test]
fn a_roundabout_counts_its_exits() {
    // Driven anticlockwise from the west arm: south, east, north.
    let nodes = [(-1.0, 0.0), (0.0, 0.0), (0.5, -0.5), (1.0, 0.0), (0.5, 0.5), (0.5, -1.5), (2.0, 0.0), (0.5, 1.5)];
    let ring = [(1, 2, "", true), (2, 3, "", true), (3, 4, "", true), (4, 1, "", true)];
    let arms = [(0, 1, "西門路", false), (2, 5, "南門路", false), (3, 6, "東門路", false), (4, 7, "北門路", false)];
    let navigator = town(&nodes, &[ring, arms].concat());
    let route = told(&navigator, (-0.8, 0.0), (0.5, 1.3), Language::ZhTw);
    assert_eq!(
        sentences(&route),
        ["沿西門路向東出發", "進入圓環，由第 3 個出口駛出，進入北門路", "駛出圓環，進入北門路", "抵達目的地"]
    );
}

#[test]
fn a_step_has_the_form_that_osrm_gives_it() {
    let nodes = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 1.0)];
    let navigator = town(&nodes, &[(0, 1, "民生路", false), (1, 2, "民生路", false), (1, 3, "中山路", false)]);
    let route = told(&navigator, (0.5, 0.0), (1.0, 0.5), Language::ZhTw);
    let json = serde_json::to_value(&route).unwrap_or_default();
    let turn = &json["legs"][0]["steps"][1];
    assert_eq!(turn["maneuver"]["type"], "turn");
    assert_eq!(turn["maneuver"]["modifier"], "left");
    assert_eq!((turn["maneuver"]["bearing_before"].as_u64(), turn["maneuver"]["bearing_after"].as_u64()), (Some(90), Some(0)));
    assert_eq!(turn["intersections"][0]["bearings"], serde_json::json!([0, 90, 270]));
    assert_eq!(turn["intersections"][0]["entry"], serde_json::json!([true, true, true]));
    assert_eq!((turn["intersections"][0]["in"].as_u64(), turn["intersections"][0]["out"].as_u64()), (Some(2), Some(0)));
    assert_eq!(json["legs"][0]["steps"][0]["intersections"][0]["out"], 0);
    assert_eq!(json["legs"][0]["summary"], "中山路、民生路");
    assert_eq!(json["weight_name"], "duration");
}

#[test]
fn steps_add_up_to_the_way_everywhere_in_a_city() {
    let network: Arc<RoadNetwork> = Arc::new(demo_city(4, CitySize::District));
    let navigator = Navigator::new(Arc::clone(&network), Profile::new(VehicleClass::Motorcycle, WeightSet::Night));
    let snap = |edge: u32| {
        let place = network.polyline(&network.edges()[edge as usize])[0];
        crate::snap::Snap { edge: EdgeId(edge), place, distance_m: 0.0, fraction: 0.0 }
    };
    for from in (0..2_000).step_by(97) {
        let Ok(path) = navigator.path(&snap(from), &snap(2_100 - from), &Closures::none()) else { continue };
        let route = steps(&navigator, &path, Language::En);
        let all = &route.legs[0].steps;
        assert!((all.iter().map(|step| step.distance).sum::<f64>() - route.distance).abs() < 0.1 * all.len() as f64);
        assert!((all.iter().map(|step| step.duration).sum::<f64>() - route.duration).abs() < 0.1 * all.len() as f64 + 0.1);
        assert_eq!(all.first().map(|step| step.maneuver.kind), Some(ManeuverType::Depart));
        assert_eq!(all.last().map(|step| step.maneuver.kind), Some(ManeuverType::Arrive));
        for step in all {
            for junction in &step.intersections {
                assert_eq!(junction.bearings.len(), junction.entry.len());
                assert!(junction.leaves_by.is_none_or(|out| junction.entry[out]), "{junction:?}");
            }
        }
    }
}
