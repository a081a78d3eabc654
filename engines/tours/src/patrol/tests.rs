//! Plans of random patrols against the rules, and the rules' errors by name.

use proptest::prelude::*;

use super::*;
use crate::budget::Iterations;
use crate::rng::Rng;

const HOUR_S: i64 = 3_600;

/// Places on a plane, some ways slower in one direction.
fn random_travel(places: usize, rng: &mut Rng) -> Travel {
    let at: Vec<(f64, f64)> = (0..places).map(|_| (rng.unit() * 2_000.0, rng.unit() * 2_000.0)).collect();
    let mut seconds = Vec::new();
    for a in &at {
        seconds.extend(at.iter().map(|b| ((a.0 - b.0).hypot(a.1 - b.1) * (1.0 + 0.3 * rng.unit())) as u32));
    }
    Travel::new(places, seconds).expect("a square table")
}

/// Up to three visits; one in four was visited before and has to wait.
fn random_spot(rng: &mut Rng) -> Kind {
    let not_before_s = if rng.below(4) == 0 { 8 * HOUR_S + rng.below(6) as i64 * HOUR_S } else { 0 };
    Kind::HotSpot { visits_max: 1 + rng.below(3) as u32, not_before_s }
}

/// A city of `stops` in eight villages, one stop in six a box with a window of three hours; caps that bite.
fn random_patrol(stops: usize, units: usize, seed: u64, unpredictability: f64) -> Result<Patrol, InputError> {
    let mut rng = Rng::seeded(seed);
    let travel = random_travel(stops + units, &mut rng);
    let stop = |place: u32, rng: &mut Rng| {
        let from_s = 8 * HOUR_S + rng.below(8) as i64 * HOUR_S;
        let window = Window { from_s, until_s: from_s + 3 * HOUR_S };
        let kind = if rng.below(6) == 0 { Kind::Box { window } } else { random_spot(rng) };
        let dwell = if rng.below(5) == 0 { Dwell { min_s: 120, max_s: 120 } } else { Dwell::KOPER };
        Stop { place, village: Village(rng.below(8) as u32), risk: (rng.unit() * 10.0).exp() / 100.0, dwell, kind }
    };
    let list = (0..stops as u32).map(|place| stop(place, &mut rng)).collect();
    let unit = |i: u32, rng: &mut Rng| {
        let from_s = 8 * HOUR_S + rng.below(3) as i64 * HOUR_S;
        let shift = Window { from_s, until_s: from_s + 8 * HOUR_S };
        Unit {
            start: stops as u32 + i,
            end: (stops as u32 + i + rng.below(2) as u32).min((stops + units) as u32 - 1),
            shift,
            dwell_s_max: 2 * HOUR_S + rng.below(3 * HOUR_S as usize) as i64,
        }
    };
    let crew = (0..units as u32).map(|i| unit(i, &mut rng)).collect();
    let caps = (0..4).map(|village| VillageCap { village: Village(village), dwell_s_max: 2 * HOUR_S }).collect();
    Patrol::new(list, crew, travel, caps, Rules { unpredictability, ..Rules::default() })
}

/// One unit at place 0 from 0 to `shift_s`; stops in a row, `apart_s` from each other and the first so far from the unit.
fn row(apart_s: u32, shift_s: i64, stops: Vec<Stop>) -> Result<Patrol, InputError> {
    let places = stops.len() as u32 + 1;
    let seconds = (0..places).flat_map(|a| (0..places).map(move |b| a.abs_diff(b) * apart_s)).collect();
    let shift = Window { from_s: 0, until_s: shift_s };
    let unit = Unit { start: 0, end: 0, shift, dwell_s_max: i64::MAX };
    Patrol::new(
        stops,
        vec![unit],
        Travel::new(places as usize, seconds)?,
        Vec::new(),
        Rules { unpredictability: 0.0, ..Rules::default() },
    )
}

fn spot(place: u32, risk: f64, visits_max: u32) -> Stop {
    Stop { place, village: Village(1), risk, dwell: Dwell::KOPER, kind: Kind::HotSpot { visits_max, not_before_s: 0 } }
}

fn patrol_box(place: u32, from_s: i64, until_s: i64) -> Stop {
    let dwell = Dwell { min_s: 60, max_s: 120 };
    Stop { place, village: Village(1), risk: 0.0, dwell, kind: Kind::Box { window: Window { from_s, until_s } } }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_plan_breaks_a_cap_a_window_a_dwell_a_gap_or_a_shift(
        stops in 0usize..30, units in 1usize..4, seed in any::<u64>(), loose in 0usize..3,
    ) {
        let patrol = match random_patrol(stops, units, seed, [0.0, 0.3, 1.0][loose]) {
            Ok(patrol) => patrol,
            // Some draws put a box out of reach, which has its own tests.
            Err(InputError::BoxOutOfReach { .. } | InputError::BoxesAboveVillageCap { .. } | InputError::BoxesAboveUnitCaps { .. }) => return Ok(()),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        match plan(&patrol, seed, &mut Iterations(300)) {
            Ok(plan) => {
                prop_assert_eq!(plan.check(&patrol), Ok(()));
                sums_hold(&patrol, &plan)?;
            }
            Err(PlanError::BoxesDoNotFit { boxes }) => prop_assert!(!boxes.is_empty()),
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_plan(seed in any::<u64>()) {
        let Ok(patrol) = random_patrol(25, 3, 11, 0.3) else { return Err(TestCaseError::fail("patrol 11 is sound")) };
        prop_assert_eq!(plan(&patrol, seed, &mut Iterations(100)), plan(&patrol, seed, &mut Iterations(100)));
    }

    #[test]
    fn another_seed_gives_another_order(seed in 0u64..1_000) {
        let Ok(patrol) = random_patrol(30, 3, 11, 0.5) else { return Err(TestCaseError::fail("patrol 11 is sound")) };
        let order = |seed| plan(&patrol, seed, &mut Iterations(100)).map(|plan| {
            plan.tours.iter().map(|tour| tour.visits.iter().map(|visit| visit.stop).collect::<Vec<_>>()).collect::<Vec<_>>()
        });
        prop_assert_ne!(order(seed), order(seed + 1));
    }
}

/// The shares are sums of the visits, and every stop that could have more visits is accounted for.
fn sums_hold(patrol: &Patrol, plan: &Plan) -> Result<(), TestCaseError> {
    let mut made = vec![0_u32; patrol.stops().len()];
    for (tour, unit) in plan.tours.iter().zip(patrol.units()) {
        let share = tour.share;
        let dwell_s: i64 = tour.visits.iter().map(|visit| visit.leave_s - visit.arrive_s).sum();
        prop_assert_eq!(dwell_s, share.dwell_s);
        prop_assert_eq!(share.dwell_s + share.travel_s + share.wait_s + share.spare_s, unit.shift.until_s - unit.shift.from_s);
        tour.visits.iter().for_each(|visit| made[visit.stop.0 as usize] += 1);
    }
    let expected: f64 = patrol
        .stops()
        .iter()
        .zip(&made)
        .map(|(stop, &visits)| (0..visits).map(|i| stop.risk * patrol.rules().repeat_worth.powi(i as i32)).sum::<f64>())
        .sum();
    prop_assert!((expected - plan.risk_covered).abs() <= 1e-6 * (1.0 + expected), "{} is not {}", plan.risk_covered, expected);
    let by_village: f64 = plan.villages.iter().map(|village| village.risk_covered).sum();
    prop_assert!((by_village - plan.risk_covered).abs() <= 1e-6 * (1.0 + expected));
    for (i, stop) in patrol.stops().iter().enumerate() {
        let left = plan.left_out.iter().find(|left| left.stop == StopNo(i as u32));
        match stop.kind {
            Kind::HotSpot { visits_max, .. } if made[i] < visits_max => {
                prop_assert_eq!(left.map(|left| left.visits_made), Some(made[i]))
            }
            _ => prop_assert!(left.is_none()),
        }
    }
    Ok(())
}

#[test]
fn most_random_patrols_can_be_planned_so_that_the_properties_are_of_something() {
    let sound: Vec<Patrol> = (0..40).filter_map(|seed| random_patrol(40, 2, seed, 0.3).ok()).collect();
    let plans: Vec<Plan> = sound.iter().filter_map(|patrol| plan(patrol, 1, &mut Iterations(50)).ok()).collect();
    assert!(plans.len() > 20, "{} of 40", plans.len());
    let all = |is_so: &dyn Fn(&Visit) -> bool| plans.iter().flat_map(|plan| &plan.tours).flat_map(|tour| &tour.visits).any(is_so);
    assert!(all(&|visit| matches!(visit.why_here, WhyHere::Box { .. })));
    assert!(all(&|visit| matches!(visit.why_here, WhyHere::Repeat { .. })));
    let left: Vec<Obstacle> = plans.iter().flat_map(|plan| &plan.left_out).map(|left| left.why).collect();
    assert!(left.iter().any(|why| matches!(why, Obstacle::RevisitGap { .. })));
    assert!(left.iter().any(|why| matches!(why, Obstacle::VillageCap { .. })));
    assert!(left.iter().any(|why| matches!(why, Obstacle::NoTime { .. } | Obstacle::UnitCap { .. })));
}

#[test]
fn one_unit_over_plain_hot_spots_covers_what_the_orienteering_solver_covers() {
    let mut rng = Rng::seeded(21);
    let places = 61;
    let at: Vec<(f64, f64)> = (0..places).map(|_| (rng.unit() * 3_000.0, rng.unit() * 3_000.0)).collect();
    let between = |a: usize, b: usize| (at[a].0 - at[b].0).hypot(at[a].1 - at[b].1).round() as u32;
    let seconds: Vec<u32> = (0..places).flat_map(|a| (0..places).map(move |b| (a, b))).map(|(a, b)| between(a, b)).collect();
    let shift_s = 4 * HOUR_S;
    let risks: Vec<u32> = (0..places).map(|_| 1 + rng.below(50) as u32).collect();
    let stops = (1..places).map(|place| spot(place as u32, f64::from(risks[place]), 1)).collect();
    let unit = Unit { start: 0, end: 0, shift: Window { from_s: 0, until_s: shift_s }, dwell_s_max: i64::MAX };
    let rules = Rules { unpredictability: 0.0, ..Rules::default() };
    let travel = Travel::new(places, seconds).expect("a square table");
    let patrol = Patrol::new(stops, vec![unit], travel, vec![], rules).expect("a sound patrol");
    let ours = plan(&patrol, 1, &mut Iterations(4_000)).expect("a plan");
    let dwell = |node: usize| if node == 0 { 0 } else { Dwell::KOPER.min_s };
    let cost = |a: usize, b: usize| if a == b { 0 } else { 2 * i64::from(between(a, b)) + dwell(a) + dwell(b) };
    let table: Vec<i64> = (0..places).flat_map(|a| (0..places).map(move |b| (a, b))).map(|(a, b)| cost(a, b)).collect();
    let prizes = (0..places).map(|node| if node == 0 { 0 } else { risks[node] }).collect();
    let costs = crate::Costs::from_table(places, &table).expect("a sound table");
    let instance = crate::op::Instance::new(costs, prizes, 0, 0, 2 * shift_s).expect("a sound instance");
    let walk = crate::op::solve(&instance, &crate::op::Settings::default(), 1, &mut Iterations(20_000));
    assert!(ours.risk_covered >= 0.98 * walk.prize as f64, "{} against {}", ours.risk_covered, walk.prize);
}

#[test]
fn a_hot_spot_is_visited_again_only_after_two_hours_and_the_plan_says_so() {
    let patrol = row(60, 5 * HOUR_S, vec![spot(1, 5.0, 9), spot(2, 1.0, 1)]).expect("a sound patrol");
    let plan = plan(&patrol, 1, &mut Iterations(500)).expect("a plan");
    assert_eq!(plan.check(&patrol), Ok(()));
    let visits: Vec<&Visit> = plan.tours.iter().flat_map(|tour| &tour.visits).filter(|visit| visit.stop == StopNo(0)).collect();
    assert_eq!(visits.len(), 1, "a unit does not wait for a gap, and there is nothing else to do for two hours");
    let left = plan.left_out.first().expect("the first spot may have more visits");
    assert_eq!((left.stop, left.why), (StopNo(0), Obstacle::RevisitGap { visits_made: 1 }));
}

#[test]
fn with_enough_to_do_between_a_repeat_happens_and_is_named() {
    let stops = (1..=16).map(|place| spot(place, if place == 1 { 100.0 } else { 1.0 }, if place == 1 { 2 } else { 1 })).collect();
    let patrol = row(30, 5 * HOUR_S, stops).expect("a sound patrol");
    let plan = plan(&patrol, 1, &mut Iterations(2_000)).expect("a plan");
    assert_eq!(plan.check(&patrol), Ok(()));
    let repeat =
        plan.tours.iter().flat_map(|tour| &tour.visits).find(|visit| matches!(visit.why_here, WhyHere::Repeat { visit: 2, .. }));
    let repeat = repeat.expect("the worst spot is worth a second visit");
    assert!(matches!(repeat.why_then, WhyThen::GapOver { since_allowed_s, .. } if since_allowed_s >= 0), "{repeat:?}");
}

#[test]
fn a_box_waits_for_its_window_and_says_so() {
    let patrol = row(60, 4 * HOUR_S, vec![patrol_box(1, 2 * HOUR_S, 2 * HOUR_S + 300)]).expect("a sound patrol");
    let plan = plan(&patrol, 1, &mut Iterations(50)).expect("a plan");
    let visit = plan.tours[0].visits[0];
    assert_eq!(visit.arrive_s, 2 * HOUR_S);
    assert_eq!(visit.why_then, WhyThen::WindowOpens { waited_s: 2 * HOUR_S - 60 });
}

#[test]
fn impossible_boxes_are_refused_with_what_stands_in_the_way() {
    let refused = |patrol: Result<Patrol, InputError>| patrol.map(|_| ()).expect_err("no unit can do this");
    let why = Hindrance::WindowCloses { soonest_s: 900, until_s: 800 };
    assert_eq!(refused(row(900, HOUR_S, vec![patrol_box(1, 0, 800)])), InputError::BoxOutOfReach { stop: StopNo(0), why });
    let why = Hindrance::ShiftEnds { late_s: 60 };
    assert_eq!(refused(row(1_800, HOUR_S, vec![patrol_box(1, 0, HOUR_S)])), InputError::BoxOutOfReach { stop: StopNo(0), why });
}

#[test]
fn boxes_that_fit_alone_and_not_together_are_named() {
    let patrol =
        row(1_000, 2 * HOUR_S, vec![patrol_box(1, 1_000, 1_010), patrol_box(2, 2_000, 2_010), patrol_box(1, 1_000, 1_010)]);
    let Err(PlanError::BoxesDoNotFit { boxes }) = plan(&patrol.expect("each fits alone"), 1, &mut Iterations(200)) else {
        panic!("two boxes at once, a thousand seconds apart");
    };
    assert!(!boxes.is_empty() && boxes.iter().all(|stop| stop.0 < 3));
}

#[test]
fn unsound_questions_are_refused_by_name() {
    let travel = || Travel::new(1, vec![0]).expect("one place");
    let unit = Unit { start: 0, end: 0, shift: Window { from_s: 0, until_s: 60 }, dwell_s_max: 60 };
    let new = |stops, units, caps, rules| Patrol::new(stops, units, travel(), caps, rules).map(|_| ()).expect_err("unsound");
    let rules = Rules::default();
    assert_eq!(new(vec![], vec![], vec![], rules), InputError::NoUnit);
    assert_eq!(
        new(vec![spot(3, 1.0, 1)], vec![unit], vec![], rules),
        InputError::Place { what: Whose::Stop(StopNo(0)), place: 3, places: 1 }
    );
    assert_eq!(new(vec![spot(0, -1.0, 1)], vec![unit], vec![], rules), InputError::Risk { stop: StopNo(0), risk: -1.0 });
    let wild = Rules { unpredictability: 2.0, ..rules };
    assert_eq!(new(vec![], vec![unit], vec![], wild), InputError::Rule { rule: "unpredictability", value: 2.0 });
    let cap = VillageCap { village: Village(1), dwell_s_max: 30 };
    assert_eq!(new(vec![], vec![unit], vec![cap, cap], rules), InputError::TwoCaps { village: Village(1) });
    let expected = InputError::BoxesAboveVillageCap { village: Village(1), needed_s: 60, cap_s: 30 };
    assert_eq!(new(vec![patrol_box(0, 0, 60)], vec![unit], vec![cap], rules), expected);
    let lazy = Unit { dwell_s_max: 90, ..unit };
    let two = vec![patrol_box(0, 0, 60), patrol_box(0, 0, 60)];
    assert_eq!(new(two, vec![lazy], vec![], rules), InputError::BoxesAboveUnitCaps { needed_s: 120, cap_s: 90 });
    let backwards = Unit { shift: Window { from_s: 60, until_s: 0 }, ..unit };
    assert_eq!(new(vec![], vec![backwards], vec![], rules), InputError::Times { what: Whose::UnitShift(UnitNo(0)) });
    assert_eq!(Travel::new(2, vec![0]).err(), Some(InputError::TravelSize { places: 2, cells: 1 }));
}

#[test]
fn a_plan_that_was_tampered_with_is_caught() {
    let patrol = row(60, 4 * HOUR_S, vec![spot(1, 5.0, 1), spot(2, 1.0, 1), patrol_box(3, 0, HOUR_S)]).expect("a sound patrol");
    let sound = plan(&patrol, 1, &mut Iterations(200)).expect("a plan");
    let breach = |change: &dyn Fn(&mut Plan)| {
        let mut plan = sound.clone();
        change(&mut plan);
        plan.check(&patrol).expect_err("a rule is broken")
    };
    assert!(matches!(breach(&|plan| plan.tours.clear()), Breach::Units { .. }));
    assert!(matches!(breach(&|plan| plan.tours[0].visits.reverse()), Breach::TooSoon { .. }));
    assert!(matches!(breach(&|plan| plan.tours[0].at_end_s = 5 * HOUR_S), Breach::Shift { .. }));
    assert!(matches!(breach(&|plan| plan.tours[0].visits.retain(|visit| visit.stop != StopNo(2))), Breach::Visits { .. }));
    let last = sound.tours[0].visits.len() - 1;
    assert!(matches!(breach(&|plan| plan.tours[0].visits[last].leave_s += 1_000), Breach::Dwell { .. } | Breach::Shift { .. }));
}

#[test]
fn more_chance_covers_less_risk_and_is_harder_to_foretell() {
    let days = |loose: f64| -> Vec<Plan> {
        let patrol = random_patrol(60, 3, 5, loose).expect("patrol 5 is sound");
        (0..4).map(|day| plan(&patrol, day, &mut Iterations(800)).expect("a plan")).collect()
    };
    let covered = |plans: &[Plan]| plans.iter().map(|plan| plan.risk_covered).sum::<f64>();
    let (fixed, loose) = (days(0.0), days(1.0));
    let of = |days: &[Plan]| Predictability::between(days).expect("four days");
    let (watched, little, much) = (of(&fixed), of(&days(0.1)), of(&loose));
    assert!(covered(&loose) < covered(&fixed));
    assert_eq!((watched.same_stop_same_hour, watched.same_order), (1.0, 1.0), "without chance every day is the same");
    assert!(little.same_stop_same_hour < 0.5 && little.same_order < 0.5, "{little:?}");
    assert!(much.same_order < little.same_order, "{much:?} {little:?}");
    assert!(Predictability::between(&fixed[..1]).is_none());
    let twice = [fixed[0].clone(), fixed[0].clone()];
    let same = Predictability::between(&twice).expect("two days");
    assert_eq!((same.same_stop_same_hour, same.same_order), (1.0, 1.0));
}
