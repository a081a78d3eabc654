use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::{CellGrid, DAY_US, Event, Kind, Origin};

fn unit(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

fn square(side_cells: u32) -> Ground {
    let grid = CellGrid { south_west: Point::new(0.0, 0.0), side_m: 100.0, columns: side_cells, rows: side_cells };
    Ground::cells(grid, 1, |_| true).unwrap()
}

fn report(east_m: f64, north_m: f64, day: f64) -> Report {
    let at_us = (day * DAY_US as f64) as i64;
    Report::try_from(Event { at: Point::new(east_m, north_m), at_us, kind: Kind(1), origin: Origin::CitizenReport }).unwrap()
}

/// Cluster representation of the process (Hawkes & Oakes 1974): immigrants, then each event's own children.
fn simulate(seed: u64, immigrants: u32, days: f64, side_m: f64, trigger: Trigger, yielded: f64) -> Vec<Report> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut events: Vec<(f64, f64, f64)> =
        (0..immigrants).map(|_| (unit(&mut rng) * side_m, unit(&mut rng) * side_m, unit(&mut rng) * days)).collect();
    let mut next = 0;
    while next < events.len() {
        let (east, north, day) = events[next];
        next += 1;
        // At most one child each: a mean of `yielded` below 1 needs no more.
        if unit(&mut rng) > yielded {
            continue;
        }
        // The quartic's squared radius has the distribution 1 - (1 - s)³.
        let radius = trigger.reach_m * (1.0 - unit(&mut rng).cbrt()).sqrt();
        let angle = unit(&mut rng) * std::f64::consts::TAU;
        events.push((east + radius * angle.cos(), north + radius * angle.sin(), day - trigger.life_days * unit(&mut rng).ln()));
    }
    events.retain(|&(east, north, day)| day < days && (0.0..side_m).contains(&east) && (0.0..side_m).contains(&north));
    events.into_iter().map(|(east, north, day)| report(east, north, day)).collect()
}

const NEAR: Trigger = Trigger { reach_m: 300.0, life_days: 14.0 };
const FAR: Trigger = Trigger { reach_m: 1_500.0, life_days: 200.0 };

#[test]
fn near_repeats_are_found_where_they_are_and_in_the_measure_they_have() {
    // Several draws, because a wide slow trigger and an even background can stand in for each other within one.
    let fits: Vec<Model> = (0..6)
        .map(|seed| {
            let training = TrainingSet::of(simulate(seed, 2_000, 1_000.0, 10_000.0, NEAR, 0.4), 1_000 * DAY_US).unwrap();
            Model::fit(&training, &square(100), &[NEAR, FAR], &FitSettings::default()).unwrap().model
        })
        .collect();
    let mean = |pick: fn(&Model) -> f64| fits.iter().map(pick).sum::<f64>() / fits.len() as f64;
    let (near, far, even) = (mean(|m| m.triggers()[0].1), mean(|m| m.triggers()[1].1), mean(Model::even_per_day));
    assert!((near - 0.4).abs() < 0.03, "near {near}, far {far}, even {even}");
    assert!(far < 0.1 && (even - 2.0).abs() < 0.3, "near {near}, far {far}, even {even}");
}

#[test]
fn evenly_scattered_reports_show_no_near_repeats() {
    let reports = simulate(8, 3_000, 1_000.0, 10_000.0, NEAR, 0.0);
    let training = TrainingSet::of(reports, 1_000 * DAY_US).unwrap();
    let fitted = Model::fit(&training, &square(100), &[NEAR], &FitSettings::default()).unwrap();
    assert!(fitted.model.branching_ratio() < 0.03, "{}", fitted.model.branching_ratio());
}

#[test]
fn the_likelihood_never_falls_and_the_fit_explains_as_many_reports_as_there_are() {
    let reports = simulate(9, 600, 500.0, 5_000.0, NEAR, 0.5);
    let training = TrainingSet::of(reports, 500 * DAY_US).unwrap();
    let settings = FitSettings { gain_min: 0.0, iterations_max: 2_000, ..FitSettings::default() };
    let fitted = Model::fit(&training, &square(50), &[NEAR, FAR], &settings).unwrap();
    assert!(fitted.log_likelihoods.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6), "{:?}", fitted.log_likelihoods);
    // EM's M step makes the fitted process bring exactly what was there.
    let from_us = (training.reports()[0].at_us() as f64 + 0.3 * (500 * DAY_US - training.reports()[0].at_us()) as f64) as i64;
    let placed: Vec<Placed> = training.reports().iter().map(|&report| Placed { report, home: PlaceNo(0) }).collect();
    let mut brought = fitted.model.even_per_day() * days_between(from_us, 500 * DAY_US);
    for &(trigger, yielded) in fitted.model.triggers() {
        brought += yielded * exposure(&placed, trigger.life_days, from_us, 500 * DAY_US);
    }
    assert!((brought / fitted.reports_explained as f64 - 1.0).abs() < 1e-3, "{brought} of {}", fitted.reports_explained);
}

#[test]
fn what_cannot_be_fitted_is_refused_by_name() {
    let fit = |reports: Vec<Report>| {
        Model::fit(&TrainingSet::of(reports, 1_000 * DAY_US).unwrap(), &square(10), &[NEAR], &FitSettings::default())
    };
    assert_eq!(fit(vec![report(5.0, 5.0, 1.0)]), Err(FitError::TooFew { reports: 1, needed: 30 }));
    let days = || (0..100).map(f64::from);
    assert_eq!(fit(days().map(|day| report(5.0, 5.0, day * 10.0)).collect()), Err(FitError::OnePoint));
    assert_eq!(fit(days().map(|east| report(east, 5.0, 900.0)).collect()), Err(FitError::OneTime));
    assert_eq!(fit(days().map(|day| report(day, 5.0, day)).collect()), Err(FitError::TooFew { reports: 0, needed: 30 }));
    let many = (0..=FIT_REPORTS_MAX).map(|number| report(5.0, 5.0, number as f64 / 1e3)).collect();
    assert_eq!(fit(many), Err(FitError::TooMany { reports: FIT_REPORTS_MAX + 1 }));
    let outside = fit(days().map(|day| report(-5.0 - day, 5.0, day)).collect());
    assert_eq!(outside, Err(FitError::TooFew { reports: 0, needed: 30 }));
}

#[test]
fn a_trigger_shorter_than_the_samples_is_refused() {
    let training = TrainingSet::of(simulate(1, 100, 100.0, 1_000.0, NEAR, 0.0), 100 * DAY_US).unwrap();
    let short = Trigger { reach_m: 50.0, life_days: 3.0 };
    let refused = Model::fit(&training, &square(10), &[NEAR, short], &FitSettings::default());
    assert_eq!(refused, Err(FitError::Model(ModelError::ReachTooShort { index: 1, reach_m: 50.0, spacing_m: 100.0 })));
}
