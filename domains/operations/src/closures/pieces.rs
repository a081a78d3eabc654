//! From a finger on the map to pieces of road.

use std::collections::BTreeMap;

use shouhu_ids::Micros;
use shouhu_place::Wgs84;
use shouhu_roads::{EdgeId, Profile, Snap, VehicleClass, WeightSet};

use super::book::ClosureError;
use crate::ways::Ways;

/// A finger on a city map is not nearer.
const NEAR_M: f64 = 40.0;
/// A drawn line is looked at this often.
const STEP_M: f64 = 5.0;
/// A piece is meant where so much of the line lies on it …
const ON_IT_M: f64 = 25.0;
/// … or this share of the piece itself: at a crossing every line touches roads that it does not mean.
const SHARE_OF_PIECE: f64 = 0.6;

pub const LINE_POINTS_MAX: usize = 50;
/// Longer, and a slip of the finger closes half a city.
pub const LINE_M_MAX: f64 = 5_000.0;
pub const REASON_CHARS_MAX: usize = 200;
/// Roadworks that last longer belong on the next map.
pub const UNTIL_MAX_US: i64 = 30 * Micros::DAY;

/// What somebody wants to close, with everything in its bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub line: Vec<Wgs84>,
    pub reason: String,
    pub until: Micros,
}

impl Wish {
    /// # Errors
    /// When it has no place or too long a line, no reason, or no time to end at.
    pub fn checked(line: Vec<Wgs84>, reason: &str, until: Micros, now: Micros) -> Result<Self, ClosureError> {
        let length_m: f64 = line.iter().zip(line.iter().skip(1)).map(|(a, b)| a.distance_m(*b)).sum();
        if !(1..=LINE_POINTS_MAX).contains(&line.len()) || length_m > LINE_M_MAX {
            return Err(ClosureError::Line { points: line.len(), length_m });
        }
        let reason = reason.trim();
        if !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
            return Err(ClosureError::Reason);
        }
        if until <= now || until.since(now) > UNTIL_MAX_US {
            return Err(ClosureError::Until);
        }
        Ok(Self { line, reason: reason.to_owned(), until })
    }
}

/// The pieces of road that a place or a line means; none where no road is near.
pub fn pieces(ways: &Ways, line: &[Wgs84]) -> Vec<EdgeId> {
    // By car, and else on foot: a footbridge can be closed too.
    let by = [VehicleClass::Car, VehicleClass::Foot].map(|vehicle| ways.navigator(Profile::new(vehicle, WeightSet::Day)));
    let snap = |place: Wgs84| -> Option<Snap> { by.iter().find_map(|navigator| navigator.snap(place, NEAR_M)) };
    let mut on_m: BTreeMap<EdgeId, f64> = BTreeMap::new();
    for place in walked(line) {
        if let Some(snap) = snap(place) {
            *on_m.entry(snap.edge).or_default() += STEP_M;
        }
    }
    let most = on_m.iter().max_by(|a, b| a.1.total_cmp(b.1)).map(|(edge, _)| *edge);
    let is_meant = |edge: EdgeId, metres: f64| {
        let length_m = ways.network().edge(edge).map_or(f64::INFINITY, |edge| edge.length_m);
        Some(edge) == most || metres >= ON_IT_M || metres >= SHARE_OF_PIECE * length_m
    };
    on_m.iter().filter(|(edge, metres)| is_meant(**edge, **metres)).map(|(edge, _)| *edge).collect()
}

/// Places along a line, some metres apart; the place itself where it is only one.
fn walked(line: &[Wgs84]) -> Vec<Wgs84> {
    let mut places: Vec<Wgs84> = line.first().copied().into_iter().collect();
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; lines are bounded")]
        let steps = (a.distance_m(*b) / STEP_M).ceil() as u32;
        places.extend((1..=steps).map(|step| {
            let share = f64::from(step) / f64::from(steps);
            Wgs84 { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share }
        }));
    }
    places
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;
    use shouhu_roads::{CitySize, DEMO_CENTRE, demo_city};

    use super::*;

    const NOW: Micros = Micros(1_795_200_000_000_000);

    static TOWN: LazyLock<Ways> = LazyLock::new(|| Ways::new(1, Arc::new(demo_city(7, CitySize::Town))));

    #[test]
    fn a_tap_means_one_piece_and_a_line_along_a_street_its_pieces_and_none_that_cross_it() {
        let network = TOWN.network();
        let (id, piece) = network.edge_ids().filter(|(_, edge)| edge.length_m > 80.0 && edge.allows(VehicleClass::Car, true)).min_by(|a, b| {
            let far_m = |edge: &shouhu_roads::Edge| network.polyline(edge).first().unwrap().distance_m(DEMO_CENTRE);
            far_m(a.1).total_cmp(&far_m(b.1))
        }).unwrap();
        let line = network.polyline(piece);
        let (a, b) = (line[0], line[1]);
        let middle = Wgs84 { lon: f64::midpoint(a.lon, b.lon), lat: f64::midpoint(a.lat, b.lat) };
        assert_eq!(pieces(&TOWN, &[middle]), [id]);
        assert_eq!(pieces(&TOWN, line), [id], "from junction to junction it is that piece alone");
    }

    #[test]
    fn where_no_road_is_nothing_is_closed() {
        assert_eq!(pieces(&TOWN, &[Wgs84 { lon: 119.0, lat: 22.0 }, Wgs84 { lon: 119.01, lat: 22.0 }]), []);
    }

    #[test]
    fn a_wish_has_a_place_a_reason_and_an_end_within_a_month() {
        let ok = |line: Vec<Wgs84>, reason: &str, until_us: i64| Wish::checked(line, reason, NOW.plus(until_us), NOW);
        assert_eq!(ok(vec![DEMO_CENTRE], " 火警 ", Micros::HOUR).unwrap().reason, "火警");
        assert!(matches!(ok(vec![], "火警", Micros::HOUR), Err(ClosureError::Line { points: 0, .. })));
        assert!(matches!(ok(vec![DEMO_CENTRE; 51], "火警", Micros::HOUR), Err(ClosureError::Line { .. })));
        let across = Wgs84 { lon: DEMO_CENTRE.lon + 0.1, ..DEMO_CENTRE };
        assert!(matches!(ok(vec![DEMO_CENTRE, across], "火警", Micros::HOUR), Err(ClosureError::Line { .. })));
        for reason in ["", "  ", &"火".repeat(201)] {
            assert!(matches!(ok(vec![DEMO_CENTRE], reason, Micros::HOUR), Err(ClosureError::Reason)));
        }
        for until_us in [0, -Micros::HOUR, 31 * Micros::DAY] {
            assert!(matches!(ok(vec![DEMO_CENTRE], "火警", until_us), Err(ClosureError::Until)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]

        #[test]
        fn any_line_closes_pieces_of_the_map_once_each(turns in prop::collection::vec((-0.01..0.01f64, -0.01..0.01f64), 1..12)) {
            let line: Vec<Wgs84> = turns.iter().map(|(x, y)| Wgs84 { lon: DEMO_CENTRE.lon + x, lat: DEMO_CENTRE.lat + y }).collect();
            let found = pieces(&TOWN, &line);
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(found.iter().all(|edge| TOWN.network().edge(*edge).is_some()));
        }
    }
}
