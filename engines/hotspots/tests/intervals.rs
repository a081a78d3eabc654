//! Do the intervals hold the truth as often as they say? On a city whose rates are known.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use shouhu_hotspots::{CellGrid, DAY_US, Event, Evidence, Ground, Kind, Model, Origin, PlaceNo, Point, TrainingSet, Trigger};

const DAYS: f64 = 900.0;
const SIDE_M: f64 = 4_000.0;

fn unit(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// Reports at even rates, the western half `contrast` times as often as the eastern.
fn city(seed: u64, reports: usize, contrast: f64) -> TrainingSet {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let west = contrast / (1.0 + contrast);
    let events: Vec<Event> = (0..reports)
        .map(|_| {
            let half = if unit(&mut rng) < west { 0.0 } else { SIDE_M / 2.0 };
            let at = Point::new(half + unit(&mut rng) * SIDE_M / 2.0, unit(&mut rng) * SIDE_M);
            Event { at, at_us: (unit(&mut rng) * DAYS * DAY_US as f64) as i64, kind: Kind(1), origin: Origin::CitizenReport }
        })
        .collect();
    TrainingSet::sift(&events, (DAYS * DAY_US as f64) as i64).unwrap().training
}

/// Twice the reach: nearer to the edge the correction that keeps the mass bends an even rate.
const EDGE_M: f64 = 1_000.0;

/// The share of cells further than `edge_m` from the edge whose 90 % interval holds the true expectation, and the share with too little
/// data.
fn coverage(reports: usize, contrast: f64, edge_m: f64) -> (f64, f64) {
    let grid = CellGrid { south_west: Point::new(0.0, 0.0), side_m: 200.0, columns: 20, rows: 20 };
    let ground = Ground::cells(grid, 2, |_| true).unwrap();
    let model = Model::kernel(Trigger { reach_m: 500.0, life_days: 150.0 }, 0.0).unwrap();
    let (mut held, mut thin, mut cells) = (0.0, 0.0, 0.0);
    for seed in 0..24 {
        let surface = model.surface(&city(seed, reports, contrast), &ground, 7.0).unwrap();
        for (place, centre) in (0..).zip(ground.centres()) {
            let inner = edge_m..=SIDE_M - edge_m;
            if !(inner.contains(&centre.east_m) && inner.contains(&centre.north_m)) {
                continue;
            }
            let half = if centre.east_m < SIDE_M / 2.0 { contrast / (1.0 + contrast) } else { 1.0 / (1.0 + contrast) };
            let truth = reports as f64 * half / 200.0 * 7.0 / DAYS;
            cells += 1.0;
            let reading = surface.reading(PlaceNo(place), 0.9).unwrap();
            held += f64::from(u8::from(reading.low <= truth && truth <= reading.high));
            thin += f64::from(u8::from(matches!(reading.evidence, Evidence::TooLittle { .. })));
        }
    }
    (held / cells, thin / cells)
}

#[test]
fn at_least_nine_in_ten_intervals_hold_the_truth_where_the_kernel_fits_the_city() {
    let (held, thin) = coverage(4_000, 1.0, EDGE_M);
    println!("even city, 4,000 reports: {held:.3} of 90 % intervals hold the truth, {thin:.3} of cells too little data");
    assert!(held >= 0.9, "{held}");
    assert!(thin < 0.01, "{thin}");
}

#[test]
fn a_city_with_few_reports_is_mostly_too_little_data_and_its_intervals_are_wide_enough() {
    let (held, thin) = coverage(150, 1.0, EDGE_M);
    println!("even city, 150 reports: {held:.3} hold the truth, {thin:.3} of cells too little data");
    assert!(thin > 0.6, "{thin}");
    assert!(held >= 0.9, "{held}");
}

#[test]
fn near_the_edge_fewer_intervals_hold() {
    let (inner, _) = coverage(4_000, 1.0, EDGE_M);
    let (all, _) = coverage(4_000, 1.0, 0.0);
    println!("inner {inner:.3}, with the edge {all:.3}");
    assert!((0.8..inner).contains(&all), "{all} {inner}");
}

/// The limit of the method, stated so that nobody reads more into an interval: smoothing across a border is not in it.
#[test]
fn a_sharp_border_costs_coverage_and_the_interval_does_not_know() {
    let (smooth, _) = coverage(4_000, 1.0, EDGE_M);
    let (sharp, _) = coverage(4_000, 10.0, EDGE_M);
    println!("even {smooth:.3}, border of ten to one {sharp:.3}");
    assert!(sharp < smooth, "{sharp} {smooth}");
}
