//! What must hold of every surface, whatever was reported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use proptest::prelude::*;
use shouhu_hotspots::{
    CellGrid, DAY_US, Event, Evidence, Ground, GroundError, Kind, Model, ModelError, NotAReport, Origin, PlaceNo, Point, Report,
    Segment, SurfaceError, TrainingError, TrainingSet, Trigger,
};

const SIDE_M: f64 = 2_000.0;
const NOW_US: i64 = 1_000 * DAY_US;

fn cells(south_west: Point, samples_per_side: u32) -> Ground {
    let grid = CellGrid { south_west, side_m: 100.0, columns: 20, rows: 20 };
    Ground::cells(grid, samples_per_side, |_| true).unwrap()
}

fn reported(at: Point, days_ago: f64) -> Event {
    Event { at, at_us: NOW_US - (days_ago * DAY_US as f64) as i64, kind: Kind(1), origin: Origin::CitizenReport }
}

fn found(at: Point, days_ago: f64) -> Event {
    Event { origin: Origin::PatrolFind, ..reported(at, days_ago) }
}

/// Places on the ground, off its edges by a metre so that a shift cannot round one out of it.
fn place() -> impl Strategy<Value = Point> {
    (1.0..SIDE_M - 1.0, 1.0..SIDE_M - 1.0).prop_map(|(east, north)| Point::new(east, north))
}

fn events(origin: Origin) -> impl Strategy<Value = Vec<Event>> {
    let one = (place(), 0.0..900.0f64, 0u16..3);
    proptest::collection::vec(one, 1..60).prop_map(move |list| {
        list.into_iter().map(|(at, days_ago, kind)| Event { kind: Kind(kind), origin, ..reported(at, days_ago) }).collect()
    })
}

fn model() -> impl Strategy<Value = Model> {
    let trigger = (100.0..900.0f64, 1.0..1_000.0f64, 0.0..1.5f64);
    (0.0..5.0f64, proptest::collection::vec(trigger, 1..5)).prop_map(|(even, list)| {
        let triggers = list.into_iter().map(|(reach_m, life_days, yielded)| (Trigger { reach_m, life_days }, yielded));
        Model::new(even, triggers.collect()).unwrap()
    })
}

/// What the reports bring in the window by the formula, with no ground at all.
fn mass(model: &Model, events: &[Event], days: f64) -> f64 {
    let of_one = |event: &Event| {
        let age = (NOW_US - event.at_us) as f64 / DAY_US as f64;
        let through = |&(trigger, yielded): &(Trigger, f64)| {
            yielded * ((-age / trigger.life_days).exp() - (-(age + days) / trigger.life_days).exp())
        };
        model.triggers().iter().map(through).sum::<f64>()
    };
    model.even_per_day() * days + events.iter().map(of_one).sum::<f64>()
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-7 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_surface_sums_to_what_the_reports_bring_and_is_nowhere_negative(
        events in events(Origin::CitizenReport), model in model(), days in 1.0..90.0f64, samples in 1u32..4,
    ) {
        let training = TrainingSet::sift(&events, NOW_US).unwrap().training;
        let surface = model.surface(&training, &cells(Point::new(0.0, 0.0), samples), days).unwrap();
        prop_assert!(surface.expected().iter().all(|&expected| expected >= 0.0));
        let expected = mass(&model, &events, days);
        prop_assert!(is_close(surface.total(), expected), "{} is not {expected}", surface.total());
        prop_assert_eq!(surface.outside(), 0);
    }

    #[test]
    fn moving_the_ground_and_the_reports_together_moves_nothing(
        events in events(Origin::CitizenReport), model in model(), east in -300..300i32, north in -300..300i32,
    ) {
        // Whole kilometres, so that no report changes its cell by rounding.
        let (east, north) = (f64::from(east) * 1_024.0, f64::from(north) * 1_024.0);
        let moved: Vec<Event> = events
            .iter()
            .map(|event| Event { at: Point::new(event.at.east_m + east, event.at.north_m + north), ..*event })
            .collect();
        let surface = |events: &[Event], corner| {
            let training = TrainingSet::sift(events, NOW_US).unwrap().training;
            model.surface(&training, &cells(corner, 1), 7.0).unwrap()
        };
        let (here, there) = (surface(&events, Point::new(0.0, 0.0)), surface(&moved, Point::new(east, north)));
        for (a, b) in here.expected().iter().zip(there.expected()) {
            prop_assert!((a - b).abs() <= 1e-6 * (1.0 + here.total()), "{a} is not {b}");
        }
    }

    #[test]
    fn what_patrols_find_changes_nothing_and_is_counted(
        events in events(Origin::CitizenReport), finds in events(Origin::PatrolFind), model in model(),
    ) {
        let ground = cells(Point::new(0.0, 0.0), 1);
        let without = TrainingSet::sift(&events, NOW_US).unwrap();
        let mut both = finds.clone();
        both.extend(&events);
        let with = TrainingSet::sift(&both, NOW_US).unwrap();
        prop_assert_eq!(with.refused_patrol_finds, finds.len());
        prop_assert_eq!(without.refused_patrol_finds, 0);
        prop_assert_eq!(&with.training, &without.training);
        let surface = |training| model.surface(training, &ground, 7.0).unwrap();
        prop_assert_eq!(surface(&with.training), surface(&without.training));
    }

    #[test]
    fn the_order_of_events_changes_no_bit_and_two_runs_are_one(
        (events, shuffled) in events(Origin::CitizenReport).prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
        model in model(),
    ) {
        let ground = cells(Point::new(0.0, 0.0), 2);
        let surface = |events: &[Event]| {
            model.surface(&TrainingSet::sift(events, NOW_US).unwrap().training, &ground, 30.0).unwrap()
        };
        prop_assert_eq!(surface(&events), surface(&shuffled));
        prop_assert_eq!(surface(&events), surface(&events));
    }

    #[test]
    fn an_interval_holds_its_expectation_and_widens_with_its_level(
        events in events(Origin::CitizenReport), model in model(), place in 0u32..400,
    ) {
        let training = TrainingSet::sift(&events, NOW_US).unwrap().training;
        let surface = model.surface(&training, &cells(Point::new(0.0, 0.0), 1), 7.0).unwrap();
        let (narrow, wide) = (surface.reading(PlaceNo(place), 0.8), surface.reading(PlaceNo(place), 0.95));
        let (narrow, wide) = (narrow.unwrap(), wide.unwrap());
        prop_assert!(wide.low <= narrow.low && narrow.low <= narrow.expected);
        prop_assert!(narrow.expected <= narrow.high && narrow.high <= wide.high);
        prop_assert!((0.0..=1.0).contains(&narrow.chance_of_any));
        prop_assert_eq!(surface.reading(PlaceNo(400), 0.9), None);
        prop_assert_eq!(surface.reading(PlaceNo(place), 1.0), None);
    }
}

const MONTH: Trigger = Trigger { reach_m: 250.0, life_days: 30.0 };

#[test]
fn a_patrol_find_cannot_become_a_report() {
    let find = found(Point::new(5.0, 5.0), 3.0);
    assert_eq!(Report::try_from(find), Err(NotAReport { at_us: find.at_us }));
    assert_eq!(TrainingSet::sift(&[find, find], NOW_US), Err(TrainingError::Empty));
}

#[test]
fn one_report_is_too_little_data_and_says_so() {
    let training = TrainingSet::sift(&[reported(Point::new(1_050.0, 1_050.0), 3.0)], NOW_US).unwrap().training;
    let ground = cells(Point::new(0.0, 0.0), 2);
    let surface = Model::kernel(MONTH, 0.0).unwrap().surface(&training, &ground, 7.0).unwrap();
    let home = ground.place_of(Point::new(1_050.0, 1_050.0)).unwrap();
    let reading = surface.reading(home, 0.9).unwrap();
    assert!(matches!(reading.evidence, Evidence::TooLittle { effective_reports } if (effective_reports - 1.0).abs() < 1e-9));
    // Garwood's limits of a count of one: 0.0513 and 4.744.
    assert!((reading.high / reading.low - 92.49).abs() < 0.1, "{}", reading.high / reading.low);
    let unknown = surface.reading(PlaceNo(0), 0.9).unwrap();
    assert!(unknown.expected <= 0.0 && unknown.low <= 0.0, "{unknown:?}");
    // The rule of three, in units of what the one report gives to its own cell: a quiet place and an unknown one differ here.
    assert!((unknown.high / reading.expected - 2.9957).abs() < 1e-3, "{unknown:?}");
    assert!(matches!(unknown.evidence, Evidence::TooLittle { effective_reports } if effective_reports <= 0.0));
}

#[test]
fn forty_equal_reports_have_the_interval_of_a_count_of_forty() {
    let at = Point::new(1_050.0, 1_050.0);
    let events = vec![reported(at, 3.0); 40];
    let training = TrainingSet::sift(&events, NOW_US).unwrap().training;
    let ground = cells(Point::new(0.0, 0.0), 1);
    let surface = Model::kernel(MONTH, 0.0).unwrap().surface(&training, &ground, 7.0).unwrap();
    let reading = surface.reading(ground.place_of(at).unwrap(), 0.9).unwrap();
    assert!(matches!(reading.evidence, Evidence::Enough { effective_reports } if (effective_reports - 40.0).abs() < 1e-6));
    // Garwood's limits of a count of forty: half the chi-square points for 80 and 82 degrees, 60.391 and 104.139.
    assert!((reading.low / reading.expected - 60.391 / 80.0).abs() < 1e-4);
    assert!((reading.high / reading.expected - 104.139 / 80.0).abs() < 1e-4);
}

#[test]
fn bad_input_is_refused_by_name() {
    let sift = |event| TrainingSet::sift(&[reported(Point::new(5.0, 5.0), 1.0), event], NOW_US);
    assert_eq!(TrainingSet::sift(&[], NOW_US), Err(TrainingError::Empty));
    assert_eq!(sift(reported(Point::new(f64::NAN, 5.0), 1.0)), Err(TrainingError::NotANumber { index: 1 }));
    assert_eq!(sift(reported(Point::new(5.0, f64::INFINITY), 1.0)), Err(TrainingError::NotANumber { index: 1 }));
    let tomorrow = TrainingError::InTheFuture { index: 1, at_us: NOW_US + DAY_US, as_of_us: NOW_US };
    assert_eq!(sift(reported(Point::new(5.0, 5.0), -1.0)), Err(tomorrow));
    for side_m in [0.0, -5.0, f64::NAN, f64::INFINITY] {
        let grid = CellGrid { south_west: Point::new(0.0, 0.0), side_m, columns: 2, rows: 2 };
        assert!(matches!(Ground::cells(grid, 1, |_| true), Err(GroundError::CellSide { .. })));
    }
    let grid = CellGrid { south_west: Point::new(0.0, 0.0), side_m: 1.0, columns: 2, rows: 2 };
    assert!(matches!(Ground::cells(grid, 1, |_| false), Err(GroundError::Empty)));
    assert!(matches!(Ground::cells(CellGrid { columns: 0, ..grid }, 1, |_| true), Err(GroundError::Empty)));
    assert!(matches!(
        Ground::cells(CellGrid { columns: u32::MAX, rows: u32::MAX, ..grid }, 1, |_| true),
        Err(GroundError::TooMany { .. })
    ));
    assert!(matches!(Ground::cells(grid, 9, |_| true), Err(GroundError::SamplesPerSide { samples_per_side: 9 })));
    let still = Segment { from: Point::new(1.0, 1.0), to: Point::new(1.0, 1.0) };
    assert!(matches!(Ground::segments(&[still], 20.0, 30.0), Err(GroundError::NoLength { index: 0 })));
    assert!(matches!(Ground::segments(&[], 20.0, 30.0), Err(GroundError::Empty)));
    let never = Trigger { reach_m: 100.0, life_days: 0.0 };
    assert_eq!(Model::kernel(never, 0.0), Err(ModelError::Shape { index: 0, reach_m: 100.0, life_days: 0.0 }));
    assert!(matches!(Model::new(-1.0, vec![(MONTH, 1.0)]), Err(ModelError::Rate { .. })));
    assert_eq!(Model::new(1.0, Vec::new()), Err(ModelError::Triggers { triggers: 0 }));
}

#[test]
fn a_report_at_the_end_of_the_world_is_outside_and_disturbs_nothing() {
    let near = reported(Point::new(1_050.0, 1_050.0), 3.0);
    let ends = [1e18, -1e18, 1e300, -1e300].map(|far| reported(Point::new(far, far), 3.0));
    let ground = cells(Point::new(0.0, 0.0), 1);
    let surface = |events: &[Event]| {
        let training = TrainingSet::sift(events, NOW_US).unwrap().training;
        Model::kernel(MONTH, 0.0).unwrap().surface(&training, &ground, 7.0).unwrap()
    };
    let (alone, among) = (surface(&[near]), surface(&[ends.as_slice(), &[near]].concat()));
    assert_eq!((among.outside(), among.expected()), (4, alone.expected()));
    let street = Segment { from: Point::new(-1e300, 0.0), to: Point::new(1e300, 0.0) };
    assert!(matches!(Ground::segments(&[street], 10.0, 20.0), Err(GroundError::TooMany { .. })));
}

#[test]
fn a_window_without_length_and_reports_all_off_the_ground_are_refused() {
    let model = Model::kernel(MONTH, 0.0).unwrap();
    let ground = cells(Point::new(0.0, 0.0), 1);
    let away = TrainingSet::sift(&[reported(Point::new(-50.0, 5.0), 1.0)], NOW_US).unwrap().training;
    assert_eq!(model.surface(&away, &ground, 7.0), Err(SurfaceError::AllOutside { reports: 1 }));
    for horizon_days in [0.0, -1.0, 1_000.0, f64::NAN] {
        assert!(matches!(model.surface(&away, &ground, horizon_days), Err(SurfaceError::Horizon { .. })));
    }
    let short = Model::kernel(Trigger { reach_m: 20.0, life_days: 3.0 }, 0.0).unwrap();
    assert!(matches!(short.surface(&away, &ground, 7.0), Err(SurfaceError::Model(ModelError::ReachTooShort { .. }))));
}

#[test]
fn streets_share_a_report_by_nearness_and_length() {
    let street = |from: (f64, f64), to: (f64, f64)| Segment { from: Point::new(from.0, from.1), to: Point::new(to.0, to.1) };
    let streets =
        [street((0.0, 0.0), (100.0, 0.0)), street((100.0, 0.0), (200.0, 0.0)), street((0.0, 5_000.0), (100.0, 5_000.0))];
    let ground = Ground::segments(&streets, 10.0, 40.0).unwrap();
    let training = TrainingSet::sift(&[reported(Point::new(90.0, 8.0), 2.0)], NOW_US).unwrap().training;
    let surface = Model::kernel(MONTH, 0.0).unwrap().surface(&training, &ground, 7.0).unwrap();
    let [first, second, far] = [0, 1, 2].map(|place: usize| surface.expected()[place]);
    assert!(first > second && second > 0.0 && far <= 0.0, "{first} {second} {far}");
    let expected = mass(&Model::kernel(MONTH, 0.0).unwrap(), &[reported(Point::new(90.0, 8.0), 2.0)], 7.0);
    assert!(is_close(surface.total(), expected));
    assert_eq!(ground.place_of(Point::new(50.0, 100.0)), None, "a report far from every street is not forced onto one");
}
