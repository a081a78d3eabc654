//! PAI and PEI* on the NIJ challenge's windows, every choice made on windows that ended before them.
//!
//! `cargo run --release -p shouhu-hotspots --example portland [-- speed | theft | burglary]`
//!
//! For each crime and horizon: recipes × cell sides × forecast areas are compared by pooled PAI over monthly origins from 2015-03 on
//! whose windows end by 2017-03-01; the best one then forecasts from 2017-03-01, once. `speed` only
//! times one large surface.

#![allow(clippy::indexing_slicing, reason = "every index is a number of the lists that this file makes")]

mod nij;

use nij::{BURGLARY, Outcome, SQUARE_MILE_M2, VEHICLE_THEFT, midnight_us};
use shouhu_hotspots::backtest::Fold;
use shouhu_hotspots::score::Score;
use shouhu_hotspots::{CellGrid, DAY_US, Event, FitSettings, Ground, Kind, Model, Origin, Point, TrainingSet, Trigger};

/// Cell sides in feet, the least and the most that the rules allow, with samples per side: both about 37 m apart.
const SIDES: [(f64, u32); 2] = [(250.0, 2), (600.0, 5)];
const HORIZONS: [(&str, i64, i64); 5] =
    [("1 week", 0, 7), ("2 weeks", 0, 14), ("1 month", 1, 0), ("2 months", 2, 0), ("3 months", 3, 0)];
/// What maps submitted to the challenge scored, where that is known: hits of reports, PAI.
const REFERENCE_MAPS: [(&str, &str, &str); 3] = [
    (VEHICLE_THEFT, "1 month", "3/273 PAI 6.36"),
    (VEHICLE_THEFT, "2 months", "17/543 PAI 7.28"),
    (BURGLARY, "2 months", "0/175 PAI 0.00"),
];

enum Recipe {
    Kernel(Trigger),
    /// The reaches and lives of a self-exciting model whose yields EM fits at each origin.
    Fitted(&'static str, Vec<Trigger>),
}

/// The plainest map there is: what was ever reported in a cell, old and new alike.
const COUNT: Trigger = Trigger { reach_m: 40.0, life_days: 1e6 };

fn recipes() -> Vec<Recipe> {
    let mut recipes = vec![Recipe::Kernel(COUNT)];
    for reach_m in [40.0, 80.0, 150.0, 300.0, 600.0] {
        for life_days in [360.0, 3_000.0] {
            recipes.push(Recipe::Kernel(Trigger { reach_m, life_days }));
        }
    }
    let grid = |lives: &[f64]| {
        let pair = |reach_m: f64| lives.iter().map(move |&life_days| Trigger { reach_m, life_days });
        [40.0, 100.0, 250.0, 600.0, 1_500.0].into_iter().flat_map(pair).collect::<Vec<_>>()
    };
    recipes.push(Recipe::Fitted("near and chronic", grid(&[7.0, 45.0, 300.0, 2_000.0])));
    recipes.push(Recipe::Fitted("chronic only", grid(&[2_000.0])));
    recipes
}

impl Recipe {
    fn name(&self) -> String {
        match self {
            Self::Kernel(trigger) if *trigger == COUNT => "count of all history".to_owned(),
            Self::Kernel(Trigger { reach_m, life_days }) => format!("kernel {reach_m:.0} m, {life_days:.0} d"),
            Self::Fitted(name, _) => format!("fitted, {name}"),
        }
    }

    fn model(&self, fold: Fold, history: &TrainingSet, ground: &Ground) -> Outcome<Model> {
        Ok(match self {
            Self::Kernel(trigger) => Model::kernel(*trigger, 0.05)?,
            Self::Fitted(_, triggers) => fold.fit(history, ground, triggers, &FitSettings::default())?,
        })
    }
}

/// The window that begins on the first of a month, counted in months from March 2017.
fn window(months_before: i64, (_, months, days): (&str, i64, i64)) -> Fold {
    let first = |months_from_march: i64| {
        let number = 2017 * 12 + 2 + months_from_march;
        midnight_us(number.div_euclid(12), number.rem_euclid(12) + 1, 1)
    };
    Fold { as_of_us: first(-months_before), until_us: first(-months_before + months) + days * DAY_US }
}

struct Candidate {
    recipe: usize,
    side: usize,
    area: usize,
    pooled: Vec<Option<Score>>,
    log_score: Vec<f64>,
}

/// Every recipe, side and area over every earlier window, pooled by horizon.
fn validate(history: &TrainingSet, grounds: &[Ground], recipes: &[Recipe]) -> Outcome<Vec<Candidate>> {
    let known_us = history.as_of_us();
    let mut candidates = Vec::new();
    for (side, (ground, &(side_ft, _))) in grounds.iter().zip(&SIDES).enumerate() {
        let areas = nij::areas(side_ft);
        for (number, recipe) in recipes.iter().enumerate() {
            let mut pooled = vec![[None::<Score>; 3]; HORIZONS.len()];
            let mut log_score = vec![0.0; HORIZONS.len()];
            for months_before in 1..=24 {
                let model = recipe.model(window(months_before, HORIZONS[0]), history, ground)?;
                for (horizon, &length) in HORIZONS.iter().enumerate() {
                    let fold = window(months_before, length);
                    if fold.until_us > known_us {
                        continue;
                    }
                    let judged = fold.judge(history, ground, &fold.surface(history, ground, &model)?, &areas)?;
                    log_score[horizon] += judged.log_score;
                    for (pool, score) in pooled[horizon].iter_mut().zip(judged.scores) {
                        *pool = Some(pool.map_or(score, |sum| sum.and(score)));
                    }
                }
            }
            for area in 0..areas.len() {
                let pooled = pooled.iter().map(|by_area| by_area[area]).collect();
                candidates.push(Candidate { recipe: number, side, area, pooled, log_score: log_score.clone() });
            }
        }
    }
    Ok(candidates)
}

fn crime(name: &str, file: &str, folder: &std::path::Path, grounds: &[Ground]) -> Outcome<()> {
    let recipes = recipes();
    let test_from_us = window(0, HORIZONS[0]).as_of_us;
    // Two readings of the file: what validation and models see ends with February 2017.
    let history = nij::calls(folder, file, test_from_us)?.training;
    let whole = nij::calls(folder, file, midnight_us(2017, 6, 1))?.training;
    let candidates = validate(&history, grounds, &recipes)?;
    println!("\n{name}: {} reports before 2017-03-01", history.reports().len());
    println!(
        "| horizon | chosen on earlier windows | cell ft | earlier PAI | area sq mi | hits | PAI | PEI* | count: PAI earlier, hits, PAI | reference map |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (horizon, &length) in HORIZONS.iter().enumerate() {
        let worth = |candidate: &Candidate| candidate.pooled[horizon].and_then(|score| score.pai()).unwrap_or_default();
        let best = candidates.iter().max_by(|a, b| worth(a).total_cmp(&worth(b))).ok_or("no candidate")?;
        let test = |side: usize, area: usize, recipe: &Recipe| -> Outcome<Score> {
            let (ground, fold) = (&grounds[side], window(0, length));
            let surface = fold.surface(&history, ground, &recipe.model(fold, &history, ground)?)?;
            Ok(fold.judge(&whole, ground, &surface, &[nij::areas(SIDES[side].0)[area]])?.scores[0])
        };
        let counted = candidates.iter().find(|one| (one.recipe, one.side, one.area) == (0, 0, 0));
        let score = test(best.side, best.area, &recipes[best.recipe])?;
        let count = test(0, 0, &Recipe::Kernel(COUNT))?;
        let reference = REFERENCE_MAPS.iter().find(|row| row.0 == file && row.1 == length.0).map_or("none", |row| row.2);
        println!(
            "| {} | {} | {:.0} | {:.2} | {:.3} | {}/{} | {:.2} | {:.3} | {:.2}, {}, {:.2} | {reference} |",
            length.0,
            recipes[best.recipe].name(),
            SIDES[best.side].0,
            worth(best),
            score.area / SQUARE_MILE_M2,
            score.hits,
            score.reports,
            score.pai().unwrap_or_default(),
            score.pei_star().unwrap_or_default(),
            counted.map_or(0.0, worth),
            count.hits,
            count.pai().unwrap_or_default(),
        );
    }
    by_likelihood(&candidates, &recipes);
    fitted(&history, &grounds[0], &recipes)
}

/// The recipes by held-out log score over the earlier one-month windows, on the smallest cells.
fn by_likelihood(candidates: &[Candidate], recipes: &[Recipe]) {
    let mut rows: Vec<&Candidate> = candidates.iter().filter(|one| one.side == 0 && one.area == 0).collect();
    rows.sort_by(|a, b| b.log_score[2].total_cmp(&a.log_score[2]));
    println!("held-out log score, one-month windows, 250 ft cells (best first):");
    for row in rows.iter().take(4) {
        let pai = row.pooled[2].and_then(|score| score.pai()).unwrap_or_default();
        println!("  {:>10.1}  PAI {pai:>6.2}  {}", row.log_score[2], recipes[row.recipe].name());
    }
}

/// What the fit says of near repeats.
fn fitted(history: &TrainingSet, ground: &Ground, recipes: &[Recipe]) -> Outcome<()> {
    for recipe in recipes {
        let Recipe::Fitted(name, triggers) = recipe else { continue };
        let model = Model::fit(history, ground, triggers, &FitSettings::default())?.model;
        println!(
            "fitted, {name}: {:.3} per day even, {:.2} reports per report, through",
            model.even_per_day(),
            model.branching_ratio()
        );
        for &(trigger, yielded) in model.triggers().iter().filter(|(_, yielded)| *yielded > 0.005) {
            println!("  {:>6.0} m {:>6.0} d  {yielded:.3}", trigger.reach_m, trigger.life_days);
        }
    }
    Ok(())
}

/// CPU seconds of this process so far, which a busy machine does not change as much as the wall clock.
fn cpu_seconds() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split(' ').next().ok_or("schedstat is empty")?.parse::<f64>()? / 1e9)
}

/// 100,000 events over 100,000 cells: reach of five cells, then of three reaches at once.
fn speed() -> Outcome<()> {
    let grid = CellGrid { south_west: Point::new(0.0, 0.0), side_m: 100.0, columns: 400, rows: 250 };
    let ground = Ground::cells(grid, 1, |_| true)?;
    let mut state = 1u64;
    let mut unit = || {
        // A fixed linear congruential stream is chance enough to scatter points (Knuth's MMIX constants).
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let events: Vec<Event> = (0..100_000)
        .map(|_| {
            let at = Point::new(unit() * 40_000.0, unit() * 25_000.0);
            Event { at, at_us: (unit() * 1_000.0 * DAY_US as f64) as i64, kind: Kind(1), origin: Origin::CitizenReport }
        })
        .collect();
    let training = TrainingSet::sift(&events, 1_000 * DAY_US)?.training;
    for reaches in [vec![500.0], vec![300.0, 500.0, 1_000.0]] {
        let triggers = reaches.iter().map(|&reach_m| (Trigger { reach_m, life_days: 200.0 }, 0.3)).collect();
        let model = Model::new(1.0, triggers)?;
        let start = cpu_seconds()?;
        let surface = model.surface(&training, &ground, 7.0)?;
        let seconds = cpu_seconds()? - start;
        println!(
            "100,000 events x 100,000 cells of 100 m, reaches {reaches:?} m: {:.3} CPU s, {:.1} expected",
            seconds,
            surface.total()
        );
    }
    Ok(())
}

fn main() -> Outcome<()> {
    speed()?;
    if std::env::args().any(|argument| argument == "speed") {
        return Ok(());
    }
    let Some(folder) = nij::folder("bench/nij_portland") else { return Ok(()) };
    let outline = nij::outline(&folder)?;
    let grounds = SIDES.iter().map(|&(side, samples)| nij::cells(&outline, side, samples)).collect::<Outcome<Vec<_>>>()?;
    println!(
        "outline {:.2} sq mi; cells cover {:.2}",
        nij::area_m2(&outline) / SQUARE_MILE_M2,
        grounds[0].total_measure() / SQUARE_MILE_M2
    );
    let is_wanted = |name: &str| std::env::args().nth(1).is_none_or(|asked| asked == name);
    for (name, file) in [("theft", VEHICLE_THEFT), ("burglary", BURGLARY)] {
        if is_wanted(name) {
            crime(name, file, &folder, &grounds)?;
        }
    }
    Ok(())
}
