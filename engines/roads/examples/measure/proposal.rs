//! What one proposal of a dispatcher asks of the roads: the times of 300 units to one scene, a third each by car, by motorcycle and on
//! foot. Before: the plain router, which drives them all as cars at the speed limits.

use std::sync::Arc;

use shouhu_place::Wgs84;
use shouhu_roads::{Closures, Navigator, Profile, RoadNetwork, Router, Snap, VehicleClass, WeightSet};

use super::each;

const UNITS: usize = 300;
const SCENES: usize = 200;
const SNAP_M: f64 = 2_000.0;

pub fn measure(network: &Arc<RoadNetwork>, router: &Router, places: &[Wgs84]) {
    let (units, scenes) = (places.get(..UNITS.min(places.len())).unwrap_or_default(), places.iter().rev().take(SCENES));
    let before = each(scenes.clone(), |scene| drop(router.times_to(*scene, units)));
    let navigators = VehicleClass::ALL.map(|vehicle| {
        let mut navigator = Navigator::new(Arc::clone(network), Profile::new(vehicle, WeightSet::Emergency));
        navigator.prepare();
        navigator
    });
    let fleets: Vec<Vec<Wgs84>> =
        (0..navigators.len()).map(|first| units.iter().skip(first).step_by(navigators.len()).copied().collect()).collect();
    let ask = |scene: &Wgs84, closures: &Closures| {
        for (navigator, fleet) in navigators.iter().zip(&fleets) {
            let Some(goal) = navigator.snap(*scene, SNAP_M) else { continue };
            let snaps: Vec<Option<Snap>> = fleet.iter().map(|place| navigator.snap(*place, SNAP_M)).collect();
            drop(navigator.times_to(&goal, &snaps, closures));
        }
    };
    let open = Closures::none();
    let after = each(scenes.clone(), |scene| ask(scene, &open));
    let mut closed = Closures::none();
    for (id, _) in network.edge_ids().step_by(50) {
        closed.close(id);
    }
    let around = each(scenes.clone(), |scene| ask(scene, &closed));
    let one_by_one = each(scenes, |scene| {
        for (navigator, fleet) in navigators.iter().zip(&fleets) {
            let Some(goal) = navigator.snap(*scene, SNAP_M) else { continue };
            for snap in fleet.iter().filter_map(|place| navigator.snap(*place, SNAP_M)) {
                drop(navigator.path(&snap, &goal, &open));
            }
        }
    });
    println!("  median, p95: proposal of {UNITS} units: plain router {before}; by vehicle {after}; with 2 % closed {around}");
    println!("  median, p95: the same by a hierarchy query for each unit {one_by_one}");
}
