//! The measures by hand, and that no fold sees what came after it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use shouhu_hotspots::backtest::{BacktestError, Fold};
use shouhu_hotspots::score::{ScoreError, counts, hottest, log_score, ranking, score};
use shouhu_hotspots::{
    CellGrid, DAY_US, Event, Ground, Kind, Model, Origin, PlaceNo, Point, Report, Segment, Surface, TrainingError, TrainingSet,
    Trigger,
};

/// Ten cells in a row.
fn row() -> Ground {
    let grid = CellGrid { south_west: Point::new(0.0, 0.0), side_m: 100.0, columns: 10, rows: 1 };
    Ground::cells(grid, 1, |_| true).unwrap()
}

fn event(cell: u32, day: i64) -> Event {
    let at = Point::new(f64::from(cell) * 100.0 + 50.0, 50.0);
    Event { at, at_us: day * DAY_US, kind: Kind(1), origin: Origin::CitizenReport }
}

fn reports(cells: &[u32], day: i64) -> Vec<Report> {
    cells.iter().map(|&cell| Report::try_from(event(cell, day)).unwrap()).collect()
}

/// Cell 3 twice, cell 7 once, each report in its own cell alone.
fn surface(ground: &Ground) -> Surface {
    let training = TrainingSet::of(reports(&[3, 3, 7], 10), 10 * DAY_US).unwrap();
    Model::kernel(Trigger { reach_m: 100.0, life_days: 10.0 }, 0.0).unwrap().surface(&training, ground, 10.0).unwrap()
}

#[test]
fn pai_and_pei_star_are_those_counted_by_hand() {
    let ground = row();
    // Then: cell 3 once, cell 5 three times. One cell of ten named: 1 of 4 caught on a tenth of the ground; the best cell has 3.
    let then = reports(&[3, 5, 5, 5], 12);
    let scores = score(&ground, &surface(&ground), &then, &[10_000.0, 20_000.0]).unwrap();
    assert_eq!((scores[0].hits, scores[0].best_hits, scores[0].reports), (1, 3, 4));
    assert!((scores[0].pai().unwrap() - 2.5).abs() < 1e-12);
    assert!((scores[0].pei_star().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    // Two cells: 3 and 7 named, 5 and 3 best.
    assert_eq!((scores[1].hits, scores[1].best_hits), (1, 4));
    assert!((scores[1].pai().unwrap() - 1.25).abs() < 1e-12);
    let both = scores[0].and(scores[0]);
    assert!((both.pai().unwrap() - 2.5).abs() < 1e-12, "pooling a score with itself changes no index");
}

#[test]
fn where_nothing_happened_there_is_no_index() {
    let ground = row();
    let none = score(&ground, &surface(&ground), &[], &[10_000.0]).unwrap()[0];
    assert_eq!((none.pai(), none.pei_star()), (None, None));
}

#[test]
fn the_log_score_is_the_poisson_likelihood() {
    let ground = row();
    let surface = surface(&ground);
    // Each report brings 1 - 1/e in ten days at a life of ten.
    let one = 1.0 - (-1.0f64).exp();
    let expected = 2.0 * (2.0 * one).ln() + one.ln() - 3.0 * one;
    assert!((log_score(&ground, &surface, &reports(&[3, 3, 7], 12)) - expected).abs() < 1e-9);
    assert!(log_score(&ground, &surface, &reports(&[0], 12)).is_infinite(), "a report where zero was forecast refutes it");
}

#[test]
fn an_area_that_no_place_fits_and_one_beyond_the_ground_are_refused() {
    let ground = row();
    let order = ranking(&ground, &[0.0, 5.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(&order[..3], &[PlaceNo(1), PlaceNo(2), PlaceNo(3)], "ties go to the lower number");
    assert_eq!(hottest(&ground, &order, 9_999.0), Err(ScoreError::NoPlaceFits { area: 9_999.0 }));
    assert!(matches!(hottest(&ground, &order, 100_001.0), Err(ScoreError::Area { .. })));
    assert!(matches!(hottest(&ground, &order, f64::NAN), Err(ScoreError::Area { .. })));
    assert_eq!(hottest(&ground, &order, 100_000.0).unwrap().len(), 10);
}

#[test]
fn short_streets_rank_by_reports_per_metre() {
    let street = |from: f64, to: f64| Segment { from: Point::new(from, 0.0), to: Point::new(to, 0.0) };
    let ground = Ground::segments(&[street(0.0, 1_000.0), street(2_000.0, 2_100.0)], 10.0, 20.0).unwrap();
    assert_eq!(ranking(&ground, &[3.0, 1.0])[0], PlaceNo(1));
}

#[test]
fn a_fold_knows_nothing_of_what_came_after_its_beginning() {
    let ground = row();
    let early: Vec<Event> = (0..50).map(|number| event(number % 10, i64::from(number))).collect();
    let mut all = early.clone();
    all.extend((50..99).map(|day| event(4, day)));
    let history = |events: &[Event]| TrainingSet::sift(events, 100 * DAY_US).unwrap().training;
    let fold = Fold { as_of_us: 49 * DAY_US, until_us: 56 * DAY_US };
    let model = Model::kernel(Trigger { reach_m: 150.0, life_days: 20.0 }, 0.1).unwrap();
    let (with, without) = (fold.surface(&history(&all), &ground, &model), fold.surface(&history(&early), &ground, &model));
    assert_eq!(with, without);
    let triggers = [Trigger { reach_m: 150.0, life_days: 20.0 }];
    let fit = |events: &[Event]| fold.fit(&history(events), &ground, &triggers, &shouhu_hotspots::FitSettings::default());
    assert_eq!(fit(&all), fit(&early));
    // The window is open at its beginning and closed at its end: days 50 to 56.
    let judged = fold.judge(&history(&all), &ground, &with.unwrap(), &[10_000.0]).unwrap();
    assert_eq!(judged.scores[0].reports, 7);
}

#[test]
fn a_window_beyond_what_is_known_or_before_all_reports_is_refused() {
    let ground = row();
    let history = TrainingSet::of(reports(&[1, 2], 10), 20 * DAY_US).unwrap();
    let fold = |from: i64, until: i64| Fold { as_of_us: from * DAY_US, until_us: until * DAY_US };
    let surface = surface(&ground);
    assert!(matches!(fold(15, 21).judge(&history, &ground, &surface, &[1e4]), Err(BacktestError::Window { .. })));
    assert!(matches!(fold(15, 15).judge(&history, &ground, &surface, &[1e4]), Err(BacktestError::Window { .. })));
    let model = Model::kernel(Trigger { reach_m: 150.0, life_days: 20.0 }, 0.1).unwrap();
    assert_eq!(fold(5, 8).surface(&history, &ground, &model), Err(BacktestError::Training(TrainingError::Empty)));
}

#[test]
fn reports_off_the_ground_are_not_counted() {
    let mut then = reports(&[3], 12);
    then.push(Report::try_from(Event { at: Point::new(-50.0, 50.0), ..event(0, 12) }).unwrap());
    assert!((counts(&row(), &then).iter().sum::<f64>() - 1.0).abs() < 1e-12);
}
