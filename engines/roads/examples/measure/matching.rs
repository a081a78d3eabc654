//! Map matching on synthetic noisy tracks: which share of the fixes is put on the edge that was driven.

use std::sync::Arc;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_place::Wgs84;
use shouhu_roads::{
    Closures, DirectedEdge, Edge, EdgeId, Fix, MatchOptions, Matcher, Navigator, Profile, RoadNetwork, VehicleClass, WeightSet,
};

const CAR: Profile = Profile::new(VehicleClass::Car, WeightSet::Night);
const DRIVES: usize = 40;

struct Drive {
    fixes: Vec<Fix>,
    roads: Vec<DirectedEdge>,
    /// Edges driven, with their lengths.
    way: Vec<(DirectedEdge, f64)>,
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (a, b): (f64, f64) = (rng.gen_range(1e-12..1.0), rng.gen_range(0.0..1.0));
    (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
}

fn place_on(network: &RoadNetwork, edge: &Edge, fraction: f64) -> Wgs84 {
    let mut left_m = edge.length_m * fraction;
    let line = network.polyline(edge);
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        let length_m = a.distance_m(*b);
        if left_m <= length_m {
            let share = left_m / length_m;
            return Wgs84 { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share };
        }
        left_m -= length_m;
    }
    line.last().copied().unwrap_or(Wgs84 { lon: 0.0, lat: 0.0 })
}

fn drive(navigator: &Navigator, rng: &mut ChaCha8Rng, sigma_m: f64, every_s: f64) -> Option<Drive> {
    let network = navigator.network();
    let mut anywhere = || navigator.snap(*network.nodes().get(rng.gen_range(0..network.nodes().len()))?, 500.0);
    let (from, to) = (anywhere()?, anywhere()?);
    let path = navigator.path(&from, &to, &Closures::none()).ok().filter(|path| path.distance_m(network) > 3_000.0)?;
    let mut found = Drive { fixes: Vec::new(), roads: Vec::new(), way: Vec::new() };
    let (mut start_s, mut next_s) = (0.0, 0.0);
    for part in &path.parts {
        let part_s = navigator.part_duration_s(part);
        let edge = network.edge(part.road.edge)?;
        found.way.push((part.road, edge.length_m * (part.leave - part.enter).abs()));
        while next_s <= start_s + part_s {
            let place = place_on(network, edge, part.enter + (part.leave - part.enter) * (next_s - start_s) / part_s);
            let (east_m, north_m) = (sigma_m * normal(rng), sigma_m * normal(rng));
            let lon = place.lon + east_m / (111_195.0 * place.lat.to_radians().cos());
            let place = Wgs84 { lon, lat: place.lat + north_m / 111_195.0 };
            found.fixes.push(Fix { at_ms: (next_s * 1_000.0) as i64, place, accuracy_m: None });
            found.roads.push(part.road);
            next_s += every_s;
        }
        start_s += part_s;
    }
    Some(found)
}

pub fn measure(network: &Arc<RoadNetwork>) {
    let navigator = Navigator::new(Arc::clone(network), CAR);
    let matcher = Matcher::new(Arc::clone(network), CAR);
    println!("  map matching, {DRIVES} drives of 3 km and more; nearest road alone stands beside it");
    println!("    sigma every: right edge, and direction, way driven, nearest edge; fixes matched, µs a fix; streets found, falsely told");
    for sigma_m in [5.0, 10.0, 20.0] {
        for every_s in [1.0, 5.0, 15.0, 30.0] {
            let mut rng = ChaCha8Rng::seed_from_u64(42);
            let options = tuned(MatchOptions { sigma_m, ..MatchOptions::default() });
            let (mut all, mut edges, mut directed, mut nearest, mut seconds) = (0u32, 0u32, 0u32, 0u32, 0.0);
            let (mut way_m, mut found_m) = (0.0, 0.0);
            let (mut matched, mut streets_m, mut told_m, mut false_m) = (0u32, 0.0, 0.0, 0.0);
            let drives = std::iter::repeat_with(|| drive(&navigator, &mut rng, sigma_m, every_s)).flatten().take(DRIVES);
            for drive in drives.collect::<Vec<_>>() {
                let start = Instant::now();
                let track = matcher.matched(&drive.fixes, &options);
                seconds += start.elapsed().as_secs_f64();
                for ((found, road), fix) in track.matches.iter().zip(&drive.roads).zip(&drive.fixes) {
                    all += 1;
                    matched += u32::from(found.is_some());
                    let found: Option<(EdgeId, DirectedEdge)> = found.as_ref().map(|found| (found.road.edge, found.road));
                    edges += u32::from(found.is_some_and(|(edge, _)| edge == road.edge));
                    directed += u32::from(found.is_some_and(|(_, found)| found == *road));
                    nearest += u32::from(navigator.snap(fix.place, 500.0).is_some_and(|snap| snap.edge == road.edge));
                }
                let driven: std::collections::HashSet<DirectedEdge> =
                    track.paths.iter().flat_map(|path| path.parts.iter().map(|part| part.road)).collect();
                way_m += drive.way.iter().map(|(_, length_m)| length_m).sum::<f64>();
                found_m += drive.way.iter().filter(|(road, _)| driven.contains(road)).map(|(_, length_m)| length_m).sum::<f64>();
                let parts = track.paths.iter().flat_map(|path| &path.parts);
                let told = streets(network, parts.map(|part| (part.road.edge, (part.leave - part.enter).abs())));
                let length_m = |edge: EdgeId| network.edge(edge).map_or(0.0, |edge| edge.length_m);
                let truth = streets(network, drive.way.iter().map(|(road, metres)| (road.edge, metres / length_m(road.edge))));
                streets_m += truth.iter().map(|edge| length_m(*edge)).sum::<f64>();
                told_m += truth.intersection(&told).map(|edge| length_m(*edge)).sum::<f64>();
                false_m += told.difference(&truth).map(|edge| length_m(*edge)).sum::<f64>();
            }
            let share = |count: u32| 100.0 * f64::from(count) / f64::from(all);
            println!(
                "    {sigma_m:>4} m {every_s:>4} s: {:5.1} %, {:5.1} %, {:5.1} %, {:5.1} %; {:5.1} %, {:.1} µs; {:5.1} %, {:.1} %",
                share(edges),
                share(directed),
                100.0 * found_m / way_m,
                share(nearest),
                share(matched),
                seconds * 1e6 / f64::from(all),
                100.0 * told_m / streets_m,
                100.0 * false_m / streets_m
            );
        }
    }
}

/// Pieces of which at least half was driven at a stretch: what a count of patrolled streets calls driven.
fn streets(network: &RoadNetwork, parts: impl Iterator<Item = (EdgeId, f64)>) -> std::collections::BTreeSet<EdgeId> {
    parts.filter(|(edge, share)| *share >= 0.5 && network.edge(*edge).is_some()).map(|(edge, _)| edge).collect()
}

/// For tuning by hand: `THIN`, `BETA_SIGMA`, `BETA_TIME`, `PLACES`.
fn tuned(mut options: MatchOptions) -> MatchOptions {
    let number = |key: &str| std::env::var(key).ok().and_then(|text| text.parse::<f64>().ok());
    options.thin_sigmas = number("THIN").unwrap_or(options.thin_sigmas);
    options.beta_per_sigma = number("BETA_SIGMA").unwrap_or(options.beta_per_sigma);
    options.beta_m_per_s = number("BETA_TIME").unwrap_or(options.beta_m_per_s);
    options.places_max = number("PLACES").map_or(options.places_max, |places| places as usize);
    options
}
