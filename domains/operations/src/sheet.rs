//! The map as a sheet of road pieces, for whoever counts which of them were driven (port `RoadSheets`).

use std::sync::Arc;

use shouhu_ids::Micros;
use shouhu_module::ports::{Driven, DrivenTrack, RoadKind, RoadPiece, RoadSheet, RoadSheets, TrackFix};
use shouhu_roads::{DrivenPath, EdgeId, Fix, MatchOptions, RoadClass, VehicleClass};

use crate::map::{LoadedMap, MapState};

/// A fix less certain than this says nothing about a street.
const ACCURACY_MAX_M: f64 = 50.0;
/// A fix less certain than this is weighed only so long after the one before: the noise of many in a row draws ways that nobody
/// drove (`shouhu-roads`, example `measure`: at 20 m and one a second 29 % as many streets as were driven, at one in 5 s 12 %).
const CERTAIN_M: f64 = 10.0;
const UNCERTAIN_APART_MS: i64 = 5_000;
/// Nobody knows which way was taken in a longer silence, so that no street is called driven for it.
const SILENCE_MAX_MS: i64 = 60_000;

impl RoadSheets for MapState {
    fn newest(&self) -> Option<Arc<dyn RoadSheet>> {
        self.loaded().map(|map| map as Arc<dyn RoadSheet>)
    }
}

const fn kind_of(class: RoadClass) -> Option<RoadKind> {
    match class {
        RoadClass::Motorway => Some(RoadKind::Motorway),
        RoadClass::Trunk | RoadClass::Primary | RoadClass::Secondary | RoadClass::Tertiary => Some(RoadKind::Through),
        RoadClass::Residential | RoadClass::Service => Some(RoadKind::Local),
        RoadClass::Path => None,
    }
}

impl LoadedMap {
    /// The pieces of one way with their times, which are laid evenly over its length: a way lasts minutes, and streets are
    /// counted by the hour.
    fn parts_of(&self, path: &DrivenPath, fixes: &[Fix], driven: &mut Vec<Driven>) {
        let network = self.router().network();
        let (Some(first), Some(last)) = (fixes.get(path.first_fix), fixes.get(path.last_fix)) else { return };
        let metres = |part: &shouhu_roads::PathPart| {
            network.edge(part.road.edge).map_or(0.0, |edge| edge.length_m * (part.leave - part.enter).abs())
        };
        let whole_m: f64 = path.parts.iter().map(metres).sum();
        let mut before_m = 0.0;
        for part in &path.parts {
            let part_m = metres(part);
            let share = if whole_m > 0.0 { before_m / whole_m } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a track's times lie hours apart at most")]
            let at_ms = first.at_ms + ((last.at_ms - first.at_ms) as f64 * share) as i64;
            let at = Micros(at_ms.saturating_mul(1_000));
            driven.push(Driven { piece: part.road.edge.0, is_forward: part.road.is_forward, metres: part_m, at });
            before_m += part_m;
        }
    }
}

impl RoadSheet for LoadedMap {
    fn version(&self) -> i64 {
        self.info.version
    }

    fn pieces(&self) -> u32 {
        u32::try_from(self.router().network().edges().len()).unwrap_or(u32::MAX)
    }

    fn piece(&self, number: u32) -> Option<RoadPiece<'_>> {
        let network = self.router().network();
        let edge = network.edge(EdgeId(number))?;
        let is_driven = [true, false].iter().any(|is_forward| edge.allows(VehicleClass::Car, *is_forward));
        Some(RoadPiece {
            name: network.name(edge).unwrap_or_default(),
            kind: kind_of(edge.class).filter(|_| is_driven)?,
            length_m: edge.length_m,
            is_one_way: edge.one_way,
            line: network.polyline(edge),
        })
    }

    fn driven(&self, fixes: &[TrackFix]) -> DrivenTrack {
        let mut weighed: Vec<Fix> = Vec::with_capacity(fixes.len());
        for fix in fixes {
            let at_ms = fix.at.0 / 1_000;
            let is_certain = fix.accuracy_m.is_some_and(|metres| metres <= CERTAIN_M);
            let is_apart = weighed.last().is_none_or(|last| at_ms - last.at_ms >= UNCERTAIN_APART_MS);
            if fix.accuracy_m.is_none_or(|metres| metres <= ACCURACY_MAX_M) && (is_certain || is_apart) {
                weighed.push(Fix { at_ms, place: fix.position, accuracy_m: fix.accuracy_m });
            }
        }
        let options = MatchOptions { gap_max_ms: SILENCE_MAX_MS, ..MatchOptions::default() };
        let track = self.matcher().matched(&weighed, &options);
        let mut driven = Vec::new();
        for path in &track.paths {
            self.parts_of(path, &weighed, &mut driven);
        }
        DrivenTrack { driven, weighed: weighed.len(), matched: track.matches.iter().flatten().count() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use shouhu_place::Wgs84;
    use shouhu_roads::{Closures, CitySize, DEMO_CENTRE, Navigator, Profile, WeightSet, demo_city};

    use super::*;

    fn sheet() -> LoadedMap {
        LoadedMap::build(demo_city(7, CitySize::Town), 3, "demo".into(), Micros(0))
    }

    /// A drive at ten metres a second along the pieces, a fix each second, from a made-up hour.
    fn drive(line: &[Wgs84]) -> Vec<TrackFix> {
        let mut fixes = Vec::new();
        for (a, b) in line.iter().zip(line.iter().skip(1)) {
            let steps = (a.distance_m(*b) / 10.0).ceil() as i64;
            for step in 0..steps {
                let share = step as f64 / steps as f64;
                let position = Wgs84 { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share };
                let at = Micros(Micros::HOUR + i64::try_from(fixes.len()).unwrap() * Micros::SECOND);
                fixes.push(TrackFix { at, position, accuracy_m: Some(5.0) });
            }
        }
        fixes
    }

    #[test]
    fn a_drive_along_one_piece_is_told_as_this_piece_and_its_direction() {
        let sheet = sheet();
        let longest = (0..sheet.pieces()).max_by(|a, b| {
            let metres = |number: &u32| sheet.piece(*number).map_or(0.0, |piece| piece.length_m);
            metres(a).total_cmp(&metres(b))
        });
        let number = longest.unwrap();
        let piece = sheet.piece(number).unwrap();
        let told = sheet.driven(&drive(piece.line));
        let on_it = told.driven.iter().find(|driven| driven.piece == number).unwrap();
        assert!(on_it.is_forward && on_it.metres > 0.8 * piece.length_m, "{told:?}");
        assert!((on_it.at.0 - Micros::HOUR).abs() < Micros::MINUTE, "{told:?}");
        assert_eq!((sheet.version(), sheet.piece(sheet.pieces())), (3, None));
    }

    #[test]
    fn uncertain_fixes_and_silences_drive_on_nothing() {
        let sheet = sheet();
        let vague = TrackFix { at: Micros(Micros::HOUR), position: DEMO_CENTRE, accuracy_m: Some(500.0) };
        assert_eq!(sheet.driven(&[vague, TrackFix { at: vague.at.plus(Micros::SECOND), ..vague }]), DrivenTrack::default());
        let here = TrackFix { accuracy_m: Some(5.0), ..vague };
        let away = Wgs84 { lon: DEMO_CENTRE.lon + 0.004, lat: DEMO_CENTRE.lat };
        let later = TrackFix { at: here.at.plus(2 * Micros::MINUTE), position: away, accuracy_m: Some(5.0) };
        let driven_m: f64 = sheet.driven(&[here, later]).driven.iter().map(|driven| driven.metres).sum();
        assert!(driven_m < 1.0, "two minutes of silence over {:.0} m were called driven", here.position.distance_m(away));
    }

    /// Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014): the same numbers for the same seed.
    struct Dice(u64);

    impl Dice {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// Box & Muller (1958).
        fn normal(&mut self) -> f64 {
            (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
        }
    }

    #[test]
    fn of_noisy_drives_whose_truth_is_known_nearly_all_streets_are_found_and_few_that_were_not_driven() {
        let sheet = LoadedMap::build(demo_city(7, CitySize::District), 1, "demo".into(), Micros(0));
        let network = std::sync::Arc::clone(sheet.router().network());
        let navigator = Navigator::new(std::sync::Arc::clone(&network), Profile::new(VehicleClass::Car, WeightSet::Night));
        let mut dice = Dice(11);
        let (mut driven_m, mut found_m, mut false_m, mut fixes, mut matched) = (0.0, 0.0, 0.0, 0, 0);
        for _ in 0..20 {
            let mut anywhere = || {
                let place = Wgs84 { lon: DEMO_CENTRE.lon + 0.016 * (dice.uniform() - 0.5), lat: DEMO_CENTRE.lat + 0.016 * (dice.uniform() - 0.5) };
                navigator.snap(place, 500.0)
            };
            let Some((from, to)) = anywhere().zip(anywhere()) else { continue };
            let Ok(path) = navigator.path(&from, &to, &Closures::none()) else { continue };
            let (mut line, mut truth_m) = (Vec::new(), BTreeMap::<u32, f64>::new());
            for part in &path.parts {
                let edge = network.edge(part.road.edge).unwrap();
                *truth_m.entry(part.road.edge.0).or_default() += edge.length_m * (part.leave - part.enter).abs();
                // The ends of a way lie within a piece; the drive goes to the junctions.
                let mut points = network.polyline(edge).to_vec();
                if !part.road.is_forward {
                    points.reverse();
                }
                line.extend(points);
            }
            let mut track = drive(&line);
            for fix in &mut track {
                let (east_m, north_m) = (8.0 * dice.normal(), 8.0 * dice.normal());
                fix.position.lon += east_m / (111_195.0 * fix.position.lat.to_radians().cos());
                fix.position.lat += north_m / 111_195.0;
                fix.accuracy_m = Some(8.0);
            }
            let truth: BTreeSet<u32> = truth_m.into_keys().collect();
            let told = sheet.driven(&track);
            let length_m = |piece: &u32| sheet.piece(*piece).map_or(0.0, |piece| piece.length_m);
            let is_half = |driven: &&Driven| driven.metres >= 0.5 * length_m(&driven.piece);
            let found: BTreeSet<u32> = told.driven.iter().filter(is_half).map(|driven| driven.piece).collect();
            driven_m += truth.iter().map(length_m).sum::<f64>();
            found_m += truth.intersection(&found).map(length_m).sum::<f64>();
            false_m += found.difference(&truth).map(length_m).sum::<f64>();
            fixes += told.weighed;
            matched += told.matched;
        }
        assert!(driven_m > 10_000.0, "{driven_m:.0} m are too few to say anything");
        assert!(found_m > 0.95 * driven_m, "{found_m:.0} of {driven_m:.0} m were found");
        assert!(false_m < 0.05 * driven_m, "{false_m:.0} m were not driven, beside {driven_m:.0} m that were");
        assert!(matched * 100 > fixes * 95, "{matched} of {fixes} fixes lie on a road");
    }
}
