//! An invented Taiwanese district for demonstrations, tests and load runs: no real street, so nothing to license and
//! nobody's address.
//!
//! Laid out in metres around a centre (`plan`), woven into junctions and pieces (`weave`), named from common zh-TW
//! street words (`names`). The same seed and size give the same city, byte for byte.

mod names;
mod plan;
mod weave;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shouhu_place::Wgs84;

use crate::graph::Graph;
use crate::network::{Area, EdgeSpec, NetworkBuilder, NetworkError, RoadClass, RoadNetwork};
use weave::Woven;

/// Where the demo city lies: fields and ponds in reality.
pub const DEMO_CENTRE: Wgs84 = Wgs84 { lon: 120.20, lat: 22.99 };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CitySize {
    /// A few hundred pieces, for tests.
    Town,
    /// Two to four thousand pieces over some twenty square kilometres.
    District,
    /// About ten thousand pieces.
    City,
}

impl CitySize {
    const fn radius_m(self) -> f64 {
        match self {
            Self::Town => 1_100.0,
            Self::District => 2_500.0,
            Self::City => 4_600.0,
        }
    }
}

/// One lane in so many is one-way.
const ONE_WAY_SHARE: f64 = 0.12;

/// A point in metres east and north of the centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub x: f64,
    pub y: f64,
}

impl Spot {
    fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    fn radius(self) -> f64 {
        self.x.hypot(self.y)
    }

    fn place(self) -> Wgs84 {
        let metres_per_degree = 111_194.93;
        Wgs84 {
            lon: DEMO_CENTRE.lon + self.x / (metres_per_degree * DEMO_CENTRE.lat.to_radians().cos()),
            lat: DEMO_CENTRE.lat + self.y / metres_per_degree,
        }
    }
}

/// The invented city of this seed. All its drivable roads can reach each other.
#[must_use]
pub fn demo_city(seed: u64, size: CitySize) -> RoadNetwork {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let plan = plan::draw(&mut rng, size.radius_m());
    let woven = weave::weave(&plan.curves);
    let mut is_one_way: Vec<bool> = woven
        .pieces
        .iter()
        .map(|piece| {
            let is_lane = piece.class >= RoadClass::Residential && !piece.is_dead_end;
            piece.one_way || (rng.gen_bool(ONE_WAY_SHARE) && is_lane)
        })
        .collect();
    // One-way lanes are drawn by lot; those that would lock a street in are opened again until everyone can get home.
    loop {
        let network = build(&woven, &plan.areas, &is_one_way).unwrap_or_default();
        let graph = Graph::new(&network);
        let locked: Vec<bool> = network.edges().iter().map(|edge| !graph.is_main(edge)).collect();
        if !locked.contains(&true) {
            return network;
        }
        let mut has_opened = false;
        for (flag, is_locked) in is_one_way.iter_mut().zip(locked) {
            has_opened |= *flag && is_locked;
            *flag &= !is_locked;
        }
        if !has_opened {
            return network;
        }
    }
}

fn build(woven: &Woven, areas: &[plan::Ground], is_one_way: &[bool]) -> Result<RoadNetwork, NetworkError> {
    let mut builder = NetworkBuilder::new();
    let mut nodes = Vec::with_capacity(woven.junctions.len());
    for spot in &woven.junctions {
        nodes.push(builder.node(spot.place())?);
    }
    for (piece, one_way) in woven.pieces.iter().zip(is_one_way) {
        let (Some(from), Some(to)) = (nodes.get(piece.from), nodes.get(piece.to)) else { continue };
        let via: Vec<Wgs84> = piece.via.iter().map(|spot| spot.place()).collect();
        let speed_kmh = match piece.class {
            RoadClass::Trunk => 60,
            RoadClass::Primary | RoadClass::Secondary => 50,
            class => class.default_speed_kmh(),
        };
        let name = Some(piece.name.as_str()).filter(|name| !name.is_empty());
        builder.edge(*from, *to, &via, EdgeSpec { speed_kmh, one_way: *one_way, name, ..EdgeSpec::of_class(piece.class) })?;
    }
    for ground in areas {
        let ring = ground.ring.iter().map(|spot| spot.place()).collect();
        builder.area(Area { kind: ground.kind, name: ground.name.clone(), rings: vec![ring] })?;
    }
    Ok(builder.build())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::graph::piece_sizes;
    use crate::network::AreaKind;

    #[test]
    fn a_district_has_two_to_four_thousand_pieces_in_one_network() {
        for seed in 0..8 {
            let city = demo_city(seed, CitySize::District);
            assert!((2_000..=4_000).contains(&city.edges().len()), "seed {seed}: {} pieces", city.edges().len());
            assert_eq!(piece_sizes(&city).len(), 1, "seed {seed}");
        }
    }

    #[test]
    fn every_street_can_be_driven_to_and_away_from() {
        for seed in 0..8 {
            let city = demo_city(seed, CitySize::Town);
            let graph = Graph::new(&city);
            assert_eq!(graph.main_edge_count(&city), city.edges().len(), "seed {seed}");
            assert!(city.edges().iter().any(|edge| edge.one_way), "seed {seed} has no one-way street");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_city() {
        let hash = |seed| hex::encode(Sha256::digest(demo_city(seed, CitySize::District).to_bytes()));
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }

    #[test]
    fn a_city_has_a_river_bridges_parks_and_chinese_names() {
        let city = demo_city(5, CitySize::District);
        let has = |kind| city.areas().iter().filter(|area| area.kind == kind).count();
        assert!(has(AreaKind::Water) >= 1 && has(AreaKind::Park) >= 3 && has(AreaKind::BuiltUp) == 1);
        let names = city.names();
        for ending in ["路", "街", "巷", "段"] {
            assert!(names.iter().any(|name| name.ends_with(ending)), "no name ends in {ending}");
        }
        assert!(city.edges().iter().all(|edge| city.name(edge).is_some()));
    }
}
