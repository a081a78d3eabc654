//! Prints what imports, ways, matrices, isochrones, alternatives, matching and tiles cost:
//! `cargo run --release -p shouhu-roads --example measure -- FILE…`. Numbers for people; the plain Dijkstra stands beside
//! each of them as the peer. `ONLY=matching` and `ONLY=proposal` leave the rest
//! out.

mod matching;
mod proposal;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_place::Wgs84;
use shouhu_roads::{
    AlternativeLimits, CitySize, Closures, FoundBy, ImportOptions, Language, Navigator, Profile, RoadNetwork, Router, Snap,
    TileSource, Toward, VehicleClass, WeightSet, demo_city, import, steps,
};

fn middle_and_p95(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    format!("{:.1?} {:.1?}", at(50), at(95))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn each<T>(items: impl IntoIterator<Item = T>, mut work: impl FnMut(T)) -> String {
    middle_and_p95(items.into_iter().map(|item| timed(|| work(item)).1).collect())
}

fn measure(name: &str, network: RoadNetwork, import_time: Duration) {
    let Some(bounds) = network.bounds() else { return };
    let network = Arc::new(network);
    if std::env::var("ONLY").is_ok_and(|part| part == "matching") {
        println!("{name}");
        return matching::measure(&network);
    }
    let (bytes, encode_time) = timed(|| network.to_bytes());
    let (_, decode_time) = timed(|| RoadNetwork::from_bytes(&bytes));
    let (router, router_time) = timed(|| Router::new(Arc::clone(&network)));
    let (source, source_time) = timed(|| TileSource::new(&network));
    println!("{name}: {} nodes, {} edges, {:.0} km", network.nodes().len(), network.edges().len(), network.length_m() / 1e3);
    println!("  import {import_time:.1?}, saved {} bytes in {encode_time:.1?}, loaded in {decode_time:.1?}", bytes.len());
    println!("  plain router {router_time:.1?}, tile source {source_time:.1?}");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut anywhere = || Wgs84 { lon: rng.gen_range(bounds.west..bounds.east), lat: rng.gen_range(bounds.south..bounds.north) };
    let near = |place: &Wgs84| router.snap(*place, 2_000.0).is_some();
    let places: Vec<Wgs84> = std::iter::repeat_with(&mut anywhere).take(20_000).filter(near).take(1_001).collect();
    println!("  median, p95: snap {}", each(&places, |place| {
        let _ = router.snap(*place, 2_000.0);
    }));
    let Some(target) = places.first() else { return };
    let units = each(places.chunks(50), |units| drop(router.times_to(*target, units)));
    println!("  median, p95: plain A* with snaps and lines {}; times_to 50 units {units}", {
        each(places.iter().zip(places.iter().skip(1)), |(from, to)| drop(router.route(*from, *to)))
    });
    proposal::measure(&network, &router, &places);
    if std::env::var("ONLY").is_ok_and(|part| part == "proposal") {
        return;
    }
    navigate(&network, &places);
    let tiles = |z: u8| {
        let across = f64::from(1u32 << z);
        each(&places, |place| {
            let x = (place.lon / 360.0 + 0.5) * across;
            let sin = place.lat.to_radians().sin();
            let y = (0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * std::f64::consts::PI)) * across;
            drop(source.tile(z, x as u32, y as u32));
        })
    };
    println!("  median, p95: tile z10 {}; z12 {}; z14 {}; z16 {}", tiles(10), tiles(12), tiles(14), tiles(16));
    matching::measure(&network);
}

fn navigate(network: &Arc<RoadNetwork>, places: &[Wgs84]) {
    let (mut navigator, build_time) =
        timed(|| Navigator::new(Arc::clone(network), Profile::new(VehicleClass::Car, WeightSet::Day)));
    let ((), prepare_time) = timed(|| navigator.prepare());
    let (vertices, split, arcs) = navigator.sizes();
    println!(
        "  navigator (car by day, {} turn bans): built {build_time:.1?}, prepared {prepare_time:.1?}; {vertices} vertices, \
         {split} for bans, {arcs} arcs in the hierarchy",
        network.turn_bans().len()
    );
    let open = Closures::none();
    let snaps: Vec<Snap> = places.iter().filter_map(|place| navigator.snap(*place, 2_000.0)).collect();
    let pairs: Vec<(&Snap, &Snap)> = snaps.iter().zip(snaps.iter().skip(1)).collect();
    let ask = |(from, to): (&Snap, &Snap)| drop(navigator.path(from, to, &open));
    each(pairs.clone(), ask);
    println!("  median, p95: hierarchy, way unpacked {}", each(pairs.clone(), ask));
    println!("  median, p95: exact A* {}", each(pairs.clone(), |(from, to)| drop(navigator.path_by_search(from, to, &open))));
    let dijkstra = each(pairs.iter().take(300).copied(), |(from, to)| drop(navigator.times_to(to, &[Some(*from)], &open)));
    println!("  median, p95: peer, plain Dijkstra {dijkstra}");
    let differ = pairs.iter().filter(|(from, to)| {
        let ms = |way: Result<shouhu_roads::RoadPath, _>| way.map(|way| way.duration_ms).ok();
        let peer = navigator.times_to(to, &[Some(**from)], &open).first().copied().flatten();
        let (fast, exact) = (ms(navigator.path(from, to, &open)), ms(navigator.path_by_search(from, to, &open)));
        fast != exact || fast != peer.map(|travel| (travel.duration_s * 1e3).round() as u32)
    });
    println!("  {} of {} answers differ between the three", differ.count(), pairs.len());
    // One edge in fifty closed, most of them where ways go.
    let mut closed = Closures::none();
    let ways: Vec<_> = pairs.iter().filter_map(|(from, to)| navigator.path(from, to, &open).ok()).collect();
    for way in ways.iter().take(network.edges().len() / 50) {
        if let Some(part) = way.parts.get(way.parts.len() / 2) {
            closed.close(part.road.edge);
        }
    }
    let mut by_search = 0;
    let with_closures = each(pairs.clone(), |(from, to)| {
        let found = navigator.path(from, to, &closed);
        by_search += usize::from(found.is_ok_and(|way| way.found_by == FoundBy::ExactSearch));
    });
    println!("  median, p95: {} directed edges closed {with_closures}; {by_search} of {} by exact search", closed.len(), pairs.len());
    let hundred: Vec<Option<Snap>> = snaps.iter().take(100).copied().map(Some).collect();
    let other: Vec<Option<Snap>> = snaps.iter().skip(100).take(100).copied().map(Some).collect();
    println!("  median, p95: matrix 100 × 100 {}", each(0..11, |_| drop(navigator.matrix(&hundred, &other, &open))));
    for minutes in [3, 5, 10] {
        let one = |snap: &Snap| drop(navigator.isochrone(snap, minutes * 60_000, Toward::Outward, &open));
        println!("  median, p95: isochrone {minutes} min {}", each(snaps.iter().take(300), one));
    }
    let mut others = 0;
    let several = each(pairs.iter().take(300).copied(), |(from, to)| {
        let found = navigator.alternatives(from, to, &open, AlternativeLimits::default());
        others += found.map_or(0, |found| found.len() - 1);
    });
    println!("  median, p95: alternatives {several}; {:.2} others per pair", f64::from(others as u32) / 300.0);
    let told = each(&ways, |way| drop(steps(&navigator, way, Language::ZhTw)));
    println!("  median, p95: turn-by-turn steps {told}");
}

fn main() {
    let (city, time) = timed(|| demo_city(1, CitySize::District));
    measure("demo district", city, time);
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let (imported, time) = timed(|| import(&bytes, ImportOptions::default()));
        match imported {
            Ok((network, _)) => measure(&path, network, time),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}
