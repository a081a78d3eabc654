//! Questions at the edge of sense, each with the answer that it must have.

use std::sync::Arc;

use shouhu_roads::{EdgeId, NodeId};

use crate::{
    Escape, InterceptError, Outcome, Outside, Piece, Plan, Post, Reason, Ring, Seen, Settings, Spot, Streets, Unit, UnitId,
    WhyOpen, close_exits,
};

/// Junctions 0 to `count` - 1 in a row, ten seconds apart.
fn row(count: u32) -> Arc<Streets> {
    let pieces: Vec<Piece> = (1..count).map(|node| Piece::two_way(NodeId(node - 1), NodeId(node), 10.0)).collect();
    Arc::new(Streets::from_pieces(count as usize, &pieces).unwrap())
}

fn at(node: u32) -> Spot {
    Spot::Junction(NodeId(node))
}

fn settings(exits: &[u32]) -> Settings {
    let outside = Outside::Exits(exits.iter().copied().map(NodeId).collect());
    Settings { setup_s: 0.0, outside, ..Settings::default() }
}

fn asked(units: &[Unit], seen: &[Seen], settings: &Settings) -> Result<Plan, InterceptError> {
    Ring::new(row(7)).resolve(units, seen, settings)
}

#[test]
fn without_units_the_way_out_is_told() {
    let plan = asked(&[], &[Seen::surely(at(3), 0.0)], &settings(&[0])).unwrap();
    assert_eq!(plan.outcome, Outcome::Open { units_short: 1 });
    assert_eq!(plan.leaks.first().map(|leak| leak.why), Some(WhyOpen::NoUnit));
    let way = vec![NodeId(3), NodeId(2), NodeId(1), NodeId(0)];
    assert_eq!(plan.escape, Some(Escape { junctions: way, out_s: 30.0 }));
}

#[test]
fn one_who_stands_at_an_exit_is_out() {
    let plan = asked(&[Unit::free(1, at(0))], &[Seen::surely(at(0), 5.0)], &settings(&[0, 6])).unwrap();
    assert!(matches!(plan.outcome, Outcome::Open { .. }));
    assert_eq!(plan.escape, Some(Escape { junctions: vec![NodeId(0)], out_s: -5.0 }));
}

#[test]
fn a_unit_at_his_junction_holds_the_next_one_it_reaches_first() {
    let late = asked(&[Unit::free(1, at(3))], &[Seen::surely(at(3), 1.0)], &settings(&[0])).unwrap();
    assert_eq!(late.outcome, Outcome::Open { units_short: 1 });
    assert!(matches!(late.leaks.first().map(|leak| leak.why), Some(WhyOpen::TooLate { unit: UnitId(1), by_s }) if by_s == 1.0));
    // Side by side at equal speed, the tie is the unit's.
    let tie = asked(&[Unit::free(1, at(3))], &[Seen::surely(at(3), 0.0)], &settings(&[0])).unwrap();
    assert_eq!((tie.outcome, tie.orders.len()), (Outcome::Closed, 1));
    assert_ne!(tie.orders.first().map(|order| order.junction), Some(NodeId(3)));
}

#[test]
fn one_who_cannot_get_out_needs_no_ring() {
    let pieces = [Piece::two_way(NodeId(0), NodeId(1), 10.0), Piece::two_way(NodeId(2), NodeId(3), 10.0)];
    let streets = Arc::new(Streets::from_pieces(4, &pieces).unwrap());
    let plan = Ring::new(streets).resolve(&[Unit::free(1, at(2))], &[Seen::surely(at(0), 60.0)], &settings(&[3])).unwrap();
    assert_eq!((plan.outcome, plan.contained_weight), (Outcome::NoWayOut, 1.0));
    assert_eq!(plan.verdicts.first().map(|verdict| verdict.reasons.clone()), Some(vec![Reason::NoRing]));
}

#[test]
fn a_unit_on_an_island_has_no_way() {
    let pieces = [Piece::two_way(NodeId(0), NodeId(1), 10.0)];
    let streets = Arc::new(Streets::from_pieces(3, &pieces).unwrap());
    let plan = Ring::new(streets).resolve(&[Unit::free(1, at(2))], &[Seen::surely(at(0), 0.0)], &settings(&[1])).unwrap();
    assert_eq!(plan.outcome, Outcome::Open { units_short: 1 });
    assert_eq!(plan.verdicts.first().map(|verdict| verdict.reasons.clone()), Some(vec![Reason::NoWay]));
}

#[test]
fn numbers_that_are_none_are_refused_by_name() {
    let (unit, seen) = ([Unit::free(1, at(0))], [Seen::surely(at(3), 0.0)]);
    let refused = |settings: Settings| {
        asked(&unit, &seen, &settings).is_err_and(|error| matches!(error, InterceptError::OutOfRange { .. }))
    };
    assert!(refused(Settings { speed_ratio: f64::NAN, ..settings(&[0]) }));
    assert!(refused(Settings { speed_ratio: 0.0, ..settings(&[0]) }));
    assert!(refused(Settings { setup_s: f64::INFINITY, ..settings(&[0]) }));
    assert!(refused(Settings { margin_s: -1.0, ..settings(&[0]) }));
    assert!(refused(Settings { horizon_s: f64::NAN, ..settings(&[0]) }));
    let unit = Unit { free_in_s: f64::NAN, ..unit[0] };
    assert!(asked(&[unit], &seen, &settings(&[0])).is_err());
    assert!(asked(&[], &[Seen { weight: 0.0, ..seen[0] }], &settings(&[0])).is_err());
    assert!(asked(&[], &[Seen { ago_s: f64::NAN, ..seen[0] }], &settings(&[0])).is_err());
    let nan = Piece::two_way(NodeId(0), NodeId(1), f64::NAN);
    assert!(Streets::from_pieces(2, &[nan]).is_err());
    assert!(close_exits(&[UnitId(1)], &[NodeId(0)], |_, _| Some(f64::NAN)).is_err());
}

#[test]
fn what_does_not_exist_is_named() {
    let seen = [Seen::surely(at(3), 0.0)];
    assert_eq!(asked(&[], &[], &settings(&[0])), Err(InterceptError::NoSighting));
    assert_eq!(asked(&[], &[seen[0]; 17], &settings(&[0])), Err(InterceptError::TooManySightings(17)));
    assert_eq!(asked(&[], &seen, &settings(&[])), Err(InterceptError::NoExit));
    assert_eq!(asked(&[], &seen, &settings(&[7])), Err(InterceptError::NoSuchJunction(NodeId(7))));
    assert_eq!(asked(&[Unit::free(4, at(0)), Unit::free(4, at(1))], &seen, &settings(&[0])), Err(InterceptError::UnitTwice(4)));
    let nowhere = Spot::OnRoad { road: EdgeId(99), fraction: 0.5 };
    assert_eq!(asked(&[Unit::free(1, nowhere)], &seen, &settings(&[0])), Err(InterceptError::NoSuchRoad(EdgeId(99))));
    let footpath = Piece { suspect_s: [None; 2], ..Piece::two_way(NodeId(0), NodeId(1), 10.0) };
    let streets = Arc::new(Streets::from_pieces(2, &[footpath]).unwrap());
    let on_it = [Seen::surely(Spot::OnRoad { road: EdgeId(0), fraction: 0.5 }, 0.0)];
    let refused = Ring::new(streets).resolve(&[], &on_it, &settings(&[0]));
    assert_eq!(refused, Err(InterceptError::NoRoadForHim(EdgeId(0))));
    let post = Some(Post { junction: NodeId(1), since_s: 3.0 });
    assert!(asked(&[Unit { post, ..Unit::free(1, at(1)) }], &seen, &settings(&[0])).is_err());
}

#[test]
fn nothing_at_all_is_no_road_network_but_no_panic_either() {
    let streets = Arc::new(Streets::from_pieces(0, &[]).unwrap());
    let refused = Ring::new(streets).resolve(&[], &[Seen::surely(at(0), 0.0)], &Settings::default());
    assert_eq!(refused, Err(InterceptError::NoSuchJunction(NodeId(0))));
    let closing = close_exits(&[], &[NodeId(4)], |_, _| None).unwrap();
    assert_eq!((closing.open, closing.last_s), (vec![NodeId(4)], 0.0));
    assert!(close_exits(&[UnitId(1)], &[], |_, _| None).unwrap().orders.is_empty());
}

#[test]
fn of_thousands_of_units_the_nearest_are_compared_and_the_others_told_so() {
    let units: Vec<Unit> = (0..5_000).map(|id| Unit::free(id, at(if id < 4_998 { 6 } else { 1 }))).collect();
    let plan = asked(&units, &[Seen::surely(at(3), 5.0)], &settings(&[0])).unwrap();
    assert_eq!(plan.outcome, Outcome::Closed);
    assert!(plan.orders.first().is_some_and(|order| order.unit.0 >= 4_998));
    let far = plan.verdicts.iter().filter(|verdict| verdict.reasons == [Reason::FartherThanEnough]).count();
    assert_eq!(far, 5_000 - crate::UNITS_COMPARED_MAX);
}

#[test]
fn one_between_two_junctions_may_turn_round() {
    // Two seconds from junction 3 and eight from junction 4.
    let seen = [Seen::surely(Spot::OnRoad { road: EdgeId(3), fraction: 0.2 }, 0.0)];
    let units = [Unit::free(1, at(3)), Unit::free(2, at(4))];
    let plan = asked(&units, &seen, &settings(&[0, 6])).unwrap();
    let held: Vec<(NodeId, f64)> = plan.orders.iter().map(|order| (order.junction, order.suspect_s)).collect();
    assert_eq!(held, [(NodeId(3), 2.0), (NodeId(4), 8.0)]);
    // Twice as fast is half as far off; both units still stand where he comes by.
    let fast = Settings { speed_ratio: 2.0, ..settings(&[0, 6]) };
    let plan = asked(&units, &seen, &fast).unwrap();
    let held: Vec<f64> = plan.orders.iter().map(|order| order.suspect_s).collect();
    assert_eq!(held, [1.0, 4.0]);
}
