//! Visits: floors and caps hold for every surface and seed, and chance moves visits only within an area.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use proptest::prelude::*;
use shouhu_hotspots::dose::{AreaLimits, DoseError, DoseRules, share_of_dose};

const AREAS: usize = 6;

/// Two to nine places in each of six areas, with risks over five powers of ten and some of none.
fn city() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<usize>)> {
    proptest::collection::vec(proptest::collection::vec((-8.0..8.0f64, 1.0..100.0f64, 0..4), 2..9), AREAS).prop_map(|areas| {
        let (mut expected, mut measures, mut area_of) = (Vec::new(), Vec::new(), Vec::new());
        for (area, places) in areas.into_iter().enumerate() {
            for (exponent, measure, known) in places {
                expected.push(if known == 0 { 0.0 } else { exponent.exp() });
                measures.push(measure);
                area_of.push(area);
            }
        }
        (expected, measures, area_of)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn every_area_gets_its_floor_and_none_more_than_its_cap(
        (expected, measures, area_of) in city(), seed in any::<u64>(),
        floor in 0.0..0.9f64, cap in 1.05..4.0f64, exploration in 0.0..1.0f64, surprise in 0.0..2.0f64,
    ) {
        let limits = AreaLimits::even(AREAS, floor, cap);
        let rules = DoseRules { exploration, surprise };
        let dose = share_of_dose(&expected, &measures, &area_of, &limits, rules, seed).unwrap();
        let mut sums = [0.0; AREAS];
        for (share, &area) in dose.places.iter().zip(&area_of) {
            prop_assert!(*share >= 0.0);
            sums[area] += share;
        }
        for (area, limit) in limits.iter().enumerate() {
            prop_assert!((sums[area] - dose.areas[area]).abs() < 1e-9);
            prop_assert!(sums[area] >= limit.floor - 1e-9 && sums[area] <= limit.cap + 1e-9, "{sums:?}");
        }
        prop_assert!((sums.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{sums:?}");
        let again = share_of_dose(&expected, &measures, &area_of, &limits, rules, seed).unwrap();
        prop_assert_eq!(&dose, &again);
        let other = share_of_dose(&expected, &measures, &area_of, &limits, rules, seed ^ 1).unwrap();
        prop_assert_eq!(&dose.areas, &other.areas);
        prop_assert!(surprise < 0.01 || dose.places != other.places);
    }

    #[test]
    fn with_exploration_no_place_is_left_out((expected, measures, area_of) in city(), seed in any::<u64>()) {
        let limits = AreaLimits::even(AREAS, 0.5, 3.0);
        let dose = share_of_dose(&expected, &measures, &area_of, &limits, DoseRules::default(), seed).unwrap();
        prop_assert!(dose.places.iter().all(|&share| share > 0.0));
    }
}

#[test]
fn without_limits_chance_or_exploration_the_dose_is_the_risk() {
    let limits = vec![AreaLimits { floor: 0.0, cap: 1.0 }; 2];
    let rules = DoseRules { exploration: 0.0, surprise: 0.0 };
    let dose = share_of_dose(&[1.0, 2.0, 5.0], &[1.0; 3], &[0, 0, 1], &limits, rules, 1).unwrap();
    for (share, risk) in dose.places.iter().zip([0.125, 0.25, 0.625]) {
        assert!((share - risk).abs() < 1e-9, "{dose:?}");
    }
}

#[test]
fn a_city_of_which_nothing_is_known_is_explored_evenly() {
    let limits = vec![AreaLimits { floor: 0.0, cap: 1.0 }; 2];
    let rules = DoseRules { exploration: 0.1, surprise: 0.0 };
    let dose = share_of_dose(&[0.0; 3], &[1.0; 3], &[0, 0, 1], &limits, rules, 1).unwrap();
    assert!((dose.areas[0] - 0.5).abs() < 1e-9 && (dose.places[0] - 0.25).abs() < 1e-9, "{dose:?}");
}

#[test]
fn limits_that_cannot_hold_are_refused_by_name() {
    let ask =
        |expected: &[f64], limits: &[AreaLimits]| share_of_dose(expected, &[1.0; 2], &[0, 1], limits, DoseRules::default(), 1);
    let limit = |floor, cap| AreaLimits { floor, cap };
    assert!(matches!(ask(&[1.0, 1.0], &[limit(0.7, 0.9); 2]), Err(DoseError::Impossible { .. })));
    assert!(matches!(ask(&[1.0, 1.0], &[limit(0.1, 0.4); 2]), Err(DoseError::Impossible { .. })));
    assert!(matches!(ask(&[1.0, 1.0], &[limit(0.5, 0.4); 2]), Err(DoseError::Limits { area: 0, .. })));
    assert!(matches!(ask(&[1.0, f64::NAN], &[limit(0.0, 1.0); 2]), Err(DoseError::Place { place: 1, .. })));
    assert!(matches!(ask(&[1.0, -1.0], &[limit(0.0, 1.0); 2]), Err(DoseError::Place { place: 1, .. })));
    assert!(matches!(ask(&[1.0], &[limit(0.0, 1.0); 2]), Err(DoseError::Lengths { .. })));
    assert!(matches!(ask(&[1.0, 1.0], &[limit(0.0, 1.0)]), Err(DoseError::NoLimits { place: 1, area: 1 })));
    assert!(matches!(ask(&[1.0, 1.0], &[limit(0.1, 0.6); 3]), Err(DoseError::EmptyArea { area: 2, .. })));
}
