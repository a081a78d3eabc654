//! Prints how long imports, routes and tiles take: `cargo run --release -p shouhu-roads --example measure -- FILE…`.
//! Numbers for people; comparisons with peers belong in `benches/`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_place::Wgs84;
use shouhu_roads::{CitySize, ImportOptions, RoadNetwork, Router, TileSource, demo_city, import};

fn middle_and_p95(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    (at(50), at(95))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn measure(name: &str, network: RoadNetwork, import_time: Duration) {
    let Some(bounds) = network.bounds() else { return };
    let network = Arc::new(network);
    let (bytes, encode_time) = timed(|| network.to_bytes());
    let (_, decode_time) = timed(|| RoadNetwork::from_bytes(&bytes));
    let (router, router_time) = timed(|| Router::new(Arc::clone(&network)));
    let (source, source_time) = timed(|| TileSource::new(&network));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut anywhere = || Wgs84 { lon: rng.gen_range(bounds.west..bounds.east), lat: rng.gen_range(bounds.south..bounds.north) };
    let near = |place: &Wgs84| router.snap(*place, 2_000.0).is_some();
    let places: Vec<Wgs84> = std::iter::repeat_with(&mut anywhere).take(20_000).filter(near).take(1_001).collect();
    let snaps = places.iter().map(|place| timed(|| router.snap(*place, 2_000.0)).1).collect();
    let pairs = places.iter().zip(places.iter().skip(1));
    let routes = pairs.map(|(from, to)| timed(|| router.route(*from, *to)).1).collect();
    let Some(target) = places.first() else { return };
    let many = places.chunks(50).map(|units| timed(|| router.times_to(*target, units)).1).collect();
    let tiles = |z: u8| {
        let across = f64::from(1u32 << z);
        let times = places.iter().map(|place| {
            let x = (place.lon / 360.0 + 0.5) * across;
            let sin = place.lat.to_radians().sin();
            let y = (0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * std::f64::consts::PI)) * across;
            timed(|| source.tile(z, x as u32, y as u32)).1
        });
        middle_and_p95(times.collect())
    };
    println!("{name}: {} nodes, {} edges, {:.0} km", network.nodes().len(), network.edges().len(), network.length_m() / 1e3);
    println!("  import {import_time:?}, saved {} bytes in {encode_time:?}, loaded in {decode_time:?}", bytes.len());
    println!("  router {router_time:?}, tile source {source_time:?}");
    println!("  median, p95: snap {:?}", middle_and_p95(snaps));
    println!("  median, p95: route {:?}; times_to 50 units {:?}", middle_and_p95(routes), middle_and_p95(many));
    println!("  median, p95: tile z10 {:?}, z12 {:?}, z14 {:?}, z16 {:?}", tiles(10), tiles(12), tiles(14), tiles(16));
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
