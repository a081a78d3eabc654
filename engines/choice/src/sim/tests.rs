use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::candidate::{Priority, Skill, Skills};
use crate::handover::Handover;
use crate::moveup::MoveUp;
use crate::policy::{CoverageRule, Policy, RestRule, Settings};
use crate::preempt::Preemption;
use crate::queue::{Ageing, Order};

const SIDE: usize = 7;
const HOUR_S: f64 = 3_600.0;

/// A grid of streets, 400 m and 40 s from corner to corner; the last corner is an island.
fn world() -> World {
    let at = |n: usize| (n % SIDE, n / SIDE);
    let count = SIDE * SIDE + 1;
    let place = |n: usize| shouhu_place::Wgs84::new(120.2 + at(n).0 as f64 * 0.0039, 23.0 + at(n).1 as f64 * 0.0036).unwrap();
    let blocks = |a: usize, b: usize| {
        let is_island = (a == count - 1) != (b == count - 1);
        if is_island { f32::INFINITY } else { (at(a).0.abs_diff(at(b).0) + at(a).1.abs_diff(at(b).1)) as f32 }
    };
    let pairs = || (0..count).flat_map(|a| (0..count).map(move |b| blocks(a, b)));
    let pace = Pace { by_hour: std::array::from_fn(|hour| if hour < 6 { 1.0 } else { 1.5 }), siren: 1.1 };
    World::new((0..count).map(place).collect(), pairs().map(|b| b * 40.0).collect(), pairs().map(|b| b * 400.0).collect(), pace)
        .unwrap()
}

fn city(calls_per_day: f64, crews: usize) -> City {
    let dog = Skills::NONE.with(Skill::new(1).unwrap());
    let kind = |priority, share, needs, patience_mean_s| Kind {
        priority,
        share,
        needs,
        on_scene: Spread { median_s: 1_200.0, sigma: 0.5 },
        patience_mean_s,
    };
    let stations = vec![8, 12, 36, 40];
    let roster = (0..crews * 2).map(|number| Roster {
        station: number / 2 % 4,
        skills: if number % 3 == 0 { dog } else { Skills::NONE },
        on_at_s: if number % 2 == 0 { 7.0 * HOUR_S } else { 19.0 * HOUR_S },
        duty_s: 12.0 * HOUR_S,
    });
    let spots = (0..SIDE * SIDE).map(|place| Spot { place, area: (place % 5) as u32, weight: 1.0 + (place % 7) as f64 });
    City::new(CityPlan {
        world: world(),
        roster: roster.collect(),
        stations,
        demand: Demand {
            spots: spots.collect(),
            by_hour: std::array::from_fn(|hour| if hour < 6 { 1.0 } else { 4.0 }),
            calls_per_day,
            kinds: vec![
                kind(Priority::Urgent, 1.0, Skills::NONE, None),
                kind(Priority::High, 2.0, dog, None),
                kind(Priority::Low, 4.0, Skills::NONE, Some(5_400.0)),
            ],
            handling: Spread { median_s: 60.0, sigma: 0.3 },
            turnout: Spread { median_s: 30.0, sigma: 0.3 },
        },
        patrol: PatrolPlan { within_s: 120.0, dwell_s: 600.0 },
        cover: CoverPlan { points: (0..SIDE * SIDE).map(|place| (place, 1.0)).collect(), threshold_s: 150.0, busy_share: 0.4 },
        luck_sigma: 0.15,
        truth: None,
    })
    .unwrap()
}

fn rooms() -> Vec<Room> {
    let plain = |policy| Room {
        settings: Settings::of(policy),
        order: Order::PriorityThenAge,
        report_every_s: Some(300.0),
        move_up: None,
        handover: None,
    };
    let all = Room {
        settings: Settings {
            policy: Policy::CoverageAware(CoverageRule::default()),
            stale_after_s: Some(60.0),
            preemption: Some(Preemption::default()),
        },
        order: Order::Ageing(Ageing { step_s: 900.0, near_s: 300.0 }),
        report_every_s: None,
        move_up: Some(MoveUpPlan { rule: MoveUp { gain_min: 0.005, drive_max_s: 900.0 }, every_s: 120.0, moves_max: 2 }),
        handover: Some(Handover { saves_min_s: 60.0 }),
    };
    vec![
        plain(Policy::District),
        plain(Policy::NearestByAir),
        plain(Policy::NearestByRoad),
        plain(Policy::NearestWithRest(RestRule::default())),
        all,
    ]
}

fn outcome(city: &City, room: &Room, seed: u64) -> Outcome {
    let calls = city.plan().demand.calls(seed, 20);
    run(city, room, &calls, seed, 30.0 * HOUR_S).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_call_is_served_open_or_given_up_and_no_unit_has_two_at_once(
        seed in 0u64..1_000_000,
        calls_per_day in 20.0..900.0f64,
        crews in 0usize..9,
    ) {
        let city = city(calls_per_day, crews);
        for room in rooms() {
            let outcome = outcome(&city, &room, seed);
            prop_assert_eq!(outcome.calls.len(), city.plan().demand.calls(seed, 20).len());
            for call in &outcome.calls {
                prop_assert_eq!(call.arrived_s.is_some(), call.status == Status::Served);
                prop_assert!(call.arrived_s.is_none_or(|arrived_s| arrived_s > call.called_s));
                prop_assert!(call.times_preempted <= 1);
            }
            let mut spans = outcome.spans.clone();
            spans.sort_by(|a, b| (a.unit, a.from_s).partial_cmp(&(b.unit, b.from_s)).unwrap());
            for pair in spans.windows(2).filter(|pair| pair[0].unit == pair[1].unit) {
                prop_assert!(pair[0].until_s <= pair[1].from_s, "{pair:?}");
            }
            let mut by_call = outcome.spans.clone();
            by_call.sort_by(|a, b| (a.call, a.from_s).partial_cmp(&(b.call, b.from_s)).unwrap());
            for pair in by_call.windows(2).filter(|pair| pair[0].call == pair[1].call) {
                prop_assert!(pair[0].until_s <= pair[1].from_s, "two units at one call: {pair:?}");
            }
            prop_assert!((0.0..=1.2).contains(&outcome.busy_share), "{}", outcome.busy_share);
        }
    }
}

#[test]
fn a_day_played_again_from_its_seed_is_the_same_to_the_byte() {
    let city = city(300.0, 6);
    for room in rooms() {
        let play = || serde_json::to_string(&outcome(&city, &room, 4_711)).unwrap();
        let first = play();
        assert_eq!(first, play());
        assert_ne!(first, serde_json::to_string(&outcome(&city, &room, 4_712)).unwrap());
    }
}

#[test]
fn the_full_room_uses_all_that_it_has() {
    let city = city(420.0, 7);
    let rooms = rooms();
    let full = rooms.last().unwrap();
    let (mut moves, mut preemptions) = (0, 0);
    for seed in 0..6 {
        let outcome = outcome(&city, full, seed);
        moves += outcome.moves;
        preemptions += outcome.preemptions;
        let figures = Figures::of(&outcome, 0.0, 20.0 * HOUR_S);
        assert_eq!(figures.calls, outcome.calls.len());
        assert!(figures.p50_s <= figures.p90_s && figures.p90_s <= figures.p95_s);
        assert!(figures.km > 0.0);
    }
    assert!(moves > 0 && preemptions > 0, "{moves} {preemptions}");
}

#[test]
fn calls_come_as_the_hours_say_and_do_not_depend_on_the_room() {
    let city = city(900.0, 4);
    let count = |seed| city.plan().demand.calls(seed, 24).len();
    let mean = (0..40).map(count).sum::<usize>() as f64 / 40.0;
    assert!((mean - 900.0).abs() < 20.0, "{mean}");
    let night = |seed: u64| city.plan().demand.calls(seed, 24).iter().filter(|call| call.called_s < 6.0 * HOUR_S).count();
    let share = (0..40).map(night).sum::<usize>() as f64 / 40.0 / mean;
    assert!((share - 6.0 / 78.0).abs() < 0.01, "{share}");
}

#[test]
fn the_worst_tenth_is_the_areas_that_wait_longest() {
    let figures = |rows: &[(u32, u32, f64)]| Figures {
        calls: 0,
        mean_s: 0.0,
        p50_s: 0.0,
        p90_s: 0.0,
        p95_s: 0.0,
        by_priority_s: [0.0; 4],
        waited_share: 0.0,
        gave_up_share: 0.0,
        open: 0,
        km: 0.0,
        by_area: rows.iter().map(|(area, calls, arrival_s)| (*area, AreaSum { calls: *calls, arrival_s: *arrival_s })).collect(),
    };
    let [a, b] = [figures(&[(1, 2, 200.0), (2, 4, 2_000.0)]), figures(&[(1, 2, 600.0), (3, 1, 9_000.0)])];
    assert_eq!(worst_areas_mean([&a, &b], 2), Some(500.0));
    assert_eq!(worst_areas_mean([&a, &b], 1), Some(9_000.0));
    assert_eq!(worst_areas_mean([], 1), None);
}

/// The room's own foresight, told as if it came from elsewhere.
#[derive(Debug)]
struct Foreseen(World);

impl Truth for Foreseen {
    fn drive(&self, from: PlaceNo, to: PlaceNo, start_s: f64, with_siren: bool) -> Option<Drive> {
        Some(Drive { mean_s: self.0.seconds(from, to)? * self.0.pace.at(start_s, with_siren), sigma: 0.15 })
    }
}

/// Every drive takes five minutes, whoever drives from wherever.
#[derive(Debug)]
struct FiveMinutes;

impl Truth for FiveMinutes {
    fn drive(&self, _: PlaceNo, _: PlaceNo, _: f64, _: bool) -> Option<Drive> {
        Some(Drive { mean_s: 300.0, sigma: 0.4 })
    }
}

#[test]
fn a_truth_that_is_what_the_room_foresees_changes_nothing() {
    let mut plan = city(300.0, 6).plan().clone();
    // One pace all day: the room foresees at the order, and wheels turn a little later.
    plan.world.pace.by_hour = [1.5; 24];
    let told = CityPlan { truth: Some(Arc::new(Foreseen(plan.world.clone()))), ..plan.clone() };
    let (plain, told) = (City::new(plan).unwrap(), City::new(told).unwrap());
    for room in rooms() {
        assert_eq!(outcome(&plain, &room, 7), outcome(&told, &room, 7));
    }
}

#[test]
fn under_a_truth_the_luck_of_a_call_and_unit_is_the_same_in_every_room() {
    let plan = CityPlan { truth: Some(Arc::new(FiveMinutes)), ..city(420.0, 7).plan().clone() };
    let city = City::new(plan).unwrap();
    let mut took_s: HashMap<(usize, usize), f64> = HashMap::new();
    let (mut shared, mut distinct) = (0, HashSet::new());
    for room in rooms() {
        let outcome = outcome(&city, &room, 3);
        for span in &outcome.spans {
            let Some(arrived_s) = outcome.calls[span.call].arrived_s.filter(|arrived_s| (span.from_s..=span.until_s).contains(arrived_s))
            else {
                continue;
            };
            let own_s = arrived_s - span.from_s;
            distinct.insert(own_s.round() as i64);
            if let Some(before_s) = took_s.insert((span.call, span.unit), own_s) {
                // Events are planned in whole milliseconds.
                assert!((before_s - own_s).abs() < 0.01, "call {} unit {}: {before_s} {own_s}", span.call, span.unit);
                shared += 1;
            }
        }
    }
    assert!(shared > 100 && distinct.len() > 100, "{shared} pairs met twice, {} distinct times", distinct.len());
}

#[test]
fn a_plan_that_names_what_is_not_there_is_refused() {
    let plan = city(10.0, 1).plan().clone();
    let lost = CityPlan { stations: vec![500], ..plan.clone() };
    assert!(matches!(City::new(lost), Err(CityError::NoSuchPlace { place: 500, .. })));
    let bare = CityPlan { stations: vec![], roster: vec![], ..plan.clone() };
    assert!(matches!(City::new(bare), Err(CityError::NoStations)));
    let stray = CityPlan { stations: vec![1], ..plan };
    assert!(City::new(stray).is_ok(), "both crews of one pair belong to the first station");
}
