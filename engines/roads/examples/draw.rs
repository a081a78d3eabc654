//! Draws the demo city, or the roads of a file, to a PNG: `cargo run -p shouhu-roads --example draw -- city.png [SEED | FILE]`.
//! For looking at the generator and the importers; the map itself is drawn by the browser from tiles.

use std::process::ExitCode;

use image::{Rgb, RgbImage};
use shouhu_place::Wgs84;
use shouhu_roads::{AreaKind, CitySize, ImportOptions, RoadClass, RoadNetwork, demo_city, import};

const WIDTH: u32 = 1_400;

struct Paper {
    picture: RgbImage,
    west: f64,
    north: f64,
    scale: f64,
    squeeze: f64,
}

impl Paper {
    fn pixel(&self, place: Wgs84) -> (f64, f64) {
        ((place.lon - self.west) * self.scale * self.squeeze, (self.north - place.lat) * self.scale)
    }

    fn dot(&mut self, x: f64, y: f64, radius: f64, colour: Rgb<u8>) {
        let reach = radius.ceil() as i64;
        for dx in -reach..=reach {
            for dy in -reach..=reach {
                let (px, py) = (x.round() as i64 + dx, y.round() as i64 + dy);
                let is_inside = (dx * dx + dy * dy) as f64 <= radius * radius;
                if let (true, Ok(px), Ok(py)) = (is_inside, u32::try_from(px), u32::try_from(py))
                    && px < self.picture.width()
                    && py < self.picture.height()
                {
                    self.picture.put_pixel(px, py, colour);
                }
            }
        }
    }

    fn line(&mut self, line: &[Wgs84], radius: f64, colour: Rgb<u8>) {
        for (a, b) in line.iter().zip(line.iter().skip(1)) {
            let ((ax, ay), (bx, by)) = (self.pixel(*a), self.pixel(*b));
            let steps = ((bx - ax).hypot(by - ay) * 1.5).ceil().max(1.0);
            for step in 0..=steps as u32 {
                let share = f64::from(step) / steps;
                self.dot(ax + (bx - ax) * share, ay + (by - ay) * share, radius, colour);
            }
        }
    }

    fn fill(&mut self, ring: &[Wgs84], colour: Rgb<u8>) {
        let ring: Vec<(f64, f64)> = ring.iter().map(|place| self.pixel(*place)).collect();
        for y in 0..self.picture.height() {
            let at = f64::from(y) + 0.5;
            let mut cuts: Vec<f64> = ring
                .iter()
                .zip(ring.iter().cycle().skip(1))
                .filter(|(a, b)| (a.1 > at) != (b.1 > at))
                .map(|(a, b)| a.0 + (at - a.1) / (b.1 - a.1) * (b.0 - a.0))
                .collect();
            cuts.sort_by(f64::total_cmp);
            for pair in cuts.chunks_exact(2) {
                let &[from, to] = pair else { continue };
                let (from, to) = (from.max(0.0) as u32, to.clamp(0.0, f64::from(WIDTH)) as u32);
                for x in from..to {
                    self.picture.put_pixel(x, y, colour);
                }
            }
        }
    }
}

fn draw(network: &RoadNetwork) -> Option<RgbImage> {
    let bounds = network.bounds()?;
    let squeeze = bounds.south.to_radians().cos();
    let scale = f64::from(WIDTH) / ((bounds.east - bounds.west) * squeeze);
    let height = ((bounds.north - bounds.south) * scale).ceil() as u32 + 1;
    let picture = RgbImage::from_pixel(WIDTH, height, Rgb([238, 240, 236]));
    let mut paper = Paper { picture, west: bounds.west, north: bounds.north, scale, squeeze };
    for kind in [AreaKind::BuiltUp, AreaKind::Park, AreaKind::Water] {
        for area in network.areas().iter().filter(|area| area.kind == kind) {
            let colour = match kind {
                AreaKind::BuiltUp => Rgb([228, 226, 220]),
                AreaKind::Park => Rgb([190, 216, 176]),
                AreaKind::Water => Rgb([150, 190, 220]),
            };
            if let Some(ring) = area.rings.first() {
                paper.fill(ring, colour);
            }
        }
    }
    for class in RoadClass::ALL.iter().rev() {
        for edge in network.edges().iter().filter(|edge| edge.class == *class) {
            let (radius, colour) = match class {
                RoadClass::Motorway | RoadClass::Trunk => (3.2, Rgb([214, 120, 70])),
                RoadClass::Primary => (2.6, Rgb([226, 160, 60])),
                RoadClass::Secondary => (2.2, Rgb([214, 190, 90])),
                RoadClass::Tertiary => (1.5, Rgb([140, 140, 150])),
                RoadClass::Residential => (1.1, Rgb([160, 160, 168])),
                _ if edge.one_way => (0.6, Rgb([150, 110, 170])),
                _ => (0.6, Rgb([176, 176, 184])),
            };
            paper.line(network.polyline(edge), radius, colour);
        }
    }
    Some(paper.picture)
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(path), subject) = (words.next(), words.next().unwrap_or_else(|| "1".to_owned())) else {
        eprintln!("draw PICTURE.png [SEED | ROAD FILE]");
        return ExitCode::FAILURE;
    };
    let network = if let Ok(seed) = subject.parse() {
        demo_city(seed, CitySize::District)
    } else {
        let bytes = std::fs::read(&subject).unwrap_or_default();
        match import(&bytes, ImportOptions::default()) {
            Ok((network, report)) => {
                println!("{report:#?}");
                network
            }
            Err(error) => {
                eprintln!("{subject}: {error}");
                return ExitCode::FAILURE;
            }
        }
    };
    println!("{} junctions, {} pieces, {:.0} km", network.nodes().len(), network.edges().len(), network.length_m() / 1e3);
    match draw(&network).map(|picture| picture.save(&path)) {
        Some(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
