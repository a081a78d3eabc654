//! The published lockdown time, and the search for the fugitive at node 32.

use std::sync::Arc;

use shouhu_roads::NodeId;

use super::benchmark::{City, city};
use crate::{Outcome, Outside, Plan, Prefer, Ring, Seen, Settings, Spot, Unit, UnitId, close_exits};

#[test]
fn the_thirteen_exits_of_district_a_close_in_8_0155_minutes() {
    let Some(city) = city() else { return };
    let platforms = &city.platforms[..20];
    let times: Vec<_> = platforms.iter().map(|node| city.streets.unit_times_s(Spot::Junction(*node)).unwrap()).collect();
    let units: Vec<UnitId> = (1..=20).map(UnitId).collect();
    let closing = close_exits(&units, &city.exits_a, |unit, exit| times[unit][city.exits_a[exit].0 as usize]).unwrap();
    assert_eq!((closing.orders.len(), closing.open.len()), (13, 0));
    eprintln!("district A: last {:.6} min, total {:.4} min", closing.last_s / 60.0, closing.total_s / 60.0);
    assert!((closing.last_s / 60.0 - 8.015_457).abs() < 1e-5, "{}", closing.last_s / 60.0);
    assert!(closing.total_s / 60.0 < 46.195, "{}", closing.total_s / 60.0);
}

/// The crime was three minutes ago at node 32; every platform can send one unit at once.
fn hunt(city: &City, speed_ratio: f64, prefer: Prefer) -> Plan {
    let units: Vec<Unit> = (1..).zip(&city.platforms).map(|(id, node)| Unit::free(id, Spot::Junction(*node))).collect();
    let settings = Settings {
        speed_ratio,
        setup_s: 0.0,
        horizon_s: 7_200.0,
        outside: Outside::Exits(city.exits_city.clone()),
        prefer,
        effort: 400_000,
        grain_s: 0.0,
        ..Settings::default()
    };
    let seen = [Seen::surely(Spot::Junction(NodeId(32)), 180.0)];
    Ring::new(Arc::clone(&city.streets)).resolve(&units, &seen, &settings).unwrap()
}

fn said(plan: &Plan, ratio: f64, prefer: Prefer) -> (usize, f64, f64) {
    let (closed, radius) = (plan.closed_s.unwrap() / 60.0, plan.radius_s.unwrap() / 60.0);
    let units = plan.orders.len();
    eprintln!(
        "node 32, {ratio}x, {prefer:?}: {units} units, manned {closed:.2} min after the alarm, radius {radius:.2} min after the alarm, proven {}",
        plan.is_proven
    );
    (units, closed, radius)
}

#[test]
fn the_fugitive_at_node_32_is_ringed_by_at_most_eleven_units() {
    let Some(city) = city() else { return };
    for (ratio, units_max, radius_max) in [(1.0, 11, 27.9), (1.2, 14, 25.7), (1.5, 14, 20.5)] {
        let few = hunt(&city, ratio, Prefer::FewestUnits);
        assert_eq!(few.outcome, Outcome::Closed, "at {ratio}");
        let (units, closed, _) = said(&few, ratio, Prefer::FewestUnits);
        assert!(units <= units_max && closed <= radius_max, "{units} units by {closed} min at {ratio}");
        let small = hunt(&city, ratio, Prefer::SmallestRing);
        assert_eq!(small.outcome, Outcome::Closed, "at {ratio}");
        said(&small, ratio, Prefer::SmallestRing);
        assert!(small.radius_s <= few.radius_s);
    }
}
