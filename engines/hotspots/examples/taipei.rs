//! Taipei's residential burglaries, split by time: what was chosen on earlier windows, forecasting the last half-year month by month.
//!
//! `cargo run --release -p shouhu-hotspots --example taipei`
//!
//! The published places are blurred to a run of house numbers, so nothing finer than about 100 m is there to be learned.

#![allow(clippy::indexing_slicing, reason = "every index is a number of the lists that this file makes")]

mod nij;

use nij::{Outcome, midnight_us};
use shouhu_hotspots::backtest::Fold;
use shouhu_hotspots::score::Score;
use shouhu_hotspots::{CellGrid, DAY_US, Event, FitSettings, Ground, Kind, Model, Origin, Point, TrainingSet, Trigger};

const SIDE_M: f64 = 200.0;
/// Shares of the ground that a forecast may name; about 0.7, 1.4 and 3.5 km².
const AREA_SHARES: [f64; 3] = [0.005, 0.01, 0.025];
/// Choices are made on windows from here to the next, and tested from there to the end.
const CHOOSE_FROM: (i64, i64) = (2016, 1);
const TEST_FROM: (i64, i64) = (2017, 1);
const TEST_MONTHS: i64 = 8;

fn month_us(months_after: i64, (year, month): (i64, i64)) -> i64 {
    let number = year * 12 + month - 1 + months_after;
    midnight_us(number.div_euclid(12), number.rem_euclid(12) + 1, 1)
}

/// Dates are in ROC years (`1040101` is 2015-01-01); places become metres east and north of 25.05° N, 121.55° E on a sphere.
fn burglaries(text: &str) -> Outcome<TrainingSet> {
    let mut events = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let bad = || format!("line {}: {line:?}", number + 1);
        let fields: Vec<&str> = line.split(',').collect();
        let (Some(date), Some(lat), Some(lon)) = (fields.get(2), fields.iter().rev().nth(1), fields.last()) else {
            return Err(bad().into());
        };
        let (date, lat, lon): (i64, f64, f64) = (date.parse()?, lat.parse()?, lon.parse()?);
        let metres_per_degree = 6_371_000.0f64.to_radians();
        let at = Point::new((lon - 121.55) * metres_per_degree * 25.05f64.to_radians().cos(), (lat - 25.05) * metres_per_degree);
        let at_us = midnight_us(date / 10_000 + 1911, date / 100 % 100, date % 100) + DAY_US / 2;
        // A few of the published rows lie decades back; they are reported late and say nothing of today.
        if at_us >= midnight_us(2015, 1, 1) {
            events.push(Event { at, at_us, kind: Kind(1), origin: Origin::CitizenReport });
        }
    }
    Ok(TrainingSet::sift(&events, month_us(TEST_MONTHS, TEST_FROM))?.training)
}

/// Cells within 500 m of a burglary that was known when choosing began: the lived-in city, from nothing that is to be forecast.
fn lived_in(known: &TrainingSet) -> Outcome<Ground> {
    let near = |centre: Point| {
        let is_near = |at: Point| (at.east_m - centre.east_m).hypot(at.north_m - centre.north_m) < 500.0;
        known.reports().iter().any(|report| is_near(report.at()))
    };
    let grid = CellGrid { south_west: Point::new(-10_000.0, -10_000.0), side_m: SIDE_M, columns: 115, rows: 115 };
    Ok(Ground::cells(grid, 2, near)?)
}

fn models(fold: Fold, history: &TrainingSet, ground: &Ground) -> Outcome<Vec<(String, Model)>> {
    // The plainest map first: what was ever reported round a cell, old and new alike.
    let mut models = vec![("count of all history".to_owned(), Model::kernel(Trigger { reach_m: 100.0, life_days: 1e6 }, 0.001)?)];
    for reach_m in [200.0, 400.0, 800.0, 1_600.0] {
        for life_days in [30.0, 180.0, 1_000.0] {
            let model = Model::kernel(Trigger { reach_m, life_days }, 0.05)?;
            models.push((format!("kernel {reach_m:.0} m, {life_days:.0} d"), model));
        }
    }
    let shapes = [150.0, 400.0, 1_000.0, 2_500.0].into_iter();
    let triggers: Vec<Trigger> =
        shapes.flat_map(|reach_m| [7.0, 45.0, 1_000.0].map(|life_days| Trigger { reach_m, life_days })).collect();
    models.push(("fitted".to_owned(), fold.fit(history, ground, &triggers, &FitSettings::default())?));
    Ok(models)
}

/// Each model's scores over the months, pooled, with the sum of log scores.
fn pooled(from: (i64, i64), months: i64, history: &TrainingSet, ground: &Ground) -> Outcome<Vec<(String, Vec<Score>, f64)>> {
    let areas = AREA_SHARES.map(|share| share * ground.total_measure());
    let mut rows: Vec<(String, Vec<Score>, f64)> = Vec::new();
    for month in 0..months {
        let fold = Fold { as_of_us: month_us(month, from), until_us: month_us(month + 1, from) };
        for (number, (name, model)) in models(fold, history, ground)?.into_iter().enumerate() {
            let judged = fold.judge(history, ground, &fold.surface(history, ground, &model)?, &areas)?;
            match rows.get_mut(number) {
                None => rows.push((name, judged.scores, judged.log_score)),
                Some((_, scores, log_score)) => {
                    *log_score += judged.log_score;
                    *scores = scores.iter().zip(judged.scores).map(|(sum, score)| sum.and(score)).collect();
                }
            }
        }
    }
    Ok(rows)
}

fn main() -> Outcome<()> {
    let Some(file) = nij::folder("police/taipei_burglary_2015-2017.csv") else { return Ok(()) };
    let history = burglaries(&std::fs::read_to_string(file)?)?;
    let ground = lived_in(&history.known_at(month_us(0, CHOOSE_FROM))?)?;
    println!(
        "{} burglaries since 2015, ground {:.1} km² in cells of {SIDE_M:.0} m",
        history.reports().len(),
        ground.total_measure() / 1e6
    );
    let (chosen_on, tested_on) =
        (pooled(CHOOSE_FROM, 12, &history, &ground)?, pooled(TEST_FROM, TEST_MONTHS, &history, &ground)?);
    println!(
        "| share of ground | chosen on 2016 | PAI 2016 | hits 2017-01 to 08 | PAI | PEI* | count: hits, PAI |\n|---|---|---|---|---|---|---|"
    );
    for (area, share) in AREA_SHARES.iter().enumerate() {
        let pai = |row: &(String, Vec<Score>, f64)| row.1.get(area).and_then(|score| score.pai()).unwrap_or_default();
        let best = (0..chosen_on.len()).max_by(|&a, &b| pai(&chosen_on[a]).total_cmp(&pai(&chosen_on[b]))).ok_or("no model")?;
        let score = tested_on[best].1[area];
        println!(
            "| {:.1} % | {} | {:.2} | {}/{} | {:.2} | {:.3} | {}, {:.2} |",
            share * 100.0,
            chosen_on[best].0,
            pai(&chosen_on[best]),
            score.hits,
            score.reports,
            score.pai().unwrap_or_default(),
            score.pei_star().unwrap_or_default(),
            tested_on[0].1[area].hits,
            pai(&tested_on[0]),
        );
    }
    let mut by_likelihood: Vec<&(String, Vec<Score>, f64)> = chosen_on.iter().collect();
    by_likelihood.sort_by(|a, b| b.2.total_cmp(&a.2));
    for row in by_likelihood.iter().take(3) {
        println!("held-out log score 2016: {:.1}  {}", row.2, row.0);
    }
    Ok(())
}
