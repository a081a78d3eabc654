//! What must hold on the NIJ challenge's real calls, whatever the figures turn out to be. The figures themselves are printed by
//! `examples/portland.rs`; a number asserted here would be a number tuned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

#[path = "../examples/nij/mod.rs"]
mod nij;

use nij::{AREA_SQ_MI, CELL_SQ_FT, FOOT_M, SQUARE_MILE_M2, VEHICLE_THEFT, midnight_us};
use shouhu_hotspots::backtest::{BacktestError, Fold};
use shouhu_hotspots::{DAY_US, FitSettings, Ground, Model, TrainingSet, Trigger};

const SIDE_FT: f64 = 600.0;

fn ground_and_calls(before_us: i64) -> Option<(Ground, TrainingSet)> {
    let folder = nij::folder("bench/nij_portland")?;
    let ground = nij::cells(&nij::outline(&folder).unwrap(), SIDE_FT, 2).unwrap();
    Some((ground, nij::calls(&folder, VEHICLE_THEFT, before_us).unwrap().training))
}

fn march() -> Fold {
    Fold { as_of_us: midnight_us(2017, 3, 1), until_us: midnight_us(2017, 4, 1) }
}

#[test]
fn dates_become_days_since_1970() {
    assert_eq!(midnight_us(1970, 1, 1), 0);
    assert_eq!(midnight_us(2017, 3, 1), 17_226 * DAY_US);
    assert_eq!(midnight_us(2016, 2, 29) + DAY_US, midnight_us(2016, 3, 1));
}

#[test]
fn forecast_areas_keep_to_the_challenges_limits() {
    for side_ft in [250.0, 400.0, 600.0] {
        assert!((CELL_SQ_FT.0..=CELL_SQ_FT.1).contains(&(side_ft * side_ft)));
        for area in nij::areas(side_ft) {
            assert!((AREA_SQ_MI.0..=AREA_SQ_MI.1).contains(&(area / SQUARE_MILE_M2)), "{side_ft} ft: {}", area / SQUARE_MILE_M2);
        }
    }
}

#[test]
fn a_forecast_of_march_knows_nothing_of_march_and_beats_a_blind_choice() {
    let Some((ground, calls)) = ground_and_calls(midnight_us(2017, 6, 1)) else { return };
    let fold = march();
    let triggers: Vec<Trigger> =
        [250.0, 1_000.0].into_iter().flat_map(|reach_m| [14.0, 700.0].map(|life_days| Trigger { reach_m, life_days })).collect();
    let (settings, areas) = (FitSettings { iterations_max: 40, ..FitSettings::default() }, nij::areas(SIDE_FT));
    let known = calls.known_at(fold.as_of_us).unwrap();
    assert!(known.reports().iter().all(|report| report.at_us() < fold.as_of_us));
    let surface_of = |history: &TrainingSet| {
        let model = fold.fit(history, &ground, &triggers, &settings).unwrap();
        fold.surface(history, &ground, &model).unwrap()
    };
    let surface = surface_of(&calls);
    assert_eq!(surface, surface_of(&known), "what came later must not show");
    let judged = fold.judge(&calls, &ground, &surface, &areas).unwrap();
    for (score, area) in judged.scores.iter().zip(areas) {
        let side_m = SIDE_FT * FOOT_M;
        assert!((score.area - area).abs() < side_m, "{} of {area} m²", score.area);
        assert!(score.area / SQUARE_MILE_M2 <= AREA_SQ_MI.1 && score.area / SQUARE_MILE_M2 >= AREA_SQ_MI.0 - 1e-9);
        assert!(score.hits <= score.best_hits && score.best_hits <= score.reports);
    }
    // Chance gives 1; over 0.75 square miles of 161 and 273 calls that is 1.3 hits.
    assert!(judged.scores[2].pai().unwrap() > 1.0, "{judged:?}");
}

#[test]
fn a_window_that_is_not_over_cannot_be_judged() {
    let Some((ground, calls)) = ground_and_calls(midnight_us(2017, 3, 15)) else { return };
    let fold = march();
    let model = Model::kernel(Trigger { reach_m: 500.0, life_days: 365.0 }, 0.1).unwrap();
    let surface = fold.surface(&calls, &ground, &model).unwrap();
    assert!(matches!(fold.judge(&calls, &ground, &surface, &nij::areas(SIDE_FT)), Err(BacktestError::Window { .. })));
}
