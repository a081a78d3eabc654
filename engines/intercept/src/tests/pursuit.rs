//! From sighting to sighting: what is kept, what is given up, and what is said about it.

use std::sync::Arc;

use shouhu_place::Wgs84;
use shouhu_roads::{
    DirectedEdge, EdgeId, EdgeSpec, NetworkBuilder, NodeId, Profile, RoadClass, TurnBan, VehicleClass, VehicleSet, WeightSet,
};

use crate::{
    Flight, InterceptError, Outcome, Outside, Piece, Post, Prefer, Reason, Ring, Seen, Settings, Spot, Streets, Unit, UnitId,
    WhyOpen,
};

fn at(node: u32) -> Spot {
    Spot::Junction(NodeId(node))
}

/// A square grid of streets, ten seconds to the block; junction `x + y * side`.
fn grid(side: u32) -> Arc<Streets> {
    let mut pieces = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let here = NodeId(x + y * side);
            if x + 1 < side {
                pieces.push(Piece::two_way(here, NodeId(here.0 + 1), 10.0));
            }
            if y + 1 < side {
                pieces.push(Piece::two_way(here, NodeId(here.0 + side), 10.0));
            }
        }
    }
    Arc::new(Streets::from_pieces((side * side) as usize, &pieces).unwrap())
}

fn settings() -> Settings {
    Settings { setup_s: 0.0, horizon_s: 100.0, grain_s: 0.0, ..Settings::default() }
}

/// The four neighbours of the middle of a 21 × 21 grid, and what lies one block further.
const MIDDLE: u32 = 220;
const AROUND: [u32; 4] = [MIDDLE - 21, MIDDLE - 1, MIDDLE + 1, MIDDLE + 21];

#[test]
fn four_units_around_a_crossing_close_it_at_once() {
    let units: Vec<Unit> = (0..).zip(AROUND).map(|(id, node)| Unit::free(id, at(node))).collect();
    let plan = Ring::new(grid(21)).resolve(&units, &[Seen::surely(at(MIDDLE), 0.0)], &settings()).unwrap();
    assert_eq!((plan.outcome, plan.closed_s, plan.radius_s), (Outcome::Closed, Some(0.0), Some(10.0)));
    assert!(plan.orders.iter().all(|order| order.slack_s == 10.0) && plan.is_proven);
}

#[test]
fn of_equal_units_the_one_that_drives_there_already_is_kept() {
    // A row 0 … 8: he is at 4, exits at both ends; units 1 and 2 stand at 7, unit 3 at 1.
    let pieces: Vec<Piece> = (1..9).map(|node| Piece::two_way(NodeId(node - 1), NodeId(node), 10.0)).collect();
    let streets = Arc::new(Streets::from_pieces(9, &pieces).unwrap());
    let exits = Settings { outside: Outside::Exits(vec![NodeId(0), NodeId(8)]), ..settings() };
    let seen = [Seen::surely(at(4), 0.0)];
    let mut ring = Ring::new(streets);
    let only_two = [Unit { is_busy: true, ..Unit::free(1, at(7)) }, Unit::free(2, at(7)), Unit::free(3, at(1))];
    let first = ring.resolve(&only_two, &seen, &exits).unwrap();
    assert!(first.orders.iter().any(|order| order.unit == UnitId(2) && !order.is_kept));
    let both = [Unit::free(1, at(7)), Unit::free(2, at(7)), Unit::free(3, at(1))];
    let next = ring.resolve(&both, &seen, &exits).unwrap();
    assert!(next.orders.iter().all(|order| order.is_kept && order.unit != UnitId(1)), "{:?}", next.orders);
    let reasons = next.verdicts.iter().find(|verdict| verdict.unit == UnitId(2)).map(|verdict| verdict.reasons.clone());
    assert!(reasons.is_some_and(|reasons| reasons.contains(&Reason::AlreadyDriving)));
    ring.forget_orders();
    let anew = ring.resolve(&both, &seen, &exits).unwrap();
    assert!(anew.orders.iter().any(|order| order.unit == UnitId(1)), "without a past the first named is taken");
}

#[test]
fn a_closed_street_keeps_units_off_and_not_the_fugitive() {
    let streets = grid(21);
    // The first street of the grid, from junction 0 to 1: round the block it takes three.
    let shut = Arc::new(streets.with_units_kept_off(&[EdgeId(0)]));
    let seconds = |streets: &Streets, from: Spot| streets.unit_times_s(from).unwrap()[1];
    assert_eq!((seconds(&streets, at(0)), seconds(&shut, at(0))), (Some(10.0), Some(30.0)));
    assert_eq!(seconds(&shut, Spot::OnRoad { road: EdgeId(0), fraction: 0.5 }), Some(5.0), "who stands in it drives off it");
    // He sits at one end of a street that only he takes: a unit at the other end is no sooner where he comes out.
    let row: Vec<Piece> = (1..9).map(|node| Piece::two_way(NodeId(node - 1), NodeId(node), 10.0)).collect();
    let open = Arc::new(Streets::from_pieces(9, &row).unwrap());
    let exits = Settings { outside: Outside::Exits(vec![NodeId(0), NodeId(8)]), ..settings() };
    let units = [Unit::free(2, at(7)), Unit::free(3, at(1))];
    let mut ring = Ring::new(Arc::clone(&open));
    assert_eq!(ring.resolve(&units, &[Seen::surely(at(4), 0.0)], &exits).unwrap().outcome, Outcome::Closed);
    ring.take_streets(Arc::new(open.with_units_kept_off(&[EdgeId(3), EdgeId(4)])));
    let again = ring.resolve(&units, &[Seen::surely(at(4), 0.0)], &exits).unwrap();
    assert!(again.outcome == Outcome::Closed && again.orders.iter().all(|order| order.is_kept), "{again:?}");
    // Both units west of the closed street, and he runs east through it.
    let elsewhere = [Unit::free(2, at(2)), Unit::free(3, at(1))];
    let late = ring.resolve(&elsewhere, &[Seen::surely(at(3), 0.0)], &exits).unwrap();
    assert!(late.outcome != Outcome::Closed && late.escape.is_some(), "he drives where the unit may not: {late:?}");
}

#[test]
fn a_kept_state_answers_as_a_fresh_one_does() {
    let streets = grid(21);
    let units: Vec<Unit> = (0..40).map(|id| Unit::free(id, at(id as u32 * 37 % 441))).collect();
    let mut kept = Ring::new(Arc::clone(&streets));
    for (round, node) in [220u32, 222, 243, 200].into_iter().enumerate() {
        // Every other unit moves between two sightings.
        let step = |unit: &Unit| {
            if unit.id.0.is_multiple_of(2) {
                *unit
            } else {
                Unit::free(unit.id.0, at((unit.id.0 as u32 * 37 + round as u32) % 441))
            }
        };
        let moved: Vec<Unit> = units.iter().map(step).collect();
        let seen = [Seen::surely(at(node), 5.0)];
        let plan = kept.resolve(&moved, &seen, &settings()).unwrap();
        let fresh = Ring::new(Arc::clone(&streets)).resolve(&moved, &seen, &settings()).unwrap();
        assert_eq!((plan.outcome, plan.radius_s, plan.orders.len()), (fresh.outcome, fresh.radius_s, fresh.orders.len()));
    }
}

#[test]
fn a_post_that_stood_before_he_passed_counts_from_then() {
    let pieces: Vec<Piece> = (1..4).map(|node| Piece::two_way(NodeId(node - 1), NodeId(node), 10.0)).collect();
    let streets = Arc::new(Streets::from_pieces(4, &pieces).unwrap());
    let exits = Settings { outside: Outside::Exits(vec![NodeId(3)]), ..settings() };
    // He was at 0 a minute ago: without the post he is out since half a minute.
    let seen = [Seen::surely(at(0), 60.0)];
    let unit = Unit::free(1, at(2));
    let late = Ring::new(Arc::clone(&streets)).resolve(&[unit], &seen, &exits).unwrap();
    assert_eq!(late.escape.map(|escape| escape.out_s), Some(-30.0));
    let post = Some(Post { junction: NodeId(2), since_s: -300.0 });
    let held = Ring::new(streets).resolve(&[Unit { post, ..unit }], &seen, &exits).unwrap();
    assert_eq!((held.outcome, held.closed_s), (Outcome::Closed, Some(-300.0)));
    assert!(held.verdicts[0].reasons.contains(&Reason::AlreadyStanding) && held.orders[0].drive_s == 0.0);
}

#[test]
fn the_least_believed_alternative_is_given_up_and_said_so() {
    // Two rows that do not meet, an exit on each; one unit, near both exits in turn.
    let pieces = [Piece::two_way(NodeId(0), NodeId(1), 30.0), Piece::two_way(NodeId(2), NodeId(3), 30.0)];
    let streets = Arc::new(Streets::from_pieces(4, &pieces).unwrap());
    let exits = Settings { outside: Outside::Exits(vec![NodeId(1), NodeId(3)]), ..settings() };
    let seen = [Seen { weight: 1.0, ..Seen::surely(at(0), 0.0) }, Seen { weight: 3.0, ..Seen::surely(at(2), 0.0) }];
    let units = [Unit::free(1, at(1)), Unit::free(2, at(3))];
    let both = Ring::new(Arc::clone(&streets)).resolve(&units, &seen, &exits).unwrap();
    assert_eq!((both.outcome, both.contained_weight, both.orders.len()), (Outcome::Closed, 1.0, 2));
    let one = Ring::new(streets).resolve(&units[1..], &seen, &exits).unwrap();
    assert_eq!((one.outcome, one.contained_weight), (Outcome::Closed, 0.75));
    assert_eq!(one.orders.iter().map(|order| order.junction).collect::<Vec<_>>(), [NodeId(3)]);
}

#[test]
fn units_that_are_short_are_counted_and_every_unit_is_answered() {
    let streets = grid(21);
    let near: Vec<Unit> = (0..).zip(&AROUND[..3]).map(|(id, node)| Unit::free(id, at(*node))).collect();
    let far = Unit::free(8, at(0));
    let busy = Unit { is_busy: true, ..Unit::free(9, at(AROUND[3])) };
    let units: Vec<Unit> = near.into_iter().chain([far, busy]).collect();
    let tight = Settings { horizon_s: 10.0, ..settings() };
    let plan = Ring::new(Arc::clone(&streets)).resolve(&units, &[Seen::surely(at(MIDDLE), 0.0)], &tight).unwrap();
    assert_eq!((plan.outcome, plan.orders.len()), (Outcome::Open { units_short: 1 }, 3));
    assert_eq!(plan.leaks[0].junction, NodeId(AROUND[3]));
    assert!(matches!(plan.leaks[0].why, WhyOpen::TooLate { .. } | WhyOpen::NoUnit), "{:?}", plan.leaks);
    assert_eq!(plan.verdicts[4].reasons, [Reason::Busy]);
    assert!(plan.verdicts[0].reasons.contains(&Reason::OnlyOneInTime));
    assert_eq!(plan.verdicts[3].reasons, [Reason::NoWay], "too far for this horizon");
}

#[test]
fn two_junctions_that_hang_on_one_unit_are_left_for_a_larger_ring() {
    // 0 forks to 1 and 2, either of which unit 1 alone reaches in time; behind them 3, 4 and 5, 6 with a unit each.
    let link = |a: u32, b: u32, unit_s: Option<f64>| Piece {
        from: NodeId(a),
        to: NodeId(b),
        unit_s: [unit_s; 2],
        suspect_s: [Some(10.0); 2],
    };
    let mut pieces = vec![link(0, 1, None), link(0, 2, None), link(1, 3, None), link(1, 4, None), link(2, 5, None)];
    pieces.extend([link(3, 6, None), link(4, 6, None), link(5, 6, None), link(7, 1, Some(1.0)), link(7, 2, Some(1.0))]);
    // Junction 7 is the unit's yard: he does not come by it.
    for piece in pieces.iter_mut().filter(|piece| piece.from == NodeId(7)) {
        piece.suspect_s = [None; 2];
    }
    let streets = Arc::new(Streets::from_pieces(8, &pieces).unwrap());
    let units = [Unit::free(1, at(7)), Unit::free(3, at(3)), Unit::free(4, at(4)), Unit::free(5, at(5))];
    let exits = Settings { outside: Outside::Exits(vec![NodeId(6)]), prefer: Prefer::FewestUnits, ..settings() };
    let plan = Ring::new(streets).resolve(&units, &[Seen::surely(at(0), 0.0)], &exits).unwrap();
    assert_eq!((plan.outcome, plan.orders.len(), plan.is_proven), (Outcome::Closed, 2, true));
    let mut held: Vec<NodeId> = plan.orders.iter().map(|order| order.junction).collect();
    held.sort_unstable();
    assert_eq!(held, [NodeId(1), NodeId(5)], "the one unit holds the fork that would need two");
}

#[test]
fn turn_bans_are_not_promised_to_a_profile_that_keeps_them() {
    let mut builder = NetworkBuilder::new();
    let nodes = [120.0, 120.001, 120.002].map(|lon| builder.node(Wgs84 { lon, lat: 23.0 }).unwrap());
    let spec = EdgeSpec { one_way: true, ..EdgeSpec::of_class(RoadClass::Primary) };
    let edges = [(nodes[0], nodes[1]), (nodes[1], nodes[2])].map(|(from, to)| builder.edge(from, to, &[], spec).unwrap());
    let path = edges.map(|edge| DirectedEdge { edge, is_forward: true }).to_vec();
    builder.turn_ban(TurnBan { path, vehicles: VehicleSet::MOTOR }).unwrap();
    let network = builder.build();
    let [day, siren] = [WeightSet::Day, WeightSet::Emergency].map(|weights| Profile::new(VehicleClass::Car, weights));
    assert!(matches!(Streets::new(&network, day, Flight::default()), Err(InterceptError::KeepsTurnBans)));
    let streets = Arc::new(Streets::new(&network, siren, Flight::default()).unwrap());
    // The unit keeps to the one-way street; he does not, and the ring must not believe that he does.
    assert_eq!(streets.unit_times_s(at(2)).unwrap()[0], None);
    let exits = Settings { outside: Outside::Exits(vec![NodeId(0)]), ..settings() };
    let seen = [Seen::surely(at(2), 0.0)];
    let plan = Ring::new(streets).resolve(&[], &seen, &exits).unwrap();
    assert!(plan.escape.is_some());
    let flight = Flight { keeps_one_ways: true, ..Flight::default() };
    let believed = Arc::new(Streets::new(&network, siren, flight).unwrap());
    assert_eq!(Ring::new(believed).resolve(&[], &seen, &exits).unwrap().outcome, Outcome::NoWayOut);
}
