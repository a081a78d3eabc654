//! Noisy tracks along known ways, in the demo city and on real roads.
#![allow(clippy::indexing_slicing, reason = "a test may stop at a wrong index")]

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::access::VehicleClass;
use crate::city::{CitySize, demo_city};
use crate::navigate::{Closures, Navigator};
use crate::profile::WeightSet;
use crate::test_data;

const CAR: Profile = Profile::new(VehicleClass::Car, WeightSet::Night);

fn shifted(place: Wgs84, east_m: f64, north_m: f64) -> Wgs84 {
    let per_degree = 111_195.0;
    Wgs84 { lon: place.lon + east_m / (per_degree * place.lat.to_radians().cos()), lat: place.lat + north_m / per_degree }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (a, b): (f64, f64) = (rng.gen_range(1e-12..1.0), rng.gen_range(0.0..1.0));
    (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
}

/// A drive of at least three kilometres, seen every `every_ms` with this noise, and the road at each fix.
fn noisy_drive(navigator: &Navigator, rng: &mut ChaCha8Rng, sigma_m: f64, every_ms: i64) -> Option<(Vec<Fix>, Vec<DirectedEdge>)> {
    let network = navigator.network();
    let mut anywhere = || {
        let place = network.nodes()[rng.gen_range(0..network.nodes().len())];
        navigator.snap(place, 500.0)
    };
    let (from, to) = (anywhere()?, anywhere()?);
    let path = navigator.path(&from, &to, &Closures::none()).ok().filter(|path| path.distance_m(network) > 3_000.0)?;
    let (mut fixes, mut roads) = (Vec::new(), Vec::new());
    let (mut start_s, mut next_s) = (0.0, 0.0);
    for part in &path.parts {
        let part_s = navigator.part_duration_s(part);
        while next_s <= start_s + part_s {
            let share = (next_s - start_s) / part_s;
            let edge = &network.edges()[part.road.edge.0 as usize];
            let (place, _) = bearing_along(network.polyline(edge), edge, part.enter + (part.leave - part.enter) * share);
            let place = shifted(place, sigma_m * normal(rng), sigma_m * normal(rng));
            fixes.push(Fix { at_ms: (next_s * 1_000.0) as i64, place, accuracy_m: None });
            roads.push(part.road);
            next_s += every_ms as f64 / 1_000.0;
        }
        start_s += part_s;
    }
    Some((fixes, roads))
}

/// Shares of fixes on the right edge and on the right edge in the right direction.
fn right_shares(network: RoadNetwork, sigma_m: f64, every_ms: i64) -> (f64, f64) {
    let network = Arc::new(network);
    let navigator = Navigator::new(Arc::clone(&network), CAR);
    let matcher = Matcher::new(Arc::clone(&network), CAR);
    let options = MatchOptions { sigma_m, ..MatchOptions::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (mut all, mut edges, mut directed, mut drives) = (0usize, 0usize, 0usize, 0);
    while drives < 12 {
        let Some((fixes, roads)) = noisy_drive(&navigator, &mut rng, sigma_m, every_ms) else { continue };
        drives += 1;
        let track = matcher.matched(&fixes, &options);
        assert_eq!(track.matches.len(), fixes.len());
        for (found, road) in track.matches.iter().zip(&roads) {
            all += 1;
            edges += usize::from(found.as_ref().is_some_and(|found| found.road.edge == road.edge));
            directed += usize::from(found.as_ref().is_some_and(|found| found.road == *road));
        }
        for path in &track.paths {
            for pair in path.parts.windows(2) {
                let place = |part: &PathPart, fraction: f64| {
                    let edge = &network.edges()[part.road.edge.0 as usize];
                    bearing_along(network.polyline(edge), edge, fraction).0
                };
                let jump_m = place(&pair[0], pair[0].leave).distance_m(place(&pair[1], pair[1].enter));
                assert!(jump_m <= 4.0 * sigma_m, "{jump_m} m between {pair:?}");
            }
        }
    }
    (edges as f64 / all as f64, directed as f64 / all as f64)
}

#[test]
fn a_clear_track_is_matched_edge_by_edge() {
    let (edges, directed) = right_shares(demo_city(2, CitySize::District), 5.0, 1_000);
    assert!(edges > 0.9 && directed > 0.9, "{edges} {directed}");
}

#[test]
fn tracks_on_real_roads_are_matched() {
    for (file, least) in [("roads/arterial_edges.csv", 0.95), ("roads/named_roads_edges.csv", 0.85)] {
        let Some(network) = test_data::network(file) else { continue };
        let (edges, directed) = right_shares(network, 10.0, 5_000);
        assert!(edges > least && directed > least, "{file}: {edges} {directed}");
    }
}

fn town_drive() -> (Matcher, Vec<Fix>) {
    let network = Arc::new(demo_city(6, CitySize::District));
    let navigator = Navigator::new(Arc::clone(&network), CAR);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let drive = std::iter::repeat_with(|| noisy_drive(&navigator, &mut rng, 5.0, 2_000)).flatten().next();
    (Matcher::new(network, CAR), drive.unwrap_or_default().0)
}

#[test]
fn a_long_silence_breaks_the_track_and_loses_no_fix() {
    let (matcher, mut fixes) = town_drive();
    let half = fixes.len() / 2;
    fixes.iter_mut().skip(half).for_each(|fix| fix.at_ms += 3_600_000);
    let track = matcher.matched(&fixes, &MatchOptions { sigma_m: 5.0, ..MatchOptions::default() });
    assert_eq!(track.paths.len(), 2);
    assert_eq!((track.paths[0].first_fix, track.paths[1].last_fix), (0, fixes.len() - 1));
}

#[test]
fn a_fix_in_the_sea_stays_unmatched_and_the_others_are_kept() {
    let (matcher, mut fixes) = town_drive();
    let wrong = fixes.len() / 3;
    fixes[wrong].place = Wgs84 { lon: 119.0, lat: 22.0 };
    fixes[wrong + 1].place = Wgs84 { lon: f64::NAN, lat: 22.0 };
    fixes[wrong + 2].at_ms = 0;
    let track = matcher.matched(&fixes, &MatchOptions { sigma_m: 5.0, ..MatchOptions::default() });
    let near = track.matches.iter().flatten().filter(|found| found.distance_m < 50.0).count();
    assert!(near + 3 >= fixes.len(), "{near} of {}", fixes.len());
    assert_eq!(track.matches[wrong + 1], None);
    assert_eq!(track.paths.len(), 1);
}

#[test]
fn a_match_names_its_street_and_its_heading() {
    let (matcher, fixes) = town_drive();
    let track = matcher.matched(&fixes, &MatchOptions { sigma_m: 5.0, ..MatchOptions::default() });
    for found in track.matches.iter().flatten() {
        assert!(found.street.is_some() && (0.0..360.0).contains(&found.bearing_deg));
        assert!((0.0..=1.0).contains(&found.probability) && (0.0..=1.0).contains(&found.fraction));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_fixes_give_a_match_or_none(
        fixes in prop::collection::vec((any::<i64>(), 120.18f64..120.22, 22.97f64..23.01, prop::option::of(any::<f64>())), 0..30),
        lon: f64, lat: f64,
    ) {
        let matcher = Matcher::new(Arc::new(demo_city(3, CitySize::Town)), CAR);
        let mut fixes: Vec<Fix> = fixes
            .into_iter()
            .map(|(at_ms, lon, lat, accuracy_m)| Fix { at_ms, place: Wgs84 { lon, lat }, accuracy_m })
            .collect();
        fixes.push(Fix { at_ms: i64::MAX, place: Wgs84 { lon, lat }, accuracy_m: Some(f64::NAN) });
        let track = matcher.matched(&fixes, &MatchOptions::default());
        prop_assert_eq!(track.matches.len(), fixes.len());
    }
}

#[test]
#[ignore = "prints the shares that the README shows; a minute"]
fn shares_of_fixes_on_the_right_edge() {
    for file in ["roads/arterial_edges.csv", "roads/named_roads_edges.csv"] {
        let Some(network) = test_data::network(file) else { continue };
        for sigma_m in [5.0, 10.0, 20.0] {
            for every_ms in [1_000, 5_000, 15_000, 30_000] {
                let (edges, directed) = right_shares(network.clone(), sigma_m, every_ms);
                eprintln!("{file} {sigma_m} m {every_ms} ms: {:.1} % {:.1} %", edges * 100.0, directed * 100.0);
            }
        }
    }
}
